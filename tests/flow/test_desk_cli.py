"""The desk from the terminal: every editor's command, over the socket of a running house and with nobody running."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import typer

from bot import cli, control, terminal
from bot.commands.menu import COMMANDS
from bot.core.errors import Conflict
from bot.core.model import (
    INTAKE,
    Alert,
    Article,
    Chat,
    Delivery,
    Feed,
    Outcome,
    Page,
    Photo,
    Progress,
    Reading,
    Role,
    State,
    Subscriber,
)
from bot.core.ports import Bot, Put
from bot.main import OPERATIONS
from store import open_store
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.images import png

READER = "web:reader"
SETTINGS = {"test_chats": ("web:tester",), "undo_seconds": 10}
TOPICS = {"topic set", "topic keep", "topic drop"}
"""The commands that are one at the terminal, `dateline topic`: tests/flow/test_topics_cli.py has it."""
FEEDS = {command.name for command in COMMANDS if command.name.startswith("feed ")}
"""Those of `dateline feeds`, which tests/flow/test_feeds_cli.py has."""
EDITORS = {
    command.name: command
    for command in COMMANDS
    if (command.role is Role.EDITOR or command.name == "history") and command.name not in TOPICS | FEEDS
}
NAMING = [name for name in EDITORS if name not in {"breaking", "alerts", "merge", "split"}]
"""The commands that name an alert."""
LINES = {
    "breaking": ("Fire",),
    "update": ("{alert}", "The fire is out"),
    "uncertain": ("{alert}", "skip"),
    "schedule": ("{alert}", "tomorrow", "7:00"),
    "embargo": ("{alert}", "tomorrow 7:00"),
    "correct": ("{alert}", "--wrong", "It was two.", "Two hurt"),
    "refile": ("{alert}", "--wrong", "It was two.", "Two hurt"),
    "retract": ("{alert}", "There was no fire."),
    "alerts": (),
}
"""What is typed after a command; the alert's id alone where nothing is said here."""


@dataclass
class Ran:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str


@dataclass
class Terminal:
    """A terminal beside a house that runs, or where none does."""

    folder: Path
    house: House | None = None
    stopped: dict[str, str] = field(default_factory=dict)
    """The platforms that listen no more, and why."""

    async def __call__(self, *arguments: str, pipe: bytes = b"") -> Ran:
        """Type a command. It runs in a thread with a loop of its own, as it would in a process of its own."""
        return await asyncio.to_thread(self._run, arguments, pipe)

    async def alert(self, id: str) -> dict:
        """Return what `dateline alerts` knows of an alert."""
        listed = await self("alerts", "--json")
        return next(alert for alert in map(json.loads, listed.out.splitlines()) if alert["id"] == id)

    async def photos(self) -> list[bytes]:
        """Return the photos that are kept."""
        if self.house:
            return [photo.content for photo in await self.house.bot.store.find(Photo)]
        store = await open_store("tinydb:", self.folder)
        try:
            return [photo.content for photo in await store.find(Photo)]
        finally:
            await store.close()

    def _run(self, arguments: tuple[str, ...], pipe: bytes) -> Ran:
        out, err, status = _BothKinds(), _BothKinds(), 0
        before = sys.argv, sys.stdin
        sys.argv, sys.stdin = ["dateline", *arguments], io.TextIOWrapper(io.BytesIO(pipe))
        try:
            with redirect_stdout(out), redirect_stderr(err):
                cli.main()
        except SystemExit as end:
            status = end.code or 0
        finally:
            sys.argv, sys.stdin = before
        return Ran(status, out.text(), err.text())


