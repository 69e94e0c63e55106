"""The platforms' full rate without one refusal, a flash in the middle of a fan-out, and answers meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import structlog

sys.path.pop(0)  # this folder, where the benchmark of the store goes by the package's name

from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from bench import limits
from bot.commands.dispatch import Dispatcher
from bot.commands.menu import COMMANDS, registry
from bot.core.clock import SystemClock, TimeIds
from bot.core.model import Audience, Chat, Revision, Severity, Subscriber
from bot.core.ports import Add, Bot
from bot.core.settings import Settings
from bot.main import opened
from bot.outreach import alerts, outbox
from bot.pipeline import Pipeline
from store import open_store

LEAST_RATE, FLASH_SECONDS, HELP_SECONDS, PERCENTILE = 0.97, 0.1, 0.3, 0.95
RATES = {"telegram": 30.0, "discord": 50.0}
"""What the far side allows in a second."""
CHATS = {"telegram": 3000, "discord": 500}
WITH_TROUBLE = {"telegram": 900, "discord": 1500}
CROWD, FLASHES, FOLLOWERS, QUESTIONS = 10_000, 8, 100, 100
_UNDO_SECONDS = 1.0
_ASKING = 20_000_000
_BATCH = 2000


@dataclass
class Row:
    """A line of the far side's ledger."""

    at: float
    chat: str
    words: str
    status: int


@dataclass
class House:
    """The whole house, and the far side it talks to."""

    platform: str
    bot: Bot
    session: aiohttp.ClientSession
    url: str

    async def follow(self, chats: int, followers: int = 0) -> None:
        """Have so many chats follow the news, some of them flashes too; of Telegram's every tenth is a group."""
        since = self.bot.clock.now() - timedelta(days=1)
        step = chats // followers if followers else chats + 1
        everybody = [
            Subscriber(
                id=str(chat), chat=chat, since=since, topics=("news", *(("flash",) if number % step == 1 else ()))
            )
            for number in range(chats)
            for chat in (self.chat(number),)
        ]
        for start in range(0, chats, _BATCH):
            await self.bot.store.commit(*map(Add, everybody[start : start + _BATCH]))

    def chat(self, number: int) -> Chat:
        """Return one of the chats."""
        group = self.platform == "telegram" and number % 10 == 0
        return Chat(self.platform, f"{'-' if group else ''}{10_000_000 + number}")

    async def release(self, headline: str, severity: Severity, topic: str, undo: float = 0.0) -> float:
        """Approve an alert, and return when it may no longer be called back."""
        bot, now = self.bot, self.bot.clock.now()
        revision = Revision(headline=headline, text=("The quay is closed.",), url="https://paper.example/fire")
        draft = alerts.drafted(bot.ids.new(), revision, severity, Audience(topics=(topic,)), by="bench", at=now)
        due = now + timedelta(seconds=undo)
        await bot.store.commit(
            Add(alerts.approved(draft, by="bench", at=now, earliest=due)), Add(outbox.fan_out_job(draft, due))
        )
        return due.timestamp()

    async def far(self, what: str, **body: object) -> None:
        """Do something at the far side."""
        async with self.session.post(f"{self.url}/far/{what}", json=body) as answer:
            answer.raise_for_status()

    async def ledger(self) -> tuple[list[Row], dict[str, float]]:
        """Return what the far side took in and refused, and when people typed."""
        async with self.session.get(f"{self.url}/far/ledger") as answer:
            told = await answer.json()
        return [Row(*row) for row in told["ledger"]], told["said"]

    async def told(self, headline: str, chats: int, pause: float = 1.0) -> None:
        """Wait until so many chats have a headline."""
        while True:
            async with self.session.get(f"{self.url}/far/told", params={"words": headline}) as answer:
                if await answer.json() >= chats:
                    return
            await asyncio.sleep(pause)


