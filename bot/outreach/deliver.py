"""The one rule of a delivery: make what the chat shows equal the thing's current revision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.core.errors import ChatGone, ChatMoved, DeliveryError, RetryLater, Revoked, TopicGone, Uneditable
from bot.core.i18n import translator
from bot.core.message import Message
from bot.core.model import Alert, Delivery, Outcome, Receipt, State, Subscriber
from bot.core.pace import Pace
from bot.core.ports import Adapter, Bot, Swap
from bot.core.update import Change
from bot.outreach.compose import alert_message
from bot.outreach.moving import move
from bot.outreach.recall import notice_under

ATTEMPTS = 5
"""Tries before a delivery is listed as failed with its cause."""
_REVOKED_SECONDS = 60.0
"""Between two looks whether a refused account is let in again; until then all its deliveries stay pending."""

_log = structlog.get_logger()


async def deliver(bot: Bot, adapter: Adapter, pace: Pace, delivery: Delivery) -> None:
    """Send, correct or withdraw, whichever is due, and settle the delivery. What a platform asks to wait, `pace` keeps.

    A settlement that loses its swap found the delivery changed by somebody else (re-armed by a correction, say): what
    this attempt did is then entered into the delivery as it is now, so that no receipt is lost.
    """
    alert = await bot.store.get(Alert, delivery.about)
    subscriber = await bot.store.get(Subscriber, str(delivery.chat))
    if alert is None or (delivery.receipt is None and alert.state is not State.RELEASED):
        await bot.store.commit(Swap(delivery, None))
        return
    say = translator((subscriber and subscriber.locale) or bot.settings.language)
    try:
        receipt = await _show(adapter, delivery, alert, alert_message(alert, say))
    except ChatMoved as moved:
        await move(bot, delivery, moved.to)
    except TopicGone:
        await move(bot, delivery, replace(delivery.chat, topic=None))
    except DeliveryError as problem:
        error = RetryLater(_REVOKED_SECONDS, everywhere=True) if isinstance(problem, Revoked) else problem
        if isinstance(error, RetryLater) and error.everywhere:
            pace.halt(bot.clock.monotonic() + error.seconds)
        await _settle_failure(bot, delivery, subscriber, error)
    else:
        await _settle(bot, delivery, receipt, alert.number)


async def _show(adapter: Adapter, delivery: Delivery, alert: Alert, message: Message) -> Receipt:
    """Post the first copy, or edit it; what can't be edited is answered by a reply under it."""
    silent = alert.severity.silent
    if delivery.receipt is None:
        return await adapter.send(delivery.chat, message, key=delivery.id, under=delivery.under, silent=silent)
    try:
        return await adapter.edit(delivery.receipt, message)
    except Uneditable:
        key = f"{delivery.id}#{alert.number}"
        await adapter.send(delivery.chat, message, key=key, under=delivery.receipt, silent=silent)
        return delivery.receipt


async def _settle(bot: Bot, delivery: Delivery, receipt: Receipt, number: int) -> None:
    """Record what the chat shows; where the thing has moved on meanwhile, the delivery stays due.

    The alert is a condition of the settlement: a correction comes either before it, and is seen here, or after it,
    and finds the copy settled.
    """
    while True:
        now = bot.clock.now()
        alert = await bot.store.get(Alert, delivery.about)
        behind = alert is not None and alert.number != number
        done = replace(
            delivery.rearmed(now if behind else None),
            receipt=receipt,
            shown=number,
            outcome=Outcome.PENDING if behind else Outcome.TOLD,
            told=delivery.told or now,
            problem="",
        )
        changes: list[Change] = [Swap(alert, alert)] if alert else []
        if alert and behind and alert.notice:
            changes.append(notice_under(alert, done, now))
        losers = await bot.store.commit(*changes, Swap(delivery, done))
        for loser in losers:
            if isinstance(loser, Delivery):
                await bot.store.commit(Swap(loser, replace(loser, receipt=receipt, shown=number, told=done.told)))
                return
        if not losers:
            return


async def _settle_failure(bot: Bot, delivery: Delivery, subscriber: Subscriber | None, error: DeliveryError) -> None:
    """Record why it did not arrive: later, never again, or listed after the last attempt."""
    key, now = error.message_key, bot.clock.now()
    _log.info("not delivered", delivery=delivery.id, problem=key, attempt=delivery.attempts)
    if isinstance(error, ChatGone):
        await bot.store.commit(Swap(delivery, replace(delivery.rearmed(None), outcome=Outcome.GONE, problem=key)))
        if subscriber:
            await bot.store.commit(Swap(subscriber, replace(subscriber, gone=key)))
    elif isinstance(error, RetryLater):
        later = now + timedelta(seconds=error.seconds)
        await bot.store.commit(Swap(delivery, replace(delivery.rearmed(later), problem=key)))
    elif delivery.attempts >= ATTEMPTS:
        await bot.store.commit(Swap(delivery, replace(delivery.rearmed(None), outcome=Outcome.FAILED, problem=key)))
    else:
        later = now + timedelta(seconds=2**delivery.attempts)
        again = replace(delivery.rearmed(later, attempts=delivery.attempts), problem=key)
        await bot.store.commit(Swap(delivery, again))
