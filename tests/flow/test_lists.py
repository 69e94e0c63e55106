"""Lists of feeds in a chat: what is taken in by its address, within which limits, and what is given out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.core.model import Chat, Feed, Folder, Subscriber
from bot.core.ports import Put
from bot.intake.opml import read
from tests.fakes import START, FakeClock
from tests.flow.house import OPERATOR, House, opened
from tests.flow.site import Site, answer, rss, served


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with served() as site:
        yield site


@asynccontextmanager
async def housed(folder, site: Site, **changed) -> AsyncIterator[House]:
    async with opened(folder, FakeClock(START), trusted=[site.host], **changed) as house:
        yield house


@pytest.fixture
async def house(tmp_path, site: Site) -> AsyncIterator[House]:
    async with housed(tmp_path, site) as house:
        yield house


def listed(site: Site, *lines: str) -> str:
    """Have the site serve a list, and return the line that takes it in."""
    site.answers["/feeds.opml"] = answer("\n".join(["<opml><body>", *lines, "</body></opml>"]), "text/x-opml")
    return f"/import {site.url('/feeds.opml')}"


def paper(number: int) -> str:
    return f'<outline text="Paper {number}" xmlUrl="https://paper{number}.example/feed"/>'


def homes(site: Site, *numbers: int) -> list[str]:
    """Have the site serve home pages that name a feed, and return the lines of a list that name the pages."""
    for number in numbers:
        page = f'<link rel=alternate type=application/rss+xml href="/feed{number}">'
        site.answers |= {f"/home{number}": answer(page, "text/html"), f"/feed{number}": answer(rss(1))}
    return [f'<outline text="Site {number}" htmlUrl="{site.url(f"/home{number}")}"/>' for number in numbers]


async def follower(house: House) -> Subscriber:
    return await house.bot.store.get(Subscriber, OPERATOR)


async def test_a_list_at_an_address_is_taken_in_and_its_feeds_are_watched(house, site):
    said = await house.say(listed(site, f'<outline text="Local">{paper(1)}</outline>', paper(2), paper(1)))
    assert said.splitlines() == [
        "2 added, 1 known already, 0 moved, 0 refused",
        "",
        "• Line 2: Paper 1 – added.",
        "• Line 3: Paper 2 – added.",
        "• Line 4: Paper 1 – known already.",
    ]
    assert (await follower(house)).feeds == ("https://paper1.example/feed", "https://paper2.example/feed")
    assert {feed.hushed for feed in await house.bot.store.find(Feed)} == {True}
    assert "Paper" not in "".join(await house.texts("web:other"))


async def test_who_first_asks_is_told_in_their_language_from_then_on(house, site):
    chat = Chat("web", "operator")
    await house.bot.store.commit(Put(Subscriber(id=OPERATOR, chat=chat, since=START, locale="de")))
    assert "2 neu, 0 schon bekannt" in await house.say(listed(site, paper(1), paper(2)))
    await house.say(listed(site, paper(1)), "web:other")
    assert (await house.bot.store.get(Subscriber, "web:other")).locale == "en"


async def test_a_chat_follows_no_more_than_it_may(tmp_path, site):
    async with housed(tmp_path, site, subscriptions_per_chat=3) as house:
        said = await house.say(listed(site, *map(paper, range(5))))
        assert said.startswith("3 added, 0 known already, 0 moved, 2 refused")
        assert "Line 5: Paper 3 – refused. A chat can follow 3 things" in said
        assert len(await house.bot.store.find(Feed)) == 3


async def test_of_a_long_list_the_file_tells_every_line_and_the_message_what_somebody_has_to_see_to(house, site):
    inside = '<outline text="In\u202eside" xmlUrl="http://10.0.0.1/feed"/>'
    said = await house.say(listed(site, *map(paper, range(30)), inside))
    assert said.startswith("30 added, 0 known already, 0 moved, 1 refused")
    assert "Line 32: Inside – refused." in said
    assert "Paper" not in said
    (*_, post) = await house.posts()
    assert post.message.file.name == "import-report.txt"
    lines = post.message.file.text.splitlines()
    assert lines[0] == "30 added, 0 known already, 0 moved, 1 refused"
    assert lines[1:31] == [f"Line {number + 2}: Paper {number} – added." for number in range(30)]
    assert lines[31].startswith("Line 32: Inside – refused. 10.0.0.1 is not")


async def test_a_list_longer_than_any_chat_s_is_refused_whole(house, site):
    said = await house.say(listed(site, *map(paper, range(1001))))
    assert said == "That list has 1001 feeds; I take in lists of 1000 at most here. Send me a part of it."
    assert await follower(house) is None


async def test_sites_are_looked_for_as_often_as_a_chat_may_ask_and_never_twice(tmp_path, site):
    async with housed(tmp_path, site, fetches_per_hour=24) as house:  # of which four at once
        said = await house.say(listed(site, *homes(site, 1, 2, 3, 4)))
        assert said.startswith("0 added, 0 known already, 3 moved, 1 refused")
        assert "Line 5: Site 4 – refused. That was a lot at once." in said
        assert f"Line 2: Site 1 – taken in; its feed is at {site.url('/feed1')}" in said
        await house.clock.advance(300)  # two more
        site.asked.clear()
        assert (await house.say(listed(site, *homes(site, 1, 2, 3, 4)))).startswith("0 added, 0 known already, 4 moved")
        assert [path for path in site.paths if "home" in path] == ["/home4"]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (
            '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><opml><body>&b;</body></opml>',
            "There was no feed in it.",
        ),
        ("<html><body>Sign in</body></html>", "That is no list of feeds (OPML)"),
        ("<opml>" + "<outline>" * 20_000, "There was no feed in it."),
        ("x" * 400_000, "more than 300000 bytes"),
    ],
)
async def test_what_is_no_list_is_said_and_changes_nothing(tmp_path, site, document, says):
    async with housed(tmp_path, site, fetch_max_bytes=300_000) as house:
        site.answers["/feeds.opml"] = answer(document, "text/xml")
        assert says in await house.say(f"/import {site.url('/feeds.opml')}")
        assert await follower(house) is None


async def test_an_address_inside_is_not_asked(house, site):
    assert "not on the public internet" in await house.say("/import http://10.0.0.1/feeds.opml")
    assert "404" in await house.say(f"/import {site.url('/nothing')}")
    assert "Name the list's address: /import https://" in await house.say("/import")


async def test_a_list_that_is_torn_says_so(house, site):
    site.answers["/feeds.opml"] = answer(f"<opml><body>\n{paper(1)}\n<", "text/xml")
    said = await house.say(f"/import {site.url('/feeds.opml')}")
    assert "Line 3 is no XML any more." in said
    assert "Paper 1 – added." in said


async def test_what_a_chat_follows_goes_along_with_its_folders_and_says_what_does_not(house, site):
    assert await house.say("/export") == "There are no feeds here to write down."
    await house.say(listed(site, f'<outline text="Local">{paper(1)}</outline>', paper(2)))
    await house.say("/subscribe harbour")
    said = await house.say("/export")
    assert said == (
        "Feeds in the file: 2. Other readers take it in, and so do I, with /import.\n\n"
        "Topics, names and keywords have no place in such a list; /list shows them."
    )
    (*_, post) = await house.posts()
    outlines = read(post.message.file.content).outlines
    assert [(each.title, each.folders) for each in outlines] == [("Paper 1", ("Local",)), ("Paper 2", ())]
    assert (await follower(house)).folders == (Folder(("Local",), ("https://paper1.example/feed",)),)
