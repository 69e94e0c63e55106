"""The journal: an fsynced file of commits, a line each, that a crash leaves whole but for what nobody was promised.

A line is a CRC-32 in hexadecimal, a space and JSON. The first line names the commit before the file's first (`after`)
and, for each kind, the last commit up to then that touched it (`kinds`). The others are commits: their number `n`, the
number `s` of the first commit that went to disk in the same step, and what they leave behind, `t`: kind to id to
document, or null where it was removed. A commit with `r` replaces everything there was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from bot.core.codec import encode
from bot.core.errors import StoreError
from store.disk import flush, flush_folder, replace_file, write_all

FORMAT = 1
SUFFIX = ".journal"

Tables = Mapping[str, Mapping[str, Any]]
"""Kind to id to document: a document of ours, its plain fields, or None where it was removed."""

_LINE = re.compile(rb'[0-9a-f]{8} \{"n":')


@dataclass(frozen=True, slots=True)
class Patch:
    """What one commit leaves behind."""

    tables: Tables
    everything: bool = False
    """Whether the tables replace all there was."""
    json: bytes = b""
    """The tables as they are written."""

    @classmethod
    def of(cls, tables: Tables, *, everything: bool = False) -> Patch:
        """Return a patch ready to be written. Raises TypeError or ValueError for documents that JSON can't hold."""
        return cls(tables, everything, encode(tables))


@dataclass(frozen=True, slots=True)
class Record:
    """A commit as it stands in the journal."""

    number: int
    together: int
    """Number of the first commit that was made durable in the same step."""
    patch: Patch


@dataclass(slots=True)
class Segment:
    """One file of the journal, as it was read."""

    path: Path
    after: int
    kinds: Mapping[str, int]
    records: list[Record] = field(default_factory=list)
    size: int = 0
    """Bytes up to the end of the last whole record."""

    @property
    def last(self) -> int:
        """Number of the last commit in it, or before it."""
        return self.after + len(self.records)


def read_segment(path: Path, *, newest: bool) -> Segment:
    """Read one file of the journal.

    What a power cut tore off the end of the newest is left out. Raises `StoreError` for any other damage.
    """
    data = path.read_bytes()
    lines = _lines(data)
    end, head = next(lines, (0, None))
    if head is None or head.get("format") != FORMAT:
        raise damaged(path, 0)
    segment = Segment(path, head["after"], head["kinds"], size=end)
    for end, body in lines:
        if body is None or body["n"] != segment.last + 1:
            break
        segment.records.append(Record(body["n"], body["s"], Patch(body["t"], everything=bool(body.get("r")))))
        segment.size = end
    torn = data[segment.size :]
    if torn and not (newest and _never_promised(torn, segment.last + 1)):
        raise damaged(path, segment.size)
    return segment


def damaged(path: Path, offset: int) -> StoreError:
    """Return the error for a file that something other than a power cut has changed."""
    return StoreError("error.store_damaged", file=path.name, offset=offset)


def _lines(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield where each line ends and its JSON; None for a line that is not as it was written, and nothing after it."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        body = _checked(data[start:end]) if end >= 0 else None
        yield end + 1, body
        if body is None:
            return
        start = end + 1


def _checked(line: bytes) -> Any:
    """Return the JSON of a line, or None where its checksum is not its own."""
    return orjson.loads(line[9:]) if line[:9] == b"%08x " % crc32(line[9:]) else None


def _never_promised(torn: bytes, number: int) -> bool:
    """Tell whether the tail from commit `number` on may be a step that was cut short, and so was never acknowledged.

    Disks write pages in any order, so a whole record may follow a torn one of the same step. One of a later step proves
    that the torn one had been acknowledged. Inside a document the pattern can't occur: JSON escapes its quote.
    """
    for match in _LINE.finditer(torn):
        end = torn.find(b"\n", match.start())
        body = _checked(torn[match.start() : end]) if end >= 0 else None
        if body is not None and body["s"] > number:
            return False
    return True


class Journal:
    """The newest file of the journal, open for appending."""

    def __init__(self, segment: Segment) -> None:
        """Continue a segment: cut off what is torn, and make durable what a killed process left to the system."""
        self._descriptor = os.open(segment.path, os.O_RDWR | os.O_APPEND)
        self.path = segment.path
        self.last = segment.last
        self.size = segment.size
        self._suspect = True
        self.repair()

    @classmethod
    def create(cls, folder: Path, after: int, kinds: Mapping[str, int]) -> Journal:
        """Begin a new file; it is there whole or not at all."""
        head = _written(orjson.dumps({"format": FORMAT, "after": after, "kinds": kinds}))
        path = folder / f"{after:020d}{SUFFIX}"
        try:
            replace_file(path, [head])
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return cls(Segment(path, after, kinds, size=len(head)))

    def append(self, patches: Sequence[Patch]) -> None:
        """Make commits durable in one step. Raises OSError; then nothing of them is kept."""
        first = self.last + 1
        lines = [_written(_body(number, first, patch)) for number, patch in enumerate(patches, first)]
        self.repair()
        self._suspect = True
        try:
            written = write_all(self._descriptor, b"".join(lines))
            flush(self._descriptor)
        except OSError:
            self._try_repair()
            raise
        self._suspect = False
        self.size += written
        self.last += len(patches)

    def repair(self) -> None:
        """Cut off what a failed append has left behind. Raises OSError."""
        if self._suspect:
            os.ftruncate(self._descriptor, self.size)
            flush(self._descriptor)
            self._suspect = False

    def _try_repair(self) -> None:
        """Repair now, so that a crash can't bring back what was refused; where that fails too, the next append must."""
        try:
            self.repair()
        except OSError:
            return

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def _body(number: int, first: int, patch: Patch) -> bytes:
    end = b',"r":true}' if patch.everything else b"}"
    return b'{"n":%d,"s":%d,"t":%b%b' % (number, first, patch.json, end)


def _written(body: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(body), body)


def drop_segments(folder: Path, through: int) -> None:
    """Remove the files whose commits are all in snapshots: those that end at commit `through` or before it."""
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    for path, following in pairwise(paths):
        if int(following.stem) <= through:
            path.unlink()
            flush_folder(folder)
