"""Files that survive a power cut: written whole, flushed, and moved into place."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CHUNK = 1 << 20


def flush(descriptor: int) -> None:
    """Wait until what was written to a file is on the disk. Raises OSError."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # there, fsync stops at the drive's own memory
    else:
        os.fdatasync(descriptor)


def write_all(descriptor: int, data: bytes) -> int:
    """Write all of `data`, however little the system takes at a time, and return its length. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    return len(data)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable: new files, replaced and removed ones."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, pieces: Iterable[bytes]) -> int:
    """Put a file of the owner's alone in the place of `path`, old or new but never half, and return its size.

    Raises OSError, and then what stood there still does.
    """
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        try:
            size = sum(write_all(descriptor, chunk) for chunk in _chunks(pieces))
            flush(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)
    return size


def _chunks(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Gather small pieces into writes of a sensible size."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
