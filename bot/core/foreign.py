"""Foreign text and addresses, made harmless before a platform shows them."""

from __future__ import annotations

from urllib.parse import urlsplit

import regex

_UNSEEN = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]")
"""Control characters, and the bidi embeddings and overrides that could turn the words around them."""
_ISOLATES = regex.compile(r"[\u2066-\u2069]")
_END_ISOLATE = "\u2069"
_ODD = regex.compile(r"[\s\p{C}]")


def harmless(text: str) -> str:
    """Return foreign text without what could disturb its surroundings: controls go, open isolates are closed."""
    seen = _UNSEEN.sub("", text)
    still_open = 0
    for control in _ISOLATES.findall(seen):
        still_open = max(0, still_open + (-1 if control == _END_ISOLATE else 1))
    return seen + _END_ISOLATE * still_open


def web_address(url: str) -> str:
    """Return an address that may become a link, or nothing: http and https alone, and no odd characters."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and parts.hostname and not _ODD.search(url)
    except ValueError:
        return ""
    return url if fine else ""
