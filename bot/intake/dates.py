"""Dates as feeds write them, to ISO 8601: the standards first, strictly, then a careful guess."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from time import struct_time

from dateutil import parser as dateutil

_LONGEST, _EARLIEST = 80, "1900"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "cest": 2, "mest": 2,
    "eet": 2, "eest": 3, "msk": 3, "ist": 5.5, "jst": 9, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6,
    "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Hours east of Greenwich, as RFC 822 and newsrooms mean them."""

_MONTH = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}")
_RFC_822 = re.compile(
    r"(?:[a-z]{3,9}\.?,?\s+)?(?P<day>\d{1,2})[\s-]+(?P<month>[a-z]{3})[a-z]{0,6}\.?[\s-]+(?P<year>\d{4}|\d\d)"
    r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:\s*(?P<zone>[+-]\d\d:?\d\d|[a-z]{1,4}))?)?",
    re.IGNORECASE,
)
_REMARK = re.compile(r"(?<=[+-]\d{4})\s*(?:[A-Z]{2,5}|\([^()]*\))$|\s*\([^()]*\)$")
"""A zone's name said again behind its offset, as Go and mail programs do."""
_DEFAULTS = datetime(2000, 1, 1, 0, 0), datetime(2001, 2, 2, 11, 11)  # noqa: DTZ001  # what a guess must not rest on


def iso(text: str, fallback: struct_time | None = None) -> str:
    """Return a date as ISO 8601 with offset (UTC where none is given), or the day alone where there is no time.

    `fallback` is what feedparser makes of it, in UTC: it knows some national forms. Empty where nobody can tell, which
    includes days that could be either of two (03/04/2026).
    """
    text = _REMARK.sub("", " ".join(text.split())[:_LONGEST])
    for read in (_standard, _rfc_822, _guessed):
        try:
            if found := read(text):
                return _believed(found)
        except (ValueError, OverflowError):
            continue
    return _believed(_from_struct(fallback)) if fallback else ""


def _believed(found: str) -> str:
    """Return a date but for those of the year 1, by which programs say that they have none."""
    return found if found >= _EARLIEST else ""


def moment(text: str) -> datetime | None:
    """Return what `iso` wrote as an aware time, a day alone as its midnight in UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _standard(text: str) -> str:
    """Read RFC 3339, W3C-DTF and ISO 8601."""
    if match := _MONTH.fullmatch(text):
        return date(int(match[1]), int(match[2] or 1), 1).isoformat()
    if _DAY.fullmatch(text):
        return date.fromisoformat(text).isoformat()
    return _written(datetime.fromisoformat(text.upper()))


def _rfc_822(text: str) -> str:
    match = _RFC_822.fullmatch(text)
    if not match or match["month"].lower() not in _MONTHS:
        return ""
    year, month, day = _year(match["year"]), _MONTHS.index(match["month"].lower()) + 1, int(match["day"])
    if not match["hour"]:
        return date(year, month, day).isoformat()
    zone = _zone(match["zone"] or "z")
    if zone is None:
        return ""
    second = min(int(match["second"] or 0), 59)
    return _written(datetime(year, month, day, int(match["hour"]), int(match["minute"]), second, tzinfo=zone))


def _guessed(text: str) -> str:
    """Read anything else, if two readings with different defaults and orders of day and month agree."""
    if not any(char.isdigit() for char in text):
        return ""
    one, other = (
        dateutil.parse(text, default=default, dayfirst=dayfirst, tzinfos=_offset)
        for default, dayfirst in zip(_DEFAULTS, (False, True), strict=True)
    )
    if one.date() != other.date():
        return ""
    return _written(one) if one == other else one.date().isoformat()


def _offset(name: str | None, seconds: int | None) -> tzinfo | None:
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    return _zone(name or "z") or UTC


def _zone(name: str) -> tzinfo | None:
    if name[0] in "+-":
        offset = timedelta(hours=int(name[1:3]), minutes=int(name[-2:]))
        return timezone(-offset if name[0] == "-" else offset)
    hours = _ZONES.get(name.lower())
    return None if hours is None else timezone(timedelta(hours=hours))


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 70 else 2000)


def _from_struct(parsed: struct_time) -> str:
    try:
        return _written(datetime(*parsed[:6], tzinfo=UTC))
    except ValueError:
        return ""


def _written(time: datetime) -> str:
    """Raise OverflowError for a time that has no moment in UTC: no zone could show it."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    aware.astimezone(UTC)
    return aware.isoformat(timespec="seconds")
