"""A platform in the same process: it keeps a ledger of all it ever took in, and makes the faults it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from aiohttp.web import AbstractRouteDef

from bot.core.errors import (
    ChatGone,
    ChatMoved,
    Rejected,
    RetryLater,
    Revoked,
    TopicGone,
    Uncertain,
    Uneditable,
    Unreachable,
)
from bot.core.message import File, Message, bare, shortened
from bot.core.model import Chat, Receipt
from bot.core.pace import Turns
from bot.core.ports import Clock, Preview
from bot.core.update import Dispatch

MEASURE = 2000
"""Characters of one message."""
KEY_SECONDS = 300
"""How long a platform with keys knows one."""


class Killed(BaseException):
    """The process is no more. Nothing in the house may catch it."""


class Trouble(Enum):
    """What can go wrong with a call."""

    LATER = auto()
    LATER_EVERYWHERE = auto()
    MARKUP_REJECTED = auto()
    REJECTED = auto()
    UNEDITABLE = auto()
    UNCERTAIN_UNDONE = auto()
    UNCERTAIN_DONE = auto()
    REVOKED = auto()
    KILLED_UNDONE = auto()
    KILLED_DONE = auto()


_DONE = frozenset({Trouble.UNCERTAIN_DONE, Trouble.KILLED_DONE})
_ERRORS: dict[Trouble, Callable[[Fault], BaseException]] = {
    Trouble.LATER: lambda fault: RetryLater(fault.seconds),
    Trouble.LATER_EVERYWHERE: lambda fault: RetryLater(fault.seconds, everywhere=True),
    Trouble.MARKUP_REJECTED: lambda _: Rejected(),
    Trouble.REJECTED: lambda _: Rejected(),
    Trouble.UNEDITABLE: lambda _: Uneditable(),
    Trouble.UNCERTAIN_UNDONE: lambda _: Uncertain(),
    Trouble.UNCERTAIN_DONE: lambda _: Uncertain(),
    Trouble.REVOKED: lambda _: Revoked(),
    Trouble.KILLED_UNDONE: lambda _: Killed(),
    Trouble.KILLED_DONE: lambda _: Killed(),
}


@dataclass
class Fault:
    """Trouble with the next `times` calls, about one chat or any, of one kind (`send`, `edit`, `posted`) or any."""

    trouble: Trouble
    chat: Chat | None = None
    times: int = 1
    kind: str = ""
    seconds: float = 1.0

    def meets(self, call: Call) -> bool:
        """Tell whether the trouble is with this call."""
        if self.trouble is Trouble.UNEDITABLE and call.kind != "edit":
            return False
        if self.trouble is Trouble.MARKUP_REJECTED and (call.message is None or call.message == bare(call.message)):
            return False
        if self.trouble in _DONE and call.kind == "posted":
            return False
        return self.times > 0 and self.kind in {"", call.kind} and self.chat in {None, call.chat}


@dataclass(frozen=True)
class Call:
    """What the adapter was asked to do."""

    kind: str
    chat: Chat
    key: str
    """The key of the post that it is about."""
    message: Message | None = None
    under: str = ""
    silent: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.key} under {self.under!r}: {self.message and self.message.plain!r}"


@dataclass
class Post:
    """What was once accepted in a chat, with everything it ever showed."""

    id: str
    chat: Chat
    key: str
    at: datetime
    shown: list[str]
    under: str = ""
    silent: bool = False
    photo: str = ""
    file: File | None = None
    deleted: bool = False
    untold: bool = False
    """Whether the bot was never told that it was accepted."""

    @property
    def receipt(self) -> Receipt:
        """Return the handle by which it is edited."""
        return Receipt(self.chat, self.id)


@dataclass
class FarSide:
    """The platform itself, which outlives every process of the bot."""

    name: str
    clock: Clock
    keyed: bool = True
    """Whether it knows keys for a while, and lets the bot read what stands in a chat."""
    ledger: list[Post] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    blocked: set[Chat] = field(default_factory=set)
    moved: dict[Chat, Chat] = field(default_factory=dict)
    closed: set[Chat] = field(default_factory=set)
    """Topics that are no more."""
    begun: Callable[[Call], Awaitable[None]] | None = None
    """Told of every call as it begins."""
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens once, while the next call is being answered."""
    calm: bool = False
    """Whether the faults wait."""

    def standing(self, chat: Chat) -> list[Post]:
        """Return what a person sees in a chat, oldest first."""
        return [post for post in self.ledger if post.chat == chat and not post.deleted]

    def copies(self, key: str) -> list[Post]:
        """Return everything that was ever accepted for a key, whatever chat it is in."""
        return [post for post in self.ledger if post.key == key]

    def address(self, chat: Chat) -> Chat:
        """Return where a chat is found now."""
        if chat in self.moved:
            return self.address(self.moved[chat])
        return self.address(Chat(chat.platform, chat.id)) if chat in self.closed else chat

    @contextmanager
    def without_faults(self) -> Iterator[None]:
        """Let all go well for a while: what a person is answered, say."""
        before, self.calm = self.calm, True
        try:
            yield
        finally:
            self.calm = before

    async def begin(self, call: Call) -> Trouble | None:
        """Raise what goes wrong before the call is done, and return the trouble there is after it."""
        if self.begun is not None:
            await self.begun(call)
        await asyncio.sleep(0)
        if call.chat in self.moved:
            raise ChatMoved(self.moved[call.chat])
        if call.chat in self.closed:
            raise TopicGone
        if call.chat in self.blocked:
            raise ChatGone
        fault = None if self.calm else next((fault for fault in self.faults if fault.meets(call)), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.trouble not in _DONE:
            raise _ERRORS[fault.trouble](fault)
        return fault.trouble

    async def end(self, post: Post, trouble: Trouble | None) -> Receipt:
        """Answer a call that was done, or lose the answer."""
        if self.meanwhile is not None and not self.calm:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        await asyncio.sleep(0)
        if trouble is not None:
            raise _ERRORS[trouble](Fault(trouble))
        return post.receipt

    def accept(self, call: Call, shown: str) -> Post:
        """Post something, or return what the key already stands for."""
        known = [post for post in self.copies(call.key) if post.chat == call.chat and self._is_fresh(post)]
        if self.keyed and known:
            return known[0]
        post = Post(
            id=str(len(self.ledger) + 1),
            chat=call.chat,
            key=call.key,
            at=self.clock.now(),
            shown=[shown],
            under=call.under,
            silent=call.silent,
            photo=call.message.photo if call.message else "",
            file=call.message.file if call.message else None,
        )
        self.ledger.append(post)
        return post

    def find(self, receipt: Receipt) -> Post:
        """Return what a receipt stands for. Raises Uneditable where there is no such post."""
        for post in self.ledger:
            if post.receipt == receipt:
                return post
        raise Uneditable

    def remembered(self, chat: Chat, key: str, versions: Sequence[str], since: datetime) -> Post | None:
        """Return what a chat shows of one of the versions, once the key is no longer known. Raises Uncertain."""
        if not self.keyed:
            raise Uncertain
        if self.clock.now() - since < timedelta(seconds=KEY_SECONDS):
            return None
        written = [post for post in self.standing(chat) if post.at >= since and post.shown[-1] in versions]
        return written[0] if written else None

    def _is_fresh(self, post: Post) -> bool:
        return self.clock.now() - post.at < timedelta(seconds=KEY_SECONDS)


def fits(message: Message) -> bool:
    """Tell whether a message is one of the platform's."""
    return len(message.plain) <= MEASURE


class FarSideAdapter:
    """The adapter of a far side: every process of the bot has its own."""

    rate = 0.0
    routes: Sequence[AbstractRouteDef] = ()

    def __init__(self, far: FarSide) -> None:
        self.platform = self.account = far.name
        self.pace = Turns(0)
        self._far = far

    async def run(self, _dispatch: Dispatch, /) -> None:
        """Listen to nobody."""
        await asyncio.Event().wait()

    async def send(
        self, chat: Chat, message: Message, /, *, key: str, under: Receipt | None = None, silent: bool = False
    ) -> Receipt:
        """Post a message."""
        parent = under.id if under and under.chat == chat else ""
        call = Call("send", chat, key, message, parent, silent)
        trouble = await self._far.begin(call)
        shown = shortened(message, fits).plain
        post = self._far.accept(call, shown)
        post.untold = trouble is not None
        receipt = await self._far.end(post, trouble)
        return replace(receipt, outdated=post.shown[-1] != shown)

    async def posted(self, chat: Chat, versions: Sequence[Message], /, *, key: str, since: datetime) -> Receipt | None:
        """Return what stands of a send whose outcome is unknown."""
        await self._far.begin(Call("posted", chat, key))
        texts = [shortened(each, fits).plain for each in versions]
        post = self._far.remembered(chat, key, texts, since)
        return replace(post.receipt, outdated=post.shown[-1] != texts[0]) if post else None

    async def edit(self, receipt: Receipt, message: Message, /) -> Receipt:
        """Make a post show something else."""
        post = self._far.find(receipt)
        trouble = await self._far.begin(Call("edit", receipt.chat, post.key, message))
        if post.deleted:
            raise Uneditable
        if (shown := shortened(message, fits).plain) != post.shown[-1]:
            post.shown.append(shown)
        post.photo = message.photo
        return await self._far.end(post, trouble)

    async def delete(self, receipt: Receipt, /) -> None:
        """Take a post away."""
        self._far.find(receipt).deleted = True

    def preview(self, message: Message, /) -> Preview:
        """Return exactly what would be posted."""
        cut = shortened(message, fits)
        used = len(cut.plain)
        return Preview(text=cut.plain, used=used, left=MEASURE - used, shortened=cut != message, photo=message.photo)

    async def attachment(self, _name: str, _most: int, /) -> bytes:
        """Raise Unreachable: nobody sends pictures or files here."""
        raise Unreachable

    async def forget(self) -> None:
        """Keep nothing."""

    async def close(self) -> None:
        """Let go of nothing."""
