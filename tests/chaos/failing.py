"""The program in a process that kills itself at one point, the n-th time it comes there: a child's script.

The environment's FAILPOINT says where: `point moment platform number`, "send before telegram 5" say; nowhere if empty.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from bot.cli import main
from bot.core.model import Delivery
from bot.core.ports import Swap
from store import journal
from store.journal import Journal, Patch
from store.storage import FolderStorage
from store.tinydb import TinyStore

T = TypeVar("T")

POINTS = ("claim", "record-claim", "send", "record-settlement", "settle")
"""The steps of a delivery. What is recorded is on the disk, and nobody has been told so."""
MOMENTS = ("before", "after")
WRITTEN = "written"
"""A point of its own: a batch of the platform's deliveries is written, and not flushed to the disk."""


class Failpoint:
    """Where to die, and how often that is still survived."""

    def __init__(self, point: str, moment: str, platform: str, number: str) -> None:
        self.point = point
        self._moment = moment
        self._platform = platform
        self._left = int(number)

    def arm(self) -> None:
        """Have the real methods pass here."""
        arm = {"claim": self._arm_claim, "send": self._arm_send, "settle": self._arm_settle}
        arm.get(self.point, self._arm_write if self.point == WRITTEN else self._arm_record)()

    def _reached(self, moment: str, *, here: bool = True) -> None:
        if here and moment == self._moment:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    async def _around(self, call: Awaitable[T], *, here: bool) -> T:
        self._reached("before", here=here)
        result = await call
        self._reached("after", here=here and bool(result or self.point != "claim"))
        return result

    def _arm_claim(self) -> None:
        real = TinyStore.claim

        async def claim(store: TinyStore, kind: Any, lane: str, *how: Any) -> Any:
            here = kind is Delivery and lane == self._platform
            here = here and any(job.lane == lane for job in await store.find(Delivery, limit=100_000))
            return await self._around(real(store, kind, lane, *how), here=here)

        TinyStore.claim = claim  # type: ignore[method-assign,assignment]  # for one process

    def _arm_send(self) -> None:
        kind: Any = {"telegram": TelegramAdapter, "discord": DiscordAdapter}[self._platform]
        real = kind.send

        async def send(adapter: Any, chat: Any, *what: Any, key: str, **how: Any) -> Any:
            return await self._around(real(adapter, chat, *what, key=key, **how), here=key.endswith(f":{chat}"))

        kind.send = send

    def _arm_settle(self) -> None:
        real = TinyStore.commit

        async def commit(store: TinyStore, *changes: Any) -> Any:
            here = any(isinstance(each, Swap) and self._settles(each.new) for each in changes)
            return await self._around(real(store, *changes), here=here)

        TinyStore.commit = commit  # type: ignore[method-assign,assignment]  # for one process

    def _arm_record(self) -> None:
        real = FolderStorage.append
        recorded = self._claims if self.point == "record-claim" else self._settles

        def append(folder: FolderStorage, patches: Sequence[Patch]) -> None:
            here = self._has(patches, recorded)
            self._reached("before", here=here)
            real(folder, patches)
            self._reached("after", here=here)

        FolderStorage.append = append  # type: ignore[method-assign]  # for one process

    def _arm_write(self) -> None:
        append, write_all = Journal.append, journal.write_all
        here = False

        def appended(file: Journal, patches: Sequence[Patch]) -> None:
            nonlocal here
            here = self._has(patches, lambda job: self._claims(job) or self._settles(job))
            append(file, patches)

        def written(descriptor: int, data: bytes) -> int:
            size = write_all(descriptor, data)
            self._reached(self._moment, here=here)
            return size

        Journal.append = appended  # type: ignore[method-assign]  # for one process
        journal.write_all = written

    @staticmethod
    def _has(patches: Sequence[Patch], what: Callable[[Any], bool]) -> bool:
        return any(what(job) for patch in patches for job in patch.tables.get("Delivery", {}).values())

    def _claims(self, job: Any) -> bool:
        return isinstance(job, Delivery) and job.lane == self._platform and job.lease is not None

    def _settles(self, job: Any) -> bool:
        return isinstance(job, Delivery) and job.lane == self._platform and job.lease is None and job.told is not None


if __name__ == "__main__":
    if words := os.environ.get("FAILPOINT", "").split():
        Failpoint(*words).arm()
    main()
