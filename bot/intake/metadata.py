"""What a page says about its article: title, authors, times, site, language, image; JSON-LD and meta first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import regex
from lxml.html import HtmlElement

from bot.intake import linkeddata, moments

_SPACE = regex.compile(r"\s+")
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "date", "pubdate", "publishdate", "publish-date", "publish_date", "published_time",
    "publication_date", "publicationdate", "article.published", "dc.date.issued", "dcterms.date", "dc.date",
    "dcterms.created", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "rnews:datepublished",
)  # fmt: skip
_UPDATED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified", "lastmod",
            "last-modified", "dcterms.modified", "article.updated")  # fmt: skip
_AUTHORS = ("author", "article:author", "og:article:author", "parsely-author", "byl", "sailthru.author", "dc.creator",
            "dcterms.creator", "cxenseparse:author", "article:author_name", "authors", "mediator_author")  # fmt: skip
_SITE_SUFFIX = regex.compile(r"\s+(?:[|–—•·»:-]|::)\s+")


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
    types: frozenset[str] = frozenset()
    """The JSON-LD types of the page's objects and its Open Graph type, in lower case."""
    free: bool = True
    """Whether the page says that everybody may read all of it."""


def metadata(tree: HtmlElement, url: str) -> Metadata:
    """Read a page's metadata. `url` is where it came from, for relative addresses."""
    meta = _metas(tree)
    found = linkeddata.nodes(tree)
    address = _address(tree, meta, url)
    headings = _texts(tree, "//h1")
    heads = {text.casefold() for text in (*headings, _one(meta, "og:title")) if text}
    story = linkeddata.main_story(found, {address, url} - {""}, heads)
    site = _site(story, meta, url)
    return Metadata(
        url=address,
        title=_title(tree, story, meta, headings, site),
        authors=_authors(tree, story, meta),
        published=moments.best(_stamps(tree, story, meta, "datePublished", _PUBLISHED)),
        updated=moments.best(_stamps(tree, story, meta, "dateModified", _UPDATED)),
        language=_language(tree, story, meta),
        site=site,
        image=_image(story, meta, url),
        types=frozenset(kind for node in found for kind in linkeddata.types(node)) | {_one(meta, "og:type").casefold()},
        free=str(story.get("isAccessibleForFree", True)).casefold() != "false",
    )


def clean(text: str) -> str:
    """Return text with its runs of white space made single spaces."""
    return _SPACE.sub(" ", text).strip()


def _metas(tree: HtmlElement) -> Mapping[str, Sequence[str]]:
    """All meta elements by name, property or itemprop, in lower case."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = clean(element.get("content") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(attribute) or "").strip().casefold()
            if name and content:
                found.setdefault(name, []).append(content)
    return found


def _one(meta: Mapping[str, Sequence[str]], *names: str) -> str:
    return next((meta[name][0] for name in names if name in meta), "")


def _texts(tree: HtmlElement, path: str) -> list[str]:
    return [text for element in tree.xpath(path)[:20] if (text := clean(" ".join(element.itertext())))]


def _address(tree: HtmlElement, meta: Mapping[str, Sequence[str]], url: str) -> str:
    """The canonical address, if it lies on the same host: a page must not pass for another site's."""
    links = [element.get("href") or "" for element in tree.xpath("//link[@rel='canonical'][@href]")[:1]]
    for candidate in (*links, _one(meta, "og:url")):
        try:
            whole = urljoin(url, candidate)
            if candidate and urlsplit(whole).scheme in {"http", "https"} and _host(whole) == _host(url):
                return str(whole).partition("#")[0]
        except ValueError:
            continue
    return url


