"""Pace: never more than the rate, evenly spaced, halts honoured, the past forgotten."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.pace import Pace, Quota, Rate, Turn, Turns

rates = st.builds(Rate, st.integers(1, 100), st.sampled_from([1.0, 5.0, 60.0, 3600.0]), burst=st.integers(1, 10))
arrivals = st.lists(st.floats(0, 10, allow_subnormal=False), min_size=1, max_size=60)
TOLERANCE = 1e-6


def times(pace, gaps, key=""):
    """When each of a row of things goes out, where they arrive with these gaps between them."""
    now, sent = 0.0, []
    for gap in gaps:
        now += gap
        sent.append(now + pace.take(now, key))
    return sent


@given(rates, arrivals, st.floats(0.01, 100))
def test_no_window_holds_more_than_the_rate_and_the_burst(rate, gaps, window):
    sent = times(Pace(rate), gaps)
    allowed = math.floor(window / rate.interval + TOLERANCE) + rate.burst
    for at, first in enumerate(sent):
        assert sum(first <= moment < first + window - TOLERANCE for moment in sent[at:]) <= allowed


@given(rates, arrivals)
def test_nothing_is_sent_before_it_came_nor_out_of_order(rate, gaps):
    sent = times(Pace(rate), gaps)
    assert all(before <= after + TOLERANCE for before, after in pairwise(sent))
    now = 0.0
    for gap, moment in zip(gaps, sent, strict=True):
        now += gap
        assert moment >= now


@given(st.integers(1, 50), st.integers(2, 60))
def test_a_crowd_goes_out_evenly_spaced_and_no_later_than_need_be(count, crowd):
    rate = Rate(count)
    sent = times(Pace(rate), [0.0] * crowd)
    assert sent == pytest.approx([number * rate.interval for number in range(crowd)])


def test_a_burst_goes_out_at_once_and_the_rest_evenly():
    assert times(Pace(Rate(2, burst=3)), [0.0] * 5) == pytest.approx([0, 0, 0, 0.5, 1.0])


@given(rates, arrivals, st.floats(0, 100))
def test_nothing_goes_out_before_a_halt_ends(rate, gaps, until):
    pace = Pace(rate)
    pace.halt(until)
    assert all(moment >= until - TOLERANCE for moment in times(pace, gaps))


@given(rates, st.floats(1, 100))
def test_after_a_halt_things_go_out_one_by_one(rate, until):
    pace = Pace(rate)
    pace.halt(until)
    sent = times(pace, [0.0] * 4)
    assert sent == pytest.approx([until + number * rate.interval for number in range(4)])


def test_a_halt_holds_where_there_is_no_limit():
    pace = Pace(Rate(0))
    assert times(pace, [0.0] * 3) == [0, 0, 0]
    pace.halt(7)
    assert times(pace, [0.0] * 2) == [7, 7]


def test_a_shorter_halt_does_not_end_a_longer_one():
    pace = Pace(Rate(1))
    pace.halt(10)
    pace.halt(5)
    assert pace.delay(0) == 10


def test_chats_do_not_wait_for_one_another():
    pace = Pace(Rate(1))
    pace.halt(60, "slow")
    assert [pace.take(0, key) for key in ("slow", "a", "b", "a")] == [60, 0, 0, 1]


def test_asking_takes_nothing():
    pace = Pace(Rate(1))
    assert [pace.delay(0), pace.delay(0), pace.take(0), pace.delay(0)] == [0, 0, 0, 1]


def test_what_lies_in_the_past_is_forgotten_and_what_does_not_is_kept():
    pace = Pace(Rate(1, seconds=1000))
    for second in range(20_000):
        assert pace.take(second, f"chat {second}") == 0
    assert len(pace._next) < 9000, "of twenty thousand chats a thousand still have to wait"
    waiting = [pace.delay(19_999, f"chat {second}") for second in range(19_000, 20_000)]
    assert waiting == [second + 1000 - 19_999 for second in range(19_000, 20_000)]


def test_a_quota_refuses_without_taking_and_says_when_to_come_back():
    quota = Quota({"commands": Rate(60, seconds=60, burst=2)})
    assert [quota.take("commands", "ann", 0) for _ in range(4)] == [0, 0, 1, 1]
    assert quota.take("commands", "ben", 0) == 0
    assert quota.take("commands", "ann", 1) == 0


@given(st.integers(1, 20), st.integers(1, 20), arrivals)
def test_a_quota_lets_no_more_through_than_its_rate(count, burst, gaps):
    rate = Rate(count, burst=burst)
    quota, now, let = Quota({"x": rate}), 0.0, []
    for gap in gaps:
        now += gap
        if not quota.take("x", "ann", now):
            let.append(now)
    for at, first in enumerate(let):
        assert sum(moment < first + 1 - TOLERANCE for moment in let[at:]) <= count + burst


# ------------------------------------------------------------------------------------------------ an account's turns


def gone(turns, waits, answers):
    """When each of a row of requests goes, begun with these waits between them and answered after these times."""
    now, times = 1000.0, []
    for wait, answer in zip(waits, answers, strict=True):
        now += wait
        now += turns.take(now)
        while not isinstance(turn := turns.go(now), Turn):
            now += turn
        times.append(now)
        turns.answered(turn, now + answer)
    return times


waits = st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.2)), min_size=60, max_size=200)


@given(st.sampled_from([1, 5, 20, 50]), waits)
def test_what_is_counted_as_it_comes_is_never_more_than_the_rate_in_any_second(rate, steps):
    sent = gone(Turns(rate, spread=0.2), [wait / rate for wait, _ in steps], [answer for _, answer in steps])
    assert all(sent[number + rate] - sent[number] >= 1 - TOLERANCE for number in range(len(sent) - rate))


def test_a_slow_answer_makes_the_request_a_second_later_go_later():
    turns = Turns(10, spread=0.2)
    sent = gone(turns, [0.0] * 31, [0.01] * 15 + [0.06] + [0.01] * 15)
    assert sent[24] - sent[14] < 1.01
    assert sent[25] - sent[15] >= 1.05


@given(st.integers(1, 50), st.integers(2, 60))
def test_turns_are_evenly_spaced_also_after_a_rest(rate, crowd):
    turns = Turns(rate)
    gone(turns, [0.0] * 3, [0.0] * 3)
    sent = gone(turns, [0.0] * crowd, [0.0] * crowd)
    assert all(after - before >= 1 / rate - TOLERANCE for before, after in pairwise(sent[1:]))
    fresh = Turns(rate)
    assert [fresh.take(50.0) for _ in range(crowd)] == pytest.approx([number / rate for number in range(crowd)])


def test_what_was_late_is_made_up_for_within_its_limit():
    turns = Turns(20)
    assert turns.take(10.0) == 0
    assert [turns.take(10.1) for _ in range(3)] == pytest.approx([0, 0, 0.05]), "fifty milliseconds late"
    assert [turns.take(11.0) for _ in range(2)] == pytest.approx([0, 0.05]), "after a rest there is nothing to make up"


def test_a_halt_holds_also_who_has_a_place():
    turns = Turns(10)
    assert turns.take(5.0) == 0
    turns.halt(8.0)
    turns.halt(7.0)
    assert turns.go(5.0) == pytest.approx(3.0)
    assert (turns.delay(5.0), turns.within(5.0, 1.0, 9)) == (3.0, 0)
    assert isinstance(turns.go(8.0), Turn)


def test_without_a_rate_only_a_halt_holds():
    turns = Turns(0)
    assert [turns.take(1.0) for _ in range(3)] == [0, 0, 0]
    assert turns.within(1.0, 0.1, 7) == 7
    turns.halt(9)
    assert turns.take(1.0) == 8


def test_as_many_places_are_seen_ahead_as_there_are():
    turns = Turns(10)
    seen = turns.within(3.0, 0.35, 99)
    assert seen == sum(turns.take(3.0) <= 0.35 for _ in range(9)) == 4
    assert turns.within(3.0, 0.35, 99) == 0
