"""Who wrote an article: people first, the newsroom itself only where no person is named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import regex
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author

from bot.intake import linkeddata
from bot.intake.headlines import is_site
from bot.intake.metatags import Meta, clean, letters

_AUTHORS = ("author", "article:author", "og:article:author", "parsely-author", "byl", "sailthru.author", "dc.creator",
            "dcterms.creator", "cxenseparse:author", "article:author_name", "authors", "mediator_author")  # fmt: skip
_BY = regex.compile(r"^(?:(?i:by|von|par|por|di|av|af|door|text|from)\b:?\s+|(?:\S+\s){1,2}(?:By|Von)\s(?=\p{Lu}))")
_PERSON = regex.compile(r"\p{Lu}[\p{L}.'’-]+(?:\s\p{L}[\p{L}.'’-]*){1,4}")
_BRACKETS = regex.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_SOURCE = regex.compile(r"(?:source|quelle|fuente|fonte|bron|kilde|foto|photo|bild)\b", regex.IGNORECASE)
_LABEL = regex.compile(
    r"(?:by|von|par|por|di|av|af|door|written by|reported by|words by|text|(?:the )?authors?|autor(?:in(?:nen)?)?"
    r"(?:/(?:autor|autorin|innen))?|auteurs?|autore|autrice|autora)\s*:?",
    regex.IGNORECASE,
)
_BETWEEN = regex.compile(r"(?:[,;/|]|and|und|et|y|e|och|og|en|&)", regex.IGNORECASE)
_AUTHORS_PAGE = regex.compile(
    r"/(?:authors?|autor(?:en|in|innen|es)?|auteurs?|autori?|contributors?)/(?:[\w-]+/)*[\w.-]+/?$"
)
_MOST_LINES = 3000
_AND = regex.compile(r"\s*(?:;|,|\||\s(?:and|und|et|y|e|och|og|en|&)\s)\s*")


def authors(tree: HtmlElement, story: linkeddata.Node, meta: Meta, site: str) -> tuple[str, ...]:
    """The people a page names; the newsroom itself only where no person is named anywhere."""
    names = {
        letters(site),
        letters(site.rpartition(".")[0]),
        *map(letters, linkeddata.names(story.get("publisher"))),
    }

    def is_own(name: str) -> bool:
        return is_site(name, names) or _initials(name) in names or letters(name) == _initials(site)

    stated = _named(_stated(story, meta))
    if stated and not all(map(is_own, stated)):
        return stated
    marked = _named(_marked(tree))
    if marked and not all(map(is_own, marked)):
        return marked
    for found in (_linked, _labelled, _guessed):
        guessed = _named(found(tree))
        people = tuple(name for name in guessed if _PERSON.fullmatch(name) and not is_own(name))
        longer = any(letters(name) in letters(person) for name in stated for person in people)
        if people and guessed[:1] == people[:1] and not longer:
            return people
    return stated


def _named(bylines: Sequence[str]) -> tuple[str, ...]:
    """The people that bylines name, each once, however it is written."""
    people = {letters(name): name for byline in reversed(bylines) for name in reversed(split_names(byline))}
    return tuple(reversed(people.values()))


def _stated(story: linkeddata.Node, meta: Meta) -> list[str]:
    written = linkeddata.names(story.get("author")) or linkeddata.names(story.get("creator"))
    return written or [value for name in _AUTHORS for value in meta.get(name, ())]


def _marked(tree: HtmlElement) -> list[str]:
    """The names that the page marks as its author's, only those of the first byline."""
    links = tree.xpath("//*[@rel='author'] | //*[@itemprop='author']//*[@itemprop='name']")[:10]
    return [clean(link.text_content()) for link in links if link.getparent() is links[0].getparent()]


def _linked(tree: HtmlElement) -> list[str]:
    """The names that lead to their bearers' own pages, only those of the first byline."""
    links = [link for link in tree.iter("a") if _AUTHORS_PAGE.search(link.get("href") or "")][:10]
    return [clean(link.text_content()) for link in links if link.getparent() is links[0].getparent()]


def _labelled(tree: HtmlElement) -> list[str]:
    """The names behind the first line that says nothing but that one wrote this."""
    found = tree.xpath("//body//text()[normalize-space() and not(ancestor::script or ancestor::style)]")
    lines = iter([*map(clean, found[:_MOST_LINES])])
    for line in lines:
        if _LABEL.fullmatch(line):
            names = [*takewhile(lambda each: _BETWEEN.fullmatch(each) or _PERSON.fullmatch(each), lines)]
            if names:
                return [name for name in names if not _BETWEEN.fullmatch(name)]
    return []


def _guessed(tree: HtmlElement) -> list[str]:
    """What trafilatura takes for the byline, unless that is a source's."""
    found = extract_author(tree) or ""
    return [] if _SOURCE.match(found) else [found]


def _initials(name: str) -> str:
    """Return the first letters of a name of several words, or what are no letters for a single one."""
    words = name.split()
    return "".join(letters(word)[:1] for word in words) if len(words) > 1 else "-"


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
        and not regex.fullmatch(r"[a-z]{2,}(?:[-_][a-z]+)+", text)
    )
