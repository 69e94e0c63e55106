"""How feeds are, as readers and editors see it: the list, one of them by its title, and a look before its time."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from bot.core.errors import UsageError
from bot.core.model import Feed, Poll, Role
from bot.core.ports import Put, Swap
from bot.intake.watch import own_feeds, watched
from bot.outreach import alarm
from bot.outreach.feeds import let_go
from tests.fakes import FakeClock
from tests.flow.house import OPERATOR, House, opened
from tests.flow.site import Site, answer, rss, served

READER = "web:reader"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with served() as site:
        site.answers |= {f"/{name}": answer(rss(2, 1, title=name.title())) for name in ("courier", "herald", "private")}
        yield site


@pytest.fixture
async def house(tmp_path, site: Site) -> AsyncIterator[House]:
    feeds = (site.url("/courier"), site.url("/herald"))
    async with opened(tmp_path, FakeClock(), operators=(OPERATOR,), trusted=(site.host,), feeds=feeds) as house:
        await house.bot.store.commit(*watched(house.bot, site.url("/private")))
        await house.pass_time(1)
        yield house


async def feed(house: House, url: str) -> Feed:
    known = await house.bot.store.get(Feed, url)
    assert known
    return known


async def test_a_feed_is_told_of_by_a_part_of_its_title(house, site):
    await house.pass_time(120)
    said = await house.say("/feed status COUR", READER)
    assert said.splitlines()[0] == "Courier"
    assert site.url("/courier") in said
    assert "fine" in said
    assert "Looked at: 2 minutes ago" in said
    assert "Next look: in " in said
    assert "Last news: 2 minutes ago" in said
    assert "newsroom's own" in said


async def test_a_feed_that_fails_says_why_and_how_often(house, site):
    site.answers["/courier"] = answer(status=503)
    await house.pass_time(24 * 3600)
    await house.pass_time(24 * 3600)
    said = await house.say(f"/feed status {site.url('/courier')}", READER)
    failures = (await feed(house, site.url("/courier"))).failures
    assert failures >= 2
    assert f"{failures} looks in a row have failed" in said
    assert (await house.say("/feed list", READER)).split("\n\n")[1].startswith("• Courier — "), "it comes first"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/feed status er", "2 feeds have that in their titles: Courier ("),
        ("/feed status gazette", 'No feed here goes by "gazette". /feed list'),
        ("/feed status", "WHAT is missing"),
        ("/feed look courier", "Only an editor may do that"),
    ],
)
async def test_what_is_typed_wrong_is_answered_with_what_to_do(house, line, says):
    assert says in await house.say(line, READER)


async def test_a_feed_that_others_follow_is_no_reader_s_business(house, site):
    url = site.url("/private")
    assert "No feed here" in await house.say("/feed status private", READER)
    assert "No feed here" in await house.say(f"/feed status {url}", READER)
    assert (await house.say("/feed status private", OPERATOR)).startswith("Private")
    await house.say(f"/feed add {url}", READER)
    assert (await house.say("/feed status private", READER)).startswith("Private")


async def test_an_editor_has_a_feed_looked_at_before_its_time(house, site):
    await house.say(f"/grant web:night-desk {Role.EDITOR.name.lower()}", OPERATOR)
    site.answers["/courier"] = answer(rss(3, 2, 1, title="Courier"))
    await house.pass_time(30)
    asked = site.paths.count("/courier")
    await house.say("/feed status courier", "web:night-desk")
    assert "Courier is being looked at" in await house.press("Look now", "web:night-desk")
    await house.pass_time(1)
    assert site.paths.count("/courier") == asked + 1
    assert (await feed(house, site.url("/courier"))).fresh == house.clock.now()


async def test_a_look_tries_again_what_was_put_aside_and_what_had_ended(house, site):
    courier = await feed(house, site.url("/courier"))
    job = await house.bot.store.get(Poll, courier.id)
    gone = replace(courier, ended=True, problem="error.feed_gone", quarantine="ab" * 32, quarantined=house.clock.now())
    await house.bot.store.commit(Put(gone), Put(job.rearmed(None)))
    await house.say("/feed look courier")
    await house.pass_time(1)
    after = await feed(house, courier.id)
    assert (after.ended, after.problem, after.quarantine) == (False, "", "")
    assert after.polled == house.clock.now()


async def test_a_long_list_shows_those_with_a_problem_and_says_how_many_there_are(house):
    many = [Feed(id=f"https://p{n}.example/feed", title=f"Paper {n}", own=True) for n in range(60)]
    many.append(Feed(id="https://z.example/feed", title="Zeitung", own=True, problem="error.unreachable"))
    await house.bot.store.commit(*map(Put, many))
    said = await house.say("/feed list", READER)
    assert said.split("\n\n")[1].startswith("• Zeitung — ")
    assert said.endswith("And 23 more. /feed status TITLE tells of one.")


async def test_an_operator_adds_a_feed_to_the_newsroom_s_by_its_site_and_lets_go_of_it(house, site):
    link = '<link rel=alternate type=application/rss+xml title="{}" href={}>'
    site.answers["/"] = answer(link.format("News", "/gazette") + link.format("Sport", "/sport"), "text/html")
    site.answers["/gazette"] = answer(rss(2, 1, title="Gazette"))
    url = site.url("/gazette")
    assert "several feeds" in await house.say(f"/feed own {site.url('/')}")
    assert "Gazette is one of the newsroom's own" in await house.press("Follow News")
    await house.pass_time(1)
    gazette = await feed(house, url)
    assert (gazette.own, gazette.kept, bool(gazette.polled)) == (True, True, True)
    await house.bot.store.commit(*await own_feeds(house.bot, [site.url("/courier"), site.url("/herald")]))
    assert (await feed(house, url)).own, "also over a restart"
    assert "none of the newsroom's own feeds any more" in await house.say("/feed disown gazette")
    assert await house.bot.store.get(Feed, url) is None
    assert await house.bot.store.get(Poll, url) is None


async def test_chats_keep_a_feed_that_the_newsroom_lets_go_of_and_its_alarm_ends(house, site):
    url = site.url("/private")
    await house.say(f"/feed add {url}", READER)
    await house.say(f"/feed own {url}")
    assert (await feed(house, url)).own
    site.answers["/private"] = answer(status=410)
    await house.pass_time(24 * 3600)
    assert [known.id for known in await alarm.standing(house.bot.store)] == [f"feed:{url}"]
    await house.say("/feed disown private")
    assert not (await feed(house, url)).own
    assert await alarm.standing(house.bot.store) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/feed disown private", "none of the newsroom's own feeds."),
        ("/feed own https://nowhere.invalid/feed", "nowhere.invalid"),
        ("/feed own", "URL is missing"),
    ],
)
async def test_an_operator_who_errs_hears_what_to_do(house, line, says):
    assert says in await house.say(line)


async def test_a_feed_of_the_settings_is_let_go_of_there(house, site):
    courier = await feed(house, site.url("/courier"))
    settings = house.bot.settings.model_copy(update={"feeds": (courier.id,)})
    with pytest.raises(UsageError) as refused:
        await let_go(dataclasses.replace(house.bot, settings=settings), courier)
    assert refused.value.message_key == "feeds.in_settings"


async def test_a_feed_that_has_moved_without_a_word_keeps_its_followers_and_its_past(house, site):
    url = site.url("/courier")
    await house.say(f"/feed add {url}", READER)
    await house.pass_time(1)
    told = len(await house.texts(READER))
    site.answers["/courier"] = answer(status=404)
    site.answers["/new"] = answer(rss(3, 2, 1, title="Courier"))
    await house.pass_time(24 * 3600)
    assert "From now on Courier is read at" in await house.say(f"/feed move courier {site.url('/new')}")
    await house.pass_time(1)
    assert len(await house.texts(READER)) == told + 1, "the third article, and none of the two before"
    site.answers["/new"] = answer(status=503)
    for _ in range(4):
        await house.pass_time(24 * 3600)
    known = await feed(house, url)
    assert known.failures >= 4
    assert known.address == site.url("/new"), "what an operator said is believed"


async def test_a_feed_is_not_moved_to_where_another_is(house, site):
    assert "followed here already: Herald" in await house.say(f"/feed move courier {site.url('/herald')}")
    assert (await feed(house, site.url("/courier"))).address == ""


async def test_a_feed_that_has_moved_is_owned_as_the_one_it_is_and_stays_in_its_folder(house, site):
    url = site.url("/private")
    site.answers["/new"] = answer(rss(2, 1, title="Private"))
    await house.say(f"/feed move {url} {site.url('/new')}")
    await house.say(f"/feed own {site.url('/new')}")
    assert await house.bot.store.get(Feed, site.url("/new")) is None
    known = await feed(house, url)
    assert (known.own, known.address) == (True, site.url("/new"))
    await house.bot.store.commit(Swap(known, replace(known, folder=("Local",))))
    site.answers["/"] = answer("<link rel=alternate type=application/rss+xml href=/new>", "text/html")
    await house.say(f"/feed own {site.url('/')}")
    assert (await feed(house, url)).folder == ("Local",)
