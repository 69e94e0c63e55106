"""The one rule of a delivery: make what the chat shows equal the thing's current revision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog

from bot.core.errors import ChatGone, ChatMoved, DeliveryError, RetryLater, Revoked, TopicGone, Uncertain
from bot.core.i18n import translator
from bot.core.model import Alert, Delivery, OnUncertain, Outcome, Receipt, State, Subscriber
from bot.core.pace import Pace
from bot.core.ports import Adapter, Bot, Swap
from bot.core.update import Change
from bot.outreach.compose import alert_message
from bot.outreach.moving import move
from bot.outreach.recall import notice_under, unaware
from bot.outreach.show import show

ATTEMPTS = 5
"""Tries before a delivery is listed as failed with its cause."""
_REVOKED_SECONDS = 60.0
"""Between two looks whether a refused account is let in again; until then all its deliveries stay pending."""
_BEHIND = timedelta(seconds=1)
"""How long after the alert it updates an update comes, at the least."""

_log = structlog.get_logger()


async def deliver(bot: Bot, adapter: Adapter, pace: Pace, delivery: Delivery) -> None:
    """Send, correct or withdraw, whichever is due, and settle the delivery. What a platform asks to wait, `pace` keeps.

    A settlement that loses its swap found the delivery changed by somebody else (re-armed by a correction, say): what
    this attempt did is then entered into the delivery as it is now, so that no receipt is lost.
    """
    alert = await bot.store.get(Alert, delivery.about)
    if alert is None or (delivery.receipt is None and alert.state is not State.RELEASED):
        await _drop(bot, delivery)
        return
    if alert.waits:
        await _put_by(bot, alert, delivery)
        return
    first = await bot.store.get(Delivery, f"{alert.follows}:{delivery.chat}") if alert.follows else None
    if first and _is_on_its_way(first):
        await _let_pass(bot, first, delivery)
        return
    tried = replace(delivery, under=delivery.under or (first.receipt if first else None))
    if tried.abandoned and tried.receipt is None:
        tried = replace(tried, doubt=tried.doubt or tried.due)  # it can't have been begun before it was due
    await _tell(bot, adapter, pace, _Attempt(alert, delivery, tried))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A delivery as it was claimed, which is its fence, and as it was tried: with what is known of the chat by now."""

    alert: Alert
    claimed: Delivery
    tried: Delivery


async def _tell(bot: Bot, adapter: Adapter, pace: Pace, attempt: _Attempt) -> None:
    """Show what is current, and settle what was claimed by what came of it."""
    alert, claimed, tried = attempt.alert, attempt.claimed, attempt.tried
    subscriber = await bot.store.get(Subscriber, str(tried.chat))
    say = translator((subscriber and subscriber.locale) or bot.settings.language)
    try:
        receipt = await show(adapter, tried, alert, partial(alert_message, say=say, zone=bot.settings.zone))
    except ChatMoved as moved:
        await move(bot, claimed, moved.to)
    except TopicGone:
        await move(bot, claimed, replace(claimed.chat, topic=None))
    except Uncertain:
        await _settle_doubt(bot, attempt)
    except DeliveryError as problem:
        error = RetryLater(_REVOKED_SECONDS, everywhere=True) if isinstance(problem, Revoked) else problem
        if isinstance(error, RetryLater) and error.everywhere:
            pace.halt(bot.clock.monotonic() + error.seconds)
        await _settle_failure(bot, attempt, subscriber, error)
    else:
        await _settle(bot, claimed, receipt, alert.number)


def _is_on_its_way(first: Delivery) -> bool:
    """Whether the alert that is updated is still to come; one that is put by is not waited for."""
    return first.receipt is None and first.outcome is Outcome.PENDING and first.due is not None


