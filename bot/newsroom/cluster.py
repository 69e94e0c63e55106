"""Stories: which articles tell of the same event, found in one pass and in order of arrival."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import repeat
from operator import mul

import regex

from bot.newsroom.vocabulary import Vocabulary
from bot.newsroom.words import CALENDAR, COMMON, UNSPACED_RUN, pairs

_WORD = regex.compile(r"[^\W_]{2,}")
_ENDING = regex.compile(r"(?:'s|ies|es|s|ing|ed|ly)$")
_NAME = regex.compile(r"(?<![.!?\"“] )(?<!^)\b\p{Lu}[\w'’-]+", regex.MULTILINE)
_GENITIVE = regex.compile(r"['’]s?$")
_NUMBER = regex.compile(r"(?<!\w)\d[\d.,]*\d|(?<!\w)\d+")
_TOP = 1500
"""Characters of a text that are compared: what happened stands at the top, and comparing more was no better."""
_WEIGHTS = (0.5, 0.3, 0.2)
"""How much words, names and numbers count in a comparison."""
_NAMES = 1
_SAME = 0.25
"""Similarity from which on two texts tell of one event."""
_PRIOR = 50
"""Articles that are imagined before the first, so that early words are not all rare."""
_HEAVY = 60
"""How many of an article's rarest words are looked up."""
_COMPARED = 20
"""How many of the stories that share the most of those words are compared."""
_LOOKED_UP = 1000
"""Mentions of its words in stories that are looked at for one article, those of the rarest first."""

Vector = dict[str, float]


@dataclass(slots=True)
class _Channel:
    """The sum of the vectors of a story's articles, in arrays: as dicts, 100,000 stories would not fit in memory."""

    terms: array[int] = field(default_factory=lambda: array("I"))
    sums: array[float] = field(default_factory=lambda: array("d"))
    counts: array[int] = field(default_factory=lambda: array("I"))
    """In how many of the articles a term stands."""
    square: float = 0.0

    def take(self, vector: Mapping[int, float]) -> None:
        """Add one article's vector."""
        places = {term: place for place, term in enumerate(self.terms)}
        for term, weight in vector.items():
            if term in places:
                place = places[term]
                self.square += weight * (2 * self.sums[place] + weight)
                self.sums[place] += weight
                self.counts[place] += 1
            else:
                self.square += weight * weight
                self.terms.append(term)
                self.sums.append(weight)
                self.counts.append(1)

    def alike(self, vector: Mapping[int, float]) -> float:
        """Return the cosine of the angle to an article's vector, 0 to 1."""
        shared: float = sum(map(mul, self.sums, map(vector.get, self.terms, repeat(0.0))))
        return shared / math.sqrt(self.square or 1.0)


@dataclass(slots=True)
class _Centre:
    """What a story's articles have in common: their words, names and numbers."""

    id: str
    newest: datetime
    channels: tuple[_Channel, ...] = field(default_factory=lambda: tuple(_Channel() for _ in _WEIGHTS))


