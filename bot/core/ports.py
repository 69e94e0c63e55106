"""The ports: what the core needs of a store, an adapter, the web, a clock; and `Bot`, which carries them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from aiohttp.web import AbstractRouteDef

from bot.core.message import Message
from bot.core.metrics import Meters
from bot.core.model import Chat, Document, Job, Page, Receipt, Timetable
from bot.core.pace import Quota, Turns
from bot.core.settings import Settings
from bot.core.update import Change, Dispatch

D = TypeVar("D", bound=Document)
J = TypeVar("J", bound=Job)
T = TypeVar("T")

Where = Mapping[str, object]
"""Declared index to value. A tuple field matches when it contains the value; a `frozenset` means any of them."""


class Add(Change, frozen=True, gc=False):
    """Keep a new document; a known id of its kind is left alone."""

    document: Document


class Put(Change, frozen=True, gc=False):
    """Keep a document, whatever stood there."""

    document: Document


class Swap(Change, frozen=True, gc=False):
    """Replace `old`, exactly as it was read, by `new` of the same kind and id (None: remove it); otherwise lose.

    A document swapped for itself is a condition: the commit holds only while it is what is kept; nothing is written.
    """

    old: Document
    new: Document | None


class Delete(Change, frozen=True, gc=False):
    """Remove a document by kind and id, if it is there."""

    kind: type[Document]
    id: str


class Store(Protocol):
    """Where everything is kept. Raises `StoreError` when a change can't be made durable; then nothing of it is kept."""

    async def get(self, kind: type[D], id: str, /) -> D | None:
        """Return one document, or None."""
        ...

    async def find(
        self,
        kind: type[D],
        where: Where | None = None,
        *,
        after: str = "",
        limit: int = 100,
        newest: bool = False,
    ) -> Sequence[D]:
        """Return at most `limit` documents that match, in order of id: those above `after`.

        With `newest` the order is descending and `after`, where given, bounds from above.
        Raises ValueError for a field that is not a declared index.
        """
        ...

    async def count(
        self, kind: type[Document], where: Where | None = None, *, by: str | None = None
    ) -> Mapping[str, int]:
        """Count what matches, by the values (as strings) of `by`, an index or counted; without it, in all, under ""."""
        ...

    async def search(self, kind: type[D], words: str, /, *, limit: int = 20) -> Sequence[D]:
        """Return the documents whose `searchable()` text has all the words (or their beginnings), best first."""
        ...

    async def commit(self, *changes: Change) -> Sequence[Document]:
        """Make all changes in one atomic, durable step, and return the losers.

        An empty sequence means done. If any Swap's old document is no longer what is kept, nothing at all is
        changed and the current documents in their place (or the Swap's old one, where none is left) come back.
        """
        ...

    async def claim(self, kind: type[J], lane: str, now: datetime, lease: float, limit: int) -> Sequence[J]:
        """Take at most `limit` due jobs of a lane, most urgent first (priority, due, id), for `lease` seconds.

        Nobody else gets them meanwhile. Each comes back with its `lease`, `attempts` counted up, and `abandoned`
        set where the worker before let its lease run out. The claim is durable before it returns.
        """
        ...

    async def wait(self, kind: type[Job], lane: str, now: datetime, longest: float) -> None:
        """Sleep until a job of the lane may be due, going by `now`, or one is committed, at most `longest` seconds."""
        ...

    def room(self) -> int:
        """Return how many bytes there is room for where all is kept."""

    def dump(self) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
        """Yield every document of every kind, as it stood at one moment: the kind's name and the plain fields."""
        ...

    async def load(self, documents: AsyncIterable[tuple[str, Mapping[str, object]]]) -> int:
        """Replace everything by what `dump` gave, in one durable step, and return how many documents it was."""
        ...

    async def close(self) -> None:
        """Make everything durable and let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what would be sent, and the room it takes."""

    text: str
    """The payload as the platform would get it (HTML for Telegram and the web, JSON for Discord)."""
    used: int
    left: int
    shortened: bool = False
    """Whether whole blocks had to go."""
    photo: str = ""
    """Id of the photo that goes with it; empty where the message has none, or none that fits."""


