"""A drop cap that the markup sets apart with a space, joined to the word that it opens: "N a" is "Na"."""

from __future__ import annotations

import regex
from lxml.html import HtmlElement

_NAMED = regex.compile(r"drop-?_?cap|initial|first-?_?letter|lettrine|capital", regex.IGNORECASE)
_CAP = regex.compile(r"\s*[\"“„«»‚‘']?\s*(\p{Lu})\s*")
_GOES_ON = regex.compile(r"\s*\p{Ll}")
_WORDS = frozenset("AEIOUYVSZKWÀÁÉÓ")
"""Letters that are a word in some language; in German none is."""


def join_drop_caps(tree: HtmlElement) -> None:
    """Take the space out between a paragraph's first letter, which its class tells apart, and the rest of the word."""
    german = (tree.get("lang") or "").lower().startswith("de")
    for element in tree.xpath("//p//*[@class][not(*)][string-length(normalize-space()) < 3]"):
        found = _CAP.fullmatch(element.text or "")
        if found and _NAMED.search(element.get("class")) and (german or found[1] not in _WORDS):
            _join(element)


def _join(cap: HtmlElement) -> None:
    outer = cap
    while not (outer.tail or "").strip() and outer.getnext() is None and outer.getparent().tag != "p":
        outer = outer.getparent()
    after = outer.getnext()
    rest = outer.tail if (outer.tail or "").strip() or after is None else after.text
    if not _GOES_ON.match(rest or ""):
        return
    cap.text = cap.text.rstrip()
    outer.tail = (outer.tail or "").lstrip() or None
    if after is not None and outer.tail is None:
        after.text = (after.text or "").lstrip()
    while cap is not outer:
        cap.tail = None
        cap = cap.getparent()
