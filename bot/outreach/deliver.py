"""The one rule of a delivery: make what the chat shows equal the thing's current revision."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from bot.core.errors import BotError, ChatGone, ChatMoved, DeliveryError, RetryLater, Revoked, TopicGone, Uncertain
from bot.core.i18n import translator
from bot.core.model import Alert, Chat, Delivery, Outcome, Recall, Receipt, State, Subscriber
from bot.core.pace import Turns
from bot.core.ports import Adapter, Bot, Swap
from bot.core.update import Change
from bot.outreach import alarm
from bot.outreach.compose import alert_message
from bot.outreach.moving import move
from bot.outreach.quiet import LEFT, comes_silently, let_through, put_off, quiet_until
from bot.outreach.recall import left, notice_under, unaware, was_unaware
from bot.outreach.show import Untold, show

ATTEMPTS = 5
"""Tries before a delivery is listed as failed with its cause."""
_PATIENCE = 4
"""How many times longer each wait is after an attempt of which nobody knows: a platform is down for minutes, at times,
and what it accepted meanwhile is repeated."""
_REVOKED_SECONDS = 60.0
"""Between two looks whether a refused account is let in again; until then all its deliveries stay pending."""
_BEHIND = timedelta(seconds=1)
"""How long after the alert it updates an update comes, at the least."""

_log = structlog.get_logger()


async def deliver(bot: Bot, adapter: Adapter, pace: Turns, delivery: Delivery) -> None:
    """Send, correct or withdraw, whichever is due, and settle the delivery. What a platform asks to wait, `pace` keeps.

    A settlement that loses its swap found the delivery changed by somebody else (re-armed by a correction, say): what
    this attempt did is then entered into the delivery as it is now, so that no receipt is lost.
    """
    alert = await bot.store.get(Alert, delivery.about)
    if alert is None or alert.archived or (_is_untold(alert, delivery) and alert.state is not State.RELEASED):
        await _drop(bot, delivery)
        return
    over = await bot.store.get(Alert, alert.over) if alert.over else None
    over, first = await _above(bot, over, delivery.chat) if over else (None, None)
    awaited = first if over and first and await _is_to_come(bot, over, first) else None
    waiting = over if over and (alert.notices or awaited) and not alert.waits else alert
    if waiting.waits:
        await _put_by(bot, waiting, delivery)
        return
    chat = await bot.store.get(Subscriber, str(delivery.chat))
    quiet = quiet_until(chat, bot.clock.now(), bot.settings.zone)
    if await _defer(bot, delivery, chat, quiet):
        return
    if awaited:
        await _let_pass(bot, awaited, delivery)
        return
    tried, under = delivery, _parent(delivery, first)
    if delivery.outcome is not Outcome.PENDING or under != delivery.under:
        tried = replace(delivery, outcome=Outcome.PENDING, under=under)
    if tried.abandoned:  # it can't have been begun before it was due; and that a process died is not the chat's fault
        tried = replace(tried, doubt=tried.doubt or tried.due, attempts=1)
    say = translator((chat and chat.locale) or bot.settings.language)
    compose = partial(alert_message, say=say, zone=bot.settings.zone)
    shown = partial(show, adapter, tried, alert, compose, silent=comes_silently(alert.severity, quiet))
    await _tell(bot, adapter, pace, _Attempt(alert, delivery, tried), shown)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A delivery as it was claimed, which is its fence, and as it was tried: with what is known of the chat by now."""

    alert: Alert
    claimed: Delivery
    tried: Delivery


async def _tell(
    bot: Bot, adapter: Adapter, pace: Turns, attempt: _Attempt, shown: Callable[[], Awaitable[Receipt]]
) -> None:
    """Show what is current, and settle what was claimed by what came of it."""
    claimed = attempt.claimed
    try:
        receipt = await shown()
    except Uncertain as doubt:
        await _settle_doubt(bot, attempt, listed=isinstance(doubt, Untold))
    except DeliveryError as problem:
        await _settle_problem(bot, pace, attempt, problem)
    except BotError:
        raise  # the store's, not the message's
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one message is listed, and holds up no other
        _log.exception("message can't be made", delivery=claimed.id)
        await _settle_failure(bot, attempt, BotError(cause=type(error).__name__))
    else:
        bot.meters.shown(adapter.platform, bot.clock.monotonic(), first=claimed.receipt is None)
        await _settle(bot, attempt, receipt)
        await alarm.let_in(bot, adapter.platform)


