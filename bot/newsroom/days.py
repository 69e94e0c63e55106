"""Days: the weekdays and dates that a text names, in the language it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

import regex
from babel import Locale, UnknownLocaleError

from bot.newsroom.words import UNSPACED_RUN

_LANGUAGES = 64
"""As many are kept at once; there is a little for each."""
_ALSO = "en"
"""English is looked for in every text, as English names stand on pages of all languages."""
_SHORTEST, _SHORTEST_UNSPACED = 3, 2
"""Letters of a name, and signs of one where words are not set apart."""
_NUMBERED = (
    r"|(?<!\d)(?:19|20)\d\d\s?-\s?(?P<month>\d\d)\s?-\s?(?P<day>\d\d)(?!\d)"
    r"|(?<!\d)(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일号號]"
    r"|(?<!\d)(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?:19|20)\d\d(?!\d)"
)
_MONTHS, _DAYS = 12, 31
_YEAR = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def dates(text: str, language: str) -> tuple[list[str], str]:
    """Return the dates a text names, as month-day, and its years; and the text without the former, in lower case.

    `language` is a BCP 47 tag. The years stand alone, as a text says once in which year it all happened. What may be
    meant either way (03/04) is no date.
    """
    pattern, numbers = _months(language[:2])
    found: list[str] = []

    def take(date: regex.Match[str]) -> str:
        month, day = numbers[date["name"]] if date["name"] else int(date["month"]), int(date["day"])
        if not (1 <= month <= _MONTHS and 1 <= day <= _DAYS):
            return date[0]
        found.append(f"{month}-{day}")
        return " "

    rest = pattern.sub(take, text.casefold())
    return [*found, *_YEAR.findall(text)], rest


def weekdays(text: str, language: str) -> int:
    """Return the weekdays a text names, as a set of bits: Monday is 1, Sunday 64."""
    pattern, numbers = _weekdays(language[:2])
    found = 0
    for name in pattern.findall(text.casefold()):
        found |= 1 << numbers[name]
    return found


@lru_cache(maxsize=_LANGUAGES)
def _months(language: str) -> tuple[regex.Pattern[str], Mapping[str, int]]:
    names = _names(language, "months")
    name = rf"(?P<name>{_any_of(names)})"
    pattern = (  # it begins with a digit, wherever the name stands: few places of a text are looked at
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:(?:st|nd|rd|th|er|\.|º)?\s(?:(?:de|of|d')\s?)?{name}"
        rf"|(?<={name}\.?\s(?P=day))(?!\d|\s?:\s?\d))" + _NUMBERED
    )
    return regex.compile(pattern), names


@lru_cache(maxsize=_LANGUAGES)
def _weekdays(language: str) -> tuple[regex.Pattern[str], Mapping[str, int]]:
    names = _names(language, "days")
    return regex.compile(_any_of(names)), names


def _names(language: str, kind: str) -> Mapping[str, int]:
    """Return the names of months (January is 1) or weekdays (Monday is 0) in a language and in English.

    Short forms of weekdays are words of their own in too many languages, but where words are not set apart.
    """
    found: dict[str, int] = {}
    for tag in (language, _ALSO):
        try:
            forms = getattr(Locale.parse(tag), kind)
        except (UnknownLocaleError, ValueError, TypeError):
            continue
        for form, width in product(("format", "stand-alone"), ("wide", "abbreviated")):
            for number, written in forms[form][width].items():
                name = written.casefold().rstrip(".")
                unspaced = UNSPACED_RUN.fullmatch(name) is not None
                if len(name) >= (_SHORTEST_UNSPACED if unspaced else _SHORTEST) and (
                    unspaced or kind == "months" or width == "wide"
                ):
                    found.setdefault(name, number)
    return found


def _any_of(names: Mapping[str, int]) -> str:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return (
        "(?:"
        + "|".join(name if UNSPACED_RUN.search(name) else rf"\b{regex.escape(name)}\b" for name in longest_first)
        + ")"
    )
