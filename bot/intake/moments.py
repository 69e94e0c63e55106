"""Times as pages write them, to ISO 8601: with an offset where one is known, otherwise the date alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

import regex
from dateutil import parser
from dateutil.parser import ParserError

_DATE = regex.compile(r"(?:19|20)\d\d-\d\d-\d\d")
_YEAR = regex.compile(r"(?:19|20)\d\d")
_EARLIEST = 1990
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000, "MST": -25200,
          "MDT": -21600, "PST": -28800, "PDT": -25200, "CET": 3600, "CEST": 7200, "BST": 3600, "IST": 19800,
          "JST": 32400, "MSK": 10800, "AEST": 36000, "AEDT": 39600}  # fmt: skip


def best(stamps: Sequence[str], siblings: Sequence[str] = ()) -> str:
    """Return the first stamp that can be read, or a more precise one of those that mean the same day.

    `stamps` come most trusted first. A time without a zone borrows the offset of another stamp of the page
    (`siblings` are such) that is written in local time, and is otherwise reduced to its date: a wrong hour is worse
    than none.
    """
    read = [moment for stamp in stamps if stamp and (moment := _read(stamp))]
    if not read:
        return ""
    first = read[0]
    precise = next(
        (moment for moment in read if _same_day(moment, first) and moment.tzinfo and _has_hour(moment)), None
    )
    if first.tzinfo and (_has_hour(first) or precise is None):
        return first.isoformat(timespec="seconds")
    zone = next((other.tzinfo for other in map(_read, filter(None, siblings)) if other and other.utcoffset()), None)
    if precise is None and zone and _has_hour(first):
        precise = first.replace(tzinfo=zone)
    return precise.isoformat(timespec="seconds") if precise else first.date().isoformat()


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
    try:
        moment: datetime = parser.parse(text, tzinfos=_ZONES, default=datetime(1, 1, 1))  # noqa: DTZ001  # naive on purpose
    except (ParserError, OverflowError, ValueError, TypeError):
        found = _DATE.search(text)
        try:
            return datetime.fromisoformat(found.group()) if found else None
        except ValueError:
            return None
    return moment


def _same_day(one: datetime, other: datetime) -> bool:
    if one.date() == other.date():
        return True
    aware = one.tzinfo and other.tzinfo
    return bool(aware) and one.astimezone(UTC).date() == other.astimezone(UTC).date()
