"""What the editor's commands share: finding an alert, and reading what was typed as a revision or a moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import regex

from bot.core.errors import NotAllowed, NotFound, UsageError
from bot.core.i18n import locales
from bot.core.model import Alert, Revision, same_person
from bot.core.ports import Bot
from bot.core.update import Request
from bot.intake.canonical import as_url
from bot.intake.photos import is_photo_address

_CLOCK = regex.compile(r"(?i)\d:\d\d|\d\s?[ap]\.?m\b|\d\s?(?:min\w*|m|h|hours?|std\.?|stunden?)\b")
"""A time of day, or how long from now: a bare day says too little."""
_O_CLOCK = regex.compile(r"(?i)\b(\d{1,2}) uhr\b(?: (\d\d)\b)?")

LONGEST_HEADLINE = 250
LONGEST_TEXT = 3000
LONGEST_NOTE = 300
"""Characters: what every platform shows in one message."""


async def found(bot: Bot, id: str) -> Alert:
    """Return the alert that an editor named. Raises NotFound."""
    alert = await bot.store.get(Alert, id.strip())
    if alert is None or alert.notices:
        raise NotFound("breaking.unknown", id=id[:40])
    return alert


def check_second(bot: Bot, request: Request, alert: Alert) -> None:
    """Raise NotAllowed where a second editor has to look at an alert, and this is the one who wrote it."""
    if bot.settings.second_editor and same_person(alert.author, request.person):
        raise NotAllowed("approve.second", line=f"/approve {alert.id}")


def check_note(note: str) -> None:
    """Raise UsageError where a reason is too long to stand in every copy."""
    if len(note) > LONGEST_NOTE:
        raise UsageError("correct.long_note", count=LONGEST_NOTE)


def revision_of(text: str) -> Revision:
    """Read what an editor typed. Raises UsageError where there is no headline, or too much of it.

    `image` is the address of a photo, where the first line has one: `bot.commands.photos` makes a photo of it.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    url = image = ""
    words = []
    for word in (lines[0] if lines else "").split():
        address = as_url(word) if word.lower().startswith(("http://", "https://")) else ""
        if address and not image and is_photo_address(address):
            image = address
        elif address and not url:
            url = address
        else:
            words.append(word)
    headline, body = " ".join(words), tuple(lines[1:])
    if not headline:
        raise UsageError("breaking.no_headline")
    if len(headline) > LONGEST_HEADLINE:
        raise UsageError("breaking.long_headline", count=LONGEST_HEADLINE, by=len(headline) - LONGEST_HEADLINE)
    if sum(map(len, body)) > LONGEST_TEXT:
        raise UsageError("breaking.long_text", count=LONGEST_TEXT)
    return Revision(headline=headline, text=body, url=url, image=image)


async def moment_of(text: str, bot: Bot, locale: str) -> datetime:
    """Read a time to come: `18:30`, `tomorrow 7:00`, `in 20 minutes`, `2027-01-31 07:00`, in the newsroom's zone.

    Raises UsageError where it is none, or past.
    """
    now = bot.clock.now()
    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": now.astimezone(bot.settings.zone).replace(tzinfo=None),
        "TIMEZONE": bot.settings.time_zone,
        "RETURN_AS_TIMEZONE_AWARE": True,
        "DATE_ORDER": "DMY",
    }
    said = _O_CLOCK.sub(lambda time: f"{time[1]}:{time[2] or '00'}", " ".join(text.split())[:40])
    languages = list(dict.fromkeys((locale, "en", *locales())))
    read = await asyncio.to_thread(_read, said, languages, settings) if _CLOCK.search(said) else None
    if read is None:
        raise UsageError("schedule.no_time", text=text[:40])
    if read <= now:
        raise UsageError("schedule.past", text=text[:40])
    return read.astimezone(UTC)


def _read(said: str, languages: list[str], settings: dict[str, Any]) -> datetime | None:
    """Return the moment that is meant. The first one takes a quarter of a second, in which others must go on."""
    import dateparser  # noqa: PLC0415  # only who schedules pays

    read: datetime | None = dateparser.parse(said, languages=languages, settings=settings)
    return read
