"""Vocabulary: the terms of the stories in the window, how many articles have each, and which stories mention it."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from itertools import chain

_MENTIONS = 200
"""The latest stories that are known by a term; what more stories mention points to none of them."""


class Vocabulary:
    """Terms by number, as arrays need them; the number of a term that is gone goes to a new one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._terms: list[str] = []
        self._articles: list[int] = []
        self._stories: list[list[int] | None] = []
        self._free: list[int] = []

    def weighed(self, terms: Mapping[str, float], articles: int) -> dict[str, float]:
        """Weigh terms by how rare they are among so many articles."""
        number, counts = self._numbers.get, self._articles
        return {
            term: weight * math.log(1 + articles / ((0 if (at := number(term)) is None else counts[at]) + 0.5))
            for term, weight in terms.items()
        }

    def known(self, vector: Mapping[str, float]) -> dict[int, float]:
        """Return the part of an article's vector that stories may share, by the numbers of the terms."""
        numbers = self._numbers
        return {numbers[term]: weight for term, weight in vector.items() if term in numbers}

    def count(self, *vectors: Iterable[str]) -> None:
        """Count an article's terms, each of which is in one of the vectors."""
        for term in chain.from_iterable(vectors):
            at = self._numbers.get(term)
            self._articles[self._new(term) if at is None else at] += 1

    def uncount(self, numbers: Iterable[int], counts: Iterable[int]) -> None:
        """Take back what `count` has counted, for all articles of a story."""
        for number, count in zip(numbers, counts, strict=True):
            self._articles[number] -= count
            if not self._articles[number]:
                del self._numbers[self._terms[number]]
                self._terms[number], self._stories[number] = "", None
                self._free.append(number)

    def mention(self, terms: Iterable[str], story: int, known: Container[int]) -> None:
        """Note that a story is known by these terms, which have been counted, but for those it had before."""
        for term in terms:
            number = self._numbers[term]
            if number in known:
                continue
            stories = self._stories[number]
            if stories is None:
                self._stories[number] = [story]
            else:
                stories.append(story)
                if len(stories) > 2 * _MENTIONS:
                    del stories[:_MENTIONS]

    def unmention(self, numbers: Iterable[int], story: int) -> None:
        """Let go of a story that is known by some of these terms."""
        for number in numbers:
            stories = self._stories[number]
            if stories and story in stories:
                stories.remove(story)

    def stories(self, term: str) -> list[int]:
        """Return the stories that are known by a term, the latest last."""
        number = self._numbers.get(term)
        return [] if number is None else self._stories[number] or []

    def _new(self, term: str) -> int:
        if self._free:
            number = self._free.pop()
            self._terms[number] = term
        else:
            number = len(self._terms)
            self._terms.append(term)
            self._articles.append(0)
            self._stories.append(None)
        self._numbers[term] = number
        return number