class _BothKinds(io.TextIOWrapper):
    """Takes text and bytes, as standard output does."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        return self.buffer.getvalue().decode()


async def follow(house: House, *chats: str) -> None:
    now = house.clock.now()
    for chat in chats:
        await house.bot.store.commit(Put(Subscriber(id=chat, chat=Chat.parse(chat), since=now, topics=("*",))))


@asynccontextmanager
async def served(bot: Bot, terminal: Terminal) -> AsyncIterator[None]:
    async def platforms(bot):
        return {name: terminal.stopped.get(name, "") for name in bot.adapters}

    server = asyncio.create_task(control.serve(bot, {**OPERATIONS, "platforms": platforms}))
    while not control.socket_path(bot.settings.data_dir).is_socket():  # noqa: ASYNC110  # a file has no event
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.cancel()
        await asyncio.wait([server])


@asynccontextmanager
async def manned(tmp_path: Path, *, runs: bool, **changed: object) -> AsyncIterator[Terminal]:
    """Give a terminal, beside a house with a reader or after that has closed."""
    folder = tmp_path / "var"
    async with opened(folder, FakeClock(datetime.now(UTC)), **(SETTINGS | changed)) as house:
        await follow(house, READER)
        if runs:
            terminal = Terminal(folder, house)
            async with served(house.bot, terminal):
                yield terminal
            return
    yield Terminal(folder)


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    """The settings of what runs without a house."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA_DIR": tmp_path / "var", "TEST_CHATS": "web:tester", "WIDTH": 200}.items():
        monkeypatch.setenv(name, str(value))


@pytest.fixture(params=["running", "alone"])
async def dateline(tmp_path, request):
    async with manned(tmp_path, runs=request.param == "running") as terminal:
        yield terminal


@pytest.fixture
async def running(tmp_path):
    async with manned(tmp_path, runs=True) as terminal:
        yield terminal


def typed_after(name: str, alert: str) -> list[str]:
    return [word.format(alert=alert) for word in LINES.get(name, ("{alert}",))]


async def drafted(dateline: Terminal, *more: str) -> str:
    done = await dateline("breaking", "Fire", *more)
    assert (done.status, len(done.out)) == (0, 17), done
    return done.out.strip()


async def released(dateline: Terminal) -> str:
    id = await drafted(dateline, "--release")
    await dateline.house.pass_time(10)
    return id


def test_every_command_of_an_editor_can_be_typed_at_the_terminal_with_the_same_parameters():
    root = typer.main.get_command(cli.app)
    assert EDITORS.keys() <= root.commands.keys()
    for name, command in EDITORS.items():
        terminals = {parameter.name for parameter in root.commands[name].params}
        assert {parameter.name for parameter in command.parameters} <= terminals, name


async def test_a_wrong_id_is_one_clear_line(dateline):
    for name in NAMING:
        done = await dateline(name, *typed_after(name, "nonsense"))
        assert (done.status, done.out, done.err) == (1, "", "There is no alert nonsense. /alerts shows them.\n"), name
        empty = await dateline(name, *typed_after(name, " "))
        assert empty.status == 2, name
        assert "an id is missing" in empty.err, name


async def test_two_stories_are_made_one_and_taken_apart_again(running):
    house, ids = running.house, []
    await house.bot.store.commit(Put(Feed(id="https://ours.example/feed", own=True)))
    for title in ("Fire at the quay", "Ferry to Holm stops"):
        id = house.bot.ids.new()
        told = {"title": title, "paragraphs": (f"{title}, said the mayor.",)}
        article = Article(
            id=id, url=f"https://ours.example/{id}", feed="https://ours.example/feed", source="ours",
            received=house.clock.now(), page=Page(**told, language="en"),
        )  # fmt: skip
        await house.bot.store.commit(Put(article), Put(Reading(id=id, lane=INTAKE, due=house.clock.now())))
        await house.pass_time(1)
        ids.append(id)
    offered = await running("merge", ids[1])
    assert f"  dateline merge {ids[1]} {ids[0]}  # Fire at the quay" in offered.out
    merged = await running("merge", ids[1], ids[0])
    assert f"  dateline split {ids[1]}  # Take it apart again" in merged.out
    shown = await running("story", ids[1])
    assert shown.out.startswith("Fire at the quay\n")
    assert "Ferry to Holm stops — ours" in shown.out
    apart = await running("split", f"https://ours.example/{ids[1]}")
    assert apart.out.startswith("Ferry to Holm stops\n")
    assert "Ferry" not in (await running("story", ids[0])).out
    for line in (("merge", "nonsense", ids[0]), ("split", "nonsense"), ("story", "nonsense")):
        done = await running(*line)
        assert (done.status, done.out, "nonsense" in done.err) == (1, "", True), line


