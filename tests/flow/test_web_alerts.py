"""An alert's page at the desk: what it shows, what can be done there, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html
from msgspec.structs import replace

from adapters.telegram.adapter import TelegramAdapter
from bot.core.i18n import translator
from bot.core.model import Act, Alert, Audience, Chat, Revision, Role, Severity, State, Subscriber
from bot.core.ports import Put
from bot.core.update import Update
from bot.outreach.compose import alert_message
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened
from tests.flow.web import Browser

EDITOR = "web:night-desk"
READERS = [f"web:reader{number}" for number in range(3)]
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> & \u202eevil'
FORMS = {
    State.DRAFT: {"approve", "test", "schedule", "embargo", "uncertain", "reject"},
    State.SCHEDULED: {"undo", "release", "hold", "test", "schedule", "embargo", "uncertain"},
    State.RELEASED: {"hold", "test", "update", "correct", "refile", "uncertain", "retract"},
    State.WITHDRAWN: set(),
    State.REJECTED: set(),
}
WRITTEN = {"time", "note", "headline", "text", "url"}
"""Fields that people write in."""


@dataclass
class Desk:
    """The whole house behind its own server, and an editor's browser signed in to it."""

    house: House
    browser: Browser

    async def compose(self, headline: str = "Harbour bridge closed", **fields: str) -> str:
        """Write a story at the desk, open its page and return its id."""
        await self.browser.open("/desk")
        story = {"severity": "urgent", "headline": headline, "text": "", "url": "", **fields}
        await self.browser.post("/desk/compose", **story)
        (alert,) = await self.house.bot.store.find(Alert, {"state": State.DRAFT}, newest=True, limit=1)
        await self.browser.open(f"/desk/alerts/{alert.id}")
        return alert.id

    async def act(self, id: str, act: str, **fields: str) -> str:
        """Fill a form of the page and return the answer that the page then shows in the chat."""
        answer = await self.browser.post(f"/desk/alerts/{id}", act=act, **fields)
        assert (answer.status, answer.url.path) == (200, f"/desk/alerts/{id}")
        return self.browser.posts_in_chat[-1]

    async def kept(self, id: str) -> Alert:
        return await self.house.bot.store.get(Alert, id)

    async def put(self, state: State, **changed: object) -> str:
        """Keep an alert in a state, and open its page."""
        alert = Alert(
            id="a1",
            severity=Severity.FLASH,
            state=state,
            author=EDITOR,
            audience=Audience(everyone=True),
            revisions=(Revision(headline="Harbour bridge closed"),),
            log=(Act(at=START, by=EDITOR, did="drafted"),),
            released=START if state in {State.RELEASED, State.WITHDRAWN} else None,
            addressed=True,
        )
        await self.house.bot.store.commit(Put(replace(alert, **changed)))
        await self.browser.open("/desk/alerts/a1")
        return "a1"

    async def state(self) -> str:
        """Everything that is kept, but what the sessions note."""
        return "".join([str(fields) async for name, fields in self.house.bot.store.dump() if name != "Session"])


class DeskBrowser(Browser):
    """A browser that reads an alert's page."""

    def all(self, path: str) -> list[html.HtmlElement]:
        """The elements that an XPath finds."""
        return html.fromstring(self.html).xpath(path)

    def text(self, path: str) -> str:
        """What stands in the first element that an XPath finds."""
        found = self.all(path)
        assert found, f"no {path} on the page"
        return " ".join(" ".join(found[0].itertext()).split())

    def part(self, name: str) -> str:
        return self.text(f'//*[@data-part="{name}"]')

    @property
    def standing(self) -> str:
        return self.text('//*[@class="standing"]')

    @property
    def acts(self) -> set[str]:
        """What can be done on the page."""
        return set(self.all('//button[@name="act"]/@value'))

    @property
    def posts_in_chat(self) -> list[str]:
        return [words.text_content().strip() for words in self.all('//article//*[@class="words"]')]

    @property
    def scripts(self) -> list[html.HtmlElement]:
        """What on the page could run, and what nobody put there."""
        return self.all("//body//script | //img | //@onerror")

    def form(self, act: str) -> html.FormElement:
        """The form that has the button."""
        (button,) = self.all(f'//button[@name="act"][@value="{act}"]')
        return next(button.iterancestors("form"))

    def filled(self, act: str, name: str) -> str:
        """What stands in a field of that form; a browser leaves out a textarea's first line break."""
        return self.form(act).fields[name] or ""


