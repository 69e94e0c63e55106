"""The program in a process that watches its own event loop: a child's script.

The environment's WATCH names a file that gets a line each second: the tasks there are; for how long the loop was
blocked at the most; and of the pause in which the process computed most, how much that was and where its threads
stood. DAY says how many seconds there are from one sweep of the house to the next; a day, if empty. As `idle` it runs
nothing: what it then sees are the pauses that the machine makes by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import housekeeping, main
from bot.cli import main as command_line

_STEP = 0.005
_LATE = 0.02
"""Seconds after which it is looked where the threads stand."""
_IDLE = (" wait", " _worker", " _recv", " _do_waitpid")
"""Where threads stand that do nothing."""


class Watch:
    """Two clocks, one on the event loop and one beside it, that tell each other when the first stands still."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._loop = threading.get_ident()
        self._beaten = time.perf_counter()
        self._computed = time.thread_time(), time.process_time()
        self._stood: list[str] = []
        self._worst = self._fresh()

    @staticmethod
    def _fresh() -> dict[str, Any]:
        return {"blocked": 0.0, "computed": 0.0, "loop": 0.0, "process": 0.0, "stood": []}

    async def beat(self) -> None:
        """Strike each few milliseconds, and each second write what was the longest pause."""
        threading.Thread(target=self._look, daemon=True).start()
        until = self._beaten + 1
        while True:
            await asyncio.sleep(_STEP)
            self._strike()
            if self._beaten >= until:
                line = {"at": time.time(), "tasks": len(asyncio.all_tasks()), **self._worst}
                with self._file.open("a") as file:  # some microseconds
                    file.write(json.dumps(line) + "\n")
                self._worst, until = self._fresh(), self._beaten + 1

    def _strike(self) -> None:
        now, computed = time.perf_counter(), (time.thread_time(), time.process_time())
        pause = now - self._beaten - _STEP
        own, whole = (after - before for after, before in zip(computed, self._computed, strict=True))
        self._worst["blocked"] = max(pause, self._worst["blocked"])
        if (ours := min(pause, whole)) > self._worst["computed"]:
            self._worst |= {"computed": ours, "loop": own, "process": whole, "stood": self._stood}
        self._beaten, self._computed, self._stood = now, computed, []

    def _look(self) -> None:
        while True:
            time.sleep(_STEP)
            if time.perf_counter() - self._beaten > _LATE and len(self._stood) < 3:
                self._stood = [*self._stood, self._where()]

    def _where(self) -> str:
        """Return where the loop's thread stands, and the others that are at work."""
        mine = threading.get_ident()
        frames = {id: frame for id, frame in sys._current_frames().items() if id != mine}
        told = []
        for id, frame in sorted(frames.items(), key=lambda item: item[0] != self._loop):
            calls = [f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in traceback.extract_stack(frame)]
            if id == self._loop or not calls[-1].endswith(_IDLE):
                told.append(" < ".join(reversed(calls[-8:])))
        return " || ".join(told)


def watched(run: Callable[..., Awaitable[None]], file: Path) -> Callable[..., Awaitable[None]]:
    """Return the same, watched."""

    async def running(*settings: Any) -> None:
        watch = asyncio.create_task(Watch(file).beat())
        try:
            await run(*settings)
        finally:
            watch.cancel()

    return running


if __name__ == "__main__":
    file = Path(os.environ["WATCH"])
    if sys.argv[1:] == ["idle"]:
        asyncio.run(Watch(file).beat())
    if day := os.environ.get("DAY"):
        housekeeping._EVERY = housekeeping.UPDATES_KEPT = timedelta(seconds=float(day))
    main.run = watched(main.run, file)
    command_line()
