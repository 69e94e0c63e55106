"""Sentences, told apart by rule in any script, each exactly as it stands in its paragraph."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bot.newsroom.abbreviations import ENDING, MONTHS, NEVER_ENDING, OPENERS

_CLOSERS = r"[\"'”’»››)\]」』】）》]*"
_STOP = regex.compile(
    rf"(?P<full>[。！？｡]+{_CLOSERS})"
    rf"|(?P<mark>[.!?…؟۔।॥።၊။។‼⁇⁈⁉]+{_CLOSERS})(?=\s|$|\[\d)"
    rf"|(?P<glued>(?<=\p{{Ll}}{{3}}|\d{{4}})[.!?]{_CLOSERS})(?=[\p{{Lu}}“„«\"]\p{{L}}+\s)"
)
_LAST = regex.compile(r"\S+$")
_FIRST = regex.compile(r"[\s\"'“‘„«‹(\[¿¡—–-]*(?P<word>[^\s\"”’»,.;:!?)]*)")
_ASKED = regex.compile(
    r"[\s—–-]*(?:\p{Lu}[\p{L}.'’-]*\s+){0,3}\p{Lu}[\p{L}'’-]*\s+"
    r"(?:said|says|asked|asks|wrote|told|added|replied|sagte|fragte|schrieb|a\s+dit|a\s+déclaré|dijo|preguntó)\b"
)
_QUOTED = regex.compile(
    r"“[^“”]{0,400}”|„[^„“”]{0,400}[“”]|«[^«»]{0,400}»|\"[^\"]{0,400}\"|\([^()]{0,200}\)"
    r"|「[^「」]{0,400}」|『[^『』]{0,400}』|（[^（）]{0,200}）"
)
_THAI = regex.compile(r"[\u0e00-\u0eff\u1780-\u17ff]")
_THAI_CLAUSE = 60


def split(paragraph: str) -> list[str]:
    """Return the sentences of one paragraph, in order; each is a slice of it without the space around.

    A quotation or a bracket that closes within the paragraph is not torn apart.
    """
    ends = [*_ends(paragraph), len(paragraph)]
    starts = [0, *ends[:-1]]
    pieces = [paragraph[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return [piece for piece in pieces if piece]


def _ends(paragraph: str) -> Iterator[int]:
    """Yield where sentences end, but for the last."""
    whole = [match.span() for match in _QUOTED.finditer(paragraph)]
    thai = bool(_THAI.search(paragraph))
    if thai:
        yield from _thai_ends(paragraph)
        return
    for stop in _STOP.finditer(paragraph):
        at = stop.end()
        if at < len(paragraph) and not any(start < at < end for start, end in whole) and _ends_here(paragraph, stop):
            yield at


def _ends_here(paragraph: str, stop: regex.Match[str]) -> bool:
    """Tell a sentence's end from an abbreviation, an initial, an ordinal or a question inside a sentence."""
    if stop["full"]:
        return True
    opener = _FIRST.match(paragraph, stop.end())
    word = opener["word"] if opener else ""
    if word[:1].islower():
        return False
    marks = stop.group()
    if marks[0] != ".":
        return not (len(marks) > 1 and _ASKED.match(paragraph, stop.end()))
    return marks[1:2] == "." or _full_stop(paragraph[: stop.start()], len(marks) == 1, word)


def _full_stop(before: str, bare: bool, word: str) -> bool:  # noqa: FBT001  # three facts about one dot
    """Decide about one dot, by the word before it and the word after it."""
    found = _LAST.search(before)
    last = found.group().lstrip("\"'“‘„«‹([¿¡") if found else ""
    bones = last.casefold().rstrip("”’\"'»)")
    if not bare:
        return True
    if bones in NEVER_ENDING:
        return False
    if regex.fullmatch(r"\p{Lu}|(?:\p{L}\.)+\p{L}", last) or bones in ENDING:
        return word in OPENERS
    if regex.fullmatch(r"\d{1,2}", last):
        return word not in MONTHS and not regex.search(
            r"\b(?:am|der|dem|den|des|die|das|vom|zum|im|bis|den)\s\d+$", before
        )
    return True


def _thai_ends(paragraph: str) -> Iterator[int]:
    """Yield a space every clause or two: Thai, Lao and Khmer close no sentence with a mark."""
    start = 0
    for gap in regex.finditer(r"(?<=[\u0e00-\u17ff”\"])\s+(?=[\u0e00-\u17ff“\"])", paragraph):
        if gap.start() - start >= _THAI_CLAUSE and len(paragraph) - gap.end() >= _THAI_CLAUSE // 3:
            start = gap.end()
            yield gap.end()
