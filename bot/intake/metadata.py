"""What a page says about its article: title, authors, times, site, language, image; JSON-LD and meta first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import regex
from htmldate import find_date
from lxml.html import HtmlElement

from bot.intake import linkeddata, moments
from bot.intake.bylines import authors
from bot.intake.canonical import same_site
from bot.intake.headlines import headline
from bot.intake.metatags import Meta, clean, metas, one, texts
from bot.intake.printed import printed_day

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "date", "pubdate", "publishdate", "publish-date", "publish_date", "published_time",
    "publication_date", "publicationdate", "article.published", "dc.date.issued", "dcterms.date", "dc.date",
    "dcterms.created", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "rnews:datepublished",
)  # fmt: skip
_UPDATED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified", "lastmod",
            "last-modified", "dcterms.modified", "article.updated")  # fmt: skip

_TIMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What was found; empty where the page says nothing."""

    url: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    language: str = ""
    site: str = ""
    image: str = ""
    body: str = ""
    """The article's text as the page gives it to machines: often without paragraphs, often cut."""
    headings: tuple[str, ...] = ()
    """The page's headings of the first level, and its other titles: what may stand above the text."""
    types: frozenset[str] = frozenset()
    """The JSON-LD types of the page's objects and its Open Graph type, in lower case."""
    story: bool = False
    """Whether the page says in JSON-LD or Open Graph that it is an article."""
    words: int = 0
    """How long the page says its text is."""
    free: bool = True
    """Whether the page says that everybody may read all of it."""


def metadata(tree: HtmlElement, url: str) -> Metadata:
    """Read a page's metadata. `url` is where it came from, for relative addresses."""
    meta = metas(tree)
    found = linkeddata.nodes(tree)
    address = _address(tree, meta, url)
    headings = texts(tree, "//h1")
    heads = {text.casefold() for text in (*headings, one(meta, "og:title")) if text}
    story = linkeddata.main_story(found, {address, url} - {""}, heads)
    site = _site(tree, story, meta, url)
    published = _stamps(tree, story, meta, "datePublished", _PUBLISHED)
    updated = _stamps(tree, story, meta, "dateModified", _UPDATED)
    titles = (*headings, one(meta, "og:title"))
    language = _language(tree, story, meta)
    return Metadata(
        url=address,
        title=headline(tree, story, meta, headings, site),
        authors=authors(tree, story, meta, site),
        published=_stated(tree, found, published, updated, url) or _seen(tree, updated, url, titles, language),
        updated=moments.best(updated, published),
        language=language,
        site=site,
        image=_image(story, meta, url),
        body=linkeddata.text(story.get("articleBody")),
        headings=(*headings, clean(linkeddata.first_string(story.get("headline"))), one(meta, "og:title")),
        types=frozenset(kind for node in found for kind in linkeddata.types(node)) | {one(meta, "og:type").casefold()},
        story=bool(story) or one(meta, "og:type").casefold() == "article",
        words=_number(story.get("wordCount")),
        free=str(story.get("isAccessibleForFree", True)).casefold() != "false",
    )


def _number(value: object) -> int:
    text = str(value)[:9]
    return int(text) if text.isdecimal() else 0


def _address(tree: HtmlElement, meta: Meta, url: str) -> str:
    """The canonical address, if it lies on the same site: a page must not pass for another site's."""
    links = [element.get("href") or "" for element in tree.xpath("//link[@rel='canonical'][@href]")[:1]]
    for candidate in (*links, one(meta, "og:url")):
        try:
            whole = urljoin(url, candidate)
            if candidate and urlsplit(whole).scheme in {"http", "https"} and same_site(whole, url):
                return str(whole).partition("#")[0]
        except ValueError:
            continue
    return url


def _host(url: str) -> str:
    return str(urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")


def _site(tree: HtmlElement, story: linkeddata.Node, meta: Meta, url: str) -> str:
    """The site's name: also by how WordPress calls its feed, "Name » Feed", before its bare host."""
    feed = next(map(str, tree.xpath("//link[@rel='alternate'][@type='application/rss+xml']/@title")), "")
    called = feed.partition(" » ")[0] if " » " in feed else ""
    publisher = next(iter(linkeddata.names(story.get("publisher"))), "")
    try:
        host = _host(url)
    except ValueError:
        host = ""
    return clean(one(meta, "og:site_name") or publisher or one(meta, "application-name") or called or host)


def _stated(
    tree: HtmlElement, found: Sequence[linkeddata.Node], stamps: Sequence[str], updated: Sequence[str], url: str
) -> str:
    """Return when the page came out by what it says of itself, and by its address.

    A `time` in the text may be a comment's or a teaser's, and only adds the hour of a day that is known.
    """
    pages = [linkeddata.first_string(node.get("datePublished")) for node in found if linkeddata.is_page(node)]
    told = [*stamps, *pages]
    day = moments.day_in(url)
    return moments.best([*told, *_times(tree)[:1]], updated, day) if day or moments.best(told) else ""


def _seen(tree: HtmlElement, updated: Sequence[str], url: str, headings: Sequence[str], language: str) -> str:
    """Return when the page came out by what stands in its text."""
    day = printed_day(tree, headings, language) or _searched(tree, url)
    times = _times(tree)
    same = [time for time in times if moments.best([time])[:10] == day]
    return moments.best(same, updated) or day or moments.best(times, updated)


def _times(tree: HtmlElement) -> list[str]:
    found = tree.xpath("//article//time/@datetime") or tree.xpath("//main//time/@datetime")
    return [*map(str, found[:_TIMES])]


def _stamps(tree: HtmlElement, story: linkeddata.Node, meta: Meta, key: str, names: Sequence[str]) -> list[str]:
    times = tree.xpath(f"//*[@itemprop='{key}']/@datetime") or (
        tree.xpath("//time[@pubdate]/@datetime") if key == "datePublished" else []
    )
    return [linkeddata.first_string(story.get(key)), *(one(meta, name) for name in names), *map(str, times[:1])]


def _searched(tree: HtmlElement, url: str) -> str:
    """The day that htmldate finds in the address or the text."""
    try:
        return find_date(tree, url=url or None, original_date=True, extensive_search=True) or ""
    except (ValueError, TypeError, RecursionError):
        return ""


def _language(tree: HtmlElement, story: linkeddata.Node, meta: Meta) -> str:
    """A BCP 47 tag, `de` or `de-AT`."""
    root = tree.xpath("/html/@lang | /html/@xml:lang")
    for tag in (
        *map(str, root),
        linkeddata.first_string(story.get("inLanguage")),
        one(meta, "og:locale", "content-language", "language"),
    ):
        found = regex.match(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}|\d{3}))?\b", tag)
        if found:
            return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")
    return ""


def _image(story: linkeddata.Node, meta: Meta, url: str) -> str:
    for candidate in (
        one(meta, "og:image:secure_url", "og:image", "og:image:url"),
        linkeddata.first_string(story.get("image")),
        one(meta, "twitter:image", "twitter:image:src"),
    ):
        try:
            whole = urljoin(url, candidate)
            if candidate and urlsplit(whole).scheme in {"http", "https"}:
                return whole
        except ValueError:
            continue
    return ""
