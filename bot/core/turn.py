"""A request's turn at its account's pace, waited for where the request is made, so that each takes one place."""

from __future__ import annotations

from bot.core.errors import RetryLater
from bot.core.pace import Turn, Turns
from bot.core.ports import Clock

PATIENCE = 5.0
"""Seconds that a request waits for its turn; whoever makes it comes again later instead, before a lease runs out."""


async def in_turn(clock: Clock, turns: Turns) -> Turn:
    """Take the next place, wait for it, and return the turn. Raises RetryLater, having taken nothing, where it is far.

    What people ask for goes before a fan-out so: that claims only what may begin at once, and is no more than a moment
    ahead.
    """
    now = clock.monotonic()
    if turns.free(now):
        return Turn(now, now)
    if (delay := turns.delay(now)) > PATIENCE:
        raise RetryLater(delay)
    delay = turns.take(now)
    try:
        if delay:
            await clock.sleep(delay)
        while not isinstance(turn := turns.go(clock.monotonic()), Turn):
            await _near(clock, turn)
    except BaseException:
        turns.leave()
        raise
    return turn


async def _near(clock: Clock, seconds: float) -> None:
    if seconds > PATIENCE:
        raise RetryLater(seconds)
    await clock.sleep(seconds)
