"""What stands in the web chats: posts kept in the store, counted so that a browser can ask what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import ClassVar
from weakref import WeakValueDictionary

from msgspec.structs import replace

from adapters.web.live import Live
from bot.core.errors import ChatGone, Uneditable
from bot.core.message import Message
from bot.core.model import Chat, Document, Receipt
from bot.core.ports import Add, Clock, Delete, Store, Swap
from bot.core.update import Change

KEPT = 500
"""Posts kept in a chat; the oldest go."""
SHOWN = 100
"""Posts on a page."""


class Conversation(Document, frozen=True, kw_only=True):
    """A chat's two counters. Whoever changes the chat swaps this, which puts all changes in one order. Id: the chat."""

    posted: int = 0
    changes: int = 0
    over: datetime | None = None
    """When its session was over, so that nobody can come back to it; None before."""


class Post(Document, frozen=True, kw_only=True):
    """One message in a web chat. The id is `chat#number`, so that posts are in the order of time."""

    indexes: ClassVar[frozenset[str]] = frozenset({"chat", "key"})

    chat: str
    message: Message | None
    """None once it was taken away; the stub tells open pages so."""
    key: str
    """Digest of the chat and the sender's key: the same key posts once."""
    at: datetime
    change: int
    """The conversation's change that made it what it is."""
    author: str = ""
    """The account whose words these are; empty for the bot's."""
    under: str = ""
    """Id of the post it answers."""
    silent: bool = False
    edited: bool = False

    @property
    def receipt(self) -> Receipt:
        """Return the handle by which it is edited."""
        return Receipt(Chat.parse(self.chat), self.id)


class Posts:
    """Adds, edits and reads posts. Changes of one chat are in one order, also where two processes make them.

    The swap of the conversation sees to that; a lock a chat only spares this process from losing to itself.
    """

    def __init__(self, store: Store, clock: Clock, live: Live) -> None:
        self._store = store
        self._clock = clock
        self._live = live
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def add(
        self,
        chat: Chat,
        message: Message,
        *,
        key: str,
        author: str = "",
        under: str = "",
        silent: bool = False,
        along: Sequence[Change] = (),
    ) -> Post:
        """Post a message, with further changes in the same commit; a key that was posted is left as it stands.

        Raises `ChatGone` for a chat that has ended and `StoreError` where nothing could be kept.
        """
        digest = sha256(f"{chat}\n{key}".encode()).hexdigest()[:32]
        async with self._lock(chat):
            while True:
                before = await self._conversation(chat)
                if known := await self._store.find(Post, {"key": digest}, limit=1):
                    return known[0]
                if before.over:
                    raise ChatGone
                after = replace(before, posted=before.posted + 1, changes=before.changes + 1)
                post = Post(
                    id=_post_id(chat, after.posted),
                    chat=str(chat),
                    message=message,
                    key=digest,
                    at=self._clock.now(),
                    change=after.changes,
                    author=author,
                    under=under,
                    silent=silent,
                )
                oldest = Delete(Post, _post_id(chat, after.posted - KEPT))
                if not await self._store.commit(Swap(before, after), Add(post), oldest, *along):
                    self._live.changed(str(chat))
                    return post

    async def edit(self, receipt: Receipt, message: Message) -> Post:
        """Show something else in a post's place. Raises `Uneditable` where there is no such post, or no more."""
        return await self._change(receipt, message)

    async def remove(self, receipt: Receipt) -> None:
        """Take a post away, once or again. Raises `Uneditable` where there never was one, or it is long past."""
        await self._change(receipt, None)

    async def end(self, chat: Chat) -> None:
        """Forget a chat to which nobody can come back; what is sent there from now on raises `ChatGone`."""
        async with self._lock(chat):
            conversation = await self._conversation(chat)
            posts = await self._store.find(Post, {"chat": str(chat)}, limit=KEPT)
            ended = Swap(conversation, replace(conversation, over=self._clock.now()))
            await self._store.commit(ended, *(Delete(Post, post.id) for post in posts))

    async def get(self, chat: Chat, id: str) -> Post | None:
        """Return a chat's post that still stands."""
        post = await self._store.get(Post, id)
        return post if post and post.chat == str(chat) and post.message else None

    async def latest(self, chat: Chat) -> tuple[Sequence[Post], int]:
        """Return a page of the newest posts, oldest first, and the change up to which this is the whole truth."""
        conversation = await self._store.get(Conversation, str(chat))
        posts = await self._newest(chat)
        return [post for post in posts if post.message], conversation.changes if conversation else 0

    async def changed(self, chat: Chat, since: int) -> Sequence[Post]:
        """Return what was posted, edited or taken away after a change, in that order, as far as a page reaches."""
        return sorted((post for post in await self._newest(chat) if post.change > since), key=lambda post: post.change)

    async def _newest(self, chat: Chat) -> Sequence[Post]:
        return (await self._store.find(Post, {"chat": str(chat)}, limit=SHOWN, newest=True))[::-1]

    async def _conversation(self, chat: Chat) -> Conversation:
        """Return the chat's counters, kept at the latest now: a Swap needs something to swap."""
        known = await self._store.get(Conversation, str(chat))
        if known:
            return known
        fresh = Conversation(id=str(chat))
        await self._store.commit(Add(fresh))
        return await self._store.get(Conversation, str(chat)) or fresh

    async def _change(self, receipt: Receipt, message: Message | None) -> Post:
        async with self._lock(receipt.chat):
            while True:
                post = await self._store.get(Post, receipt.id)
                if post is None or post.chat != str(receipt.chat) or (message and not post.message):
                    raise Uneditable
                if post.message == message:
                    return post
                before = await self._conversation(receipt.chat)
                after = replace(before, changes=before.changes + 1)
                changed = replace(post, message=message, change=after.changes, edited=True)
                if not await self._store.commit(Swap(before, after), Swap(post, changed)):
                    self._live.changed(str(receipt.chat))
                    return changed

    def _lock(self, chat: Chat) -> asyncio.Lock:
        return self._locks.setdefault(str(chat), asyncio.Lock())


def _post_id(chat: Chat, number: int) -> str:
    return f"{chat}#{number:09d}"
