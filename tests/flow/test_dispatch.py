"""The people's river when the store fails: what was recorded is answered once it can keep things again."""

import asyncio
from dataclasses import replace

from bot.commands.dispatch import Dispatcher
from bot.commands.menu import registry
from bot.core.errors import StoreError
from bot.core.model import Subscriber
from bot.core.update import Update
from tests.fakes import FakeClock
from tests.flow.house import opened


class FullDisk:
    """A real store whose commits fail for a while."""

    def __init__(self, store, failures: int) -> None:
        self._store = store
        self.failures = failures

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    async def commit(self, *changes):
        if self.failures:
            self.failures -= 1
            raise StoreError
        return await self._store.commit(*changes)


async def test_a_command_waits_out_a_full_disk_and_is_answered_once(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        update = await house.record("/subscribe ferry")
        full = FullDisk(house.bot.store, failures=2)
        handling = asyncio.create_task(Dispatcher(replace(house.bot, store=full), registry())(update))
        while full.failures:  # the clock is turned by hand
            await asyncio.sleep(0.001)
            await house.clock.advance(1)
        while not handling.done():  # as above
            await asyncio.sleep(0.001)
            await house.clock.advance(1)
        assert (await house.bot.store.get(Subscriber, "web:operator")).keywords == ("ferry",)
        assert len(await house.texts()) == 1
        assert (await house.bot.store.get(Update, update.id)).answered
