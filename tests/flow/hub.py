"""A hub of our own on the loopback (WebSub), as good or as bad as a test has it, and a desk that it can reach."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from aiohttp import ClientSession, web

from adapters.web.adapter import WebAdapter
from bot.commands.dispatch import Dispatcher
from bot.commands.menu import registry
from bot.commands.quota import quotas
from bot.core.clock import TimeIds
from bot.core.ports import Bot
from bot.core.settings import Settings
from bot.intake.fetch import GuardedDoor
from bot.intake.sandbox import Children
from bot.intake.watch import own_feeds
from bot.pipeline import Pipeline
from store import open_store
from tests.fakes import FakeClock
from tests.flow.house import House
from tests.flow.site import Site
from tests.flow.web import answering

PUBLIC = "https://desk.example/news"
"""Under what address hubs know the desk: that of a proxy, which takes the folder away and passes the host on."""
ATOM = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True)
class Told:
    """What a hub was answered."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass
class Hub:
    """Records what it is asked, and asks and sends what a test tells it to."""

    host: str = ""
    desk: str = ""
    """Where the desk really is."""
    asked: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[dict[str, str]], Awaitable[web.Response]] | None = None
    """What it answers to whoever asks it; by default that it has heard."""

    @property
    def url(self) -> str:
        return f"http://{self.host}/hub"

    @property
    def form(self) -> dict[str, str]:
        """What it was asked last."""
        return self.asked[-1]

    async def _handle(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        return await self.answer(form) if self.answer else web.Response(status=202)

    async def verify(self, form: Mapping[str, str] | None = None, **changed: str) -> Told:
        """Ask whether it was they who asked; a parameter that is empty is left out."""
        form = form or self.form
        asked = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": "c-7<b>",
            "hub.lease_seconds": form.get("hub.lease_seconds", ""),
            **{f"hub.{name}": value for name, value in changed.items()},
        }
        query = {name: value for name, value in asked.items() if value}
        return await self._told("GET", form["hub.callback"], params=query)

    async def push(
        self,
        body: str | bytes | AsyncIterator[bytes],
        kind: str = ATOM,
        *,
        form: Mapping[str, str] | None = None,
        by: str = "sha256",
        secret: str = "",
        signature: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Told:
        """Send something, signed as it should be unless told otherwise; an empty signature is none."""
        form = form or next(form for form in reversed(self.asked) if "hub.secret" in form)
        data = body.encode() if isinstance(body, str) else body
        if signature is None and isinstance(data, bytes):
            signature = f"{by}={hmac.new((secret or form['hub.secret']).encode(), data, by).hexdigest()}"
        named = {"Content-Type": kind, **(headers or {}), **({"X-Hub-Signature": signature} if signature else {})}
        sent = BytesIO(data) if isinstance(data, bytes) else data
        return await self._told("POST", form["hub.callback"], data=sent, headers=named)

    async def _told(self, method: str, callback: str, **asked: object) -> Told:
        assert callback.startswith(PUBLIC), callback
        url = self.desk + callback.removeprefix(PUBLIC)
        headers = {"Host": "desk.example", **asked.pop("headers", {})}
        async with ClientSession() as client, client.request(method, url, headers=headers, **asked) as answer:
            return Told(answer.status, await answer.text(), dict(answer.headers))


@asynccontextmanager
async def hub_served(host: str = "127.0.0.1") -> AsyncIterator[Hub]:
    """Serve a hub on a free port of the loopback."""
    hub = Hub()
    app = web.Application()
    app.router.add_post("/hub", hub._handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        tcp = web.TCPSite(runner, host, 0)
        await tcp.start()
        hub.host = f"{host}:{runner.addresses[0][1]}"
        yield hub
    finally:
        await runner.cleanup()


@asynccontextmanager
async def desk(
    folder: Path, clock: FakeClock, site: Site, hub: Hub, parser: Children, *strangers: str, **changed: object
) -> AsyncIterator[House]:
    """Open a house whose feed is the site's, and serve its desk to the hub; opening it again there is a restart."""
    settings = Settings(_env_file=None, data_dir=folder, **{"web_port": 0, "public_url": PUBLIC, **changed})
    async with AsyncExitStack() as stack:
        store = await open_store("tinydb:", folder)
        stack.push_async_callback(store.close)
        ids = TimeIds(clock.now)
        adapter = WebAdapter(settings, store, clock, ids)
        door = GuardedDoor(settings, clock, trusted=(site.host, hub.host, *strangers))
        stack.push_async_callback(door.close)
        bot = Bot(settings, store, door, parser, clock, ids, quotas(settings), {"web": adapter})
        adapter.open(bot)
        await store.commit(*await own_feeds(bot, (site.url(),)))
        pipeline, dispatch = Pipeline(bot), Dispatcher(bot, registry())
        await pipeline.open()
        adapter.bind()
        hub.desk = f"http://127.0.0.1:{adapter.port}"
        served = asyncio.create_task(adapter.run(dispatch))
        try:
            await answering(hub.desk)
            yield House(bot, pipeline, dispatch, clock)
        finally:
            served.cancel()
            with suppress(asyncio.CancelledError):
                await served
