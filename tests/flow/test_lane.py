"""A lane of jobs: nobody waits for the slow, and a poisoned job is put aside."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.core.lane import ATTEMPTS, Lane
from bot.core.model import Poll, Priority
from bot.core.pace import Turns
from bot.core.ports import Add, Swap
from bot.core.turn import in_turn
from tests.fakes import FakeClock
from tests.flow.house import opened


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        yield house


async def filed(house, *ids: str, lane: str = "test") -> None:
    now = house.clock.now()
    await house.bot.store.commit(*(Add(Poll(id=id, lane=lane, due=now)) for id in ids))


async def test_a_slow_job_holds_up_nobody(house):
    handled, never = [], asyncio.Event()

    async def handle(job: Poll) -> None:
        if job.id == "slow":
            await never.wait()
        handled.append(job.id)
        await house.bot.store.commit(Swap(job, None))

    await filed(house, "slow", *(f"{number:03d}" for number in range(100)))
    running = asyncio.create_task(Lane(Poll, "test", handle, window=4).run(house.bot))
    while len(handled) < 100:  # noqa: ASYNC110  # the lane has no event of its own
        await asyncio.sleep(0.01)
    await filed(house, "later")
    while "later" not in handled:  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert "slow" not in handled


async def test_a_poisoned_job_comes_again_and_is_put_aside(house):
    attempts = []

    async def handle(job: Poll) -> None:
        attempts.append((job.id, job.attempts))
        if job.id == "poison":
            raise RuntimeError("no")
        await house.bot.store.commit(Swap(job, None))

    lane = Lane(Poll, "test", handle, window=4)
    await filed(house, "poison", "sound")
    for _ in range(10):
        await lane.turn(house.bot)
        await house.clock.advance(60)
    assert [attempt for id, attempt in attempts if id == "poison"] == list(range(1, ATTEMPTS + 1))
    assert ("sound", 1) in attempts
    kept = await house.bot.store.get(Poll, "poison")
    assert kept.due is None, "kept as a record, never claimed again"


async def test_the_most_urgent_goes_first(house):
    handled = []

    async def handle(job: Poll) -> None:
        handled.append(job.id)
        await house.bot.store.commit(Swap(job, None))

    due = house.clock.now() - timedelta(seconds=5)
    for id, priority in (("a", Priority.DIGEST), ("b", Priority.ROUTINE), ("c", Priority.FLASH)):
        await house.bot.store.commit(Add(Poll(id=id, lane="test", due=due, priority=priority)))
    lane = Lane(Poll, "test", handle, window=1)
    while await lane.turn(house.bot):
        pass
    assert handled == ["c", "b", "a"]


async def test_a_pace_spaces_what_is_sent(house):
    times, pace = [], Turns(2)

    async def handle(job: Poll) -> None:
        await in_turn(house.clock, pace)
        times.append(house.clock.monotonic())
        await house.bot.store.commit(Swap(job, None))

    await filed(house, *"abcde")
    lane = Lane(Poll, "test", handle, window=10, pace=pace)
    running = asyncio.create_task(lane.run(house.bot))
    while len(times) < 5:
        await asyncio.sleep(0.02)  # longer than a claim takes on the disk
        await house.clock.advance(0.1)
    running.cancel()
    await asyncio.wait([running])
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(0.35 < gap < 0.65 for gap in gaps), "half a second apart, give or take a turn of the test's clock"
    assert 1.8 < sum(gaps) < 2.2


async def test_a_pace_slower_than_the_lease_begins_nothing_twice(house):
    begun, pace = [], Turns(1)

    async def handle(job: Poll) -> None:
        await in_turn(house.clock, pace)
        begun.append(job.id)
        await house.clock.sleep(3)
        await house.bot.store.commit(Swap(job, None))

    await filed(house, *"abcdefghij")
    lane = Lane(Poll, "test", handle, window=10, lease=6, pace=pace)
    running = asyncio.create_task(lane.run(house.bot))
    while await house.bot.store.count(Poll) != {"": 0}:
        await asyncio.sleep(0.001)
        await house.clock.advance(0.1)
    running.cancel()
    await asyncio.wait([running])
    assert begun == [*"abcdefghij"]


async def test_what_is_under_way_at_the_end_comes_to_its_own(house):
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), []

    async def handle(job: Poll) -> None:
        begun.set()
        await may_end.wait()
        ended.append(job.id)
        await house.bot.store.commit(Swap(job, None))

    await filed(house, "a", "b")
    running = asyncio.create_task(Lane(Poll, "test", handle, window=1).run(house.bot))
    await begun.wait()
    running.cancel()
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.wait([running])
    assert ended == ["a"]
    (left,) = await house.bot.store.find(Poll)
    assert (left.id, left.lease, left.attempts) == ("b", None, 0), "nothing new was begun"


async def test_what_is_more_urgent_waits_behind_next_to_nothing(house):
    begun, urgent_at, pace = [], [], Turns(30)

    async def handle(job: Poll) -> None:
        await in_turn(house.clock, pace)
        begun.append(job.id)
        if job.id == "flash":
            urgent_at.append(house.clock.monotonic())
        await house.bot.store.commit(Swap(job, None))

    await filed(house, *(f"{number:03d}" for number in range(200)))
    lane = Lane(Poll, "test", handle, window=64, pace=pace)
    running = asyncio.create_task(lane.run(house.bot))
    while len(begun) < 20:
        await asyncio.sleep(0.001)
        await house.clock.advance(0.01)
    flash = Poll(id="flash", lane="test", due=house.clock.now(), priority=Priority.FLASH)
    came, before = house.clock.monotonic(), len(begun)
    await house.bot.store.commit(Add(flash))
    while not urgent_at:
        await asyncio.sleep(0.001)
        await house.clock.advance(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert begun.index("flash") - before <= 2
    assert urgent_at[0] - came <= 0.1
