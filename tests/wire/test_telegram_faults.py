"""Everything that Telegram and the way to it can answer, and what the adapter makes of it."""

import asyncio
import logging

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.api import CONNECTIONS
from adapters.telegram.request import AiohttpRequest
from bot.commands.menu import COMMANDS
from bot.core.clock import TimeIds
from bot.core.errors import (
    ChatGone,
    ChatMoved,
    DeliveryError,
    Rejected,
    RetryLater,
    Revoked,
    TopicGone,
    Uncertain,
    Uneditable,
)
from bot.core.message import Action, heading, message, paragraph
from bot.core.model import Chat, Receipt
from bot.core.settings import Settings
from bot.core.update import Update
from store import open_store
from tests.fakes import FakeClock
from tests.wire.telegram.house import connected
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import ME, TOKEN, BotApi, Post

CHAT, GROUP = Chat("telegram", "2001"), Chat("telegram", "-100500")
FIRE = message(heading("Fire"), "The quay is closed.")


@pytest.fixture
async def api():
    async with BotApi() as api:
        for chat in (CHAT, GROUP, *(Chat("telegram", str(id)) for id in range(3001, 3101))):
            api.room(int(chat.id))
        yield api


async def made(api: BotApi, tmp_path, **changed: object):
    """Yield an adapter over a store."""
    clock = FakeClock()
    store = await open_store("tinydb:", tmp_path)
    given = {"telegram_token": TOKEN, "telegram_api_url": api.url, "telegram_rate": 0, **changed}
    adapter = TelegramAdapter(Settings(_env_file=None, **given), store, clock, TimeIds(clock.now), COMMANDS)
    adapter._api.request = AiohttpRequest(CONNECTIONS, seconds=1.0)
    adapter.clock = clock
    yield adapter
    await adapter.close()
    await store.close()


@pytest.fixture
async def adapter(api, tmp_path):
    async for adapter in made(api, tmp_path):
        yield adapter


@pytest.fixture
async def paced(api, tmp_path):
    async for adapter in made(api, tmp_path, telegram_rate=30):
        yield adapter


async def problem(doing) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await doing
    assert TOKEN not in repr(caught.value)
    return caught.value


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("status", "says", "kind"),
    [
        (403, "Forbidden: bot was blocked by the user", ChatGone),
        (403, "Forbidden: bot was kicked from the supergroup chat", ChatGone),
        (403, "Forbidden: user is deactivated", ChatGone),
        (400, "Bad Request: chat not found", ChatGone),
        (400, "Bad Request: user is deactivated", ChatGone),
        (400, "Bad Request: group chat was deactivated", ChatGone),
        (400, "Bad Request: not enough rights to send text messages to the chat", ChatGone),
        (400, "Bad Request: message thread not found", TopicGone),
        (400, "Bad Request: TOPIC_CLOSED", TopicGone),
        (400, "Bad Request: message is too long", Rejected),
        (400, "Bad Request: BUTTON_DATA_INVALID", Rejected),
        (400, "Bad Request: something nobody has seen before", Rejected),
        (401, "Unauthorized", Revoked),
        (404, "Not Found", Revoked),
        (500, "Internal Server Error: restart", RetryLater),
    ],
)
async def test_a_refusal_becomes_what_to_do_next(api, adapter, status, says, kind):
    api.refuse(status, says)
    assert type(await problem(adapter.send(CHAT, FIRE, key="a"))) is kind
    assert api.ledger == []
    await adapter.send(CHAT, FIRE, key="a")
    assert len(api.ledger) == 1


