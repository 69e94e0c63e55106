"""Finds the feeds that a page offers in its head, the best first."""

from __future__ import annotations

import re

import lxml.html
from lxml.etree import ParserError

from bot.intake.sanitise import web_link

_TYPES = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)|(?:application|text)/xml", re.IGNORECASE)
_ASIDE = re.compile(r"comment|kommentar|replies|oembed|podcast", re.IGNORECASE)
_MOST = 10


def feeds(page: bytes, url: str) -> list[str]:
    """Return the addresses of the feeds a page (UTF-8) links to, at most ten, those of comments last."""
    try:
        document = lxml.html.document_fromstring(page, parser=lxml.html.HTMLParser(encoding="utf-8", no_network=True))
    except (ParserError, ValueError):
        return []
    base = next((web_link(element.get("href", ""), url) for element in document.iter("base")), "") or url
    links = [link for link in document.iter("link") if _offers(link)]
    links.sort(key=_beside_the_point)
    found = (web_link(link.get("href", ""), base) for link in links)
    return list(dict.fromkeys(filter(None, found)))[:_MOST]


def _offers(link: lxml.html.HtmlElement) -> bool:
    kind = link.get("type", "").partition(";")[0].strip()
    return "alternate" in link.get("rel", "").lower().split() and bool(_TYPES.fullmatch(kind))


def _beside_the_point(link: lxml.html.HtmlElement) -> bool:
    return bool(_ASIDE.search(f"{link.get('title', '')} {link.get('href', '')}"))
