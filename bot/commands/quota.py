"""What one person and one chat may ask for, so that nobody can exhaust the bot."""

from __future__ import annotations

from bot.core.errors import NotAllowed
from bot.core.pace import Quota, Rate
from bot.core.ports import Bot
from bot.core.settings import Settings
from bot.core.update import Request


def quotas(settings: Settings) -> Quota:
    """Return the quotas that the settings give each person and each chat."""
    commands, fetches = settings.commands_per_minute, settings.fetches_per_hour
    return Quota(
        {
            "commands": Rate(commands, seconds=60, burst=commands),
            "fetches": Rate(fetches, seconds=3600, burst=max(1, fetches // 6)),
        }
    )


def spend(bot: Bot, request: Request, thing: str) -> None:
    """Take one from the quotas of the person and the chat. Raises NotAllowed, saying when there is more."""
    now = bot.clock.monotonic()
    for who in dict.fromkeys((request.person, str(request.chat))):
        seconds = bot.quota.take(thing, who, now)
        if seconds:
            raise NotAllowed("error.too_often", seconds=max(1, round(seconds)))
