"""Reads JSON Feed 1 and 1.1, leniently about types and strictly about what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from bot.core.errors import NotAFeed
from bot.core.ports import Entry, ParsedFeed
from bot.intake import dates, sanitise

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/(\d+(?:\.\d+)?)/?")


def read(document: bytes, base: str) -> ParsedFeed:
    """Return what a JSON Feed says; entries may still lack an id. Raises `NotAFeed`."""
    feed = _loaded(document)
    version = _VERSION.fullmatch(_text(feed, "version"))
    if not version or not isinstance(feed.get("items"), list):
        raise NotAFeed("error.feed_is_json")
    home = sanitise.web_link(_text(feed, "home_page_url"), base)
    return ParsedFeed(
        format=f"json {version[1]}",
        id=sanitise.web_link(_text(feed, "feed_url"), base),
        title=sanitise.folded(_text(feed, "title")),
        link=home,
        language=sanitise.folded(_text(feed, "language")),
        description=sanitise.folded(_text(feed, "description")),
        authors=_authors(feed),
        hubs=_hubs(feed, base),
        topic=sanitise.web_link(_text(feed, "feed_url"), base),
        entries=tuple(_entry(item, home or base) for item in feed["items"] if isinstance(item, dict)),
    )


def _loaded(document: bytes) -> Mapping[str, Any]:
    try:
        feed = orjson.loads(document.removeprefix(b"\xef\xbb\xbf").strip())
    except orjson.JSONDecodeError as error:
        raise NotAFeed from error
    if not isinstance(feed, dict):
        raise NotAFeed("error.feed_is_json")
    return feed


def _entry(item: Mapping[str, Any], base: str) -> Entry:
    content = sanitise.clean(_text(item, "content_html"), base) or sanitise.as_html(_text(item, "content_text"))
    return Entry(
        id=sanitise.folded(_text(item, "id")),
        url=sanitise.web_link(_text(item, "url"), base) or sanitise.web_link(_text(item, "external_url"), base),
        title=sanitise.folded(_text(item, "title")),
        published=dates.iso(_text(item, "date_published")),
        updated=dates.iso(_text(item, "date_modified")),
        authors=_authors(item),
        categories=_lines(_listed(item, "tags")),
        summary=sanitise.as_html(_text(item, "summary")) or content,
        content=content,
        enclosures=_enclosures(item, base),
    )


def _authors(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Read `authors` of version 1.1 or `author` of version 1."""
    people = [*_listed(said, "authors"), said.get("author")]
    return _lines(_text(person, "name") for person in people if isinstance(person, dict))


def _enclosures(item: Mapping[str, Any], base: str) -> tuple[str, ...]:
    parts = (part for part in _listed(item, "attachments") if isinstance(part, dict))
    urls = (sanitise.web_link(_text(part, "url"), base) for part in parts)
    return tuple(dict.fromkeys(filter(None, urls)))


def _hubs(feed: Mapping[str, Any], base: str) -> tuple[str, ...]:
    named = [hub for hub in _listed(feed, "hubs") if isinstance(hub, dict) and _text(hub, "type").lower() == "websub"]
    return tuple(dict.fromkeys(filter(None, (sanitise.web_link(_text(hub, "url"), base) for hub in named))))


def _lines(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (sanitise.folded(value) for value in values if isinstance(value, str)))))


def _listed(said: Mapping[str, Any], key: str) -> list[Any]:
    value = said.get(key)
    return value if isinstance(value, list) else []


def _text(said: Mapping[str, Any], key: str) -> str:
    """Return a text; numbers too, as some write their ids."""
    value = said.get(key)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
