"""After the nonce's minutes the channel's history tells whether a message stands whose acceptance nobody heard of."""

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.commands.menu import COMMANDS
from bot.core.clock import TimeIds
from bot.core.errors import RetryLater, Uncertain
from bot.core.message import heading, message
from bot.core.model import Chat
from bot.core.settings import Settings
from store import open_store
from tests.fakes import FakeClock
from tests.wire.discord.server import TOKEN, Message, served

CHAT = Chat("discord", "900000000000000020")
WORDS = message(heading("  Fire & *smoke* "), "The quay is closed.\n")
MORE = message(heading("Fire out"), "The quay is open.")
SOMEBODY = {"id": "900000000000000999", "username": "ann", "discriminator": "0", "avatar": None}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def discord(clock):
    async with served() as discord:
        discord.wall = clock.now
        yield discord
        assert discord.refused == []


@pytest.fixture
async def adapter(discord, clock, tmp_path):
    settings = Settings(
        _env_file=None, data_dir=tmp_path, discord_token=TOKEN, discord_api_url=discord.url, discord_rate=0
    )
    store = await open_store("tinydb:", tmp_path)
    adapter = DiscordAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
    yield adapter
    await adapter.close()
    await store.close()


async def lost(discord, adapter, what=WORDS) -> str:
    """Send something whose acceptance is not heard of, and return its id."""
    discord.fault("lost", "POST", times=2)
    with pytest.raises(Uncertain):
        await adapter.send(CHAT, what, key="a")
    return discord.standing(CHAT.id)[-1].id


async def asked(adapter, since, *versions, seconds: float = 600):
    await adapter._clock.advance(seconds)
    return await adapter.posted(CHAT, versions or (WORDS,), key="a", since=since)


async def test_while_discord_knows_the_nonce_sending_again_gives_back_what_stands(discord, adapter, clock):
    since = clock.now()
    id = await lost(discord, adapter)
    assert await asked(adapter, since, seconds=119) is None
    assert (await adapter.send(CHAT, WORDS, key="a")).id == id
    assert discord.calls.keys() == {"POST /channels/ID/messages"}, "and costs no look at the channel"


@pytest.mark.parametrize("seconds", [120, 300, 86400])
async def test_after_that_it_is_found_in_the_channel(discord, adapter, clock, seconds):
    since = clock.now()
    id = await lost(discord, adapter)
    await adapter.send(CHAT, MORE, key="b")
    assert (await asked(adapter, since, MORE, WORDS, seconds=seconds)).id == id


async def test_what_went_out_as_words_alone_is_found_too(discord, adapter, clock):
    since = clock.now()
    long = message(heading("Fire"), *(f"{number}. The quay is closed." * 20 for number in range(8)))
    discord.fault("error", "POST", status=400, code=50035)
    id = await lost(discord, adapter, long)
    assert 1000 < len(discord.messages[id].body["content"]) <= 2000
    assert (await asked(adapter, since, long)).id == id


async def test_where_it_is_not_sending_again_is_safe(discord, adapter, clock):
    since = clock.now()
    discord.fault("reset", "POST", times=2)
    with pytest.raises(Uncertain):
        await adapter.send(CHAT, WORDS, key="a")
    await adapter.send(CHAT, MORE, key="b")
    assert await asked(adapter, since) is None


async def test_a_quiet_channel_says_nothing_was_posted(discord, adapter, clock):
    await adapter.send(CHAT, MORE, key="b")
    await clock.advance(60)
    assert await asked(adapter, clock.now()) is None
    assert discord.calls["GET /channels/ID"] == 1


async def test_what_was_said_before_or_by_others_is_not_it(discord, adapter, clock):
    await adapter.send(CHAT, WORDS, key="an earlier one")
    await clock.advance(60)
    since = clock.now()
    theirs = Message(discord.number(), CHAT.id, {"content": "Fire & smoke The quay is closed."})
    theirs.payload = lambda: {**Message.payload(theirs), "author": SOMEBODY}
    discord.messages[theirs.id] = theirs
    assert await asked(adapter, since) is None


async def test_where_the_history_tells_the_nonce_that_decides(discord, adapter, clock):
    since = clock.now()
    id = await lost(discord, adapter)
    discord.keeps_nonces = True
    assert (await asked(adapter, since, MORE)).id == id, "whatever it says"
    await adapter.send(CHAT, WORDS, key="b")
    discord.messages[id].deleted = True
    assert await asked(adapter, since) is None, "the other one has another key"


async def test_a_busy_channel_is_looked_through_page_by_page_and_not_for_ever(discord, adapter, clock):
    since = clock.now()
    for number in range(250):
        body = {"content": f"number {number}"}
        id = discord.number()
        discord.messages[id] = Message(id, CHAT.id, body)
    mine = await lost(discord, adapter)
    assert (await asked(adapter, since)).id == mine
    assert discord.calls["GET /channels/ID/messages"] == 3
    assert discord.calls["GET /users/@me"] == 1
    discord.messages.pop(mine)
    for number in range(250):
        id = discord.number()
        discord.messages[id] = Message(id, CHAT.id, {"content": f"more {number}"})
    with pytest.raises(Uncertain):
        await asked(adapter, since)
    assert discord.calls["GET /channels/ID/messages"] == 8


@pytest.mark.parametrize("kind", ["mute", "hidden", "gone"])
async def test_where_the_channel_can_not_be_read_nobody_can_tell(discord, adapter, clock, kind):
    since = clock.now()
    await lost(discord, adapter)
    setattr(discord, kind, {CHAT.id})
    with pytest.raises(Uncertain):
        await asked(adapter, since)


@pytest.mark.parametrize("where", ["users", "messages", "channels/[0-9]*$"])
@pytest.mark.parametrize("how", [{"kind": "error", "status": 500}, {"kind": "reset"}, {"kind": "html", "status": 200}])
async def test_trouble_on_the_way_leaves_it_open(discord, adapter, clock, how, where):
    since = clock.now()
    await lost(discord, adapter)
    if where.startswith("channels"):
        discord.mute = {CHAT.id}
    discord.fault(**how, match=f"GET /.*{where}", times=9)
    with pytest.raises(Uncertain):
        await asked(adapter, since)
    assert discord.faults[-1].times < 9
    discord.faults.clear()
    discord.mute = set()
    assert await asked(adapter, since)


async def test_a_limit_is_waited_for(discord, adapter, clock):
    since = clock.now()
    await lost(discord, adapter)
    discord.fault("429", "GET", retry_after=60.0)
    with pytest.raises(RetryLater) as later:
        await asked(adapter, since)
    assert later.value.seconds == 60


async def test_a_success_that_is_none_of_discord_s_is_uncertain(discord, adapter):
    discord.fault("html", "POST", status=200)
    with pytest.raises(Uncertain):
        await adapter.send(CHAT, WORDS, key="a")
