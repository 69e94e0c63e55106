"""The rule of a topic as an editor writes it: words, phrases, names, feeds and sections, any, all or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import regex

from bot.core.errors import UsageError
from bot.core.folding import folded, topic_of
from bot.newsroom.words import UNSPACED_RUN

LONGEST = 2000
"""Characters of a rule."""
_MOST_TERMS = 100
_MOST_WORDS = 6
_SHORTEST_BEGINNING = 3
_SHOWN = 40
"""Characters of what was typed that an answer repeats."""
_QUOTES = str.maketrans(dict.fromkeys("“”„«»‟", '"'))
_TOKEN = regex.compile(
    r"(?P<or>[,;\n])|(?P<and>\+(?=\s))|(?P<not>[-–−](?=[^\s,;]))?(?:(?P<field>\p{L}+):(?=[^\s,;]))?"
    r'(?:"(?P<exactly>[^"]*)"|(?P<open>")|(?P<word>[^\s,;"]+))|\s+'
)
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}_]+\*?")
_PLURAL = ("s", "es", "e", "en", "n")


class Field(StrEnum):
    """What of an article a term looks at."""

    TEXT = "text"
    NAME = "name"
    FEED = "feed"
    CATEGORY = "category"
    SECTION = "section"


class Term(NamedTuple):
    """One thing that an article has or has not."""

    field: Field
    value: str
    """As it is compared: words folded, with a space between them; a name as it is written."""
    exactly: bool = False
    """Whether words stand to the letter, without the usual endings."""


class Rule(NamedTuple):
    """What belongs to a topic: everything of one of the alternatives, and nothing of what is barred."""

    alternatives: tuple[tuple[Term, ...], ...]
    barred: tuple[Term, ...]

    @property
    def terms(self) -> Iterator[Term]:
        """All its terms."""
        for alternative in self.alternatives:
            yield from alternative
        yield from self.barred


class _Part(NamedTuple):
    """A term as it was typed."""

    field: str
    words: str
    exactly: bool
    barred: bool


def parsed(text: str) -> Rule:
    """Read a rule: `warming, emission*, "net zero", ferry + strike, section:/climate -astrology`.

    Commas part alternatives, `+` joins what has to be there together, `-` bars, words side by side stand in a row,
    quotes mean to the letter, and `*` takes any ending. A `-` is for one word, or what stands in quotes.
    Raises UsageError, saying what to write instead.
    """
    if len(text) > LONGEST:
        raise UsageError("rule.too_long", count=LONGEST)
    alternatives: list[list[Term]] = [[]]
    barred: list[Term] = []
    for part in _parts(text):
        if part is None:
            alternatives.append([])
        elif part.barred:
            barred.append(_term(part))
        else:
            alternatives[-1].append(_term(part))
    rule = Rule(tuple(tuple(each) for each in alternatives if each), tuple(barred))
    if not rule.alternatives:
        raise UsageError("rule.only_not" if barred else "rule.empty")
    if sum(1 for _ in rule.terms) > _MOST_TERMS:
        raise UsageError("rule.too_many", count=_MOST_TERMS)
    return rule


def _parts(text: str) -> Iterator[_Part | None]:
    """Yield the terms, None where another alternative begins. Words without quotes that follow one another are one."""
    last: _Part | None = None
    """What a further word may belong to."""
    before = ""
    """What the next term has to be parted from by a comma or a +."""
    for token in _TOKEN.finditer(text.translate(_QUOTES)):
        if token["or"] or token["and"]:
            yield from (last,) if last else ()
            yield from (None,) if token["or"] else ()
            last, before = None, ""
        elif token["open"]:
            raise UsageError("rule.open_quote", text=text[token.start() :][:_SHOWN])
        elif token["word"] or token["exactly"] is not None:
            part = _Part(token["field"] or "", token["word"] or token["exactly"], not token["word"], bool(token["not"]))
            if last and not (last.barred or last.exactly or part.barred or part.exactly or part.field):
                last = last._replace(words=f"{last.words} {part.words}")
                continue
            if before and not part.barred:
                raise UsageError(
                    "rule.no_comma", one=(last.words if last else before)[-_SHOWN:], other=part.words[:_SHOWN]
                )
            yield from (last,) if last else ()
            last, before = part, before if part.barred else part.words
    yield from (last,) if last else ()


def _term(part: _Part) -> Term:
    """Read one term. Raises UsageError."""
    name = part.field.casefold()
    if part.words.startswith("//"):
        raise UsageError("rule.address", text=f"{part.field}:{part.words}"[:_SHOWN])
    if name and name not in set(Field) - {Field.TEXT}:
        raise UsageError("rule.unknown_field", field=part.field[:_SHOWN], fields=_fields())
    field = Field(name) if name else Field.TEXT
    value = _value(field, part)
    if not value:
        raise UsageError("rule.no_words", text=part.words[:_SHOWN])
    return Term(field, value, part.exactly)


def _value(field: Field, part: _Part) -> str:
    typed = part.words.strip()
    if field is Field.CATEGORY:
        return topic_of(typed)
    if field is Field.SECTION:
        return folded(typed).strip("/")
    if field is Field.FEED:
        return folded(typed)
    if field is Field.NAME:
        return " ".join(typed.split())
    words = _WORD.findall(folded(typed))
    if len(words) > _MOST_WORDS:
        raise UsageError("rule.long_phrase", text=typed[:_SHOWN], count=_MOST_WORDS)
    for word in words:
        if word.endswith("*") and len(word) <= _SHORTEST_BEGINNING and not UNSPACED_RUN.search(word):
            raise UsageError("rule.short_beginning", text=word, count=_SHORTEST_BEGINNING)
    return " ".join(words)


def _fields() -> str:
    return ", ".join(f"{field}:" for field in Field if field is not Field.TEXT)


def forms(word: str) -> frozenset[str]:
    """Return a word with and without the endings of a plural or a genitive: emission, emissions, Emissionen."""
    if len(word) < _SHORTEST_BEGINNING or not word.isalpha():
        return frozenset({word})
    bases = {word}
    if word.endswith("ies"):
        bases.add(f"{word[:-3]}y")
    for ending, least in (("s", 4), ("es", 5), ("en", 5), ("e", 5), ("n", 5)):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= least and not bare.endswith("s"):
            bases.add(bare)
    endings = ("s",) if len(word) == _SHORTEST_BEGINNING else _PLURAL
    longer = {base + ending for base in bases for ending in endings}
    return frozenset(bases | longer | {f"{base[:-1]}ies" for base in bases if base.endswith("y")})
