"""Chats that have another address now: what they follow and what they are owed moves along, once."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model import Chat, Delivery, Outcome, Subscriber
from bot.core.ports import Add, Bot, Swap


async def move(bot: Bot, delivery: Delivery, to: Chat) -> None:
    """Move a chat's subscription and this delivery to another address, in one step; the delivery is due there at once.

    Where the new address follows something already, it follows both from now on, and is told once: a delivery has its
    id by alert and chat. Copies at the old address can't be reached any more; what they should show is posted anew.
    """
    due = replace(
        delivery.rearmed(bot.clock.now()),
        id=f"{delivery.about}:{to}",
        chat=to,
        receipt=None,
        under=None,
        shown=0,
        outcome=Outcome.PENDING,
        problem="",
    )
    while True:
        subscription = await _subscription(bot, delivery.chat, to)
        losers = await bot.store.commit(*subscription, Add(due), Swap(delivery, None))
        if not any(isinstance(loser, Subscriber) for loser in losers):
            return


async def _subscription(bot: Bot, chat: Chat, to: Chat) -> tuple[Add | Swap, ...]:
    old = await bot.store.get(Subscriber, str(chat))
    if old is None:
        return ()
    new = await bot.store.get(Subscriber, str(to)) or Subscriber(id=str(to), chat=to, since=old.since)
    both = replace(
        new,
        since=min(old.since, new.since),
        topics=tuple(dict.fromkeys((*new.topics, *old.topics))),
        feeds=tuple(dict.fromkeys((*new.feeds, *old.feeds))),
        keywords=tuple(dict.fromkeys((*new.keywords, *old.keywords))),
        locale=new.locale or old.locale,
        gone="",
    )
    return Add(new), Swap(new, both), Swap(old, None)
