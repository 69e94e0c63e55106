"""Mixed life at a high rate: alerts and what becomes of them, feeds, people, the desk; and what the program takes."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.fire import BYSTANDER, EDITOR, LATE, Fire
from tests.chaos.weather import LOST, Weather
from tests.flow.web import Browser, answering
from tests.wire.telegram.people import Person

RATES = {"TELEGRAM_RATE": "150", "DISCORD_RATE": "100"}
"""Five and two times what the platforms allow, and a third of what two cores can do: waiting is part of life, too."""
_PEOPLE = range(5001, 5009)
_LINES = ("/help", "/latest", "/list", "/subscribe weather", "/unsubscribe weather", "/subscribe", "/unsubscribe")
_ASIDE = {EDITOR, LATE, BYSTANDER, *_PEOPLE}
_FAULTS = ("500", "502", "reset") * 3 + ("429",)
_KEPT, _KEPT_POSTS = 40_000, 60
"""What the far side remembers of Discord's messages, and of a Telegram chat: it must not grow slow."""
_PATIENCE = 180.0


class Drizzle(Weather):
    """One message in a hundred meets a fault; no chat is closed for good by it."""

    def _drawn(self, chat: str) -> str:
        self._calls[chat] += 1
        drawn = int(random.Random(f"{self._seed} {chat} {self._calls[chat]}").random() * 1000)
        kind = _FAULTS[drawn] if drawn < len(_FAULTS) else ""
        self.met[kind] += 1
        if kind in LOST:
            self.lost[chat] += 1
        return kind


@dataclass
class Told:
    """An alert that went out, and the words that its copies show in the end."""

    headline: str
    shows: str
    withdrawn: bool = False


@dataclass
class Sample:
    """What the program and its children take at one moment."""

    at: float
    memory: float
    """Megabytes: each page once, also those that several of them share (PSS)."""
    handles: int
    """But for connections."""
    connections: int
    messages: int


@dataclass
class Soak:
    """The life of one newsroom, and what was seen of it."""

    fire: Fire
    seconds: float
    samples: list[Sample] = field(default_factory=list)
    alerts: list[Told] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    async def live(self) -> None:
        """Let everybody live for so long; then wait until nothing is on its way."""
        self.weather = Drizzle(1)
        self.weather.over_telegram(self.fire.telegram, _ASIDE)
        self.weather.over_discord(self.fire.discord)
        self.fire.discord.wall = lambda: datetime.now(UTC)
        self.began, self.until = time.time(), time.time() + self.seconds
        beside = [self._measure(), self._forget()]
        lives = [self._edit(), self._desk(), *map(self._ask, _PEOPLE)]
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(each) for each in beside]
            async with asyncio.TaskGroup() as living:
                for life in lives:
                    living.create_task(life)
            for task in watching:
                task.cancel()

    @property
    def over(self) -> bool:
        """Whether it is time to come to an end."""
        return time.time() >= self.until

    # -------------------------------------------------------------------------------------------- the newsroom

    async def _edit(self) -> None:
        """Send alerts, and change each in one of several ways; the next comes when most of that has arrived."""
        fire, ways = self.fire, [self._correct, self._update, self._refile, self._withdraw, self._leave]
        for number in count(1):
            if self.over:
                return
            _cut(fire.telegram.room(EDITOR).posts, _KEPT_POSTS)  # now, as it is counted there what was said
            told = Told(f"Fire number {number}.", f"Fire number {number}.")
            await fire.breaking(told.headline)
            self.alerts.append(told)
            await self._reached(told, 0.3)
            await ways[number % len(ways)](told)
            if not told.withdrawn:  # then whoever was not told is told no more
                await self._reached(told, 0.95)

    async def _reached(self, told: Told, part: float) -> None:
        """Wait until so many of the audience were told."""
        async with asyncio.timeout(_PATIENCE):
            while self._copies(told) < part * len(self.fire.audience):  # noqa: ASYNC110  # the far side's own
                await asyncio.sleep(0.2)

    def _copies(self, told: Told) -> int:
        return self.fire.first_told[told.headline]

    async def _correct(self, told: Told) -> None:
        told.shows = f"{told.headline} Three hurt"
        await self.fire.order(f"/correct ALERT It was three.\n{told.shows}")
        self.done["corrected"] += 1

    async def _refile(self, told: Told) -> None:
        told.shows = f"{told.headline} At the quay"
        await self.fire.order(f"/refile ALERT A slip.\n{told.shows}")
        self.done["refiled"] += 1

    async def _withdraw(self, told: Told) -> None:
        told.shows, told.withdrawn = "WITHDRAWN", True
        await self.fire.order("/retract ALERT There was none.")
        self.done["withdrawn"] += 1
        await asyncio.sleep(3)

    async def _update(self, told: Told) -> None:
        fire, text = self.fire, f"{told.headline[:-1]}: out."
        await fire.editor.types(f"/update {fire.alert} {text}")
        await fire.telegram.until(lambda: fire._offer(text), _PATIENCE)
        await fire.editor.presses("Send")
        update = Told(text, text)
        self.alerts.append(update)
        self.done["updated"] += 1
        await self._reached(update, 0.95)  # a routine alert: what is more urgent goes before it, without end if need be

    async def _leave(self, _told: Told) -> None:
        self.done["left as it was"] += 1

    # -------------------------------------------------------------------------------------------- everybody else

    async def _ask(self, id: int) -> None:
        """Type commands, follow and leave, now and then."""
        person = Person(self.fire.telegram, id)
        while not self.over:
            try:
                await person.says(self.fire.chance.choice(_LINES))
                self.done["commands"] += 1
            except TimeoutError:
                self.done["commands that took over 20 s"] += 1
            await asyncio.sleep(self.fire.chance.uniform(0.5, 3))

    async def _desk(self) -> None:
        """Open the desk's pages and its live stream, and close them again."""
        program = self.fire.program
        await answering(program.address)
        async with Browser(program.address) as browser:
            await browser.sign_in(program.link)
            while not self.over:
                for path in ("/", "/desk", "/metrics"):
                    assert (await browser.open(path)).status == 200
                    self.done["pages"] += 1
                async with browser.stream(desk=True) as stream:
                    with suppress(TimeoutError):
                        for _ in range(5):
                            await stream.next()
                            self.done["events"] += 1
                await asyncio.sleep(0.5)

    async def _measure(self) -> None:
        """Look each second at what the program takes."""
        process = psutil.Process(self.fire.process.pid)
        while True:
            taken = await asyncio.to_thread(_taken, process)
            self.samples.append(Sample(time.time() - self.began, *taken, self.fire.ledger.requests))
            with self.fire.watch.with_name("samples.jsonl").open("a") as file:  # some microseconds
                file.write(json.dumps(asdict(self.samples[-1])) + "\n")
            await asyncio.sleep(1)

    async def _forget(self) -> None:
        """Have the far side forget what nobody will ask for any more."""
        telegram, discord = self.fire.telegram, self.fire.discord
        while True:
            await asyncio.sleep(5)
            telegram.calls.clear()
            telegram.ledger.clear()
            for id, room in telegram.rooms.items():
                if id != EDITOR:
                    _cut(room.posts, _KEPT_POSTS)
            _cut(discord.messages, _KEPT)
            _cut(discord._nonces, _KEPT)


