"""Decides what follows from one look at a feed: pure, so that every turn a feed can take is a line in a test."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from bot.core.model import Feed, Poll, Rhythm
from bot.core.ports import Add, Entry, Ids, ParsedFeed, Put, Swap
from bot.core.settings import Settings
from bot.core.update import Change
from bot.intake import dates, entries
from bot.intake.entries import Known
from bot.intake.rhythm import heard, pause
from bot.intake.timetable import open_from

MOST = 50
"""Articles that one look brings at most; the next look brings the others."""
PAUSE = timedelta(days=1)
"""After so long without a good look, a feed's news is old: it is treated like one seen for the first time."""
_TELLING = timedelta(minutes=1)
"""What a hub may take to tell of news."""
HURRIED = 5
"""Looks in a row that may come at once; a feed that always brings more is looked at by its rhythm."""
STRANGE = 3
"""Documents in a row that may have no entry which is known; one that makes up its ids can't be followed."""
AGREEING = 3
"""Permanent redirects that must name the same address before it is believed, and failures there before it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server says so, or the body is the same as last time."""

    permanent: str = ""
    fresh_for: float = 0.0
    """Seconds for which the server says that nothing else will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The server says that there will be no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No answer, or none that is a feed."""

    problem: str
    details: Mapping[str, str | int | float] = field(default_factory=dict)
    retry_after: float = 0.0
    quarantine: str = ""
    """SHA-256 of the document, where that is not to be parsed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A feed, and what to show the server next time."""

    parsed: ParsedFeed
    etag: str = ""
    modified: str = ""
    digest: str = ""
    permanent: str = ""
    fresh_for: float = 0.0
    hub: str = ""
    topic: str = ""
    posts: str = ""
    """Root of the REST route of a WordPress site."""


Look = Unchanged | Gone | Failed | Brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Changes for one commit, and what to say of them in the log."""

    feed: Feed
    """As it is after the look."""
    changes: tuple[Change, ...]
    announced: int = 0
    held_back: int = 0
    """New entries only marked as seen, because they came as a flood."""
    missed: bool = False
    """Whether there was news that the feed's hub should have pushed, and had not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a decision rests on beside the look itself."""

    feed: Feed
    job: Poll
    now: datetime
    settings: Settings
    known: Known = field(default_factory=Known)
    pushed: bool = False
    """Whether the feed's news comes by its hub, so that looking for it may be left for long."""
    called: datetime | None = None
    """When a push last asked for a look."""


def decide(look: Look, on: Occasion, ids: Ids) -> Decision:
    """Return what one look at a feed changes, the next look included."""
    match look:
        case Gone():
            ended = replace(on.feed, ended=True, problem="error.feed_gone", details={})
            return Decision(feed=ended, changes=(Swap(on.feed, ended), Swap(on.job, on.job.rearmed(None))))
        case Failed():
            return _refused(on.feed, (), on, look)
        case Unchanged():
            feed = _looked_at(on, look.permanent)
            return Decision(feed=feed, changes=_settled(on, feed, _next_look(feed, on, look.fresh_for)))
        case Brought():
            return _news(look, on, ids)


def _refused(feed: Feed, changes: Sequence[Change], on: Occasion, look: Failed) -> Decision:
    """Return what a failed look leaves of a feed, and a pause that doubles with each failure."""
    longest = on.settings.poll_longest_seconds
    own = on.settings.poll_seconds * 2.0 ** min(on.feed.failures, 30)
    pause = max(min(own, longest) * _jitter(feed.id), min(look.retry_after, longest))
    failed = _failed(replace(feed, failures=on.feed.failures), look)
    if look.quarantine:
        failed = replace(failed, quarantine=look.quarantine, quarantined=on.now)
    return Decision(feed=failed, changes=(*changes, *_settled(on, failed, on.now + timedelta(seconds=pause))))


def _news(look: Brought, on: Occasion, ids: Ids) -> Decision:
    news, known = entries.sifted(look.parsed, on.known)
    strange = on.feed.strange + 1 if on.feed.polled and _strange(news, on) else 0
    told, passed = _chosen(news, on) if strange <= STRANGE else ((), news)
    waiting = len(news) > len(told) + len(passed)
    missed = on.pushed and _missed((*told, *passed), on)
    on = dataclasses.replace(on, pushed=on.pushed and not missed)
    feed = replace(
        _looked_at(on, look.permanent),
        read=on.now,
        strange=strange,
        hurried=on.feed.hurried + 1 if waiting else 0,
        title=look.parsed.title or on.feed.title,
        site=look.parsed.link or on.feed.site,
        timetable=look.parsed.timetable,
        rhythm=_rhythm(news, on),
        hub=look.hub,
        posts=look.posts or on.feed.posts,
        topic=look.topic,
        fresh=on.now if told else on.feed.fresh,
        etag="" if waiting else look.etag,
        modified="" if waiting else look.modified,
        digest="" if waiting else look.digest,
    )
    changes: list[Change] = [Add(entries.sighting(feed, entry, on.now)) for entry in (*told, *passed, *known)]
    for entry in told:
        changes += entries.announced(feed, entry, look.parsed, on.now, ids)
    changes += [
        Put(entries.sighting(feed, entry, on.now)) for entry in look.parsed.entries if entry.id in on.known.ageing
    ]
    if strange > STRANGE:
        return _refused(feed, changes, on, Failed(problem="error.feed_strange"))
    at_once = waiting and feed.hurried <= HURRIED
    changes += _settled(on, feed, on.now if at_once else _next_look(feed, on, look.fresh_for))
    return Decision(feed=feed, changes=tuple(changes), announced=len(told), held_back=len(passed), missed=missed)


