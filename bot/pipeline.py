"""The news river, top to bottom: poll, read, find the story, alert, address, deliver; and the lanes that turn it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from msgspec.structs import replace

from bot import housekeeping
from bot.core.clock import id_floor
from bot.core.errors import BotError
from bot.core.lane import ATTEMPTS, Lane
from bot.core.model import (
    INTAKE,
    Article,
    Delivery,
    FanOut,
    Kind,
    Poll,
    Progress,
    Reading,
    Recall,
    Regrouped,
    Story,
)
from bot.core.ports import Adapter, Bot, J, Swap
from bot.intake import pushes, subscription, websub
from bot.intake.pages import found, placed
from bot.intake.poll import poll
from bot.intake.posts import article_page
from bot.intake.pushes import Push
from bot.intake.subscription import Subscription
from bot.newsroom.cluster import Stories
from bot.newsroom.kept import articles_of, is_own, led_by_us, story_of
from bot.newsroom.topics import classified
from bot.outreach import alarm, feeds, outbox, progress, recall
from bot.outreach.deliver import deliver
from bot.outreach.joining import told_again
from bot.outreach.telling import audience_of, first_told

POLLS = 32
"""Feeds looked at at once: the documents of all of them, at their largest, have room in 64 MB."""
_READINGS = 16
_CROWDED = timedelta(seconds=1)
"""An article whose host is busy with others is read so much later."""
_WINDOW = 128
"""Deliveries under way at once to one platform."""
_REGROUPED = 1000
"""Stories that editors have changed since the last article."""

_log = structlog.get_logger()


class Pipeline:
    """The lanes of one process, and the stories that new articles may belong to: the newsroom's own, and others'."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        window = timedelta(hours=bot.settings.story_hours)
        self._own, self._others = Stories(window), Stories(window)
        self._matching = asyncio.Lock()
        self.lanes = self._lanes()

    async def open(self) -> None:
        """Recall the stories that are still within their window, each with all its articles."""
        since = first = id_floor(self._oldest)
        whole: set[str] = set()
        while articles := await self._bot.store.find(Article, after=since, limit=1000):
            for article in articles:
                if article.story not in whole:
                    whole.add(article.story)
                    await self._recall(*await self._before(article, first))
                await self._recall(article)
            since = articles[-1].id

    async def _before(self, article: Article, since: str) -> Sequence[Article]:
        """Return what belongs to an article's story and is older than that."""
        story = await story_of(self._bot, article.story)
        if story is None or min(story.articles) > since:
            return ()
        return sorted(
            (each for each in await articles_of(self._bot, story) if each.id <= since), key=lambda each: each.id
        )

    async def _recall(self, *articles: Article) -> None:
        """Read the words of articles anew; each takes a millisecond, and between two everything else has its turn."""
        for article in articles:
            if article.story:
                self._remember(article, own=await self._led_by_us(article))
                await asyncio.sleep(0)

    @property
    def _oldest(self) -> datetime:
        """The beginning of the window in which stories take in articles."""
        return self._bot.clock.now() - timedelta(hours=self._bot.settings.story_hours)

    async def run(self) -> None:
        """Turn all lanes until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self.lanes:
                group.create_task(lane.run(self._bot))

    async def settle(self) -> None:
        """Turn the lanes until nothing is due: what tests and one-off commands do in place of `run`."""
        while sum([await lane.turn(self._bot) for lane in self.lanes]):
            pass

    def _lanes(self) -> Sequence[Lane[Any]]:
        bot = self._bot
        return (
            Lane(Poll, INTAKE, self._poll, window=POLLS),
            Lane(Reading, INTAKE, self._read, window=_READINGS),
            Lane(Push, INTAKE, partial(pushes.read, bot), window=4),
            Lane(Subscription, subscription.LANE, partial(websub.ask, bot), window=8),
            Lane(FanOut, outbox.LANE, partial(self._carry_on, partial(outbox.fan_out, bot)), insists=True),
            Lane(Recall, outbox.LANE, partial(self._carry_on, partial(recall.rearm, bot)), insists=True),
            Lane(Progress, progress.LANE, partial(progress.follow, bot), window=8),
            Lane(housekeeping.Sweep, housekeeping.LANE, partial(housekeeping.sweep, bot)),
            Lane(alarm.Alarm, alarm.LANE, partial(alarm.ring, bot)),
            Lane(alarm.Call, alarm.LANE, partial(alarm.call, bot), window=8),
            *(self._deliveries(adapter) for adapter in bot.adapters.values()),
        )

    def _deliveries(self, adapter: Adapter) -> Lane[Delivery]:
        handle = partial(deliver, self._bot, adapter, adapter.pace)
        return Lane(Delivery, adapter.account, handle, window=_WINDOW, pace=adapter.pace)

    async def _poll(self, job: Poll) -> None:
        if polled := await poll(self._bot, job):
            await feeds.watch(self._bot, polled)
            await websub.follow(self._bot, polled)

    async def _carry_on(self, step: Callable[[J], Awaitable[None]], job: J) -> None:
        """Bring an alert a step further. Where that fails and fails, operators hear of it, and when it goes on."""
        try:
            await step(job)
        except Exception:
            if job.attempts >= ATTEMPTS:
                await self._bot.store.commit(*alarm.stuck(self._bot, job.id))
            raise
        if job.attempts > ATTEMPTS:
            await alarm.clear(self._bot, alarm.stuck_id(job.id))

    async def _read(self, job: Reading) -> None:
        """Read a new article's page, then find its story: a new one is an alert, a known one is told once."""
        bot = self._bot
        article = await bot.store.get(Article, job.id)
        if article is None or article.story:
            await bot.store.commit(Swap(job, None))
            return
        if bot.door.crowded(article.post or article.url):  # its other pages would hold up those of everybody else
            await bot.store.commit(Swap(job, job.rearmed(bot.clock.now() + _CROWDED)))
            return
        read = await classified(bot, await self._with_page(article))
        async with self._matching:  # two articles of one event must not both be the first
            await self._find_story(job, article, read)

    async def _with_page(self, article: Article) -> Article:
        """Return the article as its page tells it; where the page can't be read, what the feed said stands."""
        try:
            page = await article_page(self._bot, article)
        except BotError as error:
            _log.info("page not read", url=article.url, problem=error.message_key)
            return article
        if page.kind is not Kind.ARTICLE:
            return article
        title, published = page.title or article.page.title, page.published or article.page.published
        whole = replace(page, title=title, published=published)
        return await placed(self._bot, article, whole)

    async def _find_story(self, job: Reading, before: Article, read: Article) -> None:
        bot = self._bot
        for stories in (self._own, self._others):
            stories.forget(self._oldest)
        await self._regroup()
        own = await is_own(bot, read)
        known = await self._known_story(read, self._own)
        led_by_us = own or known is not None
        if not led_by_us:
            known = await self._known_story(read, self._others)
        audience = audience_of(read, own=own)
        if known is None:
            told = replace(read, story=read.id)
            changes = [*first_told(bot, told, audience), Swap(before, told), Swap(job, None)]
        else:
            story, strand = known
            told = replace(read, story=story.id, strand="" if strand == story.id else strand)
            changes = [*await told_again(bot, told, story, audience, own=own), Swap(before, told), Swap(job, None)]
        if await bot.store.commit(*changes):
            await bot.store.commit(Swap(job, job.rearmed(bot.clock.now())))
            return
        self._remember(told, own=led_by_us)

    async def _known_story(self, article: Article, stories: Stories) -> tuple[Story, str] | None:
        """Return the story an article belongs to, and the one whose words are like its own: that may be a part of it.

        What is told at the same address belongs where that went: an editor may have put it there.
        """
        page = article.page
        same = await found(self._bot, article.url) if article.url else ()
        id = next((each.compared for each in same if each.compared in stories), None)
        id = id or stories.match(page.title, page.text, article.received, page.language)
        story = await story_of(self._bot, id) if id else None
        return (story, id) if story and id else None

    async def _regroup(self) -> None:
        """Read the words of stories anew whose articles an editor has put elsewhere."""
        store = self._bot.store
        for each in await store.find(Regrouped, limit=_REGROUPED):
            for stories in (self._own, self._others):
                stories.take_out(each.id)
            story = await story_of(self._bot, each.id)
            for article in await articles_of(self._bot, story) if story else ():
                if article.compared == each.id and article.received >= self._oldest:
                    await self._recall(article)
            await store.commit(Swap(each, None))

    def _remember(self, article: Article, *, own: bool) -> None:
        """Keep an article's words. Our own articles never join a story that somebody else's feed began.

        Otherwise whoever adds a feed could have the words of it sent to all who follow the newsroom.
        """
        page = article.page
        stories = self._own if own else self._others
        stories.add(article.compared, page.title, page.text, article.received, page.language)

    async def _led_by_us(self, article: Article) -> bool:
        """Whether an article's story began with a feed of the newsroom's own."""
        story = await self._bot.store.get(Story, article.story)
        return await led_by_us(self._bot, story) if story else await is_own(self._bot, article)
