"""Alarms: what an operator has to see to, raised once, told where they can still be reached, and cleared when over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

import structlog
from msgspec import field
from msgspec.structs import replace

from bot.core.errors import BotError, DeliveryError, RetryLater, Revoked, StoreError
from bot.core.i18n import Translator, translator
from bot.core.message import Message, heading, message
from bot.core.model import Job, Person, Priority, Receipt, Role, Subscriber
from bot.core.ports import Adapter, Add, Bot, Put, Store, Swap
from bot.core.update import Change
from bot.outreach.compose import moment

LANE = "alarm"
ATTEMPTS = 8
"""Tries to reach an operator, over some eight minutes."""
_LATER = timedelta(seconds=2)
_FULL_SECONDS = 10.0
_PLATFORM = "platform:"
_RIVALLED, _REVOKED = "alarm.rivalled", "alarm.revoked"
_SETTLED_SECONDS = 60.0

_log = structlog.get_logger()


class Alarm(Job, frozen=True, kw_only=True):
    """Something that is wrong until it is cleared. The id says what: `platform:telegram`."""

    key: str
    """Catalog key of what is wrong, and what to do about it."""
    arguments: Mapping[str, str | int | float] = field(default_factory=dict)
    since: datetime
    over: datetime | None = None
    passing: bool = False
    """It is said once and then forgotten: nothing has to be over."""


class Call(Job, frozen=True, kw_only=True):
    """Tells one operator of an alarm, and under it that the alarm is over. Id: `alarm@person`."""

    indexes: ClassVar[frozenset[str]] = frozenset({"alarm"})

    alarm: str
    person: str
    key: str
    arguments: Mapping[str, str | int | float] = field(default_factory=dict)
    since: datetime
    over: datetime | None = None
    passing: bool = False
    receipt: Receipt | None = None


def alarm(bot: Bot, id: str, key: str, **arguments: str | float) -> Sequence[Change]:
    """Return what raises an alarm; where it is raised already, nothing changes and nobody is told again.

    Where `platform` is among the arguments, operators are not looked for there.
    """
    now = bot.clock.now()
    raised = Alarm(id=id, lane=LANE, due=now, priority=Priority.FLASH, key=key, arguments=arguments, since=now)
    return (Add(raised),)


def stopped(bot: Bot, platform: str, error: BotError | None = None) -> Sequence[Change]:
    """Return what raises the alarm that a platform has stopped, or lets us in no more."""
    key = _REVOKED if isinstance(error, Revoked) else "alarm.stopped"
    return alarm(bot, f"{_PLATFORM}{platform}", key, platform=platform)


def stuck(bot: Bot, alert: str) -> Sequence[Change]:
    """Return what raises the alarm that an alert does not get any further."""
    return alarm(bot, stuck_id(alert), "alarm.stuck", alert=alert)


def stuck_id(alert: str) -> str:
    """Return the id of that alarm."""
    return f"alert:{alert}"


async def clear(bot: Bot, id: str) -> None:
    """End an alarm, if it is raised; whoever was told of it is told."""
    while changes := await ended(bot, id):
        if not await bot.store.commit(*changes):
            return


async def ended(bot: Bot, id: str) -> Sequence[Change]:
    """Return what ends an alarm; nothing where none is raised."""
    known, now = await bot.store.get(Alarm, id), bot.clock.now()
    return (Swap(known, replace(known.rearmed(now), over=now)),) if known and known.over is None else ()


async def let_in(bot: Bot, platform: str) -> None:
    """End the alarm that a platform lets us in no more: it has just taken a message."""
    known = await bot.store.get(Alarm, f"{_PLATFORM}{platform}")
    if known and known.key == _REVOKED:
        await clear(bot, known.id)


async def watch(bot: Bot, adapter: Adapter) -> None:
    """End a platform's alarm as soon as it lets us in, and raise one where another program has the account."""
    id = f"{_PLATFORM}{adapter.platform}"
    await adapter.connected.wait()
    known = await bot.store.get(Alarm, id)
    if known and known.key == _RIVALLED:
        await _settled(bot, adapter)
    while True:
        await adapter.connected.wait()
        await _kept(bot, partial(clear, bot, id))
        await adapter.rivalled.wait()
        await _kept(bot, partial(bot.store.commit, *alarm(bot, id, _RIVALLED, platform=adapter.platform)))


