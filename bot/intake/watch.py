"""Which feeds are looked at: those that somebody follows, the newsroom's own, and one that somebody asks for now."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot.core.model import INTAKE, Chat, Feed, Poll, Subscriber
from bot.core.ports import Add, Bot, Delete, Put, Swap
from bot.core.update import Change
from bot.intake.subscription import given_up

_MOST_FOUND = 10_000


def watched(bot: Bot, url: str, *, title: str = "", own: bool = False, again: bool = False) -> tuple[Change, ...]:
    """Return what adds a feed by its address and polls it at once; a feed that is known stays as it is.

    With `again` it had ended, and is polled all the same.
    """
    return begun(bot, Feed(id=url, title=title, own=own), again=again)


def begun(bot: Bot, feed: Feed, *, again: bool = False) -> tuple[Change, ...]:
    """Return what `watched` does for a feed of which something is said already."""
    job = Poll(id=feed.id, lane=INTAKE, due=bot.clock.now())
    return Add(feed), Put(job) if again else Add(job)  # of a feed that had ended there is a job, due never


async def known_at(bot: Bot, url: str) -> Feed | None:
    """Return the feed that is watched under an address, or that lives there now."""
    if feed := await bot.store.get(Feed, url):
        return feed
    return next(iter(await bot.store.find(Feed, {"address": url}, limit=1)), None)


async def unwatched(bot: Bot, url: str, *, but: Chat | None = None) -> tuple[Change, ...]:
    """Return what ends the polling of a feed that nobody follows, `but` one chat; nothing where somebody does."""
    feed = await bot.store.get(Feed, url)
    followers = await bot.store.find(Subscriber, {"feeds": url}, limit=2)
    if feed is None or feed.own or any(follower.chat != but for follower in followers):
        return ()
    return await _ended(bot, url)


async def looked_at_again(bot: Bot, feed: Feed) -> tuple[Change, ...]:
    """Return what has a feed looked at now, also one that had ended, and whatever its document was put aside for."""
    anew = replace(feed, ended=False, quarantine="", quarantined=None)
    return Swap(feed, anew), await _due(bot, feed)


async def moved(bot: Bot, feed: Feed, to: str) -> tuple[Change, ...]:
    """Return what has a feed looked at elsewhere: whoever follows it stays, and what was seen is no news."""
    there = replace(feed, address="" if to == feed.id else to, given=to != feed.id, moving=(), failures=0)
    there = replace(
        there, problem="", details={}, etag="", modified="", digest="", ended=False, quarantine="", quarantined=None
    )
    return Swap(feed, there), await _due(bot, feed)


async def _due(bot: Bot, feed: Feed) -> Change:
    now = bot.clock.now()
    job = await bot.store.get(Poll, feed.id)
    return Swap(job, job.rearmed(now)) if job else Add(Poll(id=feed.id, lane=INTAKE, due=now))


async def own_feeds(bot: Bot, urls: Sequence[str]) -> tuple[Change, ...]:
    """Return what makes these feeds the newsroom's own, with those of an operator's list, and no others."""
    changes: list[Change] = []
    for url in dict.fromkeys(urls):
        feed = await bot.store.get(Feed, url)
        if feed and not (feed.own and not feed.ended):  # whoever names it again wants it looked at again
            changes.append(Swap(feed, replace(feed, own=True, ended=False)))
        changes += watched(bot, url, own=True, again=feed is not None) if feed is None or feed.ended else ()
    for feed in await bot.store.find(Feed, {"own": True}, limit=_MOST_FOUND):
        if feed.id not in urls and not feed.kept:
            changes += await disowned(bot, feed)
    return tuple(changes)


async def adopted(bot: Bot, fresh: Feed) -> tuple[Change, ...]:
    """Return what makes a feed the newsroom's own for good, whatever the settings name."""
    return await watching(bot, fresh, own=True, kept=True, folder=fresh.folder)


async def watching(bot: Bot, fresh: Feed, **changed: object) -> tuple[Change, ...]:
    """Return what has a feed looked at that is not watched yet, or had ended, and changes it so."""
    known = await bot.store.get(Feed, fresh.id)
    if known is None:
        return begun(bot, replace(fresh, **changed))
    revived = {"ended": False, "failures": 0, "problem": "", "details": {}} if known.ended else {}
    return Swap(known, replace(known, **changed, **revived)), *begun(bot, known, again=known.ended)


async def disowned(bot: Bot, feed: Feed) -> tuple[Change, ...]:
    """Return what makes a feed none of the newsroom's own; it is looked at for those who follow it, or no more."""
    followed = await bot.store.find(Subscriber, {"feeds": feed.id}, limit=1)
    if not followed:
        return await _ended(bot, feed.id)
    return (Swap(feed, replace(feed, own=False, kept=False, folder=())),)


async def _ended(bot: Bot, url: str) -> tuple[Change, ...]:
    return Delete(Feed, url), Delete(Poll, url), *await given_up(bot, url)
