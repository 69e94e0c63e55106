"""Polling 1,000 feeds, most of them unchanged, against a bare aiohttp loop with the same headers, and reader."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

import aiohttp
import psutil
import structlog
from aiohttp import web

sys.path.pop(0)  # this folder, where this file goes by the package's name
from bot.core.clock import SystemClock, TimeIds
from bot.core.lane import Lane
from bot.core.model import INTAKE, Feed, Poll
from bot.core.pace import Quota
from bot.core.ports import Bot, Put
from bot.core.settings import Settings
from bot.intake.fetch import GuardedDoor
from bot.intake.poll import poll
from bot.intake.sandbox import Children
from bot.intake.watch import watched
from bot.pipeline import POLLS
from store import open_store

FEEDS = 1_000
"""Each at a host of its own: what a host that has many may be asked at a time is bounded."""
ENTRIES = 20
CHANGED = 0.05
"""Of the feeds, those with one more entry at each look."""
OWN_SHARE, READER_RATIO = 1 / 3, 5.0
"""What we aim at: a third of the bare loop, five times reader."""
MANY, EVERY = 10_000, 900
"""Feeds polled every so many seconds, by extrapolation: less than half a core."""
CORE = 0.5
READER = "reader is not here to be compared with: .venv/bin/python -m pip install reader"


class Newsrooms:
    """The feeds: each look sees one of twenty grown by an entry, and the others as they were."""

    def __init__(self) -> None:
        self.asked = 0

    async def answer(self, request: web.Request) -> web.Response:
        """Answer with a feed, or that it is as it was."""
        number, looks = int(request.match_info["number"]), self.asked // FEEDS
        self.asked += 1
        version = sum(_grows(number, look) for look in range(1, looks + 1))
        tag = f'"{number}-{version}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        body = document(number, version)
        return web.Response(body=body, headers={"ETag": tag, "Content-Type": "application/rss+xml"})


def _grows(number: int, look: int) -> bool:
    return (number + look) % round(1 / CHANGED) == 0


def document(number: int, version: int) -> bytes:
    """A feed as a small paper serves it, a few kilobytes."""
    items = "".join(
        f"<item><title>Paper {number}: the harbour wall, part {part}</title>"
        f"<link>https://paper-{number}.example/{part}</link>"
        f"<guid isPermaLink='false'>{number}-{part}</guid>"
        f"<description>{'The wall is to be raised by half a metre before the autumn storms. ' * 4}</description></item>"
        for part in range(version + ENTRIES, version, -1)
    )
    return f"<rss version='2.0'><channel><title>Paper {number}</title>{items}</channel></rss>".encode()


def serve(hosts: Sequence[str], said: multiprocessing.Queue[int]) -> None:
    """Serve the feeds at one port of many loopback addresses, until killed."""

    async def forever() -> None:
        app = web.Application()
        app.router.add_get("/{number}", Newsrooms().answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        first = web.TCPSite(runner, hosts[0], 0)
        await first.start()
        port = runner.addresses[0][1]
        for host in hosts[1:]:
            await web.TCPSite(runner, host, port).start()
        said.put(port)
        await asyncio.Event().wait()

    asyncio.run(forever())


@contextlib.contextmanager
def newsrooms() -> Iterator[list[str]]:
    """Serve the feeds from a process of their own, and return their addresses."""
    hosts = [f"127.0.{1 + number // 200}.{1 + number % 200}" for number in range(FEEDS)]
    said: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(hosts, said), daemon=True)
    server.start()
    try:
        port = said.get(timeout=30)
        yield [f"http://{host}:{port}/{number}" for number, host in enumerate(hosts)]
    finally:
        server.terminate()
        server.join()


def cpu() -> float:
    """Return the seconds of computing that this process and its children have had, those that ended included."""
    own = psutil.Process()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return ended.ru_utime + ended.ru_stime + sum(times.user + times.system for times in living)


# ---------------------------------------------------------------------------------------------- the three of them


async def bare(urls: Sequence[str]) -> float:
    """Return the seconds in which aiohttp alone asks for all of them, as many at a time as we do, the second time."""
    tags: dict[str, str] = {}
    left: list[str] = []

    async def ask(session: aiohttp.ClientSession) -> None:
        while left:
            url = left.pop()
            async with session.get(url, headers={"If-None-Match": tags.get(url, ""), "Accept": "*/*"}) as answer:
                await answer.read()
                tags[url] = answer.headers.get("ETag", "")

    took = 0.0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for _ in range(2):
            left = list(urls)
            began = time.perf_counter()
            await asyncio.gather(*(ask(session) for _ in range(POLLS)))
            took = time.perf_counter() - began
    return took


async def ours(urls: Sequence[str], folder: Path) -> tuple[float, float]:
    """Return the seconds of our second look at all of them, and the computing it took, parsers included."""
    settings, clock = Settings(_env_file=None, data_dir=folder), SystemClock()
    store = await open_store("tinydb:", folder)
    door, parser = GuardedDoor(settings, clock, trusted={url.split("/")[2] for url in urls}), Children(settings)
    bot = Bot(settings, store, door, parser, clock, TimeIds(clock.now), Quota({}))
    for url in urls:
        await store.commit(*watched(bot, url))
    looks = asyncio.Semaphore(0)
    lane = Lane(Poll, INTAKE, partial(_looked, bot, looks), window=POLLS)
    turning = asyncio.create_task(lane.run(bot))
    await _all(looks)
    again = clock.now()
    await store.commit(*(Put(job.rearmed(again)) for job in await store.find(Poll, limit=FEEDS)))
    used, began = cpu(), time.perf_counter()
    await _all(looks)
    took, used = time.perf_counter() - began, cpu() - used
    await parser.close()
    looked = [feed for feed in await store.find(Feed, limit=FEEDS) if feed.polled and feed.polled > again]
    assert len(looked) == FEEDS, "every look took place, and went well"
    turning.cancel()
    await asyncio.gather(turning, return_exceptions=True)
    await door.close()
    await store.close()
    return took, used


async def _looked(bot: Bot, looks: asyncio.Semaphore, job: Poll) -> None:
    if await poll(bot, job):
        looks.release()


async def _all(looks: asyncio.Semaphore) -> None:
    """Wait until every feed has been looked at once."""
    for _ in range(FEEDS):
        await looks.acquire()


def readers(urls: Sequence[str], folder: Path) -> float | None:
    """Return the seconds in which reader updates all of them the second time; None where it is not installed."""
    try:
        made = import_module("reader").make_reader(str(folder / "reader.sqlite"))
    except ModuleNotFoundError:
        return None
    logging.getLogger("reader").setLevel(logging.ERROR)
    for url in urls:
        made.add_feed(url)
    took = 0.0
    for _ in range(2):
        began = time.perf_counter()
        made.update_feeds(workers=POLLS, scheduled=False)
        took = time.perf_counter() - began
    made.close()
    return took


def main() -> None:
    """Print the figures; leave with status 1 where the bar is missed. What is an aim may be."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with newsrooms() as urls:
            ceiling = FEEDS / asyncio.run(bare(urls))
        with newsrooms() as urls:
            took, used = asyncio.run(ours(urls, folder / "ours"))
        with newsrooms() as urls:
            peer = readers(urls, folder)
    rate, cores = FEEDS / took, used / FEEDS * MANY / EVERY
    print(f"bare aiohttp: {ceiling:,.0f} feeds a second")
    print(f"ours:         {rate:,.0f}, {rate / ceiling:.2f} of it (aim: {OWN_SHARE:.2f})")
    print(
        f"reader:       {FEEDS / peer:,.0f}; ours {rate * peer / FEEDS:.1f} x (aim: {READER_RATIO})" if peer else READER
    )
    print(f"{MANY:,} feeds every {EVERY // 60} minutes: {cores:.2f} of a core (bar: {CORE})")
    sys.exit(cores > CORE)


if __name__ == "__main__":
    os.environ.setdefault("NO_PROXY", "*")
    main()
