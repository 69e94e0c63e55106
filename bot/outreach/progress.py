"""An editor's message that follows a fan-out until everybody in its audience is told or listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.core.errors import DeliveryError, Uneditable
from bot.core.i18n import translator
from bot.core.message import Message
from bot.core.model import Alert, Delivery, Outcome, Progress, Receipt, State
from bot.core.ports import Adapter, Bot, Swap
from bot.outreach.compose import progress_message

LANE = "progress"
ATTEMPTS = 5
_EVERY = timedelta(seconds=1)


async def follow(bot: Bot, job: Progress) -> None:
    """Bring the message up to date, and look again in a second unless all is said."""
    adapter = bot.adapters.get(job.chat.platform)
    alert = await bot.store.get(Alert, job.alert)
    if adapter is None or alert is None:
        await bot.store.commit(Swap(job, None))
        return
    counts = await bot.store.count(Delivery, {"about": alert.id}, by="outcome")
    message = progress_message(alert, counts, translator(job.locale), bot.settings.zone)
    try:
        receipt = job.receipt if message.plain == job.shown else await _show(adapter, job, message)
    except DeliveryError:
        again = job.rearmed(bot.clock.now() + _EVERY, attempts=job.attempts) if job.attempts < ATTEMPTS else None
        await bot.store.commit(Swap(job, again))
        return
    later = replace(job.rearmed(bot.clock.now() + _EVERY), receipt=receipt, shown=message.plain)
    await bot.store.commit(Swap(job, None if _said(alert, counts) else later))


def _said(alert: Alert, counts: Mapping[str, int]) -> bool:
    """Whether nothing can change any more."""
    if alert.state is State.SCHEDULED or alert.waits:
        return False
    return alert.state is not State.RELEASED or (alert.addressed and not counts.get(Outcome.PENDING))


async def _show(adapter: Adapter, job: Progress, message: Message) -> Receipt:
    if job.receipt is not None:
        try:
            return await adapter.edit(job.receipt, message)
        except Uneditable:
            pass  # an old message: the report goes below it
    return await adapter.send(job.chat, message, key=f"{job.id}#{len(job.shown)}", under=job.receipt)
