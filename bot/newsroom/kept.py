"""Stories as they are kept: which one an article is in now, what belongs to it, and whether it began with us."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.model import Article, Feed, Story
from bot.core.ports import Bot


async def story_of(bot: Bot, id: str) -> Story | None:
    """Return a story by its id: the one it is a part of now, where an editor has merged it."""
    story = await bot.store.get(Story, id)
    while story is not None and story.into:
        story = await bot.store.get(Story, story.into)
    return story


async def articles_of(bot: Bot, story: Story) -> Sequence[Article]:
    """Return a story's articles, the lead first."""
    found = [await bot.store.get(Article, id) for id in story.articles]
    return [article for article in found if article]


async def is_own(bot: Bot, article: Article) -> bool:
    """Tell whether an article came from one of the newsroom's own feeds."""
    feed = await bot.store.get(Feed, article.feed)
    return bool(feed and feed.own)


async def led_by_us(bot: Bot, story: Story) -> bool:
    """Tell whether the newsroom's own feed brought a story first: only such a one has the newsroom's followers."""
    lead = await bot.store.get(Article, story.articles[0])
    return lead is not None and await is_own(bot, lead)
