"""Rhythm: at which hours and on which days a feed brings news, learned from it, and when to look at it next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.core.model import Rhythm

_WINDOW = timedelta(days=28)
"""Older news says nothing about a feed's rhythm of today."""
_HALF_LIFE = timedelta(days=14)
_EXPECTED = 0.15
"""News expected between two looks. Fewer would be asked for more often in vain; more would often come late."""
_PRIOR_NEWS, _PRIOR_TIME = 1.0, timedelta(hours=1)
"""What is imagined of a feed before anything is known of it: one that has just brought something."""
_EVEN = 6.0
"""News that are imagined to come evenly over hours and days: few say little about the hours of others."""
_HOUR = timedelta(hours=1)


def heard(rhythm: Rhythm | None, news: Iterable[datetime], now: datetime) -> Rhythm:
    """Return the rhythm with what a feed has brought, by the times of publication; those that can't be are now."""
    times = [min(moment, now) for moment in news if moment > now - _WINDOW]
    known = rhythm or Rhythm(since=min(times, default=now), at=now)
    faded = _kept(now - known.at)
    hours, days = [count * faded for count in known.hours], [count * faded for count in known.days]
    for moment in times:
        weight = _kept(now - moment)
        hours[moment.astimezone(UTC).hour] += weight
        days[moment.astimezone(UTC).weekday()] += weight
    return replace(known, at=now, hours=tuple(hours), days=tuple(days))


def pause(rhythm: Rhythm, now: datetime, longest: float) -> float:
    """Return the seconds from now until enough news is expected, at most `longest`."""
    expected = _expected(rhythm, now)
    left, moment, end = _EXPECTED, now, now + timedelta(seconds=longest)
    while moment < end:
        hour_ends = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
        upto = min(hour_ends, end)
        a_second = expected(moment)
        seconds = (upto - moment).total_seconds()
        if a_second * seconds >= left:
            return (moment - now).total_seconds() + left / a_second
        left -= a_second * seconds
        moment = upto
    return longest


def a_day(rhythm: Rhythm, now: datetime) -> float:
    """Return the news a day that a feed has brought lately."""
    seconds = max(_weight(now - rhythm.since), timedelta(days=1).total_seconds())
    return math.fsum(rhythm.hours) * _kept(now - rhythm.at) / seconds * timedelta(days=1).total_seconds()


def _expected(rhythm: Rhythm, now: datetime) -> Callable[[datetime], float]:
    """Return what tells the news a second to expect at a moment: the average, and how its hour and day differ."""
    faded = _kept(now - rhythm.at)
    hours, days, news = rhythm.hours, rhythm.days, math.fsum(rhythm.hours) * faded
    pace = (news + _PRIOR_NEWS) / (_weight(now - rhythm.since) + _PRIOR_TIME.total_seconds())

    def expected(moment: datetime) -> float:
        at = moment.hour
        around = (hours[at - 1] + 2 * hours[at] + hours[(at + 1) % 24]) / 4
        return pace * share(around, 24) * share(days[moment.weekday()], 7)

    def share(count: float, of: int) -> float:
        return (count * faded * of + _EVEN) / (news + _EVEN)

    return expected


def _kept(age: timedelta) -> float:
    """Return how much something of that age counts, 0 to 1."""
    return math.exp2(-max(age, timedelta()) / _HALF_LIFE)


def _weight(span: timedelta) -> float:
    """Return the seconds of a span that ends now, each as much as it counts."""
    return _HALF_LIFE.total_seconds() / math.log(2) * (1 - _kept(span))
