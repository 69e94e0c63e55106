"""The people an article names: whom a surname or a pronoun stands for, where that is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from bot.newsroom.abbreviations import OPENERS
from bot.newsroom.speech import GENDERED, VERBS, is_body, is_title
from bot.newsroom.words import listed

_PART = r"\p{Lu}[\p{L}’'-]*\p{Ll}|\p{Lu}\p{Ll}*\.|\p{Lu}{2,3}(?=\s\p{Lu}\p{Ll})"
_LINK = r"(?:v[ao]n(?:\sde[rn])?|de(?:\sla)?|del|della|di|da|dos|du|la|le|bin|al|el|ibn|zu|ter|ten)"
NAME = rf"(?:{_PART})(?:\s(?:{_LINK}\s)?(?:{_PART})){{0,5}}(?![\p{{L}}\d])"
"""A run of capitalised words with what joins the parts of a name, as a pattern."""

_NAME = regex.compile(rf"(?<![\p{{L}}\d’'-]){NAME}")
_PERSONAL_AFTER = regex.compile(
    rf"\s{VERBS}\b|,?\s\(?\d{{1,3}}\)?,|,\s(?:the|a|an|who|whose|its|der|die|ein|eine|le|la|un|une|el|una|qui|que)\b"
    r"|\s(?:who|whose)\b"
)
_SPEAKING = regex.compile(rf"{VERBS}$")
_SENTENCE = regex.compile(r"(?<=[.!?…][\"”’»)]?)\s+(?=\p{Lu})")
_NEAR = 600
"""Characters before a pronoun in which the person it stands for is named."""
_MARKS = '.!?…:;"“”„«»‘’(—–-'
"""After one of these a capital letter opens a sentence."""
_PLACING = listed(
    "the in at from near to of der die das den im am aus bei à au en le la el del The In At From Near To Of"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it stands: its parts, and the office or form of address before it ("" for none)."""

    parts: tuple[str, ...]
    title: str
    gender: str
    """What the title tells: "m", "f" or nothing."""
    personal: bool
    """Whether what stands around it shows that it names a person."""
    placed: bool
    """Whether it stands as places and bodies do: after "in" or "the"."""

    @property
    def name(self) -> str:
        """The name as one text."""
        return " ".join(self.parts)


class People:
    """Who is who in one article."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        found = [mention for paragraph in paragraphs for mention in mentions(paragraph)]
        alone = {mention.parts[0] for mention in found if len(mention.parts) == 1}
        self._full = {
            mention.name: mention
            for mention in found
            if len(mention.parts) > 1 and (mention.personal or mention.title or mention.parts[-1] in alone)
        }
        self._titled = {mention.name: f"{mention.title} {mention.name}" for mention in found if mention.title}

    def resolved(self, mention: Mention) -> str:
        """Return the full name of the person meant, title and name where there is no more of it, or ""."""
        if len(mention.parts) > 1:
            return mention.name if mention.name in self._full or mention.personal else ""
        bearers = [name for name, full in self._full.items() if full.parts[-1] == mention.parts[0]]
        if len(bearers) == 1:
            return bearers[0]
        return "" if bearers else self._titled.get(mention.name, "")

    def last_named(self, text: str, gender: str) -> str | None:
        """Return the one person named in the last naming sentence of `text`, "" for none, None where it is unclear."""
        for sentence in reversed(_SENTENCE.split(text[-_NEAR:])):
            found = [*mentions(sentence)]
            people = {self.resolved(mention): mention for mention in found if self.resolved(mention)}
            unclear = [one for one in found if len(one.parts) > 1 and not self.resolved(one) and not one.placed]
            if len(people) > 1 or unclear:
                return None
            for name, mention in people.items():
                return name if mention.gender in {"", gender} else None
        return ""


def mentions(text: str) -> Iterator[Mention]:
    """Yield the names in a text that may be people's, in order."""
    for found in _NAME.finditer(text):
        before = [*text[max(0, found.start() - 25) : found.start()].split()[-1:], ""][0]
        offices, parts = _divided(found.group().split(), opens=not before or before[-1] in _MARKS)
        if parts and not is_body(parts):
            titles = [office.casefold().rstrip(".") for office in offices if is_title(office)]
            yield Mention(
                parts=tuple(parts),
                title=next((office for office in reversed(offices) if is_title(office)), ""),
                gender=next((GENDERED[title] for title in titles if title in GENDERED), ""),
                personal=bool(_PERSONAL_AFTER.match(text, found.end()) or _SPEAKING.match(before)),
                placed=before in _PLACING,
            )


def _divided(words: list[str], *, opens: bool) -> tuple[list[str], list[str]]:
    """Divide capitalised words into what stands before a name (openers, offices) and the name's own parts."""
    at = max((index + 1 for index, word in enumerate(words[:-1]) if is_title(word)), default=0)
    while opens and at < len(words) and words[at] in OPENERS:
        at += 1
    parts = [word.removesuffix("'s").removesuffix("’s") for word in words[at:]]
    return words[:at], [] if len(parts) == 1 and is_title(parts[0]) else parts
