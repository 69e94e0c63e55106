"""The people's river when the store fails: what was recorded is answered once it can keep things again."""

import asyncio
from dataclasses import replace

import pytest

from bot.commands.dispatch import Dispatcher
from bot.commands.menu import registry
from bot.core.errors import StoreError
from bot.core.model import Subscriber
from bot.core.ports import Swap
from bot.core.update import Update
from tests.fakes import FakeClock
from tests.flow.far_side import Call, FarSide, FarSideAdapter
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


class FullBeforeTheEnd(FullDisk):
    """A disk that has room for what a command changes, and then not for the mark that it was answered."""

    async def commit(self, *changes):
        if any(isinstance(change, Swap) and getattr(change.new, "answered", False) for change in changes):
            return await super().commit(*changes)
        return await self._store.commit(*changes)


async def test_a_disk_that_fills_up_after_the_answer_does_not_repeat_it(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        update = await house.record("/help")
        shown = []
        adapter = house.bot.adapters["web"]

        class Counting:
            """The web chat as a platform that can't tell one answer from its repetition."""

            def __getattr__(self, name: str):
                return getattr(adapter, name)

            async def send(self, *args, **named):
                shown.append(args)
                return await adapter.send(*args, **named)

        full = FullBeforeTheEnd(house.bot.store, failures=2)
        bot = replace(house.bot, store=full, adapters={"web": Counting()})
        handling = asyncio.create_task(Dispatcher(bot, registry())(update))
        while not handling.done():  # the clock is turned by hand
            await asyncio.sleep(0.001)
            await house.clock.advance(1)
        assert len(shown) == 1
        assert (await house.bot.store.get(Update, update.id)).answered


async def test_also_those_who_are_not_let_in_are_refused_only_so_often(tmp_path):
    async with opened(tmp_path, FakeClock(), access="closed", commands_per_minute=2) as house:
        says = [await house.say("/help", who="web:stranger") for _ in range(3)]
        assert ["newsroom only" in said for said in says] == [True, True, False]
        assert "a lot at once" in says[-1]


@pytest.mark.parametrize("patience", [10, 0])
async def test_an_answer_on_its_way_is_not_broken_off_by_the_end_of_whoever_brought_the_question(tmp_path, patience):
    far, arrived, answered = FarSide("far", FakeClock()), asyncio.Event(), asyncio.Event()

    async def slowly(_call: Call) -> None:
        arrived.set()
        await answered.wait()

    far.begun = slowly
    async with opened(tmp_path, FakeClock(), platforms=[lambda *_: FarSideAdapter(far)]) as house:
        update = await house.record("/start", who="far:reader")
        asking = asyncio.create_task(house.dispatch(update))
        await arrived.wait()
        asking.cancel()
        draining = asyncio.create_task(house.dispatch.drain(patience))
        await asyncio.wait([asking])
        assert far.ledger == []
        if patience:
            answered.set()
        await draining
        assert len(far.ledger) == (1 if patience else 0)
        (kept,) = await house.bot.store.find(Update)
        assert kept.answered == bool(patience), "what took longer is answered at the next start"
