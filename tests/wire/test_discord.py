"""The first dialogue at Discord: what people give, press and fill in, through the real library and the real core."""

import pytest

from bot.core.model import EVERYTHING, Subscriber
from tests.fakes import FakeClock
from tests.wire.discord.newsroom import EDITOR, READER, newsroom
from tests.wire.discord.people import Person
from tests.wire.discord.server import EPHEMERAL, served


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord
        assert discord.refused == []


@pytest.fixture
async def house(discord, tmp_path):
    async with newsroom(tmp_path, discord, FakeClock()) as house:
        yield house


@pytest.fixture
def reader(discord):
    return Person(discord, READER)


@pytest.fixture
def editor(discord):
    return Person(discord, EDITOR)


async def test_a_newcomer_is_welcomed_and_presses_on(house, discord, reader):
    welcome = await reader.slash("start")
    assert welcome.flags & EPHEMERAL
    assert reader.texts[0].startswith("News, as it happens")
    assert await reader.clicks("Subscribe")
    chat = (await house.bot.store.find(Subscriber))[0]
    assert chat.topics == (EVERYTHING,)