def _chosen(news: Sequence[Entry], on: Occasion) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Return what of the news (the oldest first) is announced now, and what only counts as seen; the rest waits."""
    if on.feed.hushed and on.feed.polled is None:
        return (), news
    if not _flood(news, on):
        return news[:MOST], ()
    old = max(0, len(news) - on.settings.poll_first_entries)
    return news[old:], news[:old]


def _flood(news: Sequence[Entry], on: Occasion) -> bool:
    """Tell whether much is new for no good reason: a first look, a long pause, or ids that all changed."""
    return on.feed.polled is None or on.now - on.feed.polled > PAUSE or _strange(news, on)


def _strange(news: Sequence[Entry], on: Occasion) -> bool:
    """Tell whether nothing in the document is known, and it is more than a few new stories."""
    return not on.known.seen and len(news) > on.settings.poll_first_entries


def _looked_at(on: Occasion, permanent: str) -> Feed:
    feed = replace(on.feed, polled=on.now, failures=0, problem="", details={})
    if not permanent or permanent == (feed.address or feed.id):
        return replace(feed, moving=())
    moving = (*feed.moving, permanent) if permanent in feed.moving else (permanent,)
    if len(moving) < AGREEING:
        return replace(feed, moving=moving)
    return replace(feed, address="" if permanent == feed.id else permanent, given=False, moving=())


def _failed(feed: Feed, look: Failed) -> Feed:
    """Return the feed with one more failure; a new address that keeps failing is no longer believed."""
    failures = feed.failures + 1
    address = feed.address if feed.given or failures % AGREEING else ""
    return replace(feed, failures=failures, problem=look.problem, details=look.details, address=address, moving=())


def _rhythm(news: Sequence[Entry], on: Occasion) -> Rhythm:
    """Return what is known of the feed's rhythm with this news; its first document tells of the weeks before."""
    return heard(on.feed.rhythm, filter(None, (_moment(entry, on) for entry in news)), on.now)


def _moment(entry: Entry, on: Occasion) -> datetime | None:
    """Return when an entry came: when it says so to the hour, or else now, unless it may have stood there for long."""
    said = entry.published or entry.updated
    return dates.moment(said) if "T" in said else on.now if on.feed.polled else None


def _next_look(feed: Feed, on: Occasion, fresh_for: float) -> datetime:
    """Return when to look again at a feed that is well: by its rhythm, and not before it or its server want it to.

    What those want counts up to the longest pause; else a slip of theirs (a year, say) would end the feed for us.
    """
    settings = on.settings
    longest = max(settings.poll_seconds, settings.poll_quiet_seconds)
    own = max(_pause(feed, on, longest), settings.poll_seconds)
    wanted = min(max(fresh_for, feed.timetable.ttl), longest)
    return open_from(on.now + timedelta(seconds=max(own * _jitter(feed.id), wanted)), feed.timetable)


def _pause(feed: Feed, on: Occasion, longest: float) -> float:
    """Return the seconds after which the feed itself makes another look worth while."""
    if on.pushed:
        return longest
    return pause(feed.rhythm, on.now, longest) if feed.rhythm else 0.0


def _missed(news: Sequence[Entry], on: Occasion) -> bool:
    """Tell whether there is news that a hub should have told of by now; not where it has asked for this look."""
    if on.called and on.feed.polled and on.called > on.feed.polled:
        return False
    return any(_is_overdue(entry.published or entry.updated, on.now) for entry in news)


def _is_overdue(said: str, now: datetime) -> bool:
    """Tell whether a hub has had its time; where nothing says when an entry came, it was most likely long ago."""
    moment = dates.moment(said) if "T" in said else None
    return moment is None or now - moment > _TELLING


def _settled(on: Occasion, feed: Feed, due: datetime) -> tuple[Change, ...]:
    return Swap(on.feed, feed), Swap(on.job, on.job.rearmed(due))


def _jitter(id: str) -> float:
    """Return between 0.9 and 1, always the same for a feed, so that those of one start drift apart."""
    return 1 - int.from_bytes(sha256(id.encode()).digest()[:4]) / 2**32 / 10
