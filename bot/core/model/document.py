"""What the store keeps: documents by kind and id, and jobs, the documents of what happens later."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar, Self

from msgspec import Struct
from msgspec.structs import replace


class Priority(IntEnum):
    """Order in a lane, most urgent first."""

    FLASH = 1
    URGENT = 2
    ROUTINE = 3
    DIGEST = 4


class Document(Struct, frozen=True, kw_only=True, gc=False):
    """Anything the store keeps, by kind and id."""

    indexes: ClassVar[frozenset[str]] = frozenset()
    """Fields, or properties, that `Store.find` and `Store.count` may ask for; a tuple is indexed by each member."""
    counted: ClassVar[frozenset[str]] = frozenset()
    """More of them, by whose values `Store.count` may count, and no more: that costs next to nothing to keep."""

    id: str

    def searchable(self) -> str:
        """Return the text that `Store.search` finds this document by; empty keeps it out of the index."""
        return ""


class Job(Document, frozen=True, kw_only=True):
    """Something that happens later. Settling is a `Swap` of the job as it was claimed, which is its fence."""

    lane: str
    due: datetime | None
    """When it may be claimed; None once it is settled and kept only as a record."""
    priority: Priority = Priority.ROUTINE
    lease: datetime | None = None
    """Until when a worker holds it."""
    attempts: int = 0
    """Claims since it was last settled well."""
    abandoned: bool = False
    """Set by the claim that took it from a worker whose lease ran out: what that worker did is unknown."""

    def rearmed(self, due: datetime | None, *, attempts: int = 0, **changed: Any) -> Self:
        """Return the job released, to be claimed again at `due` (None: never), with other fields changed along."""
        return replace(self, due=due, lease=None, attempts=attempts, abandoned=False, **changed)
