"""Alerts and reports in words: one message for each revision and language, the same on every platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.core.i18n import Translator
from bot.core.message import Action, Block, Manner, Message, heading, link, message, paragraph
from bot.core.model import Alert, Outcome, Severity, State


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


def _blocks(alert: Alert, say: Translator) -> Iterator[Block]:
    revision = alert.current
    label = "" if alert.severity is Severity.ROUTINE else say(f"severity.{alert.severity}").upper() + ": "
    if alert.state is State.WITHDRAWN:
        yield heading(say("alert.withdrawn"))
        yield paragraph(revision.note or revision.headline)
        return
    yield heading(label, revision.headline)
    for part in revision.text:
        yield paragraph(part)
    if revision.note:
        yield paragraph(revision.note)
    if revision.url:
        words = ", ".join(revision.sources) or say("alert.read_on")
        yield paragraph(link(words, revision.url))
