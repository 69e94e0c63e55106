"""What is going out at this moment: by platform how much waits and how fast it goes, and the alerts under way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.model import Alert, Delivery, Severity
from bot.core.ports import Adapter, Bot
from bot.outreach.alarm import Alarm, standing

_NOW_SECONDS = 3.0
"""Over which the rate is taken: long enough to be steady, short enough to be that of now."""
_HALT_SECONDS = 2.0
"""A shorter wait for the next place is the pace's own, not one that the platform asks for."""
_LISTED = 10


class Line(StrEnum):
    """How a platform stands."""

    CONNECTED = "connected"
    CONNECTING = "connecting"
    STOPPED = "stopped"
    REVOKED = "revoked"
    RIVALLED = "rivalled"
    ABSENT = "absent"
    """Not in the settings, and something waits for it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One platform: what waits for it, and how fast it goes."""

    platform: str
    line: Line
    waiting: Mapping[Severity, int]
    rate: float = 0.0
    """Messages a second, now."""
    allowed: float = 0.0
    """The same, as allowed; 0 for no limit."""
    halted: float = 0.0
    """Seconds for which the platform asks to be left alone."""
    retries: Mapping[str, int] = field(default_factory=dict)
    """By catalog key of the reason, of the last ten minutes; and so the refusals."""
    refusals: Mapping[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long what waits will take about; None where nobody can tell, or nothing goes."""
        rate = self.allowed or self.rate
        goes = self.line is Line.CONNECTED and rate
        return self.halted + sum(self.waiting.values()) / rate if goes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is going out."""

    wires: Sequence[Wire]
    alerts: Sequence[Alert]
    """Those under way, the most urgent first, then the newest; at most ten."""
    more: int
    """How many there are besides."""


async def sending(bot: Bot) -> Sending:
    """Return what is going out now. It costs no more where much waits: everything is counted by an index."""
    waiting: defaultdict[str, Counter[Severity]] = defaultdict(Counter)
    under_way: dict[str, int] = {}
    for queue, number in (await bot.store.count(Delivery, by="queue")).items():
        lane, priority, about = queue.split(" ")
        waiting[lane][_severity(int(priority))] += number
        under_way[about] = min(int(priority), under_way.get(about, int(priority)))
    alarms = {str(alarm.arguments.get("platform")): alarm for alarm in await standing(bot.store)}
    known = {adapter.account for adapter in bot.adapters.values()}
    wires = [_wire(bot, adapter, waiting[adapter.account], alarms) for adapter in bot.adapters.values()]
    wires += [Wire(platform=lane, line=Line.ABSENT, waiting=waiting[lane]) for lane in sorted(waiting.keys() - known)]
    alerts = await _alerts(bot, under_way)
    return Sending(wires=wires, alerts=alerts[:_LISTED], more=len(alerts[_LISTED:]))


def _severity(priority: int) -> Severity:
    return next((severity for severity in Severity if severity.priority >= priority), Severity.ROUTINE)


def _wire(bot: Bot, adapter: Adapter, waiting: Mapping[Severity, int], alarms: Mapping[str, Alarm]) -> Wire:
    platform, now = adapter.platform, bot.clock.monotonic()
    halted = adapter.pace.delay(now)
    own = max(_HALT_SECONDS, _HALT_SECONDS / adapter.rate if adapter.rate else 0.0)
    return Wire(
        platform=platform,
        line=_line(adapter, alarms.get(platform)),
        waiting=waiting,
        rate=bot.meters.rate(platform, now, _NOW_SECONDS),
        allowed=adapter.rate,
        halted=halted if halted > own else 0.0,
        retries=bot.meters.retries(platform, now),
        refusals=bot.meters.refusals(platform, now),
    )


def _line(adapter: Adapter, alarm: Alarm | None) -> Line:
    if adapter.rivalled.is_set():
        return Line.RIVALLED
    if alarm and alarm.key == "alarm.revoked":
        return Line.REVOKED
    if alarm and alarm.key == "alarm.stopped":
        return Line.STOPPED
    return Line.CONNECTED if adapter.connected.is_set() else Line.CONNECTING


async def _alerts(bot: Bot, under_way: Mapping[str, int]) -> Sequence[Alert]:
    """Return the alerts that something waits of; a notice counts as part of what it tells of."""
    found: dict[str, tuple[int, Alert]] = {}
    for about, priority in sorted(under_way.items(), key=lambda each: each[1]):
        alert = await bot.store.get(Alert, about)
        if alert and alert.notices:
            alert = await bot.store.get(Alert, alert.notices)
        if alert:
            found.setdefault(alert.id, (priority, alert))
    newest = sorted(found.values(), key=lambda each: each[1].id, reverse=True)
    return [alert for _, alert in sorted(newest, key=lambda each: each[0])]
