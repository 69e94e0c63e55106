"""WebSub over the wire: from a hub's push to the alert in one turn, and everything that hubs may do to us."""

from __future__ import annotations

import asyncio
import gzip
import re
from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from msgspec.structs import replace
from structlog.testing import capture_logs

from bot.core.lane import ATTEMPTS
from bot.core.model import Article, Chat, Feed, Poll, Subscriber
from bot.core.ports import Put
from bot.intake.pushes import Push
from bot.intake.subscription import Subscription
from bot.intake.watch import own_feeds
from tests.fakes import FakeClock
from tests.flow.house import House
from tests.flow.hub import ATOM, PUBLIC, Hub, desk, hub_served
from tests.flow.site import Site, answer, children, served

READER = "web:reader"

pytestmark = pytest.mark.asyncio(loop_scope="module")
fixture = partial(pytest_asyncio.fixture, loop_scope="module")


def atom(site: Site, hub: str, *numbers: int, minutes: float = 0, now: object = None) -> str:
    """Return a feed of numbered stories with different words, or a part of one, which all came just before now."""
    words = ["Bridge closed", "Harbour flooded", "Mayor resigns", "Museum opens", "Strike ends", "Tunnel dug"]
    at = (now or site.now()) - timedelta(minutes=minutes)
    entries = "".join(
        f"<entry><id>tag:paper,{number}</id><title>{words[number % 6]} {'again ' * (number // 6)}</title>"
        f'<link href="{site.url(f"/{number}")}"/><updated>{at.isoformat()}</updated></entry>'
        for number in numbers
    )
    links = f'<link rel="self" href="{site.url()}"/>' + (f'<link rel="hub" href="{hub}"/>' if hub else "")
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>The Paper</title>{links}{entries}</feed>'


@fixture(scope="module")
async def parser():
    async with children("feed", "page") as parser:
        yield parser


@pytest.fixture
def clock():
    return FakeClock()


@fixture
async def hub():
    async with hub_served() as hub:
        yield hub


@fixture
async def site(clock, hub):
    async with served() as site:
        site.now = clock.now
        site.answers["/feed"] = answer(atom(site, hub.url, 1, 0), ETag='"v1"')
        yield site


@fixture
async def house(tmp_path, clock, site, hub, parser):
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await follow(house)
        await house.pipeline.settle()
        await clock.advance(5)
        yield house


async def follow(house: House) -> None:
    chat = Subscriber(id=READER, chat=Chat.parse(READER), since=house.clock.now(), topics=("*",))
    await house.bot.store.commit(Put(chat))


async def subscribed(house: House, hub: Hub, **changed: str) -> None:
    assert (await hub.verify(**changed)).status == 200
    await house.pipeline.settle()


async def alerts(house: House) -> list[str]:
    return [text.split("\n")[0] for text in await house.texts(READER)]


async def known(house: House) -> list[Subscription]:
    return list(await house.bot.store.find(Subscription))


async def due(house: House, site: Site) -> float:
    """Return the seconds until the feed is looked at next."""
    job = await house.bot.store.get(Poll, site.url())
    return (job.due - house.clock.now()).total_seconds()


async def test_news_that_a_hub_pushes_is_an_alert_in_the_same_turn(house, site, hub):
    assert hub.form["hub.mode"] == "subscribe"
    assert hub.form["hub.topic"] == site.url()
    assert hub.form["hub.callback"].startswith(f"{PUBLIC}/websub/")
    assert len(hub.form["hub.secret"]) == 64
    assert hub.form["hub.secret"] not in hub.form["hub.callback"]
    await subscribed(house, hub)
    asked, before = len(site.paths), await alerts(house)
    assert (await hub.push(atom(site, hub.url, 2))).status == 202
    await house.pipeline.settle()
    assert [text for text in await alerts(house) if text not in before] == ["Mayor resigns"]
    assert "/feed" not in site.paths[asked:], "nobody had to look"
    assert await bot_count(house, Push) == 0


async def bot_count(house: House, kind: type) -> int:
    return (await house.bot.store.count(kind)).get("", 0)


# ------------------------------------------------------------------------------------------------ what is pushed