async def _settle_problem(bot: Bot, pace: Turns, attempt: _Attempt, problem: DeliveryError) -> None:
    """Do what a platform's refusal asks for: elsewhere, later, or never again."""
    to = _new_address(attempt.tried.chat, problem)
    if to and attempt.tried.attempts < ATTEMPTS:
        await move(bot, attempt.claimed, attempt.tried, to)
    elif isinstance(problem, ChatGone | TopicGone):
        await _settle_gone(bot, attempt, problem.message_key)
    elif isinstance(problem, RetryLater | Revoked):
        seconds = problem.seconds if isinstance(problem, RetryLater) else _REVOKED_SECONDS
        if isinstance(problem, Revoked) or problem.everywhere:
            pace.halt(bot.clock.monotonic() + seconds)
        if isinstance(problem, Revoked):
            await bot.store.commit(*alarm.stopped(bot, attempt.tried.chat.platform, problem))
        later = attempt.tried.rearmed(bot.clock.now() + timedelta(seconds=seconds))
        await _settle_untold(bot, attempt.claimed, replace(later, problem=problem.message_key))
    else:
        await _settle_failure(bot, attempt, problem)


def _new_address(chat: Chat, problem: DeliveryError) -> Chat | None:
    """Return where a chat is to be found from now on; a topic that is no more leaves its group."""
    if isinstance(problem, ChatMoved):
        return problem.to
    return replace(chat, topic=None) if isinstance(problem, TopicGone) and chat.topic else None


def _is_untold(alert: Alert, delivery: Delivery) -> bool:
    """Whether the chat surely never had it; one that moved has its copy at the old address. No notice is looked for."""
    doubtful = bool(delivery.doubt or delivery.abandoned) and not alert.notices
    return delivery.receipt is None and delivery.told is None and not doubtful


async def _above(bot: Bot, over: Alert, chat: Chat) -> tuple[Alert, Delivery | None]:
    """Return the alert that an update or notice goes under in a chat, and its copy there, if there is one.

    A chat that was told the story by an alert which an editor has merged into this one has a copy of that.
    """
    first = await bot.store.get(Delivery, f"{over.id}:{chat}")
    for id in () if first else over.merged:
        alert, copy = await bot.store.get(Alert, id), await bot.store.get(Delivery, f"{id}:{chat}")
        if alert and copy:
            return alert, copy
    return over, first


async def _is_to_come(bot: Bot, over: Alert, first: Delivery) -> bool:
    """Whether a chat is still to get the alert that stands above this one: now, or when it is let go."""
    if first.receipt or first.outcome not in {Outcome.PENDING, Outcome.DEFERRED}:
        return False
    return first.due is not None or over.waits or await bot.store.get(Recall, over.id) is not None


def _parent(delivery: Delivery, first: Delivery | None) -> Receipt | None:
    """Return what a message goes under in its chat, if that is there: not where the chat was before it moved.

    What stands in the very topic goes before what stands elsewhere in its group.
    """
    stands = (delivery.under, first.receipt if first else None)
    here = (receipt for receipt in stands if receipt and receipt.chat.id == delivery.chat.id)
    return max(here, key=lambda receipt: receipt.chat == delivery.chat, default=None)


async def _let_pass(bot: Bot, first: Delivery, update: Delivery) -> None:
    """Send the first alert before its update, and as urgently: then it waits for no quiet hours either."""
    now = bot.clock.now()
    before = first
    if first.lease is None and first.priority > update.priority:
        before = replace(let_through(first, now), priority=update.priority)
    later = replace(left(update), due=max(before.due or now, now) + _BEHIND)
    if await bot.store.commit(Swap(update, later), Swap(first, before)):
        await bot.store.commit(Swap(update, later))


async def _drop(bot: Bot, delivery: Delivery) -> None:
    """Let go of a delivery that need not be made any more; a chat that may have got it all the same is listed."""
    rest = left(delivery)
    listed = replace(rest, outcome=Outcome.UNCERTAIN, problem=Uncertain.key) if rest.doubt else None
    await bot.store.commit(Swap(delivery, listed))


async def _defer(bot: Bot, delivery: Delivery, chat: Subscriber | None, quiet: datetime | None) -> bool:
    """Put a delivery off while its chat has quiet hours, or list a chat that left in them; tell whether that is so.

    The chat is a condition, as whoever changes its quiet hours brings what is put off in line with them.
    """
    if chat is None or not chat.follows:
        if delivery.outcome is not Outcome.DEFERRED:
            return False
        await bot.store.commit(Swap(delivery, replace(delivery.rearmed(None), outcome=Outcome.GONE, problem=LEFT)))
        return True
    later = put_off(delivery, quiet)
    if later is delivery:
        return False
    if await bot.store.commit(Swap(chat, chat), Swap(delivery, later)):
        await bot.store.commit(Swap(delivery, delivery.rearmed(bot.clock.now())))
    return True


async def _put_by(bot: Bot, alert: Alert, delivery: Delivery) -> None:
    """Put the delivery by while its alert waits; whoever lets the alert go makes it due again."""
    if await bot.store.commit(Swap(alert, alert), Swap(delivery, left(delivery))):
        await bot.store.commit(Swap(delivery, replace(left(delivery), due=bot.clock.now())))


