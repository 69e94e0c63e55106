"""Two bots with one Telegram token over the wire: one goes on, the other stops, alarms, and comes back by itself."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bot.core.model import Delivery, Outcome
from bot.main import _listen
from bot.outreach import alarm
from tests.fakes import FakeClock
from tests.flow.house import OPERATOR, House, opened
from tests.wire.telegram.house import follow
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import TOKEN, BotApi

CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@pytest.fixture
async def api():
    async with BotApi() as api:
        api.room(1)
        api.room(2)
        yield api


@asynccontextmanager
async def newsroom(folder, api, clock):
    """Open a bot and let it listen to Telegram as the program does."""
    settings = {"telegram_token": TOKEN, "telegram_api_url": api.url, "telegram_rate": 0, "undo_seconds": 0}
    settings |= {"operators": (OPERATOR, "telegram:1")}
    async with opened(folder, clock, platforms=[TelegramAdapter], **settings) as house:
        telegram = house.bot.adapters["telegram"]
        listening = asyncio.create_task(_listen(house.bot, telegram, house.dispatch, {}))
        await telegram.connected.wait()
        try:
            yield house
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


async def lived(clock: FakeClock, seconds: int, *houses: House) -> None:
    """Let time pass slowly enough for the wire to keep up."""
    for second in range(seconds):
        await clock.advance(1)
        await asyncio.sleep(0.01)
        if second % 10 == 0:
            for house in houses:
                await house.pipeline.settle()


def polls(api: BotApi) -> int:
    return sum(method == "getUpdates" for method, _ in api.calls)


async def alarms(house: House) -> list[str]:
    return [text for text in await house.texts() if "Alarm" in text or "Over since" in text]


async def test_where_the_rival_stays_nothing_is_read_or_sent_until_it_is_gone(api, tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path, api, clock) as house:
        await follow(house, 1)
        await Person(api, 1).says("/start")
        rival = api.refuse(409, CONFLICT, method="getUpdates", times=10_000)
        await Person(api, 1).says("/help")
        await lived(clock, 60, house)
        assert house.bot.adapters["telegram"].rivalled.is_set()
        (text,) = await alarms(house)
        assert "Another program uses this bot's token for telegram" in text
        assert "a token of its own" in text
        before, sent = polls(api), len(api.ledger)
        await Person(api, 1).types("/topics")
        await house.say("/breaking flash Dam broken")
        await house.press("Send")
        await lived(clock, 600, house)
        assert polls(api) - before <= 5, "one look every two minutes"
        assert len(api.ledger) == sent
        (delivery,) = await house.bot.store.find(Delivery)
        assert (delivery.outcome, delivery.attempts) == (Outcome.PENDING, 0)
        assert "Another program" in await house.say("/status")
        assert len(await alarms(house)) == 1
        rival.times = 0
        await lived(clock, 120 + 45, house)
        assert len(api.ledger) == sent, "a look is no proof until it was left alone for a while"
        await Person(api, 2).types("/start")  # for Telegram's own clock, by which a poll ends, is not the test's
        await lived(clock, 20, house)
        assert [text for _, text in api.ledger].count("FLASH: Dam broken") == 1
        assert (await alarms(house))[1].startswith("Over since")
        assert await alarm.standing(house.bot.store) == []
        assert len(api.ledger) == sent + 3, "what was asked meanwhile is answered"
        assert await Person(api, 1).says("/help")


async def test_of_two_bots_the_one_that_was_there_before_goes_on(api, tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path / "old", api, clock) as old:
        reader = Person(api, 1)
        for _ in range(3):
            await clock.advance(20)
            await reader.says("/start")
        async with newsroom(tmp_path / "new", api, clock) as new:
            await lived(clock, 90, old, new)
            assert new.bot.adapters["telegram"].rivalled.is_set()
            assert len(await alarms(new)) == 1
            assert not old.bot.adapters["telegram"].rivalled.is_set()
            assert await alarms(old) == []
            await reader.types("/help")
            await lived(clock, 400, old, new)
            assert sum("What I can do" in text for text in reader.texts()) == 1
            assert not old.bot.adapters["telegram"].rivalled.is_set()


async def test_a_restart_while_the_rival_is_there_does_not_call_the_alarm_over(api, tmp_path):
    clock = FakeClock()
    rival = api.refuse(409, CONFLICT, method="getUpdates", times=10_000)
    for _ in range(2):
        async with newsroom(tmp_path, api, clock) as house:
            await lived(clock, 100, house)
            assert len(await alarms(house)) == 1
    rival.times = 0
    async with newsroom(tmp_path, api, clock) as house:
        await lived(clock, 100, house)
        assert len(await alarms(house)) == 2
        assert await alarm.standing(house.bot.store) == []
