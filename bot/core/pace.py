"""Spacing known in advance: the turns of an account's requests, and by key (GCRA) what a chat or a person may do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from math import inf

_SWEEP = 4096
"""Keys kept before the first look for some to forget."""
_LATE, _LATE_STRICTLY = 0.2, 0.06
"""Seconds that a turn may be taken late, after a pause of the machine say, and the next make up for it. Where it is
counted strictly, what once goes in a bunch does so every second, and leaves a gap before it: there it is less."""
_SURELY = 0.002
"""Seconds added to a second that a platform measures."""
_OLDER = 1.01
"""The quickest answer is forgotten by so much with each one."""
_INSTANT = 1e-6
"""Seconds that are no time: sums of floats differ by less."""


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

    def halt(self, until: float, key: str = "") -> None:
        """Allow nothing before `until`: what a platform's `retry_after` asks for."""
        slack = (self._rate.burst - 1) * self._rate.interval
        self._next[key] = max(self._next.get(key, until), until + slack)

    def _forget(self, now: float) -> None:
        """Let go of the past; seldom enough that it costs each `take` next to nothing."""
        if len(self._next) > self._sweep_at:
            self._next = {name: at for name, at in self._next.items() if at > now}
            self._sweep_at = max(_SWEEP, 2 * len(self._next))


@dataclass(slots=True)
class Turn:
    """A request that has gone out."""

    at: float
    counted: float
    """When the platform has counted it, at the latest; less the time that the quickest takes on the way."""


class Turns:
    """Places for the requests of one account; a rate of 0 is no limit. Times are seconds of one monotonic clock.

    Where a platform counts strictly, as they arrive, requests must not come too close by overtaking one another on the
    way, by `spread` seconds at the most. How much longer than the quickest one took to be answered is the most by which
    it was counted late: by so much the request that is to come a second after it goes later.
    """

    def __init__(self, rate: float, *, spread: float = 0.0) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._spread = spread
        self._late = _LATE_STRICTLY if spread else _LATE
        self._most = max(1, int(rate)) if rate and spread else 0
        self._seconds = self._most * self._interval + _SURELY
        self._gone: deque[Turn] = deque(maxlen=self._most)
        self._next = 0.0
        self._waiting = 0
        self._halted_until = 0.0
        self._quickest = inf

    def free(self, now: float) -> bool:
        """Whether there are as many places as anybody may want, all at once."""
        return not self._interval and self._halted_until <= now

    def delay(self, now: float) -> float:
        """Return in how many seconds the next place comes; 0 for at once. Takes nothing."""
        return max(0.0, self._place(now) - now)

    def within(self, now: float, seconds: float, most: int) -> int:
        """Return how many places there are from `now` to `seconds` later, at most `most`."""
        if self.free(now):
            return most
        places = (self._place(now, ahead) for ahead in range(most))
        return sum(1 for _ in takewhile(lambda place: place <= now + seconds, places))

    def take(self, now: float) -> float:
        """Take the next place and return in how many seconds it comes."""
        place = self._place(now)
        self._next = self._even(now) + self._interval
        self._waiting += 1
        return max(0.0, place - now)

    def leave(self) -> None:
        """Give up a place."""
        self._waiting -= 1

    def go(self, now: float) -> Turn | float:
        """Return the turn of one whose place has come, and who goes now, or in how many seconds it may."""
        full = self._most and len(self._gone) == self._most
        delay = max(self._halted_until, self._gone[0].counted + self._seconds if full else now) - now
        if delay > _INSTANT:
            return delay
        self._waiting -= 1
        turn = Turn(now, now + self._spread)
        self._gone.append(turn)
        return turn

    def answered(self, turn: Turn, now: float) -> None:
        """Take note of how long a request took until it was answered."""
        seconds = now - turn.at
        self._quickest = min(seconds, self._quickest * _OLDER)
        known = self._quickest if len(self._gone) == self._most else 0.0
        turn.counted = turn.at + min(seconds - known, self._spread)

    def halt(self, until: float) -> None:
        """Let nothing go before `until`, whoever has a place already included: what a `retry_after` asks for."""
        self._halted_until = max(self._halted_until, until)

    def _even(self, now: float) -> float:
        """Return when the next place would come were all evenly spaced; lately past where one is taken late."""
        return max(self._halted_until, self._next if now - self._next <= self._late else now)

    def _place(self, now: float, ahead: int = 0) -> float:
        """Return when the next place comes, or one that is so many after it."""
        place = self._even(now) + ahead * self._interval
        before = self._waiting + ahead - (self._most - len(self._gone))
        return max(place, self._gone[before].counted + self._seconds) if 0 <= before < len(self._gone) else place


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