@asynccontextmanager
async def desk(folder: Path, headers: dict[str, str] | None = None, **changed: object) -> AsyncIterator[Desk]:
    async with opened(folder, FakeClock(), web_port=0, **changed) as house:
        adapter = house.bot.adapters["web"]
        adapter.bind()
        served = asyncio.create_task(adapter.run(house.dispatch))
        try:
            for reader in READERS:
                chat = Subscriber(id=reader, chat=Chat.parse(reader), since=START, topics=("*",))
                await house.bot.store.commit(Put(chat))
            async with DeskBrowser(f"http://127.0.0.1:{adapter.port}", headers) as browser:
                await browser.open()
                await browser.sign_in(await adapter.sign_in_link(EDITOR, Role.EDITOR))
                yield Desk(house, browser)
        finally:
            served.cancel()
            with suppress(asyncio.CancelledError):
                await served


@pytest.fixture
async def at_desk(tmp_path: Path):
    async with desk(tmp_path, undo_seconds=0) as at_desk:
        yield at_desk


# ------------------------------------------------------------------------------------------------ what is shown


async def test_a_draft_s_page_shows_what_every_chat_will_see_and_who_wrote_it(at_desk: Desk):
    await at_desk.compose("Harbour bridge closed", text="Police ask for patience.", url="https://courier.example/a")
    page = at_desk.browser
    assert (
        page.part("copy") == "What every chat will see URGENT: Harbour bridge closed Police ask for patience. Read on"
    )
    assert "Written by web:night-desk; waits for approval." in page.standing
    assert page.text('//button[@value="approve"]') == "Send to 3 chats"
    assert "Mar 2, 09:00 UTC Drafted by web:night-desk" in page.part("log")


@pytest.mark.parametrize("state", State)
async def test_a_form_stands_there_for_all_that_the_state_allows_and_for_nothing_else(at_desk: Desk, state: State):
    await at_desk.put(state)
    assert at_desk.browser.acts == FORMS[state]


async def test_what_is_held_can_be_released_what_was_ordered_called_back_what_is_archived_not_changed(at_desk: Desk):
    await at_desk.put(State.RELEASED, held=True)
    assert at_desk.browser.acts == FORMS[State.RELEASED] - {"hold"} | {"release"}
    await at_desk.put(State.RELEASED, archived=True)
    assert at_desk.browser.acts == FORMS[State.RELEASED] - {"correct", "refile", "retract"}
    id = await at_desk.put(State.RELEASED)
    await at_desk.act(id, "retract", why="It was a drill")
    assert at_desk.browser.acts == FORMS[State.RELEASED] | {"undo"}
    assert "What it will be changed to WITHDRAWN 09:00 UTC It was a drill" in at_desk.browser.part("copy")


async def test_the_previews_are_what_each_platform_would_be_sent_and_nothing_of_them_is_markup(tmp_path: Path):
    async with desk(tmp_path, platforms=[TelegramAdapter], telegram_token="1:a", telegram_rate=30) as at_desk:
        for number in range(90):
            chat = Chat("telegram", f"{number}")
            follower = Subscriber(id=str(chat), chat=chat, since=START, topics=("*",))
            await at_desk.house.bot.store.commit(Put(follower))
        id = await at_desk.compose(HOSTILE, text=f"{HOSTILE}\n\n{'Long. ' * 400}")
        page, bot = at_desk.browser, at_desk.house.bot
        whole = alert_message(await at_desk.kept(id), translator("en"), bot.settings.zone)
        shown = {
            platform.find("h3").text: platform.find(".//pre").text for platform in page.all('//*[@class="platform"]')
        }
        assert shown == {
            "Web": bot.adapters["web"].preview(whole).text,
            "Telegram": bot.adapters["telegram"].preview(whole).text,
        }
        assert "&lt;script&gt;" in shown["Telegram"]
        assert page.html.count("<script") == 1, "our own"
        assert page.scripts == []
        assert "90 chats, in about 3 s." in page.part("platforms")


