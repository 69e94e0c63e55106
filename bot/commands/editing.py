"""What the editor's commands share: finding an alert, and reading what was typed as a revision or a moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import regex
from msgspec.structs import replace

from bot.commands.photos import pictured
from bot.commands.quota import spend
from bot.core.errors import FetchError, NotAllowed, NotFound, UsageError
from bot.core.i18n import locales
from bot.core.model import Alert, Kind, Revision, same_person
from bot.core.ports import Bot
from bot.core.update import Change, Request
from bot.intake.canonical import as_url
from bot.intake.pages import read
from bot.intake.photos import is_photo_address
from bot.newsroom.headline import divided, headline
from bot.newsroom.sentences import split

_CLOCK = regex.compile(r"(?i)\d:\d\d|\d\s?[ap]\.?m\b|\d\s?(?:min\w*|m|h|hours?|std\.?|stunden?)\b")
"""A time of day, or how long from now: a bare day says too little."""
_O_CLOCK = regex.compile(r"(?i)\b(\d{1,2}) uhr\b(?: (\d\d)\b)?")

LONGEST_HEADLINE = 250
LONGEST_TEXT = 3000
LONGEST_NOTE = 300
"""Characters: what every platform shows in one message."""
_RUNNING = 100
"""Characters from which on a first line of several sentences is no headline, but text."""


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


async def revision_typed(bot: Bot, request: Request, text: str) -> tuple[Revision, tuple[Change, ...]]:
    """Return what an editor typed, with its photo, and what keeps that photo.

    Of a link alone the headline is the title of its page. Raises UsageError, and FetchError where a photo can't be had.
    """
    revision = revision_of(text)
    if not revision.headline:
        revision = await _titled(bot, request, revision)
    return await pictured(bot, request.update, revision)


async def _titled(bot: Bot, request: Request, revision: Revision) -> Revision:
    """Return a revision under the title of the page it links to, and with its source. Raises UsageError."""
    spend(bot, request, "fetches")
    try:
        article = await read(bot, revision.url)
    except FetchError as error:
        reason = request.say(error.message_key, **error.arguments)
        raise UsageError("breaking.no_page", reason=reason) from None
    if not article.page.title or article.page.kind is Kind.ERROR:
        raise UsageError("breaking.no_title")
    title = headline(article.page.title, LONGEST_HEADLINE)
    return replace(revision, headline=title, url=article.url, sources=(article.source,))


def revision_of(text: str) -> Revision:
    """Read what an editor typed; without a headline only where it is a link. Raises UsageError.

    Running text in the first line, several sentences or more than a headline has room for, is divided: its first
    sentence or clause is the headline. `image` is the address of a photo, where the first line has one:
    `bot.commands.photos` makes a photo of it.
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
    title, left = _divided(" ".join(words))
    body = (*((left,) if left else ()), *lines[1:])
    if not title and not url:
        raise UsageError("breaking.no_headline")
    if len(title) > LONGEST_HEADLINE:
        raise UsageError("breaking.long_headline", count=LONGEST_HEADLINE, by=len(title) - LONGEST_HEADLINE)
    if sum(map(len, body)) > LONGEST_TEXT:
        raise UsageError("breaking.long_text", count=LONGEST_TEXT)
    return Revision(headline=title, text=body, url=url, image=image)


def _divided(line: str) -> tuple[str, str]:
    """Return a first line as a headline and the text that stood behind it; what was typed as a headline stays one."""
    if len(line) <= _RUNNING or (len(line) <= LONGEST_HEADLINE and sum(1 for _ in split(line)) < 2):
        return line, ""
    title, left = divided(line, LONGEST_HEADLINE)
    return (title.removesuffix("."), left) if title else (line, "")


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
