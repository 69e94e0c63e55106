"""What stands around an article and is none of it: headline, byline, share bar, comment form, related links."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import regex
from lxml.html import HtmlElement

from bot.intake.metadata import Metadata
from bot.intake.metatags import clean, letters
from bot.intake.phrases import DATED, HELD, OPENING, PHRASES

_BYLINE = regex.compile(
    r"^\W*(?:written |reported |story |words )?(?:by|von|par|por|di|text|autor|author)\b\s*:?\s*\p{Lu}", regex.I
)
_ENDED = regex.compile(r"[.!?…。！？؟۔।:;][\"'”’»›)\]」』）\s]*$|[”»」』\"]$|[\u0e00-\u0eff\u1780-\u17ff]")
_HEAD_ROOM = 6
_LONGEST_LINE = 300
_LONGEST_HEAD = 120
_MOST_LOOSE = 4
_LONGEST_BOX = 1500
_BOX = regex.compile(
    r"(?<![\p{L}\d])(?:(?:author|writer|contributor)s?[-_]*(?:bio|box|about|description)"
    r"|about[-_]*(?:the[-_]*)?author|bio[-_]text|pull[-_]*quotes?)(?![\p{L}\d])",
    regex.IGNORECASE,
)
"""What boxes are called that are none of the text: who wrote it, and what it says once more in large letters."""
_BOXES = (
    "//*[self::div or self::section or self::aside or self::p or self::figure or self::blockquote or self::q][@class]"
)
_OPENING_MARKS = tuple("“„«»\"‘'「『")
_CARD = regex.compile(r"rollover|popover|tooltip|hover-?card", regex.IGNORECASE)
_NEW_WINDOW = regex.compile(
    r"\((?:opens in (?:a )?new (?:window|tab)|öffnet (?:sich )?(?:in|im) (?:einem )?neue[nms]? (?:fenster|tab)"
    r"|(?:s['’]ouvre|ouverture) dans (?:une nouvelle fenêtre|un nouvel onglet)"
    r"|se abre en (?:una (?:nueva )?ventana(?: nueva)?|una nueva pestaña)"
    r"|si apre in (?:una nuova finestra|una nuova scheda)|abre em (?:uma )?nova (?:janela|aba)"
    r"|opent in (?:een )?nieuw (?:venster|tabblad))\)",
    regex.IGNORECASE,
)
_BLOCKS = ("p", "li", "h2", "h3", "h4", "h5", "h6")


def prune(tree: HtmlElement) -> None:
    """Take from a page what stands within its text and is none of it; a table that only lays out is made none."""
    for block in [*tree.iter(*_BLOCKS)]:
        if _leads_away(block):
            block.drop_tree()
    for box in tree.xpath(_BOXES):
        if _BOX.search(box.get("class")) and box.getparent() is not None and _size(box) < _LONGEST_BOX:
            box.drop_tree()
    for cited in tree.xpath("//blockquote//cite"):
        _attribute(cited)
    for remark in tree.xpath("//a//span[starts-with(normalize-space(), '(')]"):
        if _NEW_WINDOW.fullmatch(remark.text_content().strip()):
            remark.drop_tree()
    for card in _cards(tree):
        card.drop_tree()
    for part in tree.xpath(
        "//table[.//td//p]/descendant-or-self::*[self::table or self::tbody or self::tr or self::td]"
    ):
        part.tag = "div"


def _attribute(cited: HtmlElement) -> None:
    """Put a quotation that its markup alone sets apart into marks, and who is cited at its end on its line.

    Else it would read as the newsroom's own words.
    """
    quoted = next(cited.iterancestors("blockquote"))
    for block in quoted.iter("p", "div", "br", "li"):
        block.tail = f" {block.tail or ''}"
    text, name = clean(quoted.text_content()), clean(cited.text_content())
    words = text.removesuffix(name).rstrip("—–―- ")
    if name and words and text.endswith(name) and len(text) < _LONGEST_BOX:
        quoted.clear()
        quoted.text = f"{words if words.startswith(_OPENING_MARKS) else f'“{words}”'} — {name}"


def _leads_away(block: HtmlElement) -> bool:
    """Tell a block that is nothing but a link to elsewhere."""
    links = [link for link in block.iter("a") if not (link.get("href") or "#").startswith("#")]
    if not links or block.getparent() is None:
        return False
    text, linked = _size(block), sum(map(_size, links))
    return 0 < text <= linked and text < _LONGEST_LINE


def _cards(tree: HtmlElement) -> list[HtmlElement]:
    """Find the cards of links that open over a name; the innermost, as around them stands the name itself."""
    cards = [card for card in tree.xpath("//p//span[count(.//a) > 1][@class]") if _CARD.search(card.get("class"))]
    return [card for card in cards if not any(inner in cards for inner in card.iterdescendants("span"))]


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
