"""Tells open pages that a chat has changed; what changed they read from the store, so nothing is queued here."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """Rings for one open page. Rings that come before it is answered are one."""

    def __init__(self, *, closing: bool) -> None:
        self._rung = asyncio.Event()
        self.closing = closing
        """Whether the page's stream is to end."""

    def ring(self) -> None:
        """Wake whoever waits, or will."""
        self._rung.set()

    async def wait(self, longest: float) -> bool:
        """Wait until it rings, at most so many seconds, and tell whether it did."""
        try:
            async with asyncio.timeout(longest):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Live:
    """The bells of all open pages, by chat. One session may have `limit` of them."""

    def __init__(self, limit: int = 4) -> None:
        self._limit = limit
        self._closing = False
        self._bells: dict[str, set[Bell]] = defaultdict(set)
        self._open: Counter[str] = Counter()

    @contextmanager
    def bell(self, chat: str, session: str) -> Iterator[Bell | None]:
        """Lend a bell to a page while it is open; None where the session has too many open already."""
        if self._open[session] >= self._limit:
            yield None
            return
        bell = Bell(closing=self._closing)
        self._bells[chat].add(bell)
        self._open[session] += 1
        try:
            yield bell
        finally:
            self._bells[chat].discard(bell)
            if not self._bells[chat]:
                del self._bells[chat]
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    def changed(self, chat: str) -> None:
        """Ring for the pages that show this chat."""
        for bell in self._bells.get(chat, ()):
            bell.ring()

    def close(self) -> None:
        """Ask every stream to end, those included that are just beginning."""
        self._closing = True
        for bells in self._bells.values():
            for bell in bells:
                bell.closing = True
                bell.ring()
