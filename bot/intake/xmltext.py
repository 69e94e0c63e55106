"""Foreign XML as UTF-8 in which nothing is declared: what a parser gets to see of a feed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from feedparser.encodings import convert_to_utf8

from bot.intake.encoding import decoded

DECLARED = b"<?xml version='1.0' encoding='utf-8'?>\n"

CUT = "cut"
"""The problem of a feed that ends within an entry: its site failed on the way."""

_LAST_RESORTS = frozenset({"windows-1252", "iso-8859-2"})
"""What feedparser takes for the encoding where nothing else fits; both fit everything."""
_PROLOG = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL | re.IGNORECASE)
_ENTRY = re.compile(rb"<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])[^<>]*")
_DECLARATION = re.compile(rb"<!(?=DOCTYPE|ENTITY)(?:[^<>\]]{0,1000}>)?", re.IGNORECASE)


def as_utf8(document: bytes, headers: Mapping[str, str]) -> tuple[list[Exception], bytes]:
    """Return the document as UTF-8, by its headers, its own words or as guessed, and what was wrong with those."""
    notes: dict[str, Any] = {}
    text: bytes = convert_to_utf8(dict(headers), document, notes)
    problem = notes.get("bozo_exception")
    if problem and notes["encoding"] in _LAST_RESORTS:
        text = DECLARED + decoded(document, headers.get("content-type", "")).encode()
    return [problem] if problem else [], text


def is_cut(text: bytes) -> bool:
    """Tell whether a feed ends within an entry."""
    last = deque(_ENTRY.finditer(text), maxlen=1)
    return bool(last) and not last[0][1] and not last[0][0].endswith(b"/")


def undeclared(text: bytes) -> tuple[bool, bytes]:
    """Take out every DOCTYPE and ENTITY declaration, and tell whether there was an entity among them.

    What is left holds no `<!DOCTYPE`, so no XML parser finds an entity to expand. A space takes the place of what goes,
    so that nothing new is put together from its two sides; half a declaration, in running text, becomes text.
    """
    prolog = _PROLOG.match(text)
    start = prolog.end() if prolog else 0
    harmless = _DECLARATION.sub(lambda it: b" " if it[0].endswith(b">") else b"&lt;!", text[start:])
    return b"<!ENTITY" in text[:start].upper(), DECLARED + harmless
