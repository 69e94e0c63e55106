"""The whole house with Telegram on the wire: our server, the real library, the real core."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from adapters.telegram.adapter import TelegramAdapter
from bot.core.model import Chat, Subscriber
from bot.core.ports import Put
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened
from tests.wire.telegram.server import TOKEN, BotApi

EDITOR = 1001
"""The user id of the editor."""


@asynccontextmanager
async def connected(
    folder: Path, api: BotApi, clock: FakeClock | None = None, **changed: object
) -> AsyncIterator[House]:
    """Open the house and let Telegram listen."""
    settings = {"telegram_token": TOKEN, "telegram_api_url": api.url, "telegram_rate": 0}
    settings |= {"operators": (f"telegram:{EDITOR}", "web:operator"), **changed}
    async with opened(folder, clock or FakeClock(), platforms=[TelegramAdapter], **settings) as house:
        listening = asyncio.create_task(adapter(house).run(house.dispatch))
        try:
            yield house
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


def adapter(house: House) -> TelegramAdapter:
    return house.bot.adapters["telegram"]


async def follow(house: House, *chats: int | str) -> None:
    """Subscribe chats to everything, by their ids."""
    for chat in chats:
        subscriber = Subscriber(id=f"telegram:{chat}", chat=Chat.parse(f"telegram:{chat}"), since=START, topics=("*",))
        await house.bot.store.commit(Put(subscriber))
