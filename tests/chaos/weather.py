"""Bad weather on the wire: at each message one chance in a hundred for each fault, the same for the same seed."""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import Any

from tests.wire.discord import server as discord
from tests.wire.telegram import server as telegram

KINDS = ("429", "500", "502", "hang", "reset", "403", "moved")
"""502, hang and reset come in the place of the answer, after the message was accepted."""
LOST = {"502", "hang", "reset"}


class Weather:
    """What became of messages by it."""

    def __init__(self, seed: int) -> None:
        self.met: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        """By chat: answers that never came."""
        self.shut: set[str] = set()
        self.homes: dict[str, str] = {}
        """Chats that have moved: where they were before, by where they are."""
        self.most = 1_000_000
        """Times that one chat is struck."""
        self._seed = seed
        self._struck: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()

    def home(self, chat: str) -> str:
        """Return the chat as it was when the alert was released."""
        return self.homes.get(chat, chat)

    def over_telegram(self, api: telegram.BotApi, spared: set[int]) -> None:
        """Let it loose at Telegram, but for a few."""

        def strike(method: str, body: dict[str, Any]) -> telegram.Fault | None:
            if method != "sendMessage" or body["chat_id"] in spared:
                return None
            room = api.room(body["chat_id"])
            kind = self._drawn(f"telegram:{room.id}")
            if kind == "403":
                room.shut = "bot was blocked by the user" if room.id > 0 else "bot was kicked from the group chat"
            if kind == "moved" and room.type == "group":
                room.moved_to = api.room(int(f"-100{abs(room.id)}")).id
                self.homes[f"telegram:{room.moved_to}"] = f"telegram:{room.id}"
                self.met["a group"] += 1
            if kind == "429":
                flood = telegram.Refusal(429, "Too Many Requests: retry after 1", retry_after=1)
                return telegram.Fault("refuse", refusal=flood)
            if kind == "500":
                return telegram.Fault("refuse", refusal=telegram.Refusal(500, "Internal Server Error: restart"))
            return telegram.Fault("after", how=kind) if kind in LOST else None

        api.storm = strike

    def over_discord(self, platform: discord.Discord) -> None:
        """Let it loose at Discord."""

        def strike(request: str) -> discord.Fault | None:
            found = re.match(r"POST /channels/(\d+)/messages", request)
            kind = self._drawn(f"discord:{found[1]}") if found else ""
            faults = {
                "429": {"kind": "429", "retry_after": 1.0},
                "500": {"kind": "error", "status": 500},
                "403": {"kind": "error", "status": 403, "code": 50001},
                **{how: {"kind": "lost", "how": how} for how in LOST},
            }
            if kind == "403":
                platform.gone.add(found[1])
            return discord.Fault(**faults[kind]) if kind in faults else None

        platform.storm = strike

    def _drawn(self, chat: str) -> str:
        """Return what becomes of this message; nothing, mostly."""
        self._calls[chat] += 1
        drawn = int(Random(f"{self._seed} {chat} {self._calls[chat]}").random() * 100)
        kind = KINDS[drawn] if drawn < len(KINDS) and self._struck[chat] < self.most else ""
        self._struck[chat] += bool(kind)
        self.met[kind] += 1
        if kind in LOST:
            self.lost[self.home(chat)] += 1
        if kind == "403":
            self.shut.add(self.home(chat))
        return kind
