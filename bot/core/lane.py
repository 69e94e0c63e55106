"""A lane of jobs: claimed, handled, settled, as many under way at once as its window is wide."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic

import structlog

from bot.core.errors import BotError
from bot.core.pace import Turns
from bot.core.ports import Bot, J, Swap

ATTEMPTS = 5
"""Claims of a job that can't be handled, before it is put aside with its cause in the log."""
_AHEAD = 0.03
"""Seconds: how far ahead of the pace jobs are claimed, so that the claim itself costs no place."""
_DRAIN_SECONDS = 10.0
"""What is under way when the bot is told to end has so long."""
_SELDOM = 300
"""Seconds, at the most, until what can't be handled is tried again."""
_LOOK_AGAIN = 5.0
"""Seconds between two looks at an idle lane, should a hint get lost."""

_log = structlog.get_logger()


class _UnderWay:
    """Counts the jobs of a lane that have begun and not ended."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.number = 0
        self._group = group
        self._one_ended = asyncio.Event()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.number += 1
        self._group.create_task(self._to_its_end(work))

    async def fewer_than(self, number: int) -> None:
        while self.number >= number:
            self._one_ended.clear()
            await self._one_ended.wait()

    async def _to_its_end(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self.number -= 1
            self._one_ended.set()


@dataclass(frozen=True, slots=True)
class Lane(Generic[J]):
    """One kind of job in one lane, and the function that handles and settles each."""

    kind: type[J]
    name: str
    handle: Callable[[J], Awaitable[None]]
    window: int = 1
    lease: float = 60.0
    """Seconds a job may take before another worker may have it."""
    insists: bool = False
    """Whether what can't be handled is never put aside, but tried again, seldom in the end."""
    pace: Turns | None = None
    """At which what the jobs do takes its places: no more are claimed than may begin at once."""

    async def run(self, bot: Bot) -> None:
        """Turn until cancelled. A slow job holds up nobody: whenever one ends, the next is claimed.

        What is under way at the end is given some seconds to come to its own.
        """
        async with asyncio.TaskGroup() as group:
            under_way = _UnderWay(group)
            try:
                while True:
                    await self._turn_on(bot, under_way)
            except asyncio.CancelledError:
                with suppress(TimeoutError):
                    await asyncio.wait_for(under_way.fewer_than(1), _DRAIN_SECONDS)
                raise

    async def _turn_on(self, bot: Bot, under_way: _UnderWay) -> None:
        await self._rest(bot)
        free = self._room(bot, self.window - under_way.number)
        jobs = await self._claim(bot, free) if free else ()
        for job in jobs:
            under_way.begin(self._attempt(bot, job))
        await asyncio.sleep(0)  # they take their places before it is looked for more
        if under_way.number >= self.window:
            await under_way.fewer_than(self.window)
        elif len(jobs) < free:
            await bot.store.wait(self.kind, self.name, bot.clock.now(), _LOOK_AGAIN)

    async def turn(self, bot: Bot) -> int:
        """Handle what is due now, one after the other, and return how many jobs it was."""
        jobs = await self._claim(bot, self.window)
        for job in jobs:
            await self._attempt(bot, job)
        return len(jobs)

    async def _claim(self, bot: Bot, limit: int) -> tuple[J, ...]:
        try:
            return tuple(await bot.store.claim(self.kind, self.name, bot.clock.now(), self.lease, limit))
        except BotError:
            _log.exception("lane can't claim", lane=self.name, kind=self.kind.__name__)
            await bot.clock.sleep(_LOOK_AGAIN)
            return ()

    async def _attempt(self, bot: Bot, job: J) -> None:
        """Handle one job; what it can't be handled for is logged, and it comes again later or is put aside."""
        try:
            await self.handle(job)
        except Exception:  # noqa: BLE001  # a poisoned job must not take its neighbours down
            _log.exception("job failed", job=job.id, kind=self.kind.__name__, attempt=job.attempts)
            again = bot.clock.now() + timedelta(seconds=min(2**job.attempts, _SELDOM))
            due = again if self.insists or job.attempts < ATTEMPTS else None
            with suppress(BotError):  # the store is at fault: the lease will run out
                await bot.store.commit(Swap(job, job.rearmed(due, attempts=job.attempts)))

    async def _rest(self, bot: Bot) -> None:
        """Wait until the pace is about to allow one more, so that nothing is claimed which can't be begun."""
        if self.pace is not None and (delay := self.pace.delay(bot.clock.monotonic())) > _AHEAD:
            await bot.clock.sleep(delay - _AHEAD / 2)

    def _room(self, bot: Bot, free: int) -> int:
        """Return how many to claim now: what comes in meanwhile and is more urgent must not wait behind them."""
        return free if self.pace is None else self.pace.within(bot.clock.monotonic(), _AHEAD, free) or min(free, 1)
