"""Messages a second to Discord: ours against a bare client with the same bodies and against the library's own send."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from itertools import count
from pathlib import Path

import aiohttp
import discord
import orjson
from aiohttp import web
from discord.http import Route

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.render import rendered
from bench.wire import ALERT, compare, rate, serve
from bot.commands.menu import COMMANDS
from bot.core.clock import SystemClock, TimeIds
from bot.core.model import Chat
from bot.core.settings import Settings

sys.path.pop(0)  # this folder, where the benchmark of the store goes by the package's name
from store import open_store

MESSAGES = 4000
TOKEN = "MTIz.fake.token"  # noqa: S105  # nobody's
API = "/api/v10"


async def far_side() -> None:
    """Answer as Discord does, with the headers of its limits, as fast as one process can."""
    ids = count(900_000_000_000_000_000)
    author = {"id": "1", "username": "dateline", "discriminator": "0", "avatar": None, "bot": True}
    headers = {
        "Content-Type": "application/json",
        "X-RateLimit-Bucket": "a1b2",
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "4",
        "X-RateLimit-Reset-After": "5.000",
    }
    rest = {"type": 0, "content": "", "attachments": [], "mentions": [], "mention_roles": [], "components": []}
    rest |= {"pinned": False, "mention_everyone": False, "tts": False, "edited_timestamp": None, "flags": 0}

    async def post(request: web.Request) -> web.Response:
        embeds = orjson.loads(await request.read())["embeds"]
        shown = {"id": str(next(ids)), "channel_id": request.match_info["id"], "author": author, "embeds": embeds}
        body = {**shown, **rest, "timestamp": "2026-03-02T09:00:00+00:00"}
        return web.Response(body=orjson.dumps(body), headers=headers)

    async def known(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps({**author, "name": "dateline"}), headers=headers)

    app = web.Application()
    app.add_routes([web.post(f"{API}/channels/{{id}}/messages", post), web.get(f"{API}/{{path:.*}}", known)])
    await serve(app)


async def bare(url: str) -> float:
    """Post with aiohttp and nothing else."""
    body = orjson.dumps({**rendered(ALERT).body, "nonce": "a" * 24, "enforce_nonce": True})
    headers = {"Authorization": f"Bot {TOKEN}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=128)) as session:

        async def send(channel: int) -> None:
            async with session.post(f"{url}{API}/channels/{channel}/messages", data=body, headers=headers) as answer:
                await answer.read()

        return await rate(send, MESSAGES)


async def ours(url: str) -> float:
    """Send by the adapter."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"discord_token": TOKEN, "discord_api_url": f"{url}{API}", "discord_rate": 0}
        settings = Settings(_env_file=None, data_dir=Path(folder), **given)
        store, clock = await open_store("tinydb:", Path(folder)), SystemClock()
        adapter = DiscordAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
        try:
            return await rate(lambda id: adapter.send(Chat("discord", str(id)), ALERT, key=f"alert:{id}"), MESSAGES)
        finally:
            await adapter.close()
            await store.close()


async def library(url: str) -> float:
    """Send by discord.py's own channels."""
    Route.BASE = f"{url}{API}"
    client = discord.Client(intents=discord.Intents.none())
    embed = discord.Embed.from_dict(rendered(ALERT).body["embeds"][0])
    nobody = discord.AllowedMentions.none()
    async with client:
        await client.http.static_login(TOKEN)
        return await rate(
            lambda id: client.get_partial_messageable(id).send(embed=embed, nonce="a" * 24, allowed_mentions=nobody),
            MESSAGES,
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(far_side())
    else:
        compare(__file__, bare, ours, library, bar=1.0)
