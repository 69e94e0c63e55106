"""Once a day, lets go of what is only kept for a while: answered updates, remembered pages, refusals, receipts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec.structs import replace

from bot.core.clock import id_floor
from bot.core.lines import Line
from bot.core.model import Alert, Article, Delivery, Document, FanOut, Feed, Job, Recall, Story
from bot.core.ports import Add, Bot, Delete, Put, Swap, Where
from bot.core.update import Update
from bot.intake.entries import KEPT as SIGHTINGS_KEPT
from bot.intake.entries import Sighting, feeds_of
from bot.intake.pages import Refusal
from bot.newsroom.spending import Spent
from bot.newsroom.written import KEPT, Written
from bot.outreach import alerts
from bot.outreach.photos import sweep_photos
from bot.outreach.report import report

LANE = "housekeeping"
UPDATES_KEPT = timedelta(days=3)
"""Longer than any platform brings an update again: Telegram tries for a day."""
_PAGE = 1000
_EVERY = timedelta(days=1)

_log = structlog.get_logger()


class Sweep(Job, frozen=True, kw_only=True):
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
    outdated = now - timedelta(days=bot.settings.article_days)
    gone += await _articles_swept(bot, outdated)
    gone += await _swept(bot, Story, None, outdated, at="updated")  # what was sent of them stays, as alerts
    gone += await _sightings_swept(bot)
    gone += await _swept(bot, Written, None, now - KEPT)
    gone += await _swept(bot, Spent, None, now - KEPT)
    gone += await _archived(bot, now - timedelta(days=bot.settings.receipt_days))
    gone += await _swept(bot, Line, None, now - timedelta(days=bot.settings.receipt_days))
    gone += await sweep_photos(bot, now)
    for adapter in bot.adapters.values():
        await adapter.forget()
    await bot.store.commit(Swap(job, job.rearmed(now + _EVERY)))
    _log.info("swept", documents=gone)


async def _swept(bot: Bot, kind: type[Any], where: Where | None, before: datetime, at: str = "at") -> int:
    """Remove the documents of a kind whose field `at` is before a time, and return how many they were."""
    count, after = 0, ""
    while page := await bot.store.find(kind, where, after=after, limit=_PAGE):
        old: list[Document] = [document for document in page if (getattr(document, at) or before) < before]
        if old:
            await bot.store.commit(*(Delete(kind, document.id) for document in old))
        count, after = count + len(old), page[-1].id
    return count


async def _articles_swept(bot: Bot, before: datetime) -> int:
    """Remove the feeds' articles whose story had its last news before a time, and return how many.

    Their ids are in the order of time, so that only old ones are looked at.
    """
    count, after = 0, ""
    while page := await bot.store.find(Article, after=after, limit=_PAGE):
        old = [article for article in page if article.feed and article.received < before]
        stories = {id: await bot.store.get(Story, id) for id in {article.story for article in old}}
        gone = [article for article in old if (story := stories[article.story]) is None or story.updated < before]
        await bot.store.commit(*(Delete(Article, article.id) for article in gone))
        count, after = count + len(gone), page[-1].id
        if after > id_floor(before):
            break
    return count


async def _sightings_swept(bot: Bot) -> int:
    """Remove what was seen of a feed's entries long before its document was last read, and of feeds that are gone."""
    count, after = 0, ""
    while page := await bot.store.find(Sighting, after=after, limit=_PAGE):
        ids = {id for sighting in page for id in feeds_of(sighting.id)}
        feeds = {id: feed for id in ids if (feed := await bot.store.get(Feed, id))}
        gone = [seen for seen in page if not any(_shows(feeds.get(id), seen) for id in feeds_of(seen.id))]
        await bot.store.commit(*(Delete(Sighting, seen.id) for seen in gone))
        count, after = count + len(gone), page[-1].id
    return count


def _shows(feed: Feed | None, seen: Sighting) -> bool:
    """Whether an entry may still stand in its feed; while that is only said to be as it was, nobody knows."""
    return feed is not None and (feed.read is None or seen.at >= feed.read - SIGHTINGS_KEPT)


async def _archived(bot: Bot, before: datetime) -> int:
    """Turn the receipts of alerts released before a time into counts, and return how many receipts went.

    The counts are kept before the first receipt goes. What a crash leaves of the receipts goes the next time, as they
    are looked for by what they are about.
    """
    after = ""
    while page := await bot.store.find(Alert, {"archived": False}, after=after, limit=_PAGE):
        for alert in page:
            if alert.released and alert.released < before and not await _changes(bot, alert):
                kept = replace(await report(bot, alert), listed=())  # whom it reached is nobody's business any more
                await bot.store.commit(Swap(alert, alerts.archived(alert)), Put(kept))
        after = page[-1].id
        if after > id_floor(before):
            break
    return await _receipts_swept(bot, before)


async def _changes(bot: Bot, alert: Alert) -> bool:
    """Whether a job is still at work on an alert; it has a day to end."""
    jobs = await bot.store.get(FanOut, alert.id), await bot.store.get(Recall, alert.id)
    return alert.amendment is not None or any(job and job.due for job in jobs)


async def _receipts_swept(bot: Bot, before: datetime) -> int:
    """Remove the deliveries of archived alerts. Their ids begin with the time at which the alert was drafted."""
    count, after = 0, ""
    while page := await bot.store.find(Delivery, after=after, limit=_PAGE):
        about = {id: await bot.store.get(Alert, id) for id in {delivery.about for delivery in page}}
        gone = [delivery for delivery in page if (alert := about[delivery.about]) is None or alert.archived]
        if gone:
            await bot.store.commit(*(Delete(Delivery, delivery.id) for delivery in gone))
        count, after = count + len(gone), page[-1].id
        if page[-1].about > id_floor(before):
            break
    return count
