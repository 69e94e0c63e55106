"""The life of an alert as pure transitions: each returns the next alert or raises Conflict, and writes the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from msgspec.structs import replace

from bot.core.errors import Conflict
from bot.core.model import Act, Alert, Amendment, Audience, OnUncertain, Revision, Severity, State
from bot.outreach.compose import moment

MOST_SOURCES = 5
"""Sources that an alert names."""
_OPEN = frozenset({State.DRAFT, State.SCHEDULED, State.RELEASED})


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


def updating(first: Alert, id: str, revision: Revision, severity: Severity, *, by: str, at: datetime) -> Alert:
    """Return the draft of an update, which goes under the first alert of its kind, to the same audience."""
    _require(first, State.RELEASED)
    draft = drafted(id, revision, severity, first.audience, by=by, at=at, story=first.story)
    return replace(draft, follows=first.follows or first.id, on_uncertain=first.on_uncertain)


def timed(alert: Alert, due: datetime, zone: tzinfo, *, by: str, at: datetime) -> Alert:
    """Return an alert that is to go out at `due`: a draft once it is approved. Editors are told of times in `zone`."""
    _require(alert, State.DRAFT, State.SCHEDULED)
    if alert.embargo and due < alert.embargo:
        raise Conflict("error.alert_is_embargoed", until=moment(alert.embargo, zone))
    return _logged(replace(alert, due=due), by=by, at=at, did="timed", note=_minute(due))


def embargoed(alert: Alert, until: datetime, *, by: str, at: datetime) -> Alert:
    """Return an alert that nobody can send before `until`, whatever else they do."""
    _require(alert, State.DRAFT, State.SCHEDULED)
    due = max(alert.due, until) if alert.due else None
    return _logged(replace(alert, embargo=until, due=due), by=by, at=at, did="embargoed", note=_minute(until))


def approved(alert: Alert, *, by: str, at: datetime, earliest: datetime | None = None) -> Alert:
    """Return the draft on its way out, `due` at its time, but not before `earliest` and the end of its embargo.

    Until it is released it can be called back.
    """
    due = max(moment for moment in (at, earliest, alert.due, alert.embargo) if moment)
    return replace(_moved(alert, State.DRAFT, State.SCHEDULED, by=by, at=at, did="approved"), due=due)


def called_back(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return an approved alert as the draft it was, or a released one without the change that was ordered."""
    if alert.amendment is not None:
        return _logged(replace(alert, amendment=None), by=by, at=at, did="called back")
    draft = _moved(alert, State.SCHEDULED, State.DRAFT, by=by, at=at, did="called back")
    return replace(draft, due=None, held=False)


