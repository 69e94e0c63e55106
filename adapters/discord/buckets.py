"""What Discord's headers allow: how many more requests a route takes now, and until when it takes none."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

_SWEEP = 4096
_INVALID_SECONDS = 600.0
_INVALID_MOST = 9_000
"""Refused requests in that time before we hold still; at 10,000 Discord shuts out the address."""
_REFUSED = frozenset({401, 403, 429})
EVERYWHERE = ""
"""The key of the account as a whole."""


class Buckets:
    """Routes by key. Times are seconds of one monotonic clock, passed in."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[int, float]] = {}
        self._invalid: deque[float] = deque(maxlen=_INVALID_MOST)
        self._sweep_at = _SWEEP

    def take(self, key: str, now: float, *, counted: bool = True) -> float:
        """Take a place and return 0, or take nothing and return the seconds until there may be one.

        What is not `counted` (an interaction's answers) knows no limit of the account's.
        """
        delay = max(self._delay(key, now), self._delay(EVERYWHERE, now) if counted else 0.0)
        if not delay and key in self._left:
            left, until = self._left[key]
            self._left[key] = left - 1, until
        return delay

    def learn(self, key: str, status: int, headers: Mapping[str, str], now: float) -> None:
        """Take in what an answer says; requests under way are counted by the smaller of both figures."""
        if status in _REFUSED and headers.get("X-RateLimit-Scope") != "shared":
            self._invalid.append(now)
            if len(self._invalid) == _INVALID_MOST and self._invalid[0] > now - _INVALID_SECONDS:
                self.halt(EVERYWHERE, self._invalid[0] + _INVALID_SECONDS)
        try:
            left, until = int(headers["X-RateLimit-Remaining"]), now + float(headers["X-RateLimit-Reset-After"])
        except (KeyError, ValueError):
            return
        known = self._left.get(key)
        if known and known[1] > now:
            left = min(left, known[0])
        self._left[key] = left, until
        self._forget(now)

    def halt(self, key: str, until: float) -> None:
        """Let nothing through before `until`."""
        self._left[key] = 0, max(until, self._left.get(key, (0, until))[1])

    def _delay(self, key: str, now: float) -> float:
        left, until = self._left.get(key, (1, 0.0))
        if until <= now:
            self._left.pop(key, None)
            return 0.0
        return 0.0 if left > 0 else until - now

    def _forget(self, now: float) -> None:
        """Let go of the past; seldom enough that it costs each answer next to nothing."""
        if len(self._left) > self._sweep_at:
            self._left = {key: known for key, known in self._left.items() if known[1] > now}
            self._sweep_at = max(_SWEEP, 2 * len(self._left))
