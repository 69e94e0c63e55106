"""When a feed is looked at: what is learned from its news, and what it and its server ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Rhythm, Timetable
from bot.intake.rhythm import heard, pause
from bot.intake.timetable import fresh_for, open_from, timetable
from tests.fakes import START

LONGEST = 3600.0
MONDAY = START.replace(hour=0)
"""The first moment of a Monday."""


def news(days: int, times: Callable[[datetime], Iterable[timedelta]]) -> Rhythm:
    """The rhythm of a feed after so many days up to Monday, each with news at these times."""
    mornings = [MONDAY - timedelta(days=ago) for ago in range(days, 0, -1)]
    return heard(None, [day + time for day in mornings for time in times(day)], MONDAY)


def hours(*at: float) -> Callable[[datetime], list[timedelta]]:
    return lambda _day: [timedelta(hours=hour) for hour in at]


def test_the_more_a_feed_brings_the_sooner_it_is_looked_at_again():
    pauses = [pause(news(14, hours(*range(0, 24, step))), MONDAY, 1e6) for step in (1, 2, 4, 8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 2 * pauses[0]
    assert pauses[0] == pytest.approx(0.15 * 3600, rel=0.2), "news an hour: a seventh of an hour"


def test_it_is_looked_at_in_its_own_hours():
    known = news(21, hours(7.1, 7.2, 7.4))
    asleep, awake = (pause(known, MONDAY + timedelta(hours=hour), LONGEST) for hour in (14, 7))
    assert asleep == LONGEST
    assert awake < 900


def test_and_on_its_own_days():
    known = news(28, lambda day: hours(*range(8, 18))(day) if day.weekday() < 5 else ())
    monday, saturday = (pause(known, MONDAY + timedelta(days=days, hours=10), 1e6) for days in (0, 5))
    assert saturday > 3 * monday


def test_before_its_hour_it_is_not_slept_through():
    known = news(21, hours(7.1, 7.2, 7.4))
    before = MONDAY + timedelta(hours=6, minutes=20)
    assert before + timedelta(seconds=pause(known, before, LONGEST)) < MONDAY + timedelta(hours=7, minutes=20)


def test_a_feed_that_was_never_heard_is_looked_at_often_and_then_less_and_less():
    known = heard(None, (), START)
    pauses = [pause(known, START + timedelta(hours=hours), LONGEST) for hours in (0, 1, 2, 24)]
    assert pauses[0] < 600 < pauses[1] < pauses[2] <= pauses[3] == LONGEST


def test_a_habit_that_has_gone_is_forgotten():
    known = news(14, hours(*range(24)))
    assert pause(known, MONDAY + timedelta(days=120), 1e6) > 20 * pause(known, MONDAY, 1e6)


def test_news_of_long_ago_and_news_of_tomorrow_do_not_count_as_such():
    odd = heard(None, [START - timedelta(days=4000), START + timedelta(days=4000)], START)
    assert odd == heard(None, [START], START)


@given(
    st.lists(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=30), max_size=5),
    st.floats(1, 1e6),
)
def test_whatever_a_feed_says_the_pause_is_one(documents, longest):
    known, now = None, START
    for document in documents:
        known = heard(known, document, now)
        now += timedelta(hours=5)
    if known:
        assert 0 < pause(known, now, longest) <= longest


@pytest.mark.parametrize(
    ("control", "age", "seconds"),
    [
        ("max-age=600", "", 600),
        ("public, Max-Age = 600 , must-revalidate", "0", 600),
        ('max-age="600"', "", 600),
        ("max-age=600", "200", 400),
        ("max-age=600", "900", 0),
        ("max-age=600", "soon", 600),
        ("max-age=600, no-cache", "", 0),
        ('no-cache="set-cookie", max-age=600', "", 0),
        ("no-store,max-age=600", "", 0),
        ("s-maxage=600", "", 0),
        ("max-age=-1", "", 0),
        ("max-age=99999999999999", "", 0),
        ("", "", 0),
    ],
)
def test_an_answer_is_fresh_for_as_long_as_its_headers_say(control, age, seconds):
    assert fresh_for({"cache-control": control, "age": age}) == seconds


def test_a_document_says_what_to_skip():
    document = b"""<skipHours><hour>0</hour><hour> 7 </hour><hour>24</hour><hour>77</hour><hour>x</hour></skipHours>
      <skipDays><day>Sunday</day><day>saturday</day><day>Someday</day></skipDays>"""
    assert timetable("30", document) == Timetable(ttl=1800, skip_hours=(0, 7), skip_days=(5, 6))
    assert timetable("-5", b"<skipHours>") == timetable("1e9", b"") == timetable("9" * 40, b"") == Timetable()


@pytest.mark.parametrize(
    ("hours", "days", "opens"),
    [
        ((), (), START),
        ((8, 10), (), START),
        ((9, 10), (), START.replace(hour=11)),
        ((9, *range(10, 24)), (), START.replace(day=3, hour=0)),
        ((), (0, 1), START.replace(day=4, hour=0)),
        ((0,), (0,), START.replace(day=3, hour=1)),
        (tuple(range(24)), (), START),
        ((), tuple(range(7)), START),
    ],
)
def test_it_is_open_from_the_first_hour_that_is_not_to_be_skipped(hours, days, opens):
    assert open_from(START, Timetable(skip_hours=hours, skip_days=days)) == opens
