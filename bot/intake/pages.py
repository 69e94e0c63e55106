"""Reading a page once: the article behind an address, with results and refusals remembered for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec.structs import replace

from bot.core.errors import FetchError, Forbidden, StoreError, Unreachable, UsageError
from bot.core.model import Article, Document, Page
from bot.core.ports import Add, Bot, Put, Swap
from bot.intake.canonical import canonical, same_site

PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml")
"""Content types let in as pages."""


class Refusal(Document, frozen=True, kw_only=True):
    """A page that could not be read, remembered so that it is not asked for again at once. The id is its address."""

    key: str
    arguments: Mapping[str, str | int | float]
    at: datetime


async def read(bot: Bot, url: str) -> Article:
    """Return the article behind an address, from the store where its page was read lately, and keep it.

    It may be of any kind: `page.kind` says whether there is an article on the page. Raises `FetchError`, also from
    memory, or `UsageError` where `url` is no web address.
    """
    asked = canonical(url)
    known = await found(bot, asked)
    if lately := next((article for article in known if _is_recent(bot, article)), None):
        return lately
    page = await fetch_page(bot, asked)
    article = _article(bot, asked, page)
    before = next((article for article in known if not article.feed), None)
    if before:
        article = replace(article, id=before.id, story=before.story)
    with suppress(StoreError):  # what was read can be shown all the same
        await bot.store.commit(Swap(before, article) if before else Add(article))
    return article


async def placed(bot: Bot, article: Article, page: Page) -> Article:
    """Return a feed's article as its page tells it, at the address that the page itself claims.

    That is not believed where the feed has brought another article of that address: some sites name one for all pages.
    """
    others = await bot.store.find(Article, {"url": page.url, "feed": article.feed}, limit=2)
    here = replace(article, page=page, read=bot.clock.now())
    if page.url == article.url or any(other.id != article.id for other in others):
        return here
    return replace(here, url=page.url, aliases=(*article.aliases, article.url))


async def fetch_page(bot: Bot, url: str) -> Page:
    """Return what the page at an address says; `page.url` is its canonical address.

    A refusal is remembered for `cache_seconds`, and raised again without asking the site. Raises as `read` does.
    """
    asked = canonical(url)
    refusal = await bot.store.get(Refusal, asked)
    if refusal and bot.clock.now() - refusal.at < timedelta(seconds=bot.settings.cache_seconds):
        raise FetchError(refusal.key, **refusal.arguments)
    try:
        return await _fetched(bot, asked)
    except Forbidden:  # costs the site nothing, and the operator may vouch for the host meanwhile
        raise
    except FetchError as error:
        refusal = Refusal(id=asked, key=error.message_key, arguments=error.plain_arguments, at=bot.clock.now())
        with suppress(StoreError):
            await bot.store.commit(Put(refusal))
        raise


async def _fetched(bot: Bot, url: str) -> Page:
    answer = await bot.door.fetch(url, accept=PAGE_TYPES)
    if answer.status >= 300:
        raise Unreachable("error.status_missing", status=answer.status)
    page = await bot.parser.page(answer.body, answer.url, content_type=answer.headers.get("content-type", ""))
    return replace(page, url=_address(page.url, answer.url))


async def found(bot: Bot, url: str) -> Sequence[Article]:
    """Return the articles known by an address, the newest first."""
    by_url = await bot.store.find(Article, {"url": url}, newest=True)
    return [*by_url, *await bot.store.find(Article, {"aliases": url}, newest=True)]


def _is_recent(bot: Bot, article: Article) -> bool:
    lately = bot.clock.now() - timedelta(seconds=bot.settings.cache_seconds)
    return article.read is not None and article.read > lately


def _article(bot: Bot, asked: str, page: Page) -> Article:
    now = bot.clock.now()
    return Article(
        id=bot.ids.new(),
        url=page.url,
        aliases=() if page.url == asked else (asked,),
        feed="",
        source=page.site or urlsplit(page.url).hostname or page.url,
        received=now,
        page=page,
        read=now,
    )


def _address(claimed: str, came_from: str) -> str:
    """Return a page's canonical address: what it claims, if that is on its own site and not merely the front page."""
    here = canonical(came_from)
    try:
        there = canonical(claimed)
    except UsageError:
        return here
    one, other = urlsplit(there), urlsplit(here)
    same = same_site(there, here) and one.port == other.port and (one.path.strip("/") or not other.path.strip("/"))
    return there if same else here
