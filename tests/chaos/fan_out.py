"""A fan-out with the rate lifted, killed and cut off from power; and its judge, which goes by the far side's ledger."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import control
from bot.core.model import Delivery, Outcome
from tests.chaos.fire import BYSTANDER, EDITOR, LATE, Fire, Kill, deliveries
from tests.chaos.weather import Weather
from tests.flow.test_program import CommandLine

PATIENCE = 600.0
IN_FLIGHT = 128
"""As many deliveries are under way to one platform, at the most: so many may be in doubt after a kill."""
_QUICKLY = 0.0, 0.02
_GROUPS = 2
"""Every second chat at Telegram is a group, which may become a supergroup."""


class FanOut(Fire):
    """A newsroom whose alert goes to many chats as fast as it can."""

    def __init__(self, folder: Path, chats: int, seed: int, settings: dict[str, str], *, storm: bool) -> None:
        super().__init__(folder, chats, random.Random(seed), settings)
        for number in range(0, chats, _GROUPS):
            self.audience[number] = f"telegram:{-4_000_000 - number}"
        self.ledger.takes = _QUICKLY
        self.weather = Weather(seed)
        if storm:
            self.weather.over_telegram(self.telegram, {EDITOR, LATE, BYSTANDER})
            self.weather.over_discord(self.discord)
        self.discord.wall = lambda: datetime.now(UTC)  # ids tell the time, as the history is asked by it

    @property
    def skips(self) -> bool:
        return self.settings["ON_UNCERTAIN"] == "skip"

    async def killed(self, kills: int, how: signal.Signals = signal.SIGKILL) -> None:
        """Have the program killed so many times at random in the fan-out, and start it again each time."""
        messages = len(self.audience)
        for at in sorted(self.chance.sample(range(messages // 50, int(messages * 0.9)), kills)):
            self.light(max(1, at - self.ledger.requests), how)
            await self.restart()

    async def died(self) -> Kill:
        """Wait until the program has killed itself."""
        status = await asyncio.to_thread(self.process.wait, PATIENCE)
        assert status == -signal.SIGKILL, "it ended without coming to the point"
        return Kill(0, ())  # what was in flight at that moment is not for the far side to know

    async def lives_on(self, failpoint: str, kill: Kill) -> None:
        """Keep what the program knew, and start it again, to be killed at a point or to live."""
        kill.claimed = await self.claimed()
        self.kills.append(kill)
        self.program.give(FAILPOINT=failpoint)
        if failpoint:
            await asyncio.to_thread(self.program.stop)
            self.program.launch()
        else:
            await asyncio.to_thread(self.program.restart)

    async def report(self) -> dict[str, Any]:
        """Wait until nobody is on the way any more, and return the program's own report."""
        async with asyncio.timeout(PATIENCE):
            while not await self._is_done():  # noqa: ASYNC110  # another process's
                await asyncio.sleep(0.3)
        said = await asyncio.to_thread(CommandLine(self.folder), "report", self.alert, "--json")
        assert said.returncode == 0, said.stderr
        report: dict[str, Any] = json.loads(said.stdout)
        return report

    async def _is_done(self) -> bool:
        async with control.reached(self.folder) as call:  # it is not reached before all of it has started
            return call is not None and (await call("standing", id=self.alert))["done"]


@asynccontextmanager
async def fan_out(
    folder: Path, chats: int, seed: int, policy: str, *, storm: bool = False, failpoint: str | None = None
) -> AsyncIterator[FanOut]:
    """Open such a newsroom, its rate lifted, and send the alert on its way; the first process may have a failpoint."""
    settings = {"TELEGRAM_RATE": "0", "DISCORD_RATE": "0", "ON_UNCERTAIN": policy, "UNDO_SECONDS": "1"}
    async with AsyncExitStack() as stack:
        fire = FanOut(folder, chats, seed, settings, storm=storm)
        if failpoint is not None:
            fire.settings |= {"FAILPOINT": failpoint}
            fire.module = "tests.chaos.failing"
        await fire.open(stack)
        await fire.breaking("Fire in the old harbour")
        yield fire


# ------------------------------------------------------------------------------------------------ the judge


@dataclass
class Chat:
    """What the far side has of one chat, and what the program keeps and says of it."""

    key: str
    copies: int
    doubts: int
    """How often nobody could know whether it had the alert: in flight at a kill, or the answer lost."""
    shut: bool
    kept: Delivery
    listed: set[str] = field(default_factory=set)
    """As what the program's report names it."""

    @property
    def keyed(self) -> bool:
        """Whether the platform can tell a repeat."""
        return self.key.startswith("discord:")


