"""Both platforms on the wire at once, with the ledger of each: what reached it, what it accepted, what stands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from adapters.discord import rest
from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.api import CONNECTIONS
from adapters.telegram.request import AiohttpRequest
from bot.core.errors import Revoked
from bot.core.model import Alert, Chat, Delivery, Subscriber
from bot.core.ports import Put
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.wire.discord import server as discord_server
from tests.wire.discord.people import words
from tests.wire.telegram import server as telegram_server

PATIENCE = 30.0
IMPATIENCE = 0.7
"""Seconds that an adapter waits for an answer: longer than any takes, or no longer than a test of those that hang."""


class Hasty(FakeClock):
    """A clock on which whoever sleeps wakes at once, at the time of waking."""

    async def sleep(self, seconds: float, /) -> None:
        await self.advance(seconds)


@dataclass(frozen=True)
class Reached:
    """A request as it reached a platform."""

    at: datetime
    chat: str
    edits: bool


class Far(Protocol):
    """One platform's side of the wire."""

    name: str
    reached: list[Reached]
    """Everything that was to post or edit, in order, whatever became of it."""

    def chats(self, count: int, start: int = 0) -> list[Chat]:
        """Return so many chats that exist."""
        ...

    def accepted(self, chat: Chat) -> int:
        """Count what the platform ever took in as a new message."""
        ...

    def standing(self, chat: Chat) -> list[str]:
        """Return the words of our messages in a chat, oldest first."""
        ...

    def fault(self, kind: str, chat: Chat | None = None, *, edit: bool = False, times: int = 1) -> Any:
        """Have requests fail: `flood:SECONDS`, `500`, `lost:HOW` and `unheard:HOW` (reset, hang, 502), `refused`,
        `gone`, `uneditable`."""
        ...

    @property
    def faults_left(self) -> int:
        """Count the failures that are still to come."""
        ...


@dataclass
class Telegram:
    """Telegram's side."""

    api: telegram_server.BotApi
    clock: FakeClock
    name: str = "telegram"
    reached: list[Reached] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api.gate = self._note

    async def _note(self, method: str, body: dict[str, Any]) -> None:
        if method in {"sendMessage", "editMessageText"}:
            self.reached.append(Reached(self.clock.now(), str(body["chat_id"]), method != "sendMessage"))

    def chats(self, count: int, start: int = 0) -> list[Chat]:
        ids = range(3001 + start, 3001 + start + count)
        return [Chat(self.name, str(self.api.room(id).id)) for id in ids]

    def accepted(self, chat: Chat) -> int:
        return sum(str(id) == chat.id for id, _ in self.api.ledger)

    def standing(self, chat: Chat) -> list[str]:
        return self.api.texts(int(chat.id))

    def fault(
        self, kind: str, chat: Chat | None = None, *, edit: bool = False, times: int = 1
    ) -> telegram_server.Fault:
        where = {"chat": int(chat.id) if chat else None, "times": times}
        where |= {"method": "editMessageText" if edit else "sendMessage"}
        kind, _, how = kind.partition(":")
        match kind:
            case "flood":
                said = f"Too Many Requests: retry after {how}"
                return self.api.refuse(429, said, parameters={"retry_after": int(how)}, **where)
            case "500":
                return self.api.refuse(500, "Internal Server Error: restart", **where)
            case "lost" | "unheard":
                return self.api.fail("after" if kind == "lost" else "before", how=how, **where)
            case "refused":
                return self.api.refuse(400, "Bad Request: BUTTON_DATA_INVALID", **where)
            case "gone":
                return self.api.refuse(403, "Forbidden: bot was kicked from the group chat", **where)
            case "uneditable":
                return self.api.refuse(400, "Bad Request: message can't be edited", **where)
        raise ValueError(kind)

    @property
    def faults_left(self) -> int:
        return sum(fault.times for fault in self.api.faults)


