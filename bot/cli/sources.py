"""What a reading command is given: addresses, files, or JSON Lines on standard input."""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from bot.core.errors import NotFound, UsageError

STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to read: a line's fields, or an argument put into the same shape."""

    id: Any
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: UsageError | None = None
    """Why the line could not be understood."""

    def text(self, name: str) -> str:
        """Return a field's text, empty where it is absent or null. Raises `UsageError` where it is no text."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise UsageError("error.field_no_text", field=name)
        return value

    def headers(self) -> dict[str, str]:
        """Return the field `headers` with lower-case names."""
        value = self.fields.get("headers") or {}
        if not isinstance(value, dict):
            raise UsageError("error.field_no_object", field="headers")
        return {str(name).lower(): str(content) for name, content in value.items()}

    def document(self) -> bytes | None:
        """Return the document that came with the item, or None where it has to be fetched."""
        if "file" in self.fields:
            return _contents(Path(self.text("file")))
        if self.fields.get("html") is not None:
            return self.text("html").encode()
        if self.fields.get("base64") is not None:
            return _unpacked(self.text("base64"))
        return None


def items(sources: Sequence[str]) -> Iterator[Item]:
    """Yield what is to be read, in order; lines of standard input as they come."""
    for source in sources:
        if source == STDIN:
            yield from map(_of_line, filter(bytes.strip, sys.stdin.buffer))
        elif source.startswith(("http://", "https://")):
            yield Item(id=source, fields={"url": source})
        else:
            yield Item(id=source, fields={"file": source})


def numbered(source: str) -> Iterator[tuple[int, Item]]:
    """Yield the items of a file of JSON Lines, or of standard input as they come, with the numbers of their lines."""
    with _opened(source) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, _of_line(line)


def _opened(source: str) -> AbstractContextManager[IO[bytes]]:
    if source == STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise NotFound("error.no_file", path=source) from error


def _of_line(line: bytes) -> Item:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Item(id=None, problem=UsageError("error.line_no_json"))
    if not isinstance(fields, dict):
        return Item(id=None, problem=UsageError("error.line_no_object"))
    return Item(id=fields.get("id"), fields={name: value for name, value in fields.items() if name != "file"})


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound("error.no_file", path=path) from error


def _unpacked(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise UsageError("error.field_no_base64", field="base64") from error
