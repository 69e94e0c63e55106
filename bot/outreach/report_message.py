"""How an alert stands, in words for its editors: what waits, what is going out, and the report at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from babel.numbers import format_decimal

from bot.core.i18n import Translator
from bot.core.message import Action, Block, Manner, Message, code, heading, item, message, paragraph
from bot.core.model import Alert, State
from bot.outreach.compose import moment
from bot.outreach.report import Listed, Report, Tally, Times

_A_MOMENT = timedelta(minutes=2)
"""What goes out sooner is said to go out in a moment."""
_NAMED = 20
"""Chats that are listed by name."""


def progress_message(alert: Alert, shown: Mapping[str, int], say: Translator, zone: tzinfo) -> Message:
    """Return how an alert stands before it has arrived; `shown` are its deliveries by the revision they show."""
    chats = sum(shown.values())
    told = chats - shown.get("0", 0)
    if halted := _halted(alert, told, say, zone):
        words, actions = halted
        return message(_title(alert, say), words, actions=actions)
    corrected, withdrawn = bool(alert.current.corrected), alert.state is State.WITHDRAWN
    lines = []
    if corrected:
        key = "report.withdrawing" if withdrawn else "report.correcting"
        lines.append(_of(key, shown.get(str(alert.number), 0), told, say))
    if not (corrected and (withdrawn or alert.addressed)):
        lines.append(_of("report.going", told, chats, say))
    return message(_title(alert, say), *lines)


def report_message(alert: Alert, report: Report, say: Translator, zone: tzinfo, *, named: bool = True) -> Message:
    """Return how an alert has arrived, so far or in the end, with the chats `named` that somebody may look into."""
    words, actions = _halted(alert, report.audience.told, say, zone) or ("", ())
    blocks = [paragraph(words)] if words else []
    if alert.released:
        blocks += _arrival(alert, report, say, named=named)
    return message(_title(alert, say), *blocks, actions=actions)


def state_of(alert: Alert, say: Translator, zone: tzinfo) -> str:
    """Return in a word or two where an alert is in its life."""
    if alert.held:
        return say("state.held")
    later = _later(alert)
    return say("state.due", time=moment(later, zone)) if later else say(f"state.{alert.state}")


def number(value: float, say: Translator) -> str:
    """Return a number as it is read in the language."""
    return format_decimal(value, locale=say.locale)


def _reach(report: Report, say: Translator, *, kept: bool = False) -> str:
    """How many of the audience were told, and where the others stand."""
    told = [_of("report.told", report.audience.told, report.audience.chats, say)]
    told += [say("report.late", number=number(report.late, say))] if report.late else []
    return " · ".join((*told, *_others(report.audience, say, kept=kept)))


def _title(alert: Alert, say: Translator) -> Block:
    """The headline; that of a rehearsal says that it is one."""
    return heading(f"{say('alert.test')}: " if alert.test else "", alert.current.headline)


def _halted(alert: Alert, told: int, say: Translator, zone: tzinfo) -> tuple[str, Sequence[Action]] | None:
    """Why nothing of it goes out now, and what can be done about that."""
    undo = Action(say("breaking.undo"), f"/undo {alert.id}", Manner.DANGER)
    let_go = Action(say("breaking.let_go"), f"/release {alert.id}", Manner.GO)
    if alert.amendment is not None:
        change = "correcting" if alert.amendment.revision else "withdrawing"
        return say(f"breaking.{change}", note=alert.amendment.note), (undo,)
    if alert.held:
        return say("breaking.held", told=number(told, say)), (let_go,)
    if alert.state is State.SCHEDULED:
        return _leaving(alert, say, zone), (undo,)
    if alert.state is State.RELEASED or alert.state is State.WITHDRAWN:
        return None
    return say(f"breaking.now_{alert.state}"), ()


def _leaving(alert: Alert, say: Translator, zone: tzinfo) -> str:
    """When an approved alert goes out."""
    later = _later(alert)
    return say("breaking.scheduled_at", time=moment(later, zone)) if later else say("breaking.scheduled")


def _later(alert: Alert) -> datetime | None:
    """The time of a scheduled alert; None where it is about to go out."""
    waits = alert.state is State.SCHEDULED and alert.due and alert.due - alert.log[-1].at >= _A_MOMENT
    return alert.due if waits else None


def _arrival(alert: Alert, report: Report, say: Translator, *, named: bool) -> Iterator[Block]:
    kept = alert.archived
    if alert.state is State.WITHDRAWN:
        yield paragraph(say("breaking.now_withdrawn"))
    yield paragraph(_reach(report, say, kept=kept) if report.audience.chats else say("report.nobody"))
    if report.times:
        yield paragraph(_times(report.times, say))
    if alert.number > 1 and report.copies.chats:
        change = "withdrawn" if alert.state is State.WITHDRAWN else "corrected"
        key = f"report.{change}" if alert.current.corrected else "report.widened"
        yield _line(key, report.copies, say, kept=kept)
    if report.notices.chats:
        yield _line("report.noticed", report.notices, say, kept=kept)
    if named:
        yield from _names(report.listed, say)
    elif report.listed:
        yield paragraph(say("report.unnamed"), " ", code(f"/report {alert.id}"))
    if kept:
        yield paragraph(say("report.kept"))


def _line(key: str, tally: Tally, say: Translator, *, kept: bool) -> Block:
    return paragraph(" · ".join((_of(key, tally.told, tally.chats, say), *_others(tally, say, kept=kept))))


def _others(tally: Tally, say: Translator, *, kept: bool) -> Iterator[str]:
    """Where the chats of a tally stand that were not told; nothing is said of what there is none of."""
    if tally.pending:
        yield say("report.never" if kept else "report.pending", number=number(tally.pending, say))
    if tally.deferred:
        yield say("report.never" if kept else "report.deferred", number=number(tally.deferred, say))
    for platform, chats in tally.waiting.items():
        yield say("report.waiting", platform=platform, number=number(chats, say))
    if tally.failed:
        reasons = "; ".join(_reason(key, chats, tally, say) for key, chats in tally.failed.items())
        yield say("report.failed", number=number(tally.failures, say), reasons=reasons)
    if tally.gone:
        yield say("report.gone", number=number(tally.gone, say))
    if tally.uncertain:
        yield say("report.uncertain", number=number(tally.uncertain, say))


def _reason(key: str, chats: int, tally: Tally, say: Translator) -> str:
    words = say(key).rstrip(".")
    return words if len(tally.failed) == 1 else f"{words}: {number(chats, say)}"


def _names(listed: Sequence[Listed], say: Translator) -> Iterator[Block]:
    if listed:
        yield paragraph(say("report.listed"))
    for one in listed[:_NAMED]:
        yield item(code(one.chat), f" — {say(one.problem)}")
    if (more := len(listed) - _NAMED) > 0:
        yield item(say("report.more", count=more, number=number(more, say)))


def _of(key: str, some: int, all_: int, say: Translator) -> str:
    return say(key, count=all_, told=number(some, say), of=number(all_, say))


def _times(times: Times, say: Translator) -> str:
    return say(
        "report.times",
        first=duration(times.first, say),
        p50=duration(times.p50, say),
        p95=duration(times.p95, say),
        last=duration(times.last, say),
    )


def duration(seconds: float, say: Translator) -> str:
    """Return seconds in units that are the same in every language."""
    if seconds < 9.95:  # where tenths count
        return f"{number(round(seconds, 1), say)} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{number(hours, say)} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