@pytest.mark.parametrize("says", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"])
async def test_what_can_not_be_edited_says_so(api, adapter, says):
    receipt = await adapter.send(CHAT, FIRE, key="a")
    api.refuse(400, f"Bad Request: {says}", method="editMessageText")
    assert type(await problem(adapter.edit(receipt, message("Out")))) is Uneditable


async def test_an_old_message_can_not_be_deleted(api, adapter):
    receipt = await adapter.send(CHAT, FIRE, key="a")
    api.room(2001).settled = False
    assert type(await problem(adapter.delete(receipt))) is Uneditable


async def test_a_group_that_became_a_supergroup_has_a_new_address(api, adapter):
    api.room(2001).moved_to = -100777
    moved = await problem(adapter.send(CHAT, FIRE, key="a"))
    assert isinstance(moved, ChatMoved)
    assert moved.to == Chat("telegram", "-100777")


async def test_markup_that_is_refused_is_sent_as_plain_text(api, adapter):
    api.refuse(400, "Bad Request: can't parse entities: Unsupported start tag")
    receipt = await adapter.send(CHAT, message(heading("Fire & <smoke>")), key="a")
    (post,) = api.bot_posts(2001)
    assert str(post.id) == receipt.id
    assert post.source == post.text == "Fire & <smoke>"
    api.refuse(400, "Bad Request: can't parse entities", times=2)
    assert isinstance(await problem(adapter.send(CHAT, FIRE, key="b")), Rejected)


@pytest.mark.parametrize("id", ["", "x", "12.5", "--1", "9" * 30, "1 2", "٣"])
async def test_no_address_of_telegram_s_is_never_asked_for(api, adapter, id):
    assert isinstance(await problem(adapter.send(Chat("telegram", id), FIRE, key="a")), ChatGone)
    assert isinstance(await problem(adapter.edit(Receipt(CHAT, id), FIRE)), Uneditable)
    assert api.calls == []


# ------------------------------------------------------------------------------------------------ the way there


@pytest.mark.parametrize("how", ["reset", "hang", "502", "504"])
@pytest.mark.parametrize("kind", ["before", "after"])
async def test_once_a_message_is_on_its_way_no_answer_is_uncertain(api, adapter, kind, how):
    api.fail(kind, how=how)
    assert type(await problem(adapter.send(CHAT, FIRE, key="a"))) is Uncertain
    assert len(api.ledger) == (kind == "after")


async def test_an_answer_that_is_none_is_uncertain(api, adapter):
    api.fail("after", how="200")
    assert type(await problem(adapter.send(CHAT, FIRE, key="a"))) is Uncertain


@pytest.mark.parametrize("status", ["503", "404", "401"])
async def test_trouble_on_the_way_is_no_word_of_telegram_s(api, adapter, status):
    api.fail("before", how=status)
    assert type(await problem(adapter.send(CHAT, FIRE, key="a"))) is RetryLater


async def test_where_nobody_listens_nothing_was_said(adapter, api):
    port = api.port
    await api.__aexit__()
    api.port = port
    later = await problem(adapter.send(CHAT, FIRE, key="a"))
    assert isinstance(later, RetryLater)
    assert 0 < later.seconds < 10
    assert not later.everywhere
    await api.__aenter__()
    await adapter.send(CHAT, FIRE, key="a")


async def test_the_token_is_in_no_error_log_or_repr(api, adapter, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    kinds = ["before", "after"]
    for kind in kinds:
        for how in ("reset", "502"):
            api.fail(kind, how=how)
            await problem(adapter.send(CHAT, FIRE, key="a"))
    api.token = "654321:OTHER"
    revoked = await problem(adapter.send(CHAT, FIRE, key="a"))
    with pytest.raises(Revoked) as caught:
        await adapter.run(_ignored)
    written = caplog.text + "".join(capsys.readouterr()) + repr([vars(adapter), revoked, caught.value])
    written += "".join(str(each) for each in (caught.value.__cause__, revoked.__cause__))
    assert TOKEN not in written
    assert "123456" not in written


async def _ignored(_update: Update) -> None:
    pass


# ------------------------------------------------------------------------------------------------ flood control


async def test_a_429_holds_its_chat_and_no_other(api, adapter):
    api.refuse(429, "Too Many Requests: retry after 35", parameters={"retry_after": 35}, chat=2001)
    later = await problem(adapter.send(CHAT, FIRE, key="a"))
    assert (later.seconds, later.everywhere) == (35, False)
    asked = len(api.calls)
    again = await problem(adapter.send(CHAT, FIRE, key="a"))
    assert (again.seconds, again.everywhere) == (35, False)
    assert len(api.calls) == asked, "nothing is sent inside the window"
    await adapter.send(GROUP, FIRE, key="a")
    await adapter.clock.advance(35)
    await adapter.send(CHAT, FIRE, key="a")


async def test_a_429_for_a_second_chat_holds_everybody(api, adapter):
    for chat, seconds in ((2001, 10), (-100500, 43838)):
        api.refuse(429, "Too Many Requests", parameters={"retry_after": seconds}, chat=chat)
    await problem(adapter.send(CHAT, FIRE, key="a"))
    assert (await problem(adapter.send(GROUP, FIRE, key="a"))).everywhere
    asked = len(api.calls)
    for id in range(3001, 3010):
        later = await problem(adapter.send(Chat("telegram", str(id)), FIRE, key="a"))
        assert (later.seconds, later.everywhere) == (43838, True)
    assert len(api.calls) == asked
    await adapter.clock.advance(43838)
    await adapter.send(Chat("telegram", "3001"), FIRE, key="a")


async def sent_in(adapter, api, chats, seconds: float) -> int:
    """Send as fast as the adapter lets us for a while, and count what went out."""
    before = len(api.ledger)
    end = adapter.clock.monotonic() + seconds
    while adapter.clock.monotonic() < end:
        waits = []
        for chat in chats:
            try:
                await adapter.send(chat, FIRE, key="a")
            except RetryLater as later:
                waits.append(later.seconds)
                if later.everywhere:
                    break
        await adapter.clock.advance(max(0.01, min([*waits, 0.5])))
    return len(api.ledger) - before


async def test_a_group_never_gets_more_than_twenty_in_a_minute(api, paced):
    api.room(-100500).topics[7] = True
    assert 15 <= await sent_in(paced, api, [GROUP], 60) <= 20
    assert await sent_in(paced, api, [Chat("telegram", "-100500", "7")], 60) <= 20, "a topic counts for its group"


async def test_a_private_chat_gets_one_a_second_after_a_short_burst(api, paced):
    assert 60 <= await sent_in(paced, api, [CHAT], 60) <= 66


# ------------------------------------------------------------------------------------------------ listening


async def test_a_single_refusal_for_a_rival_s_sake_is_waited_out(api, tmp_path, capsys):
    clock = FakeClock()
    async with connected(tmp_path, api, clock) as house:
        reader = Person(api, 2001)
        await reader.says("/start")
        api.refuse(409, "Conflict: terminated by other getUpdates request", method="getUpdates")
        await api.push("message", {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}})
        await api.until(lambda: not any(fault.times for fault in api.faults))
        asked = len(api.calls)
        await clock.advance(2)
        await asyncio.sleep(0.05)
        assert len(api.calls) == asked
        assert "another program takes this bot's updates" in capsys.readouterr().out
        await clock.advance(8)
        await reader.says("/start")
        assert not house.bot.adapters["telegram"].rivalled.is_set()


async def test_a_left_webhook_is_taken_away(api, tmp_path):
    api.webhook = "https://old.example/hook"
    async with connected(tmp_path, api):
        await Person(api, 2001).says("/start")
    assert not api.webhook


async def test_trouble_with_the_network_is_waited_out_longer_each_time(api, tmp_path):
    clock = FakeClock()
    async with connected(tmp_path, api, clock):
        await Person(api, 2001).says("/start")
        api.fail("before", method="getUpdates", how="502", times=1000)
        before = len(api.calls)
        await api.push("message", {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}})
        for _ in range(600):
            await clock.advance(1)
            await asyncio.sleep(0.001)
        assert 8 <= len(api.calls) - before < 30
        api.faults.clear()
        answering = asyncio.create_task(Person(api, 2001).says("/help"))
        await asyncio.sleep(0.05)
        await clock.advance(100)
        assert await answering


