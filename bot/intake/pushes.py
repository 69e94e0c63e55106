"""What hubs send: kept before they are answered, read like a feed, and told where it is plainly news."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import ClassVar

import structlog
from msgspec import structs

from bot.core.errors import FetchError, StoreError
from bot.core.lane import ATTEMPTS
from bot.core.model import INTAKE, Article, Feed, Job, Poll
from bot.core.ports import Add, Bot, Entry, ParsedFeed, Swap
from bot.core.update import Change
from bot.intake import dates, entries
from bot.intake.look import PAUSE
from bot.intake.poll import FEED_TYPES, known_of
from bot.intake.rhythm import heard
from bot.intake.subscription import Subscription

_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Those that the recommendation names. As the key of an HMAC is unknown to whoever would forge it, SHA-1 does here."""
_WAITING = 3
"""Pushes of one feed that wait to be read; a further one makes us look at the feed itself."""
_PLAINLY = 10
"""News that one push may tell of; for more, what the feed itself says counts."""
_SPACING = timedelta(seconds=30)
"""Between two looks at a feed that its pushes ask for."""
_TRIES = 3

_log = structlog.get_logger()


class Outcome(StrEnum):
    """What has become of a push, as it is counted."""

    KEPT = "kept"
    LOOK = "look"
    """It makes us look at the feed itself."""
    UNSIGNED = "unsigned"
    """Ignored: not signed by the hub's secret."""
    UNKNOWN = "unknown"
    """Refused: nobody subscribed to it."""
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    TOO_MANY = "too_many"


