"""Looks whether the disk has room left, and alarms operators before nothing can be kept any more."""

from __future__ import annotations

import structlog

from bot.core.errors import StoreError
from bot.core.ports import Bot
from bot.outreach.alarm import alarm, clear

ALARM = "disk"
LEAST = 200_000_000
"""Bytes that should be left: alarms and answers have to be kept, too, and what is kept is written anew now and then."""
_ENOUGH = 1.25
"""The alarm is over with so many times as much, lest it come and go."""
_MEGABYTE = 1_000_000
_SECONDS = 60.0

_log = structlog.get_logger()


async def watch(bot: Bot) -> None:
    """Look once a minute until cancelled."""
    while True:
        await look(bot)
        await bot.clock.sleep(_SECONDS)


async def look(bot: Bot) -> None:
    """Alarm operators where the disk has too little room left, and end that where it has enough again."""
    room = bot.store.room()
    try:
        if room < LEAST:
            await bot.store.commit(*alarm(bot, ALARM, "alarm.disk", room=room // _MEGABYTE))
        elif room >= _ENOUGH * LEAST:
            await clear(bot, ALARM)
    except StoreError:
        _log.error("the disk is full: nothing can be kept, no alarm either", room=room)
