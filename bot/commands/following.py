"""What a chat follows: topics, feeds, names and keywords, taken up, listed and dropped."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec.structs import replace

from bot.commands.meaning import (
    LONGEST_NAME,
    NAME,
    WORD,
    address_of,
    followable,
    followable_name,
    is_address,
    is_among,
    known_topic,
    meant,
    topic_title,
)
from bot.commands.quota import spend
from bot.commands.registry import Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.folding import normalised, topic_of
from bot.core.message import Action, Manner, Message, code, heading, item, link, message, paragraph
from bot.core.model import EVERYTHING, Article, Feed, Subscriber
from bot.core.ports import Add, Bot, Swap
from bot.core.update import Answer, Change, Request
from bot.intake import watch
from bot.intake.canonical import as_url
from bot.intake.discover import Choice, find_feeds
from bot.newsroom.latest import newest_articles
from bot.newsroom.named import key_of
from bot.outreach import quiet
from bot.outreach.mentions import DAYS, mentions_of

_ALL = frozenset({"all", "everything", "*", "alles"})


@command("subscribe", "sub", "add", "follow")
async def subscribe(bot: Bot, request: Request, what: Words = EVERYTHING) -> Answer:
    """Follow everything, a topic, a name, a keyword, or the feed behind an address."""
    if is_address(what):
        return await follow_feed(bot, request, what)
    chat = await bot.store.get(Subscriber, str(request.chat)) or newcomer(bot, request)
    if what.lower() in _ALL:
        after, said = replace(chat, topics=_with(chat.topics, EVERYTHING)), request.say("subscribe.everything")
        return _followed(bot, request, chat, after, said, newest=await newest_articles(bot, limit=1))
    kind, bare = meant(what)
    if not kind and (topic := await known_topic(bot, bare)):
        after = replace(chat, topics=_with(chat.topics, topic))
        said = request.say("subscribe.topic", topic=await topic_title(bot, request, topic))
        return _followed(bot, request, chat, after, said, newest=await newest_articles(bot, topic, limit=1))
    return await _follow_words(bot, request, chat, kind, bare)


async def _follow_words(bot: Bot, request: Request, chat: Subscriber, kind: str, words: str) -> Answer:
    """Follow words, as a name where they are one in the news, and say which they became and what they will match."""
    if not normalised(words):
        raise UsageError("subscribe.no_word")
    seen = await mentions_of(bot, words)
    other = None
    if kind == NAME or (not kind and seen.is_name):
        name, found = followable_name(seen.written), seen.named
        after = chat if is_among(chat.names, name) else replace(chat, names=(*chat.names, name))
        said = request.say("subscribe.name", name=name)
        if len(seen.plain) > len(found):
            other = Action(request.say("subscribe.as_word"), f"/subscribe {WORD}:{normalised(words)}")
    else:
        keyword, found = followable(words), seen.plain
        after = replace(chat, keywords=_with(chat.keywords, keyword))
        said = request.say("subscribe.keyword", keyword=keyword)
        if seen.certain:
            other = Action(request.say("subscribe.as_name"), f"/subscribe {NAME}:{seen.written}")
    count = request.say("subscribe.mentions" if found else "subscribe.no_mention", count=len(found), days=DAYS)
    answer = _followed(bot, request, chat, after, f"{said} {count}", newest=found[:1])
    if kind or not other:
        return answer
    return replace(answer, message=replace(answer.message, actions=(*answer.message.actions, other)))


@command("feed add")
async def feed_add(bot: Bot, request: Request, url: str) -> Answer:
    """Follow a feed, given its address or its site's."""
    return await follow_feed(bot, request, url)


async def follow_feed(bot: Bot, request: Request, address: str) -> Answer:
    """Find the feed behind an address, and follow it in this chat."""
    url = as_url(address)
    known = await bot.store.get(Feed, url)
    title = known.title if known else ""
    revived: tuple[Change, ...] = ()
    if known is None or known.ended:
        spend(bot, request, "fetches")
        found = await find_feeds(bot, url)
        if isinstance(found, Choice):
            return Answer(choice_of(request, found, "/feed add"))
        url, title = found[0], found[1].title
        if known and known.id == url:
            revived = (Swap(known, replace(known, ended=False, failures=0, problem="")),)
    chat = await bot.store.get(Subscriber, str(request.chat)) or newcomer(bot, request)
    after = replace(chat, feeds=_with(chat.feeds, url))
    answer = _followed(bot, request, chat, after, request.say("subscribe.feed", feed=title or url))
    # also a known feed is watched: whoever followed it alone may be leaving it this moment
    watching = watch.watched(bot, url, title=title, again=bool(revived))
    return replace(answer, changes=(*revived, *watching, *answer.changes))


def choice_of(request: Request, choice: Choice, line: str) -> Message:
    """Name the feeds that a page offers, each with a button that gives its address to a command."""
    names = [((offer.title or urlsplit(offer.url).path)[:LONGEST_NAME], offer.url) for offer in choice.offers]
    rows = [item(name, " ", code(url)) for name, url in names]
    actions = tuple(Action(request.say("subscribe.choose", feed=name), f"{line} {url}") for name, url in names)
    return message(request.say("subscribe.which"), *rows, actions=actions, private=True)


