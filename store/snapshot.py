"""A snapshot: all documents of one kind as they stood after a commit, in a file that is replaced as a whole.

The first line is a header with the kind, the commit and the number of documents; then come arrays of documents, some
hundred a line, and a last line with the CRC-32 of all before it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from bot.core.codec import encode
from store.disk import replace_file
from store.journal import FORMAT, damaged

SUFFIX = ".snapshot"
_A_LINE = 200


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot file says."""

    kind: str
    through: int
    """Number of the last commit it contains."""
    documents: dict[str, Any]
    """Id to plain fields."""
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
    """Read a snapshot. Raises `StoreError` where it is not as it was written."""
    data = path.read_bytes()
    body, checksum = data[:-9], data[-9:]
    if checksum != b"%08x\n" % crc32(body):
        raise damaged(path, 0)
    lines = iter(body.removesuffix(b"\n").split(b"\n"))
    header = orjson.loads(next(lines))
    if header["format"] != FORMAT or header["kind"] != path.stem:
        raise damaged(path, 0)
    documents = {document["id"]: document for line in lines for document in orjson.loads(line)}
    return Snapshot(header["kind"], header["through"], documents, len(data))