async def test_the_log_tells_times_in_the_newsroom_s_zone_and_the_editor_s_language(tmp_path: Path):
    async with desk(tmp_path, {"Accept-Language": "de"}, time_zone="Europe/Berlin") as at_desk:
        id = await at_desk.compose()
        await at_desk.act(id, "embargo", time="11:15")
        await at_desk.act(id, "schedule", time="morgen 7:00")
        await at_desk.act(id, "uncertain", choice="skip")
        log = at_desk.browser.part("log")
        assert "2. März, 10:00 CET Entworfen von web:night-desk" in log
        assert "Gesperrt bis: 2. März, 11:15 CET" in log
        assert "Zeitpunkt gesetzt: 3. März, 07:00 CET" in log
        assert "Ungewisse Zustellungen: den Chat aufführen: niemand erhält sie doppelt" in log
        assert "Gesperrt bis 02.03. 11:15 CET. Geht am 03.03. 07:00 CET hinaus." in at_desk.browser.standing
        assert "UTC" not in at_desk.browser.html


async def test_an_update_and_its_alert_lead_to_each_other(at_desk: Desk):
    first = await at_desk.put(State.RELEASED)
    await at_desk.act(first, "update", severity="routine", headline="Bridge open again", text="", url="")
    (second,) = await at_desk.house.bot.store.find(Alert, {"follows": first})
    assert at_desk.browser.part("stories") == "The same story An update under it Bridge open again"
    assert at_desk.browser.all('//*[@data-part="stories"]//a/@href') == [f"/desk/alerts/{second.id}"]
    await at_desk.browser.open(f"/desk/alerts/{second.id}")
    assert at_desk.browser.part("stories") == "The same story It goes under this alert Harbour bridge closed"
    assert "UPDATE: Bridge open again" in at_desk.browser.part("copy")


async def test_who_has_to_be_looked_over_is_told_so_in_place_of_the_button(tmp_path: Path):
    async with desk(tmp_path, second_editor=True) as at_desk:
        await at_desk.compose()
        assert "approve" not in at_desk.browser.acts
        assert "Another editor has to approve this alert" in at_desk.browser.part("acts")
        await at_desk.put(State.DRAFT, author="web:day-desk")
        assert "approve" in at_desk.browser.acts


async def test_the_part_that_moves_is_sent_again_only_when_it_says_something_else(at_desk: Desk):
    id = await at_desk.compose()
    browser, path = at_desk.browser, f"/desk/alerts/{id}/standing"
    version, mark = browser.attribute("data-version"), browser.attribute("data-mark")
    assert (await browser.open(f"{path}?seen={mark}")).status == 204
    await browser.open(f"/desk/alerts/{id}")
    await at_desk.act(id, "approve")
    assert (await browser.open(f"{path}?seen={mark}")).status == 200
    assert "<html" not in browser.html
    assert browser.attribute("data-version") != version, "the page has to show other forms"
    version, mark = browser.attribute("data-version"), browser.attribute("data-mark")
    lanes = {(lane.kind.__name__, lane.name): lane for lane in at_desk.house.pipeline.lanes}
    await lanes["FanOut", "outbox"].turn(at_desk.house.bot)
    await lanes["FanOut", "outbox"].turn(at_desk.house.bot)
    await browser.open(f"{path}?seen={mark}")
    assert "data-busy" in browser.html
    assert browser.text('//*[@class="bar"]') == "0 of 3 told"
    assert browser.text('//*[@class="hint tally"]') == "3 on the way"
    version, mark = browser.attribute("data-version"), browser.attribute("data-mark")
    await at_desk.house.pipeline.settle()
    await browser.open(f"{path}?seen={mark}")
    assert "data-busy" not in browser.html
    assert browser.text('//*[@class="bar"]') == "3 of 3 told"
    assert browser.attribute("data-version") == version, "the forms stay as they are"
    assert (await browser.open(f"{path}?seen={browser.attribute('data-mark')}")).status == 204


