"""What the command line asks of a bot, running or not: how it is, its feeds and its model, to try a chat, a summary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from bot.core.codec import decode
from bot.core.errors import BotError, DeliveryError, SummaryError, UsageError
from bot.core.i18n import translator
from bot.core.message import message
from bot.core.model import Chat, Feed, Page, Subscriber
from bot.core.ports import Bot
from bot.newsroom.written import Form, summary_of
from bot.pipeline import POLLS

_MOST_FEEDS = 10_000


async def state(bot: Bot) -> Mapping[str, Any]:
    """Return whether the bot runs and what it keeps."""
    chats = await bot.store.count(Subscriber)
    return {"running": bool(bot.adapters), "chats": chats.get("", 0)}


async def feeds(bot: Bot) -> Mapping[str, Any]:
    """Fetch each of the newsroom's feeds once, and return what each is or why it can't be read."""
    mine = {"own": True} if bot.adapters else {"kept": True}  # the sample newsroom's are there only while a bot runs
    own = [feed.id for feed in await bot.store.find(Feed, mine, limit=_MOST_FEEDS)]
    addresses = dict.fromkeys([*own, *map(str, bot.settings.feeds)])
    places = asyncio.Semaphore(POLLS)
    return {"feeds": await asyncio.gather(*(_looked_at(bot, address, places) for address in addresses))}


async def _looked_at(bot: Bot, address: str, places: asyncio.Semaphore) -> Mapping[str, Any]:
    say = translator(bot.settings.language)
    try:
        async with places:
            fetched = await bot.door.fetch(address)
        parsed = await bot.parser.feed(fetched.body, fetched.url, headers=fetched.headers)
    except BotError as error:
        return {"url": address, "fine": False, "text": say(error.message_key, **error.arguments)}
    return {"url": address, "fine": True, "text": f"{parsed.title} ({parsed.format}, {len(parsed.entries)} entries)"}


async def model(bot: Bot) -> Mapping[str, Any]:
    """Ask the language model for next to nothing, and return whether it answers, or why not."""
    if bot.model is None:
        return {"fine": True, "text": "none"}
    try:
        await bot.model.answer("Answer with an empty JSON object alone.", "{}")
    except SummaryError as error:
        return {"fine": False, "text": str(error.arguments["reason"])}
    return {"fine": True, "text": f"{bot.settings.model_name} answers"}


async def summary(bot: Bot, *, page: Mapping[str, Any], sentences: int, words: int | None) -> Mapping[str, Any]:
    """Return the summary of a page, by the language model where what it writes holds. Raises NoArticle."""
    told = await summary_of(bot, decode(Page, page), Form(sentences, words))
    return {"summary": to_builtins(told)}


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
