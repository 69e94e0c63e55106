"""100,000 deliveries pending: what the program weighs, how soon it sends again, how long its event loop is blocked."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import aiohttp
import psutil

sys.path.pop(0)  # this folder, where the benchmark of the store goes by the package's name

from bench import limits
from bench.pace import far_side
from bot import control
from bot.core.clock import SystemClock, TimeIds
from bot.core.model import Audience, Chat, Delivery, Revision, Severity, Subscriber
from bot.core.ports import Add
from bot.outreach import alerts, outbox
from store import open_store
from tests.browser.program import Program
from tests.flow.web import Browser, answering

ROOT = Path(__file__).parents[1]
CHATS = 100_000
MEBIBYTES, BLOCKED_SECONDS, RESUMES_SECONDS = 300.0, 0.1, 10.0
CALM_SECONDS = 10.0
"""For how long it is looked at each thing that is done."""
_BATCH = 2000


async def fill(folder: Path, *, addressed: bool) -> str:
    """Have so many chats follow, and an alert released, to all of them or about to be; return its id."""
    store, clock = await open_store("tinydb:", folder), SystemClock()
    ids, now = TimeIds(clock.now), clock.now()
    revision = Revision(headline="Fire in the old harbour", text=("The quay is closed.",), url="https://paper.example/")
    draft = alerts.drafted(ids.new(), revision, Severity.URGENT, Audience(everyone=True), by="bench", at=now)
    alert = alerts.approved(draft, by="bench", at=now)
    if addressed:
        alert = alerts.addressed(alerts.released(alert, at=now))
    chats = [Chat("telegram", str(10_000_000 + number)) for number in range(CHATS)]
    for start in range(0, CHATS, _BATCH):
        some = chats[start : start + _BATCH]
        since = now - timedelta(days=1)
        await store.commit(*(Add(Subscriber(id=str(chat), chat=chat, since=since, topics=("*",))) for chat in some))
        if addressed:
            await store.commit(*(Add(_delivery(alert.id, chat, now)) for chat in some))
    await store.commit(Add(alert), *(() if addressed else (Add(outbox.fan_out_job(alert, now)),)))
    await store.close()
    return alert.id


def _delivery(alert: str, chat: Chat, due: datetime) -> Delivery:
    priority = Severity.URGENT.priority
    return Delivery(id=f"{alert}:{chat}", lane="telegram", due=due, priority=priority, about=alert, chat=chat)


# ------------------------------------------------------------------------------------------------ the program


@dataclass
class Watched:
    """The program over such a folder, and what is seen of it."""

    program: Program
    url: str
    """Of the far side."""
    folder: Path
    heaviest: float = 0.0
    """Mebibytes of the program and its children; pages that they share are counted once (PSS)."""

    async def first(self) -> float:
        """Start it, and return the seconds of computing until the far side has the first message."""
        began = time.time()
        await asyncio.to_thread(self.program.launch)
        async with aiohttp.ClientSession() as session:
            while True:
                async with session.get(f"{self.url}/far/told", params={"words": "Fire"}) as answer:
                    if await answer.json():
                        break
                await asyncio.sleep(0.02)
        took, times = time.time() - began, psutil.Process(self.program.process.pid).cpu_times()
        computed = times.user + times.system  # what else the machine does is not ours to answer for
        print(f"the first message came after {took:.1f} s, {computed:.1f} of computing")
        await asyncio.to_thread(self.program.ready)
        await answering(self.program.address)
        return computed

    def weigh(self) -> None:
        """Look at what it weighs now."""
        process, pages = psutil.Process(self.program.process.pid), 0
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                pages += each.memory_full_info().pss
        self.heaviest = max(self.heaviest, pages / 2**20)

    async def during(self, name: str, work: Callable[[], Awaitable[object]]) -> float:
        """Do something, and some seconds of nothing else; return for how long the loop was blocked by our computing."""
        began = time.time()
        await work()
        done = time.time() - began
        while time.time() < began + max(done + 2, CALM_SECONDS):
            await asyncio.to_thread(self.weigh)
            await asyncio.sleep(0.5)
        worst = max(_seen(self.folder / "watch", began), key=itemgetter("computed"))
        longest = max(line["blocked"] for line in _seen(self.folder / "watch", began))
        idle = max(line["blocked"] for line in _seen(self.folder / "idle", began))
        print(
            f"{name:<40} {worst['computed'] * 1000:5.0f} ms of computing; {longest * 1000:5.0f} ms in all "
            f"(an idle process {idle * 1000:.0f}); took {done:.1f} s",
            flush=True,
        )
        if worst["computed"] > BLOCKED_SECONDS / 3:
            print("    " + "\n    ".join(worst["stood"][:2]), flush=True)
        return worst["computed"]


def _seen(file: Path, since: float) -> list[dict[str, Any]]:
    lines = map(json.loads, file.read_text().splitlines())
    return [line for line in lines if line["at"] > since + 1]  # a line tells of the second before it


async def scene(name: str, *, addressed: bool) -> bool:
    """Start the program over such a folder, and do all that people and the house do."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(far_side("telegram"))
        alert = await fill(folder / "var", addressed=addressed)
        idle = subprocess.Popen(  # noqa: ASYNC220  # nobody waits
            [sys.executable, "-m", "tests.chaos.watched", "idle"],
            cwd=ROOT,
            env={"WATCH": str(folder / "idle"), "PYTHONPATH": str(ROOT)},
        )
        stack.callback(idle.wait)
        stack.callback(idle.kill)
        settings = {"TELEGRAM_TOKEN": limits.TELEGRAM_TOKEN, "TELEGRAM_API_URL": url, "SAMPLE_NEWSROOM": "false"}
        program = Program(folder / "var", **settings, WATCH=str(folder / "watch"), DAY="4")
        program.module = "tests.chaos.watched"
        watched = Watched(program, url, folder)
        computed = await watched.first()
        stack.callback(program.stop)
        print(f"{name}: {CHATS} chats", flush=True)
        blocked = [await watched.during(what, work) for what, work in doings(watched, alert).items()]
        kept = "Traceback" not in program.log
    held = _bar("seconds of computing to the first message", computed, RESUMES_SECONDS)
    held &= _bar("MiB of the program and its children", watched.heaviest, MEBIBYTES)
    return held & _bar("seconds the loop was blocked by computing", max(blocked), BLOCKED_SECONDS) & kept


