"""When a feed says that it is worth a look: RSS in its document, HTTP in the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.core.model import Timetable

_SKIPPED = re.compile(rb"<skip(Hours|Days)\s*>(.{0,2000}?)</skip\1\s*>", re.DOTALL)
_HOUR = re.compile(rb"<hour\s*>\s*(\d\d?)\s*</hour\s*>")
_DAY = re.compile(rb"<day\s*>\s*(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\s*</day\s*>", re.IGNORECASE)
_WEEK = (b"mon", b"tues", b"wednes", b"thurs", b"fri", b"satur", b"sun")
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})\"?\s*(?=,|$)", re.IGNORECASE)
_STALE = re.compile(r"(?:^|,)\s*no-(?:cache|store)\s*(?=,|=|$)", re.IGNORECASE)
_HOUR_LONG = timedelta(hours=1)


def timetable(ttl: str, document: bytes) -> Timetable:
    """Read what RSS 2.0 has for it: minutes of `ttl`, and the hours and days to skip, which stand in the document."""
    hours, days = set[int](), set[int]()
    for name, inside in _SKIPPED.findall(document):
        if name == b"Hours":
            hours |= {int(hour) % 24 for hour in _HOUR.findall(inside) if int(hour) <= 24}  # 0.91 counts from 1 to 24
        else:
            days |= {_WEEK.index(day.lower()) for day in _DAY.findall(inside)}
    minutes = float(ttl) if ttl.isascii() and ttl.isdigit() and len(ttl) < 9 else 0.0
    return Timetable(ttl=60 * minutes, skip_hours=tuple(sorted(hours)), skip_days=tuple(sorted(days)))


def fresh_for(headers: Mapping[str, str]) -> float:
    """Return for how many seconds an answer stays fresh (RFC 9111, 4.2), by lower-case headers; 0 where none says so.

    `Expires` is not read: many a server sends it with a date that its clock, or nobody, ever meant.
    """
    control = headers.get("cache-control", "")
    told = _MAX_AGE.search(control)
    if not told or _STALE.search(control):
        return 0.0
    age = headers.get("age", "").strip()
    return max(0.0, float(told[1]) - (float(age[:9]) if age.isascii() and age.isdigit() else 0.0))


def open_from(moment: datetime, known: Timetable) -> datetime:
    """Return the first time from a moment on that is not to be skipped; the moment where all hours or days are."""
    if len(known.skip_hours) >= 24 or len(known.skip_days) >= 7:
        return moment
    hour = moment.astimezone(UTC)
    while hour.hour in known.skip_hours or hour.weekday() in known.skip_days:
        hour = hour.replace(minute=0, second=0, microsecond=0) + _HOUR_LONG
    return hour
