"""The people and places an article is about, as they are written there, the most prominent first."""

from __future__ import annotations

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
    german = language[:2].lower() == "de" if language else named.german
    weights: dict[str, float] = {}
    written: dict[str, str] = {}
    headline = {token.key for token in Named(title).tokens}
    for run, office in _runs(named):
        if german and not (office or _is_certain_in_german(run, named)):
            continue
        key = " ".join(token.key for token in run)
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


def _is_certain_in_german(run: Sequence[Token], named: Named) -> bool:
    """Tell a name from nouns: its last word stands alone too, and never behind an article."""
    last = run[-1]
    if any(token.key in _MEASURES or not token.capital for token in run):
        return False
    if last.word.isupper() or last.key in named.nouns:
        return last.word.isupper()
    behind = [before for before, after in _pairs(named) if after.key == last.key and before.capital and after.glue]
    if len(run) == 1:
        return last.key in _countries() or any(not named.is_genitive(before) for before in behind)
    return len(behind) < sum(1 for token in named.tokens if token.key == last.key)


def _pairs(named: Named) -> Iterator[tuple[Token, Token]]:
    return zip(named.tokens, named.tokens[1:], strict=False)


@cache
def _countries() -> frozenset[str]:
    return frozenset(folded(name) for name in Locale("de").territories.values())
