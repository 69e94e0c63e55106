"""From an alert to one delivery a chat: the fan-out, in chunks that are committed with the cursor that made them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.errors import UsageError
from bot.core.model import Alert, Audience, Chat, Delivery, FanOut, State, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.outreach import alerts
from bot.outreach.match import wanted
from bot.outreach.quiet import put_off, quiet_until

LANE = "outbox"
CHUNK = 2000
"""Chats looked at in one commit: sending begins after the first."""
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
    elif alert.state is State.SCHEDULED and await _is_to_come(bot, alert.follows):
        changes = [Swap(job, job.rearmed(now + _BEHIND))]
    elif alert.state is State.SCHEDULED:
        changes = _released(bot, job, alert, now)
    elif alert.test:
        changes = [*_told(bot, alert, alert.audience.chats, now), Swap(alert, alerts.addressed(alert)), Swap(job, None)]
    else:
        changes = await _chunk(bot, job, alert)
    if await bot.store.commit(*changes):
        await bot.store.commit(Swap(job, job.rearmed(now)))


async def _is_to_come(bot: Bot, first: str) -> bool:
    """Whether the fan-out of the alert that is updated is not through: nobody may get an update before it."""
    alert = await bot.store.get(Alert, first) if first else None
    return alert is not None and alert.state is State.RELEASED and not alert.addressed


def _released(bot: Bot, job: FanOut, alert: Alert, now: datetime) -> list[Add | Swap]:
    """Return the alert as going out: to the canaries at once, to everybody else a moment later."""
    canaries = bot.settings.canary_chats if alert.audience.everyone else ()
    others = now + timedelta(seconds=bot.settings.canary_seconds if canaries else 0)
    release = Swap(alert, alerts.released(alert, at=now))
    return [release, *_told(bot, alert, canaries, now), Swap(job, job.rearmed(others))]


def _told(bot: Bot, alert: Alert, chats: Iterable[str], now: datetime) -> list[Add]:
    return [Add(first_delivery(bot, alert, Chat.parse(chat), now)) for chat in chats]


async def _chunk(bot: Bot, job: FanOut, alert: Alert) -> list[Add | Swap]:
    """Return the next chats' deliveries, and where they leave the job.

    What waits for the end of a chat's quiet hours does so only as long as these are what they were looked up to be.
    """
    chats = await bot.store.find(Subscriber, after=job.cursor, limit=CHUNK)
    now = bot.clock.now()
    wants = wanted(alert.audience)
    stamp = alert.released or now
    added: list[Add | Swap] = []
    for subscriber in chats:
        if subscriber.since <= stamp and not subscriber.gone and wants(subscriber):
            first = first_delivery(bot, alert, subscriber.chat, now)
            later = put_off(first, quiet_until(subscriber, now, bot.settings.zone))
            added += [Add(later)] if later is first else [Add(later), Swap(subscriber, subscriber)]
    if len(chats) < CHUNK:
        return [*added, Swap(alert, alerts.addressed(alert)), Swap(job, None)]
    return [*added, Swap(job, replace(job.rearmed(now), cursor=chats[-1].id))]


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
    )


async def addressees(bot: Bot, audience: Audience) -> AsyncIterator[str]:
    """Yield the keys of the chats that would be told now."""
    for chat in audience.chats:
        yield chat
    wants, after = wanted(audience), ""
    while not audience.chats and (chats := await bot.store.find(Subscriber, after=after, limit=CHUNK)):
        for subscriber in chats:
            if not subscriber.gone and wants(subscriber):
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
