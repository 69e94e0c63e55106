"""Forgets what is over: sign-in links, sessions, and chats to which nobody can come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from adapters.web.posts import Posts
from adapters.web.sessions import Session, SignIn
from bot.core.errors import StoreError
from bot.core.ports import Clock, D, Delete, Store

_PAUSE = 3600.0


async def sweep_hourly(store: Store, clock: Clock, posts: Posts) -> None:
    """Sweep now and every hour, until cancelled; a store that takes nothing is asked again the next time."""
    while True:
        with suppress(StoreError):
            await sweep(store, clock, posts)
        await clock.sleep(_PAUSE)


async def sweep(store: Store, clock: Clock, posts: Posts) -> None:
    """Remove what is over. A reader's chat ends with its session: its cookie was the only way in."""
    now = clock.now()
    async for link in _everything(store, SignIn):
        if link.until < now:
            await store.commit(Delete(SignIn, link.id))
    async for session in _everything(store, Session):
        if not session.over(now):
            continue
        if not session.staff:
            await posts.end(session.chat)
        await store.commit(Delete(Session, session.id))


async def _everything(store: Store, kind: type[D]) -> AsyncIterator[D]:
    after = ""
    while some := await store.find(kind, after=after):
        for document in some:
            yield document
        after = some[-1].id
