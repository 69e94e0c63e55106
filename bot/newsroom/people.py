"""The people an article names: whom a surname or a pronoun stands for, where that is certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import regex

from bot.newsroom.abbreviations import OPENERS
from bot.newsroom.speech import GENDERED, SPEAKING, VERBS, is_body, is_title
from bot.newsroom.words import listed

_PART = r"\p{Lu}[\p{L}’'-]*\p{Ll}|\p{Lu}\p{Ll}*\.|\p{Lu}{2,3}(?=\s\p{Lu}\p{Ll})"
_LINK = r"(?:v[ao]n(?:\sde[rn])?|de(?:\sla)?|del|della|di|da|dos|du|la|le|bin|al|el|ibn|zu|ter|ten)"
NAME = rf"(?:{_PART})(?:\s(?:{_LINK}\s)?(?:{_PART})){{0,5}}(?![\p{{L}}\d])"
"""A run of capitalised words with what joins the parts of a name, as a pattern."""

_NAME = regex.compile(rf"(?<![\p{{L}}\d’'-]){NAME}")
_LEAD = regex.compile(rf"(?r)(?<![\p{{L}}\d’'-])(?:(?:{_PART})\s(?:{_LINK}\s)?){{1,5}}")
_LONGEST_LEAD = 120
_PERSONAL_AFTER = regex.compile(
    rf"\s{VERBS}\b|,?\s\(?\d{{1,3}}\)?,|,\s(?:the|a|an|who|whose|its|der|die|ein|eine|le|la|un|une|el|una|qui|que)\b"
    r"|\s(?:who|whose)\b"
)
_SENTENCE = regex.compile(r"(?<=[.!?…][\"”’»)]?)\s+(?=\p{Lu})")
_NEAR = 600
"""Characters before a pronoun in which the person it stands for is named."""
_MARKS = '.!?…:;"“”„«»‘’(—–-'
"""After one of these a capital letter opens a sentence."""
_PLACING = listed(
    "the in at from near to of der die das den im am aus bei à au en le la el del The In At From Near To Of"
)


class Mention(NamedTuple):
    """A name as it stands: its parts, and the office or form of address before it ("" for none)."""

    parts: tuple[str, ...]
    title: str
    gender: str
    """What the title tells: "m", "f" or nothing."""
    personal: bool
    """Whether what stands around a name of several parts shows that it is a person's."""
    placed: bool
    """Whether it stands as places and bodies do: after "in" or "the"."""

    @property
    def name(self) -> str:
        """The name as one text."""
        return " ".join(self.parts)


class People:
    """Who is who in one article, looked up name by name as it is asked for."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        self._paragraphs = paragraphs
        self._bearers: dict[str, tuple[Mapping[str, Mention], str]] = {}

    def resolved(self, mention: Mention) -> str:
        """Return the full name of the person meant, title and name where there is no more of it, or ""."""
        if mention.personal:
            return mention.name
        full, titled = self._bearing(mention.parts[-1])
        if len(mention.parts) > 1:
            return mention.name if mention.name in full else ""
        if len(full) == 1:
            return next(iter(full))
        return "" if full else titled

    def _bearing(self, surname: str) -> tuple[Mapping[str, Mention], str]:
        """Return the people of a surname by their full names, and the surname behind its last title."""
        if surname not in self._bearers:
            bearing = [mention for name in self._runs(surname) if (mention := _mention(name))]
            alone = any(len(mention.parts) == 1 for mention in bearing)
            full = {
                mention.name: mention
                for mention in bearing
                if len(mention.parts) > 1 and (mention.personal or mention.title or alone)
            }
            titles = [mention.title for mention in bearing if mention.title and len(mention.parts) == 1]
            self._bearers[surname] = full, f"{titles[-1]} {surname}" if titles else ""
        return self._bearers[surname]

    def _runs(self, surname: str) -> Iterator[regex.Match[str]]:
        """Yield the runs of capitalised words that end with a surname, the surname alone but once.

        What leads to it is read backwards.
        """
        alone = False
        for paragraph in self._paragraphs:
            at = paragraph.find(surname)
            while at >= 0:
                lead = _LEAD.match(paragraph, max(0, at - _LONGEST_LEAD), at)
                runs = _NAME.finditer(paragraph, lead.start() if lead else at)
                run = next((each for each in runs if each.end() > at), None)
                at = paragraph.find(surname, max(at + 1, run.end() if run else 0))
                name = _bare(run.group()) if run else ""
                if run and ((name == surname and not alone) or name.endswith(f" {surname}")):
                    alone |= name == surname
                    yield run

    def last_named(self, text: str, gender: str) -> str | None:
        """Return the one person named in the last naming sentence of `text`, "" for none, None where it is unclear."""
        for sentence in reversed(_SENTENCE.split(text[-_NEAR:])):
            found = [(mention, self.resolved(mention)) for mention in mentions(sentence)]
            people = {name: mention for mention, name in found if name}
            unclear = [one for one, name in found if len(one.parts) > 1 and not name and not one.placed]
            if len(people) > 1 or unclear:
                return None
            for name, mention in people.items():
                return name if mention.gender in {"", gender} else None
        return ""


def mentions(text: str) -> Iterator[Mention]:
    """Yield the names in a text that may be people's, in order."""
    return filter(None, map(_mention, _NAME.finditer(text)))


def _mention(found: regex.Match[str]) -> Mention | None:
    """Return what a run of capitalised words names, None where that is no person."""
    text, start, end = found.string, *found.span()
    before = [*text[max(0, start - 25) : start].split()[-1:], ""][0]
    offices, parts = _divided(found.group().split(), opens=not before or before[-1] in _MARKS)
    if not parts or is_body(parts):
        return None
    titles = [office for office in offices if is_title(office)]
    genders = [GENDERED.get(title.casefold().rstrip("."), "") for title in titles]
    return Mention(
        parts=tuple(parts),
        title=titles[-1] if titles else "",
        gender=next(filter(None, genders), ""),
        personal=len(parts) > 1 and (before in SPEAKING or bool(_PERSONAL_AFTER.match(text, end))),
        placed=before in _PLACING,
    )


def _bare(word: str) -> str:
    return word.removesuffix("'s").removesuffix("’s")


def _divided(words: list[str], *, opens: bool) -> tuple[list[str], list[str]]:
    """Divide capitalised words into what stands before a name (openers, offices) and the name's own parts."""
    at = 0
    for index, word in enumerate(words[:-1], 1):
        if is_title(word):
            at = index
    while opens and at < len(words) and words[at] in OPENERS:
        at += 1
    parts = [*map(_bare, words[at:])]
    return words[:at], [] if len(parts) == 1 and is_title(parts[0]) else parts
