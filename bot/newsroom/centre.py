"""A story's centre: what its articles have in common, in arrays, and how alike an article is to it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from itertools import repeat
from operator import mul

_FIRST = 3
"""So many of a story's first articles are kept, and the nearer half of them counts beside the centre."""
_CENTRAL = 0.7
"""How much the centre counts against the nearest articles: alone, it pulls in what is like the whole story only."""
_SAME_DAY, _OTHER_WEEKDAY = 0.9, 0.3
"""By how much a common date makes a likeness greater, and weekdays none of which is common make it smaller."""
_WORTH_A_LOOK = 0.5
"""Share of the least likeness asked for; the nearest articles and a common date do not double a smaller one."""

Vector = dict[int, float]
"""Numbers of terms to their weights."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """An article as it is compared: what it tells, the days it names, either of length 1 at most; and its names."""

    told: Vector
    days: Vector
    names: frozenset[int]
    named: int
    """How many names it has, those included that no story has, which have no number."""
    weekdays: int


@dataclass(slots=True)
class Sum:
    """The sum of articles' vectors, in arrays: as dicts, 100,000 stories would not fit in memory."""

    terms: array[int] = field(default_factory=lambda: array("I"))
    sums: array[float] = field(default_factory=lambda: array("f"))
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

    def alike(self, vector: Vector) -> float:
        """Return the product with a vector, were this one of length 1: the cosine where that is too."""
        return _product(self.terms, self.sums, vector) / math.sqrt(self.square or 1.0)


@dataclass(slots=True)
class Centre:
    """What a story's articles have in common."""

    id: str
    newest: datetime
    articles: int = 0
    told: Sum = field(default_factory=Sum)
    days: Sum = field(default_factory=Sum)
    weekdays: int = 0
    names: int = 0
    first: list[tuple[array[int], array[float]]] = field(default_factory=list)
    """The vectors of its first articles, once there are two: while there is one, the sum is that."""

    def take(self, vectors: Vectors, at: datetime) -> None:
        """Add an article."""
        if self.articles == 1:
            self.first.append((self.told.terms[:], self.told.sums[:]))
        self.names += len(vectors.names.difference(self.told.terms))
        self.told.take(vectors.told)
        self.days.take(vectors.days)
        self.weekdays |= vectors.weekdays
        if 1 <= self.articles < _FIRST:
            self.first.append((array("I", vectors.told), array("f", vectors.told.values())))
        self.newest = max(self.newest, at)
        self.articles += 1

    def alike(self, article: Vectors, least: float) -> float:
        """Return how alike an article and the story are, 0 where that is not nearly as much as asked for.

        Where both name somebody, and nobody in common, they are not: that keeps look-alikes apart, two matches with
        one score, two earthquakes on one day.
        """
        alike = self.told.alike(article.told)
        if alike < least * _WORTH_A_LOOK or self._names_others(article):
            return 0.0
        if self.first:
            each = (_product(terms, weights, article.told) for terms, weights in self.first)
            near = nlargest((len(self.first) + 1) // 2, each)
            alike = _CENTRAL * alike + (1 - _CENTRAL) * sum(near) / len(near)
        if article.days:
            alike *= 1 + _SAME_DAY * self.days.alike(article.days)
        if article.weekdays and self.weekdays and not article.weekdays & self.weekdays:
            alike *= 1 - _OTHER_WEEKDAY
        return alike

    def _names_others(self, article: Vectors) -> bool:
        return article.named > 1 < self.names and article.names.isdisjoint(self.told.terms)


def _product(terms: array[int], weights: array[float], vector: Vector) -> float:
    product: float = sum(map(mul, weights, map(vector.get, terms, repeat(0.0))))
    return product
