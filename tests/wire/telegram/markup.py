"""Telegram's HTML as its server reads it: text and entities with offsets in UTF-16 units, or a refusal."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
_ATTRIBUTES = {"a": {"href"}, "blockquote": {"expandable"}}


class Unreadable(Exception):
    """What Telegram answers with "can't parse entities"."""


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.entities: list[dict[str, Any]] = []
        self._open: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag, attrs):
        if tag not in _TAGS:
            raise Unreadable(f'Unsupported start tag "{tag}"')
        if {name for name, _ in attrs} - _ATTRIBUTES.get(tag, set()):
            raise Unreadable(f'Unexpected attribute in tag "{tag}"')
        entity = {"type": _TAGS[tag], "offset": units(self.text)}
        if tag == "a":
            entity["url"] = dict(attrs).get("href") or ""
        self._open.append((tag, entity))

    def handle_endtag(self, tag):
        if not self._open or self._open[-1][0] != tag:
            raise Unreadable(f'Unexpected end tag "{tag}"')
        _, entity = self._open.pop()
        entity["length"] = units(self.text) - entity["offset"]
        if entity["length"] and entity.get("url") != "":
            self.entities.append(entity)

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise Unreadable("Unsupported start tag")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def end(self) -> None:
        self.close()
        if self._open:
            raise Unreadable(f'Can\'t find end tag corresponding to start tag "{self._open[-1][0]}"')


def read_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and its entities in order. Raises Unreadable."""
    reader = _Reader()
    reader.feed(source)
    reader.end()
    order = sorted(reader.entities, key=lambda entity: (entity["offset"], -entity["length"]))
    return reader.text, order


def bounded(text: str, entities: list[dict[str, Any]]) -> bool:
    """Tell whether entities lie inside the text, and not inside a surrogate pair."""
    seams = {0}
    for char in text:
        seams.add(max(seams) + units(char))
    ends = [(entity["offset"], entity["offset"] + entity["length"]) for entity in entities]
    return all(start in seams and end in seams and start < end for start, end in ends)
