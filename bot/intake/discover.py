"""Finds the feed behind an address: the feed itself, the one its page names, or one at a usual place."""

from __future__ import annotations

from urllib.parse import urljoin

from bot.core.errors import FetchError, NotAFeed
from bot.core.ports import Bot, ParsedFeed
from bot.intake.canonical import as_url
from bot.intake.poll import FEED_TYPES

_NAMED = 3
"""Feeds of a page that are tried."""
_USUAL = ("feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")
"""Where feeds are, seen from the site's root."""


async def find_feed(bot: Bot, url: str) -> tuple[str, ParsedFeed]:
    """Return a feed's address and what it says, given its own address or its site's.

    At most eleven requests. Raises `NotAFeed` where there is none, or the `FetchError` of the address itself.
    """
    url = as_url(url)
    try:
        return await _tried(bot, url)
    except NotAFeed as error:
        named = str(error.arguments.get("feeds", "")).split()[:_NAMED]
        refused = error
    for candidate in dict.fromkeys((*named, *(urljoin(url, f"/{place}") for place in _USUAL))):
        try:
            return await _tried(bot, candidate)
        except FetchError:
            continue
    raise NotAFeed(refused.message_key) from refused


async def _tried(bot: Bot, url: str) -> tuple[str, ParsedFeed]:
    answer = await bot.door.fetch(url, accept=FEED_TYPES)
    if answer.status >= 300:
        raise NotAFeed("error.feed_gone")
    parsed = await bot.parser.feed(answer.body, answer.url, headers=answer.headers)
    return answer.permanent or url, parsed
