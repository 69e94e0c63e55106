"""The control socket: the command line reaches a running bot, or learns that none runs."""

import asyncio
import socket
import stat
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from bot import control, operations, terminal
from bot.core.errors import BotError, NotFound, UsageError
from bot.core.model import Alert, State
from tests.fakes import FakeClock
from tests.flow.house import opened

OPERATIONS = {
    "breaking": terminal.breaking,
    "standing": terminal.standing,
    "live": operations.live,
    "summary": operations.summary,
}


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        yield house


@asynccontextmanager
async def served(house):
    server = asyncio.create_task(control.serve(house.bot, OPERATIONS))
    path = control.socket_path(house.bot.settings.data_dir)
    while not path.is_socket():  # noqa: ASYNC110  # a file has no event
        await asyncio.sleep(0.01)
    try:
        yield path
    finally:
        server.cancel()
        await asyncio.wait([server])


async def test_only_its_owner_may_open_the_socket(house):
    async with served(house) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_breaking_story_goes_out_through_the_socket(house):
    await house.say("/subscribe", who="web:reader")
    async with served(house), control.reached(house.bot.settings.data_dir) as call:
        made = await call("breaking", text="Fire\nThe quay is closed.", severity="flash", release=True)
        assert made["chats"] == 1
        assert made["running"]
        assert (await call("standing", id=made["id"]))["done"] is False
        await house.pass_time(10)
        stands = await call("standing", id=made["id"])
    assert stands["done"]
    assert (stands["told"], stands["failed"], stands["gone"]) == (1, 0, 0)
    assert (await house.texts("web:reader"))[-1] == "FLASH: Fire\n\nThe quay is closed."


async def test_a_long_page_goes_through_the_socket(house):
    page = {"paragraphs": ["The council met on the quay and talked about the boat for hours. " * 2] * 12_000}
    async with served(house), control.reached(house.bot.settings.data_dir) as call:
        answer = await call("summary", page=page, sentences=1, words=None)
    assert answer["summary"]["method"] == "extractive"


async def test_what_takes_long_holds_up_no_end(house):
    begun = asyncio.Event()

    async def endless(_bot):
        begun.set()
        await asyncio.Event().wait()

    server = asyncio.create_task(control.serve(house.bot, {"endless": endless}))
    while not control.socket_path(house.bot.settings.data_dir).is_socket():  # noqa: ASYNC110  # a file has no event
        await asyncio.sleep(0.01)
    async with control.reached(house.bot.settings.data_dir) as call:
        asking = asyncio.create_task(call("endless"))
        await begun.wait()
        server.cancel()
        async with asyncio.timeout(10):
            await asyncio.wait([server])
            with pytest.raises(BotError):
                await asking


async def test_without_release_it_stays_a_draft(house):
    made = await terminal.breaking(house.bot, text="Fire", severity="urgent")
    await house.pass_time(60)
    assert (await house.bot.store.get(Alert, made["id"])).state is State.DRAFT


async def test_what_is_wrong_comes_back_as_it_was_raised(house):
    async with served(house), control.reached(house.bot.settings.data_dir) as call:
        with pytest.raises(UsageError) as refusal:
            await call("breaking", text="", severity="urgent")
        assert refusal.value.message_key == "breaking.no_headline"
        with pytest.raises(NotFound):
            await call("standing", id="nonsense")
        with pytest.raises(BotError):
            await call("nonsense")


async def test_a_message_is_sent_edited_and_withdrawn_in_a_chat(house):
    assert await operations.live(house.bot, chat="web:operator") == {
        "done": ["send", "edit", "withdraw"],
        "problem": "",
    }
    assert "withdrawn" in (await house.texts())[-1]
    with pytest.raises(UsageError):
        await operations.live(house.bot, chat="nonsense")
    with pytest.raises(UsageError):
        await operations.live(house.bot, chat="telegram:1")


async def test_no_bot_is_none(tmp_path):
    async with control.reached(tmp_path) as call:
        assert call is None


async def test_a_socket_that_a_killed_bot_left_is_none(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(control.socket_path(tmp_path)))
    async with control.reached(tmp_path) as call:
        assert call is None


async def test_a_fault_of_ours_is_an_answer_too(house):
    async with served(house), control.reached(house.bot.settings.data_dir) as call:
        with pytest.raises(BotError) as refusal:
            await call("breaking", text="Fire", severity="nonsense")
        assert refusal.value.message_key == "error.unknown"


async def test_a_bot_that_stops_before_it_answers_is_no_traceback(house):
    async with AsyncExitStack() as stack:
        async with served(house):
            call = await stack.enter_async_context(control.reached(house.bot.settings.data_dir))
        with pytest.raises(BotError) as refusal:
            await call("standing", id="x")
    assert refusal.value.message_key == "error.bot_stopped"


async def test_a_folder_that_can_hold_no_socket_does_not_stop_the_news(house, tmp_path):
    deep = tmp_path / ("x" * 120)
    settings = house.bot.settings.model_copy(update={"data_dir": deep})
    await control.serve(replace(house.bot, settings=settings), OPERATIONS)
    assert not control.socket_path(deep).exists()


async def test_what_is_no_text_is_refused_before_it_is_sent(house):
    async with served(house), control.reached(house.bot.settings.data_dir) as call:
        with pytest.raises(UsageError) as refusal:
            await call("live", chat="web:\udcff")
    assert refusal.value.message_key == "terminal.no_utf8"


async def test_a_folder_that_can_not_be_looked_into_is_named(tmp_path):
    folder = tmp_path / ("x" * 300)  # whoever runs the tests may be allowed to look anywhere, but not into this
    with pytest.raises(UsageError) as refusal:
        async with control.reached(folder):
            pass
    assert refusal.value.arguments["folder"] == str(folder)
