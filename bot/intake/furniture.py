"""What stands around an article and is none of it: headline, byline, share bar, comment form, related links."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import regex
from lxml.html import HtmlElement

from bot.intake.metadata import Metadata
from bot.intake.metatags import letters
from bot.intake.phrases import DATED, HELD, OPENING, PHRASES

_BYLINE = regex.compile(
    r"^\W*(?:written |reported |story |words )?(?:by|von|par|por|di|text|autor|author)\b\s*:?\s*\p{Lu}", regex.I
)
_ENDED = regex.compile(r"[.!?…。！？؟۔।:;][\"'”’»›)\]」』）\s]*$|[”»」』\"]$|[\u0e00-\u0eff\u1780-\u17ff]")
_HEAD_ROOM = 6
_LONGEST_LINE = 300
_LONGEST_HEAD = 120
_MOST_LOOSE = 4
_BLOCKS = ("p", "li", "h2", "h3", "h4", "h5", "h6")


def prune(tree: HtmlElement) -> None:
    """Take from a page the blocks that are nothing but a link to elsewhere, for they only lead away."""
    for block in [*tree.iter(*_BLOCKS)]:
        links = [link for link in block.iter("a") if not (link.get("href") or "#").startswith("#")]
        if not links or block.getparent() is None:
            continue
        text, linked = _size(block), sum(map(_size, links))
        if 0 < text <= linked and text < _LONGEST_LINE:
            block.drop_tree()


def _size(element: HtmlElement) -> int:
    return sum(len(part.strip()) for part in element.itertext())


def without_furniture(paragraphs: Sequence[str], found: Metadata) -> tuple[str, ...]:
    """Return only the article's own paragraphs, each once."""
    titles = {letters(title) for title in (found.title, *found.headings)} - {""}
    names = {letters(name) for name in found.authors} - {""}
    longest = max([_LONGEST_HEAD, *(2 * len(title) for title in titles)])
    kept: list[str] = []
    long: set[str] = set()
    for paragraph in paragraphs:
        at_top = len(kept) < _HEAD_ROOM
        again = paragraph in long
        heading = len(paragraph) <= longest and _is_head_matter(paragraph, titles, names, at_top=at_top)
        if not again and not heading and not is_furniture(paragraph):
            kept.append(paragraph)
            long |= {paragraph} if len(paragraph) > _LONGEST_HEAD else set()
    return _without_loose_end(kept)


def is_furniture(paragraph: str) -> bool:
    """Tell whether a paragraph is part of the page around an article, by its words alone."""
    if len(paragraph) > _LONGEST_LINE:
        return False
    if OPENING.fullmatch(paragraph) and not _ENDED.search(paragraph):
        return True
    if PHRASES.fullmatch(paragraph) or (len(paragraph) < 80 and DATED.fullmatch(paragraph)):
        return True
    lowered = paragraph.lower()
    return any(word in lowered and held.fullmatch(paragraph) for word, held in HELD)


def _is_head_matter(paragraph: str, titles: Collection[str], names: Collection[str], *, at_top: bool) -> bool:
    """Tell the headline (also with its kicker) and the byline, which pages repeat above the text."""
    bare = letters(paragraph)
    if not bare or bare in titles:
        return True
    if not at_top or len(paragraph) > 150:
        return False
    kicked = any(len(title) > 15 and bare.endswith(title) and len(bare) < 2 * len(title) for title in titles)
    byline = bool(_BYLINE.match(paragraph)) and not _ENDED.search(paragraph) and len(paragraph) < 100
    return kicked or bare in names or byline


def _without_loose_end(paragraphs: Sequence[str]) -> tuple[str, ...]:
    """Cut the few section heads that no text follows: teasers, as a rule. More of them are a list of the article's."""
    loose = 0
    while loose < len(paragraphs) and _is_head(paragraphs[-loose - 1]):
        loose += 1
    return tuple(paragraphs[:-loose] if 0 < loose <= _MOST_LOOSE and loose < len(paragraphs) else paragraphs)


def _is_head(paragraph: str) -> bool:
    return len(paragraph) < _LONGEST_HEAD and not _ENDED.search(paragraph)
