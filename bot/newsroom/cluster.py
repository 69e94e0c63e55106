"""Stories: which articles tell of the same event, found in one pass and in order of arrival."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import regex

from bot.newsroom.words import CALENDAR, COMMON, UNSPACED_RUN, pairs

_WORD = regex.compile(r"[^\W_]{2,}")
_ENDING = regex.compile(r"(?:'s|ies|es|s|ing|ed|ly)$")
_NAME = regex.compile(r"(?<![.!?\"“] )(?<!^)\b\p{Lu}[\w'’-]+", regex.MULTILINE)
_NUMBER = regex.compile(r"(?<!\w)\d[\d.,]*\d|(?<!\w)\d+")
_TOP = 1500
"""Characters of a text that are compared: what happened stands at the top, and comparing more was no better."""
_WEIGHTS = (0.5, 0.3, 0.2)
"""How much words, names and numbers count in a comparison."""
_NAMES = 1
_SAME = 0.25
"""Similarity from which on two texts tell of one event."""
_IN_WORDS = 0.06
"""How much of it words must bring: a name or number that two short texts share (a Monday) is no event."""
_PRIOR = 50
"""Articles that are imagined before the first, so that early words are not all rare."""
_HEAVY = 60
"""How many of an article's rarest words are looked up, and how many stories compared."""

Vector = dict[str, float]


@dataclass(slots=True)
class _Centre:
    """What a story's articles have in common: in each channel the sum of their vectors."""

    newest: datetime
    sums: tuple[Vector, ...] = field(default_factory=lambda: tuple({} for _ in _WEIGHTS))
    squares: list[float] = field(default_factory=lambda: [0.0 for _ in _WEIGHTS])
    counts: tuple[Counter[str], ...] = field(default_factory=lambda: tuple(Counter() for _ in _WEIGHTS))
    """In how many of the articles a term stands."""

    def take(self, channel: int, vector: Vector) -> None:
        """Add one article's vector."""
        total, square = self.sums[channel], self.squares[channel]
        for term, weight in vector.items():
            before = total.get(term, 0.0)
            total[term] = before + weight
            square += weight * (2 * before + weight)
        self.squares[channel] = square
        self.counts[channel].update(vector.keys())


class Stories:
    """The stories of the last days, in memory. Pure and deterministic: the same articles give the same stories."""

    def __init__(self, window: timedelta = timedelta(hours=72)) -> None:
        self._window = window
        self._centres: dict[str, _Centre] = {}
        self._counts: tuple[Counter[str], ...] = tuple(Counter() for _ in _WEIGHTS)
        self._articles = 0
        self._postings: dict[str, dict[str, None]] = {}

    def __contains__(self, story_id: str) -> bool:
        """Say whether a story of that id is in the window."""
        return story_id in self._centres

    def match(self, title: str, text: str, at: datetime, language: str) -> str | None:  # noqa: ARG002
        """Return the id of the story an article belongs to, or None where it opens one.

        `language` is not used yet: words of different languages do not meet, but names and numbers may.
        """
        vectors = self._vectors(title, text)
        best, highest = None, _SAME
        for id in self._near(vectors[0]):
            centre = self._centres[id]
            if abs(at - centre.newest) <= self._window and (alike := _similarity(vectors, centre)) >= highest:
                best, highest = id, alike
        return best

    def add(self, story_id: str, title: str, text: str, at: datetime, language: str) -> None:  # noqa: ARG002
        """Put an article into a story, new or known."""
        centre = self._centres.setdefault(story_id, _Centre(at))
        centre.newest = max(centre.newest, at)
        vectors = self._vectors(title, text)
        self._articles += 1
        for channel, vector in enumerate(vectors):
            centre.take(channel, vector)
            self._counts[channel].update(vector.keys())
        for term in _heaviest(vectors[0]):
            self._postings.setdefault(term, {})[story_id] = None

    def forget(self, before: datetime) -> None:
        """Let go of the stories whose last article is older."""
        for id in [id for id, centre in self._centres.items() if centre.newest < before]:
            centre = self._centres.pop(id)
            for counts, gone in zip(self._counts, centre.counts, strict=True):
                counts.subtract(gone)
                for term in [term for term in gone if not counts[term]]:
                    del counts[term]
            for term in centre.sums[0]:
                postings = self._postings.get(term, {})
                postings.pop(id, None)
                if not postings:
                    self._postings.pop(term, None)

    def _vectors(self, title: str, text: str) -> list[Vector]:
        """Weigh an article's terms by how rare they are, each channel to length 1."""
        rarity = self._articles + _PRIOR
        return [
            _unit({term: weight * math.log(1 + rarity / (counts[term] + 0.5)) for term, weight in terms.items()})
            for counts, terms in zip(self._counts, _channels(title, text[:_TOP]), strict=True)
        ]

    def _near(self, words: Vector) -> list[str]:
        """The stories that share the most of an article's rarest words."""
        shared: dict[str, float] = {}
        for term in _heaviest(words):
            for id in self._postings.get(term, ()):
                shared[id] = shared.get(id, 0.0) + words[term]
        return sorted(shared, key=lambda id: -shared[id])[:_HEAVY]


def _similarity(vectors: Sequence[Vector], centre: _Centre) -> float:
    """Return how alike an article and a story are, 0 to 1: 0 where both name somebody and nobody in common.

    That keeps look-alikes apart: two matches with one score, two earthquakes on one day.
    """
    names = vectors[_NAMES]
    if len(names) > 1 and len(centre.sums[_NAMES]) > 1 and not any(name in centre.sums[_NAMES] for name in names):
        return 0.0
    return sum(
        share * sum(weight * total.get(term, 0.0) for term, weight in vector.items()) / math.sqrt(square or 1.0)
        for share, vector, total, square in zip(_WEIGHTS, vectors, centre.sums, centre.squares, strict=True)
    )


def _heaviest(vector: Vector) -> list[str]:
    return sorted(vector, key=lambda term: (-vector[term], term))[:_HEAVY]


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {term: weight / length for term, weight in vector.items()}


def _channels(title: str, text: str) -> list[Mapping[str, float]]:
    """Count an article's words (its title's twice), names and numbers."""
    words = Counter(_words(text))
    for word in _words(title):
        words[word] += 2
    names = Counter(name for name in map(str.casefold, _NAME.findall(text)) if name not in CALENDAR)
    numbers = Counter(_NUMBER.findall(text))
    return [{term: 1 + math.log(count) for term, count in terms.items()} for terms in (words, names, numbers)]


def _words(text: str) -> list[str]:
    found = [word for word in _WORD.findall(text.casefold()) if word not in COMMON]
    return [part for word in found for part in (pairs(word) if UNSPACED_RUN.match(word) else (_stem(word),))]


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > 4 else word
