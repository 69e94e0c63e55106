"""The pace of a platform's account: a flash and people's answers go first, and each request takes one place."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from bot.core.errors import RetryLater
from bot.core.model import Audience, Chat, Revision, Severity, Subscriber
from bot.core.pace import Turns
from bot.core.ports import Add
from bot.core.turn import PATIENCE, in_turn
from bot.core.update import Update
from bot.outreach import alerts, outbox
from tests.fakes import FakeClock
from tests.flow.far_side import FarSide, FarSideAdapter, Fault, Trouble
from tests.flow.house import House, opened

RATE = 30


class PacedAdapter(FarSideAdapter):
    """The far side's adapter with a pace of its own."""

    rate = float(RATE)

    def __init__(self, far: FarSide, clock: FakeClock) -> None:
        super().__init__(far)
        self.pace = Turns(RATE)
        self._clock = clock
        self.times: list[float] = []

    async def send(self, *given, **named):
        await in_turn(self._clock, self.pace)
        self.times.append(self._clock.monotonic())
        return await super().send(*given, **named)


@pytest.fixture
def far():
    return FarSide("far", FakeClock())


@asynccontextmanager
async def running(folder, far):
    """Open a house whose lanes turn by themselves."""
    platform = lambda *_: PacedAdapter(far, far.clock)  # noqa: E731  # as short as it gets
    async with opened(folder, far.clock, platforms=[platform], undo_seconds=0) as house:
        turning = asyncio.create_task(house.pipeline.run())
        try:
            yield house
        finally:
            far.faults.clear()
            turning.cancel()
            while not turning.done():
                await far.clock.advance(1)
                await asyncio.sleep(0.001)
            with suppress(asyncio.CancelledError):
                await turning


async def followed(house: House, chats: int, step: int = 10) -> None:
    since = house.clock.now() - timedelta(days=1)
    for number in range(chats):
        chat = Chat("far", f"{number:04d}")
        topics = ("news", *(("quakes",) if number % step == 0 else ()))
        await house.bot.store.commit(Add(Subscriber(id=str(chat), chat=chat, since=since, topics=topics)))


async def released(house: House, headline: str, severity: Severity, topic: str) -> str:
    now = house.clock.now()
    draft = alerts.drafted(
        house.bot.ids.new(), Revision(headline=headline), severity, Audience(topics=(topic,)), by="ann", at=now
    )
    await house.bot.store.commit(Add(alerts.approved(draft, by="ann", at=now)), Add(outbox.fan_out_job(draft, now)))
    return draft.id


async def until(house: House, so, seconds: float = 60.0) -> None:
    """Let time pass in small steps, each long enough for what it wakes to reach the disk."""
    end = house.clock.monotonic() + seconds
    while not so():
        assert house.clock.monotonic() < end, "it does not come"
        await asyncio.sleep(0.002)
        await house.clock.advance(0.005)


def heads(far: FarSide) -> list[str]:
    return ["flash" if "Quake" in post.shown[-1] else "routine" for post in far.ledger]


async def test_a_flash_in_the_middle_of_a_fan_out_goes_before_all_the_rest_of_it(tmp_path, far):
    async with running(tmp_path, far) as house:
        await followed(house, 300)
        await released(house, "Council meets", Severity.ROUTINE, "news")
        await until(house, lambda: len(far.ledger) >= 20)
        before = len(far.ledger)
        await released(house, "Quake", Severity.FLASH, "quakes")
        await until(house, lambda: heads(far).count("flash") == 30)
        after = heads(far)[before:]
        assert after.index("flash") <= 3, "what was claimed already, and no more"
        assert "routine" not in after[after.index("flash") : len(after) - after[::-1].index("flash")]


async def test_an_answer_goes_before_what_is_not_begun_on(tmp_path, far):
    async with running(tmp_path, far) as house:
        await followed(house, 200)
        await released(house, "Council meets", Severity.ROUTINE, "news")
        await until(house, lambda: len(far.ledger) >= 20)
        asker = Chat("far", "asker")
        update = Update(id="far:1", chat=asker, person="far:asker", line="/help", at=house.clock.now(), private=True)
        await house.bot.store.commit(Add(update))
        before, asked = len(far.ledger), house.clock.monotonic()
        answering = asyncio.create_task(house.dispatch(update))
        await until(house, lambda: far.standing(asker))
        assert len(far.ledger) - before <= 4
        assert house.clock.monotonic() - asked <= 0.2
        await until(house, answering.done)


async def test_the_rate_is_held_and_never_left(tmp_path, far):
    async with running(tmp_path, far) as house:
        await followed(house, 150)
        await released(house, "Council meets", Severity.ROUTINE, "news")
        await until(house, lambda: len(far.ledger) >= 150)
        times = house.bot.adapters["far"].times
        assert all(later - first >= 29 / RATE - 0.201 for first, later in zip(times, times[29:], strict=False))


async def test_a_limited_chat_holds_up_no_other(tmp_path, far):
    limited = Chat("far", "0003")
    far.faults.append(Fault(Trouble.LATER, chat=limited, times=1, seconds=35.0))
    async with running(tmp_path, far) as house:
        await followed(house, 60)
        await released(house, "Council meets", Severity.ROUTINE, "news")
        await until(house, lambda: len(far.ledger) >= 59, seconds=10.0)
        assert not far.standing(limited)


async def test_where_everybody_has_to_wait_nobody_goes_before_the_end_who_had_a_place_neither():
    clock, turns, times = FakeClock(), Turns(10), []

    async def go() -> None:
        await in_turn(clock, turns)
        times.append(clock.monotonic())

    going = [asyncio.create_task(go()) for _ in range(4)]
    await asyncio.sleep(0)
    await clock.advance(0.15)
    turns.halt(clock.monotonic() + 3)
    await clock.advance(2.9)
    assert times == pytest.approx([0, 0.1])
    await clock.advance(0.2)
    await asyncio.gather(*going)
    assert times[2:] == pytest.approx([3.15, 3.15], abs=0.11)


async def test_who_would_wait_too_long_takes_no_place_and_comes_again_later():
    clock, turns = FakeClock(), Turns(10)
    turns.halt(PATIENCE + 1)
    with pytest.raises(RetryLater) as later:
        await in_turn(clock, turns)
    assert later.value.seconds == PATIENCE + 1
    await clock.advance(PATIENCE + 1)
    assert turns.delay(clock.monotonic()) == 0


async def test_who_goes_away_gives_its_place_up():
    clock, turns = FakeClock(), Turns(2, spread=0.2)
    await in_turn(clock, turns)
    waiting = asyncio.create_task(in_turn(clock, turns))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await clock.advance(1)
    assert turns.delay(clock.monotonic()) == 0
    await in_turn(clock, turns)
