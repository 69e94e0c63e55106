"""The web as a platform: chats in the browser, the desk, and the one HTTP server that other adapters share."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.alerts import AlertPages
from adapters.web.chat import ChatPages
from adapters.web.desk import DeskPages
from adapters.web.feeds import FeedPages
from adapters.web.hubs import HubPages
from adapters.web.lists import ListPages
from adapters.web.metrics import MetricsPage
from adapters.web.photos import PhotoPages
from adapters.web.render import MEASURE, fits, message_html
from adapters.web.sending import SendingDesk
from adapters.web.server import application, bound_socket, turn_away_silent
from adapters.web.sessions import PLATFORM
from adapters.web.sign_in import SignInPages
from adapters.web.site import Site, prepare
from adapters.web.sweep import sweep
from adapters.web.turns import data_at
from bot.core.errors import RetryLater, StoreError, TooLarge, Unreachable
from bot.core.message import Message, shortened
from bot.core.model import Chat, Receipt, Role
from bot.core.pace import Turns
from bot.core.ports import Adapter, Bot, Clock, Ids, Preview, Store
from bot.core.settings import Settings
from bot.core.turn import in_turn
from bot.core.update import Dispatch

_SHUTDOWN_SECONDS = 3.0
_FULL_SECONDS = 10.0


class WebAdapter:
    """An adapter like the others, which also serves the pages. `others` are those whose routes it mounts."""

    platform = PLATFORM
    account = PLATFORM

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, ids: Ids, others: Sequence[Adapter] = ()
    ) -> None:
        self.rate = settings.web_rate
        self.pace = Turns(settings.web_rate)
        self._settings = settings
        self._site = Site(settings, store, clock, ids)
        self._others = others
        self._socket: socket.socket | None = None
        self.connected, self.rivalled = asyncio.Event(), asyncio.Event()
        sending = SendingDesk(self._site)
        chat = ChatPages(self._site, sending)
        self.routes: Sequence[AbstractRouteDef] = (
            *chat.routes,
            *PhotoPages(store).routes,
            *SignInPages(self._site).routes,
            *DeskPages(self._site, chat, sending).routes,
            *AlertPages(self._site, chat).routes,
            *FeedPages(self._site).routes,
            *ListPages(self._site).routes,
            *MetricsPage(self._site).routes,
            *HubPages(self._site).routes,
        )

    def open(self, bot: Bot) -> None:
        """Let the desk ask what all platforms know; the bot is there only once its adapters are."""
        self._site.open(bot)

    def bind(self) -> str:
        """Take the port, on which `run` answers, and return the address that people use.

        Raises UsageError where the port can't be had.
        """
        self._take_socket()
        return self._address()

    async def sign_in_link(self, person: str = "web:operator", role: Role = Role.OPERATOR) -> str:
        """Return a link that signs a browser in as `person` with `role`, once, within 15 minutes."""
        return f"{self._address()}/sign-in/{await self._site.sessions.link(person, role)}"

    async def run(self, dispatch: Dispatch, /) -> None:
        """Serve until cancelled; open pages are told to end at once."""
        listener = self._socket or self._take_socket()
        routes = [*self.routes, *(route for other in self._others for route in other.routes)]
        runner = web.AppRunner(
            application(self._site, routes),
            access_log=None,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            auto_decompress=False,  # some hubs pass a header on that says so of what they have unpacked
        )
        async with asyncio.TaskGroup() as turns:
            self._site.turns.open(dispatch, turns)
            turns.create_task(asyncio.to_thread(prepare))
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                turns.create_task(turn_away_silent(runner, self._site.clock))
                self.connected.set()
                await asyncio.Event().wait()
            finally:
                self._site.live.close()
                await runner.cleanup()
                self._socket = None

    async def send(
        self, chat: Chat, message: Message, /, *, key: str, under: Receipt | None = None, silent: bool = False
    ) -> Receipt:
        """Post a message; the same `key` in the same chat posts once, for as long as that post is kept."""
        await in_turn(self._site.clock, self.pace)
        cut, parent = shortened(message, fits), under.id if under else ""
        with _later_where_full():
            post = await self._site.posts.add(chat, cut, key=key, under=parent, silent=silent)
        return replace(post.receipt, outdated=post.message != cut)

    async def posted(
        self,
        _chat: Chat,
        _versions: Sequence[Message],
        /,
        *,
        key: str,  # noqa: ARG002  # the web chat tells by the key alone
        since: datetime,  # noqa: ARG002  # the web chat tells by the key alone
    ) -> Receipt | None:
        """Return None: a key that was posted is never posted again."""
        return None

    async def edit(self, receipt: Receipt, message: Message, /) -> Receipt:
        """Make a post show something else. Raises Uneditable where it is not there."""
        await in_turn(self._site.clock, self.pace)
        with _later_where_full():
            return (await self._site.posts.edit(receipt, shortened(message, fits))).receipt

    async def delete(self, receipt: Receipt, /) -> None:
        """Take a post away. Raises Uneditable where it never was there."""
        with _later_where_full():
            await self._site.posts.remove(receipt)

    async def attachment(self, name: str, most: int, /) -> bytes:
        """Return a file that is kept together with its line, as photos are. Raises Unreachable and TooLarge."""
        try:
            file = data_at(name)
        except ValueError:
            raise Unreachable("attachment.gone") from None
        if len(file) > most:
            raise TooLarge
        return file

    async def forget(self) -> None:
        """Forget sign-in links and sessions that are over, and the chats to which nobody can come back."""
        await sweep(self._site.bot, self._site.posts)

    async def private_chat(self, person: str, /) -> Chat:
        """Return the account's own chat, which has its key."""
        return Chat.parse(person)

    def preview(self, message: Message, /) -> Preview:
        """Return the HTML that would be posted."""
        cut = shortened(message, fits)
        used = len(cut.plain)
        text = str(message_html(cut))
        return Preview(text=text, used=used, left=MEASURE - used, shortened=cut != message, photo=cut.photo)

    async def close(self) -> None:
        """Give the port back, where it was taken and `run` does not come to it."""
        if self._socket:
            self._socket.close()
            self._socket = None

    @property
    def port(self) -> int:
        """The port that `bind` took."""
        return self._site.guard.port

    def _take_socket(self) -> socket.socket:
        self._socket = bound_socket(self._settings.web_host, self._settings.web_port)
        self._site.guard.port = self._socket.getsockname()[1]
        return self._socket

    def _address(self) -> str:
        if self._settings.public_url:
            return str(self._settings.public_url).rstrip("/")
        host = self._settings.web_host
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  # names the wildcard, binds nothing
        return f"http://{shown}:{self._site.guard.port}"


@contextmanager
def _later_where_full() -> Iterator[None]:
    """Put it as a platform would: where the store takes nothing at the moment, the message may come later."""
    try:
        yield
    except StoreError as error:
        raise RetryLater(_FULL_SECONDS, everywhere=True) from error
