"""A message as HTML, escaped by construction: whatever is added to `Markup` is escaped by it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from bot.core.foreign import harmless, web_address
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
_PHOTO = Markup('<img src="/photos/'), Markup('" alt="'), Markup('">')
_NOTHING = Markup()


def fits(message: Message) -> bool:
    """Tell whether a message can stand in one post."""
    return len(message.plain) <= MEASURE


@lru_cache(maxsize=512)
def message_html(message: Message) -> Markup:
    """Return a message's photo, words and buttons as HTML; the buttons want a form around them.

    Remembered, as the same alert stands in many chats and the same posts on many pages.
    """
    html = _photo(message) if message.photo else _NOTHING
    html += _NOTHING.join(_run(form, blocks) for form, blocks in groupby(message.blocks, key=lambda block: block.form))
    if not message.actions:
        return html
    opening, closing = _ACTIONS
    return html + opening + _NOTHING.join(map(_action, message.actions)) + closing


def _photo(message: Message) -> Markup:
    """Return the photo; who can't see it is told the headline."""
    source, words, end = _PHOTO
    return source + message.photo + words + harmless(message.headline) + end


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
