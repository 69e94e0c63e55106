"""Stories: which articles tell of the same event, found in one pass and in order of arrival."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush, heapreplace, nlargest

from bot.newsroom.centre import Centre, Vectors
from bot.newsroom.terms import Counts, Terms, terms_of
from bot.newsroom.vocabulary import Vocabulary

_WORDS, _NAMES, _NUMBERS = 0.5, 0.3, 0.2
"""How much words, names and numbers count in a comparison."""
_LONE = 0.15
"""How much a name counts that is an article's only one: what a town's paper tells of the town is not all one story."""
_SAME = 0.25
"""Likeness from which on two texts tell of one event. How these numbers were found: docs/decisions/0003-newsroom.md."""
_PRIOR = 50
"""Articles that are imagined before the first, so that early words are not all rare."""
_TELLING = 5
"""Weight of a date from which on it tells much: half the articles of a day name that day, and most name the year."""
_HEAVY = 60
"""How many of an article's rarest words are looked up."""
_COMPARED = 20
"""How many of the stories that share the most of those words are compared."""
_LOOKED_UP = 1000
"""Mentions of its words in stories that are looked at for one article, those of the rarest first."""
_AT_ONCE = 8
"""Stories that are let go of in one go: some milliseconds."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """An article's terms, weighed by how rare they are."""

    told: Mapping[str, float]
    days: Mapping[str, float]
    names: Counts
    weekdays: int
    heavy: Mapping[str, float]
    """Its rarest words, by which stories are looked up."""


class Stories:
    """The stories of the last days, in memory. Pure and deterministic: the same articles give the same stories."""

    def __init__(self, window: timedelta = timedelta(hours=72)) -> None:
        self._window = window
        self._centres: dict[int, Centre] = {}
        self._numbers: dict[str, int] = {}
        self._oldest: list[tuple[datetime, int]] = []
        """Stories, each with a time at which it had news, the earliest first: it may have had later news since."""
        self._opened = 0
        self._articles = 0
        self._vocabulary = Vocabulary()
        self._latest: tuple[tuple[str, str, str, int], _Weighed] | None = None

    def __contains__(self, story_id: str) -> bool:
        """Say whether a story of that id is in the window."""
        return story_id in self._numbers

    def match(self, title: str, text: str, at: datetime, language: str) -> str | None:
        """Return the id of the story an article belongs to, or None where it opens one.

        `language` says in which language its days are named. Words of different languages do not meet, but names and
        numbers may.
        """
        weighed = self._weigh(title, text, language)
        vectors = self._known(weighed)
        best, highest = None, _SAME
        for number in self._near(weighed.heavy):
            centre = self._centres[number]
            if abs(at - centre.newest) <= self._window and (alike := centre.alike(vectors, highest)) >= highest:
                best, highest = centre.id, alike
        return best

    def add(self, story_id: str, title: str, text: str, at: datetime, language: str) -> None:
        """Put an article into a story, new or known."""
        weighed = self._weigh(title, text, language)
        self._vocabulary.count(weighed.told, weighed.days)
        number = self._number(story_id, at)
        centre = self._centres[number]
        self._vocabulary.mention(weighed.heavy, number, frozenset(centre.told.terms))
        centre.take(self._known(weighed), at)
        self._articles += 1

    def forget(self, before: datetime) -> bool:
        """Let go of some stories whose last article is older, the oldest first, and say whether there are more."""
        for _ in range(_AT_ONCE):
            if not self._oldest or self._oldest[0][0] >= before:
                return False
            number = self._oldest[0][1]
            centre = self._centres.get(number)
            if centre is not None and centre.newest >= before:
                heapreplace(self._oldest, (centre.newest, number))
                continue
            heappop(self._oldest)
            if centre is not None:
                self._let_go(number, centre)
        return True

    def take_out(self, story_id: str) -> None:
        """Let go of one story, if it is in the window: an editor has changed what belongs to it."""
        if story_id in self:
            number = self._numbers[story_id]
            self._let_go(number, self._centres[number])

    def _let_go(self, number: int, centre: Centre) -> None:
        del self._centres[number], self._numbers[centre.id]
        self._articles -= centre.articles
        self._vocabulary.unmention(centre.told.terms, number)
        for whole in (centre.told, centre.days):
            self._vocabulary.uncount(whole.terms, whole.counts)

    def _number(self, story_id: str, at: datetime) -> int:
        """Return the number by which mentions know a story; one number is held once for all of them."""
        if story_id not in self._numbers:
            self._opened += 1
            self._numbers[story_id] = self._opened
            self._centres[self._opened] = Centre(story_id, at)
            heappush(self._oldest, (at, self._opened))
        return self._numbers[story_id]

    def _weigh(self, title: str, text: str, language: str) -> _Weighed:
        """Weigh an article's terms by how rare they are; once for `match` and `add`."""
        article = title, text, language, self._articles
        if self._latest is None or self._latest[0] != article:
            self._latest = article, self._weighed(terms_of(title, text, language))
        return self._latest[1]

    def _weighed(self, terms: Terms) -> _Weighed:
        words, names, numbers, days = (
            self._vocabulary.weighed(counts, self._articles + _PRIOR)
            for counts in (terms.words, terms.names, terms.numbers, terms.days)
        )
        for_words = _WORDS if terms.has_capitals else _WORDS + _NAMES
        told = (
            _of_length(words, for_words)
            | _of_length(names, _LONE if terms.lone else _NAMES)
            | _of_length(numbers, _NUMBERS)
        )
        heaviest = sorted(words, key=lambda term: (-words[term], term))[:_HEAVY]
        heavy = {term: words[term] for term in heaviest}
        return _Weighed(told, _of_length(days, 1, _TELLING), terms.names, terms.weekdays, heavy)

    def _known(self, weighed: _Weighed) -> Vectors:
        """Return the part of an article's terms that stories may share, by their numbers."""
        told, days, names = map(self._vocabulary.known, (weighed.told, weighed.days, weighed.names))
        return Vectors(told, days, frozenset(names), len(weighed.names), weighed.weekdays)

    def _near(self, heavy: Mapping[str, float]) -> list[int]:
        """The stories that share the most of an article's rarest words."""
        mentions = [(weight, found) for term, weight in heavy.items() if (found := self._vocabulary.stories(term))]
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


def _of_length(vector: Mapping[str, float], square: float, least: float = 0.0) -> dict[str, float]:
    """Return a vector in its direction whose length has that square, so that products of such add up.

    One that is not much longer than the least becomes shorter.
    """
    length = math.sqrt((sum(weight * weight for weight in vector.values()) + least * least) / square) or 1.0
    return {term: weight / length for term, weight in vector.items()}
