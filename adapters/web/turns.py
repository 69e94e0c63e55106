"""Takes what people type and press: recorded before they are told so, then handled in turn, chat by chat."""

from __future__ import annotations

import asyncio
from asyncio import Task, TaskGroup
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from adapters.web.guard import TooMany
from adapters.web.posts import Posts
from adapters.web.render import MEASURE
from adapters.web.sessions import Session
from bot.core.errors import Conflict, UsageError
from bot.core.message import Message, message
from bot.core.model import Photo, Receipt
from bot.core.ports import Add, Clock, Ids, Put, Store
from bot.core.update import Change, Dispatch, Update

_DATA = "data:;base64,"
_WAITING = 20
"""Lines that one chat may have waiting."""


class Turns:
    """The way in of the people's river."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, posts: Posts) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._posts = posts
        self._waiting: dict[str, deque[Update]] = {}
        self._working: dict[str, Task[None]] = {}
        self._dispatch: Dispatch | None = None
        self._workers: TaskGroup | None = None

    def open(self, dispatch: Dispatch, workers: TaskGroup) -> None:
        """Hand what is taken to `dispatch` from now on, in tasks of `workers`."""
        self._dispatch, self._workers = dispatch, workers

    async def take(
        self,
        session: Session,
        line: str,
        *,
        key: str = "",
        under: str = "",
        locale: str = "",
        photo: Photo | None = None,
        file: bytes = b"",
        along: Sequence[Change] = (),
    ) -> None:
        """Record a typed line, with a photo or a file perhaps, show it as the person's words, and have it handled.

        `under` is the id of the post that it replies to; one that is not there any more is no reason to lose the line.

        The same line with the same key is taken once in a chat. `along` is committed in the same step.
        Raises UsageError, TooMany, and StoreError where nothing could be kept.
        """
        line = self._checked(session, line)
        to = await self._posts.get(session.chat, under) if under else None
        quoted = _quoted(to.message) if to and to.message else ""
        given = {"photo": photo.id if photo else "", "file": data_address(file) if file else ""}
        update = replace(self._update(session, line, locale), quoted=quoted, **given)
        words = message(line, photo=update.photo)
        said = f"said:{key}\n{line}" if key else f"said:{update.id}"
        kept = (*along, Add(update), *([Put(photo)] if photo else []))
        await self._posts.add(
            session.chat, words, key=said, author=session.person, under=to.id if to else "", along=kept
        )
        if await self._store.get(Update, update.id):  # otherwise it is a repeat, and was taken the first time
            self._queue(update)

    async def press(self, session: Session, line: str, *, on: str, locale: str = "") -> None:
        """Record a pressed button of the post `on`, and have it handled.

        Raises Conflict where that post does not offer the line, or no more.
        """
        post = await self._posts.get(session.chat, on)
        if post is None or not _offers(post.message, line):
            raise Conflict("web.button_gone")
        update = self._update(session, self._checked(session, line), locale, post.receipt)
        await self._store.commit(Add(update))
        self._queue(update)

    async def settled(self, session: Session, longest: float) -> None:
        """Wait until all that was taken in a chat is handled, at most so many seconds."""
        if working := self._working.get(session.person):
            await asyncio.wait({working}, timeout=longest)

    def _checked(self, session: Session, line: str) -> str:
        line = line.replace("\r\n", "\n").strip()
        if not line:
            raise UsageError("web.nothing_typed")
        if len(line) > MEASURE:
            raise UsageError("web.too_long", length=len(line), most=MEASURE)
        if len(self._waiting.get(session.person, ())) >= _WAITING:
            raise TooMany
        return line

    def _update(self, session: Session, line: str, locale: str, origin: Receipt | None = None) -> Update:
        return Update(
            id=f"web:{self._ids.new()}",
            chat=session.chat,
            person=session.person,
            line=line,
            at=self._clock.now(),
            locale=locale,
            origin=origin,
        )

    def _queue(self, update: Update) -> None:
        """Let an update wait its turn; where none waits before it, its turn is now."""
        who = str(update.chat)
        if who in self._waiting:
            self._waiting[who].append(update)
        elif self._workers:
            self._waiting[who] = deque([update])
            self._working[who] = self._workers.create_task(self._work(who))

    async def _work(self, who: str) -> None:
        """Handle one chat's updates in order, until none waits. What is cut short here is resumed at the next start."""
        waiting = self._waiting[who]
        while waiting and self._dispatch:
            await self._dispatch(waiting[0])
            waiting.popleft()
        del self._waiting[who], self._working[who]


def data_address(file: bytes) -> str:
    """Return a file as an address that has it in itself: it is kept with its line, and goes with it."""
    return f"{_DATA}{b64encode(file).decode()}"


def data_at(address: str) -> bytes:
    """Return the file that an address has in itself. Raises ValueError where it has none."""
    if not address.startswith(_DATA):
        raise ValueError
    return b64decode(address.removeprefix(_DATA), validate=True)


def _quoted(message: Message) -> str:
    """Return a message's text and the addresses behind its links."""
    return "\n".join((message.plain, *(span.url for block in message.blocks for span in block.spans if span.url)))


def _offers(shown: Message | None, line: str) -> bool:
    return shown is not None and line in {action.line for action in shown.actions}