def _host(url: str) -> str:
    return str(urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")


def _site(story: linkeddata.Node, meta: Mapping[str, Sequence[str]], url: str) -> str:
    publisher = next(iter(linkeddata.names(story.get("publisher"))), "")
    try:
        host = _host(url)
    except ValueError:
        host = ""
    return clean(_one(meta, "og:site_name") or publisher or _one(meta, "application-name") or host)


def _title(
    tree: HtmlElement, story: linkeddata.Node, meta: Mapping[str, Sequence[str]], headings: Sequence[str], site: str
) -> str:
    """The headline: never the site's name, nor with it."""
    candidates = (
        linkeddata.first_string(story.get("headline")),
        _one(meta, "og:title"),
        *(headings if len(headings) == 1 else ()),
        _one(meta, "twitter:title", "title", "dc.title"),
        *_texts(tree, "//head/title"),
        *headings[:1],
    )
    for candidate in candidates:
        title = _without_site(clean(candidate), site)
        if title and title.casefold() != site.casefold():
            return title
    return ""


def _without_site(title: str, site: str) -> str:
    """Cut the site's name off a title's end or beginning."""
    parts = _SITE_SUFFIX.split(title)
    names = {_letters(site), _letters(site.rpartition(".")[0])} - {""}
    if len(parts) > 1 and _letters(parts[-1]) in names:
        return title[: title.rindex(parts[-1])].rstrip(" |–—•·»:-")
    if len(parts) > 1 and _letters(parts[0]) in names:
        return title[len(parts[0]) :].lstrip(" |–—•·»:-")
    return title


def _letters(text: str) -> str:
    return regex.sub(r"[\W_]+", "", text.casefold())


def _authors(tree: HtmlElement, story: linkeddata.Node, meta: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    sources = (
        linkeddata.names(story.get("author")) or linkeddata.names(story.get("creator")),
        [value for name in _AUTHORS for value in meta.get(name, ())],
        _texts(tree, "//*[@rel='author'] | //*[@itemprop='author']//*[@itemprop='name']"),
    )
    for source in sources:
        people = [person for value in source for person in split_names(value)]
        if people:
            return tuple(dict.fromkeys(people))
    return ()


def split_names(byline: str) -> list[str]:
    """Return the people a byline names: without "By", addresses and links."""
    if "://" in byline or len(byline) > 300:
        return []
    bare = regex.sub(
        r"^\s*(?:by|von|par|por|di|av|af|door|door:|text:|from)\s+", "", clean(byline), flags=regex.IGNORECASE
    )
    parts = regex.split(r"\s*(?:;|,|\||\s(?:and|und|et|y|e|och|og|en|&)\s)\s*", bare)
    return [part.strip(" .") for part in parts if 1 < len(part) < 60 and "@" not in part]


def _stamps(
    tree: HtmlElement, story: linkeddata.Node, meta: Mapping[str, Sequence[str]], key: str, names: Sequence[str]
) -> list[str]:
    times = tree.xpath(f"//*[@itemprop='{key}']/@datetime") or (
        tree.xpath("//article//time/@datetime") or tree.xpath("//time[@pubdate]/@datetime")
        if key == "datePublished"
        else []
    )
    return [linkeddata.first_string(story.get(key)), *(_one(meta, name) for name in names), *map(str, times[:1])]


def _language(tree: HtmlElement, story: linkeddata.Node, meta: Mapping[str, Sequence[str]]) -> str:
    """A BCP 47 tag, `de` or `de-AT`."""
    root = tree.xpath("/html/@lang | /html/@xml:lang")
    for tag in (
        *map(str, root),
        linkeddata.first_string(story.get("inLanguage")),
        _one(meta, "og:locale", "content-language", "language"),
    ):
        found = regex.match(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}|\d{3}))?\b", tag)
        if found:
            return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")
    return ""


def _image(story: linkeddata.Node, meta: Mapping[str, Sequence[str]], url: str) -> str:
    for candidate in (
        _one(meta, "og:image:secure_url", "og:image", "og:image:url"),
        linkeddata.first_string(story.get("image")),
        _one(meta, "twitter:image", "twitter:image:src"),
    ):
        try:
            whole = urljoin(url, candidate)
            if candidate and urlsplit(whole).scheme in {"http", "https"}:
                return whole
        except ValueError:
            continue
    return ""