async def test_a_draft_is_sent_called_back_timed_stopped_and_let_go(dateline):
    id = await drafted(dateline)
    steps = {
        "approve": ("scheduled", f"  dateline undo {id}  # Undo"),
        "undo": ("draft", f"  dateline approve {id}  # Send to 1 chat"),
        "embargo": ("draft", "Under embargo until"),
        "schedule": ("scheduled", "Goes out at"),
        "hold": ("scheduled", f"  dateline release {id}  # Release"),
        "release": ("scheduled", "Goes out at"),
        "uncertain": ("scheduled", "Goes out at"),
    }
    for name, (state, says) in steps.items():
        done = await dateline(name, *typed_after(name, id))
        assert done.status == 0, (name, done)
        assert says in done.out, name
        assert (await dateline.alert(id))["state"] == state, name
    known = await dateline.alert(id)
    assert known["on_uncertain"] == "skip"
    assert known["embargo"] == known["due"]
    assert not known["held"]
    await dateline("undo", id)
    assert "Discarded" in (await dateline("reject", id)).out
    refused = await dateline("approve", id)
    assert (refused.status, refused.err) == (1, "That draft was discarded.\n")


async def test_an_alert_is_looked_at(dateline):
    id = await drafted(dateline)
    assert id in (await dateline("alerts")).out
    for name in ("history", "report"):
        assert "Fire" in (await dateline(name, id)).out
    report = json.loads((await dateline("report", id, "--json")).out)
    assert [*report][-6:] == ["audience", "late", "times", "copies", "notices", "listed"]
    assert report["audience"]["chats"] == 0


async def test_a_rehearsal_has_an_id_of_its_own(dateline):
    id = await drafted(dateline)
    done = await dateline("test", id)
    assert (done.status, len(done.out)) == (0, 17)
    assert done.out.strip() != id


async def test_what_is_told_is_updated_corrected_refiled_and_withdrawn(running):
    id = await released(running)
    first = "URGENT: Fire"
    assert await running.house.texts(READER) == [first]
    corrected = await running("correct", id, "--wrong", "It was\n two.", "-", pipe=b"Two hurt\nBoth are well.\n")
    assert "On its way to 1 chat" in corrected.out
    assert f"  dateline report {id}" in corrected.out
    await running.house.pass_time(10)
    shown, notice = await running.house.texts(READER)
    assert shown.startswith("URGENT: Two hurt\n\nCORRECTED")
    assert shown.endswith(": It was two.\n\nBoth are well.")
    assert notice.endswith("It was two.")
    update = await running("update", id, "Flash floods follow", "--severity", "flash")
    assert (await running.alert(update.out.strip()))["headline"] == "Flash floods follow"
    assert (await running.alert(update.out.strip()))["follows"] == id
    await running("refile", id, "--wrong", "A slip.", "Two are hurt")
    await running.house.pass_time(10)
    assert "It was two." in (await running("history", id)).out
    await running("retract", id, "There was no fire.")
    await running.house.pass_time(10)
    assert (await running.house.texts(READER))[0].endswith("There was no fire.")
    assert (await running.alert(id))["state"] == "withdrawn"


async def test_without_a_bot_a_correction_is_kept_for_when_one_runs(tmp_path):
    async with manned(tmp_path, runs=True) as running:
        id = await released(running)
    alone = Terminal(tmp_path / "var")
    done = await alone("correct", id, "--wrong", "It was two.", "Two hurt")
    assert "On its way to 1 chat" in done.out
    assert done.err == "No bot is running here: what is to go out waits until one starts (dateline run).\n"
    async with opened(tmp_path / "var", FakeClock(datetime.now(UTC)), **SETTINGS) as house:
        await house.pass_time(11)
        assert (await house.texts(READER))[0].startswith("URGENT: Two hurt")


async def test_what_the_terminal_approved_is_followed_by_nobody_and_told_all_the_same(running):
    id = await drafted(running)
    await running("approve", id)
    assert [job.chat for job in await running.house.bot.store.find(Progress)] == [Chat.parse(terminal.PERSON)]
    await running.house.pass_time(10)
    await running.house.pass_time(10)
    assert await running.house.bot.store.find(Progress) == []
    assert await running.house.texts(READER) == ["URGENT: Fire"]


async def test_a_headline_keeps_the_words_that_a_chat_would_take_for_something_else(dateline):
    done = await dateline("breaking", "Flash floods at the quay")
    assert (await dateline.alert(done.out.strip()))["headline"] == "Flash floods at the quay"


