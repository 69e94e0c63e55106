"""The web adapter on a free port over a real store, and a browser's part over plain HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import orjson
from aiohttp import ClientResponse, ClientSession, CookieJar
from lxml import html

from adapters.web.adapter import WebAdapter
from bot.commands.quota import quotas
from bot.core.clock import TimeIds
from bot.core.message import Message, message
from bot.core.model import Document
from bot.core.ports import Adapter, Bot, Store
from bot.core.settings import Settings
from bot.core.update import Update
from store import open_store
from tests.fakes import FakeClock

Reply = Callable[[Update], Message]


@dataclass
class Running:
    """An adapter that serves, with a dispatch that answers each update and remembers it."""

    adapter: WebAdapter
    store: Store
    clock: FakeClock
    address: str
    """Where it really answers, whatever the public address."""
    handled: list[Update] = field(default_factory=list)
    reply: Reply = lambda update: message(f"echo {update.line}")
    hold: asyncio.Event | None = None
    """Set it to let held-up commands go on."""
    stop: Callable[[], object] = lambda: None
    """Ends the program's serving."""

    async def dispatch(self, update: Update) -> None:
        if self.hold:
            await self.hold.wait()
        self.handled.append(update)
        await self.adapter.send(update.chat, self.reply(update), key=update.id)

    async def kept(self) -> str:
        """Everything in the store, as text."""
        return "".join([str(fields) async for _, fields in self.store.dump()])

    async def count(self, kind: type[Document]) -> int:
        return (await self.store.count(kind)).get("", 0)


def settings_for(folder: Path, **values: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **{"web_port": 0, **values})


@asynccontextmanager
async def running(
    folder: Path, clock: FakeClock | None = None, others: Sequence[Adapter] = (), **values: object
) -> AsyncIterator[Running]:
    """Serve until the block ends; the store in `folder` is there again the next time."""
    clock = clock or FakeClock()
    settings = settings_for(folder, **values)
    store = await open_store("tinydb:", folder)
    ids = TimeIds(clock.now)
    adapter = WebAdapter(settings, store, clock, ids, others)
    nowhere = None  # no page of these tests fetches or reads anything
    adapter.open(Bot(settings, store, nowhere, nowhere, clock, ids, quotas(settings), {"web": adapter}))
    adapter.bind()
    served = Running(adapter, store, clock, f"http://127.0.0.1:{adapter.port}")
    task = asyncio.create_task(adapter.run(served.dispatch))
    served.stop = task.cancel
    try:
        await answering(served.address)
        yield served
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.close()


async def answering(address: str) -> None:
    """Wait until the pages are served."""
    async with ClientSession() as client:
        while True:
            with suppress(OSError):
                async with client.get(f"{address}/health") as answer:
                    assert await answer.text() == "ok"
                    return
            await asyncio.sleep(0.005)


class Browser:
    """What a browser does: keeps cookies, reads forms off pages, posts them, listens to the stream."""

    def __init__(self, address: str, headers: dict[str, str] | None = None) -> None:
        self.address = address
        self.client = ClientSession(cookie_jar=CookieJar(unsafe=True), headers=headers)
        self.html = ""
        """The open page."""
        self.said = ""
        """The answer to the last form."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def open(self, path: str = "/") -> ClientResponse:
        async with self.client.get(f"{self.address}{path}") as answer:
            self.html = await answer.text()
            return answer

    def field(self, name: str) -> str:
        """The value of a hidden field on the page that is open."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, f"no field {name} on the page"
        return found[1]

    def attribute(self, name: str) -> str:
        """The value of an attribute that stands once on the page."""
        found = re.search(rf'{name}="([^"]*)"', self.html)
        assert found, f"no attribute {name} on the page"
        return found[1]

    async def post(
        self, path: str, *, script: bool = False, headers: dict[str, str] | None = None, **fields: str
    ) -> ClientResponse:
        """Post a form of the open page; the browser follows, the page's script (`script`) gets JSON."""
        headers = {**({"Accept": "application/json"} if script else {}), **(headers or {})}
        data = {"token": self.field("token"), **fields}
        async with self.client.post(f"{self.address}{path}", data=data, headers=headers) as answer:
            self.said = await answer.text()
            if not script:
                self.html = self.said
            return answer

    async def say(self, line: str, **fields: str) -> ClientResponse:
        return await self.post("/say", line=line, **fields)

    async def sign_in(self, link: str) -> ClientResponse:
        await self.open("/" + link.split("/", 3)[3])
        return await self.post("/sign-in", secret=self.field("secret"))

    @property
    def cookie(self) -> str:
        """The session cookie's value."""
        return next((cookie.value for cookie in self.client.cookie_jar if "dateline" in cookie.key), "")

    @property
    def posts(self) -> list[str]:
        """The texts of the posts on the open page."""
        return [words.text_content().strip() for words in html.fromstring(self.html).find_class("words")]

    async def reads(self, text: str) -> None:
        """Look at the chat until a post says so."""

        async def there() -> bool:
            await self.open()
            return any(text in post for post in self.posts)

        await until(there)

    @asynccontextmanager
    async def stream(self, since: int = 0, *, desk: bool = False, **headers: str) -> AsyncIterator[Stream]:
        async with self.client.get(f"{self.address}/events?since={since}{'&desk' * desk}", headers=headers) as answer:
            yield Stream(answer)


class Stream:
    """Server-sent events, read one by one."""

    def __init__(self, answer: ClientResponse) -> None:
        self.answer = answer
        self.retry = ""
        """Milliseconds after which a page is to come again."""

    async def next(self) -> dict[str, str]:
        """The next event: its kind, the post's id and HTML, and the number of the change."""
        fields: dict[str, str] = {}
        while True:
            line = (await asyncio.wait_for(self.answer.content.readline(), 10)).decode()
            if not line:
                raise EOFError
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "retry":
                self.retry = value
            elif name:
                fields[name] = value
            elif "data" in fields:
                data = orjson.loads(fields["data"])
                return {"event": fields["event"], "change": fields.get("id", ""), **(data if data != 1 else {})}


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that another task is about to bring about."""
    async with asyncio.timeout(10):
        while not await true():  # noqa: ASYNC110  # what happens in the store rings no bell for tests
            await asyncio.sleep(0.005)
