"""Buttons on platforms with little room in them: a line too long is kept, and the button carries its id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from bot.core.model import Document
from bot.core.ports import Put, Store

_DAY = timedelta(days=1)
_MARK = "#"
"""Command lines begin with a slash, so that what begins with this is an id."""


class Line(Document, frozen=True, kw_only=True):
    """A command line that some button stands for. The id is made of the line, so that it is kept once."""

    line: str
    at: datetime | None = None
    """When a button that stands for it was last made, to the day."""


def carried(line: str, room: int) -> tuple[str, Line | None]:
    """Return what a button of `room` bytes carries for a line, and the line to keep if that is only its id."""
    if len(line.encode()) <= room and not line.startswith(_MARK):
        return line, None
    id = sha256(line.encode()).hexdigest()[:32]
    return f"{_MARK}{id}", Line(id=id, line=line)


async def keep(store: Store, lines: Iterable[Line], now: datetime) -> None:
    """Keep what buttons carry only the ids of, before anybody can press them; what is known stays known for longer."""
    fresh = [
        Put(replace(line, at=now))
        for line in lines
        if not ((known := await store.get(Line, line.id)) and known.at and now - known.at < _DAY)
    ]
    if fresh:
        await store.commit(*fresh)


async def line_of(store: Store, data: str) -> str | None:
    """Return the line that a pressed button's data stands for; None where it is not known any more."""
    if not data.startswith(_MARK):
        return data
    kept = await store.get(Line, data.removeprefix(_MARK))
    return kept.line if kept else None
