"""Reads RSS, RDF and Atom by feedparser, and puts what it gathers into our words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import feedparser

from bot.core.codec import encode
from bot.core.errors import NotAFeed, Unparsable
from bot.core.ports import Entry, ParsedFeed
from bot.intake import dates, offers, sanitise, wordpress, xmltext
from bot.intake.timetable import timetable

_ROOT = re.compile(rb"<([A-Za-z][\w.:-]*)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
"""An address beside an author's name; feedparser takes those that end in more than four letters (.media) apart."""
_LONGEST = 500
_PEOPLE = re.compile(r"(?<=[)>])\s*[,;]\s*")
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


def read(document: bytes, base: str, headers: Mapping[str, str]) -> ParsedFeed:
    """Return what an XML feed says; entries may still lack an id. Raises `NotAFeed` or `Unparsable`."""
    try:
        problems, text = xmltext.as_utf8(document, headers)
        entities, text = xmltext.undeclared(text)
        found = _parsed(text, headers.get("content-language", ""))
    except Exception as error:  # feedparser raises many kinds on broken documents; none may pass
        raise Unparsable from error
    _refuse_others(found, text, base, headers)
    problems += [found["bozo_exception"]] if found["bozo"] else []
    cut = bool(problems) and xmltext.is_cut(text)
    told = [entry for entry in found["entries"][: -1 if cut else None] if not _is_locked(entry)]
    named = ["entities-refused"] * entities + [_named(problem) for problem in problems] + [xmltext.CUT] * cut
    feed = _feed(found, told, base, named)
    return replace(feed, timetable=timetable(str(found["feed"].get("ttl", "")).strip(), text))


def _parsed(text: bytes, language: str) -> feedparser.FeedParserDict:
    return feedparser.parse(
        BytesIO(text),  # bytes alone would be tried as the name of a file
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            **({"content-language": language} if language else {}),
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _refuse_others(found: feedparser.FeedParserDict, text: bytes, base: str, headers: Mapping[str, str]) -> None:
    """Raise `NotAFeed` where there is nothing of a feed."""
    root = _ROOT.search(text)
    name = root[1].rpartition(b":")[2].lower() if root else b""
    if found["version"] or name in {b"rss", b"feed", b"rdf", b"channel"} or (found["entries"] and name != b"html"):
        return
    feeds = offers.offered(text, base, headers)
    if feeds or name == b"html":
        raise NotAFeed("error.feed_is_page", feeds=encode(feeds).decode())
    raise NotAFeed


def _named(problem: Exception) -> str:
    name = type(problem).__name__
    return _PROBLEMS.get(name, re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower())


def _is_locked(entry: Mapping[str, Any]) -> bool:
    """Tell a post of a WordPress site that has a password: its words are not for everybody."""
    return any(wordpress.LOCKED in str(part.get("value")) for part in entry.get("content", ()))


def _feed(
    found: feedparser.FeedParserDict, told: Sequence[Mapping[str, Any]], base: str, problems: list[str]
) -> ParsedFeed:
    said = _Said(found["feed"], base)
    version = found["version"]
    return ParsedFeed(
        format=_FORMATS.get(version, version or "rss"),
        id=said.id(),
        title=said.title(),
        link=said.link(),
        language=said.line("language"),
        description=sanitise.plain(said.text("subtitle") or said.text("summary")),
        authors=said.authors(),
        published=said.date("published"),
        updated=said.date("updated"),
        hubs=said.related("hub"),
        topic=next(iter(said.related("self")), ""),
        entries=tuple(_entry(_Said(entry, base)) for entry in told),
        problems=tuple(dict.fromkeys(problems)),
    )


def _entry(said: _Said) -> Entry:
    contents = [part for part in said.said.get("content", ()) if part.get("value")]
    return Entry(
        id=said.id(),
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

    def id(self) -> str:
        """Return the id as it is written: it must outlive a move of the feed, so only what is a path has its host."""
        id = self.line("id")
        return (id.startswith("/") and sanitise.web_link(id, self.base)) or id

    def title(self) -> str:
        text, kind = self.text("title"), (self.said.get("title_detail") or {}).get("type")
        literal = kind == "text/plain" and not sanitise.marked_up(text)
        return sanitise.folded(text) if literal else sanitise.plain(text)

    def link(self) -> str:
        return sanitise.web_link(self.text("link"), self.base)

    def date(self, key: str) -> str:
        return dates.iso(self.text(key), self.said.get(f"{key}_parsed"))

    def authors(self) -> tuple[str, ...]:
        people = [person.get("name", "") for person in self.said.get("authors", ())]
        if len(people) == 1 and _MAIL.search(told := self.text("author")[:_LONGEST]):
            people = [_MAIL.sub("", person).strip(" ()<>") for person in _PEOPLE.split(told)]
        names = map(sanitise.plain, people)
        return tuple(dict.fromkeys(filter(None, names)))

    def categories(self) -> tuple[str, ...]:
        terms = (sanitise.plain(tag.get("label") or tag.get("term") or "") for tag in self.said.get("tags", ()))
        return tuple(dict.fromkeys(filter(None, terms)))

    def enclosures(self) -> tuple[str, ...]:
        media = (part.get("url", "") for part in self.said.get("media_content", ()))
        urls = (sanitise.web_link(url, self.base) for url in media if isinstance(url, str))
        return tuple(dict.fromkeys((*self.related("enclosure"), *filter(None, urls))))

    def related(self, kind: str) -> tuple[str, ...]:
        """Return the addresses of the links of a kind."""
        links = (link.get("href", "") for link in self.said.get("links", ()) if link.get("rel") == kind)
        urls = (sanitise.web_link(url, self.base) for url in links if isinstance(url, str))
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
