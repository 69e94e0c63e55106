"""A house with Discord: the real core and the real adapter, listening at the loopback's gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from adapters.discord.adapter import DiscordAdapter
from bot.core.update import Dispatch
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.wire.discord.server import TOKEN, Discord

EDITOR = "900000000000000101"
READER = "900000000000000102"
PATIENCE = 20.0


@asynccontextmanager
async def newsroom(
    folder: Path,
    discord: Discord,
    clock: FakeClock | None = None,
    *,
    listening: bool = True,
    dispatch: Dispatch | None = None,
    **changed: object,
) -> AsyncIterator[House]:
    """Open the house in a folder; opening it again there is a restart."""
    settings: dict[str, object] = {
        "discord_token": TOKEN,
        "discord_api_url": discord.url,
        "discord_gateway_url": discord.gateway,
        "discord_rate": 0,  # a clock that stands still lets nobody wait for their turn
        "editors": (f"discord:{EDITOR}",),
        **changed,
    }
    async with opened(folder, clock or FakeClock(), platforms=(DiscordAdapter,), **settings) as house:
        running = (
            asyncio.create_task(house.bot.adapters["discord"].run(dispatch or house.dispatch)) if listening else None
        )
        try:
            if running:
                await until(lambda: discord.listening, running)
            yield house
        finally:
            if running:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running


async def until(so, running: asyncio.Task | None = None) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(PATIENCE):
        while not so():
            if running and running.done():
                running.result()
            await asyncio.sleep(0.01)
