"""Alerts and reports in words: one message for each revision and language, the same on every platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from bot.core.i18n import Translator
from bot.core.message import Action, Block, Manner, Message, heading, item, link, message, paragraph, strong
from bot.core.model import Alert, Outcome, Revision, Severity, State


def alert_message(alert: Alert, say: Translator) -> Message:
    """Return what every copy of the alert should show now."""
    return message(*_blocks(alert, say))


def draft_message(alert: Alert, chats: int, say: Translator) -> Message:
    """Return the preview of a draft for its editor, with the number of chats it is for and what can be done."""
    note = say("breaking.draft", count=chats, severity=say(f"severity.{alert.severity}"))
    actions = (
        Action(say("breaking.send", count=chats), f"/approve {alert.id}", Manner.GO),
        Action(say("breaking.discard"), f"/reject {alert.id}", Manner.DANGER),
    )
    return message(*_blocks(alert, say), note, actions=actions)


def progress_message(alert: Alert, counts: Mapping[str, int], say: Translator) -> Message:
    """Return how the alert stands, for its editor; `counts` are deliveries by outcome."""
    headline = heading(alert.current.headline)
    if alert.state is State.SCHEDULED:
        undo = Action(say("breaking.undo"), f"/undo {alert.id}", Manner.DANGER)
        return message(headline, say("breaking.scheduled"), actions=(undo,))
    if alert.state is not State.RELEASED:
        return message(headline, say(f"breaking.now_{alert.state}"))
    told, pending = counts.get(Outcome.TOLD, 0), counts.get(Outcome.PENDING, 0)
    failed = counts.get(Outcome.FAILED, 0) + counts.get(Outcome.UNCERTAIN, 0)
    if pending or not alert.addressed:
        return message(headline, say("breaking.sending", told=told, of=sum(counts.values())))
    tally = say("breaking.tally", told=told, failed=failed, gone=counts.get(Outcome.GONE, 0))
    return message(headline, say("breaking.done", count=told), tally)


def history_message(alert: Alert, say: Translator) -> Message:
    """Return what an alert said from its release on, for everybody: what was wrong, and when it was put right."""
    rows = [item(f"{alert.released:%d.%m. %H:%M} UTC · ", alert.revisions[0].headline)] if alert.released else []
    for before, revision in pairwise(alert.revisions):
        time = f"{revision.corrected:%d.%m. %H:%M} UTC · " if revision.corrected else ""
        headline = f" {revision.headline}" if revision.headline != before.headline else ""
        rows.append(item(time, revision.note, headline))
    if alert.state is State.WITHDRAWN:
        rows.append(item(say("breaking.now_withdrawn")))
    return message(heading(alert.current.headline), *rows)


def _blocks(alert: Alert, say: Translator) -> Iterator[Block]:
    revision = alert.current
    if alert.notices or alert.state is State.WITHDRAWN:
        did = alert.log[-1].did
        yield heading(say(f"alert.{did}", time=_clock(revision)))
        yield paragraph(revision.note or say("alert.withdrawn_text"))
        return
    label = "" if alert.severity is Severity.ROUTINE else say(f"severity.{alert.severity}").upper() + ": "
    yield heading(label, revision.headline)
    if revision.corrected:
        yield paragraph(strong(say("alert.corrected", time=_clock(revision))), ": ", revision.note)
    for part in revision.text:
        yield paragraph(part)
    if revision.url:
        words = ", ".join(revision.sources) or say("alert.read_on")
        yield paragraph(link(words, revision.url))


def _clock(revision: Revision) -> str:
    return f"{revision.corrected:%H:%M} UTC" if revision.corrected else ""