async def judge(fire: FanOut) -> None:
    """Hold the ledger against what the program says: nobody lost, nobody told twice who need not be."""
    report = await fire.report()
    await asyncio.to_thread(fire.program.stop)
    chats = chats_of(fire, report, [each for each in await deliveries(fire.folder) if each.about == fire.alert])
    sys.stdout.write(figures(fire, chats))
    assert {chat.key for chat in chats} == set(fire.audience), "each chat has one delivery, and nobody else has any"
    assert {fire.weather.home(copy.chat) for copy in fire.ledger.copies.values()} <= set(fire.audience)
    assert fire.discord.refused == []
    assert "Traceback" not in fire.program.log
    for kill in fire.kills:
        assert max(Counter(job.lane for job in kill.claimed).values(), default=0) <= IN_FLIGHT
    for chat in chats:
        judge_chat(chat, skips=fire.skips)
    outcomes = Counter(chat.kept.outcome for chat in chats)
    told = sum(chat.kept.told is not None for chat in chats)
    tally = report["audience"]
    assert (tally["told"], tally["gone"], tally["uncertain"]) == (told, outcomes["gone"], outcomes["uncertain"])
    assert sum(outcomes[each] for each in ("told", "gone", "uncertain")) == len(fire.audience), "nothing failed"


def judge_chat(chat: Chat, *, skips: bool) -> None:
    """Told once; or listed for a reason; or told again where nobody could know, and where that was asked for."""
    match chat.kept.outcome:
        case Outcome.TOLD:
            assert chat.copies, f"{chat.key} is lost"
        case Outcome.GONE:
            assert chat.shut, f"{chat.key} was given up, and is there"
        case _:
            assert "uncertain" in chat.listed, f"{chat.key} is not listed"
            assert skips, f"{chat.key} is left in doubt"
            assert chat.doubts, f"{chat.key} is listed without a doubt"
            assert not chat.keyed, f"{chat.key} is listed, and Discord could tell"
    may_repeat = 0 if skips or chat.keyed else chat.doubts
    assert chat.copies <= 1 + may_repeat, f"{chat.key} was told {chat.copies} times"
    if chat.copies > 1:
        assert "told" in chat.listed or chat.shut, f"{chat.key} was told twice, and is not named"


def chats_of(fire: FanOut, report: dict[str, Any], kept: list[Delivery]) -> list[Chat]:
    home = fire.weather.home
    copies = Counter(home(copy.chat) for copy in fire.ledger.copies.values())
    doubts = Counter(fire.weather.lost)
    doubts.update(home(str(job.chat)) for kill in fire.kills for job in kill.claimed if job.receipt is None)
    named: dict[str, set[str]] = {}
    for one in report["listed"]:
        named.setdefault(home(one["chat"]), set()).add(one["outcome"])
    keys = [(home(str(each.chat)), each) for each in kept]
    return [
        Chat(key, copies[key], doubts[key], key in fire.weather.shut, each, named.get(key, set())) for key, each in keys
    ]


def figures(fire: FanOut, chats: list[Chat]) -> str:
    """Say what happened, for those who run the long form."""
    flights = [kill.in_flight for kill in fire.kills if kill.in_flight]
    claims = [len(kill.claimed) for kill in fire.kills]
    waits = [kill.seconds for kill in fire.kills if kill.seconds]
    computing = [kill.cpu for kill in fire.kills if kill.seconds]
    repeated = Counter(chat.key.partition(":")[0] for chat in chats if chat.copies > 1)
    listed = sum("uncertain" in chat.listed for chat in chats)
    unheard = sum("uncertain" in chat.listed and not chat.copies for chat in chats)
    lost = sum(not chat.copies and not chat.listed and not chat.shut for chat in chats)
    met = " ".join(f"{kind} {fire.weather.met[kind]}" for kind in sorted(fire.weather.met) if kind)
    again = f"{max(waits):.1f} s at most ({max(computing):.1f} s of computing)" if waits else "-"
    return (
        f"FAN-OUT {fire.settings['ON_UNCERTAIN']} {len(chats)} chats; {len(fire.kills)} kills, "
        f"in flight {flights or 'not known'}, claimed {claims}; faults: {met or 'none'}; lost {lost}, "
        f"repeated {repeated['telegram']} + {repeated['discord']}, listed {listed} ({unheard} without a copy), "
        f"gone {sum(chat.shut for chat in chats)}; sending again after {again}\n"
    )
