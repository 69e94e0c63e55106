"""The editor's commands: a breaking story is drafted, previewed, sent, called back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands.registry import Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.model import Alert, Audience, Delivery, FanOut, Progress, Revision, Role, Severity
from bot.core.ports import Add, Bot, Delete, Put, Swap
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.outreach import alerts, outbox, progress
from bot.outreach.compose import draft_message, progress_message

LONGEST_HEADLINE = 250
LONGEST_TEXT = 3000
"""Characters: what every platform shows in one message."""


@command("breaking", "broadcast", role=Role.EDITOR)
async def breaking(bot: Bot, request: Request, severity: Severity = Severity.URGENT, text: Words = "") -> Answer:
    """Draft an alert: the first line is the headline, a link in it leads on, the rest is the text."""
    revision = revision_of(text)
    audience = Audience(everyone=True)
    alert = alerts.drafted(bot.ids.new(), revision, severity, audience, by=request.person, at=bot.clock.now())
    chats = await outbox.audience_size(bot, audience)
    return Answer(draft_message(alert, chats, request.say), (Add(alert),))


@command("approve", role=Role.EDITOR)
async def approve(bot: Bot, request: Request, alert: str) -> Answer:
    """Send a draft on its way; for a moment it can still be called back."""
    draft = await _alert(bot, alert)
    now = bot.clock.now()
    going = alerts.approved(draft, by=request.person, at=now)
    due = now + timedelta(seconds=bot.settings.undo_seconds)
    shown = progress_message(going, {}, request.say)
    follow = Progress(
        id=f"{going.id}:{request.chat}",
        lane=progress.LANE,
        due=due if bot.settings.undo_seconds else now,
        alert=going.id,
        chat=request.chat,
        receipt=request.update.origin,
        locale=request.say.locale,
        shown=shown.plain,
    )
    return Answer(shown, (Swap(draft, going), Put(fan_out(going, due)), Put(follow)), replaces=True)


def fan_out(alert: Alert, due: datetime) -> FanOut:
    """Return the job that releases an approved alert at `due` and tells its audience."""
    return FanOut(id=alert.id, lane=outbox.LANE, due=due, priority=alert.severity.priority)


@command("undo", role=Role.EDITOR)
async def undo(bot: Bot, request: Request, alert: str) -> Answer:
    """Call an approved alert back before anybody is told."""
    going = await _alert(bot, alert)
    draft = alerts.called_back(going, by=request.person, at=bot.clock.now())
    chats = await outbox.audience_size(bot, draft.audience)
    changes = (Swap(going, draft), Delete(FanOut, draft.id), Delete(Progress, f"{draft.id}:{request.chat}"))
    return Answer(draft_message(draft, chats, request.say), changes, replaces=True)


@command("reject", "deny", role=Role.EDITOR)
async def reject(bot: Bot, request: Request, alert: str) -> Answer:
    """Discard a draft."""
    draft = await _alert(bot, alert)
    gone = alerts.rejected(draft, by=request.person, at=bot.clock.now())
    return Answer(progress_message(gone, {}, request.say), (Swap(draft, gone),), replaces=True)


@command("report", role=Role.EDITOR)
async def report(bot: Bot, request: Request, alert: str) -> Answer:
    """Show how an alert stands: told, failed, gone."""
    asked = await _alert(bot, alert)
    counts = await bot.store.count(Delivery, {"about": asked.id}, by="outcome")
    return Answer(replace(progress_message(asked, counts, request.say), private=True))


def revision_of(text: str) -> Revision:
    """Read what an editor typed. Raises UsageError where there is no headline, or too much of it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    url = ""
    words = []
    for word in (lines[0] if lines else "").split():
        if not url and word.lower().startswith(("http://", "https://")):
            url = as_url(word)
        else:
            words.append(word)
    headline, body = " ".join(words), tuple(lines[1:])
    if not headline:
        raise UsageError("breaking.no_headline")
    if len(headline) > LONGEST_HEADLINE:
        raise UsageError("breaking.long_headline", count=LONGEST_HEADLINE, by=len(headline) - LONGEST_HEADLINE)
    if sum(map(len, body)) > LONGEST_TEXT:
        raise UsageError("breaking.long_text", count=LONGEST_TEXT)
    return Revision(headline=headline, text=body, url=url)


async def _alert(bot: Bot, id: str) -> Alert:
    alert = await bot.store.get(Alert, id.strip())
    if alert is None:
        raise NotFound("breaking.unknown", id=id[:40])
    return alert
