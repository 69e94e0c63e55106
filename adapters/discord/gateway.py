"""The gateway: connects, stays connected, and hands over what people do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.core.errors import Revoked
from bot.core.ports import Clock
from bot.core.settings import Settings

_AGAIN_SECONDS = 5.0
_LONGEST_SECONDS = 300.0
_REQUESTS = 3
"""What the library asks to log in: who we are, which application, where the gateway is."""
_FATAL = frozenset({4004, 4010, 4011, 4012, 4013, 4014})
"""Codes with which the gateway closes for good: the token, the shards, the intents."""

_log = structlog.get_logger()

Take = Callable[[discord.Interaction], None]
Turn = Callable[[], Awaitable[None]]
Known = Callable[[str], Awaitable[None]]


async def listen(settings: Settings, clock: Clock, turn: Turn, known: Known, take: Take) -> Revoked:
    """Stay connected, handing every interaction to `take`; return why, where Discord lets us in no more.

    `turn` is waited for before each request that the library makes to log in; `known` is called with the application's
    id after each login. The library resumes a broken connection by itself; where it gives up, it is begun anew.
    """
    pause = _AGAIN_SECONDS
    while True:
        began = clock.monotonic()
        try:
            for _ in range(_REQUESTS):
                await turn()
            await _connected(settings, known, take)
        except Revoked as error:
            return error
        stable = clock.monotonic() - began > _LONGEST_SECONDS
        await clock.sleep(pause)
        pause = _AGAIN_SECONDS if stable else min(2 * pause, _LONGEST_SECONDS)


class Client(discord.AutoShardedClient):
    """The library's client, at the gateway of the settings."""

    def __init__(self, gateway: str, take: Take) -> None:
        super().__init__(intents=discord.Intents.none(), max_messages=None, chunk_guilds_at_startup=False)
        self._at = gateway
        self._take = take

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard. A session that can't be resumed begins anew at the same address."""
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._at) if self._at else gateway
        await super().launch_shard(DiscordWebSocket.DEFAULT_GATEWAY, shard_id, initial=initial)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Hand over what a person did."""
        self._take(interaction)


async def _connected(settings: Settings, known: Known, take: Take) -> None:
    """Log in and listen for as long as the library can."""
    Route.BASE = str(settings.discord_api_url).rstrip("/")
    with _quiet():
        client = Client(str(settings.discord_gateway_url or ""), take)
    try:
        async with client:
            await client.login(settings.discord_token.get_secret_value() if settings.discord_token else "")
            await known(str(client.application_id))
            await _listened(client)
    except discord.LoginFailure as error:
        raise Revoked from error
    except discord.ConnectionClosed as error:
        if error.code in _FATAL:
            raise Revoked from error
        _log.warning("gateway closed", code=error.code)
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.warning("discord not reached", problem=type(error).__name__)


async def _listened(client: Client) -> None:
    """Listen until the library gives up, or until cancelled: its shards swallow a cancellation while they reconnect."""
    listening = asyncio.create_task(client.connect())
    try:
        await asyncio.wait({listening})
    finally:
        await client.close()
        listening.cancel()
        await asyncio.wait({listening})
    listening.result()


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the library's advice on voice and intents: ours does not speak and need not know its servers.

    From then on it says nothing below INFO: there it would show everything that comes, people's tokens included.
    """
    log = logging.getLogger("discord")
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(logging.NOTSET)
        log.setLevel(max(logging.INFO, log.getEffectiveLevel()))
