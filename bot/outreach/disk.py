"""Looks whether the disk has room left, and alarms operators before nothing can be kept any more."""

from __future__ import annotations

from datetime import datetime

from bot.core.errors import StoreError
from bot.core.model import Document
from bot.core.ports import Bot, Put
from bot.outreach.alarm import alarm, call_out, clear

ALARM = "disk"
LEAST = 200_000_000
"""Bytes that should be left: alarms and answers have to be kept, too, and what is kept is written anew now and then."""
_ENOUGH = 1.25
"""The alarm is over with so many times as much, lest it come and go."""
_MEGABYTE = 1_000_000
_SECONDS = 60.0


class Pulse(Document, frozen=True, kw_only=True):
    """That something could be kept, lately. Id: `disk`."""

    at: datetime


async def watch(bot: Bot) -> None:
    """Look once a minute until cancelled."""
    kept = True
    while True:
        kept = await look(bot, kept=kept)
        await bot.clock.sleep(_SECONDS)


async def look(bot: Bot, *, kept: bool = True) -> bool:
    """Alarm operators where the disk has too little room left, and end that where it has enough again.

    Return whether anything can be `kept`. Where that is no longer so, for whatever reason, no alarm can be either:
    operators are told at once, those who can be.
    """
    room = bot.store.room()
    try:
        await bot.store.commit(Put(Pulse(id=ALARM, at=bot.clock.now())))
        if room < LEAST:
            await bot.store.commit(*alarm(bot, ALARM, "alarm.disk", room=room // _MEGABYTE))
        elif room >= _ENOUGH * LEAST:
            await clear(bot, ALARM)
    except StoreError:
        if kept:
            await call_out(bot, "alarm.unkept")
        return False
    return True
