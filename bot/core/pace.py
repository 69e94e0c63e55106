"""Evenly spaced sending, known in advance (GCRA), and quotas by the same rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds, of which `burst` may come at once. A `count` of 0 is no limit."""

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

    _SWEEP = 4096

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._next: dict[str, float] = {}

    def delay(self, now: float, key: str = "") -> float:
        """Return in how many seconds one more is allowed; 0 for at once. Takes nothing."""
        slack = (self._rate.burst - 1) * self._rate.interval
        return max(0.0, self._next.get(key, now) - slack - now)

    def take(self, now: float, key: str = "") -> float:
        """Take the next place and return in how many seconds it comes."""
        delay = self.delay(now, key)
        if self._rate.interval:
            self._next[key] = max(now, self._next.get(key, now)) + self._rate.interval
            if len(self._next) > self._SWEEP:
                self._next = {name: at for name, at in self._next.items() if at > now}
        return delay

    def halt(self, until: float, key: str = "") -> None:
        """Allow nothing before `until`: what a platform's `retry_after` asks for."""
        slack = (self._rate.burst - 1) * self._rate.interval
        self._next[key] = max(self._next.get(key, until), until + slack)


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
