"""The editor's commands after the release: correct, put a slip right, withdraw, and look at what was said when."""

from __future__ import annotations

import re
from datetime import timedelta

from msgspec.structs import replace

from bot.commands.editing import check_note, found, revision_of
from bot.commands.photos import pictured
from bot.commands.registry import Lines, Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.message import Action, Manner, heading, message
from bot.core.model import Alert, Amendment, Delivery, Role
from bot.core.ports import Bot, Put, Swap
from bot.core.update import Answer, Change, Request
from bot.outreach import alerts, progress
from bot.outreach.compose import history_message
from bot.outreach.recall import recall

NO_PHOTO, NO_LINK = "-photo", "-link"
"""Begin the lines that are right where the photo or the link was not."""
_GONE = re.compile(r"\s*-(photo|link)(?!\S)")
_FIELDS = {"photo": "image", "link": "url"}


@command("correct", role=Role.EDITOR, pictured=True)
async def correct(bot: Bot, request: Request, alert: str, text: Lines) -> Answer:
    """Correct an alert wherever it stands: first what was wrong, on the lines below headline and text as they are."""
    return await _corrected(bot, request, alert, text, noticed=True)


@command("refile", "fix", role=Role.EDITOR, pictured=True)
async def refile(bot: Bot, request: Request, alert: str, text: Lines) -> Answer:
    """Put a slip of the pen right wherever it stands: as /correct does, without a notice under the copies."""
    return await _corrected(bot, request, alert, text, noticed=False)


@command("retract", "withdraw", "kill", role=Role.EDITOR)
async def retract(bot: Bot, request: Request, alert: str, why: Words = "") -> Answer:
    """Withdraw an alert: every copy becomes a stub that says so, and why."""
    check_note(why)
    return await _ordered(bot, request, await found(bot, alert), Amendment(by=request.person, note=why))


@command("history")
async def history(bot: Bot, request: Request, alert: str) -> Answer:
    """Show what an alert said, and what was put right when; to editors, too, what is ordered and not in effect yet."""
    told = await found(bot, alert)
    if told.released is None and request.role < Role.EDITOR:
        raise NotFound("breaking.unknown", id=told.id)
    ordered = request.role >= Role.EDITOR
    return Answer(history_message(told, request.say, bot.settings.zone, ordered=ordered))


async def _corrected(bot: Bot, request: Request, alert: str, text: str, *, noticed: bool) -> Answer:
    """Order what is right in the place of what is told; its link and photo stay where no others are given, or `-link`.

    Where only the photo or the link was wrong, the words stay too: they need not be typed again.
    """
    told = await found(bot, alert)
    wrong, _, right = text.partition("\n")
    check_note(wrong)
    gone = {}
    while taken := _GONE.match(right):
        gone[_FIELDS[taken[1]]] = ""
        right = right[taken.end() :]
    right = right.strip()
    if not (right or gone or request.update.photo):
        raise UsageError("correct.no_headline", alert=told.id)
    before = replace(told.current, **gone)
    typed = revision_of(right) if right else replace(before, image="")
    if not typed.headline:  # a link alone: only that was wrong
        typed = replace(typed, headline=before.headline, text=before.text)
    said, photo = await pictured(bot, request.update, typed)
    said = replace(said, url=said.url or before.url, sources=before.sources, image=said.image or before.image)
    amendment = Amendment(by=request.person, note=wrong.strip(), revision=said, noticed=noticed)
    return await _ordered(bot, request, told, amendment, *photo)


async def _ordered(bot: Bot, request: Request, before: Alert, amendment: Amendment, *along: Change) -> Answer:
    """Answer a change of what was told: it stops what it replaces at once, and takes effect after the undo time."""
    now = bot.clock.now()
    after = alerts.ordered(before, amendment, at=now)
    due = now + timedelta(seconds=bot.settings.undo_seconds)
    shown = await bot.store.count(Delivery, {"about": before.id}, by="shown")
    headline = amendment.revision.headline if amendment.revision else before.current.headline
    actions = (
        Action(request.say("breaking.undo"), f"/undo {after.id}", Manner.DANGER),
        Action(request.say("correct.report"), f"/report {after.id}"),
    )
    said = request.say("correct.going", count=sum(shown.values()) - shown.get("0", 0))
    follow = progress.followed(request, after, due, shown=await progress.standing(bot, after, request.say, said=False))
    changes = (Swap(before, after), Put(recall(after, due)), Put(replace(follow, receipt=None, pictured=False)), *along)
    photo = amendment.revision.image if amendment.revision else ""
    return Answer(message(heading(headline), said, actions=actions, photo=photo), changes)
