"""What Telegram lets through: limits known in advance, and those its refusals teach."""

from __future__ import annotations

from bot.core.errors import RetryLater
from bot.core.model import Chat
from bot.core.pace import Pace, Rate, Turns
from bot.core.ports import Clock
from bot.core.turn import in_turn

_PRIVATE = Rate(1, 1.0, burst=5)
_GROUP = Rate(15, 60.0, burst=5)
"""Never more than 20 in a minute, as groups allow, and five at once for somebody's long answer."""


class Flood:
    """Keeps to the account's pace and the limits of each chat.

    A 429 does not say whether it is the chat's or the account's. It counts as the chat's, until a second chat
    is refused while the first still waits: then nothing goes to anybody before the longer of both waits is over.
    """

    def __init__(self, clock: Clock, rate: float) -> None:
        self._clock = clock
        self._limited = rate > 0
        self.pace = Turns(rate)
        self._private = Pace(_PRIVATE)
        self._groups = Pace(_GROUP)
        self._refused: dict[str, float] = {}
        self._everybody_until = 0.0

    async def admit(self, chat: Chat) -> None:
        """Wait for one message's place. Raises RetryLater, having taken nothing, where a chat has to wait for its own.

        So a chat that is limited costs the others none of the account's places.
        """
        self._check(chat)
        await in_turn(self._clock, self.pace)
        pace, now = self._check(chat), self._clock.monotonic()
        if self._limited:
            pace.take(now, chat.id)

    def refused(self, chat: Chat, seconds: float) -> RetryLater:
        """Note a 429 and return how long to wait, and whether everybody has to."""
        now = self._clock.monotonic()
        self._refused = {id: until for id, until in self._refused.items() if until > now}
        everywhere = bool(self._refused.keys() - {chat.id})
        self._refused[chat.id] = max(now + seconds, self._refused.get(chat.id, 0.0))
        if everywhere:
            self._everybody_until = max(self._everybody_until, *self._refused.values())
        return RetryLater(seconds, everywhere=everywhere)

    def _check(self, chat: Chat) -> Pace:
        """Return the pace of chats like this one. Raises RetryLater where the chat, or everybody, has to wait."""
        now = self._clock.monotonic()
        if self._everybody_until > now:
            raise RetryLater(self._everybody_until - now, everywhere=True)
        if (until := self._refused.get(chat.id, 0.0)) > now:
            raise RetryLater(until - now)
        pace = self._groups if chat.id.startswith(("-", "@")) else self._private
        if self._limited and (delay := pace.delay(now, chat.id)):
            raise RetryLater(delay)
        return pace
