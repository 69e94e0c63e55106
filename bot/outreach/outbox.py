"""From an alert to one delivery a chat: the fan-out, in chunks that are committed with the cursor that made them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.core.errors import UsageError
from bot.core.model import Alert, Audience, Chat, Delivery, FanOut, Outcome, State, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.outreach import alerts
from bot.outreach.match import wanted
from bot.outreach.quiet import put_off, quiet_until

LANE = "outbox"
CHUNK = 200
"""Chats told in one commit, or a few more: sending begins after the first, and more urgent alerts wait for one."""
_LOOKS = 10
"""Chunks of chats looked at in one commit where few of them want it."""
_BEHIND = timedelta(seconds=1)
"""Between two looks whether the alert that is updated has been through."""


async def fan_out(bot: Bot, job: FanOut) -> None:
    """Take the job one chunk further. What it adds may be added again: a delivery's id is its alert and chat.

    The first turn releases the alert, and that moment fixes the audience; the canaries get it first. A held alert's
    job ends: letting the alert go makes a new one. Losing a swap means that an editor was quicker; the job is then
    looked at again.
    """
    alert = await bot.store.get(Alert, job.id)
    if alert is None or alert.state not in {State.SCHEDULED, State.RELEASED}:
        await bot.store.commit(Swap(job, None))
        return
    now = bot.clock.now()
    changes: list[Add | Swap]
    if alert.held:
        changes = [Swap(alert, alert), Swap(job, None)]
    elif alert.state is State.SCHEDULED and await _is_to_come(bot, alert.follows, *alert.parted):
        changes = [Swap(job, job.rearmed(now + _BEHIND))]
    elif alert.state is State.SCHEDULED:
        changes = await _released(bot, job, alert, now)
    else:
        changes = await _addressed(bot, job, alert)
    if await bot.store.commit(*changes):
        await bot.store.commit(Swap(job, job.rearmed(now)))


async def _is_to_come(bot: Bot, *before: str) -> bool:
    """Whether the fan-out of one of these is not through: nobody may get an update before what it updates.

    Of two alerts of a story it is then known whom the first one tells.
    """
    alerts = [await bot.store.get(Alert, id) for id in before if id]
    return any(alert and alert.state is State.RELEASED and not alert.addressed for alert in alerts)


async def _released(bot: Bot, job: FanOut, alert: Alert, now: datetime) -> list[Add | Swap]:
    """Return the alert as going out to its first chats; where there are canaries, to them alone for a moment."""
    canaries = bot.settings.canary_chats if alert.audience.everyone else ()
    after = alerts.released(alert, at=now)
    if alert.test or not canaries:
        return [Swap(alert, after), *await _addressed(bot, job, after)]
    others = now + timedelta(seconds=bot.settings.canary_seconds)
    return [Swap(alert, after), *_told(bot, alert, canaries, now), Swap(job, job.rearmed(others))]


async def _addressed(bot: Bot, job: FanOut, alert: Alert) -> list[Add | Swap]:
    """Return the deliveries to a rehearsal's chats, or to the next of the audience."""
    if not alert.test:
        return await _chunk(bot, job, alert)
    told = _told(bot, alert, alert.audience.chats, bot.clock.now())
    return [*told, Swap(alert, alerts.addressed(alert)), Swap(job, None)]


def _told(bot: Bot, alert: Alert, chats: Iterable[str], now: datetime) -> list[Add]:
    return [Add(first_delivery(bot, alert, Chat.parse(chat), now)) for chat in chats]


async def _chunk(bot: Bot, job: FanOut, alert: Alert) -> list[Add | Swap]:
    """Return the next chats' deliveries, and where they leave the job.

    What waits for the end of a chat's quiet hours does so only as long as these are what they were looked up to be.
    """
    now, cursor = bot.clock.now(), job.cursor
    wants, stamp = wanted(alert.audience), alert.released or now
    added: list[Add | Swap] = []
    for _ in range(_LOOKS):
        chats = await bot.store.find(Subscriber, after=cursor, limit=CHUNK)
        for subscriber in chats:
            if subscriber.since <= stamp and not subscriber.gone and wants(subscriber):
                if not await _is_meant(bot, alert, subscriber.chat):
                    continue
                first = first_delivery(bot, alert, subscriber.chat, now)
                later = put_off(first, quiet_until(subscriber, now, bot.settings.zone))
                added += [Add(later)] if later is first else [Add(later), Swap(subscriber, subscriber)]
        if len(chats) < CHUNK:
            return [*added, Swap(alert, alerts.addressed(alert)), Swap(job, None)]
        cursor = chats[-1].id
        if len(added) >= CHUNK // 2:
            break
    return [*added, Swap(job, replace(job.rearmed(now), cursor=cursor))]


async def _is_meant(bot: Bot, alert: Alert, chat: Chat) -> bool:
    """Whether what a chat was told already lets it have this one.

    That is a first copy of what is updated, where only those are told, and none of an alert of the same story. Whoever
    has the alert of a story that this one's was taken out of took that for it.
    """
    if alert.audience.told and not await _has_one(bot, alert.audience.told, chat):
        return False
    return not await _has_one(bot, (*alert.merged, *alert.parted), chat)


async def _has_one(bot: Bot, ids: Iterable[str], chat: Chat) -> bool:
    """Whether a chat has, or will get, a copy of one of these alerts."""
    copies = [await bot.store.get(Delivery, f"{id}:{chat}") for id in ids]
    return any(copy and copy.outcome not in {Outcome.GONE, Outcome.FAILED} for copy in copies)


def fan_out_job(alert: Alert, due: datetime) -> FanOut:
    """Return the job that releases an approved alert at `due` and tells its audience."""
    return FanOut(id=alert.id, lane=LANE, due=due, priority=alert.severity.priority)


def first_delivery(bot: Bot, alert: Alert, chat: Chat, due: datetime) -> Delivery:
    """Return the delivery that tells one chat, in the lane of its platform's account."""
    adapter = bot.adapters.get(chat.platform)
    return Delivery(
        id=f"{alert.id}:{chat}",
        lane=adapter.account if adapter else chat.platform,
        due=due,
        priority=alert.severity.priority,
        about=alert.id,
        chat=chat,
        deferred=alert.widened,
    )


async def addressees(bot: Bot, audience: Audience) -> AsyncIterator[str]:
    """Yield the keys of the chats that would be told now."""
    for chat in audience.chats:
        yield chat
    wants, after = wanted(audience), ""
    while not audience.chats and (chats := await bot.store.find(Subscriber, after=after, limit=CHUNK)):
        for subscriber in chats:
            if not subscriber.gone and wants(subscriber):
                if audience.told and not await _has_one(bot, audience.told, subscriber.chat):
                    continue
                yield subscriber.id
        after = chats[-1].id


async def audience_size(bot: Bot, audience: Audience) -> int:
    """Count the chats that would be told now."""
    return sum([1 async for _ in addressees(bot, audience)])


async def test_chats(bot: Bot) -> tuple[str, ...]:
    """Return the chats for rehearsals. Raises UsageError where there are none, or one of them follows the news."""
    chats = bot.settings.test_chats
    if not chats:
        raise UsageError("test.no_chats")
    for chat in chats:
        subscriber = await bot.store.get(Subscriber, chat)
        if subscriber and subscriber.follows:
            raise UsageError("test.real_chat", chat=chat)
    return chats
