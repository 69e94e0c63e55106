"""A revoked token over the wire: everything stays pending, the operators elsewhere hear of it once, and of its end."""

from __future__ import annotations

import asyncio
import errno
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from bot.core.errors import Revoked
from bot.core.model import Delivery, Outcome
from bot.main import _listen
from bot.outreach import alarm, disk
from tests.fakes import FakeClock
from tests.flow.house import OPERATOR, House, opened
from tests.wire.discord.server import TOKEN as DISCORD_TOKEN
from tests.wire.discord.server import dm, served
from tests.wire.telegram.house import follow
from tests.wire.telegram.server import TOKEN, BotApi

EDITOR = "900000000000000101"
OTHER = "654321:OTHER"


@pytest.fixture
async def api():
    async with BotApi() as api:
        api.room(1)
        yield api


@asynccontextmanager
async def newsroom(folder, api, clock, **changed):
    settings = {"telegram_token": TOKEN, "telegram_api_url": api.url, "telegram_rate": 0, "undo_seconds": 0}
    settings |= {"operators": (OPERATOR, "telegram:1", f"discord:{EDITOR}"), **changed}
    platforms = [TelegramAdapter] + [DiscordAdapter] * ("discord_token" in changed)
    async with opened(folder, clock, platforms=platforms, **settings) as house:
        yield house


@asynccontextmanager
async def listening(house: House):
    """Let Telegram listen as the program does; give what it has stopped for, by name."""
    ends = {}
    task = asyncio.create_task(_listen(house.bot, house.bot.adapters["telegram"], house.dispatch, ends))
    try:
        yield ends
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(so):
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110  # neither a dict nor a clock tells
            await asyncio.sleep(0.01)


async def told(house: House) -> list[str]:
    return [text for text in await house.texts() if "Alarm" in text or "Over since" in text]


async def test_a_revoked_token_keeps_everything_pending_and_alarms_once_until_it_is_accepted_again(api, tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path, api, clock) as house:
        await follow(house, 1)
        await house.say("/breaking flash Dam broken")
        await house.press("Send")
        api.token = OTHER
        for _ in range(10):
            await house.pass_time(60)
        assert len(await told(house)) == 1, "the first message that is refused tells it"
        async with listening(house) as ends:
            await until(lambda: ends)
            assert isinstance(ends["telegram"], Revoked)
        await house.pass_time(60)
        (delivery,) = await house.bot.store.find(Delivery)
        assert (delivery.outcome, delivery.attempts) == (Outcome.PENDING, 0)
        assert len(await told(house)) == 1
        assert "telegram no longer accepts" in await house.say("/status")
    async with newsroom(tmp_path, api, clock) as house:
        async with listening(house) as ends:
            await until(lambda: ends)
        await house.pass_time(60)
        assert len(await told(house)) == 1, "a restart in vain alarms nobody again"
    api.token = TOKEN
    async with newsroom(tmp_path, api, clock) as house:
        async with listening(house):
            async with asyncio.timeout(20):
                while await alarm.standing(house.bot.store):  # noqa: ASYNC110  # a store tells nobody
                    await asyncio.sleep(0.01)
            await house.pass_time(61)
        first, second = await told(house)
        assert first.startswith("Alarm")
        assert second.startswith("Over since")
        assert [text for _, text in api.ledger] == ["FLASH: Dam broken"]


async def test_a_platform_that_has_stopped_is_tried_again_and_its_alarm_ends_without_a_restart(api, tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path, api, clock) as house:
        telegram = house.bot.adapters["telegram"]
        api.token = OTHER
        async with listening(house) as ends:
            await until(lambda: ends)
            await until(lambda: clock._sleepers)
            assert not telegram.connected.is_set()
            await house.pass_time(1)
            assert len(await alarm.standing(house.bot.store)) == 1
            await clock.advance(299)
            await until(lambda: clock._sleepers)
            assert not telegram.connected.is_set(), "and in vain"
            api.token = TOKEN
            await clock.advance(600)
            async with asyncio.timeout(20):
                await telegram.connected.wait()
                while await alarm.standing(house.bot.store):  # noqa: ASYNC110  # a store tells nobody
                    await asyncio.sleep(0.01)
            await house.pass_time(1)
        assert [text.split()[0] for text in await told(house)] == ["Alarm", "Over"]


async def test_an_account_that_takes_messages_again_needs_no_restart(api, tmp_path):
    async with newsroom(tmp_path, api, FakeClock()) as house:
        await follow(house, 1)
        await house.say("/breaking flash Dam broken")
        await house.press("Send")
        refused = api.refuse(401, "Unauthorized", times=1)
        await house.pass_time(1)
        assert len(await alarm.standing(house.bot.store)) == 1
        assert refused.times == 0
        await house.pass_time(61)
        assert await alarm.standing(house.bot.store) == []
        assert [text for _, text in api.ledger] == ["FLASH: Dam broken"]


async def test_where_nothing_can_be_kept_operators_are_told_once_all_the_same(api, tmp_path, monkeypatch):
    def read_only(*_: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    async with newsroom(tmp_path, api, FakeClock()) as house:
        watching = asyncio.create_task(disk.watch(house.bot))
        with monkeypatch.context() as patch:
            patch.setattr("store.journal.write_all", read_only)
            for _ in range(5):
                await house.clock.advance(60)
                await asyncio.sleep(0.1)
        await until(lambda: api.ledger)
        watching.cancel()
        ((chat, text),) = api.ledger
        assert (chat, "Nothing can be kept" in text) == (1, True)
        assert await disk.look(house.bot)


async def test_an_operator_on_discord_is_told_in_a_channel_of_their_own(api, tmp_path):
    api.token = OTHER
    async with served() as server:
        discord = {"discord_token": DISCORD_TOKEN, "discord_api_url": server.url, "discord_rate": 0}
        async with newsroom(tmp_path, api, FakeClock(), **discord) as house:
            async with listening(house) as ends:
                await until(lambda: ends)
            await house.pass_time(60)
            (post,) = server.standing(dm(EDITOR))
            assert "telegram no longer accepts" in str(post.body["embeds"])
            assert len(await told(house)) == 1
            told_people = {call.person for call in await house.bot.store.find(alarm.Call)}
            assert told_people == {OPERATOR, f"discord:{EDITOR}"}, "and nobody where nothing can be sent"
