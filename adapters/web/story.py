"""The story on an alert's page: its articles, each of which can be taken out, and stories it can be merged into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.web.site import Site
from adapters.web.times import clock_time
from bot.core.foreign import harmless, web_address
from bot.core.i18n import Translator
from bot.core.model import Alert, Article, Story
from bot.core.ports import Bot
from bot.newsroom.kept import articles_of, is_own, story_of
from bot.newsroom.latest import newest_articles

_LOOKED_AT = 200
"""The newest articles, whose stories can be chosen."""
_OTHERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """An article of the story."""

    id: str
    title: str
    url: str
    source: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryShown:
    """A story as its editors see it: only what came from the newsroom's own feeds."""

    articles: Sequence[ArticleRow]
    others: Sequence[tuple[str, str]]
    """Id and headline of other stories, the newest first."""
    elsewhere: str
    """Id of the alert that goes on for this one, where an editor has merged their stories; else empty."""


async def kept_story(bot: Bot, alert: Alert) -> Story | None:
    """Return the story that an alert tells, as it is now."""
    return await story_of(bot, alert.story) if alert.story else None


async def story_shown(site: Site, alert: Alert, say: Translator) -> StoryShown | None:
    """Return an alert's story in words; None for an alert that an editor wrote about something else."""
    bot, story = site.bot, await kept_story(site.bot, alert)
    if story is None:
        return None
    articles = [article for article in await articles_of(bot, story) if await is_own(bot, article)]
    if not articles:
        return None
    first = alert.follows or alert.id
    return StoryShown(
        articles=[_row(site, article, say) for article in articles],
        others=await _others(bot, story),
        elsewhere=story.alert if story.alert != first else "",
    )


async def _others(bot: Bot, story: Story) -> Sequence[tuple[str, str]]:
    ids = dict.fromkeys(article.story for article in await newest_articles(bot, limit=_LOOKED_AT))
    found = [await bot.store.get(Story, id) for id in ids if id and id != story.id]
    return [(each.id, harmless(each.headline)) for each in found if each][:_OTHERS]


def _row(site: Site, article: Article, say: Translator) -> ArticleRow:
    return ArticleRow(
        id=article.id,
        title=harmless(article.page.title),
        url=web_address(article.url),
        source=harmless(article.source),
        time=clock_time(article.received, site.settings.zone, say.locale),
    )
