"""Lists of feeds that move in and out (OPML): each of their lines by itself, so that it may be repeated."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from bot.core.codec import decode
from bot.core.errors import BotError, Conflict, NotAFeed, NotFound, UsageError
from bot.core.i18n import translator
from bot.core.model import Chat, Feed, Folder, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.intake.canonical import as_url
from bot.intake.discover import find_feed
from bot.intake.opml import Outline, Outlines, written
from bot.intake.watch import adopted, known_at, own_feeds, watching
from bot.outreach import feeds

OUTCOMES = ("added", "known", "moved", "refused")
_AT_ONCE = 8
"""Sites that are looked at at once; the door lets fewer through to one host."""
_TRIES = 5
_MOST = 100_000
_OTHER = {"http": "https", "https": "http"}

Values = Mapping[str, Any]
Step = Callable[..., Awaitable[Values]]
"""`found` or `taken_in`, wherever it is carried out."""


async def listed(bot: Bot, *, document: str) -> Values:
    """Return the feeds of a list, given as base64, in its order, and at which line it is `broken`. Raises UsageError.

    Nothing is kept or asked yet: `taken_in` does that with each of them.
    """
    body = base64.b64decode(document)
    if len(body) > bot.settings.fetch_max_bytes:
        raise UsageError("opml.too_large", limit=bot.settings.fetch_max_bytes)
    return dataclasses.asdict(await bot.parser.read(Outlines, "outlines", body))


async def each(outlines: Sequence[Values], find: Step, take: Step) -> AsyncIterator[tuple[Values, Values]]:
    """Take in the lines of a list in their order, and yield each with what came of it.

    What names a site alone is looked for ahead of its turn, several at once.
    """
    for at in range(0, len(outlines), _AT_ONCE):
        some = outlines[at : at + _AT_ONCE]
        feeds = await asyncio.gather(*(_ahead(outline, find) for outline in some))
        for outline, feed in zip(some, feeds, strict=True):
            yield outline, feed if "outcome" in feed else await take(outline=outline, **feed)


async def _ahead(outline: Values, find: Step) -> Values:
    alone = outline["site"] and not (outline["url"] or outline["list"])
    return await find(outline=outline) if alone else {}


async def found(bot: Bot, *, outline: Values, locale: str = "") -> Values:
    """Return the `url` and `title` of the feed behind a line's site, or what `taken_in` returns of one refused."""
    wanted = decode(Outline, outline)
    try:
        url, parsed = await find_feed(bot, wanted.site)
    except BotError as error:
        return refused(bot, outline, error, locale)
    return {"url": url, "title": parsed.title}


async def taken_in(
    bot: Bot, *, outline: Values, chat: str = "", url: str = "", title: str = "", locale: str = ""
) -> Values:
    """Have a chat, or where none is named the newsroom itself, follow a feed of a list, and return what came of it.

    `url` and `title` are what was `found`, where the line names a site alone; `locale` is that of who asks.
    `outcome` is `added`, `known`, `moved` (its address is another: `url`) or `refused`; `text` says why and what to do.
    """
    wanted = decode(Outline, outline)
    try:
        url, title = (url, wanted.title or title) if url else await _address(bot, wanted)
        titled = dataclasses.replace(wanted, title=title)
        before = await bot.store.get(Feed, url)
        known = await (_follow(bot, chat, url, titled, locale) if chat else _own(bot, url, titled))
    except BotError as error:
        return refused(bot, outline, error, locale)
    lives = (before.address if before else "") or url
    if lives not in _spellings(wanted.url):
        return {"outcome": "moved", "url": lives, "known": known, "text": ""}
    return {"outcome": "known" if known else "added", "url": url, "text": ""}


async def kept_alone(bot: Bot, *, urls: Sequence[str]) -> Values:
    """Let go of the newsroom's own feeds that an earlier list has brought and that are none of these; return them."""
    own = await bot.store.find(Feed, {"own": True}, limit=_MOST)
    named = set(urls) | {feed.id for feed in own if feed.address in urls}
    gone = [feed for feed in own if feed.kept and feed.id not in named]
    await bot.store.commit(*(Swap(feed, replace(feed, kept=False, folder=())) for feed in gone))
    settings = {str(url) for url in bot.settings.feeds}
    ended = {feed.id for feed in gone} - settings
    await bot.store.commit(*await own_feeds(bot, [feed.id for feed in own if feed.id not in ended]))
    await feeds.clear_of_others(bot)
    return {"gone": sorted(ended)}