async def test_what_was_pushed_is_not_told_again_by_the_feed_and_leaves_its_headers_alone(house, site, hub):
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, 2))
    await house.pipeline.settle()
    told = await alerts(house)
    site.answers["/feed"] = answer(atom(site, hub.url, 2, 1, 0), ETag='"v2"')
    await house.pass_time(3700)
    assert site.asked[-1].headers["If-None-Match"] == '"v1"', "a push says nothing about the document"
    assert await alerts(house) == told
    assert (await known(house))[0].reliable


@pytest.mark.parametrize("by", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_algorithm_of_the_recommendation_is_understood(house, site, hub, by):
    await subscribed(house, hub)
    assert (await hub.push(atom(site, hub.url, 2), by=by)).status == 202
    assert await bot_count(house, Push) == 1


FORGED = {
    "none": {"signature": ""},
    "of another secret": {"secret": "0" * 64},
    "by an algorithm that is broken": {"by": "md5"},
    "of nothing": {"signature": "sha256="},
    "in other letters": {"signature": "sha256=" + "é" * 64},
    "without an algorithm": {"signature": "0" * 64},
    "by an algorithm that nobody knows": {"signature": "none=" + "0" * 64},
}


@pytest.mark.parametrize("forgery", FORGED)
async def test_what_is_not_signed_is_acknowledged_and_ignored(house, site, hub, forgery):
    await subscribed(house, hub)
    before = await due(house, site)
    assert (await hub.push(atom(site, hub.url, 2), **FORGED[forgery])).status == 202
    assert await bot_count(house, Push) == 0
    assert await due(house, site) == before
    assert counted(house, "unsigned") == 1


async def test_a_body_that_was_changed_on_the_way_is_ignored(house, site, hub):
    await subscribed(house, hub)
    assert (await hub.push(atom(site, hub.url, 2), signature=f"sha256={'ab' * 32}")).status == 202
    await house.pipeline.settle()
    assert "Mayor resigns" not in await alerts(house)


def counted(house: House, outcome: str) -> float:
    return house.bot.meters.registry.get_sample_value("dateline_pushes_total", {"outcome": outcome}) or 0


async def test_what_is_sent_again_is_told_once(house, site, hub):
    await subscribed(house, hub)
    for _ in range(3):
        assert (await hub.push(atom(site, hub.url, 2))).status == 202
    await house.pipeline.settle()
    assert (await hub.push(atom(site, hub.url, 2))).status == 202
    await house.pipeline.settle()
    assert (await alerts(house)).count("Mayor resigns") == 1
    assert site.paths.count("/feed") == 1, "and nobody has to look"


async def test_what_was_acknowledged_survives_a_crash(tmp_path, clock, site, hub, parser):
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await follow(house)
        await house.pipeline.settle()
        await subscribed(house, hub)
        assert (await hub.push(atom(site, hub.url, 2))).status == 202
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        assert "Mayor resigns" in await alerts(house)


THIN = {
    "an empty ping": ("", "application/octet-stream"),
    "a ping in words": ("updated", "text/plain"),
    "a page": ("<html><title>News</title></html>", "text/html"),
    "what is no feed by its type": ("{}", "image/png"),
    "half a feed": ("<feed><entry>", "application/atom+xml"),
    "a feed of nothing": ("<feed xmlns='http://www.w3.org/2005/Atom'><title>The Paper</title></feed>", ATOM),
}


@pytest.mark.parametrize("thin", THIN)
async def test_what_is_no_feed_has_the_feed_looked_at_at_once(house, site, hub, thin):
    await subscribed(house, hub)
    site.answers["/feed"] = answer(atom(site, hub.url, 2, 1, 0))
    assert (await hub.push(*THIN[thin])).status == 202
    await house.pipeline.settle()
    assert "Mayor resigns" in await alerts(house)
    assert site.paths.count("/feed") == 2


async def test_what_calls_itself_a_picture_is_not_read_as_a_feed(house, site, hub):
    await subscribed(house, hub)
    assert (await hub.push(atom(site, hub.url, 2), "image/png")).status == 202
    assert await bot_count(house, Push) == 0
    assert await due(house, site) == 0


async def test_what_kills_its_reader_each_time_is_put_aside_and_the_feed_looked_at(house, site, hub):
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, 2))
    (push,) = await house.bot.store.find(Push)
    await house.bot.store.commit(Put(replace(push, attempts=ATTEMPTS - 1)))
    await house.pipeline.settle()
    assert await bot_count(house, Push) == 0
    assert site.paths.count("/feed") == 2
    assert "Mayor resigns" not in await alerts(house), "it was not read once more"


