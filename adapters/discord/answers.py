"""Answers to interactions: in the place that awaits them, below it, or elsewhere once the token is dead."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from adapters.discord.asked import Asked
from adapters.discord.errors import Dead
from adapters.discord.interactions import EPHEMERAL
from adapters.discord.render import NO_MENTIONS
from adapters.discord.rest import Along, Rest
from bot.core.errors import DeliveryError
from bot.core.message import Message
from bot.core.ports import Clock, Store, Swap

_PATIENCE = 5.0
"""Seconds that an answer waits for its place among a webhook's requests."""
_UNACKNOWLEDGED = timedelta(seconds=3)


class Answers:
    """Answers by the token of what was asked. Raises `Dead` where it answers no more."""

    def __init__(self, store: Store, clock: Clock, rest: Rest) -> None:
        self._store = store
        self._clock = clock
        self._rest = rest

    async def give(self, asked: Asked, number: int, message: Message, body: dict[str, Any], along: Along = None) -> str:
        """Give page `number` of an answer, once, and return the handle by which it is edited."""
        if not asked.alive(self._clock.now()):
            raise Dead
        hidden = asked.ephemeral or (message.private and not asked.direct)
        if number or not asked.awaited:
            return await self._below(asked, number, body, along, hidden=hidden)
        if hidden and not asked.ephemeral:
            return await self._hidden_instead(asked, body, along)
        return _handle(asked, await self._awaited(asked, body, along), hidden=hidden)

    async def edit(self, asked: Asked, id: str, body: dict[str, Any], along: Along = None) -> Mapping[str, Any]:
        """Show something else in place of an answer, or of the message that was pressed; return it as it stands."""
        return await self._change("PATCH", asked, id, body, along)

    async def delete(self, asked: Asked, id: str) -> None:
        """Take an answer away."""
        await self._change("DELETE", asked, id)

    async def _change(
        self, method: str, asked: Asked, id: str, body: dict[str, Any] | None = None, along: Along = None
    ) -> Mapping[str, Any]:
        if not asked.alive(self._clock.now()):
            raise Dead
        path = asked.message(id if any(told.endswith(f"/{id}") for told in asked.told) else "@original")
        changed: Mapping[str, Any] = await self._rest.call(
            method, path, body, along=along, bucket=asked.id, patience=_PATIENCE
        )
        return changed

    async def _awaited(self, asked: Asked, body: dict[str, Any], along: Along = None) -> str:
        """Put the answer where Discord shows that one is on its way."""
        try:
            answer = await self._rest.call(
                "PATCH", asked.message("@original"), body, along=along, bucket=asked.id, patience=_PATIENCE
            )
        except Dead:
            if self._clock.now() - asked.at >= _UNACKNOWLEDGED:
                raise
            return await self._at_once(asked, body, along)
        return str(answer.get("id", "0"))

    async def _hidden_instead(self, asked: Asked, body: dict[str, Any], along: Along) -> str:
        """Answer one person where everybody awaits an answer: the awaited place is filled, then taken away.

        Until it is filled, whatever is posted goes there, for all to see.
        """
        await self._awaited(asked, {"content": "…", "allowed_mentions": NO_MENTIONS})
        handle = await self._below(asked, 0, body, along, hidden=True)
        with suppress(DeliveryError):  # what is left of it says nothing
            await self._rest.call("DELETE", asked.message("@original"), patience=_PATIENCE)
        return handle

    async def _at_once(self, asked: Asked, body: dict[str, Any], along: Along) -> str:
        """Answer what was recorded and never acknowledged, after a quick restart, within its three seconds."""
        flags = {"flags": EPHEMERAL} if asked.ephemeral else {}
        path = f"{asked.callback}?with_response=true"
        answer = await self._rest.call("POST", path, {"type": 4, "data": body | flags}, along=along, again=False)
        return str(answer.get("resource", {}).get("message", {}).get("id", "0"))

    async def _below(self, asked: Asked, number: int, body: dict[str, Any], along: Along, *, hidden: bool) -> str:
        """Post a message of its own; what was posted before a crash is known by its number."""
        known = await self._store.get(Asked, asked.id) or asked
        for told in known.told:
            if told.startswith(f"{number}/"):
                return _handle(asked, told.partition("/")[2], hidden=hidden)
        flags = {"flags": EPHEMERAL} if hidden else {}
        path = f"{asked.webhook}?wait=true"
        answer = await self._rest.call(
            "POST", path, body | flags, along=along, bucket=asked.id, patience=_PATIENCE, again=False
        )
        id = str(answer.get("id", "0"))
        await self._store.commit(Swap(known, replace(known, told=(*known.told, f"{number}/{id}"))))
        return _handle(asked, id, hidden=hidden)


def _handle(asked: Asked, id: str, *, hidden: bool) -> str:
    """Return a receipt's id; what only one person sees can be changed by the token alone."""
    return f"{id}@{asked.id.partition(':')[2]}" if hidden else id
