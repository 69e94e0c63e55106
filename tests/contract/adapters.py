"""The adapters that the contract holds for, each with the far side of its wire."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import orjson
import pytest
from aiohttp import ClientSession, CookieJar
from lxml import html

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.photos import marked, photo_shown
from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.photos import plate
from adapters.web.adapter import WebAdapter
from bot.commands.menu import COMMANDS
from bot.core.clock import TimeIds
from bot.core.model import Chat, Photo, Receipt
from bot.core.pace import Quota
from bot.core.ports import Adapter, Bot, Store
from bot.core.settings import Settings
from bot.core.update import Update
from store import open_store
from tests.fakes import FakeClock
from tests.flow import far_side
from tests.wire.discord.people import markup_of_others, unmarked
from tests.wire.discord.rules import message_faults
from tests.wire.discord.server import TOKEN as DISCORD_TOKEN
from tests.wire.discord.server import Discord as DiscordServer
from tests.wire.discord.server import Message
from tests.wire.discord.server import served as discord_served
from tests.wire.telegram.markup import read_html
from tests.wire.telegram.server import TOKEN as TELEGRAM_TOKEN
from tests.wire.telegram.server import BotApi, Post


class FarSide(Protocol):
    """A running adapter, and what people on its platform get to see."""

    adapter: Adapter
    chat: Chat
    other: Chat
    store: Store
    """The adapter's, in which photos are kept."""

    async def photo(self, receipt: Receipt) -> bytes:
        """The photo that a message shows now; empty without one."""
        ...

    async def file(self, receipt: Receipt) -> tuple[str, bytes]:
        """The name of the file that goes along with a message, and what is in it; empty without one."""
        ...

    async def payloads(self, chat: Chat) -> dict[str, str]:
        """What stands in a chat now, in its order: payloads by receipt id."""
        ...

    def read(self, payload: str) -> str:
        """The words of a payload as a person reads them; fails where there is anything in it that is not ours."""
        ...


@dataclass(frozen=True)
class Platform:
    """An adapter under test: start it on what a folder holds, again and again."""

    start: Callable[[Path], AbstractAsyncContextManager[FarSide]]
    tells_repeats: bool = True
    """Whether the platform knows a key that it has seen before."""


# ------------------------------------------------------------------------------------------------ the web

_POST = re.compile(
    r'<article class="post[^"]*" id="([^"]+)".*?'
    r'<div class="words">(.*?)</div>\n    (?:<a [^\n]*</a>\n    )?<p class="when">',
    re.DOTALL,
)
_MARKUP = {"div", "p", "h3", "ul", "li", "blockquote", "footer", "bdi", "strong", "em", "code", "a", "button", "img"}
_ATTRIBUTES = {"dir", "class", "href", "rel", "target", "name", "value", "src", "alt"}


class Web:
    """The web adapter, seen from two browsers over HTTP."""

    def __init__(self, adapter: WebAdapter, address: str, browsers: dict[Chat, ClientSession], store: Store) -> None:
        self.adapter = adapter
        self.store = store
        self.address = address
        self.chat, self.other = browsers
        self._browsers = browsers

    async def payloads(self, chat: Chat) -> dict[str, str]:
        async with self._browsers[chat].get(self.address) as answer:
            page = await answer.text()
        return dict(_POST.findall(page))

    async def photo(self, receipt: Receipt) -> bytes:
        source = re.search(r'<img src="([^"]+)"', (await self.payloads(receipt.chat))[receipt.id])
        if not source:
            return b""
        async with self._browsers[receipt.chat].get(f"{self.address}{source[1]}") as answer:
            assert answer.status == 200
            return await answer.read()

    async def file(self, receipt: Receipt) -> tuple[str, bytes]:
        async with self._browsers[receipt.chat].get(self.address) as answer:
            page = html.fromstring(await answer.text())
        for link in page.get_element_by_id(receipt.id).iterfind(".//a[@download]"):
            async with self._browsers[receipt.chat].get(f"{self.address}{link.get('href')}") as answer:
                assert answer.headers["Content-Disposition"] == f'attachment; filename="{link.get("download")}"'
                return link.get("download"), await answer.read()
        return "", b""

    def read(self, payload: str) -> str:
        root = html.fragment_fromstring(payload, create_parent="div")
        for element in root.iterdescendants():
            assert element.tag in _MARKUP, f"a foreign <{element.tag}>"
            assert set(element.keys()) <= _ATTRIBUTES, f"foreign attributes: {element.keys()}"
            assert element.get("href", "https:").startswith(("http:", "https:"))
        for buttons in root.find_class("actions"):
            buttons.drop_tree()
        return root.text_content()


