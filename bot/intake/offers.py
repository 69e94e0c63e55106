"""Finds the feeds that a page offers, in its head and in the headers it came with, the best first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

import lxml.html
from lxml.etree import ParserError

from bot.intake import wordpress
from bot.intake.links import WebLink, web_links
from bot.intake.sanitise import folded, web_link

_TYPES = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)|(?:application|text)/xml", re.IGNORECASE)
_ASIDE = re.compile(
    r"kom{1,2}ent|com{1,2}ent|ком{1,2}ент|σχολί|コメント|評論|评论|迴響|댓글|تعليق|دیدگاه|תגוב|ความเห็น|phản hồi"
    r"|reacti(?:e|on)s|replies|yorum|hozzászól|iruzkin|sylwad|pairan|bheachd|oembed|podcast",
    re.IGNORECASE,
)
"""What comments are called in the languages of WordPress, of which each post has a feed; and other feeds but news."""
_FORMAT = re.compile(r"\b(?:rss|atom|rdf|json|xml|feed|[0-2]\.\d+|v?\d)\b|[^\w\s]", re.IGNORECASE)
"""What titles say about a feed's format, and nothing about what is in it."""
_MOST = 10


class Rank(IntEnum):
    """What an offer is beside the others of its page."""

    NEWS = 1
    AGAIN = 2
    """The same as one before, in another format."""
    ASIDE = 3
    """Comments, and the like."""
    POSTS = 4
    """The posts of a WordPress site as data: for sites that have no feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A feed that a page says there is."""

    url: str
    title: str = ""
    """What the page calls it; often empty."""
    rank: Rank = Rank.NEWS


def offered(page: bytes, url: str, headers: Mapping[str, str] | None = None) -> tuple[Offer, ...]:
    """Return the feeds a page (UTF-8) names, at most ten, the best first; `headers` are those it came with."""
    document = _document(page)
    told = [*web_links((headers or {}).get("link", ""), url), *(_links(document, url) if document is not None else ())]
    feeds: dict[str, WebLink] = {}
    for link in told:
        if "alternate" in link.relations and _TYPES.fullmatch(link.kind):
            feeds.setdefault(link.url, link)
    found = sorted(_ranked(feeds.values()), key=lambda offer: offer.rank)[:_MOST]
    root = next((link.url for link in told if wordpress.ROOT in link.relations), "")
    return (*found, Offer(url=wordpress.posts_address(root), rank=Rank.POSTS)) if root else tuple(found)


def _document(page: bytes) -> lxml.html.HtmlElement | None:
    try:
        return lxml.html.document_fromstring(page, parser=lxml.html.HTMLParser(encoding="utf-8", no_network=True))
    except (ParserError, ValueError):
        return None


def _links(document: lxml.html.HtmlElement, url: str) -> Iterator[WebLink]:
    base = next((web_link(element.get("href", ""), url) for element in document.iter("base")), "") or url
    for link in document.iter("link"):
        if address := web_link(link.get("href", ""), base):
            yield WebLink(
                url=address,
                relations=frozenset(link.get("rel", "").lower().split()),
                kind=link.get("type", "").partition(";")[0].strip().lower(),
                title=folded(link.get("title", "")),
            )


def _ranked(links: Iterable[WebLink]) -> Iterator[Offer]:
    kinds: dict[str, set[str]] = {}
    for link in links:
        others = kinds.setdefault(" ".join(_FORMAT.sub(" ", link.title).casefold().split()), set())
        aside = bool(_ASIDE.search(f"{link.title} {link.url}"))
        again = bool(others) and link.kind not in others
        others.add(link.kind)
        yield Offer(url=link.url, title=link.title, rank=Rank.ASIDE if aside else Rank.AGAIN if again else Rank.NEWS)
