"""The real clock and ids; tests inject their own."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_RANDOM_BITS = 36
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class TimeIds:
    """Ids of 80 bits, 44 of milliseconds and 36 random, as 16 characters; strictly rising in one process."""

    def __init__(self, now: Callable[[], datetime], random: Callable[[int], int] = secrets.randbits) -> None:
        self._now = now
        self._random = random
        self._last = 0

    def new(self) -> str:
        """Return an id above all earlier ones, also when the clock was put back."""
        fresh = _milliseconds(self._now()) << _RANDOM_BITS | self._random(_RANDOM_BITS)
        self._last = max(fresh, self._last + 1)
        return _written(self._last)


def id_floor(moment: datetime) -> str:
    """Return an id below all that were made at `moment` or later, for `find(after=...)`."""
    return _written(max(0, (_milliseconds(moment) << _RANDOM_BITS) - 1))


def id_time(id: str) -> datetime:
    """Return when a time-ordered id was made, to the millisecond."""
    number = 0
    for digit in id:
        number = number << 5 | _DIGITS.index(digit)
    return _EPOCH + timedelta(milliseconds=number >> _RANDOM_BITS)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _written(number: int) -> str:
    return "".join(_DIGITS[number >> shift & 31] for shift in range(75, -1, -5))
