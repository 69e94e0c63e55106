"""The feeds at the desk: in short on its board, and on a page of their own, where one is found and looked at now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.site import Site, Visitor, status_of
from bot.core.ago import ago
from bot.core.errors import BotError, NotFound
from bot.core.foreign import harmless, web_address
from bot.core.i18n import Translator
from bot.core.model import Feed, Poll
from bot.intake.condition import condition
from bot.intake.poll import looked_at_again
from bot.intake.rhythm import a_day
from bot.intake.websub import is_pushed
from bot.outreach.report_message import number

_IN_SHORT = 20
_ON_A_PAGE = 100
_MOST = 10_000
"""Feeds that are searched through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """A feed as a row."""

    id: str
    title: str
    address: str
    own: bool
    ill: bool
    condition: str
    polled: str
    next: str
    """When it is looked at next; empty for never."""
    fresh: str
    a_day: int
    """News that it brings a day, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which feeds the page is to show."""

    words: str = ""
    """What stands in their title or address."""
    ill: bool = False
    """Whether only those with a problem."""
    after: str = ""
    """The id after which they begin."""


async def feeds_in_short(site: Site, say: Translator) -> Mapping[str, object]:
    """Return some feeds, those with a problem first, and how many there are."""
    ill = await site.store.find(Feed, {"ill": True}, limit=_IN_SHORT)
    fine = await site.store.find(Feed, {"ill": False}, limit=_IN_SHORT - len(ill))
    rows = [await _row(site, feed, say) for feed in (*ill, *fine)]
    rows.sort(key=lambda row: (not row.ill, row.title.casefold()))
    return {"feeds": rows, "counts": await _counts(site, say)}


async def _counts(site: Site, say: Translator) -> str:
    """Say how many feeds there are, and how many have a problem."""
    counts = await site.store.count(Feed, by="ill")
    every, ill = sum(counts.values()), counts.get("True", 0)
    said = say("desk.feeds_count", count=every, figure=number(every, say))
    return f"{said}, {say('desk.feeds_ill', figure=number(ill, say))}" if ill else said


class FeedPages:
    """`/desk/feeds/all`, which shows every feed and how it is, and has one looked at that an editor chooses."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/desk/feeds/all", self.page),
            web.post("/desk/feeds/all", self.look),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show the feeds."""
        visitor, _ = await self._site.editor(request)
        return await self._shown(request, visitor)

    async def look(self, request: web.Request) -> web.Response:
        """Have a feed looked at now."""
        visitor, _ = await self._site.editor(request)
        try:
            fields = await self._site.guard.form(request)
            feed = await self._site.store.get(Feed, fields.get("feed", ""))
            if feed is None:
                raise NotFound("feeds.unknown", what=fields.get("feed", ""))
            await self._site.store.commit(*await looked_at_again(self._site.bot, feed))
        except BotError as error:
            return await self._shown(request, visitor, problem=error)
        looking = visitor.say("desk.feed_looking", feed=harmless(feed.title or feed.id))
        return await self._shown(request, visitor, looking=looking)

    async def _shown(
        self, request: web.Request, visitor: Visitor, *, looking: str = "", problem: BotError | None = None
    ) -> web.Response:
        asked = request.query
        wanted = Wanted(words=asked.get("q", "").strip(), ill="ill" in asked, after=asked.get("after", ""))
        feeds = await self._found(wanted)
        return self._site.page(
            request,
            visitor,
            "all_feeds.html",
            status=status_of(problem) if problem else 200,
            problem=visitor.say(problem.message_key, **problem.arguments) if problem else "",
            looking=looking,
            wanted=wanted,
            rows=[await _row(self._site, feed, visitor.say) for feed in feeds[:_ON_A_PAGE]],
            further=feeds[_ON_A_PAGE - 1].id if len(feeds) > _ON_A_PAGE else "",
            counts=await _counts(self._site, visitor.say),
        )

    async def _found(self, wanted: Wanted) -> Sequence[Feed]:
        """Return the feeds of a page, and one more where there are further ones."""
        where = {"ill": True} if wanted.ill else None
        if not wanted.words:
            return await self._site.store.find(Feed, where, after=wanted.after, limit=_ON_A_PAGE + 1)
        words = wanted.words.casefold()
        found = await self._site.store.find(Feed, where, after=wanted.after, limit=_MOST)
        return [feed for feed in found if words in feed.title.casefold() or words in feed.id.casefold()]


async def _row(site: Site, feed: Feed, say: Translator) -> FeedRow:
    now = site.clock.now()
    pushed, job = await asyncio.gather(is_pushed(site.bot, feed), site.store.get(Poll, feed.id))
    key, details = condition(feed, pushed=pushed)
    return FeedRow(
        id=feed.id,
        title=harmless(feed.title or feed.id),
        address=web_address(feed.id),
        own=feed.own,
        ill=feed.ill,
        condition=say(key, **details),
        polled=ago(feed.polled, now, say),
        next=ago(max(job.due, now), now, say) if job and job.due else "",
        fresh=ago(feed.fresh, now, say),
        a_day=round(a_day(feed.rhythm, now)) if feed.rhythm else 0,
    )