async def exported(bot: Bot, *, chat: str = "") -> Values:
    """Return the feeds that a chat follows, or the newsroom's own, as a `document` (OPML 2.0), and how many."""
    outlines = await _followed_by(bot, chat) if chat else await _owned(bot)
    say = translator(bot.settings.language)
    title = say("opml.title_chat") if chat else say("opml.title_own")
    return {"document": written(title, outlines, bot.clock.now()).decode(), "feeds": len(outlines)}


async def _address(bot: Bot, outline: Outline) -> tuple[str, str]:
    """Return the id under which the feed of an outline is or will be watched, and its title. Raises BotError."""
    if outline.list:
        raise NotAFeed("opml.other_list")
    if not outline.url:
        raise UsageError("opml.no_address")
    url = as_url(outline.url)
    bot.door.judge(url)
    known = await _known(bot, url)
    return (known.id, known.title) if known else (url, outline.title)


async def _known(bot: Bot, url: str) -> Feed | None:
    """Return the feed that is watched at an address, or was told to have moved there, by http or https."""
    for spelt in _spellings(url):
        if feed := await known_at(bot, spelt):
            return feed
    return None


def _spellings(url: str) -> tuple[str, ...]:
    try:
        url = as_url(url)
    except UsageError:
        return ()
    scheme, _, rest = url.partition("://")
    return url, f"{_OTHER[scheme]}://{rest}"


async def _follow(bot: Bot, chat: str, url: str, outline: Outline, locale: str) -> bool:
    """Have a chat follow a feed, and tell whether it did so before. Raises UsageError where it follows too many."""
    for _ in range(_TRIES):
        before = await bot.store.get(Subscriber, chat) or _newcomer(bot, chat, locale)
        known = url in before.feeds
        after = replace(before, feeds=before.feeds if known else (*before.feeds, url), gone="")
        after = replace(after, folders=_sorted(after, url, outline.folders))
        if not known and after.follows > bot.settings.subscriptions_per_chat:
            raise UsageError("subscribe.too_many", count=bot.settings.subscriptions_per_chat)
        watched = await watching(bot, Feed(id=url, title=outline.title, site=outline.site, hushed=True))
        if not await bot.store.commit(*watched, Add(before), Swap(before, after)):
            return known
    raise Conflict


def _newcomer(bot: Bot, key: str, locale: str) -> Subscriber:
    try:
        chat = Chat.parse(key)
    except ValueError:
        raise UsageError("import.no_chat") from None
    return Subscriber(id=str(chat), chat=chat, since=bot.clock.now(), locale=locale)


def _sorted(chat: Subscriber, url: str, path: tuple[str, ...]) -> tuple[Folder, ...]:
    """Return the folders of a chat with a feed in one of them, or in none."""
    others = {
        each.path: tuple(feed for feed in each.feeds if feed in chat.feeds and feed != url) for each in chat.folders
    }
    if path:
        others[path] = (*others.get(path, ()), url)
    return tuple(Folder(each, feeds) for each, feeds in others.items() if feeds)


async def _own(bot: Bot, url: str, outline: Outline) -> bool:
    """Make a feed the newsroom's own for good, and tell whether it was so before."""
    known = await bot.store.get(Feed, url)
    fresh = Feed(id=url, title=outline.title, site=outline.site, hushed=True, folder=outline.folders)
    for _ in range(_TRIES):
        if not await bot.store.commit(*await adopted(bot, fresh)):
            return known is not None and known.own
    raise Conflict


async def _followed_by(bot: Bot, key: str) -> Sequence[Outline]:
    chat = await bot.store.get(Subscriber, key)
    if chat is None or not chat.feeds:
        raise NotFound("opml.nothing")
    folders = {url: folder.path for folder in chat.folders for url in folder.feeds}
    followed = [await bot.store.get(Feed, url) or Feed(id=url) for url in chat.feeds]
    return [_outline(feed, folders.get(feed.id, ())) for feed in followed]


async def _owned(bot: Bot) -> Sequence[Outline]:
    own = await bot.store.find(Feed, {"own": True}, limit=_MOST)
    if not own:
        raise NotFound("opml.nothing")
    return [_outline(feed, feed.folder) for feed in own]


def _outline(feed: Feed, folders: tuple[str, ...]) -> Outline:
    return Outline(title=feed.title, url=feed.address or feed.id, site=feed.site, folders=folders)


def refused(bot: Bot, outline: Values, error: BotError, locale: str) -> Values:
    """Return what `taken_in` returns of a line that an error keeps out."""
    said = translator(locale or bot.settings.language)(error.message_key, **error.arguments)
    return {"outcome": "refused", "url": outline["url"] or outline["site"], "text": said}
