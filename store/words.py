"""Full-text search in memory: which documents have which words, and how well they answer a question."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, takewhile
from math import log

import regex

from bot.core.folding import folded
from bot.core.model import Document
from store.order import Order

_SOLID = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts written without gaps between words."""
_WORD = regex.compile(rf"(?V1)(?P<solid>[{_SOLID}][{_SOLID}\p{{M}}]*)|[[\p{{L}}\p{{N}}\p{{M}}]--[{_SOLID}]]+")

_HEADLINE_WORDS = 15
"""A word among the first so many counts double: there stands the headline."""
_USUAL_WORDS = 400
_SATURATION = 1.2
_BEGINNING = 0.6
"""What a word that only begins as asked counts, against the word itself."""


def words_of(text: str, *, asked: bool = False) -> Iterator[str]:
    """Yield the words of a text. Where there are no gaps, every two characters that follow one another are a word.

    The last character of such a run is one by itself, so that each begins a word; what is `asked` needs it only alone.
    """
    for match in _WORD.finditer(folded(text)):
        run = match["solid"]
        if not run:
            yield match[0]
        elif asked and len(run) > 1:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        else:
            yield from (run[at : at + 2] for at in range(len(run)))


class Words:
    """An inverted index over the `searchable()` texts of one kind; it catches up with changes when it is asked.

    Documents have numbers here; one that changes gets a new number, and the old one answers nothing any more.
    """

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._begin()

    def _begin(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = []
        self._having: dict[str, array[float]] = {}
        """Word to number, weight, number, weight...; single precision holds numbers up to 16 million."""
        self._vocabulary = Order()
        self._changed: dict[str, None] = dict.fromkeys(self._documents)

    @property
    def behind(self) -> bool:
        """Whether there are changes to catch up with."""
        return bool(self._changed)

    def change(self, id: str) -> None:
        """Take note that a document is new, changed or gone."""
        self._numbers.pop(id, None)
        self._changed[id] = None

    def catch_up(self, most: int) -> None:
        """Read at most so many of the changed documents."""
        if len(self._ids) > 2 * len(self._documents) + _USUAL_WORDS:
            self._begin()
        for id in list(islice(self._changed, most)):
            del self._changed[id]
            document = self._documents.get(id)
            if document is not None:
                self._read(id, document.searchable())

    def _read(self, id: str, text: str) -> None:
        words = list(words_of(text))
        if not words:
            return
        number = self._numbers[id] = len(self._ids)
        self._ids.append(id)
        early = set(words[:_HEADLINE_WORDS])
        room = _SATURATION * (0.25 + 0.75 * len(words) / _USUAL_WORDS)
        for word, count in Counter(words).items():
            if word not in self._having:
                self._having[word] = array("f")
                self._vocabulary.add(word)
            weight = count / (count + room) * (2 if word in early else 1)
            self._having[word].extend((number, weight))

    def search(self, question: str) -> list[str]:
        """Return the ids of what has all words of a question, or longer ones, the best first and then the newest."""
        total: dict[int, float] | None = None
        for word in dict.fromkeys(words_of(question, asked=True)):
            scores = self._scores(word)
            total = scores if total is None else {at: total[at] + score for at, score in scores.items() if at in total}
        best = {self._ids[number]: score for number, score in (total or {}).items() if self._is_current(number)}
        return sorted(sorted(best, reverse=True), key=best.__getitem__, reverse=True)

    def _scores(self, asked: str) -> dict[int, float]:
        """Return how well each document answers one word, by its number."""
        scores: dict[int, float] = {}
        for word in self._beginning_with(asked):
            having = self._having[word]
            rarity = log(1 + 2 * len(self._ids) / len(having)) * (1 if word == asked else _BEGINNING)
            for number, weight in zip(having[::2], having[1::2], strict=True):
                scores[int(number)] = max(scores.get(int(number), 0.0), weight * rarity)
        return scores

    def _beginning_with(self, asked: str) -> Iterable[str]:
        longer = takewhile(lambda word: word.startswith(asked), self._vocabulary.above(asked))
        return [asked, *longer] if asked in self._having else longer

    def _is_current(self, number: int) -> bool:
        return self._numbers.get(self._ids[number]) == number
