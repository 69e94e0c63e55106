"""A whole fan-out to 20,000 chats, everything on: ours beside a bare client and the library's own send."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from bench import wire_discord, wire_telegram
from bench.wire import ALERT
from bot.commands.menu import COMMANDS
from bot.core.clock import SystemClock, TimeIds
from bot.core.model import Audience, Chat, Delivery, Outcome, Revision, Severity, Subscriber
from bot.core.ports import Adapter, Add
from bot.core.settings import Settings
from bot.main import opened, spare_the_collector
from bot.outreach import alerts, outbox
from bot.pipeline import Pipeline
from store import open_store

CHATS = 20_000
LEAST = {"telegram": 1000.0, "discord": 200.0}
TIMES_LIBRARY = {"telegram": 15.0, "discord": 0.0}
_BATCH = 2000


def _adapter(platform: str, settings: Settings, store, clock: SystemClock, ids: TimeIds) -> Adapter:
    kind = TelegramAdapter if platform == "telegram" else DiscordAdapter
    return kind(settings, store, clock, ids, COMMANDS)


def _settings(platform: str, url: str, folder: Path) -> Settings:
    given = {
        "telegram": {"telegram_token": wire_telegram.TOKEN, "telegram_api_url": url, "telegram_rate": 0},
        "discord": {
            "discord_token": wire_discord.TOKEN,
            "discord_api_url": f"{url}{wire_discord.API}",
            "discord_rate": 0,
        },
    }[platform]
    return Settings(_env_file=None, data_dir=folder, undo_seconds=0, **given)


async def ours(platform: str, url: str) -> float:
    """Fan an alert out by the whole house, and return chats told a second, from its release to its last receipt."""
    with tempfile.TemporaryDirectory() as name:
        settings, clock = _settings(platform, url, Path(name)), SystemClock()
        store = await open_store("tinydb:", Path(name))
        adapter = _adapter(platform, settings, store, clock, TimeIds(clock.now))
        try:
            async with opened(settings, store, (adapter,)) as bot:
                await _followed(bot, platform)
                pipeline = Pipeline(bot)
                await pipeline.open()
                return await _told(bot, pipeline)
        finally:
            await adapter.close()
            await store.close()


async def _followed(bot, platform: str) -> None:
    since = bot.clock.now() - timedelta(days=1)
    chats = [Chat(platform, str(10_000_000 + number)) for number in range(CHATS)]
    for start in range(0, CHATS, _BATCH):
        batch = chats[start : start + _BATCH]
        await bot.store.commit(
            *(Add(Subscriber(id=str(chat), chat=chat, since=since, topics=("*",))) for chat in batch)
        )


async def _told(bot, pipeline: Pipeline) -> float:
    now = bot.clock.now()
    revision = Revision(
        headline="Fire in the old harbour",
        text=(ALERT.blocks[1].words,),
        url="https://paper.example/fire",
        sources=("The Paper",),
    )
    draft = alerts.drafted(bot.ids.new(), revision, Severity.FLASH, Audience(everyone=True), by="bench", at=now)
    going = alerts.approved(draft, by="bench", at=now)
    spare_the_collector()  # as the program does once all is read
    running = asyncio.create_task(pipeline.run())
    began = time.perf_counter()
    await bot.store.commit(Add(going), Add(outbox.fan_out_job(going, now)))
    told = 0
    while told < CHATS:
        await asyncio.sleep(0.05)
        told = (await bot.store.count(Delivery, {"about": going.id}, by="outcome")).get(Outcome.TOLD, 0)
    rate = CHATS / (time.perf_counter() - began)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return rate


def measure(platform: str) -> None:
    """Measure the three in one run, with the far side in a process of its own."""
    module = {"telegram": wire_telegram, "discord": wire_discord}[platform]
    script = Path(module.__file__)
    far_side = subprocess.Popen([sys.executable, script, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = far_side.stdout.readline().strip()
        asyncio.run(module.bare(url))  # both sides are warm
        bare, library = asyncio.run(module.bare(url)), asyncio.run(module.library(url))
        whole = asyncio.run(ours(platform, url))
    finally:
        far_side.kill()
        far_side.wait()
    print(f"{platform}: {CHATS} chats")
    print(f"  bare     {bare:7.0f} messages/s")
    print(f"  library  {library:7.0f} messages/s")
    print(f"  ours     {whole:7.0f} messages/s (bar: {LEAST[platform]:.0f})")
    print(f"  ours / library {whole / library:.2f} (bar: {TIMES_LIBRARY[platform]:.2f})")
    print(f"  ours / bare    {whole / bare:.2f}", flush=True)


def main(platforms: Sequence[str]) -> None:
    """Measure each platform in turn."""
    for platform in platforms or ("telegram", "discord"):
        measure(platform)


if __name__ == "__main__":
    main(sys.argv[1:])
