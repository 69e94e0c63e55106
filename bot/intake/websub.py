"""WebSub: asks the hub of a feed for pushes, answers whether it was us who asked, and renews in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from msgspec.structs import replace
from yarl import URL

from bot.core.errors import FetchError, Unreachable
from bot.core.model import Feed
from bot.core.ports import Add, Bot, Fetched, Swap
from bot.core.settings import Settings
from bot.core.update import Change
from bot.intake.poll import Polled
from bot.intake.sanitise import web_link
from bot.intake.subscription import Subscription, callback, fits, standing, subscription, subscriptions

_TRIES = 3
_FAREWELLS = 3
"""Times that a hub is told that it need send nothing more."""
_CROWDED = timedelta(seconds=3)
"""A hub that is busy with others is asked so much later."""
_ONWARD = frozenset({307, 308})
_LONGEST_CHALLENGE = 2000

_log = structlog.get_logger()


def tell(settings: Settings) -> None:
    """Say in the log, once at the start, where news comes by polling alone."""
    if reason := obstacle(settings):
        _log.info("no hub is asked for pushes, feeds are only polled", reason=reason)


def obstacle(settings: Settings) -> str:
    """Return why no hub is asked for pushes, for operators; empty where they are."""
    if callback(settings):
        return ""
    return "PUBLIC_URL is not set" if settings.websub else "WEBSUB is off"


async def follow(bot: Bot, polled: Polled) -> None:
    """Subscribe to a feed by what the last look has found, give up what no longer fits, doubt what failed to tell us.

    What loses against something else that happens comes again with the next look.
    """
    feed, now = polled.feed, bot.clock.now()
    known = await subscriptions(bot, feed.id)
    current = next((each for each in known if fits(each, feed, bot.settings)), None)
    changes: list[Change] = [Swap(each, each.left(now)) for each in known if each != current and not each.leaving]
    if current and polled.missed:
        _log.info("a hub did not tell of news, its feed is polled as if without one", feed=feed.id, hub=feed.hub)
        changes.append(Swap(current, replace(current, reliable=False)))
    if not current and feed.hub and not feed.ended and callback(bot.settings):
        changes.append(Add(subscription(feed, bot.ids.new(), now, bot.settings)))
    if changes:
        await bot.store.commit(*changes)


async def ask(bot: Bot, job: Subscription) -> None:
    """Ask a hub for pushes, again before its lease ends, or for no more of them.

    That it was asked is kept before it is: it may come back to us before it answers.
    """
    now = bot.clock.now()
    if not job.leaving and not fits(job, await bot.store.get(Feed, job.feed), bot.settings):
        await bot.store.commit(Swap(job, job.left(now)))
    elif bot.door.crowded(job.at or job.hub):  # whoever waits there would hold up what other hubs are asked
        await bot.store.commit(Swap(job, job.rearmed(now + _CROWDED)))
    elif job.leaving and (job.until is None or now >= job.until or job.asks >= _FAREWELLS):
        await bot.store.commit(Swap(job, None))
    elif not await bot.store.commit(Swap(job, asking := job.asking(now))):
        await _sent(bot, asking)


async def _sent(bot: Bot, asking: Subscription) -> None:
    """Send a request to the hub, and on to where it sends us."""
    try:
        for _ in range(bot.settings.fetch_redirects + 1):
            at = asking.at or asking.hub
            answer = await bot.door.post(at, asking.form)
            if answer.status not in _ONWARD:
                return
            onward = _sent_on(asking, at, answer)
            if await bot.store.commit(Swap(asking, onward)):
                return
            asking = onward
        raise Unreachable("error.too_many_redirects", count=bot.settings.fetch_redirects)
    except FetchError as error:
        _log.info("hub refused", feed=asking.feed, hub=asking.hub, problem=error.message_key)


def _sent_on(asking: Subscription, at: str, answer: Fetched) -> Subscription:
    """Return the subscription as one at another address. Raises Unreachable where that is none, or less safe."""
    target = web_link(answer.headers.get("location", ""), at)
    if not target or (URL(at).scheme == "https" and URL(target).scheme == "http"):
        raise Unreachable("error.bad_redirect")
    return asking.sent_on(target, stranger=URL(target).origin() != URL(at).origin())


async def answered(bot: Bot, token: str, asked: Mapping[str, str]) -> str | None:
    """Return what a hub is answered that asks whether it was us, by the parameters of its request; None for no."""
    for _ in range(_TRIES):
        known = await by_token(bot, token)
        if known is None or asked.get("hub.topic") != known.topic:
            return None
        mode, challenge = asked.get("hub.mode", ""), asked.get("hub.challenge", "")
        if mode == "denied" and known.asked is None and known.until is None:
            return ""  # said before
        if mode == "denied":
            change, words = _denied(bot, known, asked.get("hub.reason", "")), ""
        elif not 0 < len(challenge) <= _LONGEST_CHALLENGE or mode != known.form["hub.mode"]:
            return None
        elif known.asked is None:
            return challenge if known.stands(bot.clock.now()) else None  # a hub that makes sure: nothing changes
        else:
            change, words = _verified(bot, known, asked.get("hub.lease_seconds", "")), challenge
        if not await bot.store.commit(change):
            return words
    return None


def _denied(bot: Bot, known: Subscription, reason: str) -> Swap:
    _log.info("hub denies", feed=known.feed, hub=known.hub, reason=reason[:200])
    return Swap(known, known.denied(bot.clock.now()))


def _verified(bot: Bot, known: Subscription, lease: str) -> Swap:
    if known.leaving:
        return Swap(known, None)
    seconds = int(lease[:10]) if lease.isascii() and lease.isdigit() else 0
    after = known.verified(bot.clock.now(), timedelta(seconds=seconds) if seconds else None)
    _log.info("subscribed at a hub", feed=known.feed, hub=known.hub, until=after.until)
    return Swap(known, after)


async def by_token(bot: Bot, token: str) -> Subscription | None:
    """Return the subscription whose hub knows this token."""
    found = await bot.store.find(Subscription, {"token": token}, limit=1)
    return found[0] if found and callback(bot.settings) else None


async def is_pushed(bot: Bot, feed: Feed) -> bool:
    """Tell whether a feed's news comes by pushes, and is polled for only now and then."""
    known = await standing(bot, feed)
    return known is not None and known.reliable
