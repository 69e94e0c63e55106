"""The life of an alert as pure transitions: each returns the next alert or raises Conflict, and writes the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.errors import Conflict
from bot.core.model import Act, Alert, Audience, Revision, Severity, State


def drafted(
    id: str, revision: Revision, severity: Severity, audience: Audience, *, by: str, at: datetime, story: str = ""
) -> Alert:
    """Return a new draft. Nobody sees it but its editors."""
    return Alert(
        id=id,
        severity=severity,
        state=State.DRAFT,
        author=by,
        audience=audience,
        revisions=(revision,),
        log=(Act(at=at, by=by, did="drafted"),),
        story=story,
    )


def approved(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return the draft on its way out; until it is released it can be called back."""
    return _moved(alert, State.DRAFT, State.SCHEDULED, by=by, at=at, did="approved")


def called_back(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return an approved alert as the draft it was: nobody has been told."""
    return _moved(alert, State.SCHEDULED, State.DRAFT, by=by, at=at, did="called back")


def rejected(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return a draft that will never go out."""
    return _moved(alert, State.DRAFT, State.REJECTED, by=by, at=at, did="rejected")


def released(alert: Alert, *, at: datetime) -> Alert:
    """Return an approved alert as going out; `at` fixes its audience."""
    return replace(_moved(alert, State.SCHEDULED, State.RELEASED, by=alert.author, at=at, did="released"), released=at)


def corrected(alert: Alert, revision: Revision, *, by: str, at: datetime) -> Alert:
    """Return a released alert that says something else from now on; its revision's note says what was wrong."""
    told = _moved(alert, State.RELEASED, State.RELEASED, by=by, at=at, did="corrected", note=revision.note)
    return replace(told, revisions=(*alert.revisions, replace(revision, corrected=at)))


def withdrawn(alert: Alert, note: str, *, by: str, at: datetime) -> Alert:
    """Return a released alert of which only a stub is left, with the reason if there is one."""
    gone = _moved(alert, State.RELEASED, State.WITHDRAWN, by=by, at=at, did="withdrawn", note=note)
    return replace(gone, revisions=(*alert.revisions, replace(alert.current, note=note, corrected=at)))


def announced(alert: Alert, id: str, *, at: datetime) -> tuple[Alert, Alert]:
    """Return a changed alert and its notice, an alert of its own that is posted under each copy and nowhere else."""
    notice = drafted(id, alert.current, alert.severity, Audience(), by=alert.author, at=at, story=alert.story)
    out = replace(notice, state=State.RELEASED, released=at, addressed=True, notices=alert.id, log=alert.log[-1:])
    return replace(alert, notice=id), out


def widened(alert: Alert, audience: Audience) -> Alert:
    """Return the alert for more people; those who were told already are not told again.

    Words already looked through are dropped, so that a long story's alert does not grow.
    """
    seen = "" if alert.addressed else alert.audience.text
    wider = replace(
        alert.audience,
        topics=_union(alert.audience.topics, audience.topics),
        feeds=_union(alert.audience.feeds, audience.feeds),
        text=f"{seen}\n{audience.text}".strip(),
    )
    return replace(alert, audience=wider, addressed=False)


def addressed(alert: Alert) -> Alert:
    """Return the alert with its fan-out through the whole audience."""
    return replace(alert, addressed=True)


def _moved(alert: Alert, before: State, after: State, *, by: str, at: datetime, did: str, note: str = "") -> Alert:
    if alert.state is not before:
        raise Conflict(f"error.alert_is_{alert.state}")
    return replace(alert, state=after, log=(*alert.log, Act(at=at, by=by, did=did, note=note)))


def _union(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))
