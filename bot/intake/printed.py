"""The day that a page prints for people, beside its headline or behind a word like "Published"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import NamedTuple

import regex
from babel import Locale, UnknownLocaleError
from lxml.html import HtmlElement

from bot.intake.metatags import clean, letters

_LONGEST, _BEFORE = 90, 30
"""Characters of a line that is a date at most, and of what stands before the date in it."""
_MOST = 3000
"""Lines that are looked at."""
_ABOVE, _BELOW, _FAR = 4, 25, 1000
"""Lines above and below a headline in which its date is looked for."""
_SHORTEST_HEADLINE = 8
_PUBLISHED = regex.compile(
    r"\b(?:published|posted|written|issued|date|veröffentlicht|publiziert|erschienen|erstellt|datum|publié|paru|publicado"
    r"|fecha|pubblicato|data|gepubliceerd|geplaatst|publicerad|publisert|udgivet|julkaistu|opublikowano|yayınlanma"
    r"|опубликовано|дата|опубліковано)\b|公開|掲載|发布|發布|등록|입력",
    regex.IGNORECASE,
)
_UPDATED = regex.compile(
    r"\b(?:updated?|modified|changed|last|aktualisiert|geändert|änderung|stand|mis à jour|modifié|actualizado"
    r"|modificado|joined|aggiornato|atualizado|bijgewerkt|gewijzigd|uppdaterad|oppdatert|opdateret|päivitetty"
    r"|aktualizacja|güncelleme|обновлено|оновлено)\b|更新|수정|©|copyright",
    regex.IGNORECASE,
)
_YEAR, _MARK = r"(?P<year>(?:19|20)\d\d)", r"(?P<mark>[./-])\s?"
_NUMBERS = (
    rf"(?<!\d){_YEAR}{_MARK}(?P<month>\d{{1,2}})(?P=mark)\s?(?P<day>\d{{1,2}})(?!\d)"
    rf"|(?<!\d){_YEAR}\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월]\s?(?P<day>\d{{1,2}})\s?[日일]"
    rf"|(?<![\d.])(?P<day>\d{{1,2}}){_MARK}(?P<month>\d{{1,2}})(?P=mark)\s?{_YEAR}(?!\d)"
)


class _Day(NamedTuple):
    away: int
    unnamed: bool
    day: str


def printed_day(tree: HtmlElement, headings: Sequence[str], language: str) -> str:
    """Return the day a page prints as its article's, YYYY-MM-DD, "" where it prints none: `language` is a BCP 47 tag.

    Beside the headline a day behind a word for publishing goes first, then the nearest; elsewhere only one with such
    a word counts.
    """
    titles = {letters(heading) for heading in headings if len(heading) >= _SHORTEST_HEADLINE}
    lines = [*_lines(tree)]
    heads = [at for at, line in enumerate(lines) if letters(line) in titles]
    days = [
        _Day(min((_away(at - head) for head in heads), default=_FAR), not named, day)
        for at, line in enumerate(lines)
        if at not in heads
        for day, named in _day(line, lines[at - 1] if at else "", language)
    ]
    near = min(((day.unnamed, day.away, day.day) for day in days if day.away < _FAR), default=None)
    return near[2] if near else next((day.day for day in days if not day.unnamed), "")


def _away(lines: int) -> int:
    """Return how far a line is from a headline: above it one counts for several."""
    if -_ABOVE <= lines < 0:
        return -lines * _BELOW // _ABOVE
    return lines if 0 <= lines <= _BELOW else _FAR


def _lines(tree: HtmlElement) -> Iterator[str]:
    """Yield the pieces of text of a page, in order."""
    found = tree.xpath("//body//text()[normalize-space() and not(ancestor::script or ancestor::style)]")
    return map(clean, found[:_MOST])


def _day(line: str, before: str, language: str) -> Iterator[tuple[str, bool]]:
    """Yield the day of a line that is little else, and whether the words before it say that something came out."""
    found = len(line) <= _LONGEST and any(map(str.isdigit, line)) and _pattern(language).search(line)
    label = line[: found.start()] if found else ""
    if not found or len(label) > _BEFORE or any(map(str.isdigit, label)):
        return
    label = label if any(map(str.isalpha, label)) else f"{before[-_BEFORE:]} {label}"
    day = _read(found, language)
    if day and not _UPDATED.search(label):
        yield day, bool(_PUBLISHED.search(label))


def _read(found: regex.Match[str], language: str) -> str:
    """Return a day as YYYY-MM-DD; "" where it is none, or where its numbers may be meant either way."""
    named = found["name"]
    day, month = int(found["day"]), _months(language)[named.casefold()] if named else int(found["month"])
    if found["mark"] == "/" and found.start("day") < found.start("month") and language[:2] in {"", "en"}:
        if day != month and max(day, month) <= 12:
            return ""
        day, month = max(day, month), min(day, month)
    try:
        read = date(int(found["year"]), month, day)
    except ValueError:
        return ""
    return read.isoformat() if read <= datetime.now(UTC).date() else ""


@cache
def _pattern(language: str) -> regex.Pattern[str]:
    names = "|".join(sorted(map(regex.escape, _months(language)), key=len, reverse=True))
    of = r"(?:[\s.,]|\sde\s|\sdel\s){1,3}"
    named = (
        rf"|(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?{of}(?P<name>{names}){of}{_YEAR}(?!\d)"
        rf"|\b(?P<name>{names})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s{_YEAR}(?!\d)"
    )
    return regex.compile(_NUMBERS + named, regex.IGNORECASE)


@cache
def _months(language: str) -> Mapping[str, int]:
    """Return the months' names in a page's language and in English, long and short, in lower case."""
    found: dict[str, int] = {}
    for tag in ("en", language[:2]):
        try:
            months = Locale(tag or "en").months
        except UnknownLocaleError:
            continue
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                found |= {
                    name.casefold().rstrip("."): month for month, name in months[form][width].items() if len(name) > 2
                }
    return found
