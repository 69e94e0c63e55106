"""A snapshot: all documents of one kind as they stood after a commit, in a file that is replaced as a whole.

The first line is a header with the kind, the commit and the number of documents; then come arrays of documents, some
hundred a line, and a last line with the CRC-32 of all before it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from bot.core.codec import decode, encode
from bot.core.model import Document
from store.disk import replace_file
from store.journal import FORMAT, damaged
from store.plain import loaded

SUFFIX = ".snapshot"
_A_LINE = 200
_CHECKSUM = 9
"""Bytes of the last line."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot file says."""

    kind: str
    through: int
    """Number of the last commit it contains."""
    documents: dict[str, Any]
    """Id to document, or to its plain fields where its class is not loaded."""
    size: int
    """Bytes of the file."""


def write_snapshot(folder: Path, kind: str, through: int, documents: list[Any]) -> int:
    """Put a snapshot in the place of the one before, and return its size in bytes. Raises OSError."""
    return replace_file(folder / f"{kind}{SUFFIX}", _pieces(kind, through, documents))


def _pieces(kind: str, through: int, documents: list[Any]) -> Iterator[bytes]:
    header = {"format": FORMAT, "kind": kind, "through": through, "count": len(documents)}
    checksum = 0
    for line in _lines(header, documents):
        checksum = crc32(line, checksum)
        yield line
        time.sleep(0)  # lets the event loop's thread run: this one would hold it up for milliseconds
    yield b"%08x\n" % checksum


def _lines(header: object, documents: list[Any]) -> Iterator[bytes]:
    yield encode(header) + b"\n"
    for start in range(0, len(documents), _A_LINE):
        yield encode(documents[start : start + _A_LINE]) + b"\n"


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot, its documents as instances of their class where that is loaded.

    A line at a time, so that nothing is in memory twice. Raises `StoreError` where it is not as it was written.
    """
    size = _checked(path)
    kind = loaded(path.stem)
    with path.open("rb") as file:
        header = orjson.loads(file.readline())
        if header["format"] != FORMAT or header["kind"] != path.stem:
            raise damaged(path, 0)
        documents: dict[str, Any] = {}
        while file.tell() < size - _CHECKSUM:
            documents.update(_members(kind, file.readline()))
    return Snapshot(header["kind"], header["through"], documents, size)


def _members(kind: type[Document] | None, line: bytes) -> list[tuple[str, Any]]:
    """Return a line's documents by id; where one is not of the class, all as plain fields, for whoever asks for it."""
    if kind is not None:
        with suppress(ValueError):
            documents: list[Document] = decode(list[kind], line)  # type: ignore[valid-type]  # it is one
            return [(document.id, document) for document in documents]
    return [(plain["id"], plain) for plain in orjson.loads(line)]


def _checked(path: Path) -> int:
    """Return a snapshot's size in bytes. Raises `StoreError` where the last line is not the checksum of all before."""
    checksum, left = 0, path.stat().st_size - _CHECKSUM
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            checksum, left = crc32(piece, checksum), left - len(piece)
        if left or file.read() != b"%08x\n" % checksum:
            raise damaged(path, 0)
        return file.tell()