@asynccontextmanager
async def _web(folder: Path) -> AsyncIterator[Web]:
    clock = FakeClock()
    store = await open_store("tinydb:", folder)
    settings = Settings(_env_file=None, data_dir=folder, web_port=0)
    adapter = WebAdapter(settings, store, clock, ids := TimeIds(clock.now))
    adapter.open(Bot(settings, store, None, None, clock, ids, Quota({}), {"web": adapter}))
    address = adapter.bind()
    running = asyncio.create_task(adapter.run(_nothing))
    browsers = {Chat("web", name): ClientSession(cookie_jar=CookieJar(unsafe=True)) for name in ("operator", "editor")}
    try:
        for chat, browser in browsers.items():
            await _signed_in(browser, await adapter.sign_in_link(str(chat)))
        yield Web(adapter, address, browsers, store)
    finally:
        for browser in browsers.values():
            await browser.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await store.close()


async def _signed_in(browser: ClientSession, link: str) -> None:
    async with browser.get(link) as answer:
        fields = dict(re.findall(r'name="(token|secret)" value="([^"]*)"', await answer.text()))
    async with browser.post(link.rpartition("/")[0], data=fields, allow_redirects=False) as answer:
        assert answer.status == 303


async def _nothing(_update: Update) -> None:
    """Answer nothing: what the contract sends, it sends itself."""


# ------------------------------------------------------------------------------------------------ Discord

_DISCORDS: dict[Path, DiscordServer] = {}
"""Servers that were down for a while, by the folder of their bot."""


class Discord:
    """The Discord adapter, seen by everybody in two channels of the loopback's Discord."""

    chat, other = Chat("discord", "900000000000000020"), Chat("discord", "900000000000000021")

    def __init__(self, adapter: DiscordAdapter, server: DiscordServer, store: Store) -> None:
        self.adapter = adapter
        self.store = store
        self._server = server

    async def payloads(self, chat: Chat) -> dict[str, str]:
        parts = ("embeds", "components", "allowed_mentions", "attachments")
        said = {
            self._handle(each): {part: each.body[part] for part in parts if each.body.get(part) not in (None, [])}
            | {"components": each.body["components"]}
            for each in self._server.standing(chat.id)
        }
        return {
            handle: orjson.dumps({part: body[part] for part in parts if part in body}).decode()
            for handle, body in said.items()
        }

    async def photo(self, receipt: Receipt) -> bytes:
        return next(each.photo for each in self._server.standing(receipt.chat.id) if self._handle(each) == receipt.id)

    async def file(self, receipt: Receipt) -> tuple[str, bytes]:
        message = next(each for each in self._server.standing(receipt.chat.id) if self._handle(each) == receipt.id)
        return next(iter(message.files.items()), ("", b""))

    def _handle(self, message: Message) -> str:
        return marked(message.id, photo_shown(message.payload()["embeds"]))

    def read(self, payload: str) -> str:
        body = orjson.loads(payload)
        assert message_faults(body) == []
        texts = [text for embed in body["embeds"] for name, text in embed.items() if name not in {"url", "image"}]
        assert [markup_of_others(text) for text in texts] == [[]] * len(texts)
        return "\n\n".join(map(unmarked, texts))


@asynccontextmanager
async def _discord(folder: Path) -> AsyncIterator[Discord]:
    store = await open_store("tinydb:", folder)
    async with discord_served(discord=_DISCORDS.setdefault(folder, DiscordServer())) as server:
        given = {"discord_token": DISCORD_TOKEN, "discord_api_url": server.url, "discord_rate": 0}
        settings = Settings(_env_file=None, data_dir=folder, **given)
        clock = FakeClock()
        adapter = DiscordAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
        try:
            yield Discord(adapter, server, store)
        finally:
            await adapter.close()
            await store.close()
    assert server.refused == []


