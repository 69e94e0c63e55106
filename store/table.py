"""TinyDB's table with live documents: ids are strings, and a change by id touches that document alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tinydb.table import Table

from bot.core.model import Document, Job
from store.index import Index
from store.journal import Patch
from store.lane import Lane
from store.plain import Edited, Plain, read, undisturbed
from store.storage import FolderStorage
from store.words import Words


class LiveTable(Table):
    """The documents of one kind. They are plain until the kind's class is first asked for, then frozen dataclasses."""

    document_id_class = str  # type: ignore[assignment]  # TinyDB's own point of extension

    def __init__(self, storage: FolderStorage, name: str, **_options: Any) -> None:
        super().__init__(storage, name, cache_size=0)
        self._folder = storage
        self._kind: type[Document] | None = None
        self._words: Words | None = None
        self._lanes: defaultdict[str, Lane] = defaultdict(Lane)
        self.documents: dict[str, Any] = storage.tables.setdefault(name, {})
        self.index = Index(Document, {})

    # ------------------------------------------------------------------------------------------ documents

    def knows(self, kind: type[Document]) -> bool:
        """Tell whether the documents are decoded as this class."""
        return self._kind is kind

    def learn(self, kind: type[Document]) -> None:
        """Decode the documents, where this is the first time their class is asked for.

        Raises `StoreError` where one is not of that class, and TypeError where two classes go by one name.
        """
        if self._kind is kind:
            return
        if self._kind is not None:
            raise TypeError(f"two kinds are called {self.name}: {self._kind} and {kind}")
        with undisturbed():
            self.documents.update(self.typed(self.documents, kind))
            self._kind = kind
            self.index = Index(kind, self.documents)
            if issubclass(kind, Job):
                self.restore(self.documents.values())
                for lane in self._lanes.values():
                    lane.settle(datetime.now(UTC))  # here, where it holds up nobody

    def typed(self, documents: Mapping[str, Any], kind: type[Document] | None = None) -> dict[str, Any]:
        """Return documents as instances of the kind's class, where that is known. Raises `StoreError`."""
        kind = kind or self._kind
        if kind is None:
            return dict(documents)
        return {id: one if isinstance(one, Document) else read(kind, one) for id, one in documents.items()}

    def check(self, document: Document) -> None:
        """Raise TypeError or ValueError for a document that could not be kept in order."""
        hash(self.index.found_by(document))
        if isinstance(document, Job):
            due, lease = document.due, document.lease
            if (due is not None and due.tzinfo is None) or (lease is not None and lease.tzinfo is None):
                raise ValueError(f"{document.id} has a time without its zone")

    def refill(self, documents: Mapping[str, Any]) -> None:
        """Keep these documents instead of all there were; their class has to be asked for again."""
        self.documents.clear()
        self.documents.update(documents)
        self._kind = self._words = None
        for lane in self._lanes.values():
            lane.clear()
            lane.wake(for_good=True)

    def apply(self, id: str, document: Any) -> None:
        """Keep a document in the place of the one with its id; None removes it."""
        before = self.documents.get(id)
        if document is None:
            self.documents.pop(id, None)
        else:
            self.documents[id] = document
        if self._kind is not None and (before is not None or document is not None):
            self.index.change(id, before, document)
            self._follow(id, before, document)

    def _follow(self, id: str, before: Document | None, after: Document | None) -> None:
        """Tell the lanes and the word index."""
        if self._words is not None:
            self._words.change(id)
        if isinstance(before, Job) and (after is None or before.lane != after.lane):  # type: ignore[attr-defined]  # of the same kind
            self.lane(before.lane).drop(id)
        if isinstance(after, Job):
            lane = self.lane(after.lane)
            lane.put(after)
            if after.due is not None:
                lane.wake(for_good=after.lease is None)

    def restore(self, jobs: Iterable[Job]) -> None:
        """Put jobs in their lanes that nobody holds: read from the disk, or taken but not claimed after all."""
        for job in jobs:
            lane = self.lane(job.lane)
            lane.put(job, void=True)
            lane.wake(for_good=False)

    def lane(self, name: str) -> Lane:
        """Return a lane's jobs."""
        return self._lanes[name]

    @property
    def words(self) -> Words:
        """The index for full-text search, built when it is first asked for."""
        if self._words is None:
            self._words = Words(self.documents)
        return self._words

    # ------------------------------------------------------------------------------------------ TinyDB's contract

    def _read_table(self) -> dict[str, Mapping[str, Any]]:
        return Plain(self.documents)  # type: ignore[return-value]  # reads like one

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        """Run one of TinyDB's own changes and write what it has changed. Raises RuntimeError while a store serves."""
        self._folder.check_free()
        view = Edited(self.documents)
        updater(view)
        changes = {self.name: view.changes()}
        self._folder.append([Patch.of(changes)])
        for id, plain in changes[self.name].items():
            self.apply(id, plain if plain is None or self._kind is None else read(self._kind, plain))

    def _get_next_id(self) -> str:
        return uuid4().hex
