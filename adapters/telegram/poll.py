"""The long poll: asks for updates, has them recorded, and only then acknowledges them by asking for the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from adapters.telegram.api import Api
from adapters.telegram.errors import Refused, soon
from adapters.telegram.rival import Rivalry
from bot.core.errors import DeliveryError, RetryLater, Revoked, StoreError, Uncertain
from bot.core.ports import Clock

_WANTED = ("message", "callback_query", "my_chat_member")
_POLL_SECONDS = 50
_SPARE_SECONDS = 15
"""How long an answer may take after the poll's own time."""
_LONGEST_SECONDS = 60.0

_log = structlog.get_logger()

Take = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]
"""Record a batch of updates, as they came, and see to them."""


class Poll:
    """Asks again and again. The offset lives in memory alone: what was not acknowledged comes again."""

    def __init__(self, api: Api, clock: Clock, rivalry: Rivalry) -> None:
        self._api = api
        self._clock = clock
        self._rivalry = rivalry
        self._failures = 0
        self._offset: int | None = None

    async def run(self, take: Take) -> None:
        """Poll until cancelled. Raises Revoked where the token is no longer accepted."""
        self._rivalry.begin(self._clock.monotonic())
        while True:
            try:
                batch = await self._ask()
                self._rivalry.answered(self._clock.monotonic())
                if batch:
                    await take(batch)
                    self._offset = 1 + max(int(update["update_id"]) for update in batch)
                self._failures = 0
            except (Refused, DeliveryError, StoreError) as error:
                await self._clock.sleep(self._pause(error))

    async def persist(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Make a call until it is carried out. Raises Revoked."""
        while True:
            try:
                done = await call()
            except (Refused, DeliveryError) as error:
                await self._clock.sleep(self._pause(error))
            else:
                self._failures = 0
                return done

    async def _ask(self) -> Sequence[dict[str, Any]]:
        body: dict[str, object] = {"timeout": _POLL_SECONDS, "allowed_updates": _WANTED}
        if self._offset is not None:
            body["offset"] = self._offset
        batch = await self._api.call("getUpdates", body, seconds=_POLL_SECONDS + _SPARE_SECONDS)
        if not isinstance(batch, list):
            raise Uncertain
        return batch

    def _pause(self, error: Exception) -> float:
        """Return the seconds to leave Telegram alone after trouble; longer each time. Raises Revoked."""
        if isinstance(error, Revoked):
            raise error
        if isinstance(error, Refused) and error.status == 409:
            return self._rivalry.refused(self._clock.monotonic())
        self._failures += 1
        pause = min(_LONGEST_SECONDS, soon() * 2.0 ** min(self._failures - 1, 6))
        if isinstance(error, RetryLater):
            pause = max(pause, error.seconds)
        if isinstance(error, Refused):
            pause = max(pause, _after(error))
        _log.warning("telegram not reached", problem=type(error).__name__, again_in=round(pause, 1))
        self._rivalry.begin(self._clock.monotonic() + pause)
        return pause


def _after(refused: Refused) -> float:
    if refused.status in {401, 404} and refused.ours:
        raise Revoked
    return refused.retry_after
