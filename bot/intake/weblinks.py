"""Reads the `Link` header, by which any document names what belongs to it (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.intake.sanitise import folded, web_link

_LINK = re.compile(r"<([^<>]*)>")
_PARAMETER = re.compile(r"\s*;\s*([\w!#$%&'*+.^`|~-]{1,40})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",;<>]*))")
_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLink:
    """One link of the header."""

    url: str
    """Absolute, http or https."""
    relations: frozenset[str]
    kind: str = ""
    """Its media type, in lower case and without parameters."""
    title: str = ""


def web_links(header: str, base: str) -> Iterator[WebLink]:
    """Yield the links of a header (several of them joined by commas), at most fifty; what is broken is left out."""
    for count, found in enumerate(_LINK.finditer(header)):
        if count >= _MOST:
            return
        said: dict[str, str] = {}
        place = found.end()
        while parameter := _PARAMETER.match(header, place):
            name, quoted, token = parameter.groups()
            said.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token)
            place = parameter.end()
        if url := web_link(found[1], base):
            yield WebLink(
                url=url,
                relations=frozenset(said.get("rel", "").lower().split()),
                kind=said.get("type", "").partition(";")[0].strip().lower(),
                title=folded(said.get("title", "")),
            )