async def test_a_hub_that_sends_no_feeds_is_heard_as_a_bell_until_it_is_asked_again(house, site, hub):
    await subscribed(house, hub)
    await hub.push(*THIN["a page"])
    await house.pipeline.settle()
    await hub.push(atom(site, hub.url, 2))
    assert await bot_count(house, Push) == 0
    await house.pass_time(9 * 86400)
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, 2))
    assert await bot_count(house, Push) == 1


async def test_a_push_that_asks_for_a_look_tells_in_time_however_old_the_news_is(house, site, hub):
    await subscribed(house, hub)
    await hub.push("", "text/plain")
    site.answers["/feed"] = answer(atom(site, hub.url, 2, 1, 0, minutes=30))
    await house.pipeline.settle()
    assert (await known(house))[0].reliable
    assert await due(house, site) > 3200


async def test_many_pings_are_few_looks(house, site, hub, clock):
    await subscribed(house, hub)
    for _ in range(40):
        assert (await hub.push("", "text/plain")).status == 202
        await house.pipeline.settle()
    assert site.paths.count("/feed") == 2
    await house.pass_time(30)
    assert site.paths.count("/feed") == 3, "what came last is looked at too"
    await house.pass_time(30)
    assert site.paths.count("/feed") == 3


async def test_pings_do_not_wear_out_a_server_that_fails(house, site, hub):
    await subscribed(house, hub)
    site.answers["/feed"] = answer("", status=503)
    for _ in range(20):
        await hub.push("", "text/plain")
        await house.pass_time(15)
    assert site.paths.count("/feed") <= 3


async def test_a_flood_of_pushes_is_left_to_few_looks(house, site, hub, clock):
    await subscribed(house, hub)
    for number in range(2, 30):
        assert (await hub.push(atom(site, hub.url, number))).status == 202
    assert await bot_count(house, Push) == 3
    await house.pipeline.settle()
    for number in range(30, 60):
        await hub.push(atom(site, hub.url, number))
        await house.pipeline.settle()
    assert counted(house, "kept") == 3, "the others have used up what may be read in a minute"
    assert site.paths.count("/feed") == 2
    await clock.advance(60)
    assert (await hub.push(atom(site, hub.url, 60))).status == 202
    assert await bot_count(house, Push) == 1


async def test_a_push_with_very_much_new_is_left_to_the_feed(house, site, hub):
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, *range(2, 40)))
    await house.pipeline.settle()
    assert await bot_count(house, Article) == 2
    assert site.paths.count("/feed") == 2


async def test_an_old_entry_that_is_sent_again_is_left_to_the_feed(house, site, hub):
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, 4, minutes=3000))
    await house.pipeline.settle()
    assert await bot_count(house, Article) == 2


async def test_a_feed_that_makes_up_its_ids_is_not_believed_piecemeal(house, site, hub):
    await subscribed(house, hub)
    feed = await house.bot.store.get(Feed, site.url())
    await house.bot.store.commit(Put(replace(feed, strange=1)))
    await hub.push(atom(site, hub.url, 2))
    await house.pipeline.settle()
    assert await bot_count(house, Article) == 2
    assert site.paths.count("/feed") == 2


async def test_a_feed_is_called_what_it_calls_itself_whoever_sends_it(house, site, hub):
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, 2).replace("The Paper", "The Government"))
    await house.pipeline.settle()
    assert {article.source for article in await house.bot.store.find(Article)} == {"The Paper"}


async def test_news_comes_by_the_hub_while_the_server_itself_fails(house, site, hub):
    await subscribed(house, hub)
    site.answers["/feed"] = answer("", status=403)
    for _ in range(14):
        await house.pass_time(6 * 3600)
    await hub.push(atom(site, hub.url, 2))
    await house.pipeline.settle()
    assert "Mayor resigns" in await alerts(house)


async def test_after_a_pause_of_ours_the_feed_is_looked_at_first(tmp_path, clock, site, hub, parser):
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        await subscribed(house, hub)
    await clock.advance(2 * 86400)
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await hub.push(atom(site, hub.url, *range(2, 9), now=clock.now()))
        await next(lane for lane in house.pipeline.lanes if lane.kind is Push).turn(house.bot)
        assert await bot_count(house, Article) == 2


