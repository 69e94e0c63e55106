"""Evenly spaced sending, known in advance (GCRA), and quotas by the same rule."""

from __future__ import annotations

from dataclasses import dataclass

_SWEEP = 4096
"""Keys kept before the first look for some to forget."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds, evenly; after a rest `burst` may come at once. A `count` of 0 is no limit.

    In any window of `seconds` that makes at most `count + burst`; with a burst of 1 no two come closer than the
    interval.
    """

    count: float
    seconds: float = 1.0
    burst: int = 1

    @property
    def interval(self) -> float:
        """Seconds between two, evenly spaced."""
        return self.seconds / self.count if self.count else 0.0


class Pace:
    """The generic cell rate algorithm over keys: one number a key, forgotten once it lies in the past.

    Times are seconds of one monotonic clock, passed in.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._next: dict[str, float] = {}
        self._sweep_at = _SWEEP

    def delay(self, now: float, key: str = "") -> float:
        """Return in how many seconds one more is allowed; 0 for at once. Takes nothing."""
        slack = (self._rate.burst - 1) * self._rate.interval
        return max(0.0, self._next.get(key, now) - slack - now)

    def take(self, now: float, key: str = "") -> float:
        """Take the next place and return in how many seconds it comes."""
        delay = self.delay(now, key)
        if self._rate.interval:
            self._next[key] = max(now, self._next.get(key, now)) + self._rate.interval
            self._forget(now)
        return delay

    def within(self, now: float, seconds: float, key: str = "") -> int:
        """Return how many places there are from `now` to `seconds` later, at the most; a great many without a limit."""
        if not self._rate.interval:
            return 0 if self.delay(now, key) > seconds else _SWEEP
        taken = max(now, self._next.get(key, now)) - now
        slack = (self._rate.burst - 1) * self._rate.interval
        return max(0, int((seconds + slack - taken) // self._rate.interval) + 1)

    def halt(self, until: float, key: str = "") -> None:
        """Allow nothing before `until`: what a platform's `retry_after` asks for."""
        slack = (self._rate.burst - 1) * self._rate.interval
        self._next[key] = max(self._next.get(key, until), until + slack)

    def _forget(self, now: float) -> None:
        """Let go of the past; seldom enough that it costs each `take` next to nothing."""
        if len(self._next) > self._sweep_at:
            self._next = {name: at for name, at in self._next.items() if at > now}
            self._sweep_at = max(_SWEEP, 2 * len(self._next))


def evenly(per_second: float) -> Pace:
    """Return the pace of an account, 0 for none.

    Two may come at once, so that what a sleep overshoots is made up for and the rate is held.
    """
    return Pace(Rate(per_second, burst=2))


class Quota:
    """How often one person or chat may do a thing, by name of the thing."""

    def __init__(self, rates: dict[str, Rate]) -> None:
        self._paces = {thing: Pace(rate) for thing, rate in rates.items()}

    def take(self, thing: str, who: str, now: float) -> float:
        """Take one and return 0, or take nothing and return the seconds until one is free."""
        pace = self._paces[thing]
        delay = pace.delay(now, who)
        if not delay:
            pace.take(now, who)
        return delay
