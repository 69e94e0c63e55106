"""Once a day, lets go of what is only kept for a while: answered updates, remembered pages and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.core.model import Article, Document, Job
from bot.core.ports import Add, Bot, Delete, Swap, Where
from bot.core.update import Update
from bot.intake.pages import Refusal
from bot.outreach.photos import sweep_photos

LANE = "housekeeping"
UPDATES_KEPT = timedelta(days=3)
"""Longer than any platform brings an update again: Telegram tries for a day."""
_PAGE = 1000
_EVERY = timedelta(days=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Job):
    """Looks once a day for what can go. There is one; its id is its lane's name."""


def first_sweep(bot: Bot) -> Add:
    """Return what has the house swept from now on; where it is already, nothing changes."""
    return Add(Sweep(id=LANE, lane=LANE, due=bot.clock.now()))


async def sweep(bot: Bot, job: Sweep) -> None:
    """Remove what is past its time, a page at a time, and come again tomorrow."""
    now = bot.clock.now()
    forgotten = now - timedelta(seconds=bot.settings.cache_seconds)
    gone = await _swept(bot, Update, {"answered": True}, now - UPDATES_KEPT)
    gone += await _swept(bot, Refusal, None, forgotten)
    gone += await _swept(bot, Article, {"feed": ""}, forgotten, at="read")  # readers asked, nobody would find it
    gone += await sweep_photos(bot, now)
    await bot.store.commit(Swap(job, job.rearmed(now + _EVERY)))
    _log.info("swept", documents=gone)


async def _swept(bot: Bot, kind: type[Any], where: Where | None, before: datetime, at: str = "at") -> int:
    """Remove the documents of a kind whose field `at` is before a time, and return how many they were."""
    count, after = 0, ""
    while page := await bot.store.find(kind, where, after=after, limit=_PAGE):
        old: list[Document] = [document for document in page if getattr(document, at) < before]
        if old:
            await bot.store.commit(*(Delete(kind, document.id) for document in old))
        count, after = count + len(old), page[-1].id
    return count
