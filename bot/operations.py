"""What the command line can ask of a bot, running or not: post a breaking story, follow it, try a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.commands.editing import revision_of
from bot.core.errors import BotError, DeliveryError, NotFound, UsageError
from bot.core.i18n import translator
from bot.core.message import message
from bot.core.model import Alert, Audience, Chat, Delivery, Feed, Outcome, Severity, Subscriber
from bot.core.ports import Add, Bot
from bot.intake.canonical import as_url
from bot.outreach import alerts, outbox

PERSON = "terminal:operator"
"""Who acts, in an alert's log, when the command line does."""


async def breaking(bot: Bot, *, text: str, severity: str, url: str = "", release: bool = False) -> Mapping[str, Any]:
    """Draft an alert and return its id and audience; with `release` it goes out after the undo time."""
    revision = revision_of(text)
    if url:
        revision = replace(revision, url=as_url(url))
    now = bot.clock.now()
    audience = Audience(everyone=True)
    alert = alerts.drafted(bot.ids.new(), revision, Severity(severity), audience, by=PERSON, at=now)
    changes = [Add(alert)]
    if release:
        alert = alerts.approved(alert, by=PERSON, at=now)
        changes = [Add(alert), Add(outbox.fan_out_job(alert, now + timedelta(seconds=bot.settings.undo_seconds)))]
    await bot.store.commit(*changes)
    chats = await outbox.audience_size(bot, audience)
    return {"id": alert.id, "state": alert.state, "chats": chats, "running": bool(bot.adapters)}


async def report(bot: Bot, *, id: str) -> Mapping[str, Any]:
    """Return how an alert stands: its state, the deliveries by outcome, and whether all is said."""
    alert = await bot.store.get(Alert, id)
    if alert is None:
        raise NotFound("breaking.unknown", id=id[:40])
    counts = await bot.store.count(Delivery, {"about": id}, by="outcome")
    outcomes = {outcome.value: counts.get(outcome, 0) for outcome in Outcome}
    return {
        "id": id,
        "state": alert.state,
        "chats": sum(outcomes.values()),
        **outcomes,
        "done": alert.addressed and not outcomes[Outcome.PENDING],
    }


async def state(bot: Bot) -> Mapping[str, Any]:
    """Return whether the bot runs and what it keeps."""
    chats = await bot.store.count(Subscriber)
    return {"running": bool(bot.adapters), "chats": chats.get("", 0)}


async def feeds(bot: Bot) -> Mapping[str, Any]:
    """Fetch each of the newsroom's feeds once, and return what each is or why it can't be read."""
    own = [feed.id for feed in await bot.store.find(Feed, {"own": True}, limit=1000)] if bot.adapters else []
    addresses = dict.fromkeys([*own, *map(str, bot.settings.feeds)])
    return {"feeds": [await _looked_at(bot, address) for address in addresses]}


async def _looked_at(bot: Bot, address: str) -> Mapping[str, Any]:
    say = translator(bot.settings.language)
    try:
        fetched = await bot.door.fetch(address)
        parsed = await bot.parser.feed(fetched.body, fetched.url, headers=fetched.headers)
    except BotError as error:
        return {"url": address, "fine": False, "text": say(error.message_key, **error.arguments)}
    return {"url": address, "fine": True, "text": f"{parsed.title} ({parsed.format}, {len(parsed.entries)} entries)"}


async def live(bot: Bot, *, chat: str) -> Mapping[str, Any]:
    """Send, edit and withdraw a message in a chat, and return what went well, step by step."""
    try:
        where = Chat.parse(chat)
    except ValueError:
        raise UsageError("check.no_chat") from None
    adapter = bot.adapters.get(where.platform)
    if adapter is None:
        raise UsageError("check.no_platform", platform=where.platform)
    say = translator(bot.settings.language)
    done: list[str] = []
    try:
        receipt = await adapter.send(where, message(say("check.first")), key=f"live:{bot.ids.new()}")
        done.append("send")
        receipt = await adapter.edit(receipt, message(say("check.second")))
        done.append("edit")
        await adapter.edit(receipt, message(say("check.third")))
        done.append("withdraw")
    except DeliveryError as error:
        return {"done": done, "problem": say(error.message_key, **error.arguments)}
    return {"done": done, "problem": ""}
