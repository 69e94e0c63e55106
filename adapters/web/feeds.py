"""The feeds at the desk: in short on its board, and on a page of their own, where one is found and looked at now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.site import Site, Visitor, status_of
from bot.core.ago import ago
from bot.core.errors import BotError, Conflict, NotAllowed, NotFound, UsageError
from bot.core.foreign import harmless, web_address
from bot.core.i18n import Translator
from bot.core.model import Feed, Poll, Role
from bot.core.update import Change
from bot.intake.condition import condition
from bot.intake.discover import Choice
from bot.intake.rhythm import a_day
from bot.intake.watch import looked_at_again
from bot.intake.websub import is_pushed
from bot.outreach.feeds import let_go, owned
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of an editor's wish."""

    words: str
    offers: Sequence[tuple[str, str]] = ()
    """Titles and addresses of the feeds of a page, to choose from."""


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
    """`/desk/feeds/all`, which shows every feed and how it is, and where editors have one looked at.

    Operators say there which are the newsroom's own.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._acts = {"look": self._look, "own": self._own, "disown": self._disown}
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/desk/feeds/all", self.page),
            web.post("/desk/feeds/all", self.act),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show the feeds."""
        visitor, _ = await self._site.editor(request)
        return await self._shown(request, visitor)

    async def act(self, request: web.Request) -> web.Response:
        """Have a feed looked at now, or make it the newsroom's own, or let go of it; and say what came of it."""
        visitor, _ = await self._site.editor(request)
        try:
            fields = await self._site.guard.form(request)
            act = self._acts.get(fields.get("act", ""))
            if act is None:
                raise UsageError("web.no_form")
            answer = await act(visitor, fields.get("feed", "").strip())
        except BotError as error:
            return await self._shown(request, visitor, problem=error)
        return await self._shown(request, visitor, answer=answer)

    async def _look(self, visitor: Visitor, id: str) -> _Answer:
        feed = await self._known(id)
        await self._made(await looked_at_again(self._site.bot, feed))
        return _Answer(visitor.say("desk.feed_looking", feed=harmless(feed.title or feed.id)))

    async def _own(self, visitor: Visitor, address: str) -> _Answer:
        _check_operator(visitor)
        found = await owned(self._site.bot, address)
        if isinstance(found, Choice):
            offers = [(harmless(offer.title or offer.url), offer.url) for offer in found.offers]
            return _Answer(visitor.say("subscribe.which"), offers)
        feed, changes = found
        await self._made(changes)
        return _Answer(visitor.say("feeds.owned", feed=harmless(feed.title or feed.id)))

    async def _disown(self, visitor: Visitor, id: str) -> _Answer:
        _check_operator(visitor)
        feed = await self._known(id)
        await self._made(await let_go(self._site.bot, feed))
        return _Answer(visitor.say("feeds.disowned", feed=harmless(feed.title or feed.id)))

    async def _made(self, changes: Sequence[Change]) -> None:
        if await self._site.store.commit(*changes):
            raise Conflict

    async def _known(self, id: str) -> Feed:
        feed = await self._site.store.get(Feed, id)
        if feed is None:
            raise NotFound("feeds.unknown", what=id)
        return feed

    async def _shown(
        self, request: web.Request, visitor: Visitor, *, answer: _Answer | None = None, problem: BotError | None = None
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
            answer=answer,
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


def _check_operator(visitor: Visitor) -> None:
    if visitor.role < Role.OPERATOR:
        raise NotAllowed("desk.operators_own")


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
