"""A message as HTML, escaped by construction: whatever is added to `Markup` is escaped by it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

import regex
from markupsafe import Markup

from bot.core.message import Action, Block, Form, Message, Span, Style

MEASURE = 4000
"""Characters of plain text in one post."""

_STYLES = {
    Style.STRONG: (Markup("<strong>"), Markup("</strong>")),
    Style.EMPHASIS: (Markup("<em>"), Markup("</em>")),
    Style.CODE: (Markup("<code>"), Markup("</code>")),
}
_FORMS = {
    Form.PARAGRAPH: (Markup('<p dir="auto">'), Markup("</p>")),
    Form.HEADING: (Markup('<h3 dir="auto">'), Markup("</h3>")),
    Form.QUOTATION: (Markup('<blockquote dir="auto"><p dir="auto">'), Markup("</p></blockquote>")),
    Form.ITEM: (Markup('<li dir="auto">'), Markup("</li>")),
}
_SPEAKER = Markup("</p><footer>— <bdi>"), Markup("</bdi></footer></blockquote>")
_LIST = Markup("<ul>"), Markup("</ul>")
_LINK = Markup('<a href="'), Markup('" rel="nofollow noopener noreferrer" target="_blank">'), Markup("</a>")
_ACTIONS = Markup('<div class="actions">'), Markup("</div>")
_ACTION = Markup('<button name="line" value="'), Markup('" class="'), Markup('">'), Markup("</button>")
_NOTHING = Markup()

_UNSEEN = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]")
"""Control characters, and the bidi embeddings and overrides that could turn the words around them."""
_ODD = regex.compile(r"[\s\p{C}]")
_ISOLATES = regex.compile(r"[\u2066-\u2069]")
_END_ISOLATE = "\u2069"


def fits(message: Message) -> bool:
    """Tell whether a message can stand in one post."""
    return len(message.plain) <= MEASURE


@lru_cache(maxsize=512)
def message_html(message: Message) -> Markup:
    """Return a message's words and buttons as HTML; the buttons want a form around them.

    Remembered, as the same alert stands in many chats and the same posts on many pages.
    """
    html = _NOTHING.join(_run(form, blocks) for form, blocks in groupby(message.blocks, key=lambda block: block.form))
    if not message.actions:
        return html
    opening, closing = _ACTIONS
    return html + opening + _NOTHING.join(map(_action, message.actions)) + closing


def harmless(text: str) -> str:
    """Return foreign text without what could disturb its surroundings: controls go, open isolates are closed."""
    seen = _UNSEEN.sub("", text)
    still_open = 0
    for control in _ISOLATES.findall(seen):
        still_open = max(0, still_open + (-1 if control == _END_ISOLATE else 1))
    return seen + _END_ISOLATE * still_open


def web_address(url: str) -> str:
    """Return an address that may become a link, or nothing: http and https alone, and no odd characters."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and parts.hostname and not _ODD.search(url)
    except ValueError:
        return ""
    return url if fine else ""


def _run(form: Form, blocks: Iterable[Block]) -> Markup:
    inner = _NOTHING.join(map(_block, blocks))
    return _LIST[0] + inner + _LIST[1] if form is Form.ITEM else inner


def _block(block: Block) -> Markup:
    opening, closing = _FORMS[block.form]
    words = opening + _NOTHING.join(map(_span, block.spans))
    if not block.speaker:
        return words + closing
    if block.form is not Form.QUOTATION:
        return words + f" — {harmless(block.speaker)}" + closing
    return words + _SPEAKER[0] + harmless(block.speaker) + _SPEAKER[1]


def _span(span: Span) -> Markup:
    opening, closing = _STYLES.get(span.style, (_NOTHING, _NOTHING))
    words = opening + harmless(span.text) + closing
    address = web_address(span.url) if span.url else ""
    return _LINK[0] + address + _LINK[1] + words + _LINK[2] if address else words


def _action(action: Action) -> Markup:
    line, manner, label, end = _ACTION
    return line + action.line + manner + action.manner.value + label + harmless(action.label) + end
