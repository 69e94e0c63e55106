"""The desk: what editors see of feeds and alerts, and a breaking story that takes the one path there is."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html
from msgspec.structs import replace

from bot.core.model import (
    INTAKE,
    Act,
    Alert,
    Audience,
    Chat,
    Delivery,
    Feed,
    Outcome,
    Poll,
    Revision,
    Role,
    Severity,
    State,
)
from bot.core.ports import Put
from bot.core.update import Update
from bot.intake.fetch import GuardedDoor
from bot.outreach.report import Report, Tally
from tests.fakes import START
from tests.flow.web import Browser, Running, running


@pytest.fixture
async def served(tmp_path: Path):
    async with running(tmp_path) as served:
        yield served


@pytest.fixture
async def editor(served: Running):
    async with Browser(served.address) as browser:
        await browser.sign_in(await served.adapter.sign_in_link("web:night-desk", Role.EDITOR))
        yield browser


def ago(**time: float):
    return START - timedelta(**time)


def alert(id: str, severity: Severity, state: State, headline: str) -> Alert:
    return Alert(
        id=id,
        severity=severity,
        state=state,
        author="web:night-desk",
        audience=Audience(everyone=True),
        revisions=(Revision(headline=headline),),
        log=(Act(at=ago(minutes=4), by="web:night-desk", did="drafted"),),
    )


def rows(browser: Browser, kind: str) -> list[str]:
    return [" ".join(row.text_content().split()) for row in html.fromstring(browser.html).find_class(kind)]


async def test_an_editor_sees_what_waits_first_and_then_how_the_last_alerts_stand(served: Running, editor: Browser):
    outcomes = [Outcome.TOLD] * 3 + [Outcome.FAILED, Outcome.PENDING]
    deliveries = [
        Delivery(
            id=f"a2:web:{number}",
            lane="web",
            due=None,
            about="a2",
            chat=Chat("web", f"{number}"),
            outcome=outcome,
            shown=int(outcome is Outcome.TOLD),
        )
        for number, outcome in enumerate(outcomes)
    ]
    later = alert("a4", Severity.URGENT, State.SCHEDULED, "Council votes")
    sooner = alert("a5", Severity.URGENT, State.SCHEDULED, "Polls close")
    await served.store.commit(
        Put(alert("a1", Severity.ROUTINE, State.DRAFT, "Library opens")),
        Put(alert("a2", Severity.FLASH, State.RELEASED, "<b>Bridge</b> closed")),
        Put(replace(alert("a3", Severity.FLASH, State.RELEASED, "A notice under its copies"), notices="a2")),
        Put(replace(later, due=ago(hours=-9))),
        Put(replace(sooner, due=ago(hours=-8))),
        Put(replace(alert("a6", Severity.FLASH, State.RELEASED, "Fire spreads"), held=True)),
        Put(replace(alert("a7", Severity.FLASH, State.SCHEDULED, "Dam breaks"), held=True, due=ago(hours=-1))),
        Put(alert("a8", Severity.ROUTINE, State.WITHDRAWN, "Nothing happened")),
        Put(alert("a9", Severity.ROUTINE, State.REJECTED, "Not worth it")),
        *map(Put, deliveries),
    )
    await editor.open("/desk")
    headings = [heading.text_content() for heading in html.fromstring(editor.html).iter("h2")]
    assert headings[2:] == [
        "On the wire",
        "Drafts that wait for approval",
        "Scheduled",
        "Held",
        "Latest alerts",
        "Feeds",
    ]
    assert rows(editor, "alert") == [
        "Routine Library opens by web:night-desk 4 minutes ago",
        "Urgent Polls close Mar 2, 17:00 UTC 4 minutes ago",
        "Urgent Council votes Mar 2, 18:00 UTC 4 minutes ago",
        "Flash Dam breaks Scheduled Mar 2, 10:00 UTC 4 minutes ago",
        "Flash Fire spreads Released 4 minutes ago",
        "Routine Nothing happened Withdrawn 4 minutes ago",
        "Flash <b>Bridge</b> closed 3 of 5 told 1 on the way 1 failed 4 minutes ago",
    ]
    links = [link.get("href") for link in html.fromstring(editor.html).find_class("headline")]
    assert links == [f"/desk/alerts/{id}" for id in ("a1", "a5", "a4", "a7", "a6", "a8", "a2")]


async def test_what_is_left_of_an_archived_alert_is_counted_from_what_was_kept(served: Running, editor: Browser):
    kept = Report(id="a1", audience=Tally(chats=9, told=7, gone=2), copies=Tally(), notices=Tally())
    await served.store.commit(
        Put(replace(alert("a1", Severity.FLASH, State.RELEASED, "Long ago"), archived=True)), Put(kept)
    )
    await editor.open("/desk")
    assert rows(editor, "alert") == ["Flash Long ago 7 of 9 told 2 gone 4 minutes ago"]


async def test_an_editor_sees_the_feeds_those_with_a_problem_first(served: Running, editor: Browser):
    await served.store.commit(
        Put(Feed(id="https://a.example/feed", title="Courier", polled=ago(seconds=40), fresh=ago(hours=5))),
        Put(Feed(id="https://b.example/feed", problem="error.unreachable", polled=ago(minutes=10))),
        Put(Feed(id="https://c.example/feed", title="Zeitung", problem="error.forbidden_port")),
        Put(Feed(id="javascript:alert(1)", title="Odd")),
    )
    await editor.open("/desk")
    first, second, third, odd = rows(editor, "feed")
    assert first.startswith("https://b.example/feed Looked at 10 minutes ago Last new never That page does not answer.")
    assert second.startswith("Zeitung https://c.example/feed Looked at never")
    assert third == "Courier https://a.example/feed Looked at 40 seconds ago Last new 5 hours ago"
    assert odd.startswith("Odd Looked at never")
    assert "javascript:" not in editor.html


async def test_feeds_with_a_problem_stand_on_the_board_however_many_feeds_there_are(served: Running, editor: Browser):
    await served.store.commit(*(Put(Feed(id=f"https://p{n}.example/feed", title=f"Paper {n}")) for n in range(120)))
    await served.store.commit(Put(Feed(id="https://z.example/feed", title="Zeitung", problem="error.unreachable")))
    await editor.open("/desk")
    shown = rows(editor, "feed")
    assert shown[0].startswith("Zeitung")
    assert len(shown) == 20
    assert "121 feeds, 1 with a problem" in " ".join(editor.html.split())
    ill = (Feed(id=f"https://q{n}.example/feed", title=f"Q {n}", problem="error.unreachable") for n in range(30))
    await served.store.commit(*map(Put, ill))
    await editor.open("/desk")
    assert len(rows(editor, "feed")) == len(rows(editor, "failing")) == 20


async def test_an_editor_pages_through_all_feeds_and_finds_one(served: Running, editor: Browser):
    await served.store.commit(*(Put(Feed(id=f"https://p{n:03}.example/feed", title=f"Paper {n}")) for n in range(120)))
    await served.store.commit(Put(Feed(id="https://z.example/feed", title="Zeitung", problem="error.unreachable")))
    await editor.open("/desk/feeds/all")
    first = rows(editor, "feed")
    (further,) = [link.get("href") for link in html.fromstring(editor.html).iter("a") if "after=" in link.get("href")]
    await editor.open(f"/desk/feeds/all{further}")
    second = rows(editor, "feed")
    assert (len(first), len(second)) == (100, 21)
    assert not set(first) & set(second)
    await editor.open("/desk/feeds/all?q=PAPER+11")
    assert [row.split(" https")[0] for row in rows(editor, "feed")] == [
        "Paper 11",
        *(f"Paper 11{n}" for n in range(10)),
    ]
    await editor.open("/desk/feeds/all?ill=on")
    assert [row.split(" https")[0] for row in rows(editor, "feed")] == ["Zeitung"]
    await editor.open("/desk/feeds/all?q=gazette")
    assert "No feed is like that." in editor.html


async def test_an_editor_has_a_feed_looked_at_now(served: Running, editor: Browser):
    feed = Feed(id="https://a.example/feed", title="<Courier>", ended=True)
    await served.store.commit(Put(feed), Put(Poll(id=feed.id, lane=INTAKE, due=None)))
    await editor.open("/desk/feeds/all")
    answer = await editor.post("/desk/feeds/all", act="look", feed=feed.id)
    assert answer.status == 200
    assert "&lt;Courier&gt; is being looked at." in editor.html
    assert (await served.store.get(Poll, feed.id)).due == served.clock.now()
    assert not (await served.store.get(Feed, feed.id)).ended
    answer = await editor.post("/desk/feeds/all", act="look", feed="https://nobody.example/feed")
    assert answer.status == 404
    assert "No feed here goes by" in editor.html


async def test_an_operator_says_at_the_desk_which_feeds_are_the_newsroom_s(served: Running, editor: Browser):
    feed = Feed(id="https://a.example/feed", title="Courier")
    await served.store.commit(Put(feed), Put(Poll(id=feed.id, lane=INTAKE, due=None)))
    site = served.adapter._site
    door = GuardedDoor(site.settings, served.clock)
    site.open(dataclasses.replace(site.bot, door=door))
    await editor.open("/desk/feeds/all")
    assert (await editor.post("/desk/feeds/all", act="own", feed=feed.id)).status == 403
    assert (await editor.post("/desk/feeds/all", act="sell", feed=feed.id)).status == 422
    async with Browser(served.address) as operator:
        await operator.sign_in(await served.adapter.sign_in_link())
        await operator.open("/desk/feeds/all")
        await operator.post("/desk/feeds/all", act="own", feed="a.example/feed")
        assert "Courier is one of the newsroom's own feeds now" in html.fromstring(operator.html).text_content()
        assert (await served.store.get(Feed, feed.id)).kept
        await operator.post("/desk/feeds/all", act="disown", feed=feed.id)
        assert await served.store.get(Feed, feed.id) is None
        assert (await operator.post("/desk/feeds/all", act="own", feed="http://10.0.0.1/feed")).status == 422
        assert "10.0.0.1" in operator.html
    await door.close()


async def test_the_board_can_be_looked_at_alone_and_speaks_the_editor_s_language(served: Running):
    await served.store.commit(Put(alert("a1", Severity.URGENT, State.WITHDRAWN, "Sturm")))
    async with Browser(served.address, {"Accept-Language": "de"}) as editor:
        await editor.sign_in(await served.adapter.sign_in_link())
        await editor.open("/desk/board")
    assert "<html" not in editor.html
    assert "Zurückgezogen" in editor.html
    assert "vor 4 Minuten" in editor.html


async def test_a_breaking_story_is_the_command_that_could_have_been_typed(served: Running, editor: Browser):
    await editor.open("/desk")
    answer = await editor.post(
        "/desk/compose",
        severity="flash",
        headline=" Bridge  closed\r\n",
        text="Police ask for patience.\r\n\r\nNobody was hurt.",
        url="https://courier.example/bridge?a=1&b=2",
    )
    assert answer.url.path == "/desk"
    await editor.reads("echo /breaking")
    [update] = served.handled
    assert (update.person, update.chat) == ("web:night-desk", Chat("web", "night-desk"))
    assert update.line == (
        "/breaking FLASH https://courier.example/bridge?a=1&b=2 Bridge closed\n"
        "Police ask for patience.\n\nNobody was hurt."
    )
    assert editor.posts[0] == update.line


async def test_a_story_with_a_headline_alone_needs_no_more(served: Running, editor: Browser):
    await editor.open("/desk")
    answer = await editor.post(
        "/desk/compose", severity="routine", headline="Library opens", text="", url="", script=True
    )
    assert answer.status == 200
    await editor.reads("echo")
    assert served.handled[0].line == "/breaking ROUTINE Library opens"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"severity": "loud", "headline": "x"}, "Please choose flash, urgent or routine."),
        ({"severity": "flash", "headline": " \n "}, "The story needs a headline."),
        ({"severity": "flash", "headline": "x", "url": "javascript:alert(1)"}, "begins with http://"),
        ({"severity": "flash", "headline": "x", "url": "https://a.example/ https://b.example/"}, "begins with http://"),
        ({"severity": "flash", "headline": "x", "text": "y" * 4000}, "at most 4000"),
    ],
)
async def test_a_story_that_can_not_be_taken_says_why_and_keeps_what_was_written(
    served: Running, editor: Browser, fields: dict[str, str], problem: str
):
    await editor.open("/desk")
    answer = await editor.post("/desk/compose", **{"text": "my <text>", **fields})
    assert answer.status == 422
    assert problem in editor.html
    assert fields.get("text", "my &lt;text&gt;") + "</textarea>" in editor.html
    assert await served.count(Update) == 0


async def test_a_story_sent_twice_is_taken_once(served: Running, editor: Browser):
    await editor.open("/desk")
    for _ in range(2):
        await editor.post("/desk/compose", severity="flash", headline="x", key="k" * 43, script=True)
    await editor.reads("echo")
    assert await served.count(Update) == 1


async def test_readers_can_not_post_a_breaking_story(served: Running):
    async with Browser(served.address) as reader:
        await reader.open()
        assert (await reader.post("/desk/compose", severity="flash", headline="x", script=True)).status == 401
        await reader.open()
        await reader.say("hello")
        assert (await reader.post("/desk/compose", severity="flash", headline="x", script=True)).status == 403
    assert [update.line for update in await served.store.find(Update)] == ["hello"]