@command("unsubscribe", "unsub", "remove", "unfollow")
async def unsubscribe(bot: Bot, request: Request, what: Words = "") -> Answer:
    """Stop following something, or everything."""
    chat = await _follower(bot, request)
    if not what and chat.follows > 1:
        return Answer(
            message(request.say("unsubscribe.which"), actions=await _drop_actions(bot, request, chat), private=True)
        )
    if not what or what.lower() in _ALL - {EVERYTHING}:
        after = replace(chat, topics=(), feeds=(), keywords=(), names=())
        return await _dropped(bot, request, chat, after, request.say("unsubscribe.everything"))
    kind, bare = meant(what)
    topics = () if kind else {what, topic_of(what), await known_topic(bot, what)}
    after = replace(
        chat,
        topics=tuple(topic for topic in chat.topics if topic not in topics),
        feeds=tuple(feed for feed in chat.feeds if feed not in {what, address_of(what)}),
        keywords=tuple(keyword for keyword in chat.keywords if kind == NAME or keyword != normalised(bare)),
        names=tuple(name for name in chat.names if kind == WORD or key_of(name).lower() != key_of(bare).lower()),
    )
    if after == chat:
        raise NotFound("unsubscribe.unknown", what=what[:LONGEST_NAME])
    said = request.say("unsubscribe.done", what=_shown(request, await topic_title(bot, request, bare)))
    left = "" if after.follows else f" {request.say('unsubscribe.everything')}"
    return await _dropped(bot, request, chat, after, f"{said}{left}")


@command("feed remove")
async def feed_remove(bot: Bot, request: Request, url: str) -> Answer:
    """Stop following a feed."""
    chat = await _follower(bot, request)
    address = as_url(url)
    if address not in chat.feeds:
        raise NotFound("unsubscribe.unknown", what=address)
    after = replace(chat, feeds=tuple(feed for feed in chat.feeds if feed != address))
    return await _dropped(bot, request, chat, after, request.say("unsubscribe.done", what=address))


@command("list", "subscriptions")
async def list_(bot: Bot, request: Request) -> Answer:
    """Show what this chat follows."""
    chat = await _follower(bot, request)
    rows = [item(request.say("list.everything"))] if EVERYTHING in chat.topics else []
    titles = [await topic_title(bot, request, topic) for topic in chat.topics if topic != EVERYTHING]
    rows += [item(request.say("list.topic", topic=title)) for title in titles]
    rows += [item(request.say("list.feed", feed=feed)) for feed in chat.feeds]
    rows += [item(request.say("list.name", name=name)) for name in chat.names]
    rows += [item(request.say("list.keyword", keyword=keyword)) for keyword in chat.keywords]
    actions = await _drop_actions(bot, request, chat)
    return Answer(message(heading(request.say("list.title")), *rows, actions=actions, private=True))


async def _follower(bot: Bot, request: Request) -> Subscriber:
    chat = await bot.store.get(Subscriber, str(request.chat))
    if chat is None or not chat.follows:
        raise NotFound("list.nothing")
    return chat


def newcomer(bot: Bot, request: Request) -> Subscriber:
    """Return the chat of a request as one of which nothing is known."""
    return Subscriber(id=str(request.chat), chat=request.chat, since=bot.clock.now(), locale=request.say.locale)


def _with(followed: tuple[str, ...], name: str) -> tuple[str, ...]:
    return followed if name in followed else (*followed, name)


def _followed(
    bot: Bot, request: Request, before: Subscriber, after: Subscriber, said: str, *, newest: Sequence[Article] = ()
) -> Answer:
    """Answer a subscription, new, known already, or one too many, with a taste of what will come.

    The chat as it was is added first, which does nothing where it is kept: of two first subscriptions at once, the
    second then loses its swap instead of being left aside.
    """
    if after.follows > bot.settings.subscriptions_per_chat:
        raise UsageError("subscribe.too_many", count=bot.settings.subscriptions_per_chat)
    words = request.say("subscribe.known", said=said) if before.follows == after.follows else said
    since = before.since if before.follows else bot.clock.now()
    actions = (Action(request.say("subscribe.latest"), "/latest"), Action(request.say("subscribe.list"), "/list"))
    taste = [paragraph(request.say("subscribe.newest"), " ", link(each.page.title, each.url)) for each in newest]
    changes = (Add(before), Swap(before, replace(after, gone="", since=since)))
    return Answer(message(words, *taste, actions=actions), changes)


async def _dropped(bot: Bot, request: Request, before: Subscriber, after: Subscriber, said: str) -> Answer:
    """Answer the end of a subscription; what waits for the chat's morning goes with it, and feeds of nobody else do."""
    left = set(before.feeds) - set(after.feeds)
    unwatched = [change for url in left for change in await watch.unwatched(bot, url, but=request.chat)]
    shown = message(said, actions=await _drop_actions(bot, request, after))
    waiting = await quiet.dropped(bot, before, after)
    return Answer(shown, (Swap(before, after), *waiting, *unwatched), replaces=True)


async def _drop_actions(bot: Bot, request: Request, chat: Subscriber) -> tuple[Action, ...]:
    titles = {topic: await topic_title(bot, request, topic) for topic in chat.topics}
    names = ((name, _shown(request, titles.get(name, name))) for name in _names(chat))
    return tuple(
        Action(request.say("unsubscribe.button", what=shown), f"/unsubscribe {name}", Manner.DANGER)
        for name, shown in names
    )


def _shown(request: Request, name: str) -> str:
    return request.say("list.everything") if name == EVERYTHING else name


def _names(chat: Subscriber) -> tuple[str, ...]:
    return (*chat.topics, *chat.feeds, *chat.names, *chat.keywords)
