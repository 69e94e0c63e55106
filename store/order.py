"""Ids kept in order: a list of short sorted lists, so that adding, removing and paging stay cheap among many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import itemgetter

_USUAL = 512
_LAST = itemgetter(-1)


class Order:
    """A sorted set of ids."""

    __slots__ = ("_runs", "_size")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Begin with ids in any order, each once."""
        members = sorted(ids)
        self._runs = [members[start : start + _USUAL] for start in range(0, len(members), _USUAL)]
        """None of them is empty."""
        self._size = len(members)

    def __len__(self) -> int:
        return self._size

    def add(self, id: str) -> None:
        """Add an id that is not there yet."""
        self._size += 1
        if not self._runs:
            self._runs.append([id])
            return
        last = len(self._runs) - 1
        at = last if id > self._runs[last][-1] else self._run(id)
        run = self._runs[at]
        insort(run, id)
        if len(run) > 2 * _USUAL:
            # At the end, where ids in the order of time arrive, the full run stays as it is.
            cut = len(run) - 1 if at == last else _USUAL
            self._runs[at : at + 1] = [run[:cut], run[cut:]]

    def remove(self, id: str) -> None:
        """Remove an id that is there."""
        self._size -= 1
        at = self._run(id)
        run = self._runs[at]
        del run[bisect_left(run, id)]
        if not run:
            del self._runs[at]

    def _run(self, id: str) -> int:
        """Return the number of the run an id belongs to; one too high for an id above all."""
        return bisect_left(self._runs, id, key=_LAST)

    def above(self, after: str) -> Iterator[str]:
        """Yield the ids above one, rising."""
        at = self._run(after)
        for number, run in enumerate(self._runs[at:]):
            yield from run if number else run[bisect_right(run, after) :]

    def below(self, before: str) -> Iterator[str]:
        """Yield the ids below one, falling; below the empty one means all."""
        at = self._run(before) if before else len(self._runs)
        if at < len(self._runs):
            run = self._runs[at]
            yield from reversed(run[: bisect_left(run, before)])
        for run in reversed(self._runs[:at]):
            yield from reversed(run)
