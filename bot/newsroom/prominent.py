"""The people and places an article is about, as they are written there, the most prominent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from babel import Locale

from bot.core.folding import folded
from bot.newsroom.abbreviations import OPENERS
from bot.newsroom.named import Named, Token
from bot.newsroom.naming import LINKS
from bot.newsroom.speech import is_title
from bot.newsroom.words import CALENDAR, listed

_MOST = 12
_LOOKED_AT = 200
"""Names of an article that are weighed, the first in it."""
_MOST_CHARACTERS = 12_000
_LONGEST = 60
"""Characters of a name."""
_OPENERS = frozenset(word.casefold() for word in OPENERS)
_HEADLINE = 2.0
"""What a mention in the headline counts, against one in the text."""
_MEASURES = listed("uhr prozent euro dollar pfund ende mitte anfang million millionen milliarde milliarden mal nummer")
"""Capitalised in German, and before or behind another noun."""


def prominent_names(title: str, paragraphs: Sequence[str], language: str) -> tuple[str, ...]:
    """Return the names of an article, a surname counted for its full name; only what is certain to be one.

    In German, where every noun has a capital, a word by itself is one only as a surname, an abbreviation or a country.
    """
    text = "\n".join((title, *paragraphs))[:_MOST_CHARACTERS]
    named = Named(text)
    german = _German(named) if (language[:2].lower() == "de" if language else named.german) else None
    weights: dict[str, float] = {}
    written: dict[str, str] = {}
    headline = {token.key for token in Named(title).tokens}
    for run, office in _runs(named):
        if german and not (office or german.is_certain_of(run)):
            continue
        key = " ".join(token.key for token in run)
        if key not in weights and len(weights) >= _LOOKED_AT:
            continue
        written.setdefault(key, "".join(f"{token.gap if at else ''}{token.word}" for at, token in enumerate(run)))
        weights[key] = weights.get(key, 0.0) + 1
    for key in weights:
        weights[key] += _HEADLINE if headline.issuperset(key.split()[-1:]) else 0
    _join(weights)
    best = sorted(weights, key=weights.__getitem__, reverse=True)
    return tuple(written[key] for key in best if len(written[key]) <= _LONGEST)[:_MOST]


def _join(weights: dict[str, float]) -> None:
    """Count a surname, or the last words of a longer name, for the one full name that ends with it."""
    for short in sorted(weights, key=len):
        full = [key for key in weights if key.endswith(f" {short}")]
        if len(full) == 1:
            weights[full[0]] += weights.pop(short)


def _runs(named: Named) -> Iterator[tuple[Sequence[Token], bool]]:
    """Yield the capitalised words in a row that are names, and whether an office stands before them."""
    run: list[Token] = []
    for token in (*named.tokens, None):
        goes_on = token and run and token.glue and not named.is_genitive(run[-1])
        if token and goes_on and (token.capital or token.word in LINKS):
            run.append(token)
            continue
        yield from _names_of(run, named)
        run = [token] if token and token.capital else []


def _names_of(run: list[Token], named: Named) -> Iterator[tuple[Sequence[Token], bool]]:
    while run and not run[-1].capital:
        run.pop()
    if run and named.german and named.is_genitive(run[-1]):
        return
    offices = [at for at, token in enumerate(run[:-1], 1) if is_title(token.word)]
    run = run[offices[-1] :] if offices else run
    while run and (run[0].key in _OPENERS or run[0].word in LINKS):
        run = run[1:]
    if not run or any(token.titled or token.key in CALENDAR for token in run):
        return
    alone = len(run) == 1
    if alone and (is_title(run[0].word) or len(run[0].word) < 2 or not named.is_certain(run[0])):
        return
    if named.is_name(run[0]) or not run[0].opens:
        yield run, bool(offices) and not alone


class _German:
    """Tells names from nouns, which have a capital too."""

    def __init__(self, named: Named) -> None:
        self._nouns = named.nouns
        self._counts = Counter(token.key for token in named.tokens)
        behind = [
            (before, token)
            for before, token in zip(named.tokens, named.tokens[1:], strict=False)
            if before.capital and token.glue
        ]
        self._behind = Counter(token.key for _, token in behind)
        self._surnames = {token.key for before, token in behind if not named.is_genitive(before)}

    def is_certain_of(self, run: Sequence[Token]) -> bool:
        """Tell whether a run's last word stands alone too, and never behind an article."""
        last = run[-1]
        if any(token.key in _MEASURES or not token.capital for token in run):
            return False
        if last.word.isupper() or last.key in self._nouns:
            return last.word.isupper()
        if len(run) == 1:
            return last.key in self._surnames or last.key in _countries()
        return self._behind[last.key] < self._counts[last.key]


@cache
def _countries() -> frozenset[str]:
    return frozenset(folded(name) for name in Locale("de").territories.values())
