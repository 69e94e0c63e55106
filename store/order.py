"""Ids kept in order: a list of short sorted lists, so that adding, removing and paging stay cheap among many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator

_LONGEST = 1024


class Order:
    """A sorted set of ids."""

    __slots__ = ("_lasts", "_runs", "_size")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Begin with ids in any order, each once."""
        members = sorted(ids)
        half = _LONGEST // 2
        self._runs = [members[start : start + half] for start in range(0, len(members), half)]
        self._lasts = [run[-1] for run in self._runs]
        self._size = len(members)

    def __len__(self) -> int:
        return self._size

    def add(self, id: str) -> None:
        """Add an id that is not there yet."""
        self._size += 1
        if not self._runs:
            self._runs, self._lasts = [[id]], [id]
            return
        at = min(bisect_left(self._lasts, id), len(self._runs) - 1)
        run = self._runs[at]
        insort(run, id)
        self._lasts[at] = run[-1]
        if len(run) > _LONGEST:
            self._split(at)

    def _split(self, at: int) -> None:
        """Halve a run; at the end, where ids in the order of time arrive, the full one stays as it is."""
        run = self._runs[at]
        cut = _LONGEST if at == len(self._runs) - 1 else _LONGEST // 2
        self._runs[at : at + 1] = [run[:cut], run[cut:]]
        self._lasts[at : at + 1] = [run[cut - 1], run[-1]]

    def remove(self, id: str) -> None:
        """Remove an id that is there."""
        self._size -= 1
        at = bisect_left(self._lasts, id)
        run = self._runs[at]
        del run[bisect_left(run, id)]
        if run:
            self._lasts[at] = run[-1]
        else:
            del self._runs[at], self._lasts[at]

    def above(self, after: str) -> Iterator[str]:
        """Yield the ids above one, rising."""
        at = bisect_right(self._lasts, after)
        for number, run in enumerate(self._runs[at:]):
            yield from run if number else run[bisect_right(run, after) :]

    def below(self, before: str) -> Iterator[str]:
        """Yield the ids below one, falling; below the empty one means all."""
        if not before:
            for run in reversed(self._runs):
                yield from reversed(run)
            return
        at = bisect_left(self._lasts, before)
        if at < len(self._runs):
            run = self._runs[at]
            yield from reversed(run[: bisect_left(run, before)])
        for run in reversed(self._runs[:at]):
            yield from reversed(run)
