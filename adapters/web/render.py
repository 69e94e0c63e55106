"""A message as HTML, escaped by construction: text only ever enters through `Markup.format`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from urllib.parse import urlsplit

import regex
from markupsafe import Markup

from bot.core.message import Action, Block, Form, Message, Span, Style

MEASURE = 4000
"""Characters of plain text in one post."""

_STYLES = {
    Style.PLAIN: Markup("{}"),
    Style.STRONG: Markup("<strong>{}</strong>"),
    Style.EMPHASIS: Markup("<em>{}</em>"),
    Style.CODE: Markup("<code>{}</code>"),
}
_LINK = Markup('<a href="{}" rel="nofollow noopener noreferrer" target="_blank">{}</a>')
_BLOCKS = {
    Form.PARAGRAPH: Markup('<p dir="auto">{}</p>'),
    Form.HEADING: Markup('<h3 dir="auto">{}</h3>'),
    Form.QUOTATION: Markup('<blockquote dir="auto"><p dir="auto">{}</p></blockquote>'),
    Form.ITEM: Markup('<li dir="auto">{}</li>'),
}
_SPOKEN = Markup('<blockquote dir="auto"><p dir="auto">{}</p><footer>— <bdi>{}</bdi></footer></blockquote>')
_LIST = Markup("<ul>{}</ul>")
_ACTIONS = Markup('<div class="actions">{}</div>')
_ACTION = Markup('<button name="line" value="{}" class="{}">{}</button>')

_UNSEEN = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]")
"""Control characters, and the bidi embeddings and overrides that could turn the words around them."""
_ISOLATES = regex.compile(r"[\u2066-\u2069]")
_END_ISOLATE = "\u2069"


def fits(message: Message) -> bool:
    """Tell whether a message can stand in one post."""
    return len(message.plain) <= MEASURE


def message_html(message: Message) -> Markup:
    """Return a message's words and buttons as HTML; the buttons want a form around them."""
    parts = [_run(form, blocks) for form, blocks in groupby(message.blocks, key=lambda block: block.form)]
    if message.actions:
        parts.append(_ACTIONS.format(Markup("").join(map(_action, message.actions))))
    return Markup("").join(parts)


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
        fine = parts.scheme in {"http", "https"} and parts.hostname and not regex.search(r"[\s\p{C}]", url)
    except ValueError:
        return ""
    return url if fine else ""


def _run(form: Form, blocks: Iterable[Block]) -> Markup:
    inner = Markup("").join(map(_block, blocks))
    return _LIST.format(inner) if form is Form.ITEM else inner


def _block(block: Block) -> Markup:
    words = Markup("").join(map(_span, block.spans))
    if block.speaker:
        return _SPOKEN.format(words, harmless(block.speaker))
    return _BLOCKS[block.form].format(words)


def _span(span: Span) -> Markup:
    words = _STYLES[span.style].format(harmless(span.text))
    address = web_address(span.url)
    return _LINK.format(address, words) if address else words


def _action(action: Action) -> Markup:
    return _ACTION.format(action.line, action.manner.value, harmless(action.label))
