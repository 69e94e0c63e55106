"""The newsroom's own feeds: one more, one less, and what operators are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from bot.core.errors import UsageError
from bot.core.model import Feed, Priority
from bot.core.ports import Add, Bot, Swap
from bot.core.update import Change
from bot.intake.canonical import as_url
from bot.intake.discover import Choice, find_feeds
from bot.intake.poll import Polled
from bot.intake.watch import adopted, disowned, known_at
from bot.outreach import alarm

FAILURES = 5
"""Looks in a row that fail before operators are alarmed: over an hour and a quarter, by the defaults."""
_GATHERED = timedelta(minutes=1)
"""How long feeds with held-back entries are gathered into one notice: after a restored backup it is all of them."""
_PREFIX = "feed:"
_HELD_BACK = "held-back"


async def watch(bot: Bot, polled: Polled) -> None:
    """Alarm the operators, or end their alarm, by what a look has made of a feed."""
    feed = polled.feed
    if feed.own and feed.ended:
        await bot.store.commit(*alarm.alarm(bot, _PREFIX + feed.id, "alarm.feed_ended", feed=feed.id))
    elif feed.own and feed.failures >= FAILURES:
        await bot.store.commit(*alarm.alarm(bot, _PREFIX + feed.id, "alarm.feed_fails", feed=feed.id))
    elif not feed.failures:
        await alarm.clear(bot, _PREFIX + feed.id)
    while polled.held_back and await bot.store.commit(*await _held_back(bot, feed, polled.held_back)):
        pass


async def owned(bot: Bot, address: str) -> tuple[Feed, tuple[Change, ...]] | Choice:
    """Return the feed of an address, or of a site's, and what makes it the newsroom's own; or those to choose from.

    Raises `FetchError` or `UsageError` where there is none.
    """
    url = as_url(address)
    feed = await known_at(bot, url)
    if feed is None or feed.ended:
        found = await find_feeds(bot, url)
        if isinstance(found, Choice):
            return found
        feed = await known_at(bot, found[0]) or Feed(id=found[0], title=found[1].title)
    return feed, await adopted(bot, feed)


async def let_go(bot: Bot, feed: Feed) -> tuple[Change, ...]:
    """Return what makes a feed none of the newsroom's own, and ends what alarm there is of it. Raises `UsageError`."""
    if feed.id in map(str, bot.settings.feeds):
        raise UsageError("feeds.in_settings", feed=feed.id)
    if not feed.own:
        raise UsageError("feeds.not_own", feed=feed.title or feed.id)
    return (*await disowned(bot, feed), *await alarm.ended(bot, _PREFIX + feed.id))


async def clear_of_others(bot: Bot) -> None:
    """End the alarms of feeds that are no longer the newsroom's own."""
    for known in await alarm.standing(bot.store):
        id = known.id.removeprefix(_PREFIX)
        if id != known.id and not ((feed := await bot.store.get(Feed, id)) and feed.own):
            await alarm.clear(bot, known.id)


async def _held_back(bot: Bot, feed: Feed, count: int) -> Sequence[Change]:
    """Return what adds to the notice that is being gathered, or begins it."""
    known = await bot.store.get(alarm.Alarm, _HELD_BACK)
    id = _HELD_BACK
    if known and known.lease:  # that one is just being told
        id = f"{_HELD_BACK}:{bot.ids.new()}"
    elif known:
        before = known.arguments
        entries, feeds = int(before["count"]) + count, int(before["feeds"]) + 1
        return (Swap(known, replace(known, arguments={**before, "count": entries, "feeds": feeds})),)
    now = bot.clock.now()
    notice = alarm.Alarm(
        id=id,
        lane=alarm.LANE,
        due=now + _GATHERED,
        priority=Priority.URGENT,
        key="alarm.held_back",
        arguments={"count": count, "feeds": 1, "feed": feed.id},
        since=now,
        passing=True,
    )
    return (Add(notice),)
