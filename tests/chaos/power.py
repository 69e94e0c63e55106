"""A child's script: it works on a store until the power fails at the n-th call to the disk, for every n."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from bot.core.model import Document
from bot.core.ports import Delete, Put
from bot.core.update import Change
from store.database import Database
from store.tinydb import TinyStore

CUT = 7
"""Exit status of a process whose power failed."""
DONE = 0


class Mark(Document, frozen=True, kw_only=True):
    """A document that says no more than that it is there."""


class Power:
    """Counts the calls that change the disk, and fails at one of them: before it is made, or right after.

    A `forgetful` disk then loses what was not flushed: what was written to files, what happened to names.
    A `disorderly` one keeps the last thing that happened to names and loses those before. A `prompt` one loses nothing.
    """

    CALLS = ("write", "fsync", "fdatasync", "ftruncate", "replace", "unlink")

    def __init__(self, fails_at: int, disk: str) -> None:
        self._left = fails_at
        self._disk = disk
        self._real = {name: getattr(os, name) for name in self.CALLS}
        self._flushed: dict[int, int] = {}
        """Inode to the size that is safe."""
        self._undo: list[Callable[[], None]] = []
        """How to take back what happened to names since their folder was last flushed."""

    def connect(self, folder: Path) -> None:
        """Watch a folder."""
        self._folder = folder
        for name in self.CALLS:
            setattr(os, name, getattr(self, f"_{name}"))

    def _tick(self) -> None:
        self._left -= 1
        if self._left < 0:
            self._fail()

    def _fail(self) -> None:
        if self._disk == "disorderly":
            self._undo = self._undo[:-1]
        if self._disk != "prompt":
            for take_back in reversed(self._undo):
                take_back()
        if self._disk == "forgetful":
            for path in self._folder.iterdir():
                safe = self._flushed.get(path.stat().st_ino)
                if safe is not None and safe < path.stat().st_size:
                    os.truncate(path, safe)
        os._exit(CUT)

    def _write(self, descriptor: int, data: Any) -> int:
        self._flushed.setdefault(os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size)
        half = bytes(data[: len(data) // 2])
        self._real["write"](descriptor, half)
        self._tick()
        return len(half) + self._real["write"](descriptor, data[len(half) :])

    def _ftruncate(self, descriptor: int, size: int) -> None:
        self._tick()
        self._real["ftruncate"](descriptor, size)

    def _fsync(self, descriptor: int) -> None:
        self._flush("fsync", descriptor)

    def _fdatasync(self, descriptor: int) -> None:
        self._flush("fdatasync", descriptor)

    def _flush(self, name: str, descriptor: int) -> None:
        self._tick()
        self._real[name](descriptor)
        state = os.fstat(descriptor)
        if os.path.samestat(state, self._folder.stat()):
            self._undo.clear()
        else:
            self._flushed[state.st_ino] = state.st_size
        self._tick()

    def _replace(self, source: Any, target: Any) -> None:
        self._tick()
        before = self._kept_aside(target)
        self._real["replace"](source, target)
        self._undo.append(lambda: self._put_back(before, target))
        self._tick()

    def _unlink(self, path: Any, **options: Any) -> None:
        self._tick()
        before = self._kept_aside(path)
        self._real["unlink"](path, **options)
        self._undo.append(lambda: self._put_back(before, path))
        self._tick()

    def _kept_aside(self, path: Any) -> Path | None:
        """Give what a name stands for a second name, outside the folder."""
        if not Path(path).exists():
            return None
        aside = self._folder.parent / f"aside-{len(self._undo)}-{Path(path).name}"
        os.link(path, aside)
        return aside

    def _put_back(self, aside: Path | None, path: Any) -> None:
        if aside is None:
            self._real["unlink"](path)
        else:
            self._real["replace"](aside, path)


def steps() -> list[list[Change]]:
    """Marks come in pairs; now and then a pair goes again."""
    made: list[list[Change]] = []
    for number in range(12):
        made.append([Put(Mark(id=f"{number}{half}")) for half in "ab"])
        if number % 4 == 3:
            made.append([Delete(Mark, f"{number - 2}{half}") for half in "ab"])
    return made


async def work(folder: Path, promised: BinaryIO) -> None:
    """Commit step by step, with snapshots in between; note each promise where no power cut can take it back."""
    store = TinyStore(Database(folder, journal_bytes=500))
    for changes in steps():
        await store.commit(*changes)
        promised.write(b".")
    await store.close()


def fail_everywhere(folder: Path, disk: str) -> None:
    """Do the same work again and again, each time in a process of its own whose power fails one call later."""
    for number in count():
        run = folder / f"{number:04}"
        run.mkdir()
        child = os.fork()
        if not child:
            store = run / "store"
            store.mkdir(mode=0o700)
            Power(number, disk).connect(store)
            with (run / "promised").open("wb", buffering=0) as promised:
                asyncio.run(work(store, promised))
            os._exit(DONE)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != CUT:
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    fail_everywhere(Path(sys.argv[1]), sys.argv[2])
