"""The editor's commands up to the release: draft, preview, rehearse, approve, schedule, hold, let go, call back."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.commands.editing import check_second, found, moment_of, revision_typed
from bot.commands.registry import Lines, Words, command
from bot.core.errors import NotAllowed
from bot.core.message import Message
from bot.core.model import (
    Alert,
    Audience,
    FanOut,
    OnUncertain,
    Recall,
    Revision,
    Role,
    Severity,
    State,
    same_person,
)
from bot.core.ports import Add, Bot, Delete, Put, Swap
from bot.core.update import Answer, Change, Request
from bot.outreach import alerts, outbox, progress
from bot.outreach.compose import draft_message, photo_shown
from bot.outreach.preview import preview_message, previews
from bot.outreach.recall import recall
from bot.outreach.report_message import progress_message


@command("breaking", "broadcast", role=Role.EDITOR, pictured=True)
async def breaking(bot: Bot, request: Request, severity: Severity = Severity.URGENT, text: Lines = "") -> Answer:
    """Draft an alert: the first line is the headline, a link in it leads on or is the photo, the rest is the text.

    Of a link alone, the headline is its page's.
    """
    revision, photo = await revision_typed(bot, request, text)
    return await _drafted(bot, request, first_draft(bot, request, severity, revision), None, *photo)


def first_draft(bot: Bot, request: Request, severity: Severity, revision: Revision) -> Alert:
    """Return the draft of an alert for everybody who follows the newsroom."""
    everyone = Audience(everyone=True)
    draft = alerts.drafted(bot.ids.new(), revision, severity, everyone, by=request.person, at=bot.clock.now())
    return replace(draft, on_uncertain=bot.settings.on_uncertain)


async def posted(
    bot: Bot, request: Request, draft: Alert, *along: Change, time: str = "", until: str = "", release: bool = False
) -> Answer:
    """Keep a new draft, with its embargo `until` and the `time` it goes out, and approve it, all in one step.

    Changes `along` are part of that step.

    With a time it is approved where no second editor has to look at it; a `release` then raises NotAllowed.
    """
    now, locale = bot.clock.now(), request.say.locale
    if until:
        draft = alerts.embargoed(draft, await moment_of(until, bot, locale), by=request.person, at=now)
    if time:
        due = await moment_of(time, bot, locale)
        draft = alerts.timed(draft, due, bot.settings.zone, by=request.person, at=now)
    if release:
        check_second(bot, request, draft)
    answer = await (_retimed(bot, request, None, draft) if time or release else _drafted(bot, request, draft))
    return replace(answer, changes=(*answer.changes, *along))


@command("update", role=Role.EDITOR, pictured=True)
async def update(
    bot: Bot, request: Request, alert: str, severity: Severity = Severity.ROUTINE, text: Lines = ""
) -> Answer:
    """Draft what is new in an alert's story; it goes out under the first alert."""
    first = await found(bot, alert)
    revision, photo = await revision_typed(bot, request, text)
    now = bot.clock.now()
    draft = alerts.updating(first, bot.ids.new(), revision, severity, by=request.person, at=now)
    return await _drafted(bot, request, draft, None, *photo)


@command("preview", role=Role.EDITOR)
async def preview(bot: Bot, request: Request, alert: str) -> Answer:
    """Show an alert exactly as each platform will get it, how many chats it is for, and how long that takes."""
    shown = await found(bot, alert)
    return Answer(replace(preview_message(shown, await previews(bot, shown), request.say), private=True))


@command("test", "rehearse", role=Role.EDITOR)
async def test(bot: Bot, request: Request, alert: str) -> Answer:
    """Send what an alert says to the test chats, and to nobody else, marked as a test."""
    said, now = await found(bot, alert), bot.clock.now()
    chats = await outbox.test_chats(bot)
    draft = alerts.drafted(bot.ids.new(), said.current, said.severity, Audience(chats=chats), by=request.person, at=now)
    going = alerts.approved(draft, by=request.person, at=now)
    shown = progress_message(going, {}, request.say, bot.settings.zone)
    follow = progress.followed(request, going, now, shown=shown)
    return Answer(shown, (Add(going), Add(outbox.fan_out_job(going, now)), Put(follow)))


@command("approve", role=Role.EDITOR)
async def approve(bot: Bot, request: Request, alert: str) -> Answer:
    """Send a draft on its way; for a moment it can still be called back."""
    draft = await found(bot, alert)
    check_second(bot, request, draft)
    return _going(bot, request, draft, draft)


@command("schedule", role=Role.EDITOR)
async def schedule(bot: Bot, request: Request, alert: str, time: Words) -> Answer:
    """Have an alert go out at a time. A draft is approved with it, where no second editor has to look at it."""
    before, now = await found(bot, alert), bot.clock.now()
    due = await moment_of(time, bot, request.say.locale)
    timed = alerts.timed(before, due, bot.settings.zone, by=request.person, at=now)
    return await _retimed(bot, request, before, timed)


@command("embargo", role=Role.EDITOR)
async def embargo(bot: Bot, request: Request, alert: str, time: Words) -> Answer:
    """Let nobody send an alert before a time, by mistake or otherwise."""
    before, now = await found(bot, alert), bot.clock.now()
    until = alerts.embargoed(before, await moment_of(time, bot, request.say.locale), by=request.person, at=now)
    if until.state is State.DRAFT:
        return await _drafted(bot, request, until, before)
    return await _retimed(bot, request, before, until)