async def _settled(bot: Bot, adapter: Adapter) -> None:
    """Wait until a bot that was just started has found out whether the account still has its rival."""
    rivalled, rested = map(asyncio.ensure_future, (adapter.rivalled.wait(), bot.clock.sleep(_SETTLED_SECONDS)))
    try:
        await asyncio.wait({rivalled, rested}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        rivalled.cancel()
        rested.cancel()


async def _kept(bot: Bot, step: Callable[[], Awaitable[object]]) -> None:
    """Do what the store has to keep, again and again while its disk is full."""
    while True:
        try:
            await step()
        except StoreError:
            await bot.clock.sleep(_FULL_SECONDS)
        else:
            return


async def clear_of_others(bot: Bot) -> None:
    """End the alarms of platforms that are no longer in the settings."""
    for known in await standing(bot.store):
        if known.id.startswith(_PLATFORM) and known.id.removeprefix(_PLATFORM) not in bot.adapters:
            await clear(bot, known.id)


async def standing(store: Store) -> Sequence[Alarm]:
    """Return the alarms that are raised."""
    return [known for known in await store.find(Alarm, limit=1000) if known.over is None and not known.passing]


def words(known: Alarm | Call, say: Translator) -> str:
    """Return in words what is wrong."""
    return say(known.key, **known.arguments)


async def ring(bot: Bot, job: Alarm) -> None:
    """Log an alarm and have its operators told, or that it is over."""
    if job.over is None:
        _log.error("alarm", alarm=job.id, problem=job.key)
        calls = [_call(bot, job, person) for person in await _operators(bot, job)]
        await bot.store.commit(Swap(job, None if job.passing else job.rearmed(None)), *map(Put, calls))
        return
    calls = list(await bot.store.find(Call, {"alarm": job.id}, limit=1000))
    if any(call.lease for call in calls):  # somebody is just being told that it is raised
        await bot.store.commit(Swap(job, job.rearmed(bot.clock.now() + _LATER)))
        return
    _log.warning("alarm is over", alarm=job.id)
    ends = [Swap(call, _ended(bot, call, job.over)) for call in calls]
    await bot.store.commit(Swap(job, None), *ends)


async def call_out(bot: Bot, key: str) -> None:
    """Tell operators at once, by messages that nobody keeps, what can't be an alarm, as nothing can be kept."""
    _log.error("alarm", problem=key)
    now = bot.clock.now()
    known = Alarm(id=key, lane=LANE, due=now, priority=Priority.FLASH, key=key, since=now)
    for person in await _operators(bot, known):
        adapter = bot.adapters[person.partition(":")[0]]
        with suppress(BotError):
            shown = _message(bot, _call(bot, known, person), translator(bot.settings.language))
            await adapter.send(await adapter.private_chat(person), shown, key=f"{key}@{person}#{now}")


async def call(bot: Bot, job: Call) -> None:
    """Tell an operator. One who can't be reached is tried for some minutes; that is logged, and alarms nobody."""
    adapter = bot.adapters.get(job.person.partition(":")[0])
    if adapter is None:
        await bot.store.commit(Swap(job, None))
        return
    try:
        chat = await adapter.private_chat(job.person)
        known = await bot.store.get(Subscriber, str(chat))
        shown = _message(bot, job, translator((known and known.locale) or bot.settings.language))
        key = f"{job.id}#{job.since}#{job.over or ''}"
        receipt = await adapter.send(chat, shown, key=key, under=job.receipt)
    except DeliveryError as problem:
        _log.warning("operator not told of an alarm", person=job.person, problem=problem.message_key)
        await bot.store.commit(Swap(job, _again(bot, job, problem)))
    else:
        await bot.store.commit(
            Swap(job, None if job.over or job.passing else replace(job.rearmed(None), receipt=receipt))
        )


def _call(bot: Bot, known: Alarm, person: str) -> Call:
    return Call(
        id=f"{known.id}@{person}",
        lane=LANE,
        due=bot.clock.now(),
        priority=Priority.FLASH,
        alarm=known.id,
        person=person,
        key=known.key,
        arguments=known.arguments,
        since=known.since,
        passing=known.passing,
    )


def _ended(bot: Bot, call: Call, over: datetime) -> Call | None:
    """Return the call that says that it is over; none for whom nobody could tell that anything was wrong."""
    return replace(call.rearmed(bot.clock.now()), over=over) if call.receipt else None


async def _operators(bot: Bot, known: Alarm) -> Sequence[str]:
    """Return the accounts of operators on the other platforms."""
    granted = await bot.store.find(Person, {"role": Role.OPERATOR}, limit=1000)
    people = dict.fromkeys((*bot.settings.operators, *(person.id for person in granted if not person.blocked)))
    others = bot.adapters.keys() - {known.arguments.get("platform")}
    return [person for person in people if person.partition(":")[0] in others]


def _message(bot: Bot, job: Call, say: Translator) -> Message:
    zone = bot.settings.zone
    title = say("alarm.over", time=moment(job.over, zone)) if job.over else say("alarm.title")
    if job.passing:
        return message(heading(say("alarm.notice")), words(job, say))
    return message(heading(title), words(job, say), say("alarm.since", time=moment(job.since, zone)))


def _again(bot: Bot, job: Call, problem: DeliveryError) -> Call | None:
    """Return the call to be made again; None after the last try."""
    if job.attempts >= ATTEMPTS:
        return None
    seconds = problem.seconds if isinstance(problem, RetryLater) else 2**job.attempts
    return job.rearmed(bot.clock.now() + timedelta(seconds=seconds), attempts=job.attempts)
