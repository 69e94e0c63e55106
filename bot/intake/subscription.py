"""A subscription to a feed at its hub (WebSub): what the hub was asked, what it has promised, and how it keeps that."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, Self

from msgspec.structs import replace

from bot.core.model import Feed, Job
from bot.core.ports import Bot, Swap
from bot.core.settings import Settings
from bot.core.update import Change

LANE = "websub"
PATH = "/websub/"
"""Where hubs reach us, with the token after it."""
_LEASE = timedelta(days=10)
"""The lease that is asked for, and what holds where a hub names none."""
_LONGEST_LEASE = timedelta(days=30)
_SOONEST = timedelta(minutes=5)
"""A hub is asked no sooner again, whatever it says."""
_DAY = timedelta(days=1)
_IN_VAIN = 3
_MOST = 16
"""Subscriptions to one feed, those that are being left included."""


class Subscription(Job, frozen=True, kw_only=True):
    """What a hub is asked to send us of one feed. Its callback address and its secret are known to that hub alone."""

    indexes: ClassVar[frozenset[str]] = frozenset({"feed", "token"})

    feed: str
    hub: str
    """As the feed names it."""
    topic: str
    """The feed's address, as the feed names it to its hub."""
    callback: str
    """Our own address for hubs, without the token."""
    token: str
    secret: str
    """What the hub signs by. It is none but that hub's."""
    at: str = ""
    """Where the hub has sent us on to; empty for nowhere."""
    leaving: bool = False
    asked: datetime | None = None
    """Since when the hub's question is awaited whether it was us who asked."""
    asks: int = 0
    """Requests since the hub last came back to us."""
    until: datetime | None = None
    """When the lease ends; None where the hub has promised nothing."""
    reliable: bool = False
    """Whether its pushes have come: not before the first, and not after news that none had brought."""
    thin: bool = False
    """Whether what it sends is no feed, so that the feed itself is looked at in its place."""
    called: datetime | None = None
    """The last look that a push has asked for: when it was due."""

    def __repr__(self) -> str:
        """Show nothing by which somebody else could write to us."""
        return f"Subscription(id={self.id!r}, feed={self.feed!r}, hub={self.hub!r})"

    def stands(self, now: datetime) -> bool:
        """Whether the hub has promised to send what is new."""
        return not self.leaving and self.until is not None and now < self.until

    @property
    def form(self) -> Mapping[str, str]:
        """What the hub is asked."""
        asked = {"hub.callback": f"{self.callback}{self.token}", "hub.topic": self.topic, "hub.verify": "async"}
        if self.leaving:
            return {"hub.mode": "unsubscribe", **asked}
        lease = str(int(_LEASE.total_seconds()))
        return {"hub.mode": "subscribe", **asked, "hub.lease_seconds": lease, "hub.secret": self.secret}

    def asking(self, now: datetime) -> Self:
        """Return it as one whose hub is asked now, and asked again later, less and less often, should it be silent.

        Where it had sent us on to is asked three times; then it is begun with again, and with a secret of its own.
        """
        patience = min(_SOONEST * 2.0 ** min(self.asks, 30), _DAY)
        anew = self.at and self.asks >= _IN_VAIN
        return (self.sent_on("", stranger=True) if anew else self).rearmed(
            now + patience, asked=now, asks=self.asks + 1
        )

    def verified(self, now: datetime, lease: timedelta | None) -> Self:
        """Return it as one that the hub has promised for so long; it is renewed at 80 to 90 % of that."""
        term = min(lease or _LEASE, _LONGEST_LEASE)
        share = 0.8 + int.from_bytes(sha256(self.id.encode()).digest()[:4]) / 2**32 / 10
        due = now + max(term * share, _SOONEST)
        return self.rearmed(due, asked=None, asks=0, until=now + term, thin=False)

    def denied(self, now: datetime) -> Self:
        """Return it as one that the hub does not want, or no longer; in a day it may think otherwise."""
        return self.rearmed(now + _DAY, asked=None, asks=0, until=None, reliable=False)

    def left(self, now: datetime) -> Self:
        """Return it as one that is given up, for which the hub has to be told so."""
        return self.rearmed(now, leaving=True, asked=None, asks=0, reliable=False)

    def sent_on(self, to: str, *, stranger: bool) -> Self:
        """Return it as one that goes to another address; a stranger there is told no secret of somebody else."""
        return replace(self, at=to, secret=_secret() if stranger else self.secret)


def callback(settings: Settings) -> str:
    """Return our own address for hubs, without the token; empty where they are to have none."""
    return f"{str(settings.public_url).rstrip('/')}{PATH}" if settings.websub and settings.public_url else ""


def subscription(feed: Feed, id: str, now: datetime, settings: Settings) -> Subscription:
    """Return a new subscription to a feed, as which its hub is asked at once."""
    return Subscription(
        id=id,
        lane=LANE,
        due=now,
        feed=feed.id,
        hub=feed.hub,
        topic=feed.topic,
        callback=callback(settings),
        token=secrets.token_urlsafe(32),
        secret=_secret(),
    )


def fits(known: Subscription, feed: Feed | None, settings: Settings) -> bool:
    """Tell whether it is still to this feed, at this hub, and leads here."""
    if feed is None or feed.ended or known.leaving:
        return False
    return (known.hub, known.topic, known.callback) == (feed.hub, feed.topic, callback(settings))


async def subscriptions(bot: Bot, feed: str) -> Sequence[Subscription]:
    """Return the subscriptions to a feed, the oldest first."""
    return await bot.store.find(Subscription, {"feed": feed}, limit=_MOST)


async def given_up(bot: Bot, feed: str) -> tuple[Change, ...]:
    """Return what has a feed's hub told that it need send nothing more."""
    now = bot.clock.now()
    return tuple(Swap(each, each.left(now)) for each in await subscriptions(bot, feed) if not each.leaving)


async def standing(bot: Bot, feed: Feed) -> Subscription | None:
    """Return the subscription by which a feed's hub has promised to tell us; None without one."""
    now = bot.clock.now()
    known = await subscriptions(bot, feed.id) if feed.hub else ()
    return next((each for each in known if each.stands(now) and fits(each, feed, bot.settings)), None)


def _secret() -> str:
    return secrets.token_hex(32)
