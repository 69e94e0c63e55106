"""A channel's history as a witness: whether a message stands there whose acceptance nobody heard of."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.discord.rest import Rest
from bot.core.errors import DeliveryError, RetryLater, Revoked, Uncertain

_NO_LETTERS = re.compile(r"[\W_]+")
_PAGE, _PAGES = 100, 5
"""Messages in one answer, and answers looked through before it is too much."""
_EPOCH_MS = 1_420_070_400_000
"""The beginning of 2015, from which Discord's ids count milliseconds in their upper bits."""
_SKEW = timedelta(seconds=10)
"""How far our clock may be ahead of Discord's."""
_PATIENCE = 5.0


class History:
    """Looks for messages of this account. What is looked for needs no intent: an app sees its own words."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._me = ""

    async def find(self, channel: str, said: Container[str], nonce: str, since: datetime) -> Mapping[str, Any] | None:
        """Return our first message since then that has the nonce, or says one of the texts; None without one.

        Raises Uncertain where the history can't be read, or not far enough.
        """
        floor = after = _snowflake(since - _SKEW)
        me = await self._own_id()
        for _ in range(_PAGES):
            page = await self._page(channel, after)
            for message in sorted(page, key=_number):
                if str(message.get("author", {}).get("id")) == me and _is_meant(message, said, nonce):
                    return message
            if not page and after == floor:
                await self._check_silence(channel, floor)
            if len(page) < _PAGE:
                return None
            after = max(map(_number, page))
        raise Uncertain

    async def _page(self, channel: str, after: int) -> Sequence[Mapping[str, Any]]:
        page = await self._read(f"/channels/{channel}/messages?after={after}&limit={_PAGE}", f"{channel}/history")
        if not isinstance(page, list):
            raise Uncertain
        return page

    async def _check_silence(self, channel: str, floor: int) -> None:
        """Raise Uncertain where something was said all the same: who may not read the history is shown an empty one."""
        known = await self._read(f"/channels/{channel}", f"{channel}/itself")
        if "last_message_id" not in known or int(known["last_message_id"] or 0) > floor:
            raise Uncertain

    async def _own_id(self) -> str:
        if not self._me:
            known = await self._read("/users/@me", "me")
            self._me = str(known.get("id", "")) if isinstance(known, dict) else ""
        if not self._me:
            raise Uncertain
        return self._me

    async def _read(self, path: str, bucket: str) -> Any:
        """Return what Discord tells. Raises Uncertain where it does not, RetryLater where it will."""
        try:
            return await self._rest.call("GET", path, bucket=bucket, patience=_PATIENCE)
        except (RetryLater, Revoked):
            raise
        except DeliveryError as error:
            raise Uncertain from error


def said(body: Mapping[str, Any]) -> str:
    """Return the letters and digits of a message's words: Discord trims texts, and gives embeds fields of its own."""
    words = _words(body)
    return _NO_LETTERS.sub("", words) or words.strip()


def says_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two messages say the same; most do so to the letter."""
    return _words(one) == _words(other) or said(one) == said(other)


def _words(body: Mapping[str, Any]) -> str:
    parts = [body.get("content") or ""]
    for embed in body.get("embeds") or ():
        parts += [embed.get("title") or "", embed.get("description") or ""]
    return "".join(parts)


def _is_meant(message: Mapping[str, Any], texts: Container[str], nonce: str) -> bool:
    """Tell whether this is the message. Discord need not tell the nonce afterwards; where it does, that decides."""
    known = message.get("nonce")
    return str(known) == nonce if known is not None else said(message) in texts


def _number(message: Mapping[str, Any]) -> int:
    return int(message["id"])


def _snowflake(moment: datetime) -> int:
    """Return an id below those of everything since then."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH_MS) << 22
