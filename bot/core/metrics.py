"""What is counted while the bot runs, for Prometheus and the desk: messages, retries, refusals, delays."""

from __future__ import annotations

from collections import deque

_WINDOW = 10.0
"""Seconds over which the rate is taken."""
_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)


class Meters:
    """One process's counters. Labels are platforms, and the catalog keys of what went wrong: never a chat's name."""

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
        self._sent: dict[str, deque[float]] = {}
        self._begun: deque[str] = deque(maxlen=1000)

    def shown(self, platform: str, now: float, *, first: bool) -> None:
        """Count a copy that was posted (`first`) or edited, at a time of the monotonic clock."""
        self._messages.labels(platform, "posted" if first else "edited").inc()
        times = self._sent.setdefault(platform, deque())
        times.append(now)
        self._forget(times, now)

    def told(self, platform: str, alert: str, seconds: float) -> None:
        """Count a chat that was told so many seconds after the release of an alert."""
        self._delivered.labels(platform).observe(seconds)
        if alert not in self._begun:
            self._begun.append(alert)
            self._first.observe(seconds)

    def retried(self, platform: str, reason: str) -> None:
        """Count a delivery that comes again later."""
        self._retries.labels(platform, reason).inc()

    def refused(self, platform: str, reason: str) -> None:
        """Count a delivery that was given up."""
        self._refusals.labels(platform, reason).inc()

    def rate(self, platform: str, now: float) -> float:
        """Return the messages a second of the last ten seconds."""
        times = self._sent.get(platform)
        if not times:
            return 0.0
        self._forget(times, now)
        return len(times) / _WINDOW

    @staticmethod
    def _forget(times: deque[float], now: float) -> None:
        while times and times[0] < now - _WINDOW:
            times.popleft()
