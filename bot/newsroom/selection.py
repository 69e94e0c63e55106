"""Which sentences say most: near the top, about what the whole text is about, and not twice the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice
from typing import NamedTuple

import regex

from bot.core.model import Page
from bot.newsroom.leaning import leans
from bot.newsroom.words import listed, lowered, repeated, telling, terms, word_count

WINDOW = 8
"""How far below the last chosen sentence the next ones are looked for."""
_AT_ONCE = 3
"""Sentences weighed together, in all their combinations."""
_LONGEST_TEXT = 50_000

# Found by search on three sets of news summaries, rounded; docs/decisions/0003 has the figures.
_TOP, _FADING, _ABOUT, _TITLE, _TOO_LONG, _ALIKE, _COST = 1.0, 0.1, 1.5, 1.0, 0.5, 1.3, 0.7
_UNFIT, _ASKED, _ASIDE = 0.5, 1.5, 3.0

_PERSONS = listed("i we my our you your je nous vous ich wir mein notre votre")
_PERSONAL = regex.compile(r"\b(?:I|we|my|our|you|your|je|nous|vous|ich|wir|mein|notre|votre)\b")
_QUOTED = regex.compile(r"“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|\"[^\"]*\"|(?<!\w)[‘'][^‘’']*[’'](?!\w)")
_QUESTIONS = tuple(f"{mark}{closer}" for mark in "?？؟" for closer in ("", *"\"'”’»)」", "'\"", "’”", '")'))
_SHORT = 8
_ASIDES = ("scroll down for", "click here", "read more", "sign up", "pictured", "getty images")
_CAPTION = regex.compile(
    r"\((?:left|right|above|below|file|photo)\b|\b(?:foto|photo|image|picture|bild|credit|crédit photo)s?:",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the article, verbatim, and the index of its paragraph in `Page.paragraphs`."""

    text: str
    paragraph: int


class _Weighed(NamedTuple):
    sentence: Sentence
    words: int
    terms: frozenset[str]
    value: float
    leans: bool


def select(candidates: Iterable[Sentence], page: Page, count: int, words: int | None) -> tuple[Sentence, ...]:
    """Return the sentences that say most, in order: `count`, or at most `count` within `words` words.

    A sentence that leans on the one before ("He added …") is only taken with it. Of the candidates no more are looked
    at than can be taken.
    """
    told, weigh = iter(candidates), _weighing(page)
    weighed: list[_Weighed] = []
    chosen: set[int] = set()
    while len(chosen) < count:
        weighed += [
            weigh(at, one) for at, one in enumerate(islice(told, len(chosen) + WINDOW - len(weighed)), len(weighed))
        ]
        room = None if words is None else words - sum(weighed[index].words for index in chosen)
        more = _best(weighed, chosen, min(_AT_ONCE, count - len(chosen)), room)
        if not more:
            break
        chosen.update(more)
    return tuple(weighed[index].sentence for index in sorted(chosen)) or _shortest(weighed, words)


def _best(weighed: Sequence[_Weighed], chosen: Collection[int], most: int, room: int | None) -> tuple[int, ...]:
    """Return the best combination of up to `most` further sentences; exactly `most` where there is no budget.

    Within a budget a sentence has to be worth its room, but for the first.
    """
    window = [index for index in range(len(weighed)) if index not in chosen][:WINDOW]
    values = {index: _value(weighed, index, chosen) for index in window}
    leaning = {index for index in window if weighed[index].leans and index and index - 1 not in chosen}
    window.sort(key=values.__getitem__, reverse=True)  # the best first: nearly all others are passed over unseen
    sizes = range(most, 0, -1) if room is not None else [min(most, len(window))]
    alike: dict[tuple[int, int], float] = {}
    best: tuple[int, ...] = ()
    highest = 0.0 if chosen and room is not None else -math.inf
    for picked in chain.from_iterable(combinations(window, size) for size in sizes):
        value = sum(map(values.__getitem__, picked))
        if value <= highest:
            continue
        for pair in combinations(picked, 2):
            if pair not in alike:
                alike[pair] = _ALIKE * _overlap(weighed[pair[0]], weighed[pair[1]])
            value -= alike[pair]
        if value > highest and _stands(picked, leaning) and _fits(weighed, picked, room):
            best, highest = picked, value
    return best


def _value(weighed: Sequence[_Weighed], index: int, chosen: Collection[int]) -> float:
    """Return what a sentence adds to those chosen."""
    return weighed[index].value - _ALIKE * sum(_overlap(weighed[index], weighed[other]) for other in chosen)


def _stands(picked: Sequence[int], leaning: Collection[int]) -> bool:
    """Tell whether each sentence that leans on the one before is picked together with it."""
    return not any(index in leaning and index - 1 not in picked for index in picked)


def _fits(weighed: Sequence[_Weighed], picked: Sequence[int], room: int | None) -> bool:
    return room is None or sum(weighed[index].words for index in picked) <= room


def _overlap(one: _Weighed, other: _Weighed) -> float:
    """Return how much two sentences say the same."""
    return len(one.terms & other.terms) / max(1, min(len(one.terms), len(other.terms)))


def _weighing(page: Page) -> Callable[[int, Sentence], _Weighed]:
    """Return what weighs one of an article's sentences by its place and its words."""
    about = {term: math.log(count + 1) for term, count in repeated(page.text[:_LONGEST_TEXT]).items()}
    length = math.sqrt(sum([weight * weight for weight in about.values()])) or 1.0
    title = frozenset(terms(page.title))

    def weighed(index: int, sentence: Sentence) -> _Weighed:
        said = lowered(sentence.text)
        own = frozenset(telling(said))
        words = word_count(sentence.text)
        value = (
            _TOP * math.exp(-_FADING * index)
            + _ABOUT * sum(map(about.__getitem__, own & about.keys())) / (math.sqrt(len(own) or 1) * length)
            + _TITLE * len(title & own) / (len(title) or 1)
            - _unfit(sentence.text, words, said)
            - _TOO_LONG * (words > 50)
            - _COST
        )
        return _Weighed(sentence, words, own, value, leans(sentence.text, page.language))

    return weighed


def _unfit(text: str, words: int, said: Collection[str]) -> float:
    """Return how poor a sentence is to stand alone: a fragment, a voice of nobody's, a question, a caption."""
    return (
        _UNFIT * ((text[0] in "'\"“‘„«「") + (words < _SHORT) + _is_personal(text, said))
        + _ASKED * text.endswith(_QUESTIONS)
        + _ASIDE * _is_aside(text)
    )


def _is_personal(text: str, said: Collection[str]) -> bool:
    """Tell whether somebody says "I" or "we" outside quotation marks, where nobody is named for it."""
    return not _PERSONS.isdisjoint(said) and bool(_PERSONAL.search(_QUOTED.sub(" ", text)))


def _is_aside(text: str) -> bool:
    """Tell a sentence that points at the page or at a picture on it."""
    lowered = text.lower()
    return any(aside in lowered for aside in _ASIDES) or bool(("(" in text or ":" in text) and _CAPTION.search(text))


def _shortest(weighed: Iterable[_Weighed], words: int | None) -> tuple[Sentence, ...]:
    """Where nothing that stands by itself fits the budget: the first sentence that fits at all."""
    return tuple(islice((each.sentence for each in weighed if words is None or each.words <= words), 1))