@contextmanager
def far_side(platform: str):
    """Serve a platform in a process of its own, and give its address."""
    process = subprocess.Popen([sys.executable, __file__, "serve", platform], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def house(platform: str, url: str) -> AsyncIterator[House]:
    """Open the whole house in an empty folder, listening and sending."""
    with tempfile.TemporaryDirectory() as name:
        settings, clock = _settings(platform, url, Path(name)), SystemClock()
        store = await open_store("tinydb:", Path(name))
        kind = {"telegram": TelegramAdapter, "discord": DiscordAdapter}[platform]
        adapter = kind(settings, store, clock, TimeIds(clock.now), COMMANDS)
        async with opened(settings, store, (adapter,)) as bot, aiohttp.ClientSession() as session:
            pipeline = Pipeline(bot)
            await pipeline.open()
            running = [asyncio.create_task(pipeline.run())]
            running.append(asyncio.create_task(adapter.run(Dispatcher(bot, registry()))))
            try:
                ended = asyncio.create_task(adapter.connected.wait())
                await asyncio.wait([ended, *running], return_when=asyncio.FIRST_COMPLETED)
                for task in running:
                    if task.done():
                        task.result()
                yield House(platform, bot, session, url)
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                await adapter.close()
                await store.close()


def _settings(platform: str, url: str, folder: Path) -> Settings:
    given = {
        "telegram": {"telegram_token": limits.TELEGRAM_TOKEN, "telegram_api_url": url},
        "discord": {
            "discord_token": limits.DISCORD_TOKEN,
            "discord_api_url": f"{url}{limits.API}",
            "discord_gateway_url": f"{url.replace('http', 'ws')}/gateway",
        },
    }[platform]
    return Settings(_env_file=None, data_dir=folder, undo_seconds=0, **given)


async def full_rate(platform: str, url: str) -> bool:
    """Tell many chats of one thing."""
    async with house(platform, url) as at:
        await at.follow(CHATS[platform])
        await at.release("Fire in the old harbour", Severity.URGENT, "news")
        await at.told("Fire", CHATS[platform])
        ledger, _ = await at.ledger()
    rows = [row for row in ledger if "Fire" in row.words]
    refused = sum(row.status == 429 for row in ledger)
    return _rate(f"{CHATS[platform]} chats", platform, rows) & _bar("refused with 429", refused, "", 0)


async def in_trouble(platform: str, url: str) -> bool:
    """Tell many chats while one of them answers after ten seconds, and another one takes nothing for 35."""
    async with house(platform, url) as at:
        await at.follow(WITH_TROUBLE[platform])
        slow, limited = at.chat(101).id, at.chat(102).id
        await at.far("trouble", slow={slow: 10.0}, limited={limited: 35.0})
        await at.release("Fire in the old harbour", Severity.URGENT, "news")
        await at.told("Fire", WITH_TROUBLE[platform])
        rows = [row for row in (await at.ledger())[0] if "Fire" in row.words]
        others = [row for row in rows if row.chat not in {slow, limited}]
        refused = sum(row.status == 429 for row in rows)
        late = sum(row.status == 0 for row in rows)
    held = _rate("beside a slow and a limited chat", platform, others)
    return held & _bar("refused with 429", refused, "", 0) & _bar("tries of the limited chat", late, "", 1)


async def in_the_middle(platform: str, url: str) -> bool:
    """Release flashes, and ask for help, in the middle of a routine fan-out."""
    async with house(platform, url) as at:
        await at.follow(CROWD, FOLLOWERS)
        await at.release("Council meets", Severity.ROUTINE, "news")
        await at.told("Council", 50)
        dues = {}
        for number in range(FLASHES):
            headline = f"Quake {number}."
            dues[headline] = await at.release(headline, Severity.FLASH, "flash", undo=_UNDO_SECONDS)
            await at.told(headline, FOLLOWERS, 0.5)
        waits = await _helped(at)
        rows, _ = await at.ledger()
    refused = sum(row.status == 429 for row in rows)
    firsts, between = [], 0
    for headline, due in dues.items():
        times = [row.at for row in rows if headline in row.words]
        firsts.append(times[0] - due)
        between += sum(times[0] < row.at < times[-1] and "Council" in row.words for row in rows)
    firsts.sort()
    print(f"  flash on the wire after: median {1000 * firsts[len(firsts) // 2]:.0f} ms")
    so = _bar("  at the most", 1000 * firsts[-1], " ms", 1000 * FLASH_SECONDS)
    so &= _bar("routine messages between the flashes' first and last", between, "", 0)
    print(
        f"  /help answered after: median {1000 * waits[len(waits) // 2]:.0f} ms, at the most {1000 * waits[-1]:.0f} ms"
    )
    so &= _bar("  at p95", 1000 * waits[int(PERCENTILE * len(waits))], " ms", 1000 * HELP_SECONDS)
    return so & _bar("refused with 429", refused, "", 0)


async def _helped(at: House) -> list[float]:
    """Have people ask for help, one after the other, and return how many seconds each waited for the answer."""
    for number in range(QUESTIONS):
        await at.far("say", chat=str(_ASKING + number), line="/help")
        await asyncio.sleep(0.09)
    while True:
        rows, said = await at.ledger()
        waits = {row.chat: row.at - said[row.chat] for row in reversed(rows) if row.chat in said}
        if len(waits) == QUESTIONS:
            return sorted(waits.values())
        await asyncio.sleep(0.5)


def _rate(what: str, platform: str, rows: Sequence[Row]) -> bool:
    """Say what part of the allowed rate was held from the first to the last message."""
    times = [row.at for row in rows if row.status == 200]
    rate = (len(times) - 1) / (times[-1] - times[0])
    held = rate / RATES[platform]
    print(f"  {what}: {rate:.2f} a second, {held:.1%} of {RATES[platform]:.0f} (bar: {LEAST_RATE:.0%})", flush=True)
    return held >= LEAST_RATE


def _bar(what: str, figure: float, unit: str, bar: float) -> bool:
    print(f"  {what}: {figure:.0f}{unit} (bar: {bar:.0f}{unit})", flush=True)
    return figure <= bar


def main(names: Sequence[str]) -> None:
    """Measure all three on each platform, with the far side in a process of its own; end with 1 below a bar."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    held = True
    for platform in RATES:
        for measure in (full_rate, in_the_middle, in_trouble):
            if set(names) <= {platform, measure.__name__}:
                print(f"{platform}, {measure.__name__.replace('_', ' ')}", flush=True)
                began = time.perf_counter()
                with far_side(platform) as url:
                    held &= asyncio.run(measure(platform, url))
                print(f"  in {time.perf_counter() - began:.0f} s", flush=True)
    sys.exit(not held)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(limits.far_side({"telegram": limits.Telegram, "discord": limits.Discord}[sys.argv[2]]()))
    else:
        main(sys.argv[1:])
