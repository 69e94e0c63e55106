"""What stands in a page's meta elements and headings, tidied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import regex
from lxml.html import HtmlElement

Meta = Mapping[str, Sequence[str]]
"""The contents of all meta elements, by name, property or itemprop in lower case."""

_LETTERS = regex.compile(r"[^\W_]+")


def clean(text: str) -> str:
    """Return text with its runs of white space made single spaces."""
    return " ".join(text.split())


def metas(tree: HtmlElement) -> Meta:
    """Return a page's meta elements."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = clean(element.get("content") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(attribute) or "").strip().casefold()
            if name and content:
                found.setdefault(name, []).append(content)
    return found


def one(meta: Meta, *names: str) -> str:
    """Return the first content under the first of the names that there is; empty without one."""
    return next((meta[name][0] for name in names if name in meta), "")


def texts(tree: HtmlElement, path: str) -> list[str]:
    """Return the texts of the first elements of a path."""
    return [text for element in tree.xpath(path)[:20] if (text := clean(" ".join(element.itertext())))]


def letters(text: str) -> str:
    """Return the letters and figures alone, to compare names however they are set."""
    return "".join(_LETTERS.findall(text.casefold()))