async def test_a_script_gets_what_a_draft_is_by_names_that_stay(dateline):
    done = await dateline("breaking", "Fire", "--on-uncertain", "skip", "--url", "https://example.org/a", "--json")
    alert = json.loads(done.out)
    assert [*alert] == [
        *("id", "state", "held", "severity", "headline", "author", "follows", "on_uncertain", "due", "embargo"),
        *("released", "chats", "running"),
    ]
    assert (alert["on_uncertain"], alert["chats"], alert["author"]) == ("skip", 1, terminal.PERSON)
    assert alert["running"] is (dateline.house is not None)


async def test_an_alert_is_posted_with_its_time_and_embargo_in_one_step(dateline):
    id = await drafted(dateline, "--at", "tomorrow 7:00", "--embargo", "tomorrow 6:00")
    known = await dateline.alert(id)
    assert known["state"] == "scheduled"
    assert (known["due"][11:16], known["embargo"][11:16]) == ("07:00", "06:00")
    early = await dateline("breaking", "Fire", "--at", "tomorrow 7:00", "--embargo", "tomorrow 8:00")
    assert early.status == 1
    assert "under embargo" in early.err
    assert (await dateline("breaking", "Fire", "--at", "yesterday")).status == 1
    assert len((await dateline("alerts", "--json")).out.splitlines()) == 1, "nothing is left of what was refused"


def prints(folder: Path) -> dict[str, str]:
    """What is in a folder, byte for byte."""
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("more", [(), ("--release",), ("--at", "tomorrow 7:00", "--embargo", "6:00"), ("--json",)])
async def test_a_dry_run_keeps_nothing(dateline, more):
    await drafted(dateline)
    before = prints(dateline.folder)
    done = await dateline("breaking", "Flood", "--dry-run", *more)
    assert (done.status, done.err) == (0, "")
    assert "Flood" in done.out
    assert prints(dateline.folder) == before


async def test_a_dry_run_shows_to_the_letter_what_each_platform_would_be_sent(tmp_path):
    canary = {"canary_chats": ("web:first",), "canary_seconds": 30}
    async with manned(tmp_path, runs=True, **canary) as dateline:
        await follow(dateline.house, "discord:4711")
        shown = json.loads((await dateline("breaking", "Flood & fire\nA <b>", "--dry-run", "--json")).out)
        (web,) = shown["platforms"]
        assert web["text"].count("Flood &amp; fire") == 1
        assert (web["chats"], web["shortened"], shown["sound"]) == (1, False, True)
        assert (shown["chats"], shown["unconnected"], shown["id"]) == (2, {"discord": 1}, "")
        told = (await dateline("breaking", "Flood & fire\nA <b>", "--dry-run")).out
        assert web["text"] in told
        assert "First to web:first; to everybody else 30 s later." in told
        assert "discord is not connected: 1 chat would be told when it is." in told
        assert "urgent, for 2 chats, with a sound." in told


async def test_a_dry_run_without_a_bot_says_what_can_be_said(tmp_path):
    async with manned(tmp_path, runs=False) as dateline:
        told = (await dateline("breaking", "Flood", "--dry-run", "--severity", "routine")).out
        assert told.startswith("Flood\n\nroutine, for 1 chat, without a sound.\nNo bot is running here")
        preview = await dateline("preview", await drafted(dateline))
        assert preview.status == 1
        assert "No bot is running here" in preview.err


async def test_a_preview_is_what_the_platform_would_be_sent(running):
    done = await running("preview", await drafted(running))
    (web,) = running.house.bot.adapters.values()
    assert done.status == 0
    (alert,) = await running.house.bot.store.find(Alert)
    await running("approve", alert.id)
    await running.house.pass_time(10)
    (post,) = await running.house.posts(READER)
    assert web.preview(post.message).text in done.out


@pytest.mark.parametrize("runs", [True, False])
async def test_a_second_editor_is_asked_for_what_the_terminal_wrote(tmp_path, runs, monkeypatch):
    monkeypatch.setenv("SECOND_EDITOR", "true")
    async with manned(tmp_path, runs=runs, second_editor=True) as dateline:
        for more in ((), ("--dry-run",)):
            refused = await dateline("breaking", "Fire", "--release", *more)
            assert (refused.status, refused.out) == (1, "")
            assert "Leave --release out" in refused.err
        assert (await dateline("alerts", "--json")).out == ""
        draft = await dateline("breaking", "Fire", "--at", "tomorrow 7:00")
        id = draft.out.strip()
        assert "A second editor has to approve it" in draft.err
        assert "dateline approve" not in draft.err
        assert (await dateline.alert(id))["state"] == "draft"
        refused = await dateline("approve", id)
        assert (refused.status, refused.err.count("\n")) == (1, 1)
        assert f"/approve {id}" in refused.err


