"""The jobs of one lane: which may be claimed next, and who waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from bot.core.model import Job, Priority

_MANY = 1024
_SHARE = 10
"""So many-th of what is taken has waited for long where something more urgent never ends, unless that is a flash."""
_LONG = timedelta(minutes=30)


class Place(NamedTuple):
    """A job's place in the order of claiming. A job that changes gets a new one, with a serial number of its own."""

    priority: int
    due: datetime
    id: str
    start: datetime
    """When it may be claimed: when it is due, or when the lease of who has it runs out."""
    serial: int


class Lane:
    """Heaps of what may be claimed by now, one for each priority, and one of the rest by the time when it may.

    Places of jobs that have changed stay behind and are passed over. What is new is put in order when somebody asks.
    """

    def __init__(self) -> None:
        self._ready: dict[int, list[Place]] = {}
        self._since_late = 0
        """Taken since something had a place that had waited for long."""
        self._later: list[tuple[datetime, Place]] = []
        self._new: list[Place] = []
        self._serials: dict[str, int] = {}
        self._next = count()
        self._waiting: set[asyncio.Future[bool]] = set()

    def put(self, job: Job, *, void: bool = False) -> None:
        """Take in a job, new or changed; with `void` its lease counts as run out."""
        if job.due is None:
            self.drop(job.id)
            return
        start = job.due if void or job.lease is None else max(job.due, job.lease)
        serial = self._serials[job.id] = next(self._next)
        self._new.append(Place(int(job.priority), job.due, job.id, start, serial))
        if len(self._new) > _MANY + len(self._serials):
            self._new = list(filter(self._stands, self._new))

    def drop(self, id: str) -> None:
        """Forget a job."""
        self._serials.pop(id, None)

    def clear(self) -> None:
        """Forget all jobs; who waits goes on waiting."""
        self._serials.clear()
        self._sweep()

    def take(self, now: datetime, limit: int, but: Container[str]) -> list[str]:
        """Take at most `limit` ids of jobs that may be claimed, leaving those in `but`; each must be `put` again."""
        self._sort(now)
        taken: list[str] = []
        while len(taken) < limit and (heap := self._first(now)):
            place = heappop(heap)
            if place.start > now or place.id in but:
                self._new.append(place)
            else:
                taken.append(place.id)
        return taken

    def _first(self, now: datetime) -> list[Place] | None:
        """Return the heap to take from: the most urgent one, or by their share one of what has waited for long."""
        heaps = self._heaps()
        late = [heap for heap in heaps[1:] if heap[0].due <= now - _LONG]
        if late and self._since_late >= _SHARE - 1 and heaps[0][0].priority != Priority.FLASH:
            self._since_late = 0
            return min(late, key=lambda heap: heap[0].due)
        self._since_late += 1
        return heaps[0] if heaps else None

    def _heaps(self) -> list[list[Place]]:
        """Return the heaps of what may be claimed, most urgent first, each with one on top that still stands."""
        for heap in self._ready.values():
            while heap and not self._stands(heap[0]):
                heappop(heap)
        return [self._ready[priority] for priority in sorted(self._ready) if self._ready[priority]]

    def soonest(self, now: datetime) -> datetime | None:
        """Return from when on a job may be claimed, `now` where one may be already; None where there is none."""
        self._sort(now)
        while self._later and not self._stands(self._later[0][1]):
            heappop(self._later)
        if self._heaps():
            return now
        return self._later[0][0] if self._later else None

    def settle(self, now: datetime) -> None:
        """Put many that were taken in where they belong, about now: what may be claimed when is looked at again."""
        self._sort(now)

    def _stands(self, place: Place) -> bool:
        return self._serials.get(place.id) == place.serial

    def _sort(self, now: datetime) -> None:
        """Put what is new, and what has come due, in its heap."""
        arrived, self._new = self._new, []
        while self._later and self._later[0][0] <= now:
            arrived.append(heappop(self._later)[1])
        if len(arrived) > _MANY:
            for place in arrived:
                if place.start <= now:
                    self._ready.setdefault(place.priority, []).append(place)
            self._later += [(place.start, place) for place in arrived if place.start > now]
            self._sweep()
            return
        for place in filter(self._stands, arrived):
            if place.start <= now:
                heappush(self._ready.setdefault(place.priority, []), place)
            else:
                heappush(self._later, (place.start, place))
        if sum(map(len, self._ready.values())) + len(self._later) > _MANY + 2 * len(self._serials):
            self._sweep()

    def _sweep(self) -> None:
        serials = self._serials  # looked up here, not by a call for each: there may be 100,000
        for heap in self._ready.values():
            heap[:] = [place for place in heap if serials.get(place.id) == place.serial]
            heapify(heap)
        self._later = [late for late in self._later if serials.get(late[1].id) == late[1].serial]
        self._new = [place for place in self._new if serials.get(place.id) == place.serial]
        heapify(self._later)

    # ------------------------------------------------------------------------------------------ waiting

    def wake(self, *, for_good: bool) -> None:
        """Let everybody who waits look again, or for good: there is something to claim."""
        for waiter in self._waiting:
            _end(waiter, for_good)
        self._waiting.clear()

    async def wait(self, now: datetime, longest: float) -> None:
        """Sleep until a job may be claimed, going by `now`, or one arrives, at most `longest` seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            soonest = self.soonest(now)
            seconds = longest if soonest is None else min(longest, (soonest - now).total_seconds())
            left = began + seconds - loop.time()
            if left <= 0 or await self._sleep(left):
                return

    async def _sleep(self, seconds: float) -> bool:
        """Sleep so long, and tell whether it was ended for good."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self._waiting.add(waiter)
        alarm = loop.call_later(seconds, _end, waiter, False)
        try:
            return await waiter
        finally:
            alarm.cancel()
            self._waiting.discard(waiter)


def _end(waiter: asyncio.Future[bool], for_good: bool) -> None:  # noqa: FBT001  # `call_later` knows no keywords
    if not waiter.done():
        waiter.set_result(for_good)
