"""A web page's bytes to a `Page`: the article and nothing of what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from configparser import ConfigParser
from copy import deepcopy
from functools import cache
from itertools import takewhile

import regex
from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import DEFAULT_CONFIG

from bot.core.model import Kind, Page
from bot.intake.dateline import split_dateline
from bot.intake.dropcaps import join_drop_caps
from bot.intake.encoding import decoded
from bot.intake.furniture import prune, without_furniture
from bot.intake.kinds import kind_of, signs
from bot.intake.language import language_of
from bot.intake.measure import measured
from bot.intake.metadata import metadata
from bot.intake.metatags import clean

_TAG = regex.compile(r"<[a-zA-Z!?/]")
_BROKEN = 0.02
"""Share of a text's characters that may be unreadable."""
_LITTLE = 600
"""Characters below which a second opinion is worth its time."""
_BRIEF = 250
_KICKER, _SENTENCE = 30, 50
"""Characters below which a line is no more than a kicker, and from which on a heading is a sentence."""
_PIECE = 1.5
"""How much longer the page's own text for machines has to be before it is preferred."""


def extract(body: bytes, url: str = "", content_type: str = "") -> Page:
    """Return what a page says, whatever it is: `kind` tells. Raises nothing, on any bytes.

    `url` is where the page came from; `content_type` the header's value, for its charset. It is pure, and meant to
    run in a child process: the time and memory that a hostile document takes are bounded there.
    """
    text = decoded(body, content_type)
    if not _TAG.search(text):
        return measured(_plain(text, url))
    tree = _parsed(text)
    if tree is None:
        return Page(kind=Kind.ERROR, url=url)
    found = metadata(tree, url)
    seen = signs(tree)
    prune(tree)
    join_drop_caps(tree)
    heads = {clean(head.text_content()) for head in tree.iter("h2", "h3", "h4", "h5", "h6")}
    paragraphs = without_furniture(_paragraphs(tree, url, found.body), found)
    dateline, opening = split_dateline(paragraphs[0]) if paragraphs else ("", "")
    if dateline and not opening:
        paragraphs = paragraphs[1:]
    page = Page(
        kind=kind_of(seen, found, paragraphs, url),
        url=found.url,
        title=found.title,
        byline=", ".join(found.authors),
        authors=found.authors,
        dateline=dateline,
        published=found.published,
        updated=found.updated,
        language=found.language or language_of(" ".join(paragraphs)[:2000]),
        site=found.site,
        image=found.image,
        standfirst=_standfirst(paragraphs, heads),
        paragraphs=paragraphs,
    )
    return measured(page)


def _standfirst(paragraphs: Sequence[str], heads: AbstractSet[str]) -> str:
    """Return the longest of the headings that open a text, if that is a sentence; empty where all are headings."""
    opening = [*takewhile(lambda paragraph: paragraph in heads or len(paragraph) < _KICKER, paragraphs)]
    longest = max(heads & {*opening}, key=len, default="")
    return longest if len(opening) < len(paragraphs) and len(longest) >= _SENTENCE else ""


def _plain(text: str, url: str) -> Page:
    """Return a document without any markup: a line is a paragraph. What is no text at all is an error."""
    broken = not text.strip() or text.count("\ufffd") > len(text) * _BROKEN
    lines = tuple(line for line in map(clean, text.splitlines()) if line)
    kind = Kind.ERROR if broken else Kind.ARTICLE
    return Page(kind=kind, url=url, language=language_of(text), paragraphs=() if broken else lines)


def _parsed(text: str) -> html.HtmlElement | None:
    """Parse what there is; None where there is no element at all."""
    if not text.strip():
        return None
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
        tree = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    return tree if isinstance(tree, html.HtmlElement) else None


def _paragraphs(tree: html.HtmlElement, url: str, body: str) -> tuple[str, ...]:
    """Return the article's text, a paragraph a line.

    trafilatura's own rules first, its slower second opinions where those found little; `body`, the text as the page
    gives it to machines, where both found only a piece of it.
    """
    found = _found(tree, url, fast=True)
    if sum(map(len, found)) < _LITTLE:
        found = max(found, _found(tree, url, fast=False), key=lambda lines: sum(map(len, lines)))
    if len(found) == 1:
        found = _told_apart(found[0], tree, url)
    told = tuple(line for line in map(clean, body.splitlines()) if line)
    piece = bool(found) and found[len(found) // 2] in clean(body)
    return told if piece and len(body) > _PIECE * sum(map(len, found)) else found


def _told_apart(lump: str, tree: html.HtmlElement, url: str) -> tuple[str, ...]:
    """Return the paragraphs of a text that came as one: of a brief, trafilatura gives all letters of its element."""
    apart = _found(tree, url, fast=True, least=1)
    whole = 2 * sum(map(len, apart)) > len(lump) and all(line in lump for line in apart)
    return apart if whole else (lump,)


def _found(tree: html.HtmlElement, url: str, *, fast: bool, least: int = _BRIEF) -> tuple[str, ...]:
    """Return what trafilatura finds, a paragraph a line; its last resort where that has fewer letters than `least`."""
    try:
        document = bare_extraction(
            tree, url=url or None, fast=fast, include_comments=False, include_tables=True, config=_configured(least)
        )
    except Exception:  # noqa: BLE001  # on hostile trees it raises whatever lxml and its own code come upon
        return ()
    text = str(getattr(document, "text", None) or "")
    return tuple(line.removeprefix("- ") for line in map(clean, text.splitlines()) if line)


@cache
def _configured(least: int) -> ConfigParser:
    config = deepcopy(DEFAULT_CONFIG)
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(least)
    return config
