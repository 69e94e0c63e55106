"""Alerts in words: one message for each revision and language, the same on every platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import lru_cache
from itertools import pairwise

from babel.lists import format_list

from bot.core.foreign import harmless
from bot.core.i18n import Translator
from bot.core.message import Action, Block, Manner, Message, heading, item, link, message, paragraph, strong
from bot.core.model import Alert, Revision, Severity, State
from bot.core.same import Same


def alert_message(alert: Alert, say: Translator, zone: tzinfo) -> Message:
    """Return what every copy of the alert should show now; times are the newsroom's.

    It is composed once for each revision and language, and is then the same object, by which adapters know it again.
    """
    return _composed(Same(alert), say, zone)


@lru_cache(maxsize=64)
def _composed(known: Same[Alert], say: Translator, zone: tzinfo) -> Message:
    alert = known.it
    return message(*_blocks(alert, say, zone), photo=photo_shown(alert))


def draft_message(alert: Alert, chats: int, say: Translator, zone: tzinfo) -> Message:
    """Return the preview of a draft for its editor, with the number of chats it is for and what can be done."""
    notes = [say("breaking.draft", count=chats, severity=say(f"severity.{alert.severity}"))]
    notes += [say("breaking.due", time=moment(alert.due, zone))] if alert.due else []
    notes += [say("breaking.embargo", time=moment(alert.embargo, zone))] if alert.embargo else []
    actions = (
        Action(say("breaking.send", count=chats), f"/approve {alert.id}", Manner.GO),
        Action(say("breaking.preview"), f"/preview {alert.id}"),
        Action(say("breaking.discard"), f"/reject {alert.id}", Manner.DANGER),
    )
    return message(*_blocks(alert, say, zone), " ".join(notes), actions=actions, photo=photo_shown(alert))


def photo_shown(alert: Alert) -> str:
    """Return the id of the photo that an alert is shown with; a stub and a notice have none."""
    gone = alert.notices or alert.state in {State.WITHDRAWN, State.REJECTED}
    return "" if gone else alert.current.image


def history_message(alert: Alert, say: Translator, zone: tzinfo, *, ordered: bool = False) -> Message:
    """Return what an alert said from its release on, for everybody: what was wrong, and when it was put right.

    A change that is `ordered` and not in effect yet is for its editors.
    """
    rows = [item(moment(alert.released, zone), " · ", alert.revisions[0].headline)] if alert.released else []
    for before, revision in pairwise(alert.revisions):
        if revision.corrected == before.corrected:
            continue  # one more source: nothing was wrong
        time = f"{moment(revision.corrected, zone)} · " if revision.corrected else ""
        headline = f" {revision.headline}" if revision.headline != before.headline else ""
        rows.append(item(time, revision.note, headline))
    if alert.state is State.WITHDRAWN:
        rows.append(item(say("breaking.now_withdrawn")))
    change = alert.amendment
    if ordered and change:
        right = f" {change.revision.headline}" if change.revision else ""
        rows.append(
            item(say("history.correcting" if change.revision else "history.withdrawing", note=change.note), right)
        )
    return message(heading(alert.current.headline), *rows)


def _blocks(alert: Alert, say: Translator, zone: tzinfo) -> Iterator[Block]:
    revision = alert.current
    if alert.notices or alert.state is State.WITHDRAWN:
        did = alert.log[-1].did if alert.notices else alert.state
        yield heading(say(f"alert.{did}", time=_clock(revision, zone)))
        yield paragraph(revision.note or say("alert.withdrawn_text"))
        return
    yield heading(_label(alert, say), revision.headline)
    if revision.corrected:
        yield paragraph(strong(say("alert.corrected", time=_clock(revision, zone))), ": ", revision.note)
    for part in revision.text:
        yield paragraph(part)
    lead, *others = map(harmless, revision.sources or ("",))
    if revision.url:
        known = lead if revision.url == alert.revisions[0].url else ""  # another page is not that source's
        yield paragraph(link(known or say("alert.read_on"), revision.url))
    if others:
        yield paragraph(say("alert.also", sources=format_list(others, locale=say.locale)))


def moment(at: datetime, zone: tzinfo) -> str:
    """Return a day and time as the newsroom reads them."""
    return f"{at.astimezone(zone):%d.%m. %H:%M %Z}"


def _label(alert: Alert, say: Translator) -> str:
    """What stands before the headline: URGENT UPDATE, TEST."""
    words = [say("alert.test")] if alert.test else []
    words += [] if alert.severity is Severity.ROUTINE else [say(f"severity.{alert.severity}").upper()]
    words += [say("alert.update")] if alert.follows else []
    return f"{' '.join(words)}: " if words else ""


def _clock(revision: Revision, zone: tzinfo) -> str:
    return f"{revision.corrected.astimezone(zone):%H:%M %Z}" if revision.corrected else ""
