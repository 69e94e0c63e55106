"""Messages a second to Discord: ours against a bare client with the same bodies and against the library's own send."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import aiohttp
import discord
import orjson
from aiohttp import web
from discord.http import Route

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.render import rendered
from bot.commands.menu import COMMANDS
from bot.core.clock import SystemClock, TimeIds
from bot.core.message import heading, link, message, paragraph
from bot.core.model import Chat
from bot.core.settings import Settings

sys.path.pop(0)  # this folder, where the benchmark of the store goes by the package's name
from store import open_store

MESSAGES = 4000
IN_FLIGHT = 64
TOKEN = "MTIz.fake.token"  # noqa: S105  # nobody's
ALERT = message(
    heading("FLASH: ", "Fire in the old harbour"),
    paragraph(
        "The quay is closed. Ferries leave from the northern pier until further notice, the harbour master said."
    ),
    paragraph(link("The Paper", "https://paper.example/fire")),
)
Send = Callable[[int], Awaitable[object]]


async def serve(port: int) -> None:
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
    app.add_routes([web.post("/api/v10/channels/{id}/messages", post), web.get("/api/v10/{path:.*}", known)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def rate(send: Send) -> float:
    """Send to each channel once, so many at a time, and return messages a second."""
    channels = iter(range(MESSAGES))

    async def work() -> None:
        for channel in channels:
            await send(900_000_000_000_000_000 + channel)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return MESSAGES / (time.perf_counter() - began)


async def bare(url: str) -> float:
    """Post with aiohttp and nothing else."""
    body = orjson.dumps({**rendered(ALERT).body, "nonce": "a" * 24, "enforce_nonce": True})
    headers = {"Authorization": f"Bot {TOKEN}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=128)) as session:

        async def send(channel: int) -> None:
            async with session.post(f"{url}/channels/{channel}/messages", data=body, headers=headers) as answer:
                await answer.read()

        return await rate(send)


async def ours(url: str) -> float:
    """Send by the adapter."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), discord_token=TOKEN, discord_api_url=url)
        store, clock = await open_store("tinydb:", Path(folder)), SystemClock()
        adapter = DiscordAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
        try:
            return await rate(lambda id: adapter.send(Chat("discord", str(id)), ALERT, key=f"alert:{id}"))
        finally:
            await adapter.close()
            await store.close()


async def library(url: str) -> float:
    """Send by discord.py's own channels."""
    Route.BASE = url
    client = discord.Client(intents=discord.Intents.none())
    embed = discord.Embed.from_dict(rendered(ALERT).body["embeds"][0])
    nobody = discord.AllowedMentions.none()
    async with client:
        await client.http.static_login(TOKEN)
        return await rate(
            lambda id: client.get_partial_messageable(id).send(embed=embed, nonce="a" * 24, allowed_mentions=nobody)
        )


def main() -> None:
    """Measure the three in one run."""
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve(0))
        return
    far_side = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = far_side.stdout.readline().strip()
        asyncio.run(bare(url))  # both sides are warm
        rates = {run.__name__: asyncio.run(run(url)) for run in (bare, ours, library)}
    finally:
        far_side.kill()
        far_side.wait()
    for name, figure in rates.items():
        print(f"{name:8} {figure:7.0f} messages/s")
    print(f"ours / library {rates['ours'] / rates['library']:.2f} (bar: 1.00)")
    print(f"ours / bare    {rates['ours'] / rates['bare']:.2f}")


if __name__ == "__main__":
    main()
