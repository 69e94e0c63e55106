"""An alert's story on its page at the desk: what belongs to it, what is taken out, and what it is merged into."""

from __future__ import annotations

import pytest

from bot.core.model import INTAKE, Alert, Article, Feed, Page, Reading, State
from bot.core.ports import Put
from bot.newsroom.kept import story_of
from tests.flow.test_web_alerts import HOSTILE, READERS, Desk, desk

OURS, SECOND, THEIRS = (f"https://{name}.example/feed" for name in ("ours", "second", "theirs"))
FIRE, FERRY = "Fire destroys the fish market in Kestrel Harbour", "Ferry to Holm stops for the winter"


@pytest.fixture
async def at_desk(tmp_path):
    async with desk(tmp_path) as at_desk:
        feeds = (Put(Feed(id=feed, own=feed != THEIRS)) for feed in (OURS, SECOND, THEIRS))
        await at_desk.house.bot.store.commit(*feeds)
        yield at_desk


async def brought(at_desk: Desk, feed: str, title: str, url: str = "https://paper.example/") -> Article:
    house = at_desk.house
    id, now = house.bot.ids.new(), house.clock.now()
    page = Page(title=title, paragraphs=(f"{title}, said the mayor.",), language="en")
    article = Article(id=id, url=url and url + id, feed=feed, source=feed.split("/")[2], received=now, page=page)
    await house.bot.store.commit(Put(article), Put(Reading(id=id, lane=INTAKE, due=now)))
    await house.pass_time(1)
    return await house.bot.store.get(Article, id)


async def opened_alert(at_desk: Desk, article: Article) -> str:
    story = await story_of(at_desk.house.bot, article.story)
    await at_desk.browser.open(f"/desk/alerts/{story.alert}")
    return story.alert


async def test_a_story_is_merged_and_taken_apart_from_the_page(at_desk):
    fire, ferry = await brought(at_desk, OURS, FIRE), await brought(at_desk, SECOND, FERRY)
    other = await opened_alert(at_desk, ferry)
    assert at_desk.browser.acts >= {"merge"}
    assert "split" not in at_desk.browser.acts, "one article can't leave itself"
    assert "One article of" in await at_desk.act(other, "merge", into=fire.story)
    assert "This story was merged" in at_desk.browser.part("story")
    alert = await opened_alert(at_desk, fire)
    assert FERRY in at_desk.browser.part("story")
    assert "second.example" in at_desk.browser.part("story")
    await at_desk.act(alert, "split", article=ferry.id)
    assert FERRY not in " ".join(at_desk.browser.part("story").split("Merge into another")[0].split())
    assert (await at_desk.house.bot.store.get(Article, ferry.id)).story == ferry.story


async def test_whoever_was_told_the_other_story_is_told_of_the_one_taken_out_by_a_button(at_desk):
    first, second = await brought(at_desk, OURS, FIRE), await brought(at_desk, SECOND, FIRE)
    assert first.story == second.story
    alert = await opened_alert(at_desk, first)
    await at_desk.act(alert, "split", article=second.id)
    await at_desk.house.pass_time(1)
    reader = READERS[0]
    assert len(await at_desk.house.posts(reader)) == 1
    apart = await opened_alert(at_desk, await at_desk.house.bot.store.get(Article, second.id))
    assert at_desk.browser.text('//button[@value="release"]') == "Tell those too who were told the other story"
    await at_desk.act(apart, "release")
    await at_desk.house.pass_time(1)
    assert len(await at_desk.house.posts(reader)) == 2
    assert "release" not in at_desk.browser.acts


async def test_the_page_shows_only_what_our_own_feeds_brought_and_no_markup_of_theirs(at_desk):
    fire = await brought(at_desk, OURS, f"{FIRE} {HOSTILE}", url="javascript:alert(1)//")
    await brought(at_desk, THEIRS, f"{FIRE} {HOSTILE}")
    await brought(at_desk, SECOND, f"{FERRY} {HOSTILE}")
    await opened_alert(at_desk, fire)
    assert "ours.example" in at_desk.browser.part("story")
    assert "theirs.example" not in at_desk.browser.html
    assert at_desk.browser.scripts == []
    assert "\u202e" not in at_desk.browser.part("story")
    assert not at_desk.browser.all('//a[starts-with(@href, "javascript")]')


async def test_an_alert_that_an_editor_wrote_has_no_story(at_desk):
    await at_desk.put(State.RELEASED)
    assert at_desk.browser.acts.isdisjoint({"split", "merge"})


async def test_the_page_is_out_of_date_once_the_story_is_another(at_desk):
    fire = await brought(at_desk, OURS, FIRE)
    await opened_alert(at_desk, fire)
    (before,) = at_desk.browser.all("//@data-version")
    await brought(at_desk, OURS, FIRE)
    alert = await at_desk.house.bot.store.get(Alert, fire.id)
    assert len(alert.current.sources) == 1, "the alert itself is as it was"
    await opened_alert(at_desk, fire)
    (after,) = at_desk.browser.all("//@data-version")
    assert before != after


@pytest.mark.parametrize(("act", "says"), [("split", "Choose an article."), ("merge", "Choose the story")])
async def test_what_is_missing_is_said(at_desk, act, says):
    fire = await brought(at_desk, OURS, FIRE)
    alert = await opened_alert(at_desk, fire)
    answer = await at_desk.browser.post(f"/desk/alerts/{alert}", act=act, article=" ", into=" ")
    assert answer.status == 422
    assert says in at_desk.browser.html
