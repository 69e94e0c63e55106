"""Makes the commands known to Discord, where they are not what was made known last."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import orjson
import structlog

from adapters.discord import slash
from adapters.discord.rest import Rest
from bot.commands.registry import Command
from bot.core.errors import BotError
from bot.core.model import Document
from bot.core.ports import Put, Store

_log = structlog.get_logger()


class Declared(Document, frozen=True, kw_only=True):
    """What commands an application has made known: creating them is rationed, to 200 a day. Id: the application."""

    digest: str


async def declare(store: Store, rest: Rest, commands: Sequence[Command], application: str) -> None:
    """Make the commands known, all in one request; where that fails, those known before go on working."""
    declared = slash.declared(commands)
    digest = sha256(orjson.dumps(declared)).hexdigest()
    known = await store.get(Declared, application)
    if known and known.digest == digest:
        return
    try:
        await rest.call("PUT", f"/applications/{application}/commands", declared)
        await store.commit(Put(Declared(id=application, digest=digest)))
    except BotError as error:
        _log.warning("commands not made known", problem=error.message_key)
