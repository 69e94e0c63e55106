"""Polling as jobs: looks at a feed, and keeps what follows from it in one step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog

from bot.core.errors import FetchError, Unparsable
from bot.core.lane import ATTEMPTS
from bot.core.model import Article, Feed, Poll
from bot.core.ports import Bot, Fetched, ParsedFeed, Swap
from bot.intake import wordpress
from bot.intake.entries import RENEWED, Known, Sighting, considered, likenesses, sighting_id
from bot.intake.hubs import offered
from bot.intake.look import Brought, Decision, Failed, Gone, Look, Occasion, Unchanged, decide
from bot.intake.subscription import standing
from bot.intake.timetable import fresh_for
from bot.intake.xmltext import CUT

FEED_TYPES = ("application/*", "text/*")
"""Content types let in: feeds come under many names, but never as pictures or films."""
_LONGEST = 1000
"""Characters of what a server has shown us and is shown again; more, or what can't be sent, is kept from it."""
_TRIES = 3
_QUARANTINE = timedelta(days=1)
"""A document that could not be parsed is not parsed again for so long; the next version of us may have learned to."""
_CROWDED = timedelta(seconds=3)
"""A feed whose host is busy with others is looked at so much later."""
_MOST_FOUND = 10_000
_PACKED = re.compile(r'-(?:gzip|br)"$')
"""What Apache adds to the ETag of a document that it packs; without it a site in PHP would never answer 304."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polled:
    """What a look has made of a feed."""

    feed: Feed
    held_back: int
    """Entries that came as a flood after the first look, and were only marked as seen."""
    missed: bool = False
    """Whether there was news that its hub should have pushed, and had not."""


async def poll(bot: Bot, job: Poll) -> Polled | None:
    """Look at one feed and settle its job. New entries become articles in the same step, or none of it happens.

    Returns None where nothing is kept of the look: somebody has ended the feed meanwhile.
    """
    feed = await bot.store.get(Feed, job.id)
    if feed is None or feed.ended:
        await bot.store.commit(Swap(job, None))
        return None
    if bot.door.crowded(feed.address or feed.id):  # whoever waits there would hold up the feeds of other hosts
        await bot.store.commit(Swap(job, job.rearmed(bot.clock.now() + _CROWDED)))
        return None
    look = Failed(problem="error.unknown") if job.attempts >= ATTEMPTS else await _looked(bot, feed)
    for _ in range(_TRIES):  # somebody may change the feed (its owner, say) while we look at it
        decision = decide(look, await _occasion(bot, feed, job, look), bot.ids)
        losers = await bot.store.commit(*decision.changes)
        if not losers:
            _report(feed, look, decision)
            return Polled(decision.feed, decision.held_back if feed.polled else 0, decision.missed)
        feed = await bot.store.get(Feed, job.id)
        if feed is None or any(isinstance(loser, Poll) for loser in losers):
            return None
    return None


async def _looked(bot: Bot, feed: Feed) -> Look:
    """Ask for the feed, with what it told us last time, and read it."""
    conditions = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    headers = {name: value for name, value in conditions.items() if value.isprintable() and 0 < len(value) < _LONGEST}
    try:
        answer = await bot.door.fetch(feed.address or feed.id, headers=headers, accept=FEED_TYPES)
        return await _understood(bot, feed, answer)
    except FetchError as error:
        retry_after = error.arguments.get("retry_after", 0.0)
        seconds = float(retry_after) if isinstance(retry_after, int | float) else 0.0
        return Failed(problem=error.message_key, details=error.plain_arguments, retry_after=seconds)


async def _occasion(bot: Bot, feed: Feed, job: Poll, look: Look) -> Occasion:
    """Return what is to be known for a decision."""
    known = await known_of(bot, feed, look.parsed) if isinstance(look, Brought) else Known()
    hub = await standing(bot, feed)
    return Occasion(
        feed=feed,
        job=job,
        now=bot.clock.now(),
        settings=bot.settings,
        known=known,
        pushed=hub is not None and hub.reliable,
        called=hub.called if hub else None,
    )


async def _understood(bot: Bot, feed: Feed, answer: Fetched) -> Look:
    if answer.status == 410:
        return Gone()
    digest = sha256(answer.body).hexdigest()
    if answer.status == 304 or digest == feed.digest:
        return Unchanged(permanent=answer.permanent, fresh_for=fresh_for(answer.headers))
    if digest == feed.quarantine and feed.quarantined and bot.clock.now() - feed.quarantined < _QUARANTINE:
        return Failed(problem=feed.problem, details=feed.details)
    try:
        parsed = considered(await bot.parser.feed(answer.body, answer.url, headers=answer.headers))
    except Unparsable as error:
        return Failed(problem=error.message_key, details=error.plain_arguments, quarantine=digest)
    hub, topic = offered(answer, parsed)
    posts = wordpress.root(answer)
    etag, modified = ("", "") if CUT in parsed.problems else _validators(answer.headers, plain=bool(posts))
    return Brought(
        parsed=parsed,
        etag=etag,
        modified=modified,
        digest=digest,
        permanent=answer.permanent,
        fresh_for=fresh_for(answer.headers),
        hub=hub,
        topic=topic,
        posts=posts,
    )


def _validators(headers: Mapping[str, str], *, plain: bool) -> tuple[str, str]:
    """Return an answer's ETag and date as its site knows them again, without what a server that packs has added.

    `plain` where the site compares them letter by letter, so that it knows no weak one.
    """
    etag = _PACKED.sub('"', headers.get("etag", ""))
    return etag.removeprefix("W/") if plain else etag, headers.get("last-modified", "")


async def known_of(bot: Bot, feed: Feed, parsed: ParsedFeed) -> Known:
    """Return which of a document's entries were seen, and which of its links are articles of this feed."""
    ids = {entry.id: sighting_id(feed.id, entry.id) for entry in parsed.entries}
    sightings = [await bot.store.get(Sighting, id) for id in ids.values()]
    seen = frozenset(id for id, sighting in zip(ids, sightings, strict=True) if sighting)
    old = bot.clock.now() - RENEWED
    ageing = frozenset(id for id, known in zip(ids, sightings, strict=True) if known and known.at < old)
    links = frozenset[str]().union(*(likenesses(entry) for entry in parsed.entries if entry.id not in seen))
    if not links:
        return Known(seen=seen, ageing=ageing)
    by_url = await bot.store.find(Article, {"feed": feed.id, "url": links}, limit=_MOST_FOUND)
    by_alias = await bot.store.find(Article, {"feed": feed.id, "aliases": links}, limit=_MOST_FOUND)
    linked = links & {url for article in (*by_url, *by_alias) for url in (article.url, *article.aliases)}
    return Known(seen=seen, linked=linked, ageing=ageing)


def _report(feed: Feed, look: Look, decision: Decision) -> None:
    """Tell the operator, by the log, what a look brought, and that old entries were held back."""
    if isinstance(look, Failed):
        _log.warning("feed failed", feed=feed.id, problem=look.problem, failures=feed.failures + 1)
    elif isinstance(look, Gone):
        _log.warning("feed has ended", feed=feed.id)
    if decision.held_back:
        _log.info("many entries at once, only the newest announced", feed=feed.id, held_back=decision.held_back)
    if decision.announced:
        _log.info("new entries", feed=feed.id, announced=decision.announced)
