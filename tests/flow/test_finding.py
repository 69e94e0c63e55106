"""A feed is found behind the address people give: its own, its site's, or a usual place on it."""

from __future__ import annotations

from functools import partial

import pytest
import pytest_asyncio

from bot.core.errors import Forbidden, NotAFeed, Unreachable, UsageError
from bot.intake.discover import Choice, find_feed, find_feeds
from tests.fakes import FakeClock
from tests.flow.site import answer, children, intake, moved, rss, served

PAGE = "<!doctype html><html><head>{}</head><body><p>News</p></body></html>"
LINK = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'


pytestmark = pytest.mark.asyncio(loop_scope="module")
fixture = partial(pytest_asyncio.fixture, loop_scope="module")


@fixture(scope="module")
async def parser():
    async with children("feed") as parser:
        yield parser


@fixture
async def site():
    async with served() as site:
        yield site


@fixture
async def bot(tmp_path, site, parser):
    async with intake(tmp_path, FakeClock(), site, parser) as bot:
        yield bot


def page(*links: str):
    return answer(PAGE.format("".join(links)), "text/html; charset=utf-8")


async def test_a_feeds_own_address_is_it(bot, site):
    site.answers["/feed"] = answer(rss(1))
    url, feed = await find_feed(bot, site.url())
    assert (url, feed.title) == (site.url(), "The Paper")
    assert len(site.asked) == 1


@pytest.mark.parametrize("spelt", ["feed:{}", "  {}#top "])
async def test_odd_spellings_are_understood(bot, site, spelt):
    site.answers["/feed"] = answer(rss(1))
    assert (await find_feed(bot, spelt.format(site.url())))[0] == site.url()


async def test_a_page_names_its_feed_and_the_comments_are_not_it(bot, site):
    site.answers["/"] = page(LINK.format("Paper » Comments", "/comments"), LINK.format("Paper", "/news.rss"))
    site.answers["/comments"] = answer(rss(9, title="Comments"))
    site.answers["/news.rss"] = answer(rss(1))
    url, feed = await find_feed(bot, site.url("/"))
    assert (url, feed.title) == (site.url("/news.rss"), "The Paper")
    assert site.paths == ["/", "/news.rss"]


async def test_a_named_feed_that_is_broken_gives_way_to_the_next(bot, site):
    site.answers["/"] = page(LINK.format("", "/gone"), LINK.format("", "http://10.0.0.1/"), LINK.format("", "/rss2"))
    site.answers["/rss2"] = answer(rss(1))
    assert (await find_feed(bot, site.url("/")))[0] == site.url("/rss2")


async def test_a_page_that_names_none_is_tried_at_the_usual_places(bot, site):
    site.answers["/news/today"] = page()
    site.answers["/atom.xml"] = answer('<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title></feed>')
    assert (await find_feed(bot, site.url("/news/today")))[0] == site.url("/atom.xml")


async def test_a_site_that_shows_its_front_page_for_everything_has_none_after_a_few_requests(bot, site):
    site.answers = dict.fromkeys(
        ("/", "/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json"), page()
    )
    with pytest.raises(NotAFeed) as refused:
        await find_feed(bot, site.url("/"))
    assert refused.value.message_key == "error.feed_is_page"
    assert len(site.asked) <= 11


async def test_a_feed_that_has_moved_for_good_is_found_where_it_is(bot, site):
    site.answers["/old"] = moved("/feed")
    site.answers["/feed"] = answer(rss(1))
    assert (await find_feed(bot, site.url("/old")))[0] == site.url()


async def test_what_can_not_be_asked_is_named(bot, site):
    site.answers["/broken"] = answer(status=500)
    site.answers["/gone"] = answer(status=410)
    with pytest.raises(Unreachable):
        await find_feed(bot, site.url("/broken"))
    with pytest.raises(NotAFeed):
        await find_feed(bot, site.url("/gone"))
    with pytest.raises(Forbidden):
        await find_feed(bot, "http://10.0.0.1/feed")
    with pytest.raises(UsageError):
        await find_feed(bot, "no address at all")


async def test_a_page_of_several_feeds_gives_the_choice_and_asks_for_none_of_them(bot, site):
    site.answers["/"] = page(
        LINK.format("Paper » Comments", "/comments"), LINK.format("News", "/news"), LINK.format("Sport", "/sport")
    )
    choice = await find_feeds(bot, site.url("/"))
    assert isinstance(choice, Choice)
    assert [offer.title for offer in choice.offers] == ["News", "Sport", "Paper » Comments"]
    assert site.paths == ["/"]


async def test_a_second_format_of_the_same_feed_is_no_choice_but_stands_in_for_it(bot, site):
    atom = LINK.replace("rss+xml", "atom+xml").format("Paper (Atom)", "/atom")
    site.answers["/"] = page(LINK.format("Paper (RSS)", "/rss2"), atom)
    site.answers["/atom"] = answer(rss(1))
    found = await find_feeds(bot, site.url("/"))
    assert found[0] == site.url("/atom")
    assert site.paths == ["/", "/rss2", "/atom"]


async def test_a_feed_that_only_the_headers_name_is_found(bot, site):
    site.answers["/"] = answer("<p>News</p>", "text/html", Link='</n>; rel=alternate; type="application/rss+xml"')
    site.answers["/n"] = answer(rss(1))
    assert (await find_feed(bot, site.url("/")))[0] == site.url("/n")
