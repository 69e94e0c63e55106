"""Full-text search in memory: which documents have which words, and how well they answer a question."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from math import log

import regex

from bot.core.model import Document

_WORD = regex.compile(r"[\p{L}\p{N}]+")
_MARKS = regex.compile(r"\p{M}+")
_SOLID = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: case, width and accents make no difference."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return _WORD.findall(_MARKS.sub("", folded))


class Words:
    """An inverted index over the `searchable()` texts of one kind."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._having: dict[str, set[str]] = {}
        for id, document in documents.items():
            self.change(id, document)

    def change(self, id: str, document: Document | None) -> None:
        """Take note of a document that is new, changed or gone."""
        for word in self._counts.pop(id, ()):
            self._having[word].discard(id)
        counts = Counter(words_of(document.searchable())) if document is not None else Counter()
        if counts:
            self._counts[id] = counts
            for word in counts:
                self._having.setdefault(word, set()).add(id)

    def search(self, question: str) -> list[str]:
        """Return the ids of what has all words of a question or words that begin with them, best first."""
        asked = words_of(question)
        scores: dict[str, float] = {}
        for number, beginning in enumerate(asked):
            found: dict[str, float] = {}
            for word, ids in self._having.items():
                if word.startswith(beginning) and ids:
                    weight = log(1 + len(self._counts) / len(ids))
                    for id in ids:
                        found[id] = found.get(id, 0.0) + weight * self._counts[id][word]
            scores = {id: score + scores.get(id, 0.0) for id, score in found.items() if not number or id in scores}
        return sorted(sorted(scores, reverse=True), key=lambda id: -scores[id])