def rejected(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return a draft that will never go out."""
    return _moved(alert, State.DRAFT, State.REJECTED, by=by, at=at, did="rejected")


def released(alert: Alert, *, at: datetime) -> Alert:
    """Return an approved alert as going out; `at` fixes its audience."""
    return replace(_moved(alert, State.SCHEDULED, State.RELEASED, by=alert.author, at=at, did="released"), released=at)


def held(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return an approved or released alert of which nothing more goes out."""
    _require(alert, State.SCHEDULED, State.RELEASED)
    _require_receipts(alert)
    if alert.held:
        raise Conflict("error.alert_is_held")
    return _logged(replace(alert, held=True), by=by, at=at, did="held")


def let_go(alert: Alert, zone: tzinfo, *, by: str, at: datetime) -> Alert:
    """Return an alert that goes on: a held one as it would have, an approved one now. Editors read times in `zone`.

    One of a story that was taken out of another goes to those too who were told the other.
    """
    if alert.parted and not alert.held and alert.state in {State.SCHEDULED, State.RELEASED}:
        return _logged(_reopened(replace(alert, parted=(), due=at), at), by=by, at=at, did="let go")
    if not alert.held:
        _require(alert, State.SCHEDULED)
        if alert.embargo and at < alert.embargo:
            raise Conflict("error.alert_is_embargoed", until=moment(alert.embargo, zone))
        return _logged(replace(alert, due=at), by=by, at=at, did="let go")
    return _logged(replace(alert, held=False), by=by, at=at, did="let go")


def ordered(alert: Alert, amendment: Amendment, *, at: datetime) -> Alert:
    """Return a released alert that is to be corrected or withdrawn. A change ordered before gives way to this one."""
    _require(alert, State.RELEASED)
    _require_receipts(alert)
    did = f"{'correction' if amendment.revision else 'withdrawal'} ordered"
    return _logged(replace(alert, amendment=amendment), by=amendment.by, at=at, did=did, note=amendment.note)


def amended(alert: Alert, notice: str, *, at: datetime) -> tuple[Alert, Alert | None]:
    """Return an alert whose ordered change has taken effect, and what tells of it under each copy, if it is to be told.

    The notice is an alert of its own, by the id given, which is posted under the copies and nowhere else.
    A withdrawal ends a hold: that the alert was wrong is told at once.
    """
    change = alert.amendment
    if change is None:
        raise Conflict
    after = _corrected(alert, change, at) if change.revision else _withdrawn(alert, change, at)
    after = replace(after, amendment=None)
    if not change.noticed:
        return after, None
    after = replace(after, notice=notice, noticed=after.number)
    told = drafted(notice, after.current, alert.severity, Audience(), by=change.by, at=at, story=alert.story)
    return after, replace(
        told,
        state=State.RELEASED,
        released=at,
        addressed=True,
        notices=alert.id,
        log=after.log[-1:],
        on_uncertain=alert.on_uncertain,
    )


def adds_a_source(alert: Alert, source: str) -> bool:
    """Tell whether naming one more source says something new: after the first few it does not."""
    named = alert.current.sources
    return alert.state is State.RELEASED and bool(source) and source not in named and len(named) < MOST_SOURCES


def superseded(notice: Alert) -> Alert:
    """Return a notice whose alert has been changed once more: whoever was not told yet is told of that change."""
    return replace(notice, state=State.WITHDRAWN)


def at_revision(alert: Alert, number: int) -> Alert:
    """Return the alert as it was when it said something earlier."""
    return replace(alert, state=State.RELEASED, revisions=alert.revisions[:number])


def joined(alert: Alert, source: str) -> Alert:
    """Return a released alert that names one more source; it is edited where it stands, without a word."""
    _require(alert, State.RELEASED)
    wider = replace(alert.current, sources=(*alert.current.sources, source))
    return replace(alert, revisions=(*alert.revisions, wider))


def naming(alert: Alert, sources: Iterable[str]) -> Alert:
    """Return an alert that names these sources, as many as it can; a released one is edited without a word."""
    few = _union((), tuple(filter(None, sources)))[:MOST_SOURCES]
    if alert.state is not State.RELEASED or alert.archived or few == alert.current.sources:
        return alert
    return replace(alert, revisions=(*alert.revisions, replace(alert.current, sources=few)))


def taking_in(alert: Alert, other: Alert, *, by: str, at: datetime) -> Alert:
    """Return an alert that goes on for another one too, whose story an editor has merged into its own.

    Whoever has a copy of the other keeps that and gets no second one. Where the other was not through its audience,
    this one goes on with it.
    """
    wider = alert if other.addressed else widened(alert, other.audience, at=at)
    topics, feeds = (
        _union(some, more)
        for some, more in (
            (alert.audience.topics, other.audience.topics),
            (alert.audience.feeds, other.audience.feeds),
        )
    )
    wider = replace(wider, audience=replace(wider.audience, topics=topics, feeds=feeds))
    if other.state is State.RELEASED:
        wider = replace(wider, merged=_union(alert.merged, (other.id, *other.merged)))
    return _logged(wider, by=by, at=at, did="merged", note=other.current.headline)


def giving_way(alert: Alert, *, by: str, at: datetime) -> Alert:
    """Return an alert whose story an editor has merged into another: its copies stay, and it goes to nobody else."""
    if alert.state is State.SCHEDULED:
        return _moved(alert, State.SCHEDULED, State.REJECTED, by=by, at=at, did="gave way")
    return _logged(replace(alert, addressed=True), by=by, at=at, did="gave way")


def parting(alert: Alert, other: Alert, *, by: str, at: datetime) -> Alert:
    """Return an alert out of whose story an editor has taken the other's articles."""
    left = replace(alert, merged=tuple(id for id in alert.merged if id not in {other.id, *other.merged}))
    return _logged(left, by=by, at=at, did="split", note=other.current.headline)


def widened(alert: Alert, audience: Audience, *, at: datetime) -> Alert:
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
    return _reopened(replace(alert, audience=wider), at)


def _reopened(alert: Alert, at: datetime) -> Alert:
    """Return an alert whose fan-out goes through the audience once more."""
    return replace(alert, addressed=False, widened=at if alert.released else None)


def addressed(alert: Alert) -> Alert:
    """Return the alert with its fan-out through the whole audience."""
    return replace(alert, addressed=True)


def archived(alert: Alert) -> Alert:
    """Return an alert whose receipts are past their time. What it had not reached by then it never will."""
    return replace(alert, archived=True, addressed=True, held=False)


def settling(alert: Alert, what: OnUncertain, *, by: str, at: datetime) -> Alert:
    """Return an alert that repeats, or skips, what nobody can tell the outcome of."""
    if alert.state not in _OPEN:
        raise Conflict(f"error.alert_is_{alert.state}")
    return _logged(replace(alert, on_uncertain=what), by=by, at=at, did="on uncertain", note=what)


def _corrected(alert: Alert, change: Amendment, at: datetime) -> Alert:
    assert change.revision is not None  # noqa: S101  # the caller looked
    said = replace(change.revision, sources=alert.current.sources, note=change.note, corrected=at)
    told = _moved(alert, State.RELEASED, State.RELEASED, by=change.by, at=at, did="corrected", note=change.note)
    return replace(told, revisions=(*alert.revisions, said))


def _withdrawn(alert: Alert, change: Amendment, at: datetime) -> Alert:
    gone = _moved(alert, State.RELEASED, State.WITHDRAWN, by=change.by, at=at, did="withdrawn", note=change.note)
    stub = replace(alert.current, note=change.note, corrected=at)
    return replace(gone, revisions=(*alert.revisions, stub), held=False)


def _moved(alert: Alert, before: State, after: State, *, by: str, at: datetime, did: str, note: str = "") -> Alert:
    _require(alert, before)
    return _logged(replace(alert, state=after), by=by, at=at, did=did, note=note)


def _require(alert: Alert, *states: State) -> None:
    if alert.state not in states:
        raise Conflict(f"error.alert_is_{alert.state}")


def _require_receipts(alert: Alert) -> None:
    if alert.archived:
        raise Conflict("error.alert_is_archived")


def _logged(alert: Alert, *, by: str, at: datetime, did: str, note: str = "") -> Alert:
    return replace(alert, log=(*alert.log, Act(at=at, by=by, did=did, note=note)))


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _union(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))
