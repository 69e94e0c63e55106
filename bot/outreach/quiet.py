"""Quiet hours: what waits until they end, what comes without a sound, and what gets through all the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bot.core.model import Alert, Delivery, Outcome, Priority, QuietHours, Severity, Subscriber
from bot.core.ports import Bot, Swap
from bot.outreach.match import wanted

LEFT = "quiet.left"
"""Catalog key of why a chat is not told of what waited for it: it does not follow that any more."""
_DAY = timedelta(days=1)
_PAGE = 100


def ends(hours: QuietHours, zone: tzinfo, at: datetime) -> datetime | None:
    """Return when the quiet hours that hold at a moment end, in UTC; None where none hold.

    In a night in which clocks skip or repeat an hour the longer reading counts: nobody is woken by a change of the
    clocks, and the hours begin and end once.
    """
    today = at.astimezone(zone).date()
    nights = (_night(hours, zone, today + days * _DAY) for days in (-1, 0))
    return max((end for begin, end in nights if begin <= at < end), default=None)


def _night(hours: QuietHours, zone: tzinfo, day: date) -> tuple[datetime, datetime]:
    """Return the quiet hours that begin on a day."""
    next_day = day + _DAY if hours.end <= hours.begin else day
    return min(_readings(day, hours.begin, zone)), max(_readings(next_day, hours.end, zone))


def _readings(day: date, minutes: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return what a time of day may mean; it differs where clocks skip it or show it twice."""
    wall = datetime.combine(day, time(*divmod(minutes, 60)), zone)
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def zone_of(chat: Subscriber | None, newsroom: tzinfo) -> tzinfo:
    """Return a chat's time zone: its own, else the newsroom's."""
    try:
        return ZoneInfo(chat.zone) if chat and chat.zone else newsroom
    except (KeyError, ValueError, OSError):  # another machine, which knows other zones
        return newsroom


def quiet_until(chat: Subscriber | None, at: datetime, newsroom: tzinfo) -> datetime | None:
    """Return when the quiet hours end that a chat has at a moment; None where it has none then."""
    return ends(chat.quiet, zone_of(chat, newsroom), at) if chat and chat.quiet else None


def comes_silently(severity: Severity, until: datetime | None) -> bool:
    """Tell whether a message makes no sound, `until` being the end of the quiet hours that hold, if any do."""
    return severity.silent or (until is not None and severity is not Severity.FLASH)


def put_off(delivery: Delivery, until: datetime | None) -> Delivery:
    """Return a routine first copy as due when the quiet hours end, with no attempt counted; any other as it is.

    The queue decides, not the alert: a first copy that an urgent update waits for has been moved to the urgent one.
    What may stand in the chat already is settled at once.
    """
    stands = delivery.receipt or delivery.doubt or delivery.abandoned
    if until is None or stands or delivery.priority < Priority.ROUTINE:
        return delivery
    later = delivery.rearmed(until, attempts=max(0, delivery.attempts - 1))
    return replace(later, outcome=Outcome.DEFERRED, deferred=until)


def let_through(delivery: Delivery, now: datetime) -> Delivery:
    """Return a deferred copy as due now; any other as it is."""
    if delivery.outcome is not Outcome.DEFERRED:
        return delivery
    return replace(delivery.rearmed(now), outcome=Outcome.PENDING, deferred=now)


async def deferred(bot: Bot, chat: Subscriber) -> Sequence[Delivery]:
    """Return what waits for the end of a chat's quiet hours and is not being sent this moment."""
    found: list[Delivery] = []
    where, after = {"chat": chat.chat, "outcome": Outcome.DEFERRED}, ""
    while page := await bot.store.find(Delivery, where, after=after, limit=_PAGE):
        found += [delivery for delivery in page if delivery.lease is None]
        after = page[-1].id
    return found


async def dropped(bot: Bot, before: Subscriber, after: Subscriber) -> Sequence[Swap]:
    """Return as listed what has waited for a chat, and what that, following less now, does not want any more.

    An alert may have forgotten some of the words it was looked through for: what the chat can't be seen to have wanted
    stays.
    """
    drops = []
    for delivery in await deferred(bot, before):
        alert = await bot.store.get(Alert, delivery.about)
        if alert is None:
            continue
        words = "\n".join((alert.audience.text, alert.current.headline, *alert.current.text))
        wants = wanted(replace(alert.audience, text=words))
        if wants(before) and not wants(after):
            gone = replace(delivery.rearmed(None), outcome=Outcome.GONE, problem=LEFT)
            drops.append(Swap(delivery, gone))
    return drops


async def rearranged(bot: Bot, chat: Subscriber) -> Sequence[Swap]:
    """Return what has waited for a chat as due by its quiet hours and zone as they are now, at once where none hold."""
    now = bot.clock.now()
    until = quiet_until(chat, now, bot.settings.zone)
    waiting = await deferred(bot, chat)
    return [Swap(delivery, put_off(let_through(delivery, now), until)) for delivery in waiting]
