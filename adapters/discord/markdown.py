"""Foreign text as Discord shows it: escaped, so that nothing in it becomes markup, a mention, an emoji or a link."""

from __future__ import annotations

from urllib.parse import quote

import regex

from bot.core.foreign import harmless, web_address

GAP = "\u200b"
"""A space of no width: it parts what must not be read together."""

_SPECIAL = regex.compile(r"[\\*_~`|\[\]<>]|(?<=\])\(")
_LINE_START = regex.compile(r"^([^\S\n]*)(#|[+-](?=[#\s]|$)|\d+(?=[.)](?:\s|$)))", regex.MULTILINE)
_NAMES = regex.compile(r"@(?=everyone|here)|(?<=\\<)(?=[@#/:]|(?:a|t|id):)")
_COLONS = regex.compile(r":(?=[\w+-]+:)|:(?=//)")
_ADDRESS = "!$&'()*+,;=:@/?%#[]~"
LONGEST_ADDRESS = 2048


def escaped(text: str) -> str:
    """Return foreign text so that it reads as it is: no styles, lists, mentions, times, emojis and links come of it."""
    safe = _SPECIAL.sub(r"\\\g<0>", harmless(text))
    safe = _COLONS.sub(r"\\:", safe)
    return _NAMES.sub(lambda found: found.group() + GAP, safe)


def line_starts(text: str) -> str:
    """Escape what means a heading or a list where it begins a line; for whole blocks, after their spans are joined."""
    return _LINE_START.sub(lambda found: f"{found[1]}{_first(found[2])}", text)


def _first(mark: str) -> str:
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def code(text: str) -> str:
    """Return text to be copied as it stands; where it can't be set as code, it is escaped."""
    words = " ".join(harmless(text).split())
    return f"`{words}`" if words and "`" not in words else escaped(text)


def shown_address(url: str) -> str:
    """Return an address as it can stand between angle brackets; nothing where it may not become a link."""
    address = quote(web_address(url), safe=_ADDRESS)
    return address if len(address) <= LONGEST_ADDRESS else ""
