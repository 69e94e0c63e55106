"""Times as pages write them, to ISO 8601: with an offset where one is known, otherwise the date alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone

import regex
from dateutil import parser
from dateutil.parser import ParserError

_DATE = regex.compile(r"(?:19|20)\d\d-\d\d-\d\d")
_YEAR = regex.compile(r"(?:19|20)\d\d")
_IN_ADDRESS = regex.compile(
    r"/(?P<year>(?:19|20)\d\d)(?P<mark>[/-]?)(?P<month>0[1-9]|1[0-2]|(?<=[/-])[1-9])(?P=mark)"
    r"(?P<day>0[1-9]|[12]\d|3[01]|(?<=[/-])[1-9])(?:/|$)"
)
_NUMBERS = regex.compile(r"(?P<one>\d{1,2})(?P<mark>[./-])(?P<other>\d{1,2})(?P=mark)(?:19|20)\d\d(?!\d)")
_STEP, _FARTHEST = timedelta(minutes=15), timedelta(hours=14)
"""What the world's local times differ by, and from Greenwich at most."""
_BESIDE = timedelta(days=1)
_EARLIEST = 1990
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000, "MST": -25200,
          "MDT": -21600, "PST": -28800, "PDT": -25200, "CET": 3600, "CEST": 7200, "BST": 3600, "IST": 19800,
          "JST": 32400, "MSK": 10800, "AEST": 36000, "AEDT": 39600}  # fmt: skip


def best(stamps: Sequence[str], siblings: Sequence[str] = (), day: date | None = None) -> str:
    """Return the first stamp that can be read, or a more precise one of those that mean the same day.

    `stamps` come most trusted first. A time without a zone borrows the offset of another stamp of the page
    (`siblings` are such) that is written in local time, and is otherwise reduced to its date: a wrong hour is worse
    than none. A time in UTC is told in the newsroom's own where another stamp has the same moment so. `day`, of the
    article's address, goes before all stamps of other days: those are renewed where an address stays.
    """
    read = [moment for stamp in stamps if stamp and (moment := _read(stamp))]
    if day:
        read = [moment for moment in read if abs(moment.date() - day) <= _BESIDE]
    if not read:
        return day.isoformat() if day else ""
    first = read[0]
    precise = next(
        (moment for moment in read if _same_day(moment, first) and moment.tzinfo and _has_hour(moment)), None
    )
    if first.tzinfo and (_has_hour(first) or precise is None):
        return _local(first, read).isoformat(timespec="seconds")
    zone = next((other.tzinfo for other in map(_read, filter(None, siblings)) if other and other.utcoffset()), None)
    if precise is None and zone and _has_hour(first):
        precise = first.replace(tzinfo=zone)
    return _local(precise, read).isoformat(timespec="seconds") if precise else first.date().isoformat()


def day_in(address: str) -> date | None:
    """Return the day that a path names, /2026/03/02/ or /20260302/."""
    found = _IN_ADDRESS.search(address.partition("?")[0])
    try:
        day = date(*map(int, found.group("year", "month", "day"))) if found else None
    except ValueError:
        return None
    return day if day and _EARLIEST <= day.year <= datetime.now(UTC).year + 1 else None


def _local(moment: datetime, others: Iterable[datetime]) -> datetime:
    """Return a moment that is told in UTC in the local time in which another stamp tells the same moment."""
    if moment.utcoffset() or moment.tzinfo is None:
        return moment
    for other in others:
        if other.utcoffset() and other == moment:
            return other
        if other.tzinfo is None and _has_hour(other):
            ahead = other - moment.replace(tzinfo=None)
            if ahead and not ahead % _STEP and abs(ahead) <= _FARTHEST:
                return moment.astimezone(timezone(ahead))
    return moment


def _has_hour(moment: datetime) -> bool:
    return moment.time() != time()


def _read(stamp: str) -> datetime | None:
    text = stamp.strip()[:80]
    moment = _strict(text) or _loose(text)
    if moment is None or moment.year < _EARLIEST or moment.year > datetime.now(UTC).year + 1:
        return None
    return moment


def _strict(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _loose(text: str) -> datetime | None:
    if text.isdigit() and len(text) in {10, 13}:
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if not _YEAR.search(text):
        return None
    numbers = _NUMBERS.search(text)
    if numbers and _may_be_either(numbers):
        return None
    dotted = bool(numbers and numbers["mark"] == ".")
    try:
        moment: datetime = parser.parse(text, tzinfos=_ZONES, default=datetime(1, 1, 1), dayfirst=dotted)  # noqa: DTZ001  # naive on purpose
        moment.utcoffset()  # raises where that is a day or more
    except (ParserError, OverflowError, ValueError, TypeError):
        found = _DATE.search(text)
        try:
            return datetime.fromisoformat(found.group()) if found else None
        except ValueError:
            return None
    return moment


def _may_be_either(numbers: regex.Match[str]) -> bool:
    """Tell whether day and month may be either of two numbers, which only a dot tells: 3/4/2026."""
    one, other = int(numbers["one"]), int(numbers["other"])
    return numbers["mark"] != "." and one != other and max(one, other) <= 12


def _same_day(one: datetime, other: datetime) -> bool:
    if one.date() == other.date():
        return True
    aware = one.tzinfo and other.tzinfo
    return bool(aware) and one.astimezone(UTC).date() == other.astimezone(UTC).date()
