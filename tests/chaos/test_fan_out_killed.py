"""A fan-out killed at random, at each step of a delivery, and cut off from power: none lost, none told twice."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
from bisect import bisect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from zlib import crc32

import pytest

from bot.core.model import Delivery
from store.journal import read_segment
from tests.chaos.failing import MOMENTS, POINTS, WRITTEN
from tests.chaos.fan_out import FanOut, fan_out, judge
from tests.chaos.fire import deliveries
from tests.chaos.weather import KINDS

LONG = os.environ.get("CHAOS") == "long"
CHATS = 10_000 if LONG else 150
"""On each platform."""
KILLS = 20 if LONG else 2
LIVES = 60
"""Chats on each platform that a process may tell before it comes to its failpoint, roughly."""
CUTS = 10 if LONG else 1
WHOLE = 6
"""Cuts after which all of the store is opened."""
PLATFORMS = ("telegram", "discord")
AGAIN = 10.0
"""Seconds of computing until sending resumes after a kill."""

pytestmark = pytest.mark.slow
seeds = pytest.mark.parametrize("seed", range(5 if LONG else 1))


def policies(short: str) -> pytest.MarkDecorator:
    """Try both ways to deal with doubts; one of them where it must be short."""
    return pytest.mark.parametrize("policy", ["resend", "skip"] if LONG else [short])


@seeds
@policies("skip")
@pytest.mark.parametrize("storm", [False, True] if LONG else [True], ids=lambda storm: "storm" if storm else "calm")
async def test_killed_at_random(tmp_path, seed, policy, storm):
    async with fan_out(tmp_path, CHATS, seed, policy, storm=storm) as fire:
        if LONG:  # whoever waits for an answer has to give up
            fire.discord.hangs = 60.0
        else:  # there is no time for that, nor for chats that have bad luck again and again
            fire.telegram.hangs = 1.5
            fire.weather.most = 1
        await fire.killed(KILLS)
        assert all(kill.in_flight for kill in fire.kills)
        await judge(fire)
        if LONG and storm:
            assert fire.weather.met.keys() >= {*KINDS, "a group"}, "every fault was met"
        assert max(kill.cpu for kill in fire.kills) < AGAIN


@pytest.mark.skipif(not LONG, reason="in short it is test_sigterm.py")
@seeds
async def test_ended_as_a_deployment_does(tmp_path, seed):
    async with fan_out(tmp_path, CHATS, seed, "skip") as fire:
        await fire.killed(KILLS // 4, signal.SIGTERM)
        await judge(fire)
        assert not any(kill.claimed for kill in fire.kills), "what was under way is settled, the rest was given back"


# ------------------------------------------------------------------------------------------------ at each step


def failpoints(chance: random.Random) -> list[str]:
    """Return all points, or one where it must be short, in any order, to be reached after a few times."""
    steps = list(product(POINTS, MOMENTS, PLATFORMS))
    chance.shuffle(steps)
    often = {"claim": 2, "record-claim": 2, "record-settlement": 4}
    points = [(*step, chance.randint(1, often.get(step[0], 20))) for step in (steps if LONG else steps[:1])]
    points += [(WRITTEN, "after", chance.choice(PLATFORMS), chance.randint(2, 9)) for _ in range(CUTS)]
    chance.shuffle(points)
    return [" ".join(map(str, point)) for point in points]


@seeds
@policies("resend")
async def test_killed_at_every_step_of_a_delivery_and_by_power_cuts(tmp_path, seed, policy):
    chance = random.Random(seed)
    points = failpoints(chance)
    cuts = 0
    async with fan_out(tmp_path, LIVES * (len(points) + 1), seed, policy, failpoint=points[0]) as fire:
        for point, following in pairwise((*points, "")):
            kill = await fire.died()
            if point.startswith(WRITTEN):
                torn = await asyncio.to_thread(Torn.of, fire.folder)
                cuts += await check_cuts(fire, torn, every=LONG and not cuts and (seed, policy) == (0, "skip"))
                torn.path.write_bytes(torn.data[: chance.randint(torn.starts[0], len(torn.data))])
            await fire.lives_on(following, kill)
        sys.stdout.write(f"POINTS {', '.join(points)}; {cuts} cuts opened\n")
        await judge(fire)


@dataclass
class Torn:
    """The journal of a process that died before its last batch was flushed: any part of that may be missing."""

    path: Path
    data: bytes
    starts: list[int]
    """Where each commit of the batch starts; and the end of the last."""
    last: int
    """Number of the last commit before it."""

    @classmethod
    def of(cls, folder: Path) -> Torn:
        path = max(folder.glob("*.journal"))
        data = path.read_bytes()
        records = read_segment(path, newest=True).records
        size = sum(record.together == records[-1].together for record in records)
        starts = [len(data)]
        for _ in range(size):
            starts.append(data.rindex(b"\n", 0, starts[-1] - 1) + 1)
        return cls(path, data, starts[::-1], records[-1].together - 1)

    def near(self, chance: random.Random) -> set[int]:
        """Return where to cut: around the ends of commits, and at some other bytes."""
        every = range(self.starts[0], len(self.data) + 1)
        return {start + step for start in self.starts for step in (-1, 0, 1)} & {*every} | {
            *chance.choices(every, k=20)
        }

    def written(self, folder: Path, end: int) -> Path:
        """Write the batch alone, as far as it got, as the journal of a folder of its own."""
        folder.mkdir()
        head = b'{"format":1,"after":%d,"kinds":{}}' % self.last
        journal = folder / f"{self.last:020d}.journal"
        journal.write_bytes(b"%08x %b\n" % (crc32(head), head) + self.data[self.starts[0] : end])
        return folder


async def check_cuts(fire: FanOut, torn: Torn, *, every: bool) -> int:
    """Open the store as cuts leave it; a commit is there whole or not at all. Return how many cuts it were.

    All of the store is opened for some of them, the torn batch alone for the others.
    """
    copy = fire.folder.parent / "cut"

    def cut(end: int) -> Path:
        shutil.copytree(fire.folder, copy, ignore=shutil.ignore_patterns("*.sock"))
        (copy / torn.path.name).write_bytes(torn.data[:end])
        return copy

    near = torn.near(fire.chance)
    places = range(torn.starts[0], len(torn.data) + 1) if every else near
    await _check(torn, fire.chance.sample(sorted(near), WHOLE), cut)
    await _check(torn, places, lambda end: torn.written(copy, end))
    return len(places)


async def _check(torn: Torn, places: Collection[int], cut: Callable[[int], Path]) -> None:
    async def kept(end: int) -> Sequence[Delivery]:
        folder = cut(end)
        found = await deliveries(folder)
        shutil.rmtree(folder)
        return found

    states: dict[int, Sequence[Delivery]] = {}
    for end in sorted(places):
        start = torn.starts[bisect(torn.starts, end) - 1]
        if start not in states:
            states[start] = await kept(start)
        assert await kept(end) == states[start]
    assert await kept(torn.starts[0]) != await kept(torn.starts[-1]), "the batch makes a difference"