async def test_the_terminal_is_the_second_editor_of_what_somebody_else_wrote(tmp_path):
    async with manned(tmp_path, runs=True, second_editor=True, operators=("web:operator",)) as dateline:
        await dateline.house.say("/breaking Fire")
        (alert,) = await dateline.house.bot.store.find(Alert)
        assert (await dateline("approve", alert.id)).status == 0
        assert (await dateline.alert(alert.id))["state"] == "scheduled"


async def test_of_two_who_approve_at_once_one_is_told_that_it_is_done(running):
    id, bot = await drafted(running), running.house.bot
    both = [terminal.command(bot, name="approve", words={"alert": id}) for _ in range(2)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    (late,) = [answer for answer in answers if isinstance(answer, Conflict)]
    assert late.message_key == "error.alert_is_scheduled"


async def test_several_lines_come_through_a_pipe(dateline):
    done = await dateline("breaking", "-", pipe="\ufeffFeuer am Kai\r\nDie Brücke ist zu.\r\n".encode())
    alert = await dateline.alert(done.out.strip())
    assert alert["headline"] == "Feuer am Kai"
    assert "Die Brücke ist zu." in done.err


@pytest.mark.parametrize(
    ("pipe", "says"),
    [(b"\xff\xfe", "no UTF-8 text"), (b"Fire\x1b[2J", "control character (U+001B)"), (b" \n", "headline is missing")],
)
async def test_what_can_be_no_alert_is_refused_in_a_pipe_too(tmp_path, pipe, says):
    dateline = Terminal(tmp_path / "var")
    for arguments in (("breaking", "-"), ("correct", "x", "--wrong", "y", "-")):
        done = await dateline(*arguments, pipe=pipe)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
        assert says in done.err


@pytest.mark.parametrize("odd", ["\udcff", "a\x1bb", "a\x00", "\x9b1m"])
async def test_odd_characters_are_one_clear_line_wherever_they_are_typed(tmp_path, odd):
    dateline = Terminal(tmp_path / "var")
    lines = [[name, *typed_after(name, odd)] for name in NAMING]
    lines += [["breaking", odd], ["retract", "x", odd], ["update", "x", odd], ["schedule", "x", odd]]
    lines += [["correct", "x", "--wrong", odd, "y"], ["check", "--live", odd]]
    lines += [["breaking", "x", option, odd] for option in ("--url", "--at", "--embargo")]
    for line in lines:
        done = await dateline(*line)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1), line
        assert "UTF-8" in done.err or "control character" in done.err, line


async def test_wrong_usage_ends_with_two_and_keeps_nothing(tmp_path):
    dateline = Terminal(tmp_path / "var")
    for line in (
        ("uncertain", "x", "perhaps"),
        ("correct", "x", "y"),
        ("correct", "x", "y", "--wrong", " "),
        ("schedule", "x"),
        ("breaking", "x", "--wait"),
        ("breaking", "x", "--release", "--wait", "--dry-run"),
        ("breaking", "x", "--on-uncertain", "perhaps"),
        ("update", "x"),
    ):
        done = await dateline(*line)
        assert (done.status, done.out) == (2, ""), line
        assert "Usage:" in done.err, line
    assert (await dateline("alerts", "--json")).out == ""


async def test_errors_speak_the_language_of_the_newsroom(tmp_path, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "de")
    async with manned(tmp_path, runs=False) as dateline:
        assert (await dateline("hold", "x")).err == "Eine Meldung x gibt es nicht. /alerts zeigt sie.\n"
    monkeypatch.setenv("LANGUAGE", "nonsense")
    assert "LANGUAGE" in (await dateline("hold", "x")).err


async def waited(dateline: Terminal, *more: str) -> asyncio.Task[Ran]:
    """Begin to wait for an alert, and let it be drafted."""
    task = asyncio.create_task(dateline("breaking", "Fire", "--release", "--wait", *more))
    while not await dateline.house.bot.store.find(Alert):  # noqa: ASYNC110  # it is drafted in another thread
        await asyncio.sleep(0.01)
    return task


