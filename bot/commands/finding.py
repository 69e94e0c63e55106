"""What readers look for among what has come in: the latest, a story and how it went on, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from operator import itemgetter

from msgspec.structs import replace

from bot.commands.meaning import known_topic
from bot.commands.registry import Words, command
from bot.core.errors import NotFound
from bot.core.folding import topic_of
from bot.core.i18n import Translator
from bot.core.message import Action, Block, Span, heading, item, link, message, strong
from bot.core.model import Alert, Article, Feed, Role, Story, Subscriber
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.newsroom.kept import articles_of, story_of
from bot.newsroom.latest import newest_articles, ranked
from bot.outreach.compose import moment
from bot.outreach.quiet import zone_of
from bot.outreach.telling import NEWSROOM

_LATEST = 8
"""Stories shown by /latest."""
_LOOKED_AT = 200
"""The newest articles, whose stories /latest ranks."""
_WHICH = 5
"""Stories that /story offers where its words fit several."""
_APART = 6
"""Articles that an editor can take out by a button, the newest."""
_LINES = 30
"""The last lines of a story's time line that are shown."""
_NAMES, _FOLLOWED = 6, 3
"""People and places that a story names most, and those of them that have a button."""
_FOUND = 10
"""Articles shown by /search."""
_SEARCHED = 200
"""Articles or stories looked at, as some are other chats' business."""

Event = tuple[datetime, tuple[str | Span, ...]]
"""What happened when, in the words of a row."""


@command("latest", "news")
async def latest(bot: Bot, request: Request, topic: Words = "") -> Answer:
    """Show the stories that matter most now, of a topic where one is named."""
    by_story: dict[str, list[Article]] = {}
    for article in await newest_articles(bot, await known_topic(bot, topic) or topic_of(topic), limit=_LOOKED_AT):
        by_story.setdefault(article.story or article.id, []).append(article)
    if not by_story:
        raise NotFound("latest.none_of_topic" if topic else "latest.none", topic=topic)
    alerts = {id: await _alert_of(bot, await bot.store.get(Story, id)) for id in by_story}
    shown = [by_story[id] for id in ranked(by_story, alerts, bot.clock.now())[:_LATEST]]
    rows = [_latest_row(request, articles) for articles in shown]
    actions = [_summary_of(articles[0]) for articles in shown[:3] if articles[0].url]
    return Answer(message(heading(request.say("latest.title")), *rows, request.say("latest.more"), actions=actions))


@command("story")
async def story(bot: Bot, request: Request, words: Words) -> Answer:
    """Show a story and how it went on, found by words from its headline."""
    known = await story_of(bot, words.strip())
    candidates = [known] if known else await bot.store.search(Story, words, limit=_SEARCHED)
    seen = [(each, articles) for each in candidates if (articles := await of_story(bot, request, each))]
    found = seen[:_WHICH]
    if not found:
        raise NotFound("story.none", words=words[:80])
    if len(found) > 1:
        actions = [Action(short_title(articles[0].page.title), f"/story {each.id}") for each, articles in found]
        return Answer(message(request.say("story.which"), actions=actions))
    which, articles = found[0]
    zone = zone_of(await bot.store.get(Subscriber, str(request.chat)), bot.settings.zone)
    names = tuple(dict.fromkeys(each.source for each in articles))
    sources = request.say("story.sources", count=len(names), sources=", ".join(names))
    events = await _time_line(bot, request.say, which, articles)
    rows = [item(f"{moment(at, zone)} · ", *parts) for at, parts in events]
    about = [name for name, _ in Counter(name for each in articles for name in each.names).most_common(_NAMES)]
    named = [request.say("story.names", names=", ".join(about))] if about else []
    follow = [Action(request.say("topics.follow", topic=name), f"/subscribe name:{name}") for name in about[:_FOLLOWED]]
    shown = message(heading(articles[0].page.title), sources, *named, *rows[-_LINES:])
    return Answer(replace(shown, actions=(*follow, *_regroupings(request, which, articles))))