async def test_a_refused_token_stops_the_platform_and_leaves_what_is_pending(api, tmp_path):
    async with connected(tmp_path, api) as house:
        reader = Person(api, 2001)
        await reader.says("/start")
        api.refuse(401, "Unauthorized", times=10)
        await reader.types("/help")
        await api.until(lambda: api.faults[0].times == 9)
        await asyncio.sleep(0.05)
        assert len(await house.bot.store.find(Update, {"answered": False})) == 1
    api.faults.clear()
    async with connected(tmp_path, api) as house:
        await house.dispatch.resume()
        assert reader.texts()[-1].startswith("What I can do")


async def test_run_ends_with_revoked_where_the_token_is_refused(api, adapter):
    api.refuse(401, "Unauthorized", method="getUpdates")
    with pytest.raises(Revoked):
        async with asyncio.timeout(10):
            await adapter.run(_ignored)


async def test_an_update_that_can_not_be_read_holds_up_nobody(api, tmp_path):
    async with connected(tmp_path, api):
        await api.push("message", {"message_id": "x", "chat": 7})
        await api.push("callback_query", {"id": None})
        await api.push("my_chat_member", {})
        assert await Person(api, 2001).says("/start")


async def test_updates_that_come_twice_are_answered_once(api, tmp_path):
    async with connected(tmp_path, api):
        reader = Person(api, 2001)
        await reader.types("/help")
        api.updates *= 2
        await reader.says("/start")
        await asyncio.sleep(0.05)
        assert len(reader.texts()) == 2


async def test_an_answer_waits_for_a_busy_platform(api, tmp_path):
    clock = FakeClock()
    async with connected(tmp_path, api, clock):
        reader = Person(api, 2001)
        api.room(2001)
        fault = api.refuse(429, "Too Many Requests", parameters={"retry_after": 20})
        answering = asyncio.create_task(reader.says("/start"))
        await api.until(lambda: fault.times == 0)
        await asyncio.sleep(0.02)
        assert reader.texts() == []
        await clock.advance(20)
        assert (await answering).startswith("News")


async def test_one_chat_that_waits_holds_up_no_other(api, tmp_path):
    clock = FakeClock()
    async with connected(tmp_path, api, clock):
        fault = api.refuse(429, "Too Many Requests", parameters={"retry_after": 500}, chat=2001)
        waiting = asyncio.create_task(Person(api, 2001).says("/start"))
        await api.until(lambda: fault.times == 0)
        assert await Person(api, 3001).says("/start")
        assert not waiting.done()
        await clock.advance(500)
        assert await waiting


async def test_a_press_of_a_button_nobody_knows_is_told_so(api, tmp_path):
    async with connected(tmp_path, api):
        reader = Person(api, 2001, language="de")
        await reader.says("/start")
        post = Post(1, ME, "old")
        id = await reader.press_data(post, "#0123456789abcdef0123456789abcdef")
        await api.until(lambda: id in api.acknowledged)
        assert "nicht mehr bekannt" in api.acknowledged[id]["text"]


async def test_a_button_with_a_long_line_is_understood(api, tmp_path):
    async with connected(tmp_path, api) as house:
        reader = Person(api, 2001)
        await reader.says("/start")
        line = f"/subscribe {'ä' * 50}"
        await house.bot.adapters["telegram"].send(
            CHAT, message(paragraph("Choose"), actions=(Action("Long", line),)), key="a"
        )
        assert "ä" * 50 in await reader.presses("Long")
