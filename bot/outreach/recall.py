"""Brings every delivery of an alert in line with it, in chunks: corrected, withdrawn, held, let go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.core.model import Alert, Delivery, Outcome, Recall
from bot.core.ports import Add, Bot, Put, Swap
from bot.core.update import Change
from bot.outreach import alerts
from bot.outreach.outbox import CHUNK, LANE


def recall(alert: Alert, due: datetime) -> Recall:
    """Return the job that carries out what was ordered at `due`, and then goes through whoever the alert is for."""
    return Recall(id=alert.id, lane=LANE, due=due, priority=alert.severity.priority)


def notice_under(alert: Alert, copy: Delivery, now: datetime) -> Add:
    """Return what tells one chat, under the copy it has, that the alert was changed."""
    notice = Delivery(
        id=f"{alert.notice}:{copy.chat}",
        lane=copy.lane,
        due=now,
        priority=alert.severity.priority,
        about=alert.notice,
        chat=copy.chat,
        under=copy.receipt,
    )
    return Add(notice)


def unaware(alert: Alert, copy: Delivery) -> bool:
    """Tell whether a copy shows what was wrong, so that its chat is owed the notice."""
    return bool(alert.notice) and 0 < copy.shown < alert.noticed


def was_unaware(alert: Alert, since: datetime | None) -> bool:
    """Tell the same of a copy that was found, begun at `since` or later, and showed something earlier."""
    changed = alert.revisions[alert.noticed - 1].corrected if alert.notice else None
    return bool(since and changed and since < changed)


def left(delivery: Delivery) -> Delivery:
    """Return the delivery as nobody began it; what the worker before did with it is remembered as a doubt."""
    doubt = delivery.doubt or (delivery.due if delivery.abandoned else None)
    return replace(delivery.rearmed(None), outcome=Outcome.PENDING, doubt=doubt)


async def rearm(bot: Bot, job: Recall) -> None:
    """Take the job one step further: the change that was ordered, then a chunk of deliveries at a time.

    It holds up for nobody: a copy that is on its way at this moment is left to its own settlement, which finds that the
    alert has moved on. What is still to be sent shows the current revision anyway.
    """
    alert = await bot.store.get(Alert, job.id)
    if alert is None:
        await bot.store.commit(Swap(job, None))
        return
    now = bot.clock.now()
    if alert.amendment is not None:
        after, notice = alerts.amended(alert, bot.ids.new(), at=now)
        told = await _told(bot, alert, notice, now) if notice else ()
        changes: list[Change] = [Swap(alert, after), *told, Swap(job, replace(job.rearmed(now), cursor=""))]
    else:
        about = frozenset({alert.id, alert.notice or alert.id})
        page = await bot.store.find(Delivery, {"about": about}, after=job.cursor, limit=CHUNK)
        further = replace(job.rearmed(now), cursor=page[-1].id) if len(page) == CHUNK else None
        below = await _updated(bot, alert, now) if further is None and not alert.waits else ()
        changes = [Swap(alert, alert), *_brought_in_line(alert, page, now), *below, Swap(job, further)]
    if await bot.store.commit(*changes):
        await bot.store.commit(Swap(job, job.rearmed(now)))


async def _told(bot: Bot, alert: Alert, notice: Alert, now: datetime) -> Sequence[Change]:
    """Return the notice of a change in the place of the one before, which goes to nobody any more."""
    before = await bot.store.get(Alert, alert.notice) if alert.notice else None
    dropped = (Swap(before, alerts.superseded(before)), Put(recall(before, now))) if before else ()
    return Add(notice), *dropped


async def _updated(bot: Bot, alert: Alert, now: datetime) -> list[Change]:
    """Return the jobs that make due what waited for an alert: its updates.

    One that has a change of its own ordered goes through all its copies when that takes effect.
    """
    updates = await bot.store.find(Alert, {"follows": alert.id}, limit=CHUNK)
    going = [update for update in updates if update.released and update.amendment is None]
    return [change for update in going for change in (Swap(update, update), Put(recall(update, now)))]


def _brought_in_line(alert: Alert, page: Sequence[Delivery], now: datetime) -> list[Change]:
    """Return the chunk's deliveries as they are to be: put by while the alert waits, else due where they are owed."""
    changes: list[Change] = []
    for copy in page:
        number = alert.number if copy.about == alert.id else 1  # a notice is never changed
        behind = bool(copy.receipt) and copy.shown < number and copy.outcome is not Outcome.GONE
        owed = behind or copy.outcome is Outcome.PENDING
        if alert.waits:
            if owed and copy.due is not None and copy.lease is None:
                changes.append(Swap(copy, left(copy)))
            continue
        if owed and copy.due is None:
            changes.append(Swap(copy, replace(copy.rearmed(now), outcome=Outcome.PENDING)))
        if behind and unaware(alert, copy):
            changes.append(notice_under(alert, copy, now))
    return changes