async def _let_pass(bot: Bot, first: Delivery, update: Delivery) -> None:
    """Send the first alert before its update, and as urgently."""
    after = max(first.due or bot.clock.now(), bot.clock.now()) + _BEHIND
    changes: list[Change] = [Swap(update, update.rearmed(after))]
    if first.lease is None and first.priority > update.priority:
        changes.append(Swap(first, replace(first, priority=update.priority)))
    if await bot.store.commit(*changes):
        await bot.store.commit(Swap(update, update.rearmed(after)))


async def _drop(bot: Bot, delivery: Delivery) -> None:
    """Let go of a delivery that need not be made any more; a chat that may have got it all the same is listed."""
    left = _left(delivery)
    listed = replace(left, outcome=Outcome.UNCERTAIN, problem=Uncertain.key) if left.doubt else None
    await bot.store.commit(Swap(delivery, listed))


async def _put_by(bot: Bot, alert: Alert, delivery: Delivery) -> None:
    """Put the delivery by while its alert waits; whoever lets the alert go makes it due again."""
    if await bot.store.commit(Swap(alert, alert), Swap(delivery, _left(delivery))):
        await bot.store.commit(Swap(delivery, replace(_left(delivery), due=bot.clock.now())))


def _left(delivery: Delivery) -> Delivery:
    """The delivery as nobody began it; what the worker before did with it is remembered as a doubt."""
    doubt = delivery.doubt or (delivery.due if delivery.abandoned and delivery.receipt is None else None)
    return replace(delivery.rearmed(None), doubt=doubt)


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
            doubt=None,
        )
        changes: list[Change] = [Swap(alert, alert)] if alert else []
        if alert and unaware(alert, done):
            changes.append(notice_under(alert, done, now))
        losers = await bot.store.commit(*changes, Swap(delivery, done))
        for loser in losers:
            if isinstance(loser, Delivery):
                await bot.store.commit(
                    Swap(loser, replace(loser, receipt=receipt, shown=number, told=done.told, doubt=None))
                )
                return
        if not losers:
            return


async def _settle_doubt(bot: Bot, attempt: _Attempt) -> None:
    """Record that nobody knows whether it arrived: repeat it, or list the chat, as the alert says."""
    key, now, claimed = Uncertain.key, bot.clock.now(), attempt.claimed
    tried = replace(attempt.tried, doubt=attempt.tried.doubt or attempt.tried.due)
    listed = attempt.alert.on_uncertain is OnUncertain.SKIP and tried.receipt is None
    if listed or claimed.attempts >= ATTEMPTS:
        settled = replace(tried.rearmed(None), outcome=Outcome.UNCERTAIN, problem=key)
    else:
        later = now + timedelta(seconds=2**claimed.attempts)
        settled = replace(tried.rearmed(later, attempts=claimed.attempts), problem=key)
    _log.info("not known whether delivered", delivery=claimed.id, listed=listed, attempt=claimed.attempts)
    await bot.store.commit(Swap(claimed, settled))


async def _settle_failure(bot: Bot, attempt: _Attempt, subscriber: Subscriber | None, error: DeliveryError) -> None:
    """Record why it did not arrive: later, never again, or listed after the last attempt."""
    key, now = error.message_key, bot.clock.now()
    claimed, tried = attempt.claimed, attempt.tried
    _log.info("not delivered", delivery=claimed.id, problem=key, attempt=claimed.attempts)
    if isinstance(error, ChatGone):
        settled = replace(tried.rearmed(None), outcome=Outcome.GONE, problem=key)
        if subscriber:
            await bot.store.commit(Swap(subscriber, replace(subscriber, gone=key)))
    elif isinstance(error, RetryLater):
        settled = replace(tried.rearmed(now + timedelta(seconds=error.seconds)), problem=key)
    elif claimed.attempts >= ATTEMPTS:
        settled = replace(tried.rearmed(None), outcome=Outcome.FAILED, problem=key)
    else:
        later = now + timedelta(seconds=2**claimed.attempts)
        settled = replace(tried.rearmed(later, attempts=claimed.attempts), problem=key)
    await bot.store.commit(Swap(claimed, settled))
