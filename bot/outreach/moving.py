"""Chats that have another address now: what they follow, have and are owed moves along, in one step and once."""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec.structs import replace

from bot.core.model import Chat, Delivery, FanOut, Outcome, Recall, Receipt, Subscriber
from bot.core.ports import Add, Bot, Swap

_JOBS = 1000
"""More fan-outs and recalls than are ever under way."""


async def move(bot: Bot, claimed: Delivery, tried: Delivery, to: Chat) -> None:
    """Move a chat to another address, and make what was tried due there; `claimed` is its fence.

    Where the new address follows something already, it follows both from now on, and is told once: a delivery has its
    id by alert and chat. What other workers are just sending is left to them; they will find out by themselves.
    """
    due = _anew(bot, tried, to)
    while True:
        changes: list[Add | Swap] = [Swap(claimed, due)]
        if to != claimed.chat:
            changes = [Add(due), Swap(claimed, None), *await _subscription(bot, claimed.chat, to)]
            changes += await _turned_back(bot, claimed.chat, to)
            async for other in _others(bot, claimed):
                changes += [Add(replace(other, id=f"{other.about}:{to}", chat=to)), Swap(other, None)]
        losers = await bot.store.commit(*changes)
        if not losers or any(isinstance(loser, Delivery) and loser.id == claimed.id for loser in losers):
            return


def _anew(bot: Bot, tried: Delivery, to: Chat) -> Delivery:
    """Return the delivery due at the new address.

    A copy in another chat is out of reach for ever, as message ids count anew there: what it should show is posted.
    """
    receipt = _reachable(tried.receipt, to)
    return replace(
        tried.rearmed(bot.clock.now(), attempts=tried.attempts),
        id=f"{tried.about}:{to}",
        chat=to,
        receipt=receipt,
        under=_reachable(tried.under, to),
        shown=tried.shown if receipt else 0,
        outcome=Outcome.PENDING,
        problem="",
    )


def _reachable(receipt: Receipt | None, to: Chat) -> Receipt | None:
    return receipt if receipt and receipt.chat.id == to.id else None


async def _others(bot: Bot, claimed: Delivery) -> AsyncIterator[Delivery]:
    """Yield what else the chat has or is owed, but for what is being sent at this moment."""
    after = ""
    while page := await bot.store.find(Delivery, {"chat": claimed.chat}, after=after):
        for other in page:
            if other.id != claimed.id and other.lease is None:
                yield other
        after = page[-1].id


async def _turned_back(bot: Bot, chat: Chat, to: Chat) -> list[Swap]:
    """Return the jobs that go through chats or copies, and would miss one that moves from ahead of them to behind."""
    now = bot.clock.now()
    jobs: list[tuple[FanOut | Recall, str]] = [(job, "") for job in await bot.store.find(FanOut, limit=_JOBS)]
    jobs += [(job, f"{job.id}:") for job in await bot.store.find(Recall, limit=_JOBS)]
    return [
        Swap(job, replace(job.rearmed(now), cursor=""))
        for job, prefix in jobs
        if job.cursor < f"{prefix}{chat}" and (job.lease or job.cursor >= f"{prefix}{to}")
    ]


async def _subscription(bot: Bot, chat: Chat, to: Chat) -> tuple[Add | Swap, ...]:
    old = await bot.store.get(Subscriber, str(chat))
    if old is None:
        return ()
    new = await bot.store.get(Subscriber, str(to)) or Subscriber(id=str(to), chat=to, since=old.since)
    return Add(new), Swap(new, new.joined(old)), Swap(old, None)
