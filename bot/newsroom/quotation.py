"""One quotation, verbatim, with whoever said it; never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from bot.newsroom.eastern import spoken
from bot.newsroom.people import NAME, People, mentions
from bot.newsroom.speech import PRONOUNS, VERBS
from bot.newsroom.words import is_unspaced, word_count

_QUOTED = regex.compile(
    r"“(?P<w>[^“”]{10,600})”|„(?P<w>[^„“”]{10,600})[“”]|«\s?(?P<w>[^«»]{10,600}?)\s?»|»(?P<w>[^«»]{10,600})«"
    r"|(?<![\w\"])\"(?P<w>[^\"\s][^\"]{10,600})\"(?!\w)|(?<![\w’])‘(?P<w>[^‘]{10,600}?[.,!?])’(?!\w)"
    r"|(?<![\w'])'(?P<w>\w[^']{0,600}+(?:'\w[^']{0,300}+){0,9}+)(?<=[.,!?])'(?!\w)"
)
_MARKS = "“„«»\"‘'"
"""What opens a quotation."""
_PRONOUN = rf"(?P<pronoun>{'|'.join(PRONOUNS)})"
_BARRED = (
    r"in|on|at|to|of|after|during|from|when|as|that|about|by|with|for|and|he|she|it|they|im|am|zu|bei|und|et|y|von|de"
)
_ROLE = rf"(?:(?!(?:{_BARRED})\b)\p{{Ll}}[\p{{L}}-]*,?\s)"
_ROLE_OR_NAME = rf"(?:(?!(?:{_BARRED})\b)[\p{{L}}.’'-]+\s)"
_OFFICE = r"(?:the|a|an|her|his)\s[^,.;“”\"]{3,60},\s"
_TOGETHER = r"\s(?:and|und|et|y)\s\p{Lu}"
_ASIDE = r"(?:,[^,.;:“”\"„«»]{1,90},)?"
_ADVERB = r"(?:(?:also|later|then|once|recently|has|had|hat|hatte)\s)?"
_AFTER = regex.compile(
    rf"[,.]?\s*(?:[—–-]\s*)?(?:"
    rf"{VERBS}\s(?:{_PRONOUN}\b|{_ROLE}{{0,8}}(?P<name>{NAME})(?!{_TOGETHER})|{_OFFICE}(?P<name>{NAME}))"
    rf"|a-t-(?P<pronoun>il|elle)\s\p{{Ll}}+|{_PRONOUN}\s{_ADVERB}{VERBS}\b"
    rf"|{_ROLE_OR_NAME}{{0,7}}?(?P<name>{NAME}){_ASIDE}\s{_ADVERB}{VERBS}\b)"
)
_BEFORE = regex.compile(
    rf"(?:(?<![\p{{L}}])(?P<pronoun>{'|'.join(word.capitalize() for word in PRONOUNS)}|{'|'.join(PRONOUNS)})"
    rf"|(?P<name>{NAME}){_ASIDE})\s{_ADVERB}{VERBS}\b[^.!?“”\"„«»]{{0,60}}[,:]\s*$"
)
_NEAR = 200
"""Characters within which a quotation's speaker is looked for."""
_FEWEST, _SHORT, _MOST = 6, 40, 60
"""Words of a quotation."""
_BEST, _NAMED, _LATER = 5.0, 2.0, 0.2
_PARAGRAPHS_BACK = 3
_LONGEST_TEXT, _SAMPLE = 12_000, 500


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words as they stand in the article, without the marks around them."""

    text: str
    speaker: str


def key_quotation(paragraphs: Sequence[str]) -> Quote | None:
    """Return the quotation that says most, or None where no speaker is certain.

    Whole sentences go before fragments, a speaker who is named before one who is only "she", the early before the late.
    """
    told = [*_top(paragraphs)]
    if is_unspaced("".join(told)[:_SAMPLE]):
        return _unspaced(told)
    article = _Article(told)
    best, highest = None, float("-inf")
    by_pronoun: list[tuple[float, int, regex.Match[str], regex.Match[str]]] = []
    for index, paragraph in enumerate(told):
        for quoted, value in _worthy(article.quotations(index), index):
            said = _attribution(paragraph, quoted) if value + _NAMED > highest else None
            if said and not said["name"]:
                by_pronoun.append((value, index, quoted, said))
            elif said and (speaker := _named(said, article)):
                best, highest = Quote(_bare(quoted), speaker), value + _NAMED
        if highest >= _BEST - _LATER * (index + 1):
            break
    for value, index, quoted, said in sorted(by_pronoun, key=lambda each: -each[0]):
        if value <= highest:
            break
        if speaker := _meant(told, index, quoted, said, article.people):
            return Quote(_bare(quoted), speaker)
    return best


def _worthy(quotations: Iterable[regex.Match[str]], index: int) -> Iterator[tuple[regex.Match[str], float]]:
    """Yield the quotations of a paragraph that are as long as a key quotation, and what each is worth."""
    for quoted in quotations:
        words = _bare(quoted)
        count = word_count(words)
        if _FEWEST <= count <= _MOST:
            yield quoted, 2 * _is_whole(words) + (count <= _SHORT) - _LATER * index


class _Article:
    """The first part of an article: what is quoted in it, and its people, each looked up once and only if asked for."""

    def __init__(self, told: Sequence[str]) -> None:
        self._told = told
        self._quotations: dict[int, list[regex.Match[str]]] = {}

    def quotations(self, index: int) -> list[regex.Match[str]]:
        """Return what a paragraph has between quotation marks."""
        if index not in self._quotations:
            text = self._told[index]
            marked = any(mark in text for mark in _MARKS)
            self._quotations[index] = [*_QUOTED.finditer(text)] if marked else []
        return self._quotations[index]

    @cached_property
    def people(self) -> People:
        """Who is named outside quotation marks."""
        return People([_without(text, self.quotations(index)) for index, text in enumerate(self._told)])


def _bare(quoted: regex.Match[str]) -> str:
    """Return the words of a quotation without the comma before its end."""
    words: str = quoted["w"]
    return words.strip().rstrip(",").rstrip()


def _unspaced(told: Sequence[str]) -> Quote | None:
    """Return the key quotation of a text that puts no space between its words."""
    article = "\n".join(told)
    best, highest = None, float("-inf")
    for index, paragraph in enumerate(told):
        for words, speaker in spoken(paragraph, article):
            bare = words.strip().rstrip(",，、").rstrip()
            count = word_count(bare)
            value = (count <= _SHORT) - _LATER * index
            if _FEWEST <= count <= _MOST and value > highest:
                best, highest = Quote(bare, speaker), value
    return best


def _top(paragraphs: Sequence[str]) -> Iterator[str]:
    """The paragraphs of an article's first part."""
    room = _LONGEST_TEXT
    for paragraph in paragraphs:
        if room > 0:
            yield paragraph[:room]
        room -= len(paragraph)


