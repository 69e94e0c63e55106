"""What stands around an article and is none of it: headline, byline, share bar, comment form, related links."""

from __future__ import annotations

import regex

from bot.intake.metadata import Metadata

_NOISE = regex.compile(
    r"(?:leave a (?:reply|comment)|post comment|reply|comments?(?: \(\d+\))?|print|email|facebook|twitter|whatsapp"
    r"|tweet|share(?: this)?(?: (?:article|story|post))?:?|related(?: (?:articles?|stories|topics|posts|links))?:?"
    r"|(?:read (?:more|also|next)|also read|mehr zum thema|lesen sie auch|(?:à )?lire aussi|click here):?.*"
    r"|sign up.{0,80}|subscribe.{0,60}|follow us.*|advertisement|anzeige|more (?:on this story|from .{2,30})"
    r"|your email address will not be published.*)",
    regex.IGNORECASE,
)
_BYLINE = regex.compile(r"^(?:by|von|par|por|di|text)\s*:?\s+\p{Lu}", regex.IGNORECASE)
_HEAD_ROOM = 6


def without_furniture(paragraphs: tuple[str, ...], found: Metadata) -> tuple[str, ...]:
    """Return only the article's own paragraphs."""
    title = _letters(found.title)
    names = {_letters(name) for name in found.authors}

    def kept(index: int, text: str) -> bool:
        letters = _letters(text)
        if not letters or is_furniture(text):
            return False
        if index >= _HEAD_ROOM:
            return True
        if title and letters == title:
            return False
        return not (
            len(text) < 120 and (letters in names or (_BYLINE.match(text) and any(name in letters for name in names)))
        )

    return tuple(text for index, text in enumerate(paragraphs) if kept(index, text))


def is_furniture(paragraph: str) -> bool:
    """Tell whether a paragraph is part of the page around an article, by its words alone."""
    return len(paragraph) < 300 and bool(_NOISE.fullmatch(paragraph))


def _letters(text: str) -> str:
    return regex.sub(r"[\W_]+", "", text.casefold())
