"""Finds the feed behind an address: the feed itself, one that its page names, or one at a usual place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from bot.core.codec import decode
from bot.core.errors import FetchError, NotAFeed
from bot.core.ports import Bot, ParsedFeed
from bot.intake.canonical import as_url
from bot.intake.offers import Offer, Rank
from bot.intake.poll import FEED_TYPES

_NAMED = 3
"""Feeds of a page that are tried."""
_USUAL = ("feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")
"""Where feeds are, seen from the site's root."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A page offers several feeds that are not the same."""

    offers: Sequence[Offer]
    """The best first, comments last; never empty."""


async def find_feed(bot: Bot, url: str) -> tuple[str, ParsedFeed]:
    """Return a feed's address and what it says, given its own address or its site's; of several the best.

    At most twelve requests. Raises `NotAFeed` where there is none, or the `FetchError` of the address itself.
    """
    found = await find_feeds(bot, url, choose=False)
    if isinstance(found, Choice):
        raise TypeError(found)
    return found


async def find_feeds(bot: Bot, url: str, *, choose: bool = True) -> tuple[str, ParsedFeed] | Choice:
    """Return what `find_feed` does, or the feeds to choose from where a page offers several; those are not fetched."""
    url = as_url(url)
    try:
        return await _tried(bot, url)
    except NotAFeed as error:
        offers = decode(tuple[Offer, ...], str(error.arguments.get("feeds", "[]")).encode())
        refused = error
    if choose and sum(offer.rank is Rank.NEWS for offer in offers) > 1:
        return Choice([offer for offer in offers if offer.rank in {Rank.NEWS, Rank.ASIDE}])
    for candidate in dict.fromkeys(_candidates(url, offers)):
        try:
            return await _tried(bot, candidate)
        except FetchError:
            continue
    raise NotAFeed(refused.message_key) from refused


def _candidates(url: str, offers: Sequence[Offer]) -> Iterator[str]:
    """Yield where a feed may be; a WordPress site has its one at the first of the usual places, or posts alone."""
    yield from [offer.url for offer in offers if offer.rank is not Rank.POSTS][:_NAMED]
    posts = [offer.url for offer in offers if offer.rank is Rank.POSTS]
    yield from (urljoin(url, f"/{place}") for place in (_USUAL[:1] if posts else _USUAL))
    yield from posts


async def _tried(bot: Bot, url: str) -> tuple[str, ParsedFeed]:
    answer = await bot.door.fetch(url, accept=FEED_TYPES)
    if answer.status >= 300:
        raise NotAFeed("error.feed_gone")
    parsed = await bot.parser.feed(answer.body, answer.url, headers=answer.headers)
    return answer.permanent or url, parsed
