"""A small web site that a test scripts: what each path answers, and what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bot.core.clock import TimeIds
from bot.core.model import Poll
from bot.core.pace import Quota
from bot.core.ports import Bot
from bot.core.settings import Settings
from bot.intake.child import FUNCTIONS
from bot.intake.fetch import GuardedDoor
from bot.intake.poll import poll
from bot.intake.sandbox import Children
from store import open_store
from tests.fakes import FakeClock

Answering = Callable[[web.Request], web.Response | Awaitable[web.Response]]


def answer(body: str | bytes = "", kind: str = "application/rss+xml", status: int = 200, **headers: str) -> Answering:
    """Answer always the same."""
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(body=data, status=status, headers={"Content-Type": kind, **named})


def moved(to: str, status: int = 301) -> Answering:
    return lambda _: web.Response(status=status, headers={"Location": to})


def rss(*numbers: int, id: str = "tag:paper,{}", host: str = "https://paper.example", title: str = "The Paper") -> str:
    """Return a feed of numbered stories, the first on top."""
    items = "".join(
        f"<item><title>Story {number}</title><link>{host}/{number}</link>"
        f'<guid isPermaLink="false">{id.format(number)}</guid>'
        f"<pubDate>Sun, 01 Mar 2026 {number // 60:02}:{number % 60:02}:00 GMT</pubDate></item>"
        for number in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


@dataclass
class Site:
    """Paths and what they answer, and every request as it came: path and headers."""

    host: str
    answers: dict[str, Answering] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    def url(self, path: str = "/feed") -> str:
        return f"http://{self.host}{path}"

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    async def _handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        known = self.answers.get(request.path)
        answered = known(request) if known else web.Response(status=404, text="nothing here")
        return answered if isinstance(answered, web.Response) else await answered


@asynccontextmanager
async def served(name: str = "127.0.0.1") -> AsyncIterator[Site]:
    """Serve a site on a free port of the loopback, under one of its names."""
    site = Site("")
    app = web.Application()
    app.router.add_get("/{path:.*}", site._handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        tcp = web.TCPSite(runner, "127.0.0.1", 0)
        await tcp.start()
        site.host = f"{name}:{runner.addresses[0][1]}"
        yield site
    finally:
        await runner.cleanup()


@asynccontextmanager
async def children(*names: str) -> AsyncIterator[Children]:
    """Give a parser that can do what is named: the less it imports, the sooner it starts."""
    parser = Children(Settings(_env_file=None), {name: FUNCTIONS[name] for name in names})
    try:
        yield parser
    finally:
        await parser.close()


@asynccontextmanager
async def intake(
    folder: Path, clock: FakeClock, site: Site, parser: Children, *others: Site, **changed: object
) -> AsyncIterator[Bot]:
    """Open a bot of real parts that may ask the sites; opening it again in the folder is a restart."""
    settings = Settings(_env_file=None, data_dir=folder, **changed)
    async with AsyncExitStack() as stack:
        store = await open_store("tinydb:", folder)
        stack.push_async_callback(store.close)
        door = GuardedDoor(settings, clock, trusted=[known.host for known in (site, *others)])
        stack.push_async_callback(door.close)
        yield Bot(settings, store, door, parser, clock, TimeIds(clock.now), Quota({}))


async def turn(bot: Bot) -> int:
    """Poll what is due now, once, and return how many feeds it was."""
    jobs = await bot.store.claim(Poll, "intake", bot.clock.now(), 60, 100)
    for job in jobs:
        await poll(bot, job)
    return len(jobs)
