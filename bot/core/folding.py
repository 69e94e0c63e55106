"""Texts as they are compared: where case, width and accents make no difference."""

from __future__ import annotations

import unicodedata

import regex

_WORD = regex.compile(r"\w+")
_ACCENTS = regex.compile(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}])\p{M}+")


def normalised(words: str) -> str:
    """Return words as they are followed: case and width folded, one space between them."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", words).casefold()))


def topic_of(words: str) -> str:
    """Return words as a topic is written, `climate-policy`; empty where nothing is left of them."""
    return normalised(words).replace(" ", "-")


def unaccented(text: str) -> str:
    """Return a text with width folded and accents gone; case stays."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def folded(text: str) -> str:
    """Return a text as texts are searched: case, width and accents make no difference."""
    if text.isascii():
        return text.lower()
    return unaccented(unicodedata.normalize("NFKC", text).casefold())
