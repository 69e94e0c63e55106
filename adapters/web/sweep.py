"""Forgets what is over: sign-in links, sessions, and chats to which nobody can come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from adapters.web.posts import Conversation, Posts
from adapters.web.sessions import Session, SignIn
from bot.core.model import Chat, Subscriber
from bot.core.ports import Bot, D, Delete, Store
from bot.intake.watch import unwatched


async def sweep(bot: Bot, posts: Posts) -> None:
    """Remove what is over. A reader's chat ends with its session: its cookie was the only way in."""
    now, store = bot.clock.now(), bot.store
    async for link in _everything(store, SignIn):
        if link.until < now:
            await store.commit(Delete(SignIn, link.id))
    async for session in _everything(store, Session):
        if not session.over(now):
            continue
        if not session.staff:
            await end(bot, posts, session.chat)
        await store.commit(Delete(Session, session.id))
    unreachable = now - timedelta(days=bot.settings.receipt_days)  # no correction looks for its copies there any more
    async for conversation in _everything(store, Conversation):
        if conversation.over and conversation.over < unreachable:
            await store.commit(Delete(Conversation, conversation.id))


async def end(bot: Bot, posts: Posts, chat: Chat) -> None:
    """Forget a chat to which nobody can come back, and what it followed; feeds of its alone are polled no more."""
    await posts.end(chat)
    subscriber = await bot.store.get(Subscriber, str(chat))
    for url in subscriber.feeds if subscriber else ():
        await bot.store.commit(*await unwatched(bot, url, but=chat))
    await bot.store.commit(Delete(Subscriber, str(chat)))


async def _everything(store: Store, kind: type[D]) -> AsyncIterator[D]:
    after = ""
    while some := await store.find(kind, after=after):
        for document in some:
            yield document
        after = some[-1].id