@command("search", "find")
async def search(bot: Bot, request: Request, words: Words) -> Answer:
    """Find articles by words in their titles and texts, the best first."""
    found = await of_this_chat(bot, request, await bot.store.search(Article, words, limit=_SEARCHED))
    seen = tuple({each.url or each.id: each for each in reversed(found)}.values())[::-1]  # several feeds may bring it
    if not seen:
        raise NotFound("search.none", words=words[:80])
    zone = zone_of(await bot.store.get(Subscriber, str(request.chat)), bot.settings.zone)
    rows = [item(f"{moment(each.received, zone)} · ", _linked(each), f" — {each.source}") for each in seen[:_FOUND]]
    more = [request.say("search.more", count=len(seen) - _FOUND)] if len(seen) > _FOUND else []
    actions = [_summary_of(each) for each in seen[:3] if each.url]
    return Answer(message(heading(request.say("search.title", words=words[:80])), *rows, *more, actions=actions))


def _regroupings(request: Request, story: Story, articles: Sequence[Article]) -> Sequence[Action]:
    """Return what an editor may do about what is in a story; in a group nobody is shown that."""
    if request.role < Role.EDITOR or not request.update.private:
        return ()
    apart = [
        Action(request.say("story.not_this", title=short_title(each.page.title)), f"/split {each.id}")
        for each in articles[-_APART:]
    ]
    return *(apart if len(articles) > 1 else ()), Action(request.say("story.merge"), f"/merge {story.id}")


async def _alert_of(bot: Bot, story: Story | None) -> Alert | None:
    """Return the alert that tells a story, where one was released."""
    alert = await bot.store.get(Alert, story.alert) if story and story.alert else None
    return alert if alert and alert.released else None


def _latest_row(request: Request, articles: Sequence[Article]) -> Block:
    names = list(dict.fromkeys(article.source for article in reversed(articles)))
    others = f" {request.say('latest.others', count=len(names) - 1)}" if len(names) > 1 else ""
    return item(_linked(articles[0]), f" — {names[0]}{others}")


async def of_story(bot: Bot, request: Request, story: Story) -> Sequence[Article]:
    """Return a story's articles that are this chat's business, in the order of arrival."""
    return await of_this_chat(bot, request, await articles_of(bot, story))


async def of_this_chat(bot: Bot, request: Request, articles: Sequence[Article]) -> Sequence[Article]:
    """Return the articles from the newsroom's feeds and this chat's; what others had fetched is theirs."""
    chat = await bot.store.get(Subscriber, str(request.chat))
    known = [await bot.store.get(Feed, id) for id in {article.feed for article in articles if article.feed}]
    ours = {feed.id for feed in known if feed and feed.own} | set(chat.feeds if chat else ())
    return [article for article in articles if article.feed in ours]


async def _time_line(bot: Bot, say: Translator, story: Story, articles: Sequence[Article]) -> Sequence[Event]:
    """Return what happened when: who told the story, what the newsroom sent, and what of that was put right.

    An alert that only says what an article's title says already is no line of its own.
    """
    titles = {each.page.title for each in articles}
    lines: list[Event] = [(each.received, (_linked(each), f" — {each.source}")) for each in articles]
    if alert := await _alert_of(bot, story):
        others = [other for id in alert.merged if (other := await bot.store.get(Alert, id))]
        for first in (alert, *others):
            for sent in (first, *await bot.store.find(Alert, {"follows": first.id})):
                lines += _sent(sent, say, titles)
    return sorted(lines, key=itemgetter(0))


def _sent(alert: Alert, say: Translator, titles: Container[str]) -> Iterator[Event]:
    """Yield when an alert went out, unless its headline is one of the titles, and when something was put right."""
    first = alert.revisions[0]
    if alert.released and alert.follows and alert.author == NEWSROOM:
        yield alert.released, (say("story.developed"), " ", strong(*first.text or (first.headline,)))
    elif alert.released and first.headline not in titles:
        yield alert.released, (say("story.sent"), " ", strong(first.headline))
    for revision in alert.revisions:
        if revision.corrected and revision.note:
            yield revision.corrected, (say("story.put_right"), " ", revision.note)


def _linked(article: Article) -> Span:
    return link(article.page.title, article.url)


def _summary_of(article: Article) -> Action:
    return Action(short_title(article.page.title), f"/summary {article.url}")


def short_title(title: str) -> str:
    """Return a title as it fits on a button."""
    return title if len(title) <= 40 else title[:39].rstrip() + "…"
