"""What is counted while the bot runs, for Prometheus and the desk: messages, retries, refusals, delays, summaries."""

from __future__ import annotations

from collections import Counter as Tally
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from itertools import takewhile
from typing import Any

_WINDOW = 10.0
"""Seconds over which the rate is taken."""
_MINUTES = 10
"""How far back goes what went wrong lately."""
_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)


class Lately:
    """What happened in the last ten minutes, counted by minute: so it takes the same room however often it happens."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, Tally[tuple[str, str, str]]]] = deque()

    def add(self, what: tuple[str, str, str], now: float) -> None:
        """Count one more, at a time of the monotonic clock."""
        minute = self._forget(now)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Tally()))
        self._minutes[-1][1][what] += 1

    def of(self, what: str, platform: str, now: float) -> Mapping[str, int]:
        """Return how often it happened on a platform, by reason, the most frequent first."""
        self._forget(now)
        found: Tally[str] = Tally()
        for _, counts in self._minutes:
            for (each, where, reason), number in counts.items():
                if (each, where) == (what, platform):
                    found[reason] += number
        return dict(found.most_common())

    def _forget(self, now: float) -> int:
        """Let go of what is past, and return the minute that it is."""
        minute = int(now // 60)
        while self._minutes and self._minutes[0][0] <= minute - _MINUTES:
            self._minutes.popleft()
        return minute


def _child(metric: Any, *labels: str) -> Any:
    """Return what counts for these labels: looked up once, not with each message."""
    return metric.labels(*labels)


class Meters:
    """One process's counters. Labels are platforms, and keys of what went wrong: never a chat's name."""

    def __init__(self) -> None:
        # a tenth of a second, which only who builds a bot pays
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector  # noqa: PLC0415

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._messages = Counter(
            "dateline_messages", "Copies posted and edited.", ("platform", "what"), registry=self.registry
        )
        self._retries = Counter(
            "dateline_retries", "Deliveries that come again later.", ("platform", "reason"), registry=self.registry
        )
        self._refusals = Counter(
            "dateline_refusals", "Deliveries given up.", ("platform", "reason"), registry=self.registry
        )
        self._pushes = Counter(
            "dateline_pushes", "What hubs have sent, by what became of it.", ("outcome",), registry=self.registry
        )
        self._delivered = Histogram(
            "dateline_delivery_seconds",
            "From an alert's release to a chat's first copy.",
            ("platform",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._first = Histogram(
            "dateline_first_delivery_seconds",
            "From an alert's release to its first copy anywhere.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._summaries = Counter(
            "dateline_model_summaries",
            "Summaries asked of the language model.",
            ("outcome", "reason"),
            registry=self.registry,
        )
        self._child = lru_cache(maxsize=64)(_child)
        self._sent: dict[str, deque[float]] = {}
        self._begun: deque[str] = deque(maxlen=1000)
        self._lately = Lately()

    def shown(self, platform: str, now: float, *, first: bool) -> None:
        """Count a copy that was posted (`first`) or edited, at a time of the monotonic clock."""
        self._child(self._messages, platform, "posted" if first else "edited").inc()
        times = self._sent.setdefault(platform, deque())
        times.append(now)
        self._forget(times, now)

    def told(self, platform: str, alert: str, seconds: float) -> None:
        """Count a chat that was told so many seconds after the release of an alert."""
        self._child(self._delivered, platform).observe(seconds)
        if alert not in self._begun:
            self._begun.append(alert)
            self._first.observe(seconds)

    def pushed(self, outcome: str) -> None:
        """Count something that a hub has sent."""
        self._pushes.labels(outcome).inc()

    def retried(self, platform: str, reason: str, now: float) -> None:
        """Count a delivery that comes again later."""
        self._retries.labels(platform, reason).inc()
        self._lately.add(("retried", platform, reason), now)

    def refused(self, platform: str, reason: str, now: float) -> None:
        """Count a delivery that was given up."""
        self._refusals.labels(platform, reason).inc()
        self._lately.add(("refused", platform, reason), now)

    def summarised(self, outcome: str, reason: str = "") -> None:
        """Count what became of a summary by the model: written, kept from before, refused or failed, and why."""
        self._summaries.labels(outcome, reason).inc()

    def rate(self, platform: str, now: float, seconds: float = _WINDOW) -> float:
        """Return the messages a second of the last ten seconds, or fewer."""
        times = self._sent.get(platform)
        if not times:
            return 0.0
        self._forget(times, now)
        return sum(1 for _ in takewhile(lambda at: at >= now - seconds, reversed(times))) / seconds

    def retries(self, platform: str, now: float) -> Mapping[str, int]:
        """Return how many deliveries were to come again, in the last ten minutes, by reason."""
        return self._lately.of("retried", platform, now)

    def refusals(self, platform: str, now: float) -> Mapping[str, int]:
        """Return how many deliveries were given up, in the last ten minutes, by reason."""
        return self._lately.of("refused", platform, now)

    @staticmethod
    def _forget(times: deque[float], now: float) -> None:
        while times and times[0] < now - _WINDOW:
            times.popleft()