def doings(watched: Watched, alert: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return what is done, one after the other."""
    program = watched.program

    async def calm() -> None:
        await asyncio.sleep(CALM_SECONDS)

    async def desk() -> None:
        async with Browser(program.address) as browser:
            await browser.sign_in(program.link)
            for path in ("/desk", f"/desk/alerts/{alert}", "/metrics"):
                assert (await browser.open(path)).status == 200
            async with browser.stream(desk=True) as stream:
                for _ in range(3):
                    await stream.next()

    def asks(operation: str, /, **arguments: object) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            async with control.reached(watched.folder / "var") as call:
                await call(operation, **arguments)

        return ask

    correction = {"alert": alert, "text": "It was the new one.\nFire in the new harbour"}
    return {
        "ready, and sending": calm,
        "the desk, its stream, the metrics": desk,
        "a draft for all": asks("breaking", text="Another fire", severity="urgent"),
        "/report": asks("report", id=alert),
        "a backup": asks("backup", file=str(watched.folder / "backup.jsonl")),
        "a correction of all": asks("command", name="correct", words=correction),
        "a withdrawal of all": asks("command", name="retract", words={"alert": alert}),
    }


def _bar(what: str, value: float, most: float) -> bool:
    print(f"{what:<40} {value:8.3f} (bar: {most:g})", flush=True)
    return value <= most


async def main() -> None:
    """Start with all of them pending, and then with all of them still to be addressed."""
    held = await scene("pending at the start", addressed=True)
    held &= await scene("a fan-out from its start", addressed=False)
    sys.exit(not held)


if __name__ == "__main__":
    asyncio.run(main())
