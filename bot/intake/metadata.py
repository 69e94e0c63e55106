"""What a page says about its article: title, authors, times, site, language, image; JSON-LD and meta first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import regex
from htmldate import find_date
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author

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
_SEPARATOR = regex.compile(r"\s+(?:[|–—•·»«:-]|::)\s+|\s*[：｜ㅣ]\s*|--")
_SUFFIX = regex.compile(r"\s*[|–—•·»:：｜ㅣ(\[-]")
_MARKS = " |–—•·»«:：｜ㅣ-"
_BY = regex.compile(r"^(?:(?i:by|von|par|por|di|av|af|door|text|from)\b:?\s+|(?:\S+\s){1,2}(?:By|Von)\s(?=\p{Lu}))")
_PERSON = regex.compile(r"\p{Lu}[\p{L}.'’-]+(?:\s\p{L}[\p{L}.'’-]*){1,4}")
_BRACKETS = regex.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_AND = regex.compile(r"\s*(?:;|,|\||\s(?:and|und|et|y|e|och|og|en|&)\s)\s*")


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
    published = _stamps(tree, story, meta, "datePublished", _PUBLISHED)
    updated = _stamps(tree, story, meta, "dateModified", _UPDATED)
    return Metadata(
        url=address,
        title=_title(tree, story, meta, headings, site),
        authors=_authors(tree, story, meta, site),
        published=moments.best(published, updated) or _searched(tree, url),
        updated=moments.best(updated, published),
        language=_language(tree, story, meta),
        site=site,
        image=_image(story, meta, url),
        body=linkeddata.text(story.get("articleBody")),
        headings=(*headings, clean(linkeddata.first_string(story.get("headline"))), _one(meta, "og:title")),
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
    """The headline: never the site's name, nor with it.

    Newsrooms keep `og:title` the cleanest; what a shorter candidate shows to be its suffix is cut.
    """
    headline = clean(linkeddata.first_string(story.get("headline")))
    candidates = (
        _one(meta, "og:title"),
        headline,
        *(headings if len(headings) == 1 else ()),
        _one(meta, "twitter:title", "title", "dc.title"),
        *_texts(tree, "//head/title"),
        *headings[:1],
    )
    for candidate in candidates:
        title = _without_site(_without_suffix(candidate, (headline, *headings)), site)
        if title and _letters(title) != _letters(site):
            return title
    return ""


def _without_suffix(title: str, others: Sequence[str]) -> str:
    """Cut what stands behind a separator where another candidate is the title without it."""
    for other in others:
        if len(other) >= 10 and title.startswith(other) and _SUFFIX.match(title, len(other)):
            return other
    return title


def _without_site(title: str, site: str) -> str:
    """Cut the site's name off a title's end or beginning."""
    names = {_letters(site), _letters(site.rpartition(".")[0])}
    parts = [part for part in _SEPARATOR.split(title) if part]
    if len(parts) > 1 and _is_site(parts[-1], names):
        return title[: title.rindex(parts[-1])].rstrip(_MARKS)
    if len(parts) > 1 and _is_site(parts[0], names):
        return title[len(parts[0]) :].lstrip(_MARKS)
    return title


def _is_site(text: str, names: Collection[str]) -> bool:
    """Tell whether a few words are one of the site's names, or a longer or shorter form of it."""
    letters = _letters(text)
    return any(
        letters == name
        or (len(text.split()) <= 4 and min(len(letters), len(name)) >= 3 and (letters in name or name in letters))
        for name in names
        if name
    )


def _letters(text: str) -> str:
    return regex.sub(r"[\W_]+", "", text.casefold())


def _authors(
    tree: HtmlElement, story: linkeddata.Node, meta: Mapping[str, Sequence[str]], site: str
) -> tuple[str, ...]:
    """The people a page names; the newsroom itself only where no person is named anywhere."""
    names = {
        _letters(site),
        _letters(site.rpartition(".")[0]),
        *map(_letters, linkeddata.names(story.get("publisher"))),
    }
    stated = _named(_stated(story, meta))
    if stated and not all(_is_site(name, names) for name in stated):
        return stated
    marked = _named(_marked(tree))
    if marked and not all(_is_site(name, names) for name in marked):
        return marked
    guessed = _named([_guessed(tree)])
    people = tuple(name for name in guessed if _PERSON.fullmatch(name) and not _is_site(name, names))
    return people if guessed[:1] == people[:1] and people else stated


def _named(bylines: Sequence[str]) -> tuple[str, ...]:
    """The people that bylines name, each once, however it is written."""
    people = {_letters(name): name for byline in reversed(bylines) for name in reversed(split_names(byline))}
    return tuple(reversed(people.values()))


def _stated(story: linkeddata.Node, meta: Mapping[str, Sequence[str]]) -> list[str]:
    written = linkeddata.names(story.get("author")) or linkeddata.names(story.get("creator"))
    return written or [value for name in _AUTHORS for value in meta.get(name, ())]


def _marked(tree: HtmlElement) -> list[str]:
    """The names that the page marks as its author's, only those of the first byline."""
    links = tree.xpath("//*[@rel='author'] | //*[@itemprop='author']//*[@itemprop='name']")[:10]
    return [clean(link.text_content()) for link in links if link.getparent() is links[0].getparent()]


def _guessed(tree: HtmlElement) -> str:
    """What trafilatura takes for the byline."""
    return extract_author(tree) or ""


def split_names(byline: str) -> list[str]:
    """Return the people a byline names: without "By", roles in brackets, addresses and links."""
    if "://" in byline or len(byline) > 300:
        return []
    bare = _BY.sub("", _BRACKETS.sub("", clean(byline)))
    return [part.strip(" .") for part in _AND.split(bare) if _is_name(part)]


def _is_name(text: str) -> bool:
    """Tell a name from an address and a number."""
    return (
        1 < len(text) < 60
        and "@" not in text
        and not text.isdigit()
        and not regex.fullmatch(r"[a-z]+(?:[-_][a-z]+)+", text)
    )


def _stamps(
    tree: HtmlElement, story: linkeddata.Node, meta: Mapping[str, Sequence[str]], key: str, names: Sequence[str]
) -> list[str]:
    times = tree.xpath(f"//*[@itemprop='{key}']/@datetime") or (
        tree.xpath("//article//time/@datetime") or tree.xpath("//time[@pubdate]/@datetime")
        if key == "datePublished"
        else []
    )
    return [linkeddata.first_string(story.get(key)), *(_one(meta, name) for name in names), *map(str, times[:1])]


def _searched(tree: HtmlElement, url: str) -> str:
    """The day that htmldate finds in the address or the text."""
    try:
        return find_date(tree, url=url or None, original_date=True, extensive_search=True) or ""
    except (ValueError, TypeError, RecursionError):
        return ""


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
