"""Recorded updates on their way to dispatch: each chat's in order, all chats at once."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator

import structlog

from bot.core.update import Update

_WAITING = 30
"""Lines that one chat may have waiting: more than anybody may give in the time it takes to answer them."""

_log = structlog.get_logger()


class Turns:
    """Hands updates to `handle`."""

    def __init__(self, handle: Callable[[Update], Awaitable[None]]) -> None:
        self._handle = handle
        self._waiting: dict[str, deque[Update]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._open = True

    def admitted(self, updates: Iterable[Update]) -> Iterator[Update]:
        """Yield the updates for which there is room; a chat that floods us loses what goes beyond."""
        waiting = Counter({chat: len(lines) for chat, lines in self._waiting.items()})
        for update in updates:
            chat = str(update.chat)
            waiting[chat] += 1
            if waiting[chat] <= _WAITING:
                yield update
            else:
                _log.warning("update left: its chat has too much waiting", chat=chat)

    def put(self, update: Update) -> None:
        """Handle an update after those of its chat that came before."""
        chat = str(update.chat)
        if chat in self._waiting:
            self._waiting[chat].append(update)
            return
        self._waiting[chat] = deque([update])
        worker = asyncio.create_task(self._work(chat))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def close(self, seconds: float) -> None:
        """Let what is under way end, within some seconds; what waits stays recorded for the next start."""
        self._open = False
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=seconds)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, chat: str) -> None:
        waiting = self._waiting[chat]
        while waiting and self._open:
            await self._handle(waiting[0])
            waiting.popleft()
        del self._waiting[chat]
