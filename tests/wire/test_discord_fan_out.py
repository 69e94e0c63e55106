"""An alert to many channels at Discord through every fault of the wire: each is told once, and none is lost."""

import random
from collections import Counter

import pytest

from bot.core.model import Alert, Chat, Delivery, Outcome, Subscriber
from bot.core.ports import Put
from tests.fakes import START, FakeClock
from tests.wire.discord.newsroom import EDITOR, newsroom
from tests.wire.discord.people import words
from tests.wire.discord.server import served

CHANNELS = [str(900000000000005000 + number) for number in range(60)]
FAULTS = [
    ("reset", {}),
    ("lost", {}),
    ("html", {"status": 502}),
    ("error", {"status": 500}),
    ("error", {"status": 503}),
    ("429", {"retry_after": 1.5}),
    ("429", {"retry_after": 35.0, "scope": "shared"}),
    ("429", {"retry_after": 2.0, "scope": "global"}),
]


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord
        assert discord.refused == []


async def released(house, text: str = "Fire") -> Alert:
    """Let an alert out to everybody."""
    operator = f"discord:{EDITOR}"
    for channel in CHANNELS:
        chat = Chat("discord", channel)
        await house.bot.store.commit(Put(Subscriber(id=str(chat), chat=chat, since=START, topics=("*",))))
    await house.say(f"/breaking {text}", who=operator.replace("discord", "web"))
    await house.press("Send", who=operator.replace("discord", "web"))
    return (await house.bot.store.find(Alert))[0]


async def outcomes(house) -> Counter[str]:
    return Counter(await house.bot.store.count(Delivery, by="outcome"))


@pytest.mark.parametrize("seed", range(3))
async def test_every_channel_is_told_once_whatever_the_wire_does(discord, tmp_path, seed):
    chance = random.Random(seed)
    for kind, how in chance.sample(FAULTS * 6, 48):
        discord.fault(kind, chance.choice(CHANNELS), **how)
    settings = {"operators": (f"web:{EDITOR}",), "undo_seconds": 0}
    async with newsroom(tmp_path, discord, FakeClock(), listening=False, **settings) as house:
        await released(house)
        for _ in range(40):
            await house.pass_time(10)
        assert await outcomes(house) == {Outcome.TOLD: len(CHANNELS)}
    assert {channel: len(discord.standing(channel)) for channel in CHANNELS} == dict.fromkeys(CHANNELS, 1)
    assert not [fault for fault in discord.faults if fault.times], "every fault was met"


async def test_a_channel_that_is_gone_is_counted_and_asked_no_more(discord, tmp_path):
    discord.gone = set(CHANNELS[:7])
    settings = {"operators": (f"web:{EDITOR}",), "undo_seconds": 0}
    async with newsroom(tmp_path, discord, FakeClock(), listening=False, **settings) as house:
        await released(house)
        await house.pass_time(10)
        assert await outcomes(house) == {Outcome.TOLD: 53, Outcome.GONE: 7}
        before = discord.calls.total()
        await released(house, "Fire out")
        await house.pass_time(10)
        assert discord.calls.total() - before <= 60
    assert words(discord.standing(CHANNELS[-1])[0]) == "URGENT: Fire"


async def test_a_copy_that_nobody_heard_of_is_withdrawn_also_when_its_nonce_is_forgotten(discord, tmp_path):
    clock = FakeClock()
    discord.wall = clock.now
    discord.fault("lost", CHANNELS[0], times=2)
    settings = {"operators": (f"web:{EDITOR}",), "undo_seconds": 0}
    async with newsroom(tmp_path, discord, clock, listening=False, **settings) as house:
        alert = await released(house)
        await house.pass_time(0)
        assert await outcomes(house) == {Outcome.TOLD: 59, Outcome.PENDING: 1}
        await clock.advance(3600)
        await house.say(f"/retract {alert.id} There was no fire.", who=f"web:{EDITOR}")
        await house.pass_time(0)
    for channel in CHANNELS:
        first, notice = discord.standing(channel)
        assert words(first) == words(notice)
        assert words(first).startswith("WITHDRAWN")
        assert notice.under == first.id
