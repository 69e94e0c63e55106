"""A page is read once: what was found, and what was refused, is remembered for a while."""

from __future__ import annotations

from functools import partial

import pytest
import pytest_asyncio
from msgspec.structs import replace

from bot.core.errors import FetchError, Forbidden, Unreachable, UsageError
from bot.core.model import Article, Kind, Page
from bot.core.ports import Add
from bot.intake.pages import Refusal, fetch_page, read
from tests.fakes import START, FakeClock
from tests.flow.site import answer, children, intake, moved, served

TEXT = [
    "The old bridge over the harbour was closed on Monday after engineers found a crack in its northern pier.",
    "Traffic is led over the new bridge until the repairs are done, the port authority said in a statement.",
    "The repairs are expected to take three weeks, and the authority asked drivers for patience meanwhile.",
    "“Safety goes before speed, and nobody will cross before we are sure of it,” said the harbour master.",
]


def article(head: str = "", title: str = "Bridge closed"):
    body = "".join(f"<p>{paragraph}</p>" for paragraph in TEXT)
    html = f"<!doctype html><html lang='en'><head><title>{title}</title>{head}</head>"
    return answer(f"{html}<body><article><h1>{title}</h1>{body}</article></body></html>", "text/html; charset=utf-8")


pytestmark = pytest.mark.asyncio(loop_scope="module")
fixture = partial(pytest_asyncio.fixture, loop_scope="module")


@fixture(scope="module")
async def parser():
    async with children("page") as parser:
        yield parser


@fixture
async def site():
    async with served() as site:
        site.answers["/bridge"] = article()
        yield site


@pytest.fixture
def clock():
    return FakeClock()


@fixture
async def bot(tmp_path, clock, site, parser):
    async with intake(tmp_path, clock, site, parser, cache_seconds=3600) as bot:
        yield bot


async def test_a_page_is_read_and_kept_for_the_next_who_asks(bot, site, clock):
    first = await read(bot, site.url("/bridge?utm_source=chat"))
    assert (first.page.kind, first.page.title, first.feed) == (Kind.ARTICLE, "Bridge closed", "")
    assert first.page.paragraphs == tuple(TEXT)
    assert (first.url, first.read, first.received) == (site.url("/bridge"), START, START)
    assert await read(bot, site.url("/bridge")) == first
    await clock.advance(3601)
    again = await read(bot, site.url("/bridge"))
    assert (again.id, again.read) == (first.id, clock.now())
    assert len(site.asked) == 2
    assert len(await bot.store.find(Article)) == 1


async def test_a_link_that_leads_there_is_remembered_too(bot, site):
    site.answers["/short"] = moved("/bridge", 302)
    first = await read(bot, site.url("/short"))
    assert first.url == site.url("/bridge")
    site.asked.clear()
    assert await read(bot, site.url("/short")) == await read(bot, site.url("/bridge")) == first
    assert site.asked == []


async def test_an_article_whose_page_a_feed_had_read_is_not_fetched_again(bot, site):
    kept = Article(
        id=bot.ids.new(),
        url=site.url("/bridge"),
        feed="https://paper.example/feed",
        source="The Paper",
        received=START,
        page=Page(title="Bridge closed", paragraphs=("From the page.",)),
        read=START,
    )
    await bot.store.commit(Add(kept))
    assert await read(bot, site.url("/bridge")) == kept
    assert site.asked == []


async def test_what_only_the_feed_said_is_not_taken_for_the_page(bot, site):
    brought = Article(
        id=bot.ids.new(),
        url=site.url("/bridge"),
        feed="https://paper.example/feed",
        source="The Paper",
        received=START,
        page=Page(title="Bridge closed", paragraphs=("A teaser.",)),
    )
    await bot.store.commit(Add(brought))
    found = await read(bot, site.url("/bridge"))
    assert found.page.paragraphs == tuple(TEXT)
    assert await bot.store.get(Article, brought.id) == brought
    assert await read(bot, site.url("/bridge")) == found


async def test_a_refusal_is_remembered_and_forgotten_in_time(bot, site, clock):
    site.answers["/down"] = answer(status=503)
    for _ in range(3):
        with pytest.raises(FetchError) as refused:
            await read(bot, site.url("/down"))
        assert refused.value.message_key == "error.status_broken"
    assert len(site.asked) == 1
    assert (await bot.store.get(Refusal, site.url("/down"))).at == START
    await clock.advance(3601)
    site.answers["/down"] = article()
    assert (await read(bot, site.url("/down"))).page.kind is Kind.ARTICLE


async def test_a_page_that_is_gone_is_no_page(bot, site):
    site.answers["/gone"] = answer("<html><p>Gone</p></html>", "text/html", 410)
    with pytest.raises(Unreachable):
        await fetch_page(bot, site.url("/gone"))


async def test_what_is_no_page_or_no_address_is_refused(bot, site):
    site.answers["/film"] = answer(b"\0" * 100, "video/mp4")
    with pytest.raises(Forbidden):
        await read(bot, site.url("/film"))
    with pytest.raises(Forbidden):
        await read(bot, "http://10.0.0.1/")
    assert await bot.store.find(Refusal) == [], "the operator may vouch for the host meanwhile"
    for nonsense in ("", "javascript:alert(1)", "https://desk:secret@paper.example/"):
        with pytest.raises(UsageError):
            await read(bot, nonsense)


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        ("/bridge-closed", "/bridge-closed"),
        ("https://other.example/bridge", "/bridge"),
        ("/", "/bridge"),
        ("javascript:alert(1)", "/bridge"),
    ],
)
async def test_a_page_may_say_where_it_belongs_on_its_own_site_only(bot, site, claimed, believed):
    site.answers["/bridge"] = article(f'<link rel="canonical" href="{claimed}">')
    assert (await read(bot, site.url("/bridge"))).url == site.url(believed)


async def test_a_page_that_is_read_anew_keeps_its_story(bot, site, clock):
    first = await read(bot, site.url("/bridge"))
    told = replace(first, story="s")
    await bot.store.commit(Add(replace(told, id=bot.ids.new(), feed="https://paper.example/feed")))
    site.answers["/bridge"] = article(title="Bridge open again")
    await clock.advance(3601)
    assert (await read(bot, site.url("/bridge"))).page.title == "Bridge open again"
    assert len(await bot.store.find(Article)) == 2
