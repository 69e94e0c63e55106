"""Terms: what of an article is compared with others, its words, names, numbers and days, each counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import regex

from bot.newsroom.days import dates, weekdays
from bot.newsroom.words import CALENDAR, COMMON, UNSPACED_RUN, pairs

_WORD = regex.compile(r"[^\W_]{2,}")
_ENDING = regex.compile(r"(?:'s|ies|es|s|ing|ed|ly)$")
_NAME = regex.compile(r"(?<![.!?\"“] )(?<!^)\b\p{Lu}[\w'’-]+", regex.MULTILINE)
_RUN = regex.compile(rf"{_NAME.pattern}(?:\s\p{{Lu}}[\w'’-]+)*", regex.MULTILINE)
_GENITIVE = regex.compile(r"['’]s?$")
_NUMBER = regex.compile(r"(?<!\w)\d[\d.,]*\d|(?<!\w)\d+")
_TOP = 1500
"""Characters of a text that are compared: what happened stands at the top, and comparing more was no better."""
_NAMED, _NUMBERED, _DATED = "@", "#", "~"
"""What makes a name, a number or a day another term than the word, which has letters and digits only."""

Counts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Terms:
    """An article's terms, each with its count, which is damped: 1 and the logarithm of how often it stands there."""

    words: Counts
    """Its title's count twice more."""
    names: Counts
    numbers: Counts
    """But for those of its days: two reports of one day have no figure in common."""
    days: Counts
    weekdays: int
    """A set of bits, as `days.weekdays` returns it."""
    lone: bool
    """Whether it names one only, be it of several words: the town itself, as a rule."""

    @property
    def has_capitals(self) -> bool:
        """Whether it is in a script by whose capitals names can be told; in others names are among the words."""
        return 2 * sum(map(str.islower, self.words)) > len(self.words)


def terms_of(title: str, text: str, language: str) -> Terms:
    """Return what an article is compared by; `language` is a BCP 47 tag, or empty."""
    top = text[:_TOP]
    words = Counter(_words(top))
    for word in _words(title):
        words[word] += 2
    runs = {_GENITIVE.sub("", run) for run in map(str.casefold, _RUN.findall(top))} - CALENDAR
    if len(runs) == 1:
        for word in _words(*runs):
            del words[word]
    days, undated = dates(top, language)
    found = (_GENITIVE.sub("", name) for name in map(str.casefold, _NAME.findall(top)))
    return Terms(
        words=_damped(words),
        names=_damped(Counter(_NAMED + name for name in found if name not in CALENDAR)),
        numbers=_damped(Counter(_NUMBERED + number for number in _NUMBER.findall(undated))),
        days=_damped(Counter(_DATED + day for day in days)),
        weekdays=weekdays(top, language),
        lone=len(runs) == 1,
    )


def _damped(counted: Mapping[str, int]) -> Counts:
    return {term: 1 + math.log(count) for term, count in counted.items()}


def _words(text: str) -> Iterable[str]:
    found = [word for word in _WORD.findall(text.casefold()) if word not in COMMON]
    return [part for word in found for part in (pairs(word) if UNSPACED_RUN.match(word) else (_stem(word),))]


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > 4 else word
