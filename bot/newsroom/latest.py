"""The newest of the newsroom's own news; what single chats had fetched is their own business."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.model import Article, Feed
from bot.core.ports import Bot

_MOST_FEEDS = 1000


async def newest_articles(bot: Bot, topic: str = "", *, limit: int) -> Sequence[Article]:
    """Return at most `limit` articles of the newsroom's feeds, of a topic where one is named, newest first."""
    own = frozenset(feed.id for feed in await bot.store.find(Feed, {"own": True}, limit=_MOST_FEEDS))
    where = {"feed": own, "topics": topic} if topic else {"feed": own}
    return await bot.store.find(Article, where, limit=limit, newest=True)