@dataclass
class Discord:
    """Discord's side."""

    server: discord_server.Discord
    clock: FakeClock
    name: str = "discord"
    reached: list[Reached] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.wall = self.clock.now
        self.server.on_request = self._note

    def _note(self, request: str) -> None:
        if found := re.match(r"(POST|PATCH) /channels/(\d+)/messages", request):
            self.reached.append(Reached(self.clock.now(), found[2], found[1] == "PATCH"))

    def chats(self, count: int, start: int = 0) -> list[Chat]:
        return [Chat(self.name, str(900000000000005000 + number)) for number in range(start, start + count)]

    def accepted(self, chat: Chat) -> int:
        return sum(each.channel == chat.id for each in self.server.messages.values())

    def standing(self, chat: Chat) -> list[str]:
        return [words(each) for each in self.server.standing(chat.id)]

    def fault(self, kind: str, chat: Chat | None = None, *, edit: bool = False, times: int = 1) -> discord_server.Fault:
        match = f"{'PATCH' if edit else 'POST'} /channels/{chat.id if chat else ''}"
        kind, _, how = kind.partition(":")
        broken = {"kind": "html", "status": 502} if how.isdecimal() else {"kind": how}
        made: dict[str, Any] = {
            "flood": {"kind": "429", "retry_after": how},
            "flood_all": {"kind": "429", "retry_after": how, "scope": "global"},
            "500": {"kind": "error", "status": 500, "times": 2 * times},
            "lost": {"kind": "lost", "how": how, "times": 2 * times},
            "unheard": broken | {"times": 2 * times},
            "refused": {"kind": "error", "status": 400, "code": 50035, "times": 2 * times},
            "gone": {"kind": "error", "status": 403, "code": 50001},
            "uneditable": {"kind": "error", "status": 404, "code": 10008},
            "archived": {"kind": "error", "status": 400, "code": 50083},
        }[kind]
        if "retry_after" in made:
            made["retry_after"] = float(how)
        return self.server.fault(match=match, **{"times": times, **made})

    @property
    def faults_left(self) -> int:
        return sum(fault.times for fault in self.server.faults)


@dataclass
class Newsroom:
    """A house with both platforms, and their far sides by name."""

    house: House
    sides: dict[str, Far]

    async def follow(self, *chats: Chat) -> None:
        """Have chats follow everything."""
        now = self.house.clock.now()
        await self.house.bot.store.commit(
            *(Put(Subscriber(id=str(chat), chat=chat, since=now, topics=("*",))) for chat in chats)
        )

    async def release(self, text: str = "Fire", *, settle: bool = True) -> Alert:
        """Send a breaking story to everybody."""
        await self.house.say(f"/breaking {text}")
        await self.house.press("Send")
        if settle:
            await self.house.pipeline.settle()
        return (await self.house.bot.store.find(Alert, newest=True, limit=1))[0]

    async def delivery(self, alert: Alert, chat: Chat) -> Delivery | None:
        return await self.house.bot.store.get(Delivery, f"{alert.id}:{chat}")

    async def outcomes(self, alert: Alert, platform: str = "") -> dict[str, str]:
        """Return where each chat's delivery stands."""
        found = await self.house.bot.store.find(Delivery, {"about": alert.id}, limit=10_000)
        return {str(each.chat): each.outcome for each in found if each.chat.platform.startswith(platform)}

    @asynccontextmanager
    async def listening(self, platform: str, *, ends: bool = False) -> AsyncIterator[None]:
        """Hear what people say at a platform; `ends` says that it may shut us out meanwhile."""
        running = asyncio.create_task(self.house.bot.adapters[platform].run(self.house.dispatch))
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, *([Revoked] if ends else [])):
                await running

    def texts(self, chats: Sequence[Chat]) -> list[list[str]]:
        return [self.sides[chat.platform].standing(chat) for chat in chats]


@asynccontextmanager
async def newsroom(
    folder: Path,
    api: telegram_server.BotApi,
    discord: discord_server.Discord,
    clock: FakeClock | None = None,
    *,
    patience: float = PATIENCE,
    **changed: object,
) -> AsyncIterator[Newsroom]:
    """Open the house in a folder, with adapters that wait for an answer for so many seconds."""
    clock = clock or Hasty()
    settings: dict[str, object] = {
        "telegram_token": telegram_server.TOKEN,
        "telegram_api_url": api.url,
        "telegram_rate": 0,
        "discord_token": discord_server.TOKEN,
        "discord_api_url": discord.url,
        "discord_gateway_url": discord.gateway,
        "discord_rate": 0,
        "operators": ("web:operator",),
        "undo_seconds": 0,
        **changed,
    }
    sides: dict[str, Far] = {"telegram": Telegram(api, clock), "discord": Discord(discord, clock)}
    async with opened(folder, clock, platforms=(TelegramAdapter, DiscordAdapter), **settings) as house:
        house.bot.adapters["telegram"]._api.request = AiohttpRequest(CONNECTIONS, seconds=patience)
        rest._SECONDS, before = aiohttp.ClientTimeout(total=patience), rest._SECONDS
        try:
            yield Newsroom(house, sides)
        finally:
            rest._SECONDS = before
