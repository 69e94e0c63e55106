"""People who move in and out: subscribers as JSON Lines, all of a file or nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from bot.commands.meaning import followable, followable_name
from bot.commands.settings import hours_of, zone_named
from bot.core.errors import BotError, Conflict, NotFound, UsageError
from bot.core.folding import topic_of
from bot.core.i18n import locales, translator
from bot.core.model import EVERYTHING, Chat, Folder, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.core.update import Change
from bot.files import place_for, write_whole
from bot.intake import watch
from bot.intake.canonical import as_url

_LISTS = ("topics", "feeds", "keywords")
_NAMES = "names"
_TEXTS = ("locale", "quiet", "zone")
_FOLDERS = "folders"
_FIELDS = frozenset({"chat", *_LISTS, _NAMES, *_TEXTS, _FOLDERS})
_PAGE = 1000
_TRIES = 3


async def export_subscribers(bot: Bot, *, file: str, replace: bool = False) -> Mapping[str, Any]:
    """Write a line for every chat that follows something: `{"chat", "topics", "feeds", "keywords"}`.

    Where the chat has them, the `names` it follows, its `locale`, `quiet` hours (`22:00-07:00`), time `zone`, and the
    `folders` of its feeds (a list of `{"path", "feeds"}`) are in it too.
    Raises `UsageError` where the file can't be written, or there is nobody to write down.
    """
    path = place_for(file, replace=replace)
    lines, after = [], ""
    while chats := await bot.store.find(Subscriber, after=after, limit=_PAGE):
        lines += [orjson.dumps(_line(chat)) + b"\n" for chat in chats if chat.follows and not chat.gone]
        after = chats[-1].id
    if not lines:
        raise UsageError("export.nobody", folder=str(bot.settings.data_dir))
    await asyncio.to_thread(write_whole, path, b"".join(lines))
    return {"subscribers": len(lines)}


async def import_subscribers(bot: Bot, *, file: str) -> Mapping[str, Any]:
    """Take in every chat of a file in one step, or none where a line is wrong; then `errors` says which and why.

    A chat that is known follows what it followed and what the file adds.
    """
    try:
        content = await asyncio.to_thread(Path(file).read_bytes)
    except OSError as error:
        raise NotFound("error.no_file", path=file) from error
    say = translator(bot.settings.language)
    chats: dict[str, Subscriber] = {}
    errors = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            if line.strip():
                chat = _subscriber(bot, line)
                chats[chat.id] = chat.joined(chats.get(chat.id, chat))
        except BotError as error:
            errors.append({"line": number, "message": say(error.message_key, **error.arguments)})
    if not errors:
        await _taken_in(bot, list(chats.values()))
    return {"subscribers": 0 if errors else len(chats), "errors": errors}


async def _taken_in(bot: Bot, chats: Sequence[Subscriber]) -> None:
    for _ in range(_TRIES):
        if not await bot.store.commit(*[change async for change in _changes(bot, chats)]):
            return
    raise Conflict


async def _changes(bot: Bot, chats: Sequence[Subscriber]) -> AsyncIterator[Change]:
    for url in {url for chat in chats for url in chat.feeds}:
        for change in watch.watched(bot, url):
            yield change
    for chat in chats:
        known = await bot.store.get(Subscriber, chat.id) or chat
        yield Add(known)  # where somebody subscribes this moment, the swap loses instead of being left aside
        yield Swap(known, chat.joined(known))


def _subscriber(bot: Bot, line: bytes) -> Subscriber:
    """Read one line. Raises UsageError, saying what is wrong with it."""
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise UsageError("error.line_no_json") from None
    if not isinstance(fields, dict):
        raise UsageError("error.line_no_object")
    if unknown := sorted(map(str, fields.keys() - _FIELDS)):
        raise UsageError("import.unknown_field", field=unknown[0])
    try:
        chat = Chat.parse(str(fields.get("chat", "")))
    except ValueError:
        raise UsageError("import.no_chat") from None
    locale = fields.get("locale") or ""
    if locale and locale not in locales():
        raise UsageError("import.no_locale", locales=", ".join(locales()))
    topics, feeds, keywords, names = (tuple(_texts(fields, name)) for name in (*_LISTS, _NAMES))
    if not (topics or feeds or keywords or names):
        topics = (EVERYTHING,)
    return Subscriber(
        id=str(chat),
        chat=chat,
        since=bot.clock.now(),
        topics=tuple(topic if topic == EVERYTHING else topic_of(topic) or followable(topic) for topic in topics),
        feeds=tuple(as_url(feed) for feed in feeds),
        keywords=tuple(followable(keyword) for keyword in keywords),
        names=tuple(followable_name(name) for name in names),
        folders=tuple(_folders(fields)),
        locale=locale,
        quiet=hours_of(str(fields["quiet"])) if fields.get("quiet") else None,
        zone=zone_named(str(fields["zone"])) if fields.get("zone") else "",
    )


def _texts(fields: Mapping[str, Any], name: str) -> Iterator[str]:
    values = fields.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UsageError("import.no_list", field=name)
    yield from values


def _folders(fields: Mapping[str, Any]) -> Iterator[Folder]:
    folders = fields.get(_FOLDERS) or []
    if not isinstance(folders, list) or not all(isinstance(each, dict) for each in folders):
        raise UsageError("import.no_folders")
    for each in folders:
        yield Folder(tuple(_texts(each, "path")), tuple(as_url(feed) for feed in _texts(each, "feeds")))


def _line(chat: Subscriber) -> Mapping[str, object]:
    lists = {name: getattr(chat, name) for name in _LISTS} | ({_NAMES: chat.names} if chat.names else {})
    texts = {name: str(getattr(chat, name)) for name in _TEXTS if getattr(chat, name)}
    folders = [{"path": each.path, "feeds": each.feeds} for each in chat.folders]
    return {"chat": chat.id, **lists, **texts} | ({_FOLDERS: folders} if folders else {})