class Push(Job, frozen=True, kw_only=True):
    """What a hub has sent of a feed, until it is read."""

    indexes: ClassVar[frozenset[str]] = frozenset({"feed"})

    feed: str
    subscription: str
    """Id of that by which it came."""
    type: str
    """Its content type."""
    data: str
    """Its bytes in base64, which a store can keep."""


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Tell whether a body carries a signature, `sha256=HEX`, made by this secret."""
    algorithm, _, given = signature.strip().partition("=")
    if algorithm.lower() not in _ALGORITHMS:
        return False
    expected = hmac.new(secret.encode(), body, algorithm.lower()).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode(errors="replace"))


async def received(bot: Bot, known: Subscription, body: bytes, kind: str, *, calm: bool) -> Outcome:
    """Keep a signed push, or have its feed looked at; when this returns it is safe from any crash.

    It is kept to be read where it may be a feed, where few wait, and where the hub is `calm`: does not send too often.
    Raises StoreError where it could not be kept; the hub sends it again.
    """
    for _ in range(_TRIES):
        changes: Sequence[Change]
        waiting = await bot.store.find(Push, {"feed": known.feed}, limit=_WAITING)
        if calm and not known.thin and body.strip() and _may_be_feed(kind) and len(waiting) < _WAITING:
            outcome, changes = Outcome.KEPT, (Add(_push(bot, known, body, kind)),)
        else:
            outcome, changes = Outcome.LOOK, await _look(bot, known)
        if not await bot.store.commit(*changes):
            return outcome
        found = await bot.store.get(Subscription, known.id)
        if found is None:
            return Outcome.UNKNOWN
        known = found
    raise StoreError


async def read(bot: Bot, job: Push) -> None:
    """Read a push and tell its news; where it is no feed, or not plain what it says, look at the feed itself."""
    feed = await bot.store.get(Feed, job.feed)
    if feed is None or feed.ended:
        await bot.store.commit(Swap(job, None))
        return
    try:
        parsed = None if job.attempts >= ATTEMPTS else await _parsed(bot, feed, job)
    except FetchError as error:
        _log.info("push can't be read", feed=feed.id, problem=error.message_key)
        parsed = None
    for _ in range(_TRIES):
        changes = await _told(bot, job, feed, parsed) if parsed else await _looked_at_instead(bot, job)
        losers = await bot.store.commit(Swap(job, None), *changes)
        if not losers:
            _report(feed, changes)
        again = await bot.store.get(Feed, job.feed)
        if not losers or again is None or any(isinstance(loser, Push) for loser in losers):
            return
        feed = again


async def _parsed(bot: Bot, feed: Feed, job: Push) -> ParsedFeed:
    """Return what it says; what the feed is called, and whose it is, stands in the feed itself."""
    parsed = await bot.parser.feed(b64decode(job.data), feed.address or feed.id, headers={"content-type": job.type})
    return replace(entries.considered(parsed), title=feed.title or parsed.title, link=feed.site or parsed.link)


async def _told(bot: Bot, job: Push, feed: Feed, parsed: ParsedFeed) -> Sequence[Change]:
    """Return what makes articles of plain news. Whatever else is not known has the feed itself looked at.

    A hub may send the newest entries alone, so that nothing can be said of a feed as a whole: that all its ids have
    changed, or what there was to see; nothing of that kind is changed here.
    """
    now, known = bot.clock.now(), await known_of(bot, feed, parsed)
    news, others = entries.sifted(parsed, known)
    plain = [entry for entry in news if _is_fresh(entry, now)] if _is_calm(feed, news, now) else []
    changes: list[Change] = []
    if plain:
        rhythm = heard(feed.rhythm, [now] * len(plain), now)
        changes.append(Swap(feed, structs.replace(feed, fresh=now, rhythm=rhythm)))
    for entry in plain:
        changes += (
            Add(entries.sighting(feed, entry, now)),
            *entries.announced(feed, entry, parsed, now, bot.ids),
        )
    by = await bot.store.get(Subscription, job.subscription)
    if by and (len(news) + len(others) > len(plain) or not parsed.entries):
        changes += await _look(bot, by)
    elif by and not by.reliable:
        changes.append(Swap(by, structs.replace(by, reliable=True)))
    return changes


def _is_calm(feed: Feed, news: Sequence[Entry], now: datetime) -> bool:
    """Tell whether a feed is in a state, and the news few enough, for a push to be believed by itself.

    After a pause of ours the feed is looked at first, for what is no news any more; not where its server fails.
    """
    lately = feed.polled is not None and (feed.failures > 0 or now - feed.polled <= PAUSE)
    return lately and not feed.strange and len(news) <= _PLAINLY


def _is_fresh(entry: Entry, now: datetime) -> bool:
    """Tell news from an old entry that was changed and is sent again: the feed itself does not show that on top."""
    said = dates.moment(entry.published or entry.updated)
    return said is None or now - said <= PAUSE


async def _looked_at_instead(bot: Bot, job: Push) -> Sequence[Change]:
    """Return what has the feed looked at, now and whenever this hub sends something, until it is asked again."""
    by = await bot.store.get(Subscription, job.subscription)
    return await _look(bot, by, thin=True) if by else ()


async def _look(bot: Bot, by: Subscription, *, thin: bool = False) -> Sequence[Change]:
    """Return what has a feed looked at at once, or a while after the last time that a push has asked for it.

    A look that is under way may have come too soon to see the news: it counts for nothing, and is taken again.
    """
    now = bot.clock.now()
    feed, poll = await bot.store.get(Feed, by.feed), await bot.store.get(Poll, by.feed)
    if feed is None or poll is None or poll.due is None:
        return ()
    spacing = timedelta(seconds=bot.settings.poll_seconds) if feed.failures else _SPACING
    due = max(now, by.called + (spacing if by.called <= now else timedelta())) if by.called else now
    under_way = poll.lease is not None and poll.lease > now
    sooner = under_way or due < poll.due
    called = due if sooner else poll.due
    changes: list[Change] = [Swap(poll, poll.rearmed(due))] if sooner else []
    return *changes, Swap(by, structs.replace(by, called=called, reliable=not thin, thin=by.thin or thin))


def _report(feed: Feed, changes: Sequence[Change]) -> None:
    """Tell the operator, by the log, what a push has brought."""
    if told := sum(isinstance(change, Add) and isinstance(change.document, Article) for change in changes):
        _log.info("news from a hub", feed=feed.id, announced=told)


def _push(bot: Bot, known: Subscription, body: bytes, kind: str) -> Push:
    return Push(
        id=bot.ids.new(),
        lane=INTAKE,
        due=bot.clock.now(),
        feed=known.feed,
        subscription=known.id,
        type=kind,
        data=b64encode(body).decode(),
    )


def _may_be_feed(kind: str) -> bool:
    """Tell whether a content type is one that a feed may come under; without one it may be anything."""
    bare = kind.partition(";")[0].strip().lower()
    return not bare or any(fnmatchcase(bare, pattern) for pattern in FEED_TYPES)
