"""What operators hear of feeds: one of the newsroom's own that fails for long or has ended, and entries held back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.model import Feed
from bot.core.ports import Put
from bot.intake.watch import own_feeds, watched
from bot.outreach import alarm, feeds
from tests.fakes import FakeClock
from tests.flow.house import OPERATOR, House, opened
from tests.flow.site import Site, answer, rss, served

DAY = 86400.0


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with served() as site:
        site.answers |= {f"/{name}": answer(rss(2, 1, title=name)) for name in ("own", "other")}
        yield site


@pytest.fixture
async def house(tmp_path, site: Site) -> AsyncIterator[House]:
    settings = {"operators": (OPERATOR,), "trusted": (site.host,), "feeds": (site.url("/own"),)}
    async with opened(tmp_path, FakeClock(), **settings) as house:
        await house.bot.store.commit(*watched(house.bot, site.url("/other")))
        await house.pass_time(1)
        yield house


async def heard(house: House) -> Sequence[str]:
    """Return what the operator was told that is not an answer or news."""
    return [text for text in await house.texts() if text.startswith(("Alarm", "Notice", "Over"))]


async def looks(house: House, count: int) -> None:
    for _ in range(count):
        await house.pass_time(6 * 3600)


async def test_a_feed_of_our_own_that_fails_and_fails_is_an_alarm_until_it_is_well(house, site):
    working = dict(site.answers)
    site.answers.clear()
    await looks(house, feeds.FAILURES - 1)
    assert await heard(house) == []
    await looks(house, 3)
    (told,) = await heard(house)
    assert f"feed {site.url('/own')} could not be read" in told
    assert "/own" in await house.say("/status")
    site.answers |= working
    await looks(house, 3)
    told, over = await heard(house)
    assert over.startswith("Over since")
    assert await alarm.standing(house.bot.store) == []


async def test_a_feed_of_our_own_that_has_ended_is_one_until_it_is_taken_out(house, site):
    site.answers = {path: answer(status=410) for path in site.answers}
    await looks(house, 2)
    (told,) = await heard(house)
    assert f"{site.url('/own')} has ended" in told
    await feeds.clear_of_others(house.bot)
    assert len(await alarm.standing(house.bot.store)) == 1
    await house.bot.store.commit(*await own_feeds(house.bot, ()))
    await feeds.clear_of_others(house.bot)
    assert await alarm.standing(house.bot.store) == []


async def test_what_is_held_back_of_many_feeds_is_one_notice_which_nothing_ends(house, site):
    for name in ("own", "other"):
        site.answers[f"/{name}"] = answer(rss(*range(12, 0, -1), title=name))
        feed = await house.bot.store.get(Feed, site.url(f"/{name}"))
        await house.bot.store.commit(Put(before_a_pause(feed, house)))
    await house.pass_time(6 * 3600)
    assert await heard(house) == []
    await house.pass_time(61)
    (told,) = await heard(house)
    assert "14 entries came at once (2 feeds, the first is" in told
    assert await alarm.standing(house.bot.store) == []
    await house.pass_time(DAY / 2)
    assert await heard(house) == [told]
    assert await house.bot.store.find(alarm.Call) == []


async def test_a_first_look_is_no_news_for_operators(house, site):
    site.answers["/third"] = answer(rss(*range(12, 0, -1)))
    await house.bot.store.commit(*watched(house.bot, site.url("/third")))
    await house.pass_time(1)
    await house.pass_time(120)
    assert await heard(house) == []


def before_a_pause(feed: Feed, house: House) -> Feed:
    """The feed as it was kept before a pause of a week."""
    return replace(feed, polled=house.clock.now() - timedelta(days=7))
