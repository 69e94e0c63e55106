"""The editor's commands: a breaking story is drafted, previewed, sent, called back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands.registry import Lines, Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.message import Action, code, heading, item, message
from bot.core.model import Alert, Audience, Delivery, FanOut, Outcome, Progress, Revision, Role, Severity
from bot.core.ports import Add, Bot, Delete, Put, Swap
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.outreach import alerts, outbox, progress
from bot.outreach.compose import draft_message, history_message, progress_message
from bot.outreach.recall import recall

LONGEST_HEADLINE = 250
LONGEST_TEXT = 3000
LONGEST_NOTE = 300
"""Characters: what every platform shows in one message."""
_LISTED = 10


@command("breaking", "broadcast", role=Role.EDITOR)
async def breaking(bot: Bot, request: Request, severity: Severity = Severity.URGENT, text: Lines = "") -> Answer:
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


@command("correct", role=Role.EDITOR)
async def correct(bot: Bot, request: Request, alert: str, text: Lines) -> Answer:
    """Correct an alert wherever it stands: first what was wrong, on the lines below headline and text as they are."""
    told = await _alert(bot, alert)
    wrong, _, right = text.partition("\n")
    if not right.strip():
        raise UsageError("correct.no_headline", alert=told.id)
    _check_note(wrong)
    said = revision_of(right)
    said = replace(said, note=wrong.strip(), url=said.url or told.current.url, sources=told.current.sources)
    return await _changed(bot, request, told, alerts.corrected(told, said, by=request.person, at=bot.clock.now()))


@command("retract", "withdraw", "kill", role=Role.EDITOR)
async def retract(bot: Bot, request: Request, alert: str, why: Words = "") -> Answer:
    """Withdraw an alert: every copy becomes a stub that says so, and why."""
    told = await _alert(bot, alert)
    _check_note(why)
    return await _changed(bot, request, told, alerts.withdrawn(told, why, by=request.person, at=bot.clock.now()))


@command("history")
async def history(bot: Bot, request: Request, alert: str) -> Answer:
    """Show what an alert said, and what was put right when."""
    told = await _alert(bot, alert)
    if told.released is None and request.role < Role.EDITOR:
        raise NotFound("breaking.unknown", id=told.id)
    return Answer(history_message(told, request.say))


@command("alerts", role=Role.EDITOR)
async def alerts_(bot: Bot, request: Request) -> Answer:
    """Show the latest alerts with their ids."""
    latest = [alert for alert in await bot.store.find(Alert, newest=True, limit=_LISTED) if not alert.notices]
    if not latest:
        raise NotFound("alerts.none")
    rows = [
        item(code(alert.id), f" {request.say(f'state.{alert.state}')} · ", alert.current.headline) for alert in latest
    ]
    return Answer(message(heading(request.say("alerts.title")), *rows, private=True))


async def _changed(bot: Bot, request: Request, before: Alert, after: Alert) -> Answer:
    """Answer a change of what was told: every copy is brought to it, and a notice goes under each."""
    now = bot.clock.now()
    after, notice = alerts.announced(after, bot.ids.new(), at=now)
    copies = (await bot.store.count(Delivery, {"about": before.id}, by="outcome")).get(Outcome.TOLD, 0)
    said = request.say("correct.going", count=copies)
    follow = Action(request.say("correct.report"), f"/report {after.id}")
    changes = (Swap(before, after), Add(notice), Put(recall(after, now)))
    return Answer(message(heading(after.current.headline), said, actions=(follow,)), changes)


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise UsageError("correct.long_note", count=LONGEST_NOTE)


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
    if alert is None or alert.notices:
        raise NotFound("breaking.unknown", id=id[:40])
    return alert
