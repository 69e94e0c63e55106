"""Polling over a real wire, store and parser: what a server can do to a feed, and what is kept through it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from urllib.parse import quote

import pytest
import pytest_asyncio
from aiohttp import web
from msgspec.structs import replace

from bot.core.lane import Lane
from bot.core.model import INTAKE, Article, Chat, Feed, Poll, Reading, Subscriber
from bot.core.ports import Add, Bot, ParsedFeed, Swap
from bot.core.settings import Settings
from bot.intake.entries import Sighting
from bot.intake.poll import poll
from bot.intake.sandbox import Children
from bot.intake.watch import own_feeds, unwatched, watched
from tests.fakes import START, FakeClock
from tests.flow.hostile import Hostile
from tests.flow.site import Site, answer, children, intake, moved, rss, served, turn

DAY = 86_400.0
ROUND = 3601.0
"""Seconds after which a feed that answers is due again, whatever its rhythm."""


pytestmark = pytest.mark.asyncio(loop_scope="module")
fixture = partial(pytest_asyncio.fixture, loop_scope="module")


@fixture(scope="module")
async def parser():
    async with children("feed") as parser:
        yield parser


@fixture
async def site():
    async with served() as site:
        site.answers["/feed"] = answer(rss(2, 1))
        yield site


@pytest.fixture
def clock():
    return FakeClock()


@fixture
async def bot(tmp_path, clock, site, parser):
    async with intake(tmp_path, clock, site, parser) as bot:
        await bot.store.commit(*watched(bot, site.url()))
        yield bot


async def titles(bot: Bot) -> list[str]:
    return [article.page.title for article in await bot.store.find(Article, limit=1000)]


async def kept(bot: Bot, site: Site) -> Feed:
    feed = await bot.store.get(Feed, site.url())
    assert feed
    return feed


async def job(bot: Bot, site: Site) -> Poll:
    found = await bot.store.get(Poll, site.url())
    assert found
    assert found.due
    return found


async def later(bot: Bot, clock: FakeClock, seconds: float = ROUND) -> None:
    await clock.advance(seconds)
    await turn(bot)


def undated(document: str) -> str:
    """Take the dates out: nothing says then how seldom there is news."""
    return re.sub(r"<pubDate>.*?</pubDate>", "", document)


async def test_a_growing_feed_is_told_as_it_grows(bot, site, clock):
    await turn(bot)
    assert await titles(bot) == ["Story 1", "Story 2"]
    site.answers["/feed"] = answer(rss(4, 3, 2, 1))
    await later(bot, clock)
    await later(bot, clock)
    assert await titles(bot) == ["Story 1", "Story 2", "Story 3", "Story 4"]
    assert len(await bot.store.find(Reading, limit=1000)) == 4
    feed = await kept(bot, site)
    assert (feed.title, feed.problem, feed.polled) == ("The Paper", "", clock.now())


async def test_it_is_polled_when_due_and_not_before(bot, site, clock):
    assert await turn(bot) == 1
    due = (await job(bot, site)).due
    await clock.advance((due - clock.now()).total_seconds() - 1)
    assert await turn(bot) == 0
    await clock.advance(1)
    assert await turn(bot) == 1


@pytest.mark.parametrize("etag", ['"a\x0bb"', '"a\x01b"', '"a\x7fb"', f'"{"x" * 20_000}"'])
async def test_what_can_not_be_shown_to_a_server_again_is_kept_from_it(tmp_path, clock, parser, etag):
    async with Hostile() as hostile, intake(tmp_path, clock, hostile, parser) as bot:
        url = hostile.url(f"/feed?etag={quote(etag)}")
        await bot.store.commit(*watched(bot, url))
        for _ in range(3):
            await turn(bot)
            await clock.advance(DAY)
        feed = await bot.store.get(Feed, url)
        assert (feed.problem, feed.failures, len(hostile.asked)) == ("", 0, 3)
        assert all("if-none-match" not in asked.headers for asked in hostile.asked)


@pytest.mark.parametrize("fresh", [True, False], ids=["a document", "304"])
async def test_what_a_server_calls_fresh_is_not_asked_for_again(bot, site, clock, fresh):
    headers = {"Cache_Control": "public, max-age=3000", "Age": "600"}
    site.answers["/feed"] = answer(undated(rss(2, 1)), ETag="v1", **headers if fresh else {})
    await turn(bot)
    if not fresh:
        site.answers["/feed"] = answer(status=304, **headers)
        await later(bot, clock, 900)
    assert 2400 <= ((await job(bot, site)).due - clock.now()).total_seconds() <= 2401


async def test_a_feeds_own_timetable_is_kept_to_until_it_has_another(bot, site, clock):
    own = "<ttl>50</ttl><skipHours><hour>10</hour><hour>11</hour></skipHours></channel>"
    site.answers["/feed"] = answer(undated(rss(2, 1)).replace("</channel>", own))
    await turn(bot)  # at nine o'clock: fifty minutes later is before ten
    assert (await job(bot, site)).due == clock.now() + timedelta(minutes=50)
    await later(bot, clock, 3000)
    assert (await job(bot, site)).due == START.replace(hour=12)
    site.answers["/feed"] = answer(undated(rss(3, 2, 1)))
    await later(bot, clock, 3 * 3600)
    assert ((await job(bot, site)).due - clock.now()).total_seconds() < 3000


async def test_what_the_server_said_is_shown_to_it_and_304_is_a_success(bot, site, clock):
    def conditional(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            assert request.headers["If-Modified-Since"] == "Sun, 01 Mar 2026 00:00:00 GMT"
            return web.Response(status=304)
        return answer(rss(1), ETag='"v1"', Last_Modified="Sun, 01 Mar 2026 00:00:00 GMT")(request)

    site.answers["/feed"] = conditional
    await turn(bot)
    await later(bot, clock)
    feed = await kept(bot, site)
    assert (feed.etag, feed.failures, feed.polled) == ('"v1"', 0, clock.now())
    assert len(site.asked) == 2
    assert await titles(bot) == ["Story 1"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ('"v1-gzip"', '"v1"'),
        ('"v1-br"', '"v1"'),
        ('W/"v1"', 'W/"v1"'),
        ('W/"v1-gzip"', 'W/"v1"'),
        ('"v1-gzipped"', '"v1-gzipped"'),
    ],
)
async def test_an_etag_is_shown_without_what_a_server_that_packs_has_added(bot, site, clock, told, shown):
    site.answers["/feed"] = answer(rss(1), ETag=told)
    await turn(bot)
    await later(bot, clock)
    assert site.asked[-1].headers["If-None-Match"] == shown


async def test_a_wordpress_site_knows_no_weak_etag(bot, site, clock):
    root = '</wp-json/>; rel="https://api.w.org/"'
    site.answers["/feed"] = answer(rss(1), ETag='W/"v1"', Link=root)
    await turn(bot)
    await later(bot, clock)
    assert site.asked[-1].headers["If-None-Match"] == '"v1"'


async def test_a_feed_that_is_cut_short_is_asked_for_anew_and_nothing_of_it_told_by_halves(bot, site, clock):
    """WordPress sends the headers of the whole feed before a plug-in fails in the middle of it."""
    whole, headers = rss(4, 3, 2, 1), {"ETag": '"v1"', "Last_Modified": "Sun, 01 Mar 2026 00:00:00 GMT"}
    site.answers["/feed"] = answer(whole[: whole.index("ory 2</title>")], **headers)
    await turn(bot)
    assert await titles(bot) == ["Story 3", "Story 4"]

    def conditional(request: web.Request) -> web.Response:
        known = "If-None-Match" in request.headers or "If-Modified-Since" in request.headers
        return web.Response(status=304) if known else answer(whole, **headers)(request)

    site.answers["/feed"] = conditional
    await later(bot, clock)
    assert sorted(await titles(bot)) == ["Story 1", "Story 2", "Story 3", "Story 4"]


async def test_on_first_sight_a_few_are_announced_and_the_rest_counts_as_seen(bot, site, clock):
    site.answers["/feed"] = answer(rss(*range(30, 0, -1)))
    await turn(bot)
    assert await titles(bot) == ["Story 28", "Story 29", "Story 30"]
    assert await bot.store.count(Sighting) == {"": 30}
    site.answers["/feed"] = answer(rss(*range(31, 0, -1)))
    await later(bot, clock)
    assert (await titles(bot))[3:] == ["Story 31"]


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (answer("<!doctype html><html><h1>We are back soon</h1></html>", "text/html"), "error.feed_is_page"),
        (answer("", "application/xml"), "error.feed_empty"),
        (answer('{"error": 1}', "application/json"), "error.feed_is_json"),
        (answer("pixels", "image/png"), "error.wrong_type"),
        (answer("down", "text/plain", 503), "error.status_broken"),
        (moved("http://10.0.0.1/feed"), "error.forbidden_address"),
    ],
)
async def test_an_error_is_a_failure_that_forgets_nothing(bot, site, clock, broken, problem):
    await turn(bot)
    site.answers["/feed"] = broken
    await later(bot, clock)
    feed = await kept(bot, site)
    assert (feed.problem, feed.failures) == (problem, 1)
    site.answers["/feed"] = answer(rss(3, 2, 1))
    await later(bot, clock)
    assert await titles(bot) == ["Story 1", "Story 2", "Story 3"]
    assert (await kept(bot, site)).problem == ""


async def test_a_feed_that_keeps_failing_is_asked_less_and_less(bot, site, clock):
    site.answers["/feed"] = answer(status=500)
    for _ in range(24 * 12):
        await turn(bot)
        await clock.advance(300)
    assert 8 <= len(site.asked) <= 12, "a day of five-minute looks"


async def test_a_server_that_is_busy_says_when_to_come_back(bot, site, clock):
    site.answers["/feed"] = answer(status=429, Retry_After="3600")
    await turn(bot)
    await clock.advance(3200)
    assert await turn(bot) == 0
    await clock.advance(401)
    assert await turn(bot) == 1


async def test_410_ends_the_feed(bot, site, clock):
    await turn(bot)
    site.answers["/feed"] = answer(status=410)
    await later(bot, clock)
    assert (await kept(bot, site)).ended
    await clock.advance(1_000_000)
    assert await turn(bot) == 0
    assert len(site.asked) == 2


@pytest.mark.parametrize("status", [301, 308])
async def test_a_permanent_redirect_is_followed_at_once_and_kept_after_three(bot, site, clock, status):
    site.answers["/new"] = answer(rss(1))
    site.answers["/feed"] = moved("/new", status)
    for _ in range(3):
        assert (await kept(bot, site)).address == ""
        await turn(bot)
        await clock.advance(ROUND)
    assert (await kept(bot, site)).address == site.url("/new")
    site.asked.clear()
    await turn(bot)
    assert site.paths == ["/new"]
    assert await titles(bot) == ["Story 1"]


async def test_a_passing_redirect_is_never_kept(bot, site, clock):
    site.answers["/new"] = answer(rss(1))
    site.answers["/feed"] = moved("/new", 302)
    for _ in range(5):
        await turn(bot)
        await clock.advance(ROUND)
    assert (await kept(bot, site)).address == ""
    assert site.paths.count("/feed") == 5


async def test_new_ids_for_old_stories_are_no_news(bot, site, clock):
    site.answers["/feed"] = answer(rss(*range(10, 0, -1), id="http://paper.example/{}", host="http://paper.example"))
    await turn(bot)
    before = await titles(bot)
    site.answers["/feed"] = answer(rss(*range(11, 0, -1), id="https://paper.example/{}"))
    await later(bot, clock)
    told = (await titles(bot))[len(before) :]
    assert told[-1] == "Story 11"
    assert len(told) <= 3
    assert not set(told) & set(before)


async def test_a_feed_that_is_polled_again_after_a_pause_tells_only_its_newest(bot, site, clock):
    await turn(bot)
    site.answers["/feed"] = answer(rss(*range(20, 0, -1)))
    await later(bot, clock, 90_000)
    assert (await titles(bot))[2:] == ["Story 18", "Story 19", "Story 20"]


async def test_a_crash_before_the_commit_loses_and_doubles_nothing(tmp_path, clock, site, parser):
    async with intake(tmp_path, clock, site, parser) as bot:
        await bot.store.commit(*watched(bot, site.url()))
        await bot.store.claim(Poll, "intake", clock.now(), 60, 1)  # and the process is gone
    async with intake(tmp_path, clock, site, parser) as bot:
        await clock.advance(61)
        assert await turn(bot) == 1
        assert await titles(bot) == ["Story 1", "Story 2"]
    async with intake(tmp_path, clock, site, parser) as bot:
        await later(bot, clock)
        assert await titles(bot) == ["Story 1", "Story 2"]


async def test_who_lost_the_lease_changes_nothing(bot, site, clock):
    (late,) = await bot.store.claim(Poll, "intake", clock.now(), 60, 1)
    await clock.advance(61)
    await turn(bot)
    before = await kept(bot, site)
    site.answers["/feed"] = answer(rss(9, 2, 1))
    await poll(bot, late)
    assert await kept(bot, site) == before
    assert await titles(bot) == ["Story 1", "Story 2"]


async def test_a_feed_that_changes_hands_while_it_is_asked_is_still_polled(bot, site, clock):
    async def adopted(request: web.Request) -> web.Response:
        feed = await kept(bot, site)
        await bot.store.commit(Swap(feed, replace(feed, own=True)))
        return answer(rss(1))(request)

    site.answers["/feed"] = adopted
    await turn(bot)
    feed = await kept(bot, site)
    assert feed.own
    assert feed.polled == clock.now()
    assert await titles(bot) == ["Story 1"]


async def test_a_feed_that_is_dropped_while_it_is_asked_stays_dropped(bot, site, clock):
    async def dropped(request: web.Request) -> web.Response:
        await bot.store.commit(*await unwatched(bot, site.url()))
        return answer(rss(1))(request)

    site.answers["/feed"] = dropped
    await turn(bot)
    assert await bot.store.find(Feed) == []
    assert await bot.store.find(Poll) == []
    assert await titles(bot) == []


async def test_a_poll_that_keeps_crashing_is_a_failure_with_a_pause(bot, site, clock):
    (job,) = await bot.store.claim(Poll, "intake", clock.now(), 60, 1)
    worn = replace(job, attempts=5)
    await bot.store.commit(Swap(job, worn))
    await poll(bot, worn)
    assert (await kept(bot, site)).problem == "error.unknown"
    assert site.asked == []
    await later(bot, clock)
    assert await titles(bot) == ["Story 1", "Story 2"]


async def test_many_new_stories_come_in_several_looks_without_a_loss(bot, site, clock):
    site.answers["/feed"] = answer(rss(1))
    await turn(bot)
    site.answers["/feed"] = answer(rss(*range(131, 0, -1)), ETag='"all"')
    await later(bot, clock)
    assert len(await titles(bot)) == 51
    while await turn(bot):
        pass
    assert await titles(bot) == [f"Story {number}" for number in range(1, 132)]


async def test_a_feed_nobody_follows_any_more_is_dropped_unless_it_is_our_own(bot, site):
    chats = [Chat("web", name) for name in ("one", "two")]
    for chat in chats:
        await bot.store.commit(Add(Subscriber(id=str(chat), chat=chat, since=START, feeds=(site.url(),))))
    assert await unwatched(bot, site.url(), but=chats[0]) == ()
    two = await bot.store.get(Subscriber, str(chats[1]))
    await bot.store.commit(Swap(two, None))
    assert len(await unwatched(bot, site.url(), but=chats[0])) == 2
    await bot.store.commit(*await own_feeds(bot, [site.url()]))
    assert await unwatched(bot, site.url(), but=chats[0]) == ()


async def test_the_newsrooms_own_feeds_are_those_of_the_settings(bot, site):
    other = site.url("/other")
    await bot.store.commit(*await own_feeds(bot, [site.url(), other]))
    assert {feed.id for feed in await bot.store.find(Feed, {"own": True})} == {site.url(), other}
    assert await own_feeds(bot, [site.url(), other]) == (), "the same again changes nothing"
    chat = Chat("web", "one")
    await bot.store.commit(Add(Subscriber(id=str(chat), chat=chat, since=START, feeds=(other,))))
    await bot.store.commit(*await own_feeds(bot, []))
    assert [(feed.id, feed.own) for feed in await bot.store.find(Feed)] == [(other, False)]
    assert [job.id for job in await bot.store.find(Poll)] == [other]


class Counting(Children):
    """Parsers that say how many feeds they were given."""

    asked = 0

    async def feed(self, body: bytes, url: str, *, headers: Mapping[str, str] | None = None) -> ParsedFeed:
        self.asked += 1
        return await super().feed(body, url, headers=headers)


async def test_a_document_that_kills_its_parser_is_parsed_once_a_day_and_said_to_be_wrong(tmp_path, site, clock):
    parser = Counting(Settings(_env_file=None), {"feed": "tests.flow.documents:poisoned"})
    site.answers["/feed"] = answer(rss(2, 1, title="poison"))
    async with intake(tmp_path, clock, site, parser) as bot:
        await bot.store.commit(*watched(bot, site.url()))
        for looks in range(3):
            await turn(bot)
            feed = await kept(bot, site)
            assert (feed.problem, feed.failures, parser.asked) == ("error.document_crash", looks + 1, 1)
            await clock.advance(ROUND)
        await clock.advance(DAY)
        await turn(bot)
        assert parser.asked == 2
        site.answers["/feed"] = answer(rss(3, 2, 1))
        await later(bot, clock, DAY / 2)
        assert (await kept(bot, site)).problem == "", "another document has its own chance"
        assert await titles(bot) == ["Story 1", "Story 2", "Story 3"]
    await parser.close()


async def test_a_host_that_does_not_answer_holds_up_no_feed_of_another(tmp_path, site, parser, clock):
    """Forty feeds of a host that hangs would fill the lane by waiting for one another."""
    async with served("localhost") as quick, intake(tmp_path, clock, site, parser, quick) as bot:
        answering, seen = asyncio.Event(), asyncio.Event()

        async def hang(_: web.Request) -> web.Response:
            await answering.wait()
            return web.Response(status=304)

        def see(_: web.Request) -> web.Response:
            seen.set()
            return web.Response(status=304)

        site.answers, quick.answers = {f"/{number}": hang for number in range(40)}, {"/feed": see}
        for url in (*map(site.url, site.answers), quick.url()):
            await bot.store.commit(*watched(bot, url))
        lane = asyncio.create_task(Lane(Poll, INTAKE, partial(_looked, bot), window=16).run(bot))
        try:
            async with asyncio.timeout(10):
                await seen.wait()
            assert len(site.asked) == bot.settings.fetch_per_host
        finally:
            answering.set()
            lane.cancel()
            await asyncio.gather(lane, return_exceptions=True)
        await clock.advance(3)
        await turn(bot)
        assert {request.path for request in site.asked} == site.answers.keys(), "none of the forty is forgotten"


async def _looked(bot: Bot, job: Poll) -> None:
    await poll(bot, job)
