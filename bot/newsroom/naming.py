"""Names as they stand: runs of capitalised words, and whether a text has them, in the languages checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from bot.newsroom import german
from bot.newsroom.abbreviations import OPENERS
from bot.newsroom.german import Nouns
from bot.newsroom.numerals import LANGUAGES, numbers, times
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
_NUMBERS = numbers("de")
_FUNCTION = frozenset(word.casefold() for word in OPENERS) | COMMON


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    opens: bool
    """Whether a sentence or a quotation begins with it, where every word has a capital."""
    close: bool
    """Whether nothing but a space or a hyphen stands between it and the token before."""
    noun: bool = False
    """Whether a German determiner or number stands before it, with an adjective between them or none."""


@dataclass(frozen=True, slots=True)
class Run:
    """Capitalised words in a row."""

    words: tuple[str, ...]
    opens: bool
    nouns: tuple[bool, ...]
    """Of each word, whether what stands before it shows a German noun."""


class Names:
    """The names that texts have."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        tokens = [[*_tokens(text)] for text in texts]
        words = {token.word for row in tokens for token in row}
        self._language = language
        self._calendar = times(language) if language in LANGUAGES else {}
        self._all = {word.casefold() for word in words}
        self._capital = {word for word in words if _is_capital(word)}
        self._capital |= {genitive[:-1] for genitive in self._capital if language == "de" and genitive.endswith("s")}
        self._pairs = {
            (one.word.casefold(), other.word.casefold())
            for row in tokens
            for one, other in pairwise(row)
            if other.close
        }
        self._german = Nouns(self._capital, words - self._capital) if language == "de" else None
        self._nouns = {german.stem(token.word) for row in tokens for token in row if token.noun and self._german}

    def bear_out(self, run: Run) -> bool:
        """Tell whether each word of a run is there, and each two in a row stand in a row there.

        In German a noun may follow a name, or another noun, that it does not follow there, but no name a noun: that
        would be an office of somebody's.
        """
        words = [self._as_known(word) for word in run.words]
        rows = [pair in self._pairs for pair in pairwise(word.casefold() for word in words)]
        if self._german is None and len(words) > 1:
            return all(rows)
        whose = (False, *(word != known for word, known in zip(run.words, words, strict=True)))
        nouns = [noun or after for noun, after in zip(run.nouns, whose, strict=False)]
        return all(
            self._has(word, noun=noun, opens=run.opens and at == 0)
            for at, (word, noun) in enumerate(zip(words, nouns, strict=True))
        ) and all(
            known or noun or german.stem(word) in self._nouns
            for known, word, noun in zip(rows, words[1:], nouns[1:], strict=True)
        )

    def _has(self, word: str, *, noun: bool, opens: bool) -> bool:
        """Tell whether a word is there; days and months are looked at as figures are."""
        if word in self._capital or (opens and word.casefold() in self._all):
            return True
        if word in self._calendar or word.removesuffix("s") in self._calendar:
            return True
        return noun and self._german is not None and self._german.have(word)

    def _as_known(self, word: str) -> str:
        """Return a German genitive as the name that it is of."""
        bare = word.removesuffix("s")
        return bare if self._language == "de" and word not in self._capital and bare in self._capital else word


def names_of(text: str, language: str) -> Iterator[Run]:
    """Yield the runs of capitalised words, with the small words that join a name's parts; not what opens a sentence.

    In German, where those join nouns too, they part a run.
    """
    row = [*_tokens(text)]
    links = frozenset[str]() if language == "de" else LINKS
    openers = _FUNCTION | german.OPENERS if language == "de" else _FUNCTION
    at = 0
    while at < len(row):
        end = _end_of_run(row, at, links)
        run = row[at:end]
        if run and run[0].opens and run[0].word.casefold() in openers:
            run = run[1:]
        if run and (any(_is_capital(token.word) for token in run)):
            yield Run(tuple(token.word for token in run), run[0].opens, tuple(token.noun for token in run))
        at = max(end, at + 1)


def _end_of_run(row: Sequence[_Token], at: int, links: Collection[str]) -> int:
    """Return where the run that begins at a token ends; the same place where none begins."""
    if not _is_capital(row[at].word):
        return at
    end = at + 1
    while end < len(row):
        after = end
        while after < len(row) and row[after].close and row[after].word in links:
            after += 1
        if after >= len(row) or not row[after].close or not _is_capital(row[after].word):
            break
        end = after + 1
    return end


def _tokens(text: str) -> Iterator[_Token]:
    before, end, determined = "", 0, False
    for found in _WORD.finditer(text):
        gap = text[end : found.start()]
        short = len(before) <= 3 and before[:1].isupper()
        word = _POSSESSIVE.sub("", _ELIDED.sub("", found.group()))
        close = bool(before) and (not gap.strip(" -\u00a0") or (short and gap.strip() == "."))
        opens = not before or (bool(_OPENS.search(gap)) and not close)
        between = determined and before.islower() and before.endswith(german.ADJECTIVES)
        determined = before.casefold() in PRECEDED or before.casefold() in _NUMBERS or between
        yield _Token(word, opens, close, determined and close)
        before, end = found.group(), found.end()


def _is_capital(word: str) -> bool:
    return any(map(str.isupper, word))
