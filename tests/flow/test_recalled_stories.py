"""The stories in memory, as a restart brings them back, a window lets them go, and other work goes on beside them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

from bot.core.model import INTAKE, Article, Page, Reading
from bot.core.ports import Add
from bot.newsroom.cluster import Stories
from bot.pipeline import Pipeline
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened
from tests.unit.test_cluster import CUP, DERBY, FERRY, FERRY_AGAIN, QUAKE_NORTH, QUAKE_SOUTH, held

OURS, THEIRS = "https://ours.example/feed", "https://theirs.example/feed"
WINDOW = timedelta(hours=72)


async def brought(house: House, title: str, *paragraphs: str, feed: str = OURS) -> str:
    """Bring one article, and return the id of its story."""
    now = house.clock.now()
    page = Page(title=title, paragraphs=paragraphs, language="en")
    article = Article(id=house.bot.ids.new(), url="", feed=feed, source="here", received=now, page=page)
    await house.bot.store.commit(Add(article), Add(Reading(id=article.id, lane=INTAKE, due=now)))
    await house.pass_time(1)
    return (await house.bot.store.get(Article, article.id)).story


def recalled(house: House) -> list:
    """What is known of the newsroom's own stories and of others'."""
    return [held(stories) for stories in (house.pipeline._own, house.pipeline._others)]


def ids(stories: Stories) -> set[str]:
    return {centre.id for centre in stories._centres.values()}


async def test_a_restart_changes_nothing(tmp_path):
    clock = FakeClock()
    async with opened(tmp_path, clock, feeds=(OURS,)) as house:
        for title, text in (FERRY, QUAKE_NORTH, DERBY, FERRY_AGAIN):
            await brought(house, title, text)
        await brought(house, *CUP, feed=THEIRS)
        known, centres = recalled(house), house.pipeline._own._centres
    async with opened(tmp_path, clock, feeds=(OURS,)) as house:
        assert recalled(house) == known
        assert house.pipeline._own._centres == centres
        assert len(centres) == 3


async def test_a_story_that_began_before_the_window_is_recalled_whole_and_what_ended_before_it_is_not(tmp_path):
    clock = FakeClock()
    async with opened(tmp_path, clock, feeds=(OURS,), story_hours=72) as house:
        ended, ferry = await brought(house, *QUAKE_NORTH), await brought(house, *FERRY)
        await clock.advance(71 * 3600)
        assert await brought(house, *FERRY_AGAIN) == ferry
        await clock.advance(3600)
        derby = await brought(house, *DERBY)
        assert ids(house.pipeline._own) == {ferry, derby}
        known = recalled(house)
    async with opened(tmp_path, clock, feeds=(OURS,), story_hours=72) as house:
        assert ended not in house.pipeline._own
        assert recalled(house) == known


async def test_what_stands_far_down_counts_as_much_in_the_river_as_on_the_command_line(tmp_path):
    above = ["At the quay.", "It was a fine day.", "Many had come."]
    async with opened(tmp_path, FakeClock(), feeds=(OURS,)) as house:
        ferry = await brought(house, FERRY[0], *above, FERRY[1])
        assert await brought(house, QUAKE_NORTH[0], *above, QUAKE_NORTH[1]) != ferry
        assert await brought(house, "At last", "So it was.", "They say.", "And soon.", FERRY_AGAIN[1]) == ferry


class Counted(Stories):
    """Stories that say how many articles were put in."""

    added = 0

    def add(self, *article) -> None:
        super().add(*article)
        self.added += 1


async def test_while_stories_are_recalled_all_else_has_its_turn_after_each_article(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS,)) as house:
        for number in range(40):
            id = house.bot.ids.new()
            page = Page(title=f"Boat {number}", paragraphs=("A boat.",), language="en")
            await house.bot.store.commit(
                Add(Article(id=id, url="", feed=OURS, source="here", story=id, received=START, page=page))
            )
        pipeline, turns = Pipeline(house.bot), []
        pipeline._own = Counted(WINDOW)

        async def look() -> None:
            while True:
                turns.append(pipeline._own.added)
                await asyncio.sleep(0)

        looking = asyncio.create_task(look())
        await pipeline.open()
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        assert pipeline._own.added == 40
        assert max(after - before for before, after in pairwise(turns)) == 1


async def test_with_each_article_a_few_that_are_past_the_window_go(tmp_path):
    clock = FakeClock()
    async with opened(tmp_path, clock, feeds=(OURS,), story_hours=72) as house:
        for number in range(20):
            house.pipeline._own.add(f"old {number}", f"Vessel{number}", f"Hull{number} sank.", clock.now(), "en")
        await clock.advance(73 * 3600)
        left = []
        for words in (QUAKE_SOUTH, CUP, FERRY):
            await brought(house, *words)
            left.append(sum(id.startswith("old") for id in ids(house.pipeline._own)))
        assert left == [12, 4, 0]
