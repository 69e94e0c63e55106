"""From an alert to one delivery a chat: the fan-out, in chunks that are committed with the cursor that made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.model import Alert, Audience, Chat, Delivery, FanOut, State, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.outreach import alerts
from bot.outreach.match import wanted

LANE = "outbox"
CHUNK = 2000
"""Chats looked at in one commit: sending begins after the first."""


async def fan_out(bot: Bot, job: FanOut) -> None:
    """Take the job one chunk further. What it adds may be added again: a delivery's id is its alert and chat.

    The first turn releases the alert, and that moment fixes the audience. Losing a swap
    means that an editor was quicker; the job is then looked at again.
    """
    alert = await bot.store.get(Alert, job.id)
    if alert is None or alert.state not in {State.SCHEDULED, State.RELEASED}:
        await bot.store.commit(Swap(job, None))
        return
    now = bot.clock.now()
    changes: list[Add | Swap]
    if alert.state is State.SCHEDULED:
        changes = [Swap(alert, alerts.released(alert, at=now)), Swap(job, job.rearmed(now))]
    else:
        changes = await _chunk(bot, job, alert)
    if await bot.store.commit(*changes):
        await bot.store.commit(Swap(job, job.rearmed(now)))


async def _chunk(bot: Bot, job: FanOut, alert: Alert) -> list[Add | Swap]:
    """Return the next chats' deliveries, and where they leave the job."""
    chats = await bot.store.find(Subscriber, after=job.cursor, limit=CHUNK)
    now = bot.clock.now()
    wants = wanted(alert.audience)
    stamp = alert.released or now
    added = [
        Add(first_delivery(bot, alert, subscriber.chat, now))
        for subscriber in chats
        if subscriber.since <= stamp and not subscriber.gone and wants(subscriber)
    ]
    if len(chats) < CHUNK:
        return [*added, Swap(alert, alerts.addressed(alert)), Swap(job, None)]
    return [*added, Swap(job, replace(job.rearmed(now), cursor=chats[-1].id))]


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


async def audience_size(bot: Bot, audience: Audience) -> int:
    """Count the chats that would be told now."""
    wants = wanted(audience)
    size, after = 0, ""
    while chats := await bot.store.find(Subscriber, after=after, limit=CHUNK):
        size += sum(not chat.gone and wants(chat) for chat in chats)
        after = chats[-1].id
    return size
