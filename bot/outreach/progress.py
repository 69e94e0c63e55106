"""An editor's message that follows an alert, or a change of it, until all is said, and ends as the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.core.errors import ChatMoved, DeliveryError, RetryLater, Uneditable
from bot.core.i18n import Translator, translator
from bot.core.message import Message
from bot.core.model import Alert, Chat, Delivery, Progress, Receipt
from bot.core.ports import Adapter, Bot, Delete, Swap
from bot.core.update import Request
from bot.outreach.compose import photo_shown
from bot.outreach.report import all_said, report
from bot.outreach.report_message import progress_message, report_message

LANE = "progress"
ATTEMPTS = 5
_SOON, _SLOWER, _SELDOM = 1.0, 0.25, 5.0
"""Seconds to the second look, how much longer each further one takes, and the longest: a group takes 20 a minute."""


def followed(request: Request, alert: Alert, due: datetime, *, shown: Message | None = None) -> Progress:
    """Return what keeps a message showing how an alert stands, from `due` on: the one whose button was pressed.

    Where a command was typed, or its answer (`shown`, as far as it tells how the alert stands) is there to stay, it is
    a new one, posted once there is something new to say.
    """
    origin = request.update.origin
    return Progress(
        id=f"{alert.id}:{request.chat}#{origin.id if origin else request.id}",
        lane=LANE,
        due=due,
        alert=alert.id,
        chat=request.chat,
        receipt=origin,
        pictured=origin is not None,
        shared=not request.update.private,
        locale=request.say.locale,
        shown=shown.plain if shown else "",
    )


def reported(bot: Bot, alert: Alert, due: datetime) -> Progress | None:
    """Return what tells an alert's author in private how it goes, for one that somebody else has approved.

    None for an author whom nobody can write to: the terminal, or an account of a platform that is not connected.
    """
    chat = Chat.parse(alert.author)
    if chat.platform not in bot.adapters:
        return None
    language = bot.settings.language
    return Progress(
        id=f"{alert.id}:{chat}#author", lane=LANE, due=due, alert=alert.id, chat=chat, personal=True, locale=language
    )


async def unposted(bot: Bot, request: Request, alert: Alert) -> Sequence[Delete]:
    """Return what ends the messages to come of something that is called back, and of the one that calls it back."""
    jobs = await bot.store.find(Progress, after=f"{alert.id}:", limit=100)
    return [
        Delete(Progress, job.id)
        for job in jobs
        if job.alert == alert.id and job.receipt in {None, request.update.origin}
    ]


async def follow(bot: Bot, job: Progress) -> None:
    """Bring the message up to date, and look again in a moment unless all is said."""
    adapter = bot.adapters.get(job.chat.platform)
    alert = await bot.store.get(Alert, job.alert)
    if adapter is None or alert is None:
        await bot.store.commit(Swap(job, None))
        return
    said = await all_said(bot, alert)
    message = await standing(bot, alert, translator(job.locale), said=said, named=not job.shared)
    message = replace(message, photo=photo_shown(alert) if job.pictured else "")
    try:
        receipt = job.receipt if message.plain == job.shown else await _show(adapter, job, message)
    except DeliveryError as problem:
        await bot.store.commit(Swap(job, _again(job, problem, bot.clock.now())))
        return
    pause = min(_SOON + _SLOWER * job.looks, _SELDOM)
    later = job.rearmed(bot.clock.now() + timedelta(seconds=pause))
    later = replace(later, receipt=receipt, shown=message.plain, looks=job.looks + 1)
    if job.personal and receipt:
        later = replace(later, chat=receipt.chat, personal=False)
    await bot.store.commit(Swap(job, None if said else later))


async def standing(bot: Bot, alert: Alert, say: Translator, *, said: bool, named: bool = True) -> Message:
    """Return how an alert stands: by counts alone while something of it is under way, the report once all is said.

    Where it is not to be `named` which chats failed, it says how an editor learns that.
    """
    if said and alert.released:
        return report_message(alert, await report(bot, alert), say, bot.settings.zone, named=named)
    shown = await bot.store.count(Delivery, {"about": alert.id}, by="shown")
    return progress_message(alert, shown, say, bot.settings.zone)


def _again(job: Progress, problem: DeliveryError, now: datetime) -> Progress | None:
    """Return the job to be tried again as the platform wishes; None after the last attempt."""
    if isinstance(problem, RetryLater):
        return job.rearmed(now + timedelta(seconds=problem.seconds))
    if job.attempts >= ATTEMPTS:
        return None
    again = job.rearmed(now + timedelta(seconds=_SOON), attempts=job.attempts)
    return replace(again, chat=problem.to, receipt=None) if isinstance(problem, ChatMoved) else again


async def _show(adapter: Adapter, job: Progress, message: Message) -> Receipt:
    if job.receipt is not None:
        try:
            return await adapter.edit(job.receipt, message)
        except Uneditable:
            pass  # an old message: the report goes below it
    chat = await adapter.private_chat(str(job.chat)) if job.personal else job.chat
    return await adapter.send(chat, message, key=f"{job.id}#{len(job.shown)}", under=job.receipt)
