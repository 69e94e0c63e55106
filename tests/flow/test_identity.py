"""One article is one, whatever addresses lead to it: by redirects, for phones, in caches, under a new id."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.core.model import Alert, Article, Story
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.flow.site import Answering, Site, answer, rss, served

HOURS = 3 * 3600.0


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with served() as site:
        yield site


@pytest.fixture
async def house(tmp_path, site: Site) -> AsyncIterator[House]:
    settings = {"trusted": (site.host,), "feeds": (site.url("/desk"), site.url("/phone"))}
    async with opened(tmp_path, FakeClock(), **settings) as house:
        yield house


def claiming(canonical: str, title: str) -> Answering:
    """A page that names its own address."""
    return answer(f"<html><head><link rel='canonical' href='{canonical}'></head>{body(title)}</html>", "text/html")


def body(title: str) -> str:
    text = f"{title}, say {title.rsplit(maxsplit=1)[-1]} people who have followed {title} for {len(title)} days. " * 2
    return (
        f"<body><article><h1>{title}</h1>{''.join(f'<p>{text}It was vote {n}.</p>' for n in range(6))}</article></body>"
    )


async def test_a_page_for_phones_and_the_same_for_desks_are_one_address_one_story_and_one_alert(house, site):
    site.answers["/story/1"] = claiming("/story/1", "Harbour wall to be raised")
    site.answers["/story/1/amp/"] = claiming("/story/1", "Harbour wall to be raised")
    site.answers["/desk"] = answer(rss(1, host=site.url("/story")))
    site.answers["/phone"] = answer(rss(1, host=site.url("/story")).replace("/story/1<", "/story/1/amp/<"))
    await house.pass_time(1)
    first, second = await house.bot.store.find(Article)
    assert first.url == second.url == site.url("/story/1")
    assert {*first.aliases, *second.aliases} == {site.url("/story/1/amp/")}
    (story,) = await house.bot.store.find(Story)
    assert set(story.articles) == {first.id, second.id}
    assert len(await house.bot.store.find(Alert)) == 1
    assert (await house.say("/search harbour wall")).count("Harbour wall to be raised") == 1


async def test_a_new_id_for_an_address_that_became_another_is_no_news(house, site):
    site.answers["/go/1"] = lambda _: web.Response(status=302, headers={"Location": "/story/1"})
    site.answers["/story/1"] = claiming("/story/1", "Harbour wall to be raised")
    site.answers["/desk"] = answer(rss(1, host=site.url("/go")))
    await house.pass_time(1)
    assert [known.url for known in await house.bot.store.find(Article)] == [site.url("/story/1")]
    site.answers["/desk"] = answer(rss(1, host=site.url("/go"), id="new-{}"))
    await house.pass_time(HOURS)
    assert len(await house.bot.store.find(Article)) == 1


async def test_a_site_that_names_one_address_for_all_its_pages_is_not_believed(house, site):
    titles = {1: "Harbour wall to be raised", 2: "Museum finds a lost painting"}
    for number, title in titles.items():
        site.answers[f"/story/{number}"] = claiming("/welcome", title)
    site.answers["/desk"] = answer(rss(2, 1, host=site.url("/story")))
    await house.pass_time(1)
    urls = [known.url for known in await house.bot.store.find(Article)]
    assert urls == [site.url("/welcome"), site.url("/story/2")]
    assert len(await house.bot.store.find(Alert)) == 2
