"""Reads the posts of a WordPress site as its REST route gives them: one feed format more, and single posts whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import orjson

from bot.core.errors import NoArticle, NotAFeed
from bot.core.model import Page
from bot.core.ports import Entry, Fetched, ParsedFeed
from bot.intake import dates, sanitise
from bot.intake.links import linked

ROOT = "https://api.w.org/"
"""The relation by which every page and feed of a WordPress site links to the root of its REST route."""

_POSTS = "wp/v2/posts"
_FIELDS = "id,date_gmt,modified_gmt,guid,link,title,excerpt,_links,_embedded"
"""What is asked of each post: a list has no bodies, each is asked for when its article is read."""
_PER_LOOK = 20
LOCKED = "action=postpass"
"""Where the form leads that a post shows in place of its words, as long as it has a password."""
_TAXONOMIES = frozenset({"category", "post_tag"})
_USUAL = re.compile(r"^[^?]*/wp-json/?$|^[^?]*\?rest_route=/$")
"""The two forms of a root: pretty and plain. Elsewhere on a site people may be able to put documents of their own."""
_ID = re.compile(r"[1-9]\d{0,14}")


def root(answer: Fetched) -> str:
    """Return the root of the REST route of the site that gave an answer, "" where it names none.

    The header of a list of posts mostly names no more than its next page; there its own address tells.
    """
    listed, posts, _ = answer.url.partition(_POSTS)
    return next(iter(linked(answer.headers.get("link", ""), ROOT, answer.url)), listed if posts else "")


def posts_address(root: str) -> str:
    """Return where a site's latest posts are listed, given the root of its REST route (pretty or `?rest_route=/`)."""
    return _asked(root, _POSTS, f"per_page={_PER_LOOK}&_embed=author,wp:term&_fields={_FIELDS}")


def post_address(root: str, entry: Entry) -> str:
    """Return where a site gives the post of an entry whole; empty where its id names none, or another host has it.

    A feed could else have words of its own choosing read as those of somebody else's page.
    """
    number = parse_qs(urlsplit(entry.id).query).get("p", [""])[0] if entry.id.startswith("http") else ""
    if not (_USUAL.search(root) and _ID.fullmatch(number) and _host(root) == _host(entry.url)):
        return ""
    embedded = "author,wp:term,wp:featuredmedia"
    return _asked(root, f"{_POSTS}/{number}", f"_embed={embedded}&_fields={_FIELDS},content")


def _asked(root: str, route: str, query: str) -> str:
    whole = f"{root.rstrip('/')}/{route}"
    return f"{whole}{'&' if '?' in whole else '?'}{query}"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def read(document: bytes, base: str) -> ParsedFeed:
    """Return what a list of posts says. Raises `NotAFeed` for any other list."""
    try:
        posts = orjson.loads(document.removeprefix(b"\xef\xbb\xbf").strip())
    except orjson.JSONDecodeError as error:
        raise NotAFeed from error
    found = [post for post in posts if _is_post(post)] if isinstance(posts, list) else []
    if not found and (posts or _POSTS not in base):
        raise NotAFeed("error.feed_is_json")
    open_ = [post for post in found if not _protected(post)]
    entries = tuple(_entry(post, base) for post in open_)
    return ParsedFeed(format="wordpress", title=_host(base), link=urljoin(base, "/"), entries=entries)


def page(document: bytes, base: str) -> Page:
    """Return a single post as a page. Raises `NoArticle` for what is none, or has no text that everybody may read.

    Its text goes the way of a page's, which takes out what plug-ins put between the paragraphs.
    """
    from bot.intake.extract import extract  # noqa: PLC0415  # a child that reads feeds alone starts without it

    try:
        post = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise NoArticle from error
    if not _is_post(post) or _protected(post) or not _rendered(post, "content").strip():
        raise NoArticle
    entry = _entry(post, base)
    return extract(_as_page(entry, _rendered(post, "content")).encode(), entry.url, "text/html; charset=utf-8")


def _as_page(entry: Entry, content: str) -> str:
    """Write a page that has nothing but the post, as its site shows it, and says all of it in its head."""
    said = {
        "og:type": "article",
        "og:title": entry.title,
        "og:url": entry.url,
        "og:image": next(iter(entry.enclosures), ""),
        "article:published_time": entry.published,
        "article:modified_time": entry.updated,
    }
    metas = [f'<meta property="{name}" content="{escape(value)}">' for name, value in said.items() if value]
    metas += [f'<meta name="author" content="{escape(name)}">' for name in entry.authors]
    head = f'<title>{escape(entry.title)}</title><link rel="canonical" href="{escape(entry.url)}">{"".join(metas)}'
    body = f"<article><h1>{escape(entry.title)}</h1>{content}</article>"
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def _is_post(post: Any) -> bool:
    return (
        isinstance(post, dict)
        and isinstance(post.get("id"), int)
        and isinstance(post.get("link"), str)
        and isinstance(post.get("title"), dict)
    )


def _protected(post: Mapping[str, Any]) -> bool:
    """Tell a post that has a password: its words are not for everybody."""
    return any(isinstance(post.get(name), dict) and post[name].get("protected") for name in ("content", "excerpt"))


def _entry(post: Mapping[str, Any], base: str) -> Entry:
    """Return a post in our words, by the very id that the site's RSS has for it."""
    url = sanitise.web_link(post["link"], base)
    content, excerpt = _rendered(post, "content"), _rendered(post, "excerpt")
    summary = sanitise.clean(excerpt, url)
    return Entry(
        id=sanitise.plain(_rendered(post, "guid")) or f"{urljoin(base, '/')}?p={post['id']}",
        url=url,
        title=sanitise.plain(_rendered(post, "title")),
        published=_date(post, "date_gmt"),
        updated=_date(post, "modified_gmt"),
        authors=_names(_embedded(post, "author")),
        categories=_names(_terms(post)),
        summary=summary,
        content=sanitise.clean(content, url),
        enclosures=tuple(_pictures(post, base)),
    )


def _rendered(post: Mapping[str, Any], name: str) -> str:
    """Return a text as the site's theme shows it, HTML."""
    value = post.get(name)
    text = value.get("rendered") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _date(post: Mapping[str, Any], name: str) -> str:
    value = post.get(name)
    return dates.iso(value) if isinstance(value, str) and not value.startswith("0000") else ""


def _embedded(post: Mapping[str, Any], name: str) -> Sequence[Any]:
    embedded = post.get("_embedded")
    value = embedded.get(name) if isinstance(embedded, dict) else None
    return value if isinstance(value, list) else []


def _terms(post: Mapping[str, Any]) -> Iterator[Any]:
    for terms in _embedded(post, "wp:term"):
        if isinstance(terms, list):
            yield from (term for term in terms if isinstance(term, dict) and term.get("taxonomy") in _TAXONOMIES)


def _pictures(post: Mapping[str, Any], base: str) -> Iterator[str]:
    for media in _embedded(post, "wp:featuredmedia"):
        if isinstance(media, dict) and isinstance(media.get("source_url"), str):
            yield from filter(None, (sanitise.web_link(media["source_url"], base),))


def _names(things: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of people or categories; an author whom the site hides is an error in their place."""
    names = (thing.get("name") for thing in things if isinstance(thing, dict))
    return tuple(dict.fromkeys(filter(None, (sanitise.plain(name) for name in names if isinstance(name, str)))))
