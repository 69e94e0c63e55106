"""The jobs of one lane: which may be claimed next, and who waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from itertools import count

from bot.core.model import Job

_EVER = datetime.min.replace(tzinfo=UTC)
_SLACK = 1024

Entry = tuple[int, datetime, str, datetime, int]
"""Priority, due, id: the order of claiming. Then when it may be claimed, and the serial number of the entry."""


class Lane:
    """Two heaps: what may be claimed by now, most urgent first, and the rest by the time when it may.

    Entries of jobs that have changed stay behind and are passed over: the serial number tells.
    """

    def __init__(self) -> None:
        self._ready: list[Entry] = []
        self._later: list[tuple[datetime, Entry]] = []
        self._current: dict[str, int] = {}
        self._serials = count()
        self._now = _EVER
        self._waiting: set[asyncio.Future[None]] = set()

    def put(self, job: Job, *, void: bool = False) -> None:
        """Take in a job, new or changed; with `void` its lease counts as run out."""
        if job.due is None:
            self.drop(job.id)
            return
        start = job.due if void or job.lease is None else max(job.due, job.lease)
        serial = self._current[job.id] = next(self._serials)
        self._push((int(job.priority), job.due, job.id, start, serial))
        if len(self._ready) + len(self._later) > 2 * len(self._current) + _SLACK:
            self._sweep()

    def drop(self, id: str) -> None:
        """Forget a job."""
        self._current.pop(id, None)

    def clear(self) -> None:
        """Forget all jobs; who waits goes on waiting."""
        self._ready.clear()
        self._later.clear()
        self._current.clear()

    def take(self, now: datetime, limit: int, but: Container[str]) -> list[str]:
        """Take at most `limit` ids of jobs that may be claimed, leaving those in `but`; each must be `put` again."""
        self._promote(now)
        taken: list[Entry] = []
        left: list[Entry] = []
        while self._ready and len(taken) < limit:
            entry = heappop(self._ready)
            if self._is_current(entry):
                (left if entry[2] in but or entry[3] > now else taken).append(entry)
        for entry in left:
            self._push(entry)
        return [entry[2] for entry in taken]

    def soonest(self) -> datetime | None:
        """Return when the next job may be claimed; None where there is none."""
        while self._ready and not self._is_current(self._ready[0]):
            heappop(self._ready)
        while self._later and not self._is_current(self._later[0][1]):
            heappop(self._later)
        starts = [self._ready[0][3]] if self._ready else [self._later[0][0]] if self._later else []
        return min(starts, default=None)

    def _promote(self, now: datetime) -> None:
        self._now = now
        while self._later and self._later[0][0] <= now:
            _, entry = heappop(self._later)
            if self._is_current(entry):
                heappush(self._ready, entry)

    def _push(self, entry: Entry) -> None:
        if entry[3] <= self._now:
            heappush(self._ready, entry)
        else:
            heappush(self._later, (entry[3], entry))

    def _is_current(self, entry: Entry) -> bool:
        return self._current.get(entry[2]) == entry[4]

    def _sweep(self) -> None:
        self._ready = [entry for entry in self._ready if self._is_current(entry)]
        self._later = [(start, entry) for start, entry in self._later if self._is_current(entry)]
        heapify(self._ready)
        heapify(self._later)

    # ------------------------------------------------------------------------------------------ waiting

    def wake(self) -> None:
        """Let everybody who waits look again."""
        for waiter in self._waiting:
            _wake(waiter)
        self._waiting.clear()

    async def sleep(self, seconds: float) -> None:
        """Sleep until woken, or for so many seconds."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.add(waiter)
        alarm = loop.call_later(seconds, _wake, waiter)
        try:
            await waiter
        finally:
            alarm.cancel()
            self._waiting.discard(waiter)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