# ------------------------------------------------------------------------------------------------ what is done


@pytest.mark.parametrize(
    ("state", "act", "fields", "line"),
    [
        (State.DRAFT, "approve", {}, "/approve a1"),
        (State.DRAFT, "reject", {}, "/reject a1"),
        (State.DRAFT, "test", {}, "/test a1"),
        (State.DRAFT, "schedule", {"time": " tomorrow\r\n7:00 "}, "/schedule a1 tomorrow 7:00"),
        (State.DRAFT, "embargo", {"time": "18:30"}, "/embargo a1 18:30"),
        (State.DRAFT, "uncertain", {"choice": "skip"}, "/uncertain a1 skip"),
        (State.SCHEDULED, "undo", {}, "/undo a1"),
        (State.SCHEDULED, "hold", {}, "/hold a1"),
        (State.SCHEDULED, "release", {}, "/release a1"),
        (State.RELEASED, "retract", {"why": "It was\na drill"}, "/retract a1 It was a drill"),
        (State.RELEASED, "retract", {"why": ""}, "/retract a1"),
        (
            State.RELEASED,
            "update",
            {"severity": "flash", "headline": "Open", "text": "At last.\r\n\r\nYes.", "url": "https://a.example/b"},
            "/update a1 FLASH https://a.example/b Open\nAt last.\n\nYes.",
        ),
        (
            State.RELEASED,
            "correct",
            {"note": "It was\ntwo", "headline": "Two hurt", "text": "In all.", "url": "https://a.example/b"},
            "/correct a1 It was two\nhttps://a.example/b Two hurt\nIn all.",
        ),
        (
            State.RELEASED,
            "refile",
            {"note": "A letter", "headline": "Two hurt", "text": "", "url": ""},
            "/refile a1 A letter\n-link Two hurt",
        ),
    ],
)
async def test_a_form_is_the_command_that_could_have_been_typed(
    at_desk: Desk, state: State, act: str, fields: dict[str, str], line: str
):
    id = await at_desk.put(state, due=START if state is State.SCHEDULED else None)
    await at_desk.act(id, act, **fields)
    (said,) = [post for post in await at_desk.house.posts(EDITOR) if post.author]
    assert said.message.plain == line


async def test_a_story_goes_its_whole_way_from_its_page(at_desk: Desk):
    page, house = at_desk.browser, at_desk.house
    id = await at_desk.compose("Five hurt in the fire")
    assert "Goes out at 02.03. 18:30 UTC" in await at_desk.act(id, "schedule", time="18:30")
    assert (await at_desk.kept(id)).state is State.SCHEDULED
    await at_desk.act(id, "hold")
    assert "Held: nothing more goes out" in page.standing
    await at_desk.act(id, "release")
    await at_desk.act(id, "release")
    await house.pipeline.settle()
    assert [await house.texts(reader) for reader in READERS] == [["URGENT: Five hurt in the fire"]] * 3
    await page.open(f"/desk/alerts/{id}")
    assert "3 of 3 told Told 3 of 3 chats" in page.standing
    assert (page.filled("correct", "headline"), page.filled("correct", "note")) == ("Five hurt in the fire", "")
    fields = {"note": "It was two.", "headline": "Two hurt in the fire", "text": "", "url": ""}
    assert "On its way to 3 chats" in await at_desk.act(id, "correct", **fields)
    await house.pipeline.settle()
    assert (await house.texts(READERS[0]))[0] == "URGENT: Two hurt in the fire\n\nCORRECTED 09:00 UTC: It was two."
    await page.open(f"/desk/alerts/{id}")
    assert "The correction stands in 3 of 3 copies" in page.standing
    assert "Corrected: It was two. by web:night-desk" in page.part("log")


