"""The sample newsroom, read over the wire by the libraries that readers use."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import feedparser
import pytest
import trafilatura
from lxml import html

from adapters.sample.newsroom import SampleNewsroom
from adapters.sample.stories import COURIER, EVENING_POST, PAPERS, Press, filed
from bot.core.model import Kind
from bot.core.settings import Settings
from bot.intake import wordpress
from bot.intake.extract import extract
from bot.intake.feeds import parse
from tests.fakes import START, FakeClock

AROUND = ["Leave a Reply", "Post Comment", "Share this", "newsletter", "cookie", "Most read", "Related", "Reply"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@asynccontextmanager
async def running(clock: FakeClock, **chosen) -> AsyncIterator[tuple[SampleNewsroom, tuple[str, ...]]]:
    settings = Settings(_env_file=None, **{"sample_port": 0, "sample_seconds": 60, **chosen})
    newsroom = SampleNewsroom(settings, clock)
    try:
        yield newsroom, await newsroom.open()
    finally:
        await newsroom.close()


@pytest.fixture
async def feeds(clock: FakeClock) -> AsyncIterator[tuple[str, ...]]:
    async with running(clock) as (_, addresses):
        yield addresses


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def read(web: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    async with web.get(url, headers=headers) as response:
        return response.status, await response.text(), {name.lower(): value for name, value in response.headers.items()}


async def entries(web: aiohttp.ClientSession, url: str) -> list:
    _, body, headers = await read(web, url)
    feed = feedparser.parse(body, response_headers=headers)
    assert not feed.bozo, feed.bozo_exception
    return feed.entries


async def test_both_feeds_are_well_formed_and_their_pages_answer(feeds, web):
    rss, atom = [await entries(web, url) for url in feeds]
    assert len(rss) + len(atom) == len(filed())
    assert {(await read(web, entry.link))[0] for entry in rss + atom} == {200}


async def test_a_handful_of_stories_is_there_from_the_start_newest_first(feeds, web):
    for url in feeds:
        times = [entry.published_parsed for entry in await entries(web, url)]
        assert len(times) >= 3
        assert times == sorted(times, reverse=True)


async def test_rss_atom_and_json_of_a_paper_tell_the_same_stories_under_the_same_ids(feeds, web):
    root = feeds[0].removesuffix("feed/")
    rss, atom = [await entries(web, f"{root}{path}") for path in ("feed/", "feed/atom/")]
    async with web.get(f"{root}feed/json/") as response:
        told = (await response.json(content_type="application/feed+json"))["items"]
    assert [item["id"] for item in told] == [entry.id for entry in rss] == [entry.id for entry in atom]
    assert [item["url"] for item in told] == [entry.link for entry in rss] == [entry.link for entry in atom]


async def test_the_front_page_offers_its_three_feeds(feeds, web):
    for root in (feeds[0].removesuffix("feed/"), feeds[1].removesuffix("feed/atom/")):
        page = html.fromstring((await read(web, root))[1])
        offered = page.xpath("//link[@rel='alternate']/@href")
        assert offered == [f"{root}feed/", f"{root}feed/atom/", f"{root}feed/json/"]


@pytest.mark.parametrize("place", [0, 1])
async def test_what_is_known_is_not_sent_again(feeds, web, place):
    _, body, headers = await read(web, feeds[place])
    assert (await read(web, feeds[place], **{"If-None-Match": headers["etag"]}))[:2] == (304, "")
    assert (await read(web, feeds[place], **{"If-Modified-Since": headers["last-modified"]}))[:2] == (304, "")
    assert (await read(web, feeds[place], **{"If-None-Match": '"another"'}))[:2] == (200, body)


async def test_a_new_story_appears_with_every_interval_and_is_sent_to_who_knows_the_last(feeds, web, clock):
    known, headers = await entries(web, feeds[0]), (await read(web, feeds[0]))[2]
    await clock.advance(60 * len(filed()))
    status, _, _ = await read(web, feeds[0], **{"If-None-Match": headers["etag"]})
    now = await entries(web, feeds[0])
    assert status == 200
    assert len(now) == len(known)
    assert not {entry.id for entry in now} & {entry.id for entry in known}
    assert not {entry.link for entry in now} & {entry.link for entry in known}


async def test_every_interval_brings_exactly_one_story_to_one_of_the_papers(feeds, web, clock):
    seen = {entry.id for url in feeds for entry in await entries(web, url)}
    for _ in range(len(filed())):
        await clock.advance(60)
        fresh = {entry.id for url in feeds for entry in await entries(web, url)} - seen
        assert len(fresh) == 1
        seen |= fresh


async def test_a_restart_repeats_nothing_and_loses_nothing(clock, web):
    told = []
    for _ in range(2):
        async with running(clock) as (_, addresses):
            told.append([entry.id for url in addresses for entry in await entries(web, url)])
    assert told[0] == told[1]


async def test_an_old_story_keeps_its_address_and_its_words(feeds, web, clock):
    link = (await entries(web, feeds[0]))[0].link
    before = trafilatura.extract((await read(web, link))[1], include_comments=False)
    await clock.advance(60 * 100)
    status, page, _ = await read(web, link)
    after = trafilatura.extract(page, include_comments=False)
    assert status == 200
    assert [line for line in after.splitlines() if not line.startswith("Read also")] == [
        line for line in before.splitlines() if not line.startswith("Read also")
    ]


async def test_a_story_cannot_be_read_before_it_is_printed(feeds, web, clock):
    address = feeds[0].removesuffix("/feed/")
    coming = Press(60).printed(Press(60).latest(COURIER, START)[0].number + len(filed()))
    assert (await read(web, address + coming.path))[0] == 404
    await clock.advance(60 * len(filed()))
    assert (await read(web, address + coming.path))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "2026/03/02/",
        "2026/03/02/council-1/",
        f"2026/03/02/x-{'9' * 400}/",
        "..%2f..%2fetc/passwd",
        "a-²/",
        "-/",
    ],
)
async def test_an_address_that_was_never_printed_is_not_found(feeds, web, path):
    status, page, _ = await read(web, feeds[0].removesuffix("feed/") + path)
    assert status == 404
    assert "Nothing was printed at this address" in page


async def test_a_page_has_all_that_stands_around_an_article_in_a_newsroom(feeds, web):
    entry = (await entries(web, feeds[0]))[0]
    _, source, _ = await read(web, entry.link)
    page = html.fromstring(source)
    text = page.text_content()
    assert all(words in text for words in AROUND)
    assert page.findtext(".//title") == f"{entry.title} – {COURIER.name}"
    assert page.xpath("//meta[@property='og:title']/@content") == [entry.title]
    assert page.xpath("//h1/text()") == [entry.title]
    assert page.xpath("//div[@class='entry-content']/p[1]/strong/text()") == [entry.title]
    assert page.xpath("//link[@rel='canonical']/@href") == [entry.link]
    assert '"@type": "NewsArticle"' in source


async def test_trafilatura_reads_every_story_whole(feeds, web):
    for url in feeds:
        for entry in await entries(web, url):
            found = trafilatura.bare_extraction(
                (await read(web, entry.link))[1], include_comments=False, with_metadata=True
            )
            told = " ".join(found.text.split())
            story = Press(60).printed(int(entry.id.rpartition("=")[2]))
            assert found.title == entry.title
            assert found.author == entry.author
            assert all(block.removeprefix("## ") in told for block in story.blocks)
            assert "Leave a Reply" not in told


async def test_two_papers_tell_one_event_in_words_of_their_own(clock):
    courier, post = (Press(60).latest(paper, clock.now()) for paper in (COURIER, EVENING_POST))
    walls = [story for story in courier + post if "harbour wall" in story.headline]
    assert {story.paper for story in walls} == {COURIER, EVENING_POST}
    first, second = (set(story.blocks) for story in walls)
    assert not first & second


async def test_a_taken_port_makes_way_for_a_free_one(clock, web):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with running(clock, sample_port=port) as (newsroom, addresses):
            assert newsroom.address != f"127.0.0.1:{port}"
            assert addresses[0] == f"http://{newsroom.address}/feed/"
            assert (await read(web, addresses[0]))[0] == 200


@pytest.mark.parametrize("piece", filed(), ids=lambda piece: piece.slug)
def test_every_piece_is_a_whole_story_with_a_quotation(piece):
    for number in range(20):
        blocks = Press(60, [piece]).printed(number).blocks
        text = " ".join(blocks)
        assert 250 <= len(text.split()) <= 450
        assert "{" not in text
        assert text.count("“") == text.count("”") >= 1
        assert any(block.startswith("## ") for block in blocks)
    assert piece.paper in PAPERS


def test_slugs_are_unique_and_one_round_differs_from_the_next():
    pieces = filed()
    assert len({piece.slug for piece in pieces}) == len(pieces)
    press = Press(60)
    assert all(
        press.printed(number).headline != press.printed(number + len(pieces)).headline for number in range(len(pieces))
    )


def test_both_versions_of_an_event_agree_on_the_figures_in_every_round():
    gaps = {piece.slug: piece.gaps for piece in filed()}
    assert gaps["harbour-wall-gets-go-ahead"] == gaps["council-backs-harbour-wall"]
    ours, theirs = gaps["lifeboat-tows-trawler-home"], gaps["fishermen-saved-off-gull-point"]
    assert ours["boat"] == theirs["boat"]
    assert ours["call"] == theirs["call"]
    assert ours["crew"] == [crew.lower() for crew in theirs["crew_cap"]]


async def test_our_own_extraction_finds_the_article_and_nothing_of_what_stands_around_it(feeds, web):
    for url in feeds:
        for entry in await entries(web, url):
            story = Press(60).printed(int(entry.id.rpartition("=")[2]))
            page = extract((await read(web, entry.link))[1].encode(), entry.link, "text/html; charset=utf-8")
            assert (page.kind, page.title, page.byline) == (Kind.ARTICLE, story.headline, story.piece.author)
            assert (page.dateline, page.site) == (story.piece.dateline, story.paper.name)
            assert page.published == story.at.isoformat()
            told = [line.removeprefix(f"{page.dateline} — ") for line in page.paragraphs]
            assert [line for line in told if f"## {line}" not in story.blocks] == [
                block for block in story.blocks if not block.startswith("## ")
            ]


async def test_one_of_the_papers_gives_its_stories_as_posts_too(feeds, web):
    courier, evening_post = feeds
    _, _, headers = await read(web, evening_post)
    root = headers["link"].partition(">")[0].removeprefix("<")
    _, listed, _ = await read(web, f"{root}wp/v2/posts")
    told = parse(listed.encode(), f"{root}wp/v2/posts")
    assert [entry.id for entry in told.entries] == [entry.id for entry in await entries(web, evening_post)]
    assert "link" not in (await read(web, courier))[2]
    number = told.entries[0].id.rpartition("=")[2]
    status, whole, _ = await read(web, f"{root}wp/v2/posts/{number}")
    page = wordpress.page(whole.encode(), root)
    _, html, _ = await read(web, told.entries[0].url)
    assert (status, page.paragraphs) == (200, extract(html.encode(), told.entries[0].url).paragraphs)
    for missing in ("99999999999999", str(int(number) + 1)):
        assert (await read(web, f"{root}wp/v2/posts/{missing}"))[0] == 404
