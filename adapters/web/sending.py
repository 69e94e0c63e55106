"""The part of the desk that moves: what is going out on each platform, and how far each alert under way has come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.web.alarms import alarms
from adapters.web.shown import Reached, reach
from adapters.web.site import Site, Visitor
from bot.core.foreign import harmless
from bot.core.i18n import Translator
from bot.core.model import Alert, Delivery, Severity
from bot.outreach.report import Times, times
from bot.outreach.report_message import duration, number, progress_message
from bot.outreach.sending import Wire, sending

_RENEWED_SECONDS = 0.9
"""What is shown is as old as that at the most: pages that ask once a second all get something new."""
_REACHED = "reached-"
"""Before an alert's id: the name of its part on the board."""
_TIMED_SECONDS, _TIMED_CHATS = 5.0, 4000
"""Between two looks at how soon an alert's chats were told; they are all gone through for it, so of many it is longer:
a second for each so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRow:
    """A platform as a row of the table, in words."""

    wire: Wire
    name: str
    waiting: Sequence[tuple[int, str]]
    """By severity, the number and how it is written."""
    rate: str
    takes: str
    halted: str
    lately: Sequence[str]
    """What went wrong in the last ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """An alert of which something is going out."""

    alert: Alert
    headline: str
    reached: Reached
    words: str
    done: int
    of: int
    times: Times | None
    timed: str


class SendingDesk:
    """Makes the part for a page, and again for all open pages as time goes on."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._parts: dict[str, tuple[float, Mapping[str, str]]] = {}
        """By language: when they were made, so that many open pages cost no more than one."""
        self._times: dict[str, tuple[float, Times | None]] = {}
        """By alert: when they were taken."""

    async def values(self, say: Translator) -> Mapping[str, object]:
        """Return what the part's template needs."""
        now = await sending(self._site.bot)
        self._times = {alert.id: self._times[alert.id] for alert in now.alerts if alert.id in self._times}
        return {
            "alarms": await alarms(self._site, say),
            "severities": tuple(Severity),
            "wires": [_row(wire, say) for wire in now.wires],
            "under_way": [await self._under_way(alert, say) for alert in now.alerts],
            "more": now.more,
        }

    async def parts(self, visitor: Visitor) -> Mapping[str, str]:
        """Return the moving parts of the desk by name, as HTML; they are the same for all who read one language."""
        language, now = visitor.say.locale, self._site.clock.monotonic()
        at, parts = self._parts.get(language, (-_RENEWED_SECONDS, {}))
        if now - at >= _RENEWED_SECONDS or not parts:
            values = await self.values(visitor.say)
            parts = {"sending": self._site.fragment("sending.html", visitor, **values)}
            for row in values["under_way"]:  # type: ignore[attr-defined]  # ours
                parts[f"{_REACHED}{row.alert.id}"] = self._site.fragment("reached.html", visitor, reached=row.reached)
            self._parts[language] = now, parts
        return parts

    async def reached(self, id: str, visitor: Visitor) -> str:
        """Return how many chats an alert has reached, as it stands on the board."""
        alert = await self._site.store.get(Alert, id)
        reached = await reach(self._site.store, alert) if alert else Reached(told=0, of=0, others=())
        return self._site.fragment("reached.html", visitor, reached=reached)

    async def _under_way(self, alert: Alert, say: Translator) -> UnderWay:
        site = self._site
        shown = await site.store.count(Delivery, {"about": alert.id}, by="shown")
        await asyncio.sleep(0)  # what is counted for the first time takes a moment
        chats, told = sum(shown.values()), sum(shown.values()) - shown.get("0", 0)
        known = await self._timed(alert, chats) if told else None
        changes = alert.number > 1 and alert.addressed
        return UnderWay(
            alert=alert,
            headline=harmless(alert.current.headline),
            reached=await reach(site.store, alert),
            words=" ".join(block.plain for block in progress_message(alert, shown, say, site.settings.zone).blocks[1:]),
            done=shown.get(str(alert.number), 0) if changes else told,
            of=told if changes else chats,
            times=known,
            timed=_timed(known, say) if known else "",
        )

    async def _timed(self, alert: Alert, chats: int) -> Times | None:
        """Return how soon an alert's chats were told, as it was a moment ago."""
        now = self._site.clock.monotonic()
        at, known = self._times.get(alert.id, (now, None))
        if known is None or now - at >= max(_TIMED_SECONDS, chats / _TIMED_CHATS):
            known = await times(self._site.bot, alert)
            self._times[alert.id] = now, known
        return known


class Moving:
    """The moving parts as one open page has them."""

    def __init__(self, desk: SendingDesk, visitor: Visitor) -> None:
        self._desk = desk
        self._visitor = visitor
        self._shown: Mapping[str, str] = {}

    async def changed(self) -> Mapping[str, str]:
        """Return the parts that have become others since the last time; of what is through how it ended."""
        parts = await self._desk.parts(self._visitor)
        changed = {name: html for name, html in parts.items() if self._shown.get(name) != html}
        for name in self._shown.keys() - parts.keys():
            changed[name] = await self._desk.reached(name.removeprefix(_REACHED), self._visitor)
        self._shown = parts
        return changed


def _row(wire: Wire, say: Translator) -> WireRow:
    rate = number(round(wire.rate) if wire.rate >= 10 else round(wire.rate, 1), say)
    allowed = number(wire.allowed, say)
    lately = {"desk.retried": wire.retries, "desk.refused": wire.refusals}
    counts = [wire.waiting.get(severity, 0) for severity in Severity]
    return WireRow(
        wire=wire,
        name=wire.platform.capitalize(),
        waiting=[(count, number(count, say)) for count in counts],
        rate=say("desk.rate_of", rate=rate, allowed=allowed) if wire.allowed else say("desk.rate_free", rate=rate),
        takes=duration(wire.seconds, say) if any(counts) and wire.seconds is not None else "",
        halted=duration(wire.halted, say) if wire.halted else "",
        lately=[_lately(key, reasons, say) for key, reasons in lately.items() if reasons],
    )


def _lately(key: str, reasons: Mapping[str, int], say: Translator) -> str:
    words = (f"{say(reason).rstrip('.')} ({number(count, say)})" for reason, count in reasons.items())
    return say(key, reasons="; ".join(words))


def _timed(known: Times, say: Translator) -> str:
    seconds = {"first": known.first, "p50": known.p50, "p95": known.p95}
    return say("desk.timed", **{name: duration(each, say) for name, each in seconds.items()})
