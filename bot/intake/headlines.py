"""A page's headline, told from the site's name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import regex
from lxml.html import HtmlElement

from bot.intake import linkeddata
from bot.intake.metatags import Meta, clean, letters, one, texts

_SEPARATOR = regex.compile(r"\s+(?:[|–—•·»«:-]|::)\s+|\s*[：｜ㅣ]\s*|:\s+|--")
_SUFFIX = regex.compile(r"\s*[|–—•·»:：｜ㅣ(\[-]")
_MARKS = " |–—•·»«:：｜ㅣ-"


def headline(tree: HtmlElement, story: linkeddata.Node, meta: Meta, headings: Sequence[str], site: str) -> str:
    """The headline: never the site's name, nor with it.

    Newsrooms keep `og:title` the cleanest, unless it names the site: then it is made by a template, and what the page
    prints and says of itself goes first. What a shorter candidate shows to be its suffix is cut.
    """
    headline = clean(linkeddata.first_string(story.get("headline")))
    shared = one(meta, "og:title")
    printed = headings if len(headings) == 1 else ()
    said = headline if _is_made(shared, site) and letters(headline) in map(letters, printed) else ""
    candidates = (
        said,
        shared,
        headline,
        *printed,
        one(meta, "twitter:title", "title", "dc.title"),
        *texts(tree, "//head/title"),
        *headings[:1],
    )
    for candidate in candidates:
        told = candidate if candidate == headline else _without_suffix(candidate, (headline, *headings))
        title = _without_site(told, site)
        if title and letters(title) != letters(site):
            return title
    return ""


def _is_made(title: str, site: str) -> bool:
    return _without_site(title, site) != title


def _without_suffix(title: str, others: Sequence[str]) -> str:
    """Cut what stands behind a separator where another candidate is the title without it."""
    for other in others:
        if len(other) >= 10 and title.startswith(other) and _SUFFIX.match(title, len(other)):
            return other
    return title


def _without_site(title: str, site: str) -> str:
    """Cut the site's name off a title's end or beginning."""
    names = {letters(site), letters(site.rpartition(".")[0])}
    parts = [part for part in _SEPARATOR.split(title) if part]
    if len(parts) > 1 and is_site(parts[-1], names):
        return title[: title.rindex(parts[-1])].rstrip(_MARKS)
    if len(parts) > 1 and is_site(parts[0], names):
        return title[len(parts[0]) :].lstrip(_MARKS)
    return title


def is_site(text: str, names: Collection[str]) -> bool:
    """Tell whether a few words are one of the site's names, or a longer or shorter form of it."""
    bare = letters(text)
    return any(
        bare == name or (len(text.split()) <= 4 and min(len(bare), len(name)) >= 3 and (bare in name or name in bare))
        for name in names
        if name
    )
