"""Reads a feed document of any kind: RSS, RDF and Atom by feedparser, JSON Feed by our own reader."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import chain
from typing import Any

import feedparser
from feedparser.encodings import convert_to_utf8

from bot.core.errors import NotAFeed, TooLarge, Unparsable
from bot.core.ports import Entry, ParsedFeed
from bot.intake import dates, jsonfeed, offers, sanitise

_UNPACKED = 16_000_000
"""Most bytes a compressed document may become."""
_XML = b"<?xml version='1.0' encoding='utf-8'?>\n"
_PROLOG = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(rb"<!(?=DOCTYPE|ENTITY)(?:[^<>\]]{0,1000}>)?", re.IGNORECASE)
_ROOT = re.compile(rb"<([A-Za-z][\w.:-]*)")
_FORMATS = {
    "rss090": "rdf 0.90",
    "rss10": "rdf 1.0",
    "rss091n": "rss 0.91",
    "rss091u": "rss 0.91",
    "rss092": "rss 0.92",
    "rss093": "rss 0.93",
    "rss094": "rss 0.94",
    "rss20": "rss 2.0",
    "atom01": "atom 0.1",
    "atom02": "atom 0.2",
    "atom03": "atom 0.3",
    "atom10": "atom 1.0",
}
_PROBLEMS = {
    "CharacterEncodingOverride": "encoding-differs",
    "CharacterEncodingUnknown": "encoding-unknown",
    "NonXMLContentType": "content-type",
    "UndeclaredNamespace": "namespace-undeclared",
    "SAXParseException": "not-well-formed",
}


def parse(body: bytes, url: str, headers: Mapping[str, str] | None = None) -> ParsedFeed:
    """Return what a feed document says. Pure, but slow on hostile documents: call it where it can be killed.

    `url` is where it came from, `headers` its HTTP headers in lower case. Raises `NotAFeed` (for a page with the
    argument `feeds`: the addresses of those it offers, a space between them), `TooLarge` or `Unparsable`.
    """
    headers = headers or {}
    document = _unpacked(body, headers)
    if not document.strip(b"\0 \t\r\n"):
        raise NotAFeed("error.feed_empty")
    base = sanitise.web_link(headers.get("content-location", ""), url) or url
    if document.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        found = jsonfeed.read(document, base)
    else:
        found = _read(document, base, headers)
    return replace(found, entries=tuple(_distinct(found.entries)))


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


def _read(document: bytes, base: str, headers: Mapping[str, str]) -> ParsedFeed:
    notes: dict[str, Any] = {}
    try:
        text = convert_to_utf8(dict(headers), document, notes)
        declared, text = _without_declarations(text)
        found = _parsed(text, base, headers.get("content-language", ""))
    except Exception as error:  # feedparser raises many kinds on broken documents; none may pass
        raise Unparsable from error
    _refuse_others(found, text, base)
    problems = [_named(part["bozo_exception"]) for part in (notes, found) if part.get("bozo_exception")]
    return _feed(found, base, (["entities-refused"] if declared else []) + problems)


def _without_declarations(text: bytes) -> tuple[bool, bytes]:
    """Take out every DOCTYPE and ENTITY declaration, and tell whether there was an entity among them.

    What is left holds no `<!DOCTYPE`, so no XML parser finds an entity to expand. A space takes the place of what goes,
    so that nothing new is put together from its two sides; half a declaration, in running text, becomes text.
    """
    prolog = _PROLOG.match(text)
    start = prolog.end() if prolog else 0
    harmless = _DECLARATION.sub(lambda it: b" " if it[0].endswith(b">") else b"&lt;!", text[start:])
    return b"<!ENTITY" in text[:start].upper(), _XML + harmless


def _parsed(text: bytes, base: str, language: str) -> feedparser.FeedParserDict:
    return feedparser.parse(
        BytesIO(text),  # bytes alone would be tried as the name of a file
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": base,
            **({"content-language": language} if language else {}),
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _refuse_others(found: feedparser.FeedParserDict, text: bytes, base: str) -> None:
    """Raise `NotAFeed` where there is nothing of a feed."""
    root = _ROOT.search(text)
    if root and root[1].lower() == b"html" and not found["version"]:
        raise NotAFeed("error.feed_is_page", feeds=" ".join(offers.feeds(text, base)))
    if not (found["version"] or found["entries"] or found["feed"].keys() - {"language", "links"}):
        feeds = " ".join(offers.feeds(text, base))
        raise NotAFeed("error.feed_is_page", feeds=feeds) if feeds else NotAFeed


def _named(problem: Exception) -> str:
    name = type(problem).__name__
    return _PROBLEMS.get(name, re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower())


def _feed(found: feedparser.FeedParserDict, base: str, problems: list[str]) -> ParsedFeed:
    said = _Said(found["feed"], base)
    version = found["version"]
    return ParsedFeed(
        format=_FORMATS.get(version, version or "rss"),
        id=said.line("id"),
        title=said.title(),
        link=said.link(),
        language=said.line("language"),
        description=sanitise.plain(said.text("subtitle") or said.text("summary")),
        authors=said.authors(),
        published=said.date("published"),
        updated=said.date("updated"),
        entries=tuple(_entry(_Said(entry, base)) for entry in found["entries"]),
        problems=tuple(dict.fromkeys(problems)),
    )


def _entry(said: _Said) -> Entry:
    contents = [part for part in said.said.get("content", ()) if part.get("value")]
    entry = Entry(
        id=said.line("id"),
        url=said.link(),
        title=said.title(),
        published=said.date("published") or said.date("created"),
        updated=said.date("updated"),
        authors=said.authors(),
        categories=said.categories(),
        summary=said.html("summary"),
        content=next(filter(None, map(said.markup, contents)), ""),
        enclosures=said.enclosures(),
    )
    return entry if entry.id else replace(entry, id=identity(entry))


class _Said:
    """What feedparser gathered about a feed or an entry, read for our words."""

    def __init__(self, said: Mapping[str, Any], base: str) -> None:
        self.said = dict(said)  # feedparser's own mapping maps some keys to others, with warnings
        self.base = base

    def text(self, key: str) -> str:
        value = self.said.get(key)
        return value if isinstance(value, str) else ""

    def line(self, key: str) -> str:
        return sanitise.folded(self.text(key))

    def title(self) -> str:
        text, kind = self.text("title"), (self.said.get("title_detail") or {}).get("type")
        literal = kind == "text/plain" and not sanitise.marked_up(text)
        return sanitise.folded(text) if literal else sanitise.plain(text)

    def link(self) -> str:
        return sanitise.web_link(self.text("link"), self.base)

    def date(self, key: str) -> str:
        return dates.iso(self.text(key), self.said.get(f"{key}_parsed"))

    def authors(self) -> tuple[str, ...]:
        names = [sanitise.plain(person.get("name", "")) for person in self.said.get("authors", ())]
        return tuple(dict.fromkeys(filter(None, names)))

    def categories(self) -> tuple[str, ...]:
        terms = (sanitise.plain(tag.get("label") or tag.get("term") or "") for tag in self.said.get("tags", ()))
        return tuple(dict.fromkeys(filter(None, terms)))

    def enclosures(self) -> tuple[str, ...]:
        links = [link.get("href", "") for link in self.said.get("links", ()) if link.get("rel") == "enclosure"]
        media = [part.get("url", "") for part in self.said.get("media_content", ())]
        urls = (sanitise.web_link(url, self.base) for url in chain(links, media) if isinstance(url, str))
        return tuple(dict.fromkeys(filter(None, urls)))

    def html(self, key: str) -> str:
        return self.markup({"type": "text/html", **(self.said.get(f"{key}_detail") or {}), "value": self.text(key)})

    def markup(self, part: Mapping[str, Any]) -> str:
        """Return a text construct as sanitised HTML; what is neither text nor markup says nothing to readers."""
        kind, value = part.get("type") or "text/html", part["value"]
        if kind == "text/plain" and not sanitise.marked_up(value):
            return sanitise.as_html(value)
        if not kind.endswith(("plain", "html", "xml")):
            return ""
        return sanitise.clean(value, sanitise.web_link(part.get("base") or "", self.base) or self.base)


def identity(entry: Entry) -> str:
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
