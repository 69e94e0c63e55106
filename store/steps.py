"""The steps that wait for the journal: each decides what it leaves behind, seeing those decided before it."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from msgspec.structs import replace

from bot.core.errors import UsageError
from bot.core.model import Document, Job
from bot.core.ports import Add, Delete, Put, Swap
from bot.core.update import Change
from store.database import Database
from store.journal import Patch


class Draft:
    """What is kept, as the steps decided so far would leave it."""

    def __init__(self, database: Database, below: Draft | None = None) -> None:
        self._database = database
        self._below = below
        self.changes: dict[str, dict[str, Document | None]] = {}

    def get(self, kind: type[Document], id: str) -> Document | None:
        """Return a document as it would stand."""
        for draft in (self, self._below):
            if draft is not None and (changes := draft.changes.get(kind.__name__)) and id in changes:
                return changes[id]
        return self._database.of(kind).documents.get(id)

    def set(self, kind: type[Document], id: str, document: Document | None) -> None:
        """Change a document, or remove it with None. Raises TypeError or ValueError for one that can't be kept."""
        table = self._database.of(kind)
        if document is not None:
            table.check(document)
        self.changes.setdefault(kind.__name__, {})[id] = document

    def take_over(self, other: Draft) -> Patch | None:
        """Make another draft's changes one's own, and return what they leave behind.

        Raises TypeError for a document that JSON can't hold.
        """
        if not other.changes:
            return None
        patch = Patch.of(other.changes)
        for name, changes in other.changes.items():
            self.changes.setdefault(name, {}).update(changes)
        return patch


class Step(Protocol):
    """Something that changes the store as a whole or not at all."""

    done: Future[Any]
    """Gets the answer, or the error."""

    def decide(self, database: Database, draft: Draft) -> Patch | None:
        """Return what to write; None for nothing."""
        ...

    def undo(self, database: Database) -> None:
        """Take back what was decided: it could not be made durable."""
        ...

    def answer(self) -> object:
        """Return the result of a step that is durable now."""
        ...


@dataclass(slots=True, eq=False)
class Commit:
    """Changes that all hold, or none of them."""

    done: Future[Any]
    changes: Sequence[Change]
    losers: list[Document] = field(default_factory=list)

    def decide(self, database: Database, draft: Draft) -> Patch | None:
        """Try the changes in order."""
        attempt = Draft(database, draft)
        losers = [_carry_out(change, attempt) for change in self.changes]
        self.losers = [loser for loser in losers if loser is not None]
        return None if self.losers else draft.take_over(attempt)

    def undo(self, database: Database) -> None:
        """Nothing has been touched."""

    def answer(self) -> list[Document]:
        """Return the losers."""
        return self.losers


def _carry_out(change: Change, draft: Draft) -> Document | None:
    """Make one change; return the document that stands in the way of a Swap."""
    match change:
        case Add(document):
            if draft.get(type(document), document.id) is None:
                draft.set(type(document), document.id, document)
        case Put(document):
            draft.set(type(document), document.id, document)
        case Delete(kind, id):
            if draft.get(kind, id) is not None:
                draft.set(kind, id, None)
        case Swap(old, new):
            if new is not None and (type(new), new.id) != (type(old), old.id):
                raise ValueError(f"{new.id} can't take the place of {old.id}")
            current = draft.get(type(old), old.id)
            if current is not old and current != old:  # most are the same: to compare them field by field takes longer
                return old if current is None else current
            if new is not old:
                draft.set(type(old), old.id, new)
        case _:
            raise TypeError(f"{change!r} is none of the four changes")
    return None


@dataclass(slots=True, eq=False)
class Claim:
    """The most urgent jobs of a lane, taken for a time."""

    done: Future[Any]
    kind: type[Job]
    lane: str
    now: datetime
    lease: float
    limit: int
    before: list[Job] = field(default_factory=list)
    after: list[Job] = field(default_factory=list)

    def decide(self, database: Database, draft: Draft) -> Patch | None:
        """Take what may be claimed and is not about to be changed."""
        table = database.of(self.kind)
        ids = table.lane(self.lane).take(self.now, self.limit, draft.changes.get(self.kind.__name__, {}))
        until = self.now + timedelta(seconds=self.lease)
        attempt = Draft(database, draft)
        self.before = [table.documents[id] for id in ids]
        self.after = [_claimed(job, until) for job in self.before]
        for job in self.after:
            attempt.set(self.kind, job.id, job)
        return draft.take_over(attempt)

    def undo(self, database: Database) -> None:
        """Put the jobs back in their lane."""
        database.of(self.kind).restore(self.before)

    def answer(self) -> list[Job]:
        """Return the jobs as they were claimed."""
        return self.after

    def released(self) -> list[Change]:
        """Return the changes that give the jobs back, for a worker that went away before it got them."""
        return [Swap(after, before) for before, after in zip(self.before, self.after, strict=True)]


def _claimed(job: Job, until: datetime) -> Job:
    return replace(job, lease=until, attempts=job.attempts + 1, abandoned=job.lease is not None)


@dataclass(slots=True, eq=False)
class Load:
    """Everything replaced by other documents; it is always a batch of its own."""

    done: Future[Any]
    documents: Mapping[str, Mapping[str, Mapping[str, Any]]]

    def decide(self, database: Database, draft: Draft) -> Patch | None:  # noqa: ARG002  # it sees no others
        """Read the documents of the kinds that are in use."""
        typed = {name: database.named(name).typed(plain) for name, plain in self.documents.items()}
        return Patch.of(typed, everything=True)

    def undo(self, database: Database) -> None:
        """Nothing has been touched."""

    def answer(self) -> int:
        """Return how many documents there are now."""
        return sum(map(len, self.documents.values()))


def gathered(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return loose documents by kind and id. Raises `UsageError` for what is none."""
    tables: dict[str, dict[str, Mapping[str, Any]]] = {}
    for kind, plain in documents:
        if not (kind.isidentifier() and isinstance(plain.get("id"), str)):
            raise UsageError("error.backup_broken")
        tables.setdefault(kind, {})[plain["id"]] = plain
    return tables
