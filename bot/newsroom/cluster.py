"""Stories: which articles tell of the same event, found in one pass and in order of arrival."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import regex

_WORD = regex.compile(r"[^\W_]+")
_NAME = regex.compile(r"(?<![.!?\"“] )(?<!^)\b\p{Lu}[\w'’-]+", regex.MULTILINE)
_NUMBER = regex.compile(r"(?<!\w)\d[\d.,]*\d|(?<!\w)\d+")
_ENDING = regex.compile(r"(?:'s|ies|es|s|ing|ed|ly)$")
_COMMON = frozenset(
    "a an the and or but if of to in on at by for with from as is are was were be been being it its this that these "
    "those he she they his her their them him i we you our your who which what when where how why not no nor so than "
    "then there here has have had do does did will would can could should may might must said says say mr mrs ms also "
    "after before over under about into out up down more most other some such only own same just now new one two first "
    "last year years day days time people told according".split()  # noqa: SIM905  # read as a text
)
_WEIGHTS = (0.5, 0.3, 0.2)
"""Of words, names and numbers."""
_THRESHOLD = 0.26
_PRIOR = 50
_CANDIDATES = 60

Vector = dict[str, float]


@dataclass(slots=True)
class _Centre:
    """What a story's articles have in common: the sum of their vectors, a channel each."""

    newest: datetime
    sums: tuple[Vector, Vector, Vector] = field(default_factory=lambda: ({}, {}, {}))
    squares: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])


class Stories:
    """The stories of the last days, in memory. Pure and deterministic: the same articles give the same stories."""

    def __init__(self, window: timedelta = timedelta(hours=72)) -> None:
        self._window = window
        self._centres: dict[str, _Centre] = {}
        self._seen: tuple[Counter[str], Counter[str], Counter[str]] = (Counter(), Counter(), Counter())
        self._count = 0
        self._postings: dict[str, dict[str, None]] = {}

    def match(self, title: str, text: str, at: datetime, language: str = "") -> str | None:
        """Return the id of the story an article belongs to, or None where it opens one."""
        vectors = self._vectors(title, text)
        best, score = None, _THRESHOLD
        for id in self._near(vectors[0]):
            centre = self._centres[id]
            if abs(at - centre.newest) <= self._window and (near := _similarity(vectors, centre)) >= score:
                best, score = id, near
        return best

    def add(self, story_id: str, title: str, text: str, at: datetime, language: str = "") -> None:
        """Put an article into a story, new or known."""
        for seen, terms in zip(self._seen, _channels(title, text), strict=True):
            seen.update(terms.keys())
        self._count += 1
        centre = self._centres.setdefault(story_id, _Centre(at))
        centre.newest = max(centre.newest, at)
        for index, vector in enumerate(self._vectors(title, text)):
            total = centre.sums[index]
            for term, weight in vector.items():
                total[term] = total.get(term, 0.0) + weight
            centre.squares[index] = sum(weight * weight for weight in total.values())
            if index == 0:
                for term in _heaviest(vector):
                    self._postings.setdefault(term, {})[story_id] = None

    def forget(self, before: datetime) -> None:
        """Let go of the stories whose last article is older."""
        for id in [id for id, centre in self._centres.items() if centre.newest < before]:
            del self._centres[id]
            for term in [term for term, ids in self._postings.items() if ids.pop(id, ...) is None and not ids]:
                del self._postings[term]

    def _vectors(self, title: str, text: str) -> tuple[Vector, ...]:
        """Weigh an article's terms by how rare they are, each channel to length 1."""
        return tuple(
            _unit({term: weight * self._rarity(seen[term]) for term, weight in terms.items()})
            for seen, terms in zip(self._seen, _channels(title, text), strict=True)
        )

    def _rarity(self, seen: int) -> float:
        return math.log(1 + (self._count + _PRIOR) / (seen + 0.5))

    def _near(self, words: Vector) -> list[str]:
        """The stories that share the most of an article's heaviest words."""
        shared: Counter[str] = Counter()
        for term in _heaviest(words):
            for id in self._postings.get(term, ()):
                shared[id] += words[term]
        return [id for id, _ in shared.most_common(_CANDIDATES)]


def _similarity(vectors: tuple[Vector, ...], centre: _Centre) -> float:
    return sum(
        share * sum(weight * total.get(term, 0.0) for term, weight in vector.items()) / math.sqrt(square or 1.0)
        for share, vector, total, square in zip(_WEIGHTS, vectors, centre.sums, centre.squares, strict=True)
    )


def _heaviest(vector: Vector) -> list[str]:
    return sorted(vector, key=lambda term: (-vector[term], term))[:_CANDIDATES]


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {term: weight / length for term, weight in vector.items()}


def _channels(title: str, text: str) -> tuple[Mapping[str, float], ...]:
    """Count an article's words (its title's twice), names and numbers."""
    words = Counter(_words(text))
    for word in _words(title):
        words[word] += 2
    names = Counter(name.casefold() for name in _NAME.findall(text))
    numbers = Counter(_NUMBER.findall(text))
    return tuple({term: 1 + math.log(count) for term, count in terms.items()} for terms in (words, names, numbers))


def _words(text: str) -> list[str]:
    found = [word for word in _WORD.findall(text.casefold()) if word not in _COMMON and len(word) > 1]
    return [_ENDING.sub("", word) if len(word) > 4 else word for word in found]