async def test_the_answer_stands_on_the_page_one_is_sent_back_to(at_desk: Desk):
    id = await at_desk.put(State.DRAFT)
    answer = await at_desk.browser.post(f"/desk/alerts/{id}", act="schedule", time="half past soon")
    assert "is no time" in at_desk.browser.posts_in_chat[-1]
    newest = at_desk.browser.all("//article/@id")[-1]
    place = answer.history[-1].headers["Location"].partition("#")[2]
    assert unquote(place) == newest


async def test_a_line_in_the_chat_beside_it_comes_back_to_the_page(at_desk: Desk):
    id = await at_desk.put(State.DRAFT)
    answer = await at_desk.browser.say("/alerts", back=f"/desk/alerts/{id}")
    assert answer.url.path == f"/desk/alerts/{id}"
    for elsewhere in ("//evil.example", "/desk/alerts/../x", "/desk/alerts/a1\r\nX: y", "https://evil.example/desk"):
        assert (await at_desk.browser.say("/alerts", back=elsewhere)).url.path == "/"


async def test_a_form_sent_twice_is_taken_once(at_desk: Desk):
    id = await at_desk.put(State.DRAFT)
    for _ in range(2):
        await at_desk.browser.post(f"/desk/alerts/{id}", act="approve", key="k" * 43, script=True)
    await at_desk.browser.reads("/approve a1")
    assert len(await at_desk.house.bot.store.find(Update)) == 1


async def test_looking_changes_nothing(at_desk: Desk):
    id = await at_desk.put(State.DRAFT)
    before = await at_desk.state()
    for query in ("", "?act=approve", "?act=reject&key=x", "/standing", "/standing?seen=x&act=approve"):
        assert (await at_desk.browser.open(f"/desk/alerts/{id}{query}")).status == 200
    assert await at_desk.state() == before


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("state", "fields", "problem"),
    [
        (State.DRAFT, {"act": "schedule", "time": " "}, "Say when"),
        (State.DRAFT, {"act": "uncertain", "choice": "perhaps"}, "choose one of the two"),
        (State.DRAFT, {"act": "grant web:evil operator"}, "no such order"),
        (State.DRAFT, {}, "no such order"),
        (State.RELEASED, {"act": "correct", "note": " ", "headline": "Two hurt"}, "Say what was wrong"),
        (State.RELEASED, {"act": "correct", "note": "Two", "headline": " \n"}, "needs a headline"),
        (State.RELEASED, {"act": "refile", "note": "Two", "headline": "x", "url": "javascript:alert(1)"}, "http://"),
        (State.RELEASED, {"act": "update", "severity": "loud", "headline": "x"}, "choose flash, urgent or routine"),
        (State.RELEASED, {"act": "update", "severity": "flash", "headline": "x", "text": "y" * 4000}, "at most 4000"),
    ],
)
async def test_a_form_that_can_not_be_taken_says_why_and_keeps_what_was_written(
    at_desk: Desk, state: State, fields: dict[str, str], problem: str
):
    id = await at_desk.put(state)
    before = await at_desk.state()
    answer = await at_desk.browser.post(f"/desk/alerts/{id}", **{"text": "my <text>", **fields})
    assert answer.status == 422
    page = at_desk.browser
    assert problem in page.part("acts")
    assert await at_desk.state() == before
    act = fields.get("act", "")
    if act in page.acts:
        form = page.form(act)
        assert problem in form.text_content(), "beside the form it is about"
        assert form.getparent().get("open") is not None
        written = {**fields, "text": fields.get("text", "my <text>")}
        for name in WRITTEN & written.keys() & {*form.fields}:
            assert page.filled(act, name).split() == written[name].split(), name


