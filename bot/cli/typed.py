"""What is typed at the terminal or comes through a pipe, as text that can be kept and sent."""

from __future__ import annotations

import sys
import unicodedata
from base64 import b64encode
from pathlib import Path

from bot.cli.sources import STDIN
from bot.core.errors import UsageError

_MOST = 1_000_000
"""Bytes read from a pipe: far more than fits into an alert, which says so."""
_MOST_OF_PHOTO = 10_000_001
"""Bytes read of a photo: one more than any bot takes."""


def typed(text: str) -> str:
    """Return an argument. Raises UsageError where it was no UTF-8, or holds control characters."""
    for character in text:
        kind = unicodedata.category(character)
        if kind == "Cs":  # how Python carries bytes that it could not decode
            raise UsageError("terminal.no_utf8")
        if kind == "Cc" and character not in "\n\t":
            raise UsageError("terminal.control_character", code=f"U+{ord(character):04X}")
    return text


def piped(text: str) -> str:
    """Return a text, read from standard input where it is `-`. Raises UsageError."""
    if text != STDIN:
        return typed(text)
    try:
        read = sys.stdin.buffer.read(_MOST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("terminal.no_utf8") from None
    return typed(read.replace("\r\n", "\n"))


def photo_in(file: Path | None) -> str:
    """Return a photo's bytes in base64, nothing where no file is named. More than any photo may have are not read."""
    if file is None:
        return ""
    with file.open("rb") as opened:
        return b64encode(opened.read(_MOST_OF_PHOTO)).decode()


def story(text: str) -> str:
    """Return a headline, perhaps with lines of text below it, from the argument or the pipe. Raises UsageError."""
    told = piped(text)
    if not told.strip():
        raise UsageError("terminal.no_headline")
    return told
