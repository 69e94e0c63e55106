"""Polling as jobs: looks at a feed, and keeps what follows from it in one step; watches and unwatches feeds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog
from msgspec.structs import replace

from bot.core.errors import FetchError, Unparsable
from bot.core.lane import ATTEMPTS
from bot.core.model import INTAKE, Article, Chat, Feed, Poll, Subscriber
from bot.core.ports import Add, Bot, Delete, Fetched, ParsedFeed, Put, Swap
from bot.core.update import Change
from bot.intake import wordpress
from bot.intake.entries import RENEWED, Known, Sighting, considered, likenesses, sighting_id
from bot.intake.hubs import offered
from bot.intake.look import Brought, Decision, Failed, Gone, Look, Occasion, Unchanged, decide
from bot.intake.subscription import given_up, standing
from bot.intake.timetable import fresh_for
from bot.intake.xmltext import CUT

FEED_TYPES = ("application/*", "text/*")
"""Content types let in: feeds come under many names, but never as pictures or films."""
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


def watched(bot: Bot, url: str, *, title: str = "", own: bool = False, again: bool = False) -> tuple[Change, ...]:
    """Return what adds a feed by its address and polls it at once; a feed that is known stays as it is.

    With `again` it had ended, and is polled all the same.
    """
    return begun(bot, Feed(id=url, title=title, own=own), again=again)


def begun(bot: Bot, feed: Feed, *, again: bool = False) -> tuple[Change, ...]:
    """Return what `watched` does for a feed of which something is said already."""
    job = Poll(id=feed.id, lane=INTAKE, due=bot.clock.now())
    return Add(feed), Put(job) if again else Add(job)  # of a feed that had ended there is a job, due never


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
    job = await bot.store.get(Poll, feed.id)
    due = Swap(job, job.rearmed(bot.clock.now())) if job else Add(Poll(id=feed.id, lane=INTAKE, due=bot.clock.now()))
    return (due,) if anew == feed else (Swap(feed, anew), due)


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
    revived = {"ended": False, "failures": 0, "problem": ""} if known.ended else {}
    return Swap(known, replace(known, **changed, **revived)), *begun(bot, known, again=known.ended)


async def disowned(bot: Bot, feed: Feed) -> tuple[Change, ...]:
    """Return what makes a feed none of the newsroom's own; it is looked at for those who follow it, or no more."""
    followed = await bot.store.find(Subscriber, {"feeds": feed.id}, limit=1)
    if not followed:
        return await _ended(bot, feed.id)
    return (Swap(feed, replace(feed, own=False, kept=False, folder=())),)


async def _ended(bot: Bot, url: str) -> tuple[Change, ...]:
    return Delete(Feed, url), Delete(Poll, url), *await given_up(bot, url)


async def _looked(bot: Bot, feed: Feed) -> Look:
    """Ask for the feed, with what it told us last time, and read it."""
    conditions = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    headers = {name: value for name, value in conditions.items() if value}
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
    sightings = await asyncio.gather(*(bot.store.get(Sighting, id) for id in ids.values()))
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