async def _settle(bot: Bot, attempt: _Attempt, receipt: Receipt) -> None:
    """Record what the chat shows; where the thing has moved on meanwhile, the delivery stays due.

    The alert is a condition of the settlement: a correction comes either before it, and is seen here, or after it,
    and finds the copy settled.
    """
    delivery, number = attempt.claimed, _shown(attempt, receipt)
    repeated = delivery.repeated or receipt.repeated
    receipt = Receipt(receipt.chat, receipt.id)
    while True:
        now = bot.clock.now()
        alert = await bot.store.get(Alert, delivery.about)
        behind = alert is not None and alert.number != number
        done = delivery.rearmed(
            now if behind else None,
            receipt=receipt,
            shown=number,
            outcome=Outcome.PENDING if behind else Outcome.TOLD,
            told=delivery.told or now,
            repeated=repeated,
            problem="",
            doubt=None,
        )
        changes: list[Change] = [Swap(alert, alert)] if alert else []
        if alert and (unaware(alert, delivery) or unaware(alert, done)):
            changes.append(notice_under(alert, done, now))
        losers = await bot.store.commit(*changes, Swap(delivery, done))
        for loser in losers:
            if isinstance(loser, Delivery):
                told = replace(loser, receipt=receipt, shown=number, told=done.told, repeated=repeated, doubt=None)
                await bot.store.commit(Swap(loser, told))
                return
        if not losers:
            if alert and alert.released and delivery.told is None:
                bot.meters.told(delivery.chat.platform, alert.id, (now - alert.released).total_seconds())
            return


def _shown(attempt: _Attempt, receipt: Receipt) -> int:
    """Return the number of the revision that a copy shows, or of one that is as wrong, where it was found outdated."""
    alert = attempt.alert
    if not receipt.outdated:
        return alert.number
    return 1 if was_unaware(alert, attempt.tried.doubt) else alert.number - 1


async def _settle_doubt(bot: Bot, attempt: _Attempt, *, listed: bool) -> None:
    """Record that nobody knows whether it arrived: it is looked into again, or listed where nothing can come of it."""
    key, now, claimed = Uncertain.key, bot.clock.now(), attempt.claimed
    tried = replace(attempt.tried, doubt=attempt.tried.doubt or attempt.tried.due)
    if listed or tried.attempts >= ATTEMPTS:
        settled = replace(tried.rearmed(None), outcome=Outcome.UNCERTAIN, problem=key)
    else:
        later = now + timedelta(seconds=2 * _PATIENCE ** (tried.attempts - 1))
        settled = replace(tried.rearmed(later, attempts=tried.attempts), problem=key)
    _log.info("not known whether delivered", delivery=claimed.id, listed=listed, attempt=tried.attempts)
    await _settle_untold(bot, claimed, settled)


async def _settle_gone(bot: Bot, attempt: _Attempt, key: str) -> None:
    """Record that the chat lets us in no more: not asked again, and in no audience until it is back."""
    settled = replace(attempt.tried.rearmed(None), outcome=Outcome.GONE, problem=key)
    _log.info("chat is gone", delivery=settled.id)
    bot.meters.refused(settled.chat.platform, key, bot.clock.monotonic())
    while True:
        changes: list[Change] = [Swap(attempt.claimed, settled)]
        subscriber = await bot.store.get(Subscriber, str(settled.chat))
        if subscriber and not subscriber.gone:
            changes.append(Swap(subscriber, replace(subscriber, gone=key)))
        losers = await bot.store.commit(*changes)
        if not any(isinstance(loser, Subscriber) for loser in losers):
            return


async def _settle_failure(bot: Bot, attempt: _Attempt, error: BotError) -> None:
    """Record why it did not arrive: it is tried again, and listed after the last attempt."""
    key, claimed, tried = error.message_key, attempt.claimed, attempt.tried
    _log.info("not delivered", delivery=claimed.id, problem=key, attempt=tried.attempts)
    if tried.attempts >= ATTEMPTS:
        settled = replace(tried.rearmed(None), outcome=Outcome.FAILED, problem=key)
    else:
        later = bot.clock.now() + timedelta(seconds=2**tried.attempts)
        settled = replace(tried.rearmed(later, attempts=tried.attempts), problem=key)
    await _settle_untold(bot, claimed, settled)


async def _settle_untold(bot: Bot, claimed: Delivery, settled: Delivery) -> None:
    """Record a delivery that comes again later, or was given up, and count it."""
    count = bot.meters.refused if settled.due is None else bot.meters.retried
    count(settled.chat.platform, settled.problem, bot.clock.monotonic())
    await bot.store.commit(Swap(claimed, settled))
