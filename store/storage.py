"""TinyDB's storage over a folder: snapshots, one for each kind, and the journal of what has changed since."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from bot.core.errors import StoreError
from store import journal as journals
from store import snapshot as snapshots
from store.disk import flush_folder
from store.journal import Journal, Patch, Segment
from store.plain import undisturbed

_JOURNAL_BYTES = 16_000_000


class FolderStorage(Storage):
    """Everything of one store, live in memory and durable in a folder that one process holds at a time.

    `read` gives the live tables; nobody but `apply` changes them.
    """

    def __init__(self, folder: Path, *, journal_bytes: int = _JOURNAL_BYTES) -> None:
        """Open the folder, making it where it is missing. Raises `StoreError`: in use, damaged, or not to be opened."""
        self.folder = folder
        self.tables: dict[str, dict[str, Any]] = {}
        self.served = False
        """Whether a store is at work, which must then make all changes."""
        self._journal_bytes = journal_bytes
        self._touched: dict[str, int] = {}
        """Number of the last commit that touched a kind."""
        self._through: dict[str, int] = {}
        """Number of the last commit in a kind's snapshot."""
        self._sizes: dict[str, int] = {}
        self._postponed = 0
        """Size up to which the journal may grow before a failed attempt to turn it over is made again."""
        try:
            self._lock = _locked(folder)
            try:
                with undisturbed():
                    self._journal = self._recovered()
            except BaseException:
                os.close(self._lock)
                raise
        except OSError as problem:
            raise StoreError("error.store_folder", folder=str(folder)) from problem

    # ------------------------------------------------------------------------------------------ TinyDB's contract

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the live tables: kind to id to document."""
        return self.tables

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace everything, durably and in one step. Raises OSError, and RuntimeError while a store serves."""
        self.check_free()
        fresh = {name: dict(table) for name, table in data.items()}
        self.append([Patch.of(fresh, everything=True)])
        self.tables = fresh

    def close(self) -> None:
        """Take a last snapshot if there is room for one, and let the next process in."""
        try:
            self.snapshot(self.rotate())
        except OSError:
            pass  # the journal has it all
        finally:
            self._journal.close()
            os.close(self._lock)

    def check_free(self) -> None:
        """Raise RuntimeError while a store serves: its readers and its queue would not know of another's changes."""
        if self.served:
            raise RuntimeError("a store serves these documents: change them by its commit")

    # ------------------------------------------------------------------------------------------ what a store needs

    def append(self, patches: Sequence[Patch]) -> None:
        """Make commits durable in one step; the live tables are the caller's to change after. Raises OSError."""
        first = self._journal.last + 1
        self._journal.append(patches)
        for number, patch in enumerate(patches, first):
            self._touch(number, patch)

    @property
    def journal_size(self) -> int:
        """Bytes of the journal's newest file."""
        return self._journal.size

    @property
    def overgrown(self) -> bool:
        """Whether reading the journal again would take longer than reading what it leads to."""
        return self.journal_size > max(self._journal_bytes, sum(self._sizes.values()), self._postponed)

    def rotate(self) -> dict[str, list[Any]]:
        """Begin a new journal file and return the documents of the kinds that await a snapshot. Raises OSError."""
        self._postponed = 2 * self._journal.size
        stale = [kind for kind, number in self._touched.items() if number > self._through.get(kind, -1)]
        if stale:
            self._journal.repair()
            old, self._journal = self._journal, Journal.create(self.folder, self._journal.last, self._touched)
            old.close()
        self._postponed = 0
        return {kind: list(self.tables.get(kind, {}).values()) for kind in stale}

    def snapshot(self, documents: Mapping[str, list[Any]]) -> None:
        """Write what `rotate` gave, then drop the journal files that are no longer needed. Raises OSError."""
        through = int(self._journal.path.stem)
        for kind, members in documents.items():
            self._sizes[kind] = snapshots.write_snapshot(self.folder, kind, through, members)
            self._through[kind] = through
        journals.drop_segments(self.folder, through)

    # ------------------------------------------------------------------------------------------ opening

    def _recovered(self) -> Journal:
        """Read the snapshots and replay the journal over them."""
        for path in self.folder.glob("*.new"):
            path.unlink()
        for path in sorted(self.folder.glob(f"*{snapshots.SUFFIX}")):
            self._take_in(snapshots.read_snapshot(path))
        paths = sorted(self.folder.glob(f"*{journals.SUFFIX}"))
        if not paths:
            return self._first_journal()
        segments = [journals.read_segment(path, newest=path == paths[-1]) for path in paths]
        self._check(segments)
        for segment in segments:
            for record in segment.records:
                self._replay(record.number, record.patch)
        return Journal(segments[-1])

    def _take_in(self, snapshot: snapshots.Snapshot) -> None:
        self.tables[snapshot.kind] = snapshot.documents
        self._touched[snapshot.kind] = self._through[snapshot.kind] = snapshot.through
        self._sizes[snapshot.kind] = snapshot.size

    def _first_journal(self) -> Journal:
        if self.tables:
            raise StoreError("error.store_incomplete", file=f"*{journals.SUFFIX}")
        flush_folder(self.folder.parent)
        return Journal.create(self.folder, 0, {})

    def _check(self, segments: Sequence[Segment]) -> None:
        """Make sure that nothing is missing between the snapshots and the journal's end."""
        for kind, number in segments[0].kinds.items():
            if self._through.get(kind, -1) < number:
                raise StoreError("error.store_incomplete", file=f"{kind}{snapshots.SUFFIX}")
        for segment, following in pairwise(segments):
            if segment.last != following.after:
                raise journals.damaged(segment.path, segment.size)

    def _replay(self, number: int, patch: Patch) -> None:
        """Apply a commit. A snapshot that is ahead of it comes to the same again: all that followed is replayed too."""
        if patch.everything:
            for table in self.tables.values():
                table.clear()
        for kind, changes in patch.tables.items():
            apply(self.tables.setdefault(kind, {}), changes)
        self._touch(number, patch)

    def _touch(self, number: int, patch: Patch) -> None:
        for kind in {*patch.tables, *self._touched} if patch.everything else patch.tables:
            self._touched[kind] = max(number, self._touched.get(kind, 0))


def apply(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Carry changes of one kind over to its table."""
    for id, document in changes.items():
        if document is None:
            table.pop(id, None)
        else:
            table[id] = document


def _locked(folder: Path) -> int:
    """Hold the folder, and return the descriptor that does. Raises `StoreError` where another holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)  # the folder itself: a file in it can be deleted, and so held twice
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        os.close(descriptor)
        raise StoreError("error.store_in_use", folder=str(folder)) from problem
    return descriptor
