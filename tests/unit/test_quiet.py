"""Quiet hours over zones, windows and nights in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.commands.settings import hours_of, zone_named
from bot.core.errors import UsageError
from bot.core.model import Chat, Delivery, Outcome, Priority, QuietHours, Receipt, Severity, Subscriber
from bot.outreach.quiet import comes_silently, ends, let_through, put_off, quiet_until

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHAT = Chat("web", "1")
NOW = datetime(2026, 3, 2, 23, tzinfo=UTC)
MORNING = NOW + 8 * HOUR
FIRST = Delivery(id="a:web:1", lane="web", due=NOW, about="a", chat=CHAT, attempts=1)

minutes = st.integers(0, 1439)
windows = st.builds(QuietHours, minutes, minutes).filter(lambda hours: (hours.begin - hours.end) % 1440 >= 120)
zones = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})).map(ZoneInfo)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds it


def holds(hours: QuietHours, wall: datetime) -> bool:
    """Whether a clock on the wall shows a time in the quiet hours."""
    now = 60 * wall.hour + wall.minute
    if hours.begin < hours.end:
        return hours.begin <= now < hours.end
    return now >= hours.begin or now < hours.end


def shifts(zone: ZoneInfo, at: datetime) -> bool:
    """Whether the clocks change about that time."""
    return len({(at + days * DAY).astimezone(zone).utcoffset() for days in (-2, -1, 0, 1, 2)}) > 1


def utc(zone: str, *moment: int, fold: int = 0) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@given(windows, zones, moments)
@example(QuietHours(150, 170), ZoneInfo("Europe/Berlin"), datetime(2026, 3, 29, 1, 5, tzinfo=UTC))
@example(QuietHours(1380, 150), ZoneInfo("Europe/Berlin"), datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
@example(QuietHours(30, 420), ZoneInfo("America/Santiago"), datetime(2026, 9, 6, 4, 10, tzinfo=UTC))
def test_whenever_the_clock_shows_a_quiet_time_it_is_quiet(hours, zone, at):
    end = ends(hours, zone, at)
    if holds(hours, at.astimezone(zone)):
        assert end is not None
    elif not shifts(zone, at):
        assert end is None


@given(windows, zones, moments)
def test_they_end_within_a_day_at_their_end_in_utc_and_not_in_others(hours, zone, at):
    end = ends(hours, zone, at)
    if end is None:
        return
    assert at < end <= at + DAY + HOUR
    assert end.tzinfo is UTC
    assert ends(hours, zone, end) is None, "what was put off is not put off again"
    if not shifts(zone, at):
        wall = end.astimezone(zone)
        assert 60 * wall.hour + wall.minute == hours.end


@given(windows, zones, moments)
def test_one_night_has_one_end(hours, zone, at):
    end = ends(hours, zone, at)
    if end is not None:
        between = [at + part * (end - at) / 16 for part in range(16)]
        assert {ends(hours, zone, moment) for moment in between} == {end}


@pytest.mark.parametrize(
    ("zone", "hours", "at", "end"),
    [
        # spring forward in Berlin: 02:00 becomes 03:00
        ("Europe/Berlin", "22:00-07:00", (2026, 3, 28, 23), (2026, 3, 29, 7)),
        ("Europe/Berlin", "22:00-02:30", (2026, 3, 28, 23), (2026, 3, 29, 3, 30)),
        # fall back: 03:00 becomes 02:00
        ("Europe/Berlin", "22:00-07:00", (2026, 10, 24, 23), (2026, 10, 25, 7)),
        ("Europe/Berlin", "22:00-02:30", (2026, 10, 24, 23), (2026, 10, 25, 2, 30, 1)),
        # midnight itself is skipped
        ("America/Santiago", "23:00-07:00", (2026, 9, 5, 23, 30), (2026, 9, 6, 7)),
        # half an hour, the smallest change there is
        ("Australia/Lord_Howe", "22:00-02:15", (2026, 10, 3, 23), (2026, 10, 4, 2, 45)),
        ("Asia/Kathmandu", "12:00-13:30", (2026, 5, 1, 13, 29), (2026, 5, 1, 13, 30)),
    ],
)
def test_a_night_in_which_the_clocks_change_ends_once(zone, hours, at, end):
    *wall, fold = (*end, 0) if len(end) < 6 else end
    expected = utc(zone, *wall, fold=fold)
    assert ends(hours_of(hours), ZoneInfo(zone), utc(zone, *at)) == expected


def test_the_chats_own_zone_goes_before_the_newsrooms_and_an_unknown_one_after():
    chat = Subscriber(id=str(CHAT), chat=CHAT, since=NOW, quiet=hours_of("22-7"))
    tokyo = replace(chat, zone="Asia/Tokyo")
    assert quiet_until(chat, NOW, UTC) == MORNING
    assert quiet_until(tokyo, NOW, UTC) is None
    assert quiet_until(tokyo, NOW - 8 * HOUR, UTC) == NOW - HOUR
    assert quiet_until(replace(chat, zone="Mars/Olympus"), NOW, UTC) == MORNING
    assert quiet_until(replace(chat, quiet=None), NOW, UTC) is None
    assert quiet_until(None, NOW, UTC) is None


def test_severity_decides_what_makes_a_sound():
    sounds = {severity: (comes_silently(severity, None), comes_silently(severity, MORNING)) for severity in Severity}
    assert sounds == {Severity.FLASH: (False, False), Severity.URGENT: (False, True), Severity.ROUTINE: (True, True)}


def test_a_routine_first_copy_waits_and_no_attempt_is_counted():
    later = put_off(FIRST, MORNING)
    assert (later.due, later.deferred, later.outcome, later.attempts) == (MORNING, MORNING, Outcome.DEFERRED, 0)
    assert let_through(later, NOW) == replace(FIRST, attempts=0, deferred=NOW)
    assert put_off(FIRST, None) is FIRST
    assert let_through(FIRST, MORNING) is FIRST


@pytest.mark.parametrize(
    "changed",
    [
        {"priority": Priority.FLASH},
        {"priority": Priority.URGENT},
        {"receipt": Receipt(CHAT, "1")},
        {"doubt": NOW},
        {"abandoned": True},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_urgent_stands_or_may_stand_does_not_wait(changed):
    delivery = replace(FIRST, **changed)
    assert put_off(delivery, MORNING) is delivery


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("22:00-07:00", "22:00-07:00"),
        ("22-7", "22:00-07:00"),
        ("22.30 – 6", "22:30-06:00"),
        ("10pm to 7am", "22:00-07:00"),
        ("from 12 am until 6:30 a.m.", "00:00-06:30"),
        ("von 22 bis 7 Uhr", "22:00-07:00"),
        ("24:00-7", "00:00-07:00"),
        ("13:00-14:00", "13:00-14:00"),
    ],
)
def test_quiet_hours_are_read_as_people_write_them(typed, read):
    assert str(hours_of(typed)) == read


@given(windows)
def test_what_is_shown_of_them_can_be_typed(hours):
    assert hours_of(str(hours)) == hours


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("22:00", "quiet.unreadable"),
        ("25-7", "quiet.unreadable"),
        ("24:01-7", "quiet.unreadable"),
        ("22:60-7", "quiet.unreadable"),
        ("13pm-7", "quiet.unreadable"),
        ("0am-7", "quiet.unreadable"),
        ("at night", "quiet.unreadable"),
        ("-", "quiet.unreadable"),
        ("7-7", "quiet.too_long"),
        ("0-24", "quiet.too_long"),
        ("7:00-6:30", "quiet.too_long"),
    ],
)
def test_what_are_no_quiet_hours_is_refused(typed, key):
    with pytest.raises(UsageError) as caught:
        hours_of(typed)
    assert caught.value.message_key == key


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/BERLIN ", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_known_by_its_name_or_city(typed, zone):
    assert zone_named(typed) == zone


@pytest.mark.parametrize(
    "typed", ["", "Berln", "Eastern", "../../etc/passwd", "localtime", "Factory", "x" * 5000, "\0"]
)
def test_what_is_no_zone_is_refused(typed):
    with pytest.raises(UsageError):
        zone_named(typed)
