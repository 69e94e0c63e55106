"""A bot that everything hostile is done to at once, at every place where it asks the web; says how it got through.

`python -m tests.flow.besieged FOLDER HOSTILE SITE`, where the latter are the hosts of two servers, prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import psutil

from bot import outlines
from bot.core.errors import BotError
from bot.core.model import INTAKE, Article, Feed, Page, Reading
from bot.core.ports import Add
from bot.intake.discover import find_feed
from bot.intake.opml import Outline
from bot.intake.pages import fetch_page
from bot.intake.photos import fetch_photo
from bot.intake.subscription import Subscription, subscription
from bot.intake.watch import watched
from tests.fakes import FakeClock
from tests.flow.hostile import ANSWERS, INSIDE, Spy
from tests.flow.house import House, opened

GOOD = 8
"""Feeds, each with a page, that are to be read all the while."""
SLOW = [path for path in ANSWERS if path.startswith("/slow/")]
TOO_MUCH = [path for path in ANSWERS if path.startswith(("/endless", "/bomb/", "/headers/"))]
WRONG = [path for path in ANSWERS if path.startswith("/wrong/") and path != "/wrong/cut"]
ELSEWHERE = [
    *INSIDE,
    "http://turned.example/",
    "https://turned.example/",
    "http://user:secret@turned.example/",
    "http://example.org@127.0.0.1/",
    "http://127.0.0.1:22/",
    "http://127.0.0.1:6379/",
    "https://turned.example:8443/",
    "file:///etc/passwd",
    "ftp://turned.example/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "data:text/html,x",
    "//127.0.0.1/",
]
FINE = "fine"


def turned(host: str, *arguments: object) -> list[tuple[object, ...]]:
    """Resolve as a name server does that has turned against us: every name of its own leads inside."""
    if str(host).rstrip(".") != "turned.example":
        return look_up(host, *arguments)
    inner = ["127.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254", "::ffff:10.0.0.1"]
    families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in inner]
    return [(family, 1, 6, "", (address, 80)) for family, address in zip(families, inner, strict=True)]


look_up = socket.getaddrinfo


def attacks(hostile: str, kind: str) -> dict[str, str]:
    """Return the address of each attack by its name; what is answered calls itself of a kind."""
    answered = {path: f"http://{hostile}{path}?kind={quote(kind)}" for path in (*SLOW, *TOO_MUCH, *WRONG)}
    led = {f"to {target}": f"http://{hostile}/to?is=307&where={quote(target)}" for target in ELSEWHERE}
    return {**answered, **led, "/loop": f"http://{hostile}/loop", **{target: target for target in ELSEWHERE}}


def peak() -> int:
    """Return the most memory that this process has had, in KiB: not ru_maxrss, which a child inherits."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


