"""A message as Telegram's HTML, escaped by construction, measured as Telegram measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import regex
from markupsafe import Markup

from bot.core.foreign import harmless, web_address
from bot.core.message import Block, Form, Message, Span, Style, shortened

MEASURE = 4096
"""UTF-16 units of a text, after its markup was read."""
CAPTION = 1024
"""The same, below a photo."""
_ENTITIES = 100
_BYTES = 1 << 15
"""Markup included; the Bot API server refuses more unread."""

_STYLES = {
    Style.PLAIN: Markup("{}"),
    Style.STRONG: Markup("<b>{}</b>"),
    Style.EMPHASIS: Markup("<i>{}</i>"),
    Style.CODE: Markup("<code>{}</code>"),
}
_LINK = Markup('<a href="{}">{}</a>')
_FORMS = {
    Form.PARAGRAPH: Markup("{}"),
    Form.HEADING: Markup("<b>{}</b>"),
    Form.QUOTATION: Markup("<blockquote>{}</blockquote>"),
    Form.ITEM: Markup("• {}"),
}
_SPEAKER = Markup("{} — {}")
_SEEN = regex.compile(r"[^\s\p{Cc}\p{Cf}\p{Co}\u2800\ufffc\u030a\u0333\u033f]")
"""What Telegram does not take for nothing."""
_LINKED = regex.compile(r"((?<!\w)@|(?<=&)#)(?=\w)")
_UNLINKED = "\\1\u2060"
"""A word joiner keeps whoever has a name from the news at Telegram from being linked and called, and a feed's `&#8217;`
from being a hashtag."""
_NOTHING = "…"
"""Stands in a text without a visible character, which Telegram would refuse."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it goes over the wire."""

    html: str
    plain: str
    """What is left when the markup has been read."""
    entities: int
    links: tuple[str, ...]
    """Where its links of its own lead."""

    @property
    def used(self) -> int:
        """The text's length as Telegram counts it."""
        return units(self.plain)


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


@lru_cache(maxsize=256)
def rendered(message: Message) -> Rendered:
    """Return a message's words as one text; an alert to thousands of chats is rendered once."""
    html = _joined(message.blocks, _block)
    plain = _joined(message.blocks, _plain)
    spans = [span for block in message.blocks for span in block.spans]
    links = tuple(filter(None, (web_address(span.url) for span in spans)))
    styled = sum(span.style is not Style.PLAIN for span in spans)
    framed = sum(block.form in {Form.HEADING, Form.QUOTATION} for block in message.blocks)
    if not _SEEN.search(plain):
        return Rendered(_NOTHING, _NOTHING, 0, ())
    return Rendered(html, plain, len(links) + styled + framed, links)


def pictured(message: Message) -> bool:
    """Tell whether a message is shown with its photo: where all its words fit below, as no word goes for a picture."""
    return bool(message.photo) and fits(message, CAPTION)


@lru_cache(maxsize=256)
def cut(message: Message, measure: int = MEASURE) -> Message:
    """Return as much of a message as one text, or one caption, holds."""
    return shortened(message, partial(fits, measure=measure))


def fits(message: Message, measure: int = MEASURE) -> bool:
    """Tell whether a message can stand in one text, or one caption."""
    whole = rendered(message)
    return whole.used <= measure and whole.entities <= _ENTITIES and len(whole.html.encode()) <= _BYTES


def _joined(blocks: Sequence[Block], show: Callable[[Block], str]) -> str:
    """Join blocks as `Message.plain` does: rows of a list on lines of their own, a blank line between others."""
    parts = [show(block) for block in blocks[:1]]
    for before, block in pairwise(blocks):
        parts += ["\n" if before.form is block.form is Form.ITEM else "\n\n", show(block)]
    return "".join(parts)


def _block(block: Block) -> Markup:
    words = Markup("").join(map(_span, block.spans))
    if block.speaker:
        words = _SPEAKER.format(words, _words(block.speaker))
    return _FORMS[block.form].format(words)


def _span(span: Span) -> Markup:
    words = _STYLES[span.style].format(_words(span.text))
    address = web_address(span.url)
    return _LINK.format(address, words) if address else words


def _plain(block: Block) -> str:
    words = "".join(_words(span.text) for span in block.spans)
    row = f"• {words}" if block.form is Form.ITEM else words
    return f"{row} — {_words(block.speaker)}" if block.speaker else row


def _words(text: str) -> str:
    return _LINKED.sub(_UNLINKED, harmless(text))
