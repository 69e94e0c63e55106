"""Names as they stand: runs of capitalised words, and whether a text has them, in the languages checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from bot.newsroom.abbreviations import OPENERS
from bot.newsroom.words import COMMON, listed

_WORD = regex.compile(r"(?<![\p{L}\p{N}])(?:\p{L}\.)+\p{L}(?![\p{L}\p{N}])|[\p{L}\p{N}]+(?:[’'&-][\p{L}\p{N}]+)*")
_ELIDED = regex.compile(r"^(?:l|d|qu|dell|all|nell|dall|sull|un|s|n|c|j|m|t)[’'](?=\p{L}{2})", regex.IGNORECASE)
_POSSESSIVE = regex.compile(r"[’']s?$")
_OPENS = regex.compile(r"[.!?:…“„«\"‘]|(?<!\w)['’]")
LINKS = listed("von van der den de la del della di da dos du le bin al el ibn zu ter ten of")
PRECEDED = listed(
    """
    der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner zum zur im am vom beim ins
    ans alle allen viele vielen einige einigen mehrere mehreren beide beiden seine seinen seiner ihre ihren ihrer diese
    diesen dieser dieses
    """
)
"""After these a capitalised German word is a noun, whose ending may differ."""
_ENDINGS = ("en", "er", "es", "em", "e", "s", "n")
_SHORTEST = 4
_FUNCTION = frozenset(word.casefold() for word in OPENERS) | COMMON


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    opens: bool
    """Whether a sentence or a quotation begins with it, where every word has a capital."""
    close: bool
    """Whether nothing but a space or a hyphen stands between it and the token before."""
    noun: bool = False
    """Whether a German determiner stands before it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Capitalised words in a row."""

    words: tuple[str, ...]
    opens: bool
    noun: bool


class Names:
    """The names that texts have."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        rows = [[*_tokens(text)] for text in texts]
        self._language = language
        self._all = {token.word.casefold() for row in rows for token in row}
        self._capital = {token.word for row in rows for token in row if _is_capital(token.word)}
        self._capital |= {genitive[:-1] for genitive in self._capital if language == "de" and genitive.endswith("s")}
        self._stems = {_stem(word) for word in self._capital}
        self._pairs = {
            (one.word.casefold(), other.word.casefold()) for row in rows for one, other in pairwise(row) if other.close
        }

    def bear_out(self, run: Run) -> bool:
        """Tell whether each word of a run is there, and each two in a row stand in a row there."""
        words = [self._as_known(word) for word in run.words]
        if len(words) > 1:
            pairs = pairwise(word.casefold() for word in words)
            return all(pair in self._pairs for pair in pairs)
        (word,) = words
        if word in self._capital or (run.opens and word.casefold() in self._all):
            return True
        return run.noun and self._language == "de" and _stem(word) in self._stems

    def _as_known(self, word: str) -> str:
        """Return a German genitive as the name that it is of."""
        bare = word.removesuffix("s")
        return bare if self._language == "de" and word not in self._capital and bare in self._capital else word


def names_of(text: str) -> Iterator[Run]:
    """Yield the runs of capitalised words, with the small words that join a name's parts; not what opens a sentence."""
    row = [*_tokens(text)]
    at = 0
    while at < len(row):
        end = _end_of_run(row, at)
        run = row[at:end]
        if run and run[0].opens and run[0].word.casefold() in _FUNCTION:
            run = run[1:]
        if run and (any(_is_capital(token.word) for token in run)):
            yield Run(tuple(token.word for token in run), run[0].opens, run[0].noun)
        at = max(end, at + 1)


def _end_of_run(row: Sequence[_Token], at: int) -> int:
    """Return where the run that begins at a token ends; the same place where none begins."""
    if not _is_capital(row[at].word):
        return at
    end = at + 1
    while end < len(row):
        links = 0
        while end + links < len(row) and row[end + links].close and row[end + links].word in LINKS:
            links += 1
        after = end + links
        if after >= len(row) or not row[after].close or not _is_capital(row[after].word):
            break
        end = after + 1
    return end


def _tokens(text: str) -> Iterator[_Token]:
    before, end = "", 0
    for found in _WORD.finditer(text):
        gap = text[end : found.start()]
        short = len(before) <= 3 and before[:1].isupper()
        word = _POSSESSIVE.sub("", _ELIDED.sub("", found.group()))
        close = bool(before) and (not gap.strip(" -\u00a0") or (short and gap.strip() == "."))
        opens = not before or (bool(_OPENS.search(gap)) and not close)
        yield _Token(word, opens, close, before.casefold() in PRECEDED)
        before, end = found.group(), found.end()


def _is_capital(word: str) -> bool:
    return any(map(str.isupper, word))


def _stem(word: str) -> str:
    bare = word.casefold()
    return next(
        (bare[: -len(ending)] for ending in _ENDINGS if bare.endswith(ending) and len(bare) - len(ending) >= _SHORTEST),
        bare,
    )
