"""The desk's forms: which of them an alert's state allows, and the command line that each stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.commands.corrections import NO_LINK, NO_PHOTO
from bot.core.errors import UsageError
from bot.core.foreign import web_address
from bot.core.model import Alert, OnUncertain, Severity, State

Fields = Mapping[str, str]

_BY_STATE: Mapping[State, frozenset[str]] = {
    State.DRAFT: frozenset({"approve", "schedule", "embargo", "test", "uncertain", "reject"}),
    State.SCHEDULED: frozenset({"undo", "hold", "release", "schedule", "embargo", "test", "uncertain"}),
    State.RELEASED: frozenset({"hold", "update", "correct", "refile", "test", "uncertain", "retract"}),
}
_CHANGES = frozenset({"correct", "refile", "retract"})
"""What reaches the copies, as long as their receipts are kept."""


def offered(alert: Alert) -> frozenset[str]:
    """Return the commands that can be given about an alert as it stands."""
    acts = _BY_STATE.get(alert.state, frozenset())
    if alert.held:
        acts = acts - {"hold"} | {"release"}
    if alert.parted and alert.state is State.RELEASED:
        acts = acts | {"release"}
    if alert.amendment is not None:
        acts = acts | {"undo"}
    return acts - _CHANGES if alert.archived else acts


def breaking_line(fields: Fields) -> str:
    """Return the command that drafts a story. Raises UsageError where the form says too little, or odd things."""
    return f"/breaking {_severity(fields)} {_story(fields)}"


def alert_line(alert: str, act: str, fields: Fields) -> str:
    """Return the command about an alert that a filled form stands for.

    Raises UsageError where it says too little or odd things, and for an act that is none.
    """
    if act == "split":
        return f"/split {_needed(fields, 'article', 'desk.no_article')}"
    if act not in _LINES:
        raise UsageError("desk.no_act")
    return f"/{act} {alert} {_LINES[act](fields)}".strip()


def _nothing(_fields: Fields) -> str:
    return ""


def _time(fields: Fields) -> str:
    return _needed(fields, "time", "desk.no_time")


def _choice(fields: Fields) -> str:
    choice = fields.get("choice", "")
    if choice not in set(OnUncertain):
        raise UsageError("desk.no_choice")
    return choice


def _update(fields: Fields) -> str:
    return f"{_severity(fields)} {_story(fields)}"


def _correction(fields: Fields) -> str:
    gone = f"{NO_PHOTO} " if fields.get("unpictured") else ""
    gone += "" if fields.get("url", "-").strip() else f"{NO_LINK} "
    return f"{_needed(fields, 'note', 'desk.no_note')}\n{gone}{_story(fields)}"


def _reason(fields: Fields) -> str:
    return _one_line(fields.get("why", ""))


def _leading(fields: Fields) -> str:
    return _needed(fields, "into", "desk.no_story")


_LINES: Mapping[str, Callable[[Fields], str]] = {
    **dict.fromkeys(("approve", "reject", "hold", "release", "undo", "test"), _nothing),
    **dict.fromkeys(("schedule", "embargo"), _time),
    **dict.fromkeys(("correct", "refile"), _correction),
    "update": _update,
    "uncertain": _choice,
    "retract": _reason,
    "merge": _leading,
}


def _severity(fields: Fields) -> str:
    severity = fields.get("severity", "").lower()
    if severity not in set(Severity):
        raise UsageError("desk.no_severity")
    return severity.upper()


def _story(fields: Fields) -> str:
    """The link and headline on one line, the text on those below."""
    headline, url = _needed(fields, "headline", "desk.no_headline"), fields.get("url", "").strip()
    if url and not web_address(url):
        raise UsageError("desk.no_link")
    return f"{url} {headline}\n{fields.get('text', '').strip()}".strip()


def _needed(fields: Fields, name: str, otherwise: str) -> str:
    """The field as one line; a line break in it would begin another part of the command."""
    words = _one_line(fields.get(name, ""))
    if not words:
        raise UsageError(otherwise)
    return words


def _one_line(words: str) -> str:
    return " ".join(words.split())
