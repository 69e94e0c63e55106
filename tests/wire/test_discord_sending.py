"""Sending to Discord: what goes with a message, what each refusal becomes, and how limits are kept."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.commands.menu import COMMANDS
from bot.core.clock import SystemClock, TimeIds
from bot.core.errors import ChatGone, Rejected, RetryLater, Revoked, TopicGone, Uncertain, Uneditable
from bot.core.lines import Line
from bot.core.message import Action, heading, message
from bot.core.model import Chat, Receipt
from bot.core.settings import Settings
from store import open_store
from tests.wire.discord.server import TOKEN, served

CHAT, OTHER = Chat("discord", "900000000000000020"), Chat("discord", "900000000000000021")
WORDS = message(heading("Fire"), "The quay is closed.")
MORE = message(heading("Fire out"), "The quay is open.")


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord


@asynccontextmanager
async def sender(folder, url: str, token: str = TOKEN):
    settings = Settings(_env_file=None, data_dir=folder, discord_token=token, discord_api_url=url, discord_rate=0)
    store, clock = await open_store("tinydb:", folder), SystemClock()
    adapter = DiscordAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
    try:
        yield adapter
    finally:
        await adapter.close()
        await store.close()


@pytest.fixture
async def adapter(discord, tmp_path):
    async with sender(tmp_path, discord.url) as adapter:
        yield adapter


# ------------------------------------------------------------------------------------------------ what goes with it


async def test_a_silent_message_makes_no_sound_and_a_reply_stands_under_its_message(discord, adapter):
    first = await adapter.send(CHAT, WORDS, key="a", silent=True)
    second = await adapter.send(CHAT, MORE, key="b", under=first)
    assert discord.messages[first.id].silent
    assert not discord.messages[second.id].silent
    assert discord.messages[second.id].under == first.id


async def test_a_withdrawn_alert_leaves_a_stub_in_its_place(discord, adapter):
    receipt = await adapter.send(CHAT, WORDS, key="a")
    await adapter.edit(receipt, message(heading("Withdrawn"), "It was wrong."))
    (standing,) = discord.standing(CHAT.id)
    assert standing.body["embeds"] == [{"title": "Withdrawn", "description": "It was wrong."}]
    assert standing.edits == 1


async def test_a_button_with_a_long_line_carries_its_id_and_the_line_is_kept_first(discord, adapter):
    line = "/summary https://paper.example/" + "x" * 200
    receipt = await adapter.send(CHAT, message("x", actions=(Action("Sum up", line),)), key="a")
    (button,) = discord.messages[receipt.id].buttons
    kept = await adapter._store.find(Line)
    assert [each.line for each in kept] == [line]
    assert button["custom_id"] == f"#{kept[0].id}"


async def test_what_discord_refuses_goes_out_once_more_as_words_alone(discord, adapter):
    discord.fault("error", "POST /channels", status=400, code=50035)
    receipt = await adapter.send(CHAT, message(heading("Fire"), "*now*"), key="a", silent=True)
    (standing,) = discord.standing(CHAT.id)
    assert standing.body["content"] == "Fire\n\n\\*now\\*"
    assert standing.silent
    await adapter.edit(receipt, MORE)
    assert standing.body["content"] is None
    assert standing.body["embeds"][0]["title"] == "Fire out"


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("status", "code", "problem"),
    [
        (403, 50001, ChatGone),
        (403, 50013, ChatGone),
        (403, 50007, ChatGone),
        (403, 0, ChatGone),
        (404, 10003, ChatGone),
        (400, 50083, TopicGone),
        (404, 10008, Uneditable),
        (403, 50005, Uneditable),
        (404, 0, Rejected),
        (503, 0, Uncertain),
        (500, 0, Uncertain),
    ],
)
async def test_each_refusal_says_what_to_do_next(discord, adapter, status, code, problem):
    discord.fault("error", "POST /channels", status=status, code=code, times=2)
    with pytest.raises(problem):
        await adapter.send(CHAT, WORDS, key="a")
    assert discord.standing(CHAT.id) == []


async def test_a_message_that_is_refused_as_words_too_is_rejected(discord, adapter):
    discord.fault("error", "POST", status=400, code=50035, times=2)
    with pytest.raises(Rejected):
        await adapter.send(CHAT, WORDS, key="a")
    assert discord.calls == {"POST /channels/ID/messages": 2}


async def test_a_revoked_token_stops_the_account(discord, tmp_path):
    async with sender(tmp_path, discord.url, token="somebody.else.s") as adapter:
        for _ in range(3):
            with pytest.raises(Revoked):
                await adapter.send(CHAT, WORDS, key="a")
    assert discord.calls.total() == 1, "nothing is sent with a token that was refused"


async def test_one_failure_is_made_good_by_asking_again(discord, adapter):
    for kind in ("reset", "lost"):
        discord.fault(kind, "POST")
        await adapter.send(CHAT, WORDS, key=kind)
    discord.fault("html", "POST", status=502)
    await adapter.send(CHAT, WORDS, key="html")
    assert len(discord.standing(CHAT.id)) == 3, "each stands once, also where only the answer was lost"


async def test_two_failures_leave_it_uncertain_and_the_next_try_finds_what_stands(discord, adapter):
    discord.fault("lost", "POST", times=2)
    with pytest.raises(Uncertain):
        await adapter.send(CHAT, WORDS, key="a")
    (standing,) = discord.standing(CHAT.id)
    assert (await adapter.send(CHAT, WORDS, key="a")).id == standing.id


async def test_what_was_never_written_can_simply_come_later(tmp_path):
    async with served() as discord:
        pass
    async with sender(tmp_path, discord.url) as adapter:
        with pytest.raises(RetryLater) as later:
            await adapter.send(CHAT, WORDS, key="a")
    assert later.value.everywhere


@pytest.mark.parametrize("id", ["../guilds/1", "..", "1/messages/2", "", "１２", "1" * 21])
async def test_an_id_that_is_none_leads_nowhere(discord, adapter, id):
    with pytest.raises(ChatGone):
        await adapter.send(Chat("discord", id or "x"), WORDS, key="a")
    with pytest.raises(Uneditable):
        await adapter.edit(Receipt(CHAT, id), WORDS)
    assert discord.calls.total() == 0


# ------------------------------------------------------------------------------------------------ limits


async def test_a_channel_that_is_full_waits_and_no_other_does(discord, adapter):
    discord.limit = 5, 60.0
    for number in range(5):
        await adapter.send(CHAT, WORDS, key=f"{number}")
    with pytest.raises(RetryLater) as later:
        await adapter.send(CHAT, WORDS, key="x")
    assert 50 < later.value.seconds <= 60
    assert not later.value.everywhere
    await adapter.send(OTHER, WORDS, key="x")
    assert discord.calls.total() == 6, "the limit was known before it was reached"
    assert discord.invalid == 0


async def test_many_at_once_are_refused_once_and_the_rest_knows(discord, adapter):
    discord.limit = 2, 60.0
    await adapter.send(CHAT, WORDS, key="first")
    tries = [adapter.send(CHAT, WORDS, key=f"{number}") for number in range(20)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, Receipt) for each in outcomes) == 1
    assert discord.calls.total() == 2


async def test_an_edit_waits_a_moment_for_its_place(discord, adapter):
    discord.limit = 1, 0.3
    receipt = await adapter.send(CHAT, WORDS, key="a")
    for _ in range(3):
        await adapter.edit(receipt, MORE)
    assert discord.messages[receipt.id].edits == 3
    assert discord.invalid == 0


@pytest.mark.parametrize(("scope", "everywhere"), [("user", False), ("shared", False), ("global", True)])
async def test_nothing_is_sent_inside_the_window_that_discord_asked_for(discord, adapter, scope, everywhere):
    discord.fault("429", "POST", retry_after=60.0, scope=scope)
    with pytest.raises(RetryLater) as later:
        await adapter.send(CHAT, WORDS, key="a")
    assert (later.value.seconds, later.value.everywhere) == (60.0, everywhere)
    with pytest.raises(RetryLater):
        await adapter.send(CHAT, WORDS, key="b")
    if everywhere:
        with pytest.raises(RetryLater):
            await adapter.send(OTHER, WORDS, key="a")
    else:
        await adapter.send(OTHER, WORDS, key="a")
    assert discord.calls.total() == (1 if everywhere else 2)


async def test_a_page_of_the_door_before_discord_counts_for_the_whole_account(discord, adapter):
    discord.fault("html", "POST", status=429)
    with pytest.raises(RetryLater) as later:
        await adapter.send(CHAT, WORDS, key="a")
    assert later.value.everywhere