async def test_a_form_from_before_the_session_changed_is_not_taken_and_its_words_are_shown_again(at_desk: Desk):
    id = await at_desk.put(State.RELEASED)
    before = await at_desk.state()
    answer = await at_desk.browser.post(
        f"/desk/alerts/{id}", token="0" * 64, act="correct", note="It was two", headline="Two hurt", text="", url=""
    )
    assert answer.status == 403
    assert "This page is out of date" in at_desk.browser.part("acts")
    assert at_desk.browser.filled("correct", "headline") == "Two hurt"
    assert await at_desk.state() == before
    again = {name: at_desk.browser.filled("correct", name) for name in ("note", "headline", "text", "url")}
    assert "On its way" in await at_desk.act(id, "correct", **again)


async def test_another_site_s_form_is_refused(at_desk: Desk):
    id = await at_desk.put(State.DRAFT)
    before = await at_desk.state()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await at_desk.browser.post(f"/desk/alerts/{id}", act="approve", headers=headers, script=True)
        assert answer.status == 403
    assert await at_desk.state() == before


async def test_readers_get_neither_the_page_nor_its_forms(at_desk: Desk):
    id = await at_desk.put(State.DRAFT)
    before = await at_desk.kept(id)
    async with Browser(at_desk.browser.address) as reader:
        await reader.open()
        await reader.say("/help")
        for path in (f"/desk/alerts/{id}", f"/desk/alerts/{id}/standing", "/desk/alerts/unknown"):
            assert (await reader.open(path)).status == 403
            assert "Harbour bridge" not in reader.html
        await reader.open()
        assert (await reader.post(f"/desk/alerts/{id}", act="approve", script=True)).status == 403
    assert await at_desk.kept(id) == before
    assert len(await at_desk.house.bot.store.find(Update)) == 1, "what they typed in the chat, and no more"


@pytest.mark.parametrize("id", ["unknown", "notice", "a1%20a2", "%3Cscript%3E", "a1%0A/grant"])
async def test_an_alert_that_is_none_has_no_page(at_desk: Desk, id: str):
    await at_desk.put(State.RELEASED)
    await at_desk.put(State.RELEASED, id="notice", notices="a1")
    token = at_desk.browser.field("token")
    for path in (f"/desk/alerts/{id}", f"/desk/alerts/{id}/standing"):
        assert (await at_desk.browser.open(path)).status == 404
    answer = await at_desk.browser.post(f"/desk/alerts/{id}", act="retract", token=token)
    assert answer.status == 404
    assert await at_desk.house.bot.store.find(Update) == []


async def test_a_form_of_a_page_that_is_behind_is_answered_by_the_command(at_desk: Desk):
    id = await at_desk.put(State.RELEASED)
    assert "has already gone out" in await at_desk.act(id, "approve")
    assert (await at_desk.kept(id)).state is State.RELEASED


async def test_a_hostile_story_is_words_on_every_page(at_desk: Desk):
    id = await at_desk.compose(HOSTILE, text=HOSTILE)
    await at_desk.act(id, "approve")
    await at_desk.house.pipeline.settle()
    await at_desk.act(id, "correct", note=HOSTILE, headline=HOSTILE, text=f"</textarea>{HOSTILE}", url="")
    await at_desk.house.pipeline.settle()
    for path in (f"/desk/alerts/{id}", f"/desk/alerts/{id}/standing", "/desk", "/desk/board"):
        await at_desk.browser.open(path)
        assert at_desk.browser.scripts == []
        assert "\u202e" not in at_desk.browser.text('//h1 | //*[@class="headline"]')
    await at_desk.browser.open(f"/desk/alerts/{id}")
    assert at_desk.browser.filled("correct", "text").strip().startswith("</textarea><script>")
