"""Sentences, told apart by rule in any script, each exactly as it stands in its paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import regex

from bot.newsroom.abbreviations import AFTER_ORDINALS, ENDING, NEVER_ENDING, OPENERS

_CLOSERS = r"[\"'”’»›)\]」』】）》]*"
_MARKS = ".!?…؟۔।॥။។‼⁇⁈⁉"
_STOP = regex.compile(
    rf"(?P<full>[。！？｡]+{_CLOSERS})"
    rf"|(?P<mark>(?<![{_MARKS}])[{_MARKS}]++{_CLOSERS})(?=\s|$)"  # a whole run, however long, and no piece of it
    rf"|(?P<glued>(?<=\p{{Ll}}{{3}})[.!?]{_CLOSERS})(?=[“„«\"]?\p{{Lu}}\p{{Ll}}+\s)"
)
QUOTED = regex.compile(
    r"“[^“”]{0,600}”|„[^„“”]{0,600}[“”]|«[^«»]{0,600}»|»[^«»]{0,600}«|\"[^\"]{0,600}\"|\([^()]{0,300}\)"
    r"|「[^「」]{0,400}」|『[^『』]{0,400}』|（[^（）]{0,300}）|(?<!\w)‘[^‘’]{0,400}’(?!\w)"
)
"""What stands in quotation marks or brackets."""
_FIRST = regex.compile(r"[\s\"'“‘„«»‹(\[¿¡—–-]*(?P<word>[^\s\"'”’»,.;:!?)]*)")
_INITIAL = regex.compile(r"\p{L}|(?:\p{L}\.)+\p{L}")
_DAY_IN_GERMAN = regex.compile(r"\b(?:am|der|dem|den|des|die|das|vom|zum|im|bis|seit)\s\d{1,2}$")
_ASKED = regex.compile(
    r"[\s—–-]*(?:\p{Lu}[\p{L}.'’-]*\s+){0,3}\p{Lu}[\p{L}'’-]*\s+"
    r"(?:said|says|asked|asks|wrote|told|added|replied|sagte|fragte|schrieb|a\s+dit|a\s+déclaré|dijo|preguntó)\b"
)
_QUOTING = regex.compile(r"[」』）][\u3040-\u309f]")
"""A Japanese quotation that goes on: 「…。」と …"""
_UNMARKED = regex.compile(r"[\u0e00-\u0eff\u1780-\u17ff]")
_CLAUSE_GAP = regex.compile(r"(?<=[\u0e00-\u17ff”\"])\s+(?=[\u0e00-\u17ff“\"])")
_CLAUSES = 60
"""Letters after which a space between Thai clauses is taken for a sentence's end."""


def split(paragraph: str) -> Iterator[str]:
    """Yield the sentences of one paragraph, in order; each is a slice of it without the space around.

    A quotation or a bracket that closes within the paragraph is not torn apart.
    """
    start = 0
    for end in chain(_ends(paragraph), (len(paragraph),)):
        sentence = paragraph[start:end].strip()
        start = end
        if sentence:
            yield sentence


def _ends(paragraph: str) -> Iterator[int]:
    """Yield where sentences end, but for the last."""
    if not paragraph.isascii() and _UNMARKED.search(paragraph):
        yield from _clause_ends(paragraph)
        return
    quoted = QUOTED.finditer(paragraph)
    inside = next(quoted, None)
    for stop in _STOP.finditer(paragraph):
        while inside and inside.end() <= stop.start():
            inside = next(quoted, None)
        torn = inside and inside.start() < stop.end() < inside.end()
        if not torn and stop.end() < len(paragraph) and _ends_here(paragraph, stop):
            yield stop.end()


def _ends_here(paragraph: str, stop: regex.Match[str]) -> bool:
    """Tell a sentence's end from an abbreviation, an initial, an ordinal or a question inside a sentence."""
    if stop["full"]:
        return not _QUOTING.match(paragraph, stop.end() - 1)
    opener = _FIRST.match(paragraph, stop.end())
    word = opener["word"] if opener else ""
    if word[:1].islower():
        return False
    marks = stop.group()
    if marks[0] == ".":
        return len(marks) > 1 or _full_stop(paragraph[max(0, stop.start() - 40) : stop.start()], word)
    return len(marks) == 1 or not _ASKED.match(paragraph, stop.end())


def _full_stop(before: str, after: str) -> bool:
    """Decide about one bare dot, by what stands before it and the word after it."""
    last = "" if not before or before[-1].isspace() else before.rsplit(None, 1)[-1].lstrip("\"'“‘„«‹([¿¡—–-")
    if last.casefold() in NEVER_ENDING:
        return False
    if last.casefold() in ENDING or _INITIAL.fullmatch(last):
        return after in OPENERS
    if last.isdigit() and len(last) <= 2:
        return after not in AFTER_ORDINALS and not _DAY_IN_GERMAN.search(before)
    return True


def _clause_ends(paragraph: str) -> Iterator[int]:
    """Yield a space every clause or two: Thai, Lao and Khmer close no sentence with a mark."""
    start = 0
    for gap in _CLAUSE_GAP.finditer(paragraph):
        if gap.start() - start >= _CLAUSES and len(paragraph) - gap.end() >= _CLAUSES // 3:
            start = gap.end()
            yield start
