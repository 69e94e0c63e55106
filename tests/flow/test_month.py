"""A month of polling against a server that plays feeds of many habits and troubles: prompt, sparing, and no slip."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count

import pytest
from aiohttp import web

from bot.core.model import Article, Poll
from bot.core.ports import Bot
from bot.intake.watch import watched
from tests.fakes import START, FakeClock
from tests.flow.site import children, intake, served, turn

pytestmark = pytest.mark.slow

DAYS = 28
FIXED = timedelta(minutes=15)
"""The pause of the peers, to compare with."""
SHOWN = 15
"""Entries of a document."""
_ITEM = '<item><title>{paper} {number}</title><link>https://{paper}.example/{number}</link><guid isPermaLink="false">{id}</guid><pubDate>{at}</pubDate></item>'  # noqa: E501  # one entry


@dataclass
class Press:
    """A feed: when it has had and will have news, and what goes wrong with it."""

    name: str
    news: Sequence[datetime]
    clock: FakeClock
    down: tuple[datetime, datetime] = (START, START)
    renumbered: datetime | None = None
    """From when on all its entries have other ids."""
    dated: bool = True
    asked: list[datetime] = field(default_factory=list)

    def answer(self, request: web.Request) -> web.Response:
        now = self.clock.now()
        self.asked.append(now)
        if self.down[0] <= now < self.down[1]:
            return web.Response(status=503)
        out = [(number, at) for number, at in enumerate(self.news) if at <= now][-SHOWN:]
        renumbered = bool(self.renumbered and now >= self.renumbered)
        tag = f'"{out[-1][0] if out else 0}{renumbered}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        items = [
            _ITEM.format(paper=self.name, number=number, id=f"{number}{renumbered}", at=format_datetime(at))
            for number, at in reversed(out)
        ]
        body = f'<rss version="2.0"><channel><title>{self.name}</title>{"".join(items)}</channel></rss>'
        if not self.dated:
            body = body.replace("pubDate", "when")
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": tag})

    @property
    def due(self) -> list[datetime]:
        """The news of the month."""
        return [at for at in self.news if at > START]


def chance(seed: int, an_hour: Callable[[datetime], float]) -> list[datetime]:
    """News by chance, with so many expected in the hour of a moment, over the month and the one before."""
    dice, moment, found = random.Random(seed), START - timedelta(days=DAYS), []
    while moment < START + timedelta(days=DAYS):
        moment += timedelta(minutes=5)
        if dice.random() < an_hour(moment) / 12:
            found.append(moment - timedelta(seconds=dice.randrange(300)))
    return found


def presses(clock: FakeClock) -> list[Press]:
    """Feeds as a newsroom follows them."""
    midnight = START.replace(hour=0)
    every_day = [midnight + timedelta(days=day) for day in range(-DAYS, DAYS)]
    paper = chance(1, lambda at: (2 if at.weekday() < 5 else 0.6) if 6 <= at.hour < 20 else 0.05)
    local = chance(2, lambda at: 0.7 if 8 <= at.hour < 19 and at.weekday() < 5 else 0.02)
    return [
        Press("paper", paper, clock, down=(START + timedelta(days=5), START + timedelta(days=5, hours=5))),
        Press("local", local, clock, renumbered=START + timedelta(days=9)),
        Press("letter", [day + timedelta(hours=7, minutes=day.day % 20) for day in every_day], clock),
        Press("weekly", [day + timedelta(hours=15) for day in every_day if day.weekday() == 3], clock, dated=False),
        Press("asleep", chance(3, lambda at: 0.2 if at < START - timedelta(days=20) else 0), clock),
    ]


async def month(bot: Bot, clock: FakeClock, end: datetime) -> None:
    while clock.now() < end:
        await turn(bot)
        due = min(job.due for job in await bot.store.find(Poll, limit=100) if job.due)
        await clock.advance(max(0.0, (due - clock.now()).total_seconds()))


async def test_a_month(tmp_path):
    clock = FakeClock()
    halfway, end = (START + timedelta(days=days) for days in (DAYS / 2, DAYS))
    async with served() as site, children("feed") as parser:
        papers = presses(clock)
        site.answers |= {f"/{press.name}": press.answer for press in papers}
        async with intake(tmp_path, clock, site, parser) as bot:
            for press in papers:
                await bot.store.commit(*watched(bot, site.url(f"/{press.name}")))
            await month(bot, clock, halfway)
        async with intake(tmp_path, clock, site, parser) as bot:  # a restart forgets nothing
            await month(bot, clock, end)
            told = {article.page.title: article.received for article in await all_articles(bot)}
            titles = Counter(article.page.title for article in await all_articles(bot))
    assert set(titles.values()) == {1}, "none is announced twice"
    waits = {press.name: judged(press, told) for press in papers}
    asked = {press.name: len(press.asked) for press in papers}
    fixed = timedelta(days=DAYS) / FIXED
    sys.stdout.write(f"fixed: {fixed:.0f} requests a feed, {FIXED / 2} of waiting\n")
    for press in papers:
        news = len(press.due)
        wait = sum(waits[press.name], timedelta()) / max(news, 1)
        sys.stdout.write(f"{press.name}: {asked[press.name]} requests for {news} news, {wait} of waiting\n")
    everything = [wait for press in papers for wait in waits[press.name]]
    assert sum(asked.values()) / len(everything) < 0.75 * len(papers) * fixed / len(everything)
    assert sum(everything, timedelta()) / len(everything) < FIXED / 2, "and yet sooner than by the peers"
    assert asked["paper"] > 3 * asked["asleep"], "who brings more is asked more often"
    assert all(one < two for press in papers for one, two in zip(press.asked, press.asked[1:], strict=False))


async def all_articles(bot: Bot) -> list[Article]:
    return list(await bot.store.find(Article, limit=10_000))


def judged(press: Press, told: dict[str, datetime]) -> list[timedelta]:
    """Return how long each of the month's news waited; while the server was down nobody could have had it."""
    waits = []
    for number, at in zip(count(len(press.news) - len(press.due)), press.due, strict=False):
        received = told.get(f"{press.name} {number}")
        if at <= press.asked[-1] and not press.down[0] <= at < press.down[1]:
            assert received, f"{press.name} {number} of {at} was lost"
        if received:
            waits.append(received - max(at, press.down[1] if press.down[0] <= at < press.down[1] else at))
    return waits
