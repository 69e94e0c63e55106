"""Reads the article that a feed has named: as data where its site, a WordPress, gives it so, or else its page."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import structlog
from msgspec.structs import replace

from bot.core.errors import BotError, NoArticle, StoreError
from bot.core.model import Article, Kind, Page
from bot.core.ports import Bot, Put
from bot.intake.canonical import canonical, same_site
from bot.intake.pages import Refusal, fetch_page

POST_TYPES = ("application/json",)
_ENOUGH = 250
"""Characters below which a post is no more than a teaser for its page."""

_log = structlog.get_logger()


async def article_page(bot: Bot, article: Article) -> Page:
    """Return what an article says; `url` is its canonical address. Raises as `fetch_page` does.

    A post has the words of its page in a tenth of the bytes. Where its site does not give it, that site is not asked
    for others for `cache_seconds`.
    """
    route = article.post.rpartition("/")[0]
    if not route or await _refused(bot, route):
        return await fetch_page(bot, article.url)
    try:
        return await _post(bot, article)
    except NoArticle:
        _log.info("post not read", url=article.url)
    except BotError as error:
        _log.info("post not given", url=article.url, problem=error.message_key)
        refusal = Refusal(id=route, key=error.message_key, arguments={}, at=bot.clock.now())
        with suppress(StoreError):
            await bot.store.commit(Put(refusal))
    return await fetch_page(bot, article.url)


async def _post(bot: Bot, article: Article) -> Page:
    """Return an article's post. Raises `NoArticle` where that is another article, or not the whole of it."""
    answer = await bot.door.fetch(article.post, accept=POST_TYPES)
    page = await bot.parser.read(Page, "post", answer.body, answer.url)
    url = canonical(page.url)
    if not same_site(answer.url, article.url) or url.partition(":")[2] != article.url.partition(":")[2]:
        raise NoArticle  # http in place of https makes no other article, a redirect to another site does
    if page.kind is not Kind.ARTICLE or len(page.text) < _ENOUGH:
        raise NoArticle
    said = article.page
    return replace(
        page,
        url=article.url,
        site=said.site or page.site,
        image=page.image or said.image,
        language=page.language or said.language,
    )


async def _refused(bot: Bot, route: str) -> bool:
    refusal = await bot.store.get(Refusal, route)
    return refusal is not None and bot.clock.now() - refusal.at < timedelta(seconds=bot.settings.cache_seconds)
