"""The newest of the newsroom's own news, and what of it matters most; what single chats had fetched is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import exp, log, log2

from bot.core.model import Alert, Article, Feed, Severity, State
from bot.core.ports import Bot

_MOST_FEEDS = 1000
_HALF_LIFE_HOURS = 8.0
"""After so long a story counts half: this morning's matters at noon, yesterday's no more."""
_LOUD = {Severity.FLASH: 3.0, Severity.URGENT: 1.5, Severity.ROUTINE: 0.0}


async def newest_articles(bot: Bot, topic: str = "", *, limit: int) -> Sequence[Article]:
    """Return at most `limit` articles of the newsroom's feeds, of a topic where one is named, newest first."""
    own = frozenset(feed.id for feed in await bot.store.find(Feed, {"own": True}, limit=_MOST_FEEDS))
    where = {"feed": own, "topics": topic} if topic else {"feed": own}
    return await bot.store.find(Article, where, limit=limit, newest=True)


def ranked(
    stories: Mapping[str, Sequence[Article]], alerts: Mapping[str, Alert | None], now: datetime
) -> Sequence[str]:
    """Return the ids of stories, what matters most first: told by many, in many fields, lately, and how loudly by us.

    `stories` are articles by story, `alerts` what was sent of each, if anything. One that was withdrawn comes last.
    """
    weights = {id: _weight(articles, alerts.get(id), now) for id, articles in stories.items()}
    return sorted(weights, key=weights.__getitem__, reverse=True)


def _weight(articles: Sequence[Article], alert: Alert | None, now: datetime) -> float:
    if alert and alert.state is State.WITHDRAWN:
        return 0.0
    hours = max(0.0, (now - max(article.received for article in articles)).total_seconds() / 3600)
    sources = len({article.source for article in articles})
    topics = len({topic for article in articles for topic in article.topics})
    told = 1 + log2(sources) + 0.25 * log2(len(articles)) + 0.25 * min(topics, 4)
    return (told + (_LOUD[alert.severity] if alert else 0.0)) * exp(-log(2) * hours / _HALF_LIFE_HOURS)
