"""Reads the links that stand in the headers of an answer (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.intake.sanitise import folded, web_link

_LINK = re.compile(r"<([^<>]*)>")
_PARAMETER = re.compile(r"\s*;\s*([\w!#$%&'*+.^`|~-]{1,40})(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",;<>]*)))?")
_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLink:
    """One link of a document: to what, as what."""

    url: str
    """Absolute, http or https."""
    relations: frozenset[str]
    """In lower case."""
    kind: str = ""
    """Its media type, in lower case and without parameters."""
    title: str = ""


def web_links(header: str, base: str) -> Iterator[WebLink]:
    """Yield the links of the document at `base` that a `Link` header names, at most fifty.

    Links of something else than that document, which carry an anchor, are left aside, and so is what is broken.
    """
    place = 0
    for _ in range(_MOST):
        if not (found := _LINK.search(header, place)):
            return
        said, place = _parameters(header, found.end())
        url = web_link(found[1], base)
        if url and "anchor" not in said:
            yield WebLink(
                url=url,
                relations=frozenset(said.get("rel", "").lower().split()),
                kind=said.get("type", "").partition(";")[0].strip().lower(),
                title=folded(said.get("title", "")),
            )


def linked(header: str, relation: str, base: str) -> tuple[str, ...]:
    """Return the http(s) addresses that a `Link` header names as a relation (`hub`) of the document at `base`."""
    return tuple(dict.fromkeys(link.url for link in web_links(header, base) if relation in link.relations))


def _parameters(header: str, place: int) -> tuple[dict[str, str], int]:
    """Return a link's parameters by their names in lower case, of one that stands there twice the first; and their end.

    What looks like a link inside of them is none.
    """
    said: dict[str, str] = {}
    while parameter := _PARAMETER.match(header, place):
        name, quoted, token = parameter.groups()
        said.setdefault(name.lower(), (token or "") if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        place = parameter.end()
    return said, place