class Stories:
    """The stories of the last days, in memory. Pure and deterministic: the same articles give the same stories."""

    def __init__(self, window: timedelta = timedelta(hours=72)) -> None:
        self._window = window
        self._centres: dict[int, _Centre] = {}
        self._numbers: dict[str, int] = {}
        self._opened = 0
        self._articles = 0
        self._vocabularies = tuple(Vocabulary() for _ in _WEIGHTS)
        self._weighed: tuple[tuple[str, str, int], list[Vector]] | None = None

    def __contains__(self, story_id: str) -> bool:
        """Say whether a story of that id is in the window."""
        return story_id in self._numbers

    def match(self, title: str, text: str, at: datetime, language: str) -> str | None:  # noqa: ARG002
        """Return the id of the story an article belongs to, or None where it opens one.

        `language` is not used yet: words of different languages do not meet, but names and numbers may.
        """
        vectors = self._vectors(title, text)
        known = [vocabulary.known(vector) for vocabulary, vector in zip(self._vocabularies, vectors, strict=True)]
        names = len(vectors[_NAMES])
        best, highest = None, _SAME
        for number in self._near(vectors[0]):
            centre = self._centres[number]
            if abs(at - centre.newest) <= self._window and (alike := _similarity(known, centre, names)) >= highest:
                best, highest = centre.id, alike
        return best

    def add(self, story_id: str, title: str, text: str, at: datetime, language: str) -> None:  # noqa: ARG002
        """Put an article into a story, new or known."""
        vectors = self._vectors(title, text)
        number = self._number(story_id)
        centre = self._centres.setdefault(number, _Centre(story_id, at))
        centre.newest = max(centre.newest, at)
        self._articles += 1
        known = frozenset(centre.channels[0].terms)
        for vocabulary, vector, channel in zip(self._vocabularies, vectors, centre.channels, strict=True):
            channel.take(vocabulary.counted(vector))
        self._vocabularies[0].mention(_heaviest(vectors[0]), number, known)

    def forget(self, before: datetime) -> None:
        """Let go of the stories whose last article is older."""
        self._let_go({number: centre for number, centre in self._centres.items() if centre.newest < before})

    def take_out(self, story_id: str) -> None:
        """Let go of one story, if it is in the window: an editor has changed what belongs to it."""
        if story_id in self:
            number = self._numbers[story_id]
            self._let_go({number: self._centres[number]})

    def _let_go(self, gone: Mapping[int, _Centre]) -> None:
        for number, centre in gone.items():
            del self._centres[number], self._numbers[centre.id]
        for place, vocabulary in enumerate(self._vocabularies):
            for centre in gone.values():
                channel = centre.channels[place]
                vocabulary.uncount(channel.terms, channel.counts)
        words = {term for centre in gone.values() for term in centre.channels[0].terms}
        self._vocabularies[0].unmention(words, gone.keys())

    def _number(self, story_id: str) -> int:
        """Return the number by which mentions know a story; one number is held once for all of them."""
        if story_id not in self._numbers:
            self._opened += 1
            self._numbers[story_id] = self._opened
        return self._numbers[story_id]

    def _vectors(self, title: str, text: str) -> list[Vector]:
        """Weigh an article's terms by how rare they are, each channel to length 1; once for `match` and `add`."""
        article = title, text, self._articles
        if self._weighed and self._weighed[0] == article:
            return self._weighed[1]
        vectors = [
            _unit(vocabulary.weighed(terms, self._articles + _PRIOR))
            for vocabulary, terms in zip(self._vocabularies, _channels(title, text[:_TOP]), strict=True)
        ]
        self._weighed = article, vectors
        return vectors

    def _near(self, words: Vector) -> list[int]:
        """The stories that share the most of an article's rarest words."""
        mentions = [(words[term], found) for term in _heaviest(words) if (found := self._vocabularies[0].stories(term))]
        mentions.sort(key=lambda mention: len(mention[1]))
        shared: dict[int, float] = {}
        left = _LOOKED_UP
        for weight, found in mentions:
            for number in found:
                shared[number] = shared.get(number, 0.0) + weight
            left -= len(found)
            if left < 0:
                break
        return nlargest(_COMPARED, shared, key=shared.__getitem__)


def _similarity(vectors: Sequence[Mapping[int, float]], centre: _Centre, names: int) -> float:
    """Return how alike an article with so many names and a story are, 0 to 1: 0 where they have none in common.

    That keeps look-alikes apart: two matches with one score, two earthquakes on one day.
    """
    known = centre.channels[_NAMES]
    if names > 1 and len(known.terms) > 1 and vectors[_NAMES].keys().isdisjoint(known.terms):
        return 0.0
    alike = (channel.alike(vector) for vector, channel in zip(vectors, centre.channels, strict=True))
    return math.fsum(map(mul, _WEIGHTS, alike))


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
    found = (_GENITIVE.sub("", name) for name in map(str.casefold, _NAME.findall(text)))
    names = Counter(name for name in found if name not in CALENDAR)
    numbers = Counter(_NUMBER.findall(text))
    return [{term: 1 + math.log(count) for term, count in terms.items()} for terms in (words, names, numbers)]


def _words(text: str) -> list[str]:
    found = [word for word in _WORD.findall(text.casefold()) if word not in COMMON]
    return [part for word in found for part in (pairs(word) if UNSPACED_RUN.match(word) else (_stem(word),))]


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > 4 else word