async def ended(task: asyncio.Task[Ran]) -> Ran:
    """Return what was left by a command that ends; one that waits for ever must not hold up the other tests."""
    async with asyncio.timeout(60):
        return await task


async def test_waiting_ends_when_everybody_is_told(running):
    task = await waited(running, "--json")
    await running.house.pass_time(10)
    done = await ended(task)
    assert (done.status, done.err) == (0, "")
    made, report = map(json.loads, done.out.splitlines())
    assert made["id"] == report["id"]
    assert (report["audience"]["told"], report["times"]["p95"]) == (1, 0.0)


async def test_waiting_ends_where_a_platform_is_not_connected(running):
    await follow(running.house, "discord:4711", "discord:4712")
    task = await waited(running)
    await running.house.pass_time(10)
    done = await ended(task)
    assert done.status == 1
    assert done.err == "discord is not connected: its chats are told when it is.\n"
    assert len(done.out.splitlines()) > 1, "the report all the same"


async def test_waiting_ends_where_a_platform_has_stopped(running):
    running.stopped["web"] = "Its token was revoked."
    task = await waited(running)
    await running.house.clock.advance(10)
    for lane in running.house.pipeline.lanes:
        while lane.name == "outbox" and await lane.turn(running.house.bot):
            pass
    assert await running.house.bot.store.count(Delivery, by="outcome") == {Outcome.PENDING: 1}
    done = await ended(task)
    assert (done.status, "web is not connected" in done.err) == (1, True)


@pytest.mark.parametrize(("name", "state"), [("hold", State.SCHEDULED), ("undo", State.DRAFT)])
async def test_waiting_ends_when_an_editor_stops_the_alert(running, name, state):
    task = await waited(running)
    (alert,) = await running.house.bot.store.find(Alert)
    await terminal.command(running.house.bot, name=name, words={"alert": alert.id})
    done = await ended(task)
    assert done.status == 1
    (alert,) = await running.house.bot.store.find(Alert)
    assert alert.state is state


async def test_a_photo_comes_along_from_a_file(dateline, tmp_path):
    fire, other = (tmp_path / f"{shade}.png" for shade in (1, 2))
    fire.write_bytes(png(shade=1))
    other.write_bytes(png(shade=2))
    await drafted(dateline, "--photo", str(fire))
    dry = await dateline("breaking", "Fire", "--photo", str(other), "--dry-run")
    assert dry.status == 0, dry
    assert await dateline.photos() == [png(shade=1)], "a rehearsal keeps nothing"


@pytest.mark.parametrize("name", ["correct", "refile"])
async def test_a_correction_takes_link_and_photo_away_or_has_another(running, tmp_path, name):
    photo, other = tmp_path / "fire.png", tmp_path / "other.png"
    photo.write_bytes(png())
    other.write_bytes(png(shade=3))

    async def stands(*changes: str) -> tuple[str, str, bytes]:
        done = await running(name, id, "--wrong", "It was wrong.", *changes)
        assert done.status == 0, done
        await running.house.pass_time(20)
        revision = (await running.house.bot.store.get(Alert, id)).current
        kept = await running.house.bot.store.get(Photo, revision.image)
        return revision.headline, revision.url, kept.content if kept else b""

    id = await drafted(running, "--url", "https://a.example/b", "--photo", str(photo), "--release")
    await running.house.pass_time(10)
    assert await stands("--photo", str(other)) == ("Fire", "https://a.example/b", png(shade=3))
    assert await stands("--no-link") == ("Fire", "", png(shade=3))
    assert await stands("--no-photo", "Two fires") == ("Two fires", "", b"")
    assert (await running(name, id, "--wrong", "It was wrong.")).status == 1
    update = await running("update", id, "Out", "--photo", str(photo))
    assert (await running.house.bot.store.get(Alert, update.out.strip())).current.image


@pytest.mark.parametrize(
    ("data", "says"), [(b"%PDF-1.7", "JPEG, PNG, GIF or WebP"), (b"\xff" * 10_000_002, "at most 5.0 MB")]
)
async def test_a_file_that_is_no_photo_is_refused(dateline, tmp_path, data, says):
    (tmp_path / "photo").write_bytes(data)
    done = await dateline("breaking", "Fire", "--photo", str(tmp_path / "photo"))
    assert (done.status, says in done.err) == (1, True), done
    assert (await dateline("breaking", "Fire", "--photo", str(tmp_path / "none"))).status == 2
