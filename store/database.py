"""TinyDB over our storage and our tables."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from tinydb import TinyDB

from bot.core.errors import StoreError
from bot.core.model import Document
from store.journal import Patch
from store.plain import loaded
from store.storage import FolderStorage
from store.table import LiveTable


class Database(TinyDB):
    """The tables of one folder, by kind."""

    table_class = LiveTable  # type: ignore[assignment]  # TinyDB's own point of extension
    default_storage_class = FolderStorage  # type: ignore[assignment]  # and this

    def __init__(self, folder: Path, **options: Any) -> None:
        """Open a folder. Raises `StoreError`: in use, damaged, or not to be opened."""
        self._known: dict[type[Document], LiveTable] = {}
        super().__init__(folder, **options)
        for kind in filter(None, map(loaded, self.folder.tables)):
            with suppress(StoreError):  # it is raised again when the kind is asked for
                self.of(kind)  # now, where nobody waits

    @property
    def folder(self) -> FolderStorage:
        """The storage."""
        return cast("FolderStorage", self.storage)

    def named(self, name: str) -> LiveTable:
        """Return the table of a kind that may not have been asked for yet."""
        return cast("LiveTable", self.table(name))

    def of(self, kind: type[Document]) -> LiveTable:
        """Return the table of a kind, its documents decoded. Raises `StoreError` where one can't be."""
        table = self._known.get(kind)  # asked for several times a message
        if table is None or not table.knows(kind):
            table = self._known[kind] = self.named(kind.__name__)
            table.learn(kind)
        return table

    def apply(self, patch: Patch) -> None:
        """Make the live documents what a commit, durable now, has left behind."""
        if patch.everything:
            for name in {*self.tables(), *patch.tables}:
                self.named(name).refill(patch.tables.get(name, {}))
            return
        for name, changes in patch.tables.items():
            table = self.named(name)
            for id, document in changes.items():
                table.apply(id, document)