def _cut(kept: dict[Any, Any], most: int) -> None:
    """Leave the newest alone."""
    for key in list(kept)[:-most]:
        del kept[key]


class Newsroom(Fire):
    """The fire's newsroom; its ledger also counts who was told of what, by headline."""

    def __init__(self, folder: Path, chats: int, chance: random.Random, settings: dict[str, str]) -> None:
        super().__init__(folder, chats, chance, settings)
        self.module = "tests.chaos.watched"
        self.ledger.takes = 0.0, 0.05
        self.first_told: Counter[str] = Counter()
        self.seen: dict[tuple[str, str], int] = Counter()
        """Copies by headline and chat."""
        self.shown: dict[tuple[str, str], str] = {}
        """What the last changed one says."""
        self.watch = folder / "watch.jsonl"
        self.settings |= {"WATCH": str(self.watch)}
        chats_told = set(self.audience)
        headlines: dict[tuple[str, str], str] = {}

        def show(chat: str, id: str, text: str, under: str = "") -> None:
            if chat not in chats_told or (under and ": out." not in text):
                return  # a notice under a copy
            headline = headlines.get((chat, id))
            if headline is None:
                headline = headlines[chat, id] = _headline(text)
                self.seen[headline, chat] += 1
                self.first_told[headline] += self.seen[headline, chat] == 1
            self.shown[headline, chat] = text

        self.ledger.show = show  # type: ignore[method-assign]  # so many copies are only counted

    def watched(self) -> list[dict[str, Any]]:
        """Return what the program's own watch has written, second by second."""
        lines = self.watch.read_text().splitlines() if self.watch.exists() else []
        return list(map(json.loads, lines))


def _headline(text: str) -> str:
    """Return the headline of one of the soak's alerts; "" for anything else."""
    at = text.find("Fire number ")
    if at < 0:
        return ""
    line = text[at:].splitlines()[0]
    return f"{line.split(': out.')[0]}: out." if ": out." in line else f"{line.split('.')[0]}."


def _taken(process: psutil.Process) -> tuple[float, int, int]:
    """Return megabytes, open files and connections of a process with its children."""
    memory, handles, connections = 0, 0, 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            memory += each.memory_full_info().pss
            connections += (sockets := len(each.net_connections()))
            handles += max(0, each.num_fds() - sockets)
    return memory / 1e6, handles, connections