class Adapter(Protocol):
    """A platform: listens, renders, sends; decides nothing. Raises `DeliveryError` and no library's exceptions."""

    platform: str
    account: str
    """Its lane: one sender per account."""
    rate: float
    """Messages a second that the platform allows in all; 0 for no limit."""
    pace: Turns
    """The account's: each request that counts takes a place of its own (`bot.core.turn.in_turn`)."""
    routes: Sequence[AbstractRouteDef]
    """What it needs of the one web server."""
    connected: asyncio.Event
    """Set once `run` has been let in."""
    rivalled: asyncio.Event
    """Set, and `connected` cleared, while it reads and sends nothing because another program has the account."""

    async def run(self, dispatch: Dispatch, /) -> None:
        """Listen until cancelled: record each update in the store, acknowledge it, dispatch it."""
        ...

    async def send(
        self, chat: Chat, message: Message, /, *, key: str, under: Receipt | None = None, silent: bool = False
    ) -> Receipt:
        """Post a message with what goes along. Where the platform can tell, the same `key` in the same chat posts once.

        Then the receipt says whether what stands there is `outdated`.
        """
        ...

    async def posted(self, chat: Chat, versions: Sequence[Message], /, *, key: str, since: datetime) -> Receipt | None:
        """Return what stands of an earlier `send` whose outcome is unknown, begun at `since` or later.

        It showed one of the `versions`. None says that sending it again is safe: it is not there, or the platform
        knows the key, and then gives back what stands, in whichever version. What shows another version than the first
        of them is `outdated`. Raises Uncertain where nobody can tell.
        """
        ...

    async def edit(self, receipt: Receipt, message: Message, /) -> Receipt:
        """Make a posted message show something else."""
        ...

    async def delete(self, receipt: Receipt, /) -> None:
        """Take a posted message away."""
        ...

    async def private_chat(self, person: str, /) -> Chat:
        """Return the chat in which an account, by its key, is alone with the bot. Raises DeliveryError."""
        ...

    async def attachment(self, name: str, most: int, /) -> bytes:
        """Return a photo or a file of at most `most` bytes that came with an update, by the name there.

        Raises FetchError: `TooLarge`, or `Unreachable` for what can't be had.
        """
        ...

    async def forget(self) -> None:
        """Let go of what it keeps in the store only for a while; asked for once a day. Raises StoreError."""
        ...

    def preview(self, message: Message, /) -> Preview:
        """Return exactly what `send` would post."""
        ...

    async def close(self) -> None:
        """Let go of connections and ports, also where `run` was never begun."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as the web gave it: unpacked, whole, within the limits."""

    url: str
    """Where it came from in the end."""
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""
    permanent: str = ""
    """Where a chain of permanent redirects alone leads; empty without one."""


class Door(Protocol):
    """The one guarded way to the web. Raises `Unreachable`, `TooLarge` or `Forbidden`."""

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, accept: Sequence[str] = (), most: int = 0
    ) -> Fetched:
        """GET a document. `accept` lists the content types let in (`text/html`, `application/*`); empty lets all in.

        `most` is the number of bytes let in, where that is not what the settings say for documents.
        304 and 410 are answers, other statuses of 400 and above raise `Unreachable`.
        """
        ...

    def judge(self, url: str) -> None:
        """Raise `Forbidden` where an address would not be let through whatever its name leads to; asks nobody."""
        ...

    def crowded(self, url: str) -> bool:
        """Say whether so many ask the host of an address already that another one would wait for long."""
        ...

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        """POST a form to an address that anybody may have given, and return what it answers, at most 64 kB of it.

        307 and 308 are answers, and nothing follows them: who knows what the form says decides who else may read it.
        Every other status that is no success raises `Unreachable`.
        """
        ...

    async def consult(self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float, most: int) -> Fetched:
        """POST JSON to an address that the operator configured, wherever that is, and return the JSON it answers.

        Never for an address that a person or a page gave: nothing here judges it. No redirect is followed. The answer
        comes whole within so many seconds and has at most so many bytes.
        """
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class Parser(Protocol):
    """Reads foreign documents in child processes with limits. Raises `Unparsable`, `NotAFeed`."""

    async def page(self, body: bytes, url: str, *, content_type: str = "") -> Page:
        """Return what the page says; always, with its kind, whatever the page is."""
        ...

    async def feed(self, body: bytes, url: str, *, headers: Mapping[str, str] | None = None) -> ParsedFeed:
        """Return the feed's entries, newest as the feed orders them."""
        ...

    async def read(self, kind: type[T], function: str, body: bytes, /, *arguments: object) -> T:
        """Return what a child makes of any other document, by the function's name (`bot.intake.child`)."""
        ...

    async def close(self) -> None:
        """End the children."""
        ...


class Model(Protocol):
    """The operator's language model. What it writes is foreign text like any other."""

    async def answer(self, rules: str, material: str) -> str:
        """Return what it writes, in JSON, about material under rules; who asks the same at once shares one answer.

        Raises SummaryError with its `reason`: it is not reached, too slow, resting, over its budget, or says nothing.
        """
        ...

    async def close(self) -> None:
        """Give up what is being asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed. `id` is never empty; `summary` and `content` are sanitised HTML."""

    id: str
    url: str = ""
    title: str = ""
    published: str = ""
    updated: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    summary: str = ""
    content: str = ""
    enclosures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed document says. `format` is `rss`, `atom`, `rdf`, `json`, with its version, or `wordpress`."""

    format: str
    id: str = ""
    title: str = ""
    link: str = ""
    language: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    timetable: Timetable = field(default_factory=Timetable)
    hubs: tuple[str, ...] = ()
    """Where it can be subscribed to by WebSub, under the address in `topic`."""
    topic: str = ""
    """The feed's own word for its address (`rel=self`)."""
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()


class Clock(Protocol):
    """Time, injected."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


class Ids(Protocol):
    """Ids in the order of time, injected."""

    def new(self) -> str:
        """Return an id above all earlier ones; 16 characters of 0-9 and a-z."""
        ...


@dataclass(frozen=True, slots=True)
class Bot:
    """The ports, passed first to every use case. It has no methods: that keeps it from growing into a façade."""

    settings: Settings
    store: Store
    door: Door
    parser: Parser
    clock: Clock
    ids: Ids
    quota: Quota
    adapters: Mapping[str, Adapter] = field(default_factory=dict)
    """By platform."""
    meters: Meters = field(default_factory=Meters)
    model: Model | None = None
    """None where the operator has set none."""
