"""Who wrote an article: people first, the newsroom itself only where no person is named."""

from __future__ import annotations

from collections.abc import Sequence

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
_AND = regex.compile(r"\s*(?:;|,|\||\s(?:and|und|et|y|e|och|og|en|&)\s)\s*")


def authors(tree: HtmlElement, story: linkeddata.Node, meta: Meta, site: str) -> tuple[str, ...]:
    """The people a page names; the newsroom itself only where no person is named anywhere."""
    names = {
        letters(site),
        letters(site.rpartition(".")[0]),
        *map(letters, linkeddata.names(story.get("publisher"))),
    }
    stated = _named(_stated(story, meta))
    if stated and not all(is_site(name, names) for name in stated):
        return stated
    marked = _named(_marked(tree))
    if marked and not all(is_site(name, names) for name in marked):
        return marked
    guessed = _named([_guessed(tree)])
    people = tuple(name for name in guessed if _PERSON.fullmatch(name) and not is_site(name, names))
    return people if guessed[:1] == people[:1] and people else stated


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
