"""Telegram across crashes: what was acknowledged is answered, and answered once."""

import asyncio
import re
import signal

import pytest
from aiohttp import ClientSession

from bot import control
from bot.core.update import Update
from store import open_store
from tests.browser.program import Program
from tests.wire.telegram.house import EDITOR, connected
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import TOKEN, BotApi

COMMANDS = [f"/subscribe word{number}" for number in range(10)]


@pytest.fixture
async def api():
    async with BotApi() as api:
        yield api


def answers(person: Person) -> list[str]:
    """Which of the ten commands were answered, in order."""
    return [word for text in person.texts() for word in text.replace(":", " ").split() if re.fullmatch(r"word\d", word)]


def running(api: BotApi, folder) -> Program:
    settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "SAMPLE_NEWSROOM": "false"}
    return Program(folder, **settings, TELEGRAM_RATE="0", OPERATORS=f"telegram:{EDITOR}")


async def killed(program: Program) -> None:
    program.process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(program.process.wait)


class Held:
    """Holds the server at the n-th message, until it is let go."""

    def __init__(self, api: BotApi, number: int, method: str = "sendMessage") -> None:
        self.number, self.method, self.seen = number, method, 0
        self.reached, self.open = asyncio.Event(), asyncio.Event()
        api.gate = self

    async def __call__(self, method: str, _body: dict) -> None:
        self.seen += method == self.method
        if method == self.method and self.seen == self.number:
            self.reached.set()
            await self.open.wait()


@pytest.mark.slow
@pytest.mark.parametrize("answered", [0, 3, 9])
async def test_killed_after_some_of_ten_commands_it_answers_all_once(api, tmp_path, answered):
    ann = Person(api)
    held = Held(api, answered + 1)
    with running(api, tmp_path / "var") as program:
        for line in COMMANDS:
            await ann.types(line)
        async with asyncio.timeout(60):
            await held.reached.wait()
        await killed(program)
    assert len(answers(ann)) == answered
    api.gate = None
    with running(api, tmp_path / "var"):
        await api.until(lambda: len(answers(ann)) == 10, 60)
        await ann.says("/help")
    held.open.set()
    assert answers(ann) == [f"word{number}" for number in range(10)]


@pytest.mark.slow
async def test_killed_before_it_acknowledges_it_answers_once(api, tmp_path):
    ann = Person(api)
    with running(api, tmp_path / "var") as program:
        await ann.says("/start")
        held = Held(api, 1, "getUpdates")
        held.seen = -1
        for line in COMMANDS:
            await ann.types(line)
        await api.until(lambda: len(answers(ann)) == 10 or held.reached.is_set(), 60)
        await killed(program)
    api.gate = None
    held.open.set()
    with running(api, tmp_path / "var"):
        await api.until(lambda: len(set(answers(ann))) == 10, 60)
        await ann.says("/help")
    assert len(api.ledger) - len(set(api.ledger)) <= 1, "at most what was in flight is repeated"


@pytest.mark.slow
async def test_told_to_end_it_answers_what_is_under_way_and_the_rest_after(api, tmp_path):
    ann = Person(api)
    held = Held(api, 4)
    with running(api, tmp_path / "var") as program:
        for line in COMMANDS:
            await ann.types(line)
        async with asyncio.timeout(60):
            await held.reached.wait()
        program.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        held.open.set()
        assert await asyncio.to_thread(program.process.wait, 30) == 0
    assert "Traceback" not in program.log
    api.gate = None
    with running(api, tmp_path / "var"):
        await api.until(lambda: len(answers(ann)) >= 10, 60)
        await ann.says("/help")
    assert answers(ann) == [f"word{number}" for number in range(10)]


@pytest.mark.slow
async def test_a_refused_token_leaves_the_other_platforms_running(api, tmp_path):
    api.token = "654321:OTHER"
    with running(api, tmp_path / "var") as program:
        async with asyncio.timeout(30):
            while "platform stopped" not in program.log:  # noqa: ASYNC110  # a log tells nobody when it grows
                await asyncio.sleep(0.05)
        assert "error.revoked" in program.log
        async with control.reached(tmp_path / "var") as call:
            assert await call("platforms") == {"web": "", "telegram": "The platform no longer accepts the bot's token."}
        async with ClientSession() as browser, browser.get(program.link) as page:
            assert page.status == 200
        assert TOKEN not in program.log


async def test_what_was_recorded_and_not_handled_is_answered_once(api, tmp_path):
    ann = Person(api)
    held = Held(api, 1)
    async with connected(tmp_path, api) as house:
        for line in COMMANDS:
            await ann.types(line)
        async with asyncio.timeout(20):
            await held.reached.wait()
        assert len(await house.bot.store.find(Update, {"answered": False})) == 10
        listener = house.bot.adapters["telegram"]
        await listener.close()
    api.gate = None
    held.open.set()
    async with connected(tmp_path, api) as house:
        await house.dispatch.resume(await house.dispatch.left())
        await ann.says("/help")
    assert len(set(answers(ann))) == 10
    store = await open_store("tinydb:", tmp_path)
    assert await store.find(Update, {"answered": False}) == []
    await store.close()


async def test_updates_that_come_again_after_a_restart_are_known(api, tmp_path):
    ann = Person(api)
    async with connected(tmp_path, api):
        await ann.says("/start")
        await ann.says("/list")
        kept = list(api.updates)
    api.updates = kept
    async with connected(tmp_path, api):
        await ann.says("/help")
    assert len(ann.texts()) == 3
