"""Messages a second to Telegram: ours against a bare client with the same bodies and the library's own send_message."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from itertools import count
from pathlib import Path

import aiohttp
import orjson
import telegram
from aiohttp import web

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.render import rendered
from bench.wire import ALERT, IN_FLIGHT, compare, rate, serve
from bot.commands.menu import COMMANDS
from bot.core.clock import SystemClock, TimeIds
from bot.core.model import Chat
from bot.core.settings import Settings

sys.path.pop(0)  # this folder, where the benchmark of the store goes by the package's name
from store import open_store

MESSAGES, LIBRARY_MESSAGES = 6000, 1500
TOKEN = "123456:TEST"  # noqa: S105  # nobody's


async def far_side() -> None:
    """Answer as the Bot API does, as fast as one process can."""
    ids = count(1)
    me = {"id": 123456, "is_bot": True, "first_name": "News", "username": "news_test_bot"}
    entities = [
        {"type": "bold", "offset": 0, "length": 30},
        {"type": "text_link", "offset": 140, "length": 9, "url": "https://paper.example/fire"},
    ]

    async def post(request: web.Request) -> web.Response:
        json = request.content_type == "application/json"
        body = orjson.loads(await request.read()) if json else await request.post()
        chat = {"id": int(body["chat_id"]), "type": "private", "first_name": "Reader"}
        shown = {"message_id": next(ids), "date": 1_772_000_000, "chat": chat, "from": me, "text": body["text"]}
        answer = orjson.dumps({"ok": True, "result": {**shown, "entities": entities}})
        return web.Response(body=answer, content_type="application/json")

    app = web.Application()
    app.add_routes([web.post("/bot{token}/sendMessage", post)])
    await serve(app)


async def bare(url: str) -> float:
    """Post the same bodies with aiohttp and nothing else."""
    preview = {"url": "https://paper.example/fire"}
    content = {"text": rendered(ALERT).html, "parse_mode": "HTML", "link_preview_options": preview}
    address, headers = f"{url}/bot{TOKEN}/sendMessage", {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=128)) as session:

        async def send(chat: int) -> None:
            body = orjson.dumps({"chat_id": chat, **content})
            async with session.post(address, data=body, headers=headers) as answer:
                await answer.read()

        return await rate(send, MESSAGES)


async def ours(url: str) -> float:
    """Send by the adapter."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"telegram_token": TOKEN, "telegram_api_url": url, "telegram_rate": 0}
        settings = Settings(_env_file=None, data_dir=Path(folder), **given)
        store, clock = await open_store("tinydb:", Path(folder)), SystemClock()
        adapter = TelegramAdapter(settings, store, clock, TimeIds(clock.now), COMMANDS)
        try:
            return await rate(lambda id: adapter.send(Chat("telegram", str(id)), ALERT, key=f"alert:{id}"), MESSAGES)
        finally:
            await adapter.close()
            await store.close()


async def library(url: str) -> float:
    """Send by python-telegram-bot as it comes, with room for as many in flight."""
    request = telegram.request.HTTPXRequest(connection_pool_size=IN_FLIGHT, pool_timeout=60, read_timeout=60)
    bot = telegram.Bot(TOKEN, base_url=f"{url}/bot", request=request, get_updates_request=request)
    await request.initialize()
    preview = telegram.LinkPreviewOptions(url="https://paper.example/fire")
    html = rendered(ALERT).html
    try:
        return await rate(
            lambda id: bot.send_message(id, html, parse_mode="HTML", link_preview_options=preview), LIBRARY_MESSAGES
        )
    finally:
        await request.shutdown()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(far_side())
    else:
        compare(__file__, bare, ours, library, bar=10.0)
