"""The feeds behind the news: how each of them is, and a look at one before its time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bot.commands.following import choice_of
from bot.commands.meaning import is_address
from bot.commands.quota import spend
from bot.commands.registry import Words, command
from bot.core.ago import ago
from bot.core.errors import Conflict, NotFound, UsageError
from bot.core.message import Action, Block, Manner, code, heading, item, message, paragraph
from bot.core.model import Feed, Poll, Role, Subscriber
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.intake.condition import condition
from bot.intake.discover import Choice, find_feeds
from bot.intake.rhythm import a_day
from bot.intake.watch import known_at, looked_at_again, moved
from bot.intake.websub import is_pushed
from bot.outreach.feeds import let_go, owned

_LISTED = 40
"""Rows of the list, those with a problem first."""
_CHOICES = 8
"""Feeds named where a part of a title means several."""
_MOST = 10_000


@command("feed list")
async def feed_list(bot: Bot, request: Request) -> Answer:
    """Show the newsroom's feeds and this chat's, and how they are."""
    feeds = await _known_here(bot, request)
    if not feeds:
        raise NotFound("feeds.none")
    shown = sorted(feeds, key=lambda feed: not feed.ill)[:_LISTED]
    rows = [item(feed.title or feed.id, " — ", await _said(bot, request, feed), " ", code(feed.id)) for feed in shown]
    more = [paragraph(request.say("feeds.more", count=len(feeds) - len(shown)))] if len(feeds) > len(shown) else []
    return Answer(message(heading(request.say("feeds.title")), *rows, *more, private=True))


@command("feed status")
async def feed_status(bot: Bot, request: Request, what: Words) -> Answer:
    """Tell how one feed is, when it was and will be looked at, and how much it brings."""
    feed = await _meant(bot, request, what)
    rows = [block async for block in _told(bot, request, feed)]
    look = Action(request.say("feeds.look"), f"/feed look {feed.id}", Manner.GO)
    return Answer(message(*rows, actions=(look,) if request.role >= Role.EDITOR else (), private=True))


@command("feed look", role=Role.EDITOR)
async def feed_look(bot: Bot, request: Request, what: Words) -> Answer:
    """Look at a feed now, before it is due."""
    feed = await _meant(bot, request, what)
    spend(bot, request, "fetches")
    said = request.say("feeds.looking", feed=feed.title or feed.id)
    result = Action(request.say("feeds.look_result"), f"/feed status {feed.id}")
    return Answer(message(said, actions=(result,), private=True), await looked_at_again(bot, feed))


@command("feed own", role=Role.OPERATOR)
async def feed_own(bot: Bot, request: Request, url: str) -> Answer:
    """Make a feed, given its address or its site's, the newsroom's own: its news goes to all who follow that."""
    spend(bot, request, "fetches")
    found = await owned(bot, url)
    if isinstance(found, Choice):
        return Answer(choice_of(request, found, "/feed own"))
    feed, changes = found
    return Answer(message(request.say("feeds.owned", feed=feed.title or feed.id)), changes)


@command("feed disown", role=Role.OPERATOR)
async def feed_disown(bot: Bot, request: Request, what: Words) -> Answer:
    """Let go of one of the newsroom's own feeds; chats that follow it by itself keep it."""
    feed = await _meant(bot, request, what)
    said = request.say("feeds.disowned", feed=feed.title or feed.id)
    return Answer(message(said), await let_go(bot, feed))


@command("feed move", role=Role.OPERATOR)
async def feed_move(bot: Bot, request: Request, what: str, url: str) -> Answer:
    """Look at a feed at another address: its followers stay, and nothing is told again."""
    feed = await _meant(bot, request, what)
    spend(bot, request, "fetches")
    found = await find_feeds(bot, url)
    if isinstance(found, Choice):
        return Answer(choice_of(request, found, f"/feed move {feed.id}"))
    to, parsed = found
    if (other := await known_at(bot, to)) and other.id != feed.id:
        raise Conflict("feeds.there_already", feed=other.title or other.id, url=to)
    said = request.say("feeds.moved_to", feed=feed.title or parsed.title or feed.id, url=to)
    return Answer(message(said), await moved(bot, feed, to))


async def _known_here(bot: Bot, request: Request) -> Sequence[Feed]:
    """Return the feeds that are everybody's to know of in this chat: the newsroom's own, and those it follows."""
    own = await bot.store.find(Feed, {"own": True}, limit=_MOST)
    chat = await bot.store.get(Subscriber, str(request.chat))
    theirs = [await bot.store.get(Feed, url) for url in (chat.feeds if chat else ())]
    return list({feed.id: feed for feed in (*own, *theirs) if feed}.values())


async def _meant(bot: Bot, request: Request, what: str) -> Feed:
    """Return the feed of an address or a part of its title; editors may ask for any, others for those of their chat.

    Raises NotFound, and UsageError where several are meant.
    """
    known = await bot.store.find(Feed, limit=_MOST) if request.role >= Role.EDITOR else await _known_here(bot, request)
    if is_address(what):
        url = as_url(what)
        found = [feed for feed in known if url in {feed.id, feed.address}]
    else:
        words = what.casefold()
        found = [feed for feed in known if words in feed.title.casefold()]
        found = [feed for feed in found if words == feed.title.casefold()] or found
    if not found:
        raise NotFound("feeds.unknown", what=what)
    if len(found) > 1:
        names = ", ".join(f"{feed.title} ({feed.id})" for feed in found[:_CHOICES])
        raise UsageError("feeds.which", count=len(found), names=names)
    return found[0]


async def _said(bot: Bot, request: Request, feed: Feed) -> str:
    key, details = condition(feed, pushed=await is_pushed(bot, feed))
    return request.say(key, **details)


async def _told(bot: Bot, request: Request, feed: Feed) -> AsyncIterator[Block]:
    say, now = request.say, bot.clock.now()
    yield heading(feed.title or feed.id)
    yield paragraph(code(feed.id))
    yield paragraph(await _said(bot, request, feed))
    if feed.failures > 1:
        yield paragraph(say("feeds.failures", count=feed.failures))
    if feed.address:
        yield paragraph(say("feeds.moved"), " ", code(feed.address))
    yield paragraph(say("feeds.polled", ago=ago(feed.polled, now, say)))
    job = await bot.store.get(Poll, feed.id)
    if job and job.due:
        yield paragraph(say("feeds.next", soon=ago(max(job.due, now), now, say)))
    yield paragraph(say("feeds.fresh", ago=ago(feed.fresh, now, say)))
    if feed.rhythm:
        yield paragraph(say("feeds.a_day", count=round(a_day(feed.rhythm, now))))
    if feed.own:
        yield paragraph(say("feeds.own"))
