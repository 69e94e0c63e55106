"""Brings every delivered copy to the alert's current revision, with a notice under it, in chunks of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.model import Alert, Delivery, Outcome, Recall
from bot.core.ports import Add, Bot, Swap
from bot.core.update import Change
from bot.outreach.outbox import CHUNK, LANE


def recall(alert: Alert, now: datetime) -> Recall:
    """Return the job that re-arms whoever has a copy, and only those."""
    return Recall(id=alert.id, lane=LANE, due=now, priority=alert.severity.priority)


def notice_under(alert: Alert, copy: Delivery, now: datetime) -> Add:
    """Return what tells one chat, under the copy it has, that the alert was changed."""
    notice = Delivery(
        id=f"{alert.notice}:{copy.chat}",
        lane=copy.lane,
        due=now,
        priority=copy.priority,
        about=alert.notice,
        chat=copy.chat,
        under=copy.receipt,
    )
    return Add(notice)


async def rearm(bot: Bot, job: Recall) -> None:
    """Take the job one chunk further.

    It holds up for nobody: a copy that is on its way at this moment is left to its own settlement, which finds that the
    alert has moved on. What is still to be sent shows the current revision anyway.
    """
    alert = await bot.store.get(Alert, job.id)
    if alert is None:
        await bot.store.commit(Swap(job, None))
        return
    now = bot.clock.now()
    page = await bot.store.find(Delivery, {"about": alert.id}, after=job.cursor, limit=CHUNK)
    further = replace(job.rearmed(now), cursor=page[-1].id) if len(page) == CHUNK else None
    if await bot.store.commit(*_rearmed(alert, page, now), Swap(job, further)):
        await bot.store.commit(Swap(job, job.rearmed(now)))


def _rearmed(alert: Alert, page: Sequence[Delivery], now: datetime) -> list[Change]:
    """Return the chunk's copies as due again, and the notices that go under them."""
    changes: list[Change] = []
    for copy in page:
        if not copy.receipt or copy.outcome is Outcome.GONE or copy.shown >= alert.number:
            continue
        if copy.due is None:
            changes.append(Swap(copy, replace(copy.rearmed(now), outcome=Outcome.PENDING)))
        changes.append(notice_under(alert, copy, now))
    return changes