def _without(text: str, found: Sequence[regex.Match[str]]) -> str:
    """Return a text without what is quoted in it."""
    if not found:
        return text
    starts = (0, *(quoted.end() for quoted in found))
    ends = (*(quoted.start() for quoted in found), len(text))
    return " ".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def _is_whole(words: str) -> bool:
    return not words[:1].islower()


def _attribution(paragraph: str, quoted: regex.Match[str]) -> regex.Match[str] | None:
    """Find "…", she said, or She said: "…"."""
    after = _AFTER.match(paragraph, quoted.end(), quoted.end() + _NEAR)
    if after or not paragraph[: quoted.start()].rstrip().endswith((",", ":")):
        return after
    return _BEFORE.search(paragraph, max(0, quoted.start() - _NEAR), quoted.start())


def _named(said: regex.Match[str], article: _Article) -> str:
    """Return the person whose name stands with the quotation, in full; only a surname needs the whole article."""
    mention = next(mentions(said["name"]), None)
    if mention is None:
        return ""
    return mention.name if len(mention.parts) > 1 else article.people.resolved(mention)


def _meant(
    paragraphs: Sequence[str], index: int, quoted: regex.Match[str], said: regex.Match[str], people: People
) -> str:
    """Return the person last named before a pronoun that speaks, "" where that is nobody or not certain."""
    gender = PRONOUNS[said["pronoun"].casefold()]
    for before in _before(paragraphs, index, min(said.start("pronoun"), quoted.start())):
        name = people.last_named(before, gender)
        if name != "":
            return name or ""
    return ""


def _before(paragraphs: Sequence[str], index: int, end: int) -> Iterator[str]:
    """Yield what stands before a place, the nearest paragraph first, without what is quoted there."""
    yield _QUOTED.sub(" ", paragraphs[index][:end])
    for paragraph in reversed(paragraphs[max(0, index - _PARAGRAPHS_BACK) : index]):
        yield _QUOTED.sub(" ", paragraph)
