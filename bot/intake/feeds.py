"""Reads a feed document of any kind: unpacks it, has it read by its kind's reader, and tells its entries apart."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from bot.core.errors import NotAFeed, TooLarge
from bot.core.ports import Entry, ParsedFeed
from bot.intake import jsonfeed, sanitise, wordpress, xmlfeed

_UNPACKED = 16_000_000
"""Most bytes a compressed document may become."""


def parse(body: bytes, url: str, headers: Mapping[str, str] | None = None) -> ParsedFeed:
    """Return what a feed document says. Pure, but slow on hostile documents: call it where it can be killed.

    `url` is where it came from, `headers` its HTTP headers in lower case. Raises `NotAFeed` (for a page with the
    argument `feeds`: those it offers, as JSON), `TooLarge` or `Unparsable`.
    """
    headers = headers or {}
    document = _unpacked(body, headers)
    if not document.strip(b"\0 \t\r\n"):
        raise NotAFeed("error.feed_empty")
    base = sanitise.web_link(headers.get("content-location", ""), url) or url
    match document.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]:
        case b"{":
            found = jsonfeed.read(document, base)
        case b"[":
            found = wordpress.read(document, base)
        case _:
            found = xmlfeed.read(document, base, headers)
    entries = [entry if entry.id else replace(entry, id=_identity(entry)) for entry in found.entries]
    problems = found.problems if entries else (*found.problems, "no-entries")
    return replace(found, entries=tuple(_distinct(entries)), problems=problems)


def _unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Unpack what is still compressed: a `.xml.gz`, or a server that does not say what it does."""
    if not (body.startswith(b"\x1f\x8b") or headers.get("content-encoding", "") in {"gzip", "deflate"}):
        return body
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        unpacked = inflate.decompress(body, _UNPACKED)
    except zlib.error:
        return body
    if inflate.unconsumed_tail:
        raise TooLarge
    return unpacked


def _identity(entry: Entry) -> str:
    """Return an id for an entry that names none: its link, or else a hash of what it says."""
    said = f"{entry.title}\n{entry.published}\n{entry.summary}"
    return entry.url or f"sha256:{sha256(said.encode()).hexdigest()[:32]}"


def _distinct(entries: Sequence[Entry]) -> Iterable[Entry]:
    """Tell entries apart that share an id but are not the same: all of them, so that each keeps its new id."""
    different: dict[str, set[tuple[str, str]]] = {}
    for entry in entries:
        different.setdefault(entry.id, set()).add((entry.url, entry.title))
    for entry in entries:
        if len(different[entry.id]) > 1:
            mark = sha256(f"{entry.url}\n{entry.title}".encode()).hexdigest()[:16]
            yield replace(entry, id=f"{entry.id}#{mark}")
        else:
            yield entry
