"""A backup: everything a store keeps, as JSON Lines between a header and a checksum, compressed where the name says so.

Line one says `{"dateline_backup": 1, "time": ...}`, each line after it `[kind, fields]`, the last
`{"count": ..., "crc32": ...}` over all before it, so that a file that was cut short is refused before anything changes.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import orjson

from bot.core.errors import UsageError
from bot.core.ports import Store
from store.disk import flush, flush_folder

T = TypeVar("T")

FORMAT = 1
_CHUNK = 1 << 20


async def write_backup(store: Store, path: Path) -> int:
    """Write everything, as it stands now, into a file of the owner's alone, and return how many documents that is.

    The file appears whole or not at all. Raises `UsageError` where it can't be written.
    """
    try:
        return await _write_beside(store, path)
    except OSError as problem:
        raise UsageError("error.backup_file", file=str(path), reason=problem.strerror) from problem


async def _write_beside(store: Store, path: Path) -> int:
    """Write into a file beside the named one, which then takes its place."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            count = await _write(store, file, compressed=path.suffix == ".gz")
            file.flush()
            await asyncio.to_thread(flush, file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)
    return count


async def _write(store: Store, file: BinaryIO, *, compressed: bool) -> int:
    target = gzip.GzipFile("", "wb", 6, file) if compressed else file
    checksum = count = 0
    gathered = bytearray(_line({"dateline_backup": FORMAT, "time": datetime.now(UTC)}))
    async for kind, fields in store.dump():
        gathered += _line([kind, fields])
        count += 1
        if len(gathered) > _CHUNK:
            checksum = zlib.crc32(gathered, checksum)
            await asyncio.to_thread(target.write, bytes(gathered))
            gathered.clear()
    checksum = zlib.crc32(gathered, checksum)
    target.write(bytes(gathered) + _line({"count": count, "crc32": checksum}))
    if target is not file:
        target.close()
    return count


def _line(value: object) -> bytes:
    return orjson.dumps(value) + b"\n"


async def read_backup(store: Store, path: Path) -> int:
    """Replace everything in a store by what a backup holds, and return how many documents that is.

    Raises `UsageError` where the file can't be read, is no backup or not a whole one, before anything is changed, and
    `StoreError` where there is no room.
    """
    return await store.load(_each(await asyncio.to_thread(_read, path)))


def _read(path: Path) -> list[tuple[str, Mapping[str, object]]]:
    try:
        with path.open("rb") as file:
            compressed = file.peek(2)[:2] == b"\x1f\x8b"
            header, *entries, footer = (gzip.GzipFile(fileobj=file) if compressed else file).readlines()
        whole = {"count": len(entries), "crc32": zlib.crc32(b"".join(entries), zlib.crc32(header))}
        if footer == _line(whole) and orjson.loads(header)["dateline_backup"] == FORMAT:
            return [(kind, fields) for kind, fields in map(orjson.loads, entries)]
    except (ValueError, TypeError, KeyError, EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise UsageError("error.backup_broken") from problem
    except OSError as problem:
        raise UsageError("error.backup_file", file=str(path), reason=problem.strerror) from problem
    raise UsageError("error.backup_broken")


async def _each(entries: Iterable[T]) -> AsyncIterator[T]:
    for entry in entries:
        yield entry
