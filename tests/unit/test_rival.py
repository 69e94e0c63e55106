"""Two pollers of one token, decided without a network: exactly one of them stops, and it is never the settled one."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from adapters.telegram.rival import Rivalry

POLL = 50.0
STEP = 0.25


@dataclass
class Poller:
    """A program that polls: it asks, is answered after a poll's length or refused, and asks again when it may."""

    starts: float
    ends: float = 1e9
    rivalry: Rivalry = field(default_factory=lambda: Rivalry(asyncio.Event(), asyncio.Event()))
    asks_at: float = -1.0
    asked: float | None = None
    """Since when its poll stands."""
    stopped: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)

    @property
    def silent(self) -> bool:
        return self.rivalry._rivalled.is_set()

    def refused(self, now: float) -> None:
        before = self.silent
        self.refusals.append(now)
        self.asked, self.asks_at = None, now + self.rivalry.refused(now)
        if self.silent and not before:
            self.stopped.append(now)


class Impatient(Poller):
    """Somebody else's program, which asks again soon and never stops."""

    def refused(self, now: float) -> None:
        self.refusals.append(now)
        self.asked, self.asks_at = None, now + random.Random(now).uniform(1, 30)


def lived(seconds: float, *pollers: Poller) -> None:
    """Let them poll as Telegram lets them: whoever asks has the poll of the one before refused."""
    for step in range(int(seconds / STEP)):
        now = step * STEP
        for poller in pollers:
            _turn(poller, now, pollers)


def _turn(poller: Poller, now: float, pollers: tuple[Poller, ...]) -> None:
    if not poller.starts <= now < poller.ends:
        poller.asked = None
        return
    if poller.asks_at < 0:
        poller.rivalry.begin(now)
        poller.asks_at = now
    if poller.asked is not None and now - poller.asked >= POLL:
        poller.rivalry.answered(now)
        poller.asked, poller.asks_at = None, now
    if poller.asked is None and now >= poller.asks_at:
        poller.asked = now
        for other in pollers:
            if other is not poller and other.asked is not None:
                other.refused(now)


@pytest.mark.parametrize("starts", [100, 117.5, 131, 500.25])
def test_the_newcomer_stops_and_the_settled_one_goes_on(starts):
    settled, newcomer = Poller(0), Poller(starts)
    lived(4000, settled, newcomer)
    assert settled.stopped == []
    assert len(newcomer.stopped) == 1, "it never takes the account for its own again"
    assert newcomer.silent
    assert 30 <= newcomer.stopped[0] - starts < 60
    looks = [after - before for before, after in pairwise(newcomer.refusals) if before >= newcomer.stopped[0]]
    assert min(looks) >= 120, "and does no more than look, minutes apart"


@pytest.mark.parametrize("apart", [0, 0.25, 3, 20, 40])
def test_of_two_that_start_together_exactly_one_stops(apart):
    one, other = Poller(0), Poller(apart)
    lived(4000, one, other)
    assert [one.silent, other.silent].count(True) == 1


def test_three_come_to_an_end_too():
    three = [Poller(0), Poller(1), Poller(2)]
    lived(8000, *three)
    assert [poller.silent for poller in three].count(True) == 2


@pytest.mark.parametrize("overlap", [3, 15, 25])
def test_one_that_takes_over_from_an_old_one_waits_for_its_end_and_is_not_stuck(overlap):
    old, new = Poller(0, ends=200 + overlap), Poller(200)
    lived(600, old, new)
    assert (old.stopped, new.stopped) == ([], [])
    assert max(new.refusals, default=200) < 200 + overlap + 1
    assert new.asked is not None


def test_an_impatient_program_makes_even_the_settled_stop():
    settled = Poller(0)
    lived(2000, settled, Impatient(200))
    assert settled.silent
    assert len(settled.stopped) == 1
    assert settled.stopped[0] - 200 >= 90


def test_whoever_stopped_goes_on_within_minutes_of_the_end_of_the_other():
    settled = Poller(0)
    lived(2400, settled, Impatient(200, ends=2000))
    assert settled.stopped
    assert not settled.silent


def test_a_single_refusal_now_and_then_stops_nobody():
    settled = Poller(0)
    for number in range(50):
        now = 100.0 + 60 * number
        assert settled.rivalry.refused(now) < 10
        settled.rivalry.answered(now + 59)
    assert not settled.silent
