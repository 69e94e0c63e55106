"""Ids in the order of time, whatever the machine's clock does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.core.clock import SystemClock, TimeIds, id_floor, id_time

BITS = 36
moments = st.datetimes(datetime(1970, 1, 2), datetime(2400, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds


def in_milliseconds(moment):
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(st.lists(moments, min_size=2, max_size=50), st.randoms(use_true_random=False))
def test_ids_rise_strictly_wherever_the_clock_jumps(readings, random):
    clock = iter(readings)
    ids = TimeIds(lambda: next(clock), random.getrandbits)
    made = [ids.new() for _ in readings]
    assert all(before < after for before, after in pairwise(made))


@given(moments, st.integers(0, 2**BITS - 1))
def test_an_id_is_sixteen_characters_and_tells_its_time(moment, random):
    made = TimeIds(lambda: moment, lambda _: random).new()
    assert re.fullmatch(r"[0-9a-v]{16}", made)
    assert id_time(made) == in_milliseconds(moment)


@given(moments, st.sampled_from([0, 1, 2**BITS - 1]))
def test_a_floor_lies_below_all_ids_from_its_moment_on_and_above_all_before(moment, random):
    made = TimeIds(lambda: moment, lambda _: random).new()
    assert id_floor(moment) < made
    assert id_floor(moment + timedelta(milliseconds=1)) >= made
    assert id_floor(moment - timedelta(days=1)) < id_floor(moment)


def test_ids_made_in_one_millisecond_are_all_different():
    ids = TimeIds(lambda: datetime(2026, 3, 2, tzinfo=UTC), lambda bits: 2**bits - 1)
    made = [ids.new() for _ in range(1000)]
    assert made == sorted(set(made))


def test_two_processes_do_not_make_the_same_ids():
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    ours, theirs = TimeIds(lambda: moment), TimeIds(lambda: moment)
    assert {ours.new() for _ in range(100)}.isdisjoint({theirs.new() for _ in range(100)})


async def test_the_system_clock_is_aware_and_its_other_hand_never_runs_back():
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before