@command("hold", role=Role.EDITOR)
async def hold(bot: Bot, request: Request, alert: str) -> Answer:
    """Stop an alert where it is: nothing more of it goes out until it is released."""
    before, now = await found(bot, alert), bot.clock.now()
    after = alerts.held(before, by=request.person, at=now)
    # an ordered change keeps its time; what is due of it then finds the alert held
    stop: tuple[Change, ...] = () if after.amendment else (Put(recall(after, now)),)
    return await _standing(bot, request, after, (Swap(before, after), *stop))


@command("release", role=Role.EDITOR)
async def release(bot: Bot, request: Request, alert: str) -> Answer:
    """Let a held alert go on, or send a scheduled one now."""
    before, now = await found(bot, alert), bot.clock.now()
    after = alerts.let_go(before, bot.settings.zone, by=request.person, at=now)
    changes: list[Change] = [Swap(before, after)]
    if not after.addressed:
        due = max(now, after.due or now) if after.state is State.SCHEDULED else now
        changes.append(Put(outbox.fan_out_job(after, due)))
    if after.state is State.RELEASED and not after.amendment:
        changes.append(Put(recall(after, now)))
    return await _standing(bot, request, after, tuple(changes))


@command("undo", role=Role.EDITOR)
async def undo(bot: Bot, request: Request, alert: str) -> Answer:
    """Call back an approved alert before anybody is told, or a correction before it takes effect."""
    going, now = await found(bot, alert), bot.clock.now()
    before = alerts.called_back(going, by=request.person, at=now)
    unposted = await progress.unposted(bot, request, before)
    if before.state is not State.DRAFT:
        return await _standing(bot, request, before, (Swap(going, before), Put(recall(before, now)), *unposted))
    gone = (Delete(FanOut, before.id), Delete(Recall, before.id), *unposted)
    return await _drafted(bot, request, before, going, *gone)


@command("reject", "deny", role=Role.EDITOR)
async def reject(bot: Bot, request: Request, alert: str) -> Answer:
    """Discard a draft."""
    draft = await found(bot, alert)
    gone = alerts.rejected(draft, by=request.person, at=bot.clock.now())
    shown = progress_message(gone, {}, request.say, bot.settings.zone)
    return Answer(shown, (Swap(draft, gone),), replaces=True)


@command("uncertain", role=Role.EDITOR)
async def uncertain(bot: Bot, request: Request, alert: str, choice: OnUncertain) -> Answer:
    """Say what to do about chats of which nobody can tell whether they were told: repeat it, or only list them."""
    before = await found(bot, alert)
    after = alerts.settling(before, choice, by=request.person, at=bot.clock.now())
    return await _standing(bot, request, after, (Swap(before, after),))


async def _drafted(bot: Bot, request: Request, draft: Alert, before: Alert | None = None, *more: Change) -> Answer:
    """Answer with a draft and what can be done with it."""
    chats = await outbox.audience_size(bot, draft.audience)
    shown = draft_message(draft, chats, request.say, bot.settings.zone)
    return Answer(shown, (_kept(before, draft), *more), replaces=bool(before))


async def _retimed(bot: Bot, request: Request, before: Alert | None, timed: Alert) -> Answer:
    """Answer a change of time: a scheduled alert keeps it, a draft is approved with it where its editor may."""
    if before and timed.state is State.SCHEDULED:
        due = timed.due or bot.clock.now()
        return await _standing(bot, request, timed, (Swap(before, timed), Put(outbox.fan_out_job(timed, due))))
    try:
        check_second(bot, request, timed)
    except NotAllowed:
        return await _drafted(bot, request, timed, before)
    return _going(bot, request, before, timed)


def _kept(before: Alert | None, after: Alert) -> Change:
    return Swap(before, after) if before else Add(after)


def _going(bot: Bot, request: Request, before: Alert | None, draft: Alert) -> Answer:
    """Answer an approval: the alert goes out when its time and its undo time are over, and is followed."""
    now = bot.clock.now()
    undo_until = now + timedelta(seconds=bot.settings.undo_seconds)
    going = alerts.approved(draft, by=request.person, at=now, earliest=undo_until)
    due = going.due or undo_until
    shown = _in_place(request, progress_message(going, {}, request.say, bot.settings.zone), going)
    follows = [progress.followed(request, going, due, shown=shown)]
    if not same_person(going.author, request.person) and (told := progress.reported(bot, going, due)):
        follows.append(told)
    changes = (_kept(before, going), Put(outbox.fan_out_job(going, due)), *map(Put, follows))
    return Answer(shown, changes, replaces=True)


async def _standing(bot: Bot, request: Request, alert: Alert, changes: tuple[Change, ...]) -> Answer:
    """Answer with how the alert stands, and keep that up to date."""
    shown = _in_place(request, await progress.standing(bot, alert, request.say, said=False), alert)
    now = bot.clock.now()
    begins = max(now, alert.due or now) if alert.state is State.SCHEDULED else now
    follow = progress.followed(request, alert, begins, shown=shown)
    return Answer(shown, (*changes, Put(follow)), replaces=True)


def _in_place(request: Request, shown: Message, alert: Alert) -> Message:
    """Return a message with the photo of the one that it replaces."""
    return replace(shown, photo=photo_shown(alert)) if request.update.origin else shown
