"""Which names a text has, so that people and places can be followed: as a whole, in any ending, with their capitals."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

import regex

from bot.core.folding import folded
from bot.newsroom.abbreviations import OPENERS
from bot.newsroom.naming import LINKS, PRECEDED
from bot.newsroom.speech import is_title
from bot.newsroom.words import COMMON, listed

LONGEST_NAME = 5
"""Words of a name, at most: Ursula von der Leyen has four."""
FUNCTION = frozenset(word.casefold() for word in OPENERS) | COMMON
"""Words that a capital makes no names of."""
_MOST_CHARACTERS = 20_000
_WORD = regex.compile(r"[\p{L}\p{N}]\p{M}*(?:[\p{L}\p{N}\p{M}]|[’'](?=\p{L}))*")
_ELIDED = regex.compile(r"^(?:l|L|d|qu|n|s|c|j|m|t|dell|all|nell|dall|sull|un)'(?=\p{Lu})")
_ENDING = regex.compile(r"(?<=\p{L}\p{L})'\p{Ll}{1,4}$")
_OPENS = regex.compile(r"[.!?:…“„«\"‘—–(]|(?<!\w)['’]")
_GERMAN = listed("der die das und den dem des ein eine nicht mit von im ist auf für")
_PREFIXES = listed("anti ex pro post non pre trans neo")
_OTHER_PLACES = listed("new nueva nuevo nouvelle novo nova neu san santa saint sankt st fort port mount")
"""With one of these before it, a place is another place."""
_CASES = regex.compile(r"(?:ого|ему|ому|ами|ыми|им|ои|ым|ом|ем|ов|ев|еи|ам|ах|ою|ею|а|у|е|ы|и|ю|я|о)$")
"""Endings of names in Russian and Ukrainian, where folding has made an и of each й."""
_CYRILLIC = regex.compile(r"\p{Cyrillic}{5}")


class Token(NamedTuple):
    """A word as it stands in a text."""

    word: str
    """Without what is elided before it and what an apostrophe puts after it."""
    key: str
    """Folded: without case and accents."""
    capital: bool
    opens: bool
    """Whether a sentence or a quotation begins with it, where every word has a capital."""
    glue: str
    """What joins it to the word before: a space, a hyphen, or nothing that would join them."""
    titled: bool
    """Whether its line is written as English headlines are, With Capitals."""
    gap: str = ""
    """What stands between it and the word before."""

    @property
    def weak(self) -> bool:
        """Whether its capital says nothing."""
        return self.opens or self.titled


class Named:
    """The names in a text."""

    def __init__(self, text: str) -> None:
        self.tokens = [token for line in text[:_MOST_CHARACTERS].splitlines() for token in _tokens(line)]
        self._lower = {token.key for token in self.tokens if not token.capital}
        self._capital = {token.key for token in self.tokens if token.capital and not token.weak}
        begin = {token.key for before, token in self._pairs() if token.capital and not _joined(before, token)}
        self._begin = (begin | {key[:-1] for key in begin if key.endswith("s")}) - self._lower
        """What stands by itself, or begins a name."""
        self.nouns = {token.key for before, token in self._pairs() if token.capital and before.key in PRECEDED}
        self._unowning = {before.key for before, after in self._pairs() if not (after.glue and after.capital)} | {
            self.tokens[-1].key for _ in self.tokens[:1]
        }
        """What does not stand before a noun, as a German genitive does."""
        self.german = len(_GERMAN & self._lower) >= 3

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all names in the text."""
        return frozenset(chain.from_iterable(map(self._keys_at, range(len(self.tokens)))))

    def has(self, name: str) -> bool:
        """Tell whether a name is there."""
        return key_of(name) in self.keys

    def is_sure_of(self, name: str) -> bool:
        """Tell whether a name has its capitals where only names have them; in German no noun counts."""
        keys = key_of(name).lower().split()
        return all(key in self._capital or key in LINKS for key in keys) and keys[-1] not in self.nouns

    def written(self, name: str) -> str:
        """Return a name as it is first written here, without an ending; empty where it is not."""
        keys = key_of(name).lower().split()
        for start in range(len(self.tokens) - len(keys) + 1):
            run = self.tokens[start : start + len(keys)]
            if [token.key for token in run] == keys and run[-1].capital and not run[-1].titled:
                return "".join(f"{token.gap if at else ''}{token.word}" for at, token in enumerate(run))
        return ""

    def is_name(self, token: Token) -> bool:
        """Tell whether a word with a capital is more than the first word of a sentence."""
        if token.key in FUNCTION:
            return False
        return not token.weak or token.key in self._capital or token.key not in self._lower

    def is_certain(self, token: Token) -> bool:
        """Tell whether a word has its capital where only names have one."""
        return token.key in self._capital and token.key not in FUNCTION and "'" not in token.word[:2]

    def _pairs(self) -> Iterator[tuple[Token, Token]]:
        return zip((_NOTHING, *self.tokens), self.tokens, strict=False)

    def _keys_at(self, start: int) -> Iterator[str]:
        """Yield the keys of the names that begin at a word."""
        tokens = self.tokens
        first = tokens[start]
        if not (first.capital or first.word in LINKS) or not self._may_begin(start):
            return
        key = ""
        for end in range(start + 1, min(start + LONGEST_NAME, len(tokens)) + 1):
            last = tokens[end - 1]
            if end > start + 1 and not (last.glue and (last.capital or last.word in LINKS)):
                return
            if last.capital and self._may_end(start, end):
                yield from self._endings(f"{key}{last.key}", start, end)
            key += f"{last.key} "

    def _endings(self, key: str, start: int, end: int) -> Iterator[str]:
        """Yield a name as it stands, and what it is an inflected form of."""
        last = self.tokens[end - 1]
        if end == start + 1 and not self.is_name(last):
            if last.word.isupper() and len(last.word) > 1 and not last.titled:
                yield last.word
            return
        yield key
        if self.is_genitive(last):
            yield key[:-1]
        if _CYRILLIC.match(last.key):
            bare = _CASES.sub("", key)
            yield bare
            yield from (f"{bare}{ending}" for ending in ("а", "я", "и", "ии"))

    def is_genitive(self, token: Token) -> bool:
        """Tell whether a word is another with an `s`: that one is there, or German says so wherever it stands."""
        if not token.key.endswith("s") or token.key.endswith("ss") or len(token.key) < 4:
            return False
        if token.key[:-1] in self._capital:
            return True
        return self.german and token.key not in self.nouns and token.key not in self._unowning

    def _may_begin(self, start: int) -> bool:
        """Tell whether a name may begin here: what stands before is not the beginning of another's."""
        token, before = self.tokens[start], self.tokens[start - 1] if start else _NOTHING
        if not (token.glue and before.capital):
            return True
        return before.key in _PREFIXES if token.glue == "-" else before.key not in _OTHER_PLACES

    def _may_end(self, start: int, end: int) -> bool:
        """Tell whether a name may end here: Paris of Paris Hilton is none where there is a Hilton by herself."""
        after = self.tokens[end] if end < len(self.tokens) else _NOTHING
        if after.glue != " " or not after.capital or after.key in self.nouns:
            return True
        return after.key not in self._begin or is_title(after.word) or end - start > 1