async def test_a_giant_is_refused_before_it_is_whole(house, site, hub):
    await subscribed(house, hub)
    giant = b"x" * (house.bot.settings.fetch_max_bytes + 1)
    assert (await hub.push(giant)).status == 413
    assert counted(house, "too_large") == 1
    await house.pipeline.settle()
    assert site.paths.count("/feed") == 1


async def test_a_small_thing_that_unpacks_to_a_giant_is_not_unpacked_and_the_feed_looked_at(house, site, hub):
    await subscribed(house, hub)
    before = await alerts(house)
    bomb = gzip.compress(atom(site, hub.url, 2).encode() + bytes(16_000_000))
    assert len(bomb) < 20_000
    assert (await hub.push(bomb, headers={"Content-Encoding": "gzip"})).status == 202
    await house.pipeline.settle()
    assert site.paths.count("/feed") == 2
    assert await alerts(house) == before


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "said to be, by a header that was passed on"])
async def test_what_a_hub_calls_packed_is_read_as_what_it_is(house, site, hub, packed):
    await subscribed(house, hub)
    before = await alerts(house)
    news = atom(site, hub.url, 2).encode()
    sent = await hub.push(gzip.compress(news) if packed else news, headers={"Content-Encoding": "gzip"})
    assert sent.status == 202
    await house.pipeline.settle()
    assert [text for text in await alerts(house) if text not in before] == ["Mayor resigns"]
    assert site.paths.count("/feed") == 1


async def test_who_sends_slowly_is_cut_off_and_keeps_out_nobody_else(tmp_path, clock, site, hub, parser):
    async with desk(tmp_path, clock, site, hub, parser, fetch_seconds=0.5) as house:
        await house.pipeline.settle()
        await subscribed(house, hub)
        begun, ended = asyncio.Semaphore(0), asyncio.Event()

        async def drip():
            yield b"<feed"
            begun.release()
            await ended.wait()

        slow = [asyncio.create_task(hub.push(drip(), signature="sha256=" + "0" * 64)) for _ in range(4)]
        for _ in slow:
            await begun.acquire()
        assert (await hub.push("")).status == 429, "one feed's hub has so many places"
        assert await house.say("/status"), "and the desk answers"
        assert [(await each).status for each in slow] == [408] * 4
        ended.set()
        assert (await hub.push("")).status == 202


async def test_what_can_not_be_kept_is_not_acknowledged(house, site, hub):
    await subscribed(house, hub)
    await house.bot.store.close()  # to it a full disk is the same
    told = await hub.push(atom(site, hub.url, 2))
    assert (told.status, told.text, told.headers["Retry-After"]) == (503, "", "10")


async def test_a_look_that_was_under_way_when_a_push_came_is_taken_again(house, site, hub):
    await subscribed(house, hub)

    async def too_soon(request: web.Request) -> web.Response:
        before, site.answers["/feed"] = atom(site, hub.url, 1, 0), answer(atom(site, hub.url, 2, 1, 0))
        await hub.push("", "text/plain")
        return answer(f"{before}<!-- made before the push -->")(request)

    site.answers["/feed"] = too_soon
    await house.pass_time(3700)
    assert "Mayor resigns" in await alerts(house)


# ------------------------------------------------------------------------------------------------ what is verified


async def test_the_challenge_comes_back_as_text_and_with_nothing_of_the_desk(house, hub):
    told = await hub.verify()
    assert (told.status, told.text) == (200, "c-7<b>")
    assert told.headers["Content-Type"].startswith("text/plain")
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in told.headers