class Siege:
    """The attacks and what comes of each, by who was led to it."""

    def __init__(self, house: House, hostile: str, site: str) -> None:
        self.house, self.bot, self.hostile, self.site = house, house.bot, hostile, site
        self.outcomes: dict[str, dict[str, str]] = {}
        self.led: dict[str, tuple[str, str]] = {}
        """By whom, and to what, each article was led, by its id."""

    async def begin(self) -> None:
        """Have jobs for the hostile feeds, articles, posts and hubs, which the lanes then do in their turn."""
        now = self.bot.clock.now()
        for url in attacks(self.hostile, "application/rss+xml").values():
            await self.bot.store.commit(*watched(self.bot, url))
        for name, url in attacks(self.hostile, "text/html").items():
            await self._article(("article", name), url, "")
        for number, (name, url) in enumerate(attacks(self.hostile, "application/json").items()):
            await self._article(("post", name), f"http://{self.site}/page/{number}", f"{url}#/{number}")
        for name, hub in attacks(self.hostile, "text/html").items():
            feed = Feed(id=f"http://{self.site}/hub?{quote(name)}", hub=hub, topic=name)
            asked = subscription(feed, self.bot.ids.new(), now, self.bot.settings)
            await self.bot.store.commit(Add(feed), Add(asked))

    async def _article(self, led: tuple[str, str], url: str, post: str) -> None:
        id, page = self.bot.ids.new(), Page(url=url, title="As its feed has it")
        self.led[id] = led
        article = Article(id=id, url=url, post=post, feed="f", source="", received=self.bot.clock.now(), page=page)
        await self.bot.store.commit(Add(article), Add(Reading(id=id, lane=INTAKE, due=self.bot.clock.now())))

    async def asked(self) -> None:
        """Do at once what people have done: pages, photos, feeds looked for, lines of lists."""
        ways = {
            "page": ("text/html", lambda url: fetch_page(self.bot, url)),
            "photo": ("image/png", lambda url: fetch_photo(self.bot, url)),
            "discovery": ("text/html", lambda url: find_feed(self.bot, url)),
            "list": ("text/html", lambda url: outlines.found(self.bot, outline=asdict(Outline(site=url)))),
        }
        done = []
        for way, (kind, ask) in ways.items():
            for name, url in attacks(self.hostile, kind).items():
                done.append(self._told(way, name, ask(f"{url}{'&' if '?' in url else '?'}by={way}")))
        await asyncio.gather(*done)

    async def _told(self, way: str, name: str, asking: object) -> None:
        try:
            answer = await asking
            told = answer.get("text") if isinstance(answer, dict) else answer.text and FINE
        except BotError as error:
            told = error.message_key
        self.outcomes.setdefault(way, {})[name] = told or "nothing in it"

    async def well(self) -> int:
        """Return how many of the good feeds' stories have been read."""
        return sum(article.read is not None for article in await self._articles() if "/good/" in article.url)

    async def _articles(self) -> list[Article]:
        return [*await self.bot.store.find(Article, limit=5000)]

    async def later(self) -> None:
        """Let the lanes go on, with what they have put off for some seconds."""
        await asyncio.sleep(0.05)
        await self.house.clock.advance(1)

    async def under_way(self) -> bool:
        """Tell whether there is anything left of what the lanes were to do."""
        feeds = await self.bot.store.find(Feed, limit=5000)
        waiting = [each for each in await self.bot.store.find(Subscription, limit=5000) if not each.asks]
        looked = all(feed.polled or feed.failures for feed in feeds if not feed.hub)
        return not looked or bool(waiting) or bool((await self.bot.store.count(Reading))[""])

    async def end(self) -> None:
        """Gather what has come of what the lanes did."""
        feeds = {feed.id: feed for feed in await self.bot.store.find(Feed, limit=5000)}
        urls = attacks(self.hostile, "application/rss+xml")
        self.outcomes["feed"] = {name: feeds[url].problem or FINE for name, url in urls.items()}
        for article in await self._articles():
            way, name = self.led.get(article.id, ("", ""))
            if way:  # a post gives way to its page, which on a busy machine may take too long as well
                told = "its page" if article.page.title == "As it is" else FINE
                self.outcomes.setdefault(way, {})[name] = "unread" if article.read is None else told
        subscriptions = await self.bot.store.find(Subscription, limit=5000)
        self.outcomes["hub"] = {each.topic: FINE if each.until else "silent" for each in subscriptions}


@asynccontextmanager
async def at_work(house: House) -> AsyncIterator[None]:
    """Turn the lanes meanwhile."""
    running = asyncio.create_task(house.pipeline.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def main(folder: str, hostile: str, site: str) -> None:
    """Read good feeds while the slowest attacks last, for longer than that takes; then see all attacks to their end."""
    socket.getaddrinfo = turned
    clock, path, trusted = FakeClock(), Path(folder), (hostile, site)
    changed = {"public_url": "https://news.example/", "fetch_per_host": 8, "parser_seconds": 1}
    with Spy() as connected:
        async with opened(path, clock, trusted=trusted, fetch_seconds=600, **changed) as house:
            await house.bot.store.commit(*watched(house.bot, f"http://{site}/good/0"))
            await house.pipeline.settle()
            siege, before = Siege(house, hostile, site), peak()
            await siege.begin()
            async with at_work(house):
                for number in range(1, GOOD):
                    await house.bot.store.commit(*watched(house.bot, f"http://{site}/good/{number}"))
                async with asyncio.timeout(120):
                    while await siege.well() < GOOD:  # noqa: ASYNC110  # what happens in the store rings no bell
                        await asyncio.sleep(0.02)
                beside = await siege.under_way()
        await clock.advance(3600)  # the leases of what was cut off have ended
        async with opened(path, clock, trusted=trusted, fetch_seconds=1, **changed) as house:
            siege.house, siege.bot = house, house.bot
            async with at_work(house):
                await siege.asked()
                while await siege.under_way():
                    await siege.later()
            await siege.end()
            grown = peak() - before
            children = [child.memory_info().rss // 1024 for child in psutil.Process().children()]
    hosts = sorted({f"{address[0]}:{address[1]}" for address in connected})
    said = {"outcomes": siege.outcomes, "beside": beside, "grown": grown, "children": children, "connected": hosts}
    print(json.dumps(said))  # noqa: T201  # that is its answer


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
