"""JSON-LD: what a page says about its article to machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

import regex
from lxml.html import HtmlElement

Node = dict[str, Any]

_WRAPPING = regex.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$|;\s*$")
_COMMA = regex.compile(r",(?=\s*[}\]])")
_BREAK = regex.compile(r"<(?:p|br|div|li|h\d)\b[^<>]{0,200}>", regex.IGNORECASE)
_MARKUP = regex.compile(r"</?\w[^<>]{0,300}>")
_VARYING = regex.compile(r"^https?://(?:www\.)?|[?#].*$|/$")
_STORIES = ("article", "blogposting", "report", "reportage", "socialmediaposting")
_PAGES = ("page", "recipe", "podcastepisode")
_MOST_NODES = 3000


def nodes(tree: HtmlElement) -> list[Node]:
    """Return every object of every JSON-LD script, outer before inner; broken scripts are left aside."""
    found: list[Node] = []
    for script in tree.xpath("//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]"):
        found.extend(_walk(_loaded(script.text or "")))
    return found


def types(node: Node) -> set[str]:
    """Return an object's types in lower case, without their vocabulary's address."""
    return {name.rpartition("/")[2].casefold() for name in _strings(node.get("@type"))}


def is_story(node: Node) -> bool:
    """Tell whether an object is a text that somebody wrote; a review without a headline is a customer's."""
    reviews = bool(node.get("headline")) and any(name.endswith("review") for name in types(node))
    return reviews or any(name.endswith(_STORIES) for name in types(node))


def is_page(node: Node) -> bool:
    """Tell whether an object is the page itself, or what else a page may be about as a whole."""
    return any(name.endswith(_PAGES) for name in types(node))


def main_story(found: Sequence[Node], addresses: set[str], headlines: set[str]) -> Node:
    """Return the object about this very page: by its address, by its headline, or the first; empty without one."""
    stories = [node for node in found if is_story(node)]

    def rank(node: Node) -> tuple[bool, bool, bool]:
        links = {_bare(link) for key in ("url", "mainEntityOfPage", "@id") for link in _links(node.get(key))}
        return (
            not links & {_bare(address) for address in addresses},
            (first_string(node.get("headline")) or "").casefold() not in headlines,
            not (node.get("datePublished") or node.get("author")),
        )

    return min(stories, key=rank, default={})


def first_string(value: Any) -> str:
    """Return the first text in a value that may be a text, a list, or an object with a name or address."""
    return next(iter(_strings(value)), "")


def names(value: Any) -> list[str]:
    """Return the names of people or bodies in an `author` or `publisher`, which comes in every shape."""
    if isinstance(value, list):
        return [name for member in value[:50] for name in names(member)]
    if isinstance(value, dict):
        return names(value.get("name"))
    return [unescape(value).strip()] if isinstance(value, str) else []


def text(value: Any) -> str:
    """Return a text without markup, its paragraphs as lines."""
    if not isinstance(value, str):
        return ""
    return unescape(_MARKUP.sub("", _BREAK.sub("\n", value))).strip()


def _strings(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for member in value[:50] for text in _strings(member)]
    if isinstance(value, dict):
        return _strings(value.get("url") or value.get("contentUrl") or value.get("@id") or value.get("name"))
    return [unescape(value).strip()] if isinstance(value, str) and value.strip() else []


def _links(value: Any) -> list[str]:
    return _strings(value.get("@id") or value.get("url")) if isinstance(value, dict) else _strings(value)


def _bare(address: str) -> str:
    """The address without what varies from one mention to the next."""
    return _VARYING.sub("", address)


def _loaded(script: str) -> Any:
    text = _WRAPPING.sub("", script.strip()).strip()
    for attempt in (text, _COMMA.sub("", text), unescape(text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _walk(value: Any) -> Iterator[Node]:
    queue, seen = [value], 0
    while queue and seen < _MOST_NODES:
        here = queue.pop(0)
        seen += 1
        if isinstance(here, dict):
            yield here
            queue.extend(child for child in here.values() if isinstance(child, dict | list))
        elif isinstance(here, list):
            queue.extend(child for child in here if isinstance(child, dict | list))