_NOTHING = Token("", "", capital=False, opens=False, glue="", titled=False)


def names_in(text: str) -> frozenset[str]:
    """Return the keys of all names in a text; `key_of` gives the key of a name that is followed."""
    return Named(text).keys


@lru_cache(maxsize=65_536)
def key_of(name: str) -> str:
    """Return what a name is compared by, without case and accents; an abbreviation like WHO keeps its capitals."""
    tokens = [*_tokens(name)]
    if len(tokens) == 1 and tokens[0].word.isupper() and tokens[0].key in FUNCTION:
        return tokens[0].word
    return " ".join(token.key for token in tokens)


def is_written_as_name(name: str) -> bool:
    """Tell whether words are written as a name is: Mark Carney, von der Leyen, NATO, iPhone; not FERRY STRIKE."""
    tokens = [*_tokens(name)]
    if not 1 <= len(tokens) <= LONGEST_NAME:
        return False
    if len(tokens) == 1 and tokens[0].word.isupper():
        return 2 <= len(tokens[0].word) <= 5
    written = all(token.word in LINKS or (token.capital and not token.word[1:].isupper()) for token in tokens)
    return written and tokens[-1].capital


def _tokens(line: str) -> Iterator[Token]:
    found = [*_WORD.finditer(unicodedata.normalize("NFKC", line))]
    titled = _is_titled([each.group() for each in found])
    before, end = "", 0
    for each in found:
        gap = each.string[end : each.start()]
        short = 0 < len(before) <= 3 and before[0].isupper()
        glue = _glue(gap, short=short) if before else ""
        word = each.group().replace("’", "'")
        word = _ENDING.sub("", _ELIDED.sub("", word)) if "'" in word else word
        opens = not before or (bool(_OPENS.search(gap)) and not glue)
        yield Token(word, folded(word), not word.islower() and any(map(str.isupper, word)), opens, glue, titled, gap)
        before, end = word, each.end()


def _glue(gap: str, *, short: bool) -> str:
    if gap in {"-", "‐", "‑"}:
        return "-"
    return " " if not gap.strip(" \u00a0") or (short and gap.strip(" \u00a0") == ".") else ""


def _joined(before: Token, token: Token) -> bool:
    """Tell whether a word goes on with the name that the word before is of."""
    return bool(token.glue) and before.capital and before.key not in FUNCTION


def _is_titled(words: Sequence[str]) -> bool:
    long = [word for word in words if len(word) > 3]
    return len(long) > 2 and sum(word[0].isupper() for word in long) >= 0.75 * len(long)
