"""The stores that the contract holds for, the documents it is tried with, and strategies that make them up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import strategies as st

from bot.core.model import Chat, Document, Job, Priority, Severity
from bot.core.ports import Store
from store import open_store
from tests.fakes import START


class Clipping(Document, frozen=True, kw_only=True):
    """A kind of a test's own, as an adapter might have one."""

    indexes: ClassVar[frozenset[str]] = frozenset({"severity", "tags", "chat", "read"})

    severity: Severity = Severity.ROUTINE
    tags: tuple[str, ...] = ()
    chat: Chat | None = None
    read: bool = False
    text: str = ""

    def searchable(self) -> str:
        return self.text


class Errand(Job, frozen=True, kw_only=True):
    """A job of a test's own."""

    indexes: ClassVar[frozenset[str]] = frozenset({"note"})

    note: str = ""


@dataclass(frozen=True)
class Kind:
    """A store under test: how to open what a folder holds, again and again."""

    open: Callable[[Path], Awaitable[Store]]
    alone: bool = False
    """Whether one process has it to itself, so that what it held when it ended is free at once."""


async def _tinydb(folder: Path) -> Store:
    return await open_store("tinydb:", folder)


STORES = [pytest.param(Kind(_tinydb, alone=True), id="tinydb")]

IDS = ["a", "b", "ä/1", "b:2#x", "B", "\n"]
MOMENTS = [START + timedelta(seconds=30 * number) for number in range(6)]

ids = st.sampled_from(IDS)
moments = st.sampled_from(MOMENTS)
chats = st.sampled_from([Chat("web", "1"), Chat("web", "1", "t"), Chat("telegram", "-2")])

clippings = st.builds(
    Clipping,
    id=ids,
    severity=st.sampled_from(Severity),
    tags=st.lists(st.sampled_from(["x", "y", "z"]), max_size=3).map(tuple),
    chat=st.none() | chats,
    read=st.booleans(),
    text=st.lists(st.sampled_from(["flood", "flooded", "Łódź", "river", "réserve"]), max_size=4).map(" ".join),
)
errands = st.builds(
    Errand,
    id=ids,
    lane=st.sampled_from(["web", "discord"]),
    due=st.none() | moments,
    priority=st.sampled_from(Priority),
    lease=st.none() | moments,
    attempts=st.integers(0, 3),
    note=st.sampled_from(["", "n"]),
)
documents = clippings | errands