# ------------------------------------------------------------------------------------------------ Telegram


class Telegram:
    """The Telegram adapter, seen by somebody alone with the bot and by a group."""

    chat, other = Chat("telegram", "1001"), Chat("telegram", "-1001234567890")

    def __init__(self, adapter: TelegramAdapter, server: BotApi, store: Store) -> None:
        self.adapter = adapter
        self.store = store
        self._server = server
        for chat in (self.chat, self.other):
            server.room(int(chat.id))

    async def payloads(self, chat: Chat) -> dict[str, str]:
        return {self._handle(post): post.source for post in self._server.bot_posts(int(chat.id))}

    async def photo(self, receipt: Receipt) -> bytes:
        posts = {self._handle(post): post for post in self._server.bot_posts(int(receipt.chat.id))}
        shown = self._server.files.get(posts[receipt.id].photo, b"")
        return b"" if shown == plate().content else shown

    async def file(self, receipt: Receipt) -> tuple[str, bytes]:
        post = next(post for post in self._server.bot_posts(int(receipt.chat.id)) if self._handle(post) == receipt.id)
        return post.document_name, self._server.files.get(post.document, b"")

    def _handle(self, post: Post) -> str:
        return f"{post.id}+photo" if post.photo else str(post.id)

    def read(self, payload: str) -> str:
        text, entities = read_html(payload)
        assert {entity["type"] for entity in entities} <= {"bold", "italic", "code", "blockquote", "text_link"}
        assert all(entity.get("url", "https:").startswith(("http:", "https:")) for entity in entities)
        return text


@asynccontextmanager
async def _telegram(folder: Path) -> AsyncIterator[Telegram]:
    store = await open_store("tinydb:", folder)
    async with BotApi() as server:
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            telegram_token=TELEGRAM_TOKEN,
            telegram_api_url=server.url,
            telegram_rate=0,
        )
        clock = FakeClock()
        adapter = TelegramAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
        try:
            yield Telegram(adapter, server, store)
        finally:
            await adapter.close()
            await store.close()


# ------------------------------------------------------------------------------------------------ in process

_FAR_SIDES: dict[Path, far_side.FarSide] = {}
"""Platforms that go on while their bot is away, by its folder."""


class InProcess:
    """The adapter that tests of the whole house use, seen in the far side's own ledger."""

    chat, other = Chat("far", "1"), Chat("far", "2/3")

    def __init__(self, far: far_side.FarSide, store: Store) -> None:
        self.adapter = far_side.FarSideAdapter(far)
        self.store = store
        self._far = far

    async def payloads(self, chat: Chat) -> dict[str, str]:
        return {post.id: post.shown[-1] for post in self._far.standing(chat)}

    async def photo(self, receipt: Receipt) -> bytes:
        photo = await self.store.get(Photo, self._far.find(receipt).photo)
        return photo.content if photo else b""

    async def file(self, receipt: Receipt) -> tuple[str, bytes]:
        file = self._far.find(receipt).file
        return (file.name, file.content) if file else ("", b"")

    def read(self, payload: str) -> str:
        return payload


@asynccontextmanager
async def _far_side(folder: Path, *, keyed: bool) -> AsyncIterator[InProcess]:
    store = await open_store("tinydb:", folder)
    try:
        yield InProcess(_FAR_SIDES.setdefault(folder, far_side.FarSide("far", FakeClock(), keyed=keyed)), store)
    finally:
        await store.close()


PLATFORMS = [
    pytest.param(Platform(_web), id="web"),
    pytest.param(Platform(_discord), id="discord"),
    pytest.param(Platform(_telegram, tells_repeats=False), id="telegram"),
    pytest.param(Platform(partial(_far_side, keyed=True)), id="in process with keys"),
    pytest.param(Platform(partial(_far_side, keyed=False), tells_repeats=False), id="in process without keys"),
]
