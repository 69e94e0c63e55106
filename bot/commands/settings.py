"""What a chat decides about its messages: quiet hours, and the time zone they are meant in."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from zoneinfo import available_timezones

import regex
from msgspec.structs import replace

from bot.commands.following import newcomer
from bot.commands.registry import Words, command
from bot.core.errors import UsageError
from bot.core.message import Action, message
from bot.core.model import QuietHours, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.core.update import Answer, Request
from bot.outreach import quiet

_TIME = r"(\d{1,2})(?:[:.h](\d\d))?\s*(?:uhr\b|([ap])\.?m\b\.?)?"
_HOURS = regex.compile(rf"(?i)(?:from|von)?\s*{_TIME}\s*(?:-|–|—|to|until|till|bis)\s*{_TIME}")
_OFF = frozenset({"off", "none", "no", "aus", "keine", "nie"})
_USUAL = "22:00-07:00"
_OPEN = 60
"""Minutes of a day that quiet hours have to leave: what waits must be able to come."""
_SHOWN = 40
"""Characters of what was typed that an answer repeats."""


@command("quiet")
async def quiet_(bot: Bot, request: Request, hours: Words = "") -> Answer:
    """Show this chat's quiet hours, set them, or lift them: routine messages wait until they end."""
    before = await _chat(bot, request)
    if not hours:
        return await _shown(bot, request, before)
    after = replace(before, quiet=None if hours.lower() in _OFF else hours_of(hours))
    return await _changed(bot, request, before, after)


@command("timezone", "tz")
async def timezone(bot: Bot, request: Request, zone: Words = "") -> Answer:
    """Show or set the time zone that this chat's quiet hours are meant in."""
    before = await _chat(bot, request)
    if not zone:
        return Answer(message(_clock(bot, request, before), request.say("timezone.how")))
    try:
        after = replace(before, zone=zone_named(zone))
    except UsageError:
        if not (close := _close(zone)):
            raise
        said = request.say("timezone.close", text=zone[:_SHOWN])
        return Answer(message(said, actions=[Action(name, f"/timezone {name}") for name in close], private=True))
    return await _changed(bot, request, before, after)


def hours_of(text: str) -> QuietHours:
    """Read quiet hours: `22:00-07:00`, `22-7`, `10pm to 7am`, `von 22 bis 7 Uhr`.

    Raises UsageError where they are none, or leave too little of the day.
    """
    if not (read := _HOURS.fullmatch(text.strip())):
        raise UsageError("quiet.unreadable", text=text[:_SHOWN])
    begin, end = (_minutes(*read.groups()[start : start + 3], text=text) for start in (0, 3))
    if (begin - end) % 1440 < _OPEN:
        raise UsageError("quiet.too_long")
    return QuietHours(begin, end)


def zone_named(text: str) -> str:
    """Return the time zone of a name, however it is capitalised; a city will do where there is one zone named after it.

    Raises UsageError where there is none.
    """
    asked = _plain(text)
    known = _zones()
    names = [name for name in known if _plain(name) == asked] or [name for name in known if _city(name) == asked]
    if len(names) != 1:
        raise UsageError("timezone.unknown", text=text[:_SHOWN])
    return names[0]


def _minutes(hour: str, minute: str | None, half: str | None, *, text: str) -> int:
    """Return a time of day in minutes after midnight. Raises UsageError."""
    hours, minutes = int(hour), int(minute or 0)
    if half and 1 <= hours <= 12:
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    elif half or hours * 60 + minutes > 1440:
        raise UsageError("quiet.unreadable", text=text[:_SHOWN])
    if minutes > 59:
        raise UsageError("quiet.unreadable", text=text[:_SHOWN])
    return (hours * 60 + minutes) % 1440


def _close(text: str) -> list[str]:
    """Return the time zones whose names, or cities, are most like what was typed."""
    by_name: dict[str, str] = {}
    for name in _zones():
        by_name[_plain(name)] = name
        by_name.setdefault(_city(name), name)
    asked = _plain(text[:_SHOWN])
    same = [name for plain, name in by_name.items() if plain.endswith(f"/{asked}")]
    close = [by_name[plain] for plain in get_close_matches(asked, by_name, n=4, cutoff=0.7)]
    return list(dict.fromkeys((*same, *close)))[:4]


def _zones() -> list[str]:
    """Return the zones that mean the same on every machine."""
    return sorted(available_timezones() - {"Factory", "localtime"})


def _plain(name: str) -> str:
    return "_".join(name.casefold().split())


def _city(name: str) -> str:
    return _plain(name).rpartition("/")[2]


async def _chat(bot: Bot, request: Request) -> Subscriber:
    return await bot.store.get(Subscriber, str(request.chat)) or newcomer(bot, request)


async def _changed(bot: Bot, request: Request, before: Subscriber, after: Subscriber) -> Answer:
    """Answer a change; what waits for the end of the quiet hours is brought in line with it, in the same step."""
    waiting = await quiet.rearranged(bot, after)
    shown = await _shown(bot, request, after)
    return replace(shown, changes=(Add(before), Swap(before, after), *waiting), replaces=True)


async def _shown(bot: Bot, request: Request, chat: Subscriber) -> Answer:
    say = request.say
    if chat.quiet is None:
        action = Action(say("quiet.on", hours=_USUAL), f"/quiet {_USUAL}")
        return Answer(message(say("quiet.none"), _clock(bot, request, chat), actions=(action,)))
    lines = [say("quiet.hours", hours=str(chat.quiet)), say("quiet.what"), _clock(bot, request, chat)]
    if waiting := len(await quiet.deferred(bot, chat)):
        lines.append(say("quiet.waiting", count=waiting))
    return Answer(message(*lines, actions=(Action(say("quiet.off"), "/quiet off"),)))


def _clock(bot: Bot, request: Request, chat: Subscriber) -> str:
    """Say what time it is there: whose zone is wrong sees it."""
    zone = quiet.zone_of(chat, bot.settings.zone)
    now: datetime = bot.clock.now().astimezone(zone)
    return request.say("timezone.clock", time=f"{now:%H:%M}", zone=str(zone))