LIES = {
    "another topic": {"topic": "https://elsewhere.example/feed"},
    "no topic": {"topic": ""},
    "another wish": {"mode": "unsubscribe"},
    "no wish": {"mode": ""},
    "no challenge": {"challenge": ""},
    "an endless challenge": {"challenge": "x" * 3000},
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_nobody_asked_for_is_not_confirmed(house, hub, lie):
    assert (await hub.verify(**LIES[lie])).status == 404
    assert (await known(house))[0].until is None


async def test_whoever_has_no_token_learns_nothing(house, site, hub):
    form = {**hub.form, "hub.callback": f"{PUBLIC}/websub/" + "A" * 43}
    asked, pushed = await hub.verify(form), await hub.push(atom(site, hub.url, 2), form=form)
    assert [(told.status, told.text) for told in (asked, pushed)] == [(404, ""), (410, "")]
    assert not {"Set-Cookie", "WWW-Authenticate"} & {*asked.headers, *pushed.headers}


async def test_nothing_is_taken_before_it_is_verified(house, site, hub):
    assert (await hub.push(atom(site, hub.url, 2))).status == 410
    assert await bot_count(house, Push) == 0


async def test_a_hub_may_verify_before_it_answers_and_answer_late_or_never(tmp_path, clock, site, hub, parser):
    async def first_verify(_: dict[str, str]) -> web.Response:
        assert (await hub.verify()).status == 200
        return web.Response(status=503)

    hub.answer = first_verify
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        assert (await known(house))[0].stands(clock.now())


async def test_a_hub_that_answers_too_late_has_been_asked_all_the_same(tmp_path, clock, site, hub, parser):
    done = asyncio.Event()

    async def never(_: dict[str, str]) -> web.Response:
        await done.wait()
        return web.Response(status=202)

    hub.answer = never
    async with desk(tmp_path, clock, site, hub, parser, fetch_seconds=0.2) as house:
        await house.pipeline.settle()
        done.set()
        assert (await hub.verify()).status == 200
        assert (await known(house))[0].stands(clock.now())


async def test_a_hub_that_makes_sure_later_is_told_yes_and_nothing_changes(house, hub):
    await subscribed(house, hub)
    before = await known(house)
    assert (await hub.verify(lease_seconds="999999999")).status == 200
    assert await known(house) == before


@pytest.mark.parametrize(("lease", "days"), [("432000", 5), ("", 10), ("-1", 10), ("9" * 400, 30), ("1e3", 10)])
async def test_it_is_renewed_by_the_hubs_lease_with_a_new_verification(house, hub, clock, lease, days):
    await subscribed(house, hub, lease_seconds=lease)
    (standing,) = await known(house)
    assert standing.until - clock.now() == timedelta(days=days)
    assert 0.8 <= (standing.due - clock.now()) / timedelta(days=days) <= 0.9
    asked = len(hub.asked)
    await house.pass_time(0.79 * days * 86400)
    assert len(hub.asked) == asked
    await house.pass_time(0.11 * days * 86400)
    assert len(hub.asked) == asked + 1
    assert (await known(house))[0].stands(clock.now()), "until the old lease ends"
    await subscribed(house, hub, lease_seconds="864000")
    (renewed,) = await known(house)
    assert renewed.until - clock.now() == timedelta(days=10)
    assert renewed.token == standing.token


async def test_a_lease_of_seconds_has_no_hub_asked_every_second(house, hub, clock):
    await subscribed(house, hub, lease_seconds="2")
    for _ in range(60):
        await house.pass_time(5)
        if len(hub.asked) > 1:
            break
    assert len(hub.asked) == 2
    assert clock.now() - house.clock._start >= timedelta(minutes=5)


async def test_a_hub_that_says_nothing_is_asked_less_and_less_and_polling_goes_on(house, site, hub):
    for _ in range(3 * 24):
        await house.pass_time(3600)
    assert 5 <= len(hub.asked) <= 12
    assert len({form["hub.callback"] for form in hub.asked}) == 1
    assert site.paths.count("/feed") > 70


async def test_a_denial_ends_it_for_a_day(house, site, hub):
    await subscribed(house, hub)
    told = await hub.verify(mode="denied", challenge="", reason="no\nmore")
    assert (told.status, told.text) == (200, "")
    assert (await hub.push(atom(site, hub.url, 2))).status == 410
    asked = len(hub.asked)
    await house.pass_time(86000)
    assert len(hub.asked) == asked
    assert (await hub.verify(mode="denied", challenge="")).status == 200
    await house.pass_time(600)
    assert len(hub.asked) == asked + 1, "and who denies again and again puts it off no further"
    assert (await hub.verify()).status == 200


async def test_another_topic_cannot_be_denied(house, hub, clock):
    await subscribed(house, hub)
    assert (await hub.verify(mode="denied", topic="https://elsewhere.example/")).status == 404
    assert (await known(house))[0].stands(clock.now())


# ------------------------------------------------------------------------------------------------ where it is asked


@pytest.mark.parametrize("status", [307, 308])
async def test_another_hub_is_asked_with_another_secret(tmp_path, clock, site, hub, parser, status):
    async with hub_served() as other:

        async def elsewhere(_: dict[str, str]) -> web.Response:
            return web.Response(status=status, headers={"Location": other.url})

        hub.answer = elsewhere
        async with desk(tmp_path, clock, site, hub, parser, other.host) as house:
            await house.pipeline.settle()
            other.desk = hub.desk
            assert other.form["hub.secret"] != hub.form["hub.secret"]
            await subscribed(house, other)
            assert (await other.push(atom(site, hub.url, 2))).status == 202
            await hub.push(atom(site, hub.url, 3))
            assert await bot_count(house, Push) == 1, "what the first one signs is worth nothing"
            await house.pass_time(9 * 86400)
            assert (len(hub.asked), len(other.asked)) == (1, 2), "it is renewed where it was made"
            assert other.form["hub.secret"] == other.asked[0]["hub.secret"]


async def test_where_a_hub_sent_us_on_to_in_vain_it_is_asked_itself_again(tmp_path, clock, site, hub, parser):
    async with hub_served() as other:

        async def elsewhere(_: dict[str, str]) -> web.Response:
            return web.Response(status=307, headers={"Location": other.url})

        hub.answer = elsewhere
        async with desk(tmp_path, clock, site, hub, parser, other.host) as house:
            await house.pipeline.settle()
            for minutes in (5, 10):
                await house.pass_time(60 * minutes)
            assert (len(hub.asked), len(other.asked)) == (1, 3)
            assert len({form["hub.secret"] for form in other.asked}) == 1
            await house.pass_time(60 * 20)
            assert (len(hub.asked), len(other.asked)) == (2, 4)
            told = [form["hub.secret"] for form in (*hub.asked, *other.asked)]
            assert len(set(told)) == 4, "none that the other one knows"
            other.desk = hub.desk
            await subscribed(house, other)
            await other.push(atom(site, hub.url, 2))
            assert await bot_count(house, Push) == 1


async def test_a_hub_that_takes_the_form_and_answers_too_late_signs_by_it(tmp_path, clock, site, hub, parser):
    async with hub_served() as other:
        done = asyncio.Event()

        async def elsewhere(_: dict[str, str]) -> web.Response:
            return web.Response(status=307, headers={"Location": other.url})

        async def never(_: dict[str, str]) -> web.Response:
            await done.wait()
            return web.Response(status=202)

        hub.answer, other.answer = elsewhere, never
        async with desk(tmp_path, clock, site, hub, parser, other.host, fetch_seconds=0.2) as house:
            await house.pipeline.settle()
            done.set()
            other.desk = hub.desk
            await subscribed(house, other)
            await other.push(atom(site, hub.url, 2))
            assert await bot_count(house, Push) == 1


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_turns_a_form_into_a_visit_is_not_followed(tmp_path, clock, site, hub, parser, status):
    async def elsewhere(_: dict[str, str]) -> web.Response:
        return web.Response(status=status, headers={"Location": hub.url})

    hub.answer = elsewhere
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        assert len(hub.asked) == 1


async def test_hubs_that_send_on_for_ever_are_left(tmp_path, clock, site, hub, parser):
    async def again(_: dict[str, str]) -> web.Response:
        return web.Response(status=307, headers={"Location": hub.url})

    hub.answer = again
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        assert len(hub.asked) == house.bot.settings.fetch_redirects + 1


async def test_no_hub_leads_inside(tmp_path, clock, site, hub, parser):
    async with hub_served() as inner:
        site.answers["/feed"] = answer(atom(site, inner.url, 1, 0))
        async with desk(tmp_path, clock, site, hub, parser) as house:
            await house.pipeline.settle()
            assert (await known(house))[0].hub == inner.url
            assert inner.asked == []
            assert (await house.bot.store.get(Feed, site.url())).problem == ""


async def test_no_hub_sends_us_inside(tmp_path, clock, site, hub, parser):
    async with hub_served() as inner:

        async def inside(_: dict[str, str]) -> web.Response:
            return web.Response(status=307, headers={"Location": inner.url})

        hub.answer = inside
        async with desk(tmp_path, clock, site, hub, parser) as house:
            await house.pipeline.settle()
            assert len(hub.asked) == 1
            assert inner.asked == []


async def test_headers_come_before_the_document(tmp_path, clock, site, hub, parser):
    topic = "https://paper.example/feed"
    link = f'<{hub.url}>; rel="hub", <{topic}>; rel=self'
    site.answers["/feed"] = answer(atom(site, "http://127.0.0.1:1/", 1, 0), Link=link)
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        assert hub.form["hub.topic"] == topic


@pytest.mark.parametrize("changed", [{"public_url": None}, {"websub": False}], ids=["no address", "switched off"])
async def test_without_an_address_or_where_it_is_off_nobody_is_asked(tmp_path, clock, site, hub, parser, changed):
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await house.pipeline.settle()
        await subscribed(house, hub)
        assert len(hub.asked) == 1
    await clock.advance(60)
    async with desk(tmp_path, clock, site, hub, parser, **changed) as house:
        assert (await hub.verify()).status in {404, 421}
        assert (await hub.push(atom(site, hub.url, 2))).status in {410, 421}
        await house.pass_time(3700)
        assert len(hub.asked) == 2
        assert hub.form["hub.mode"] == "unsubscribe"
        assert await due(house, site) < 3200, "it is polled as ever"


async def test_a_hub_that_is_busy_holds_up_nobody(tmp_path, clock, site, parser):
    asked, done = asyncio.Semaphore(0), asyncio.Event()

    async def busy(_: dict[str, str]) -> web.Response:
        asked.release()
        await done.wait()
        return web.Response(status=202)

    async with hub_served("127.0.0.2") as hub:
        hub.answer = busy
        site.answers["/feed"] = answer(atom(site, hub.url, 1, 0))
        async with desk(tmp_path, clock, site, hub, parser) as house, asyncio.TaskGroup() as others:
            for _ in range(4):
                others.create_task(house.bot.door.post(hub.url, {}))
            for _ in range(2):
                await asked.acquire()
            try:
                await house.pipeline.settle()
                (waiting,) = await known(house)
                assert (waiting.asked, waiting.due) == (None, clock.now() + timedelta(seconds=3))
            finally:
                done.set()
        assert len(hub.asked) == 4


# ------------------------------------------------------------------------------------------------ how it ends


async def test_a_feed_that_nobody_follows_is_unsubscribed(house, hub):
    await subscribed(house, hub)
    await house.bot.store.commit(*await own_feeds(house.bot, ()))
    await house.pipeline.settle()
    assert hub.form["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in hub.form
    assert (await hub.push("")).status == 410
    told = await hub.verify()
    assert (told.status, told.text) == (200, "c-7<b>")
    assert await known(house) == []


async def test_a_hub_that_has_promised_nothing_needs_no_farewell(house, hub):
    await house.bot.store.commit(*await own_feeds(house.bot, ()))
    await house.pipeline.settle()
    assert len(hub.asked) == 1
    assert await known(house) == []
    assert (await hub.verify()).status == 404


async def test_a_feed_that_its_last_reader_leaves_is_unsubscribed(house, site, hub):
    site.answers["/theirs"] = answer(atom(site, hub.url, 1, 0).replace("/feed", "/theirs"))
    await house.say(f"/feed add {site.url('/theirs')}", READER)
    await house.pipeline.settle()
    assert hub.form["hub.topic"] == site.url("/theirs")
    await subscribed(house, hub)
    await house.say(f"/feed remove {site.url('/theirs')}", READER)
    await house.pipeline.settle()
    assert (hub.form["hub.mode"], hub.form["hub.topic"]) == ("unsubscribe", site.url("/theirs"))


async def test_a_feed_that_comes_back_is_subscribed_anew(house, site, hub):
    await subscribed(house, hub)
    await house.bot.store.commit(*await own_feeds(house.bot, ()))
    await house.pipeline.settle()
    goodbye = hub.form
    await house.bot.store.commit(*await own_feeds(house.bot, (site.url(),)))
    await house.pipeline.settle()
    assert hub.form["hub.mode"] == "subscribe"
    assert hub.form["hub.callback"] != goodbye["hub.callback"]
    assert (await hub.verify()).status == (await hub.verify(goodbye)).status == 200
    assert [each.leaving for each in await known(house)] == [False]


async def test_a_hub_that_does_not_let_go_is_told_a_few_times(house, hub):
    await subscribed(house, hub)
    await house.bot.store.commit(*await own_feeds(house.bot, ()))
    for _ in range(48):
        await house.pass_time(3600)
    assert [form["hub.mode"] for form in hub.asked] == ["subscribe"] + ["unsubscribe"] * 3
    assert await known(house) == []


async def test_a_feed_that_changes_its_hub_is_subscribed_there_and_no_longer_here(house, site, hub, clock):
    await subscribed(house, hub)
    async with hub_served() as other:
        site.answers["/feed"] = answer(atom(site, other.url, 1, 0))
        await house.pass_time(3700)
        kinds = [(each.hub, each.leaving) for each in await known(house)]
        assert sorted(kinds) == sorted([(hub.url, True), (other.url, False)])
        assert hub.form["hub.mode"] == "unsubscribe"
        for _ in range(6):
            await house.pass_time(3600)
        assert [form["hub.mode"] for form in hub.asked] == ["subscribe"] + ["unsubscribe"] * 3
        assert [each.hub for each in await known(house)] == [other.url]


async def test_a_feed_that_has_ended_is_unsubscribed(house, site, hub):
    await subscribed(house, hub)
    site.answers["/feed"] = answer(status=410)
    await hub.push(atom(site, hub.url, 2))
    await house.pass_time(3700)
    assert hub.form["hub.mode"] == "unsubscribe"
    assert (await bot_count(house, Article), await bot_count(house, Push)) == (2, 0)


# ------------------------------------------------------------------------------------------------ how far it counts


async def test_a_feed_is_polled_seldom_only_once_pushes_come(house, site, hub):
    site.answers["/feed"] = answer(atom(site, hub.url, *range(40), minutes=0))
    await subscribed(house, hub)
    await house.pass_time(400)
    assert await due(house, site) < 1000, "it promised, and has shown nothing yet"
    await hub.push(atom(site, hub.url, 41))
    await house.pipeline.settle()
    await house.pass_time(1000)
    assert await due(house, site) > 3200


async def test_a_hub_that_falls_silent_is_doubted_until_it_tells_again(house, site, hub):
    await subscribed(house, hub)
    await hub.push(atom(site, hub.url, 2))
    await house.pass_time(300)
    assert (await known(house))[0].reliable
    site.answers["/feed"] = answer(atom(site, hub.url, 4, 3, 2, 1, 0, minutes=2))
    await house.pass_time(3700)
    assert "Museum opens" in await alerts(house)
    assert not (await known(house))[0].reliable
    assert await due(house, site) < 3200
    await hub.push(atom(site, hub.url, 5))
    await house.pipeline.settle()
    assert (await known(house))[0].reliable


async def test_a_feed_whose_lease_runs_out_is_polled_as_ever(house, site, hub):
    await subscribed(house, hub, lease_seconds="86400")
    await hub.push(atom(site, hub.url, 2))
    for _ in range(23):
        await house.pass_time(3600)
    assert await due(house, site) > 3200, "it is asked for another lease, and has this one"
    for _ in range(2):
        await house.pass_time(3600)
    assert await due(house, site) < 3200
    await subscribed(house, hub)
    await house.pass_time(3600)
    assert await due(house, site) > 3200


async def test_the_list_of_feeds_says_which_are_pushed(house, hub, site):
    await subscribed(house, hub)
    assert "pushed" not in await house.say("/feed list")
    await hub.push(atom(site, hub.url, 2))
    await house.pipeline.settle()
    assert "pushed" in await house.say("/feed list")


async def test_neither_secret_nor_token_is_shown_or_logged(house, site, hub):
    with capture_logs() as logged:
        await subscribed(house, hub)
        await hub.push(atom(site, hub.url, 2))
        await house.pipeline.settle()
        await hub.verify(mode="denied")
        await house.pass_time(90000)
    events = {line["event"] for line in logged}
    assert {"subscribed at a hub", "news from a hub", "hub denies"} <= events
    shown = repr(logged) + repr(await known(house)) + str(await known(house))
    for secret in (hub.form["hub.secret"], re.sub(".*/", "", hub.form["hub.callback"])):
        assert len(secret) > 40
        assert secret not in shown


async def test_the_address_for_hubs_takes_nothing_else(house, hub):
    path = hub.desk + hub.form["hub.callback"].removeprefix(PUBLIC)
    async with ClientSession() as client:
        for method in ("HEAD", "PUT", "DELETE", "PATCH"):
            async with client.request(method, path, headers={"Host": "desk.example"}) as answered:
                assert answered.status == 405
        async with client.get(path, headers={"Host": "rebound.example"}) as answered:
            assert answered.status == 421
