"""What a reader asks for: a summary, the latest, a story."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from bot.commands.following import topic_of
from bot.commands.quota import spend
from bot.commands.registry import Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.message import Action, Block, Message, heading, item, link, message, paragraph, quotation
from bot.core.model import Article, Feed, Story, Subscriber
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.intake.pages import read
from bot.newsroom.latest import newest_articles
from bot.newsroom.summarise import Summary
from bot.newsroom.written import METHOD, summary_of

_ADDRESS = regex.compile(r"https?://[^\s<>\"']+")
_LATEST = 8
"""Stories shown by /latest."""
_FOUND = 5
"""Stories shown by /story."""
_SEARCHED = 50
"""Stories looked at by /story, as some are other chats' business."""


@command("summary", "summarize", "summarise", "smr", "tldr")
async def summary(bot: Bot, request: Request, source: Words = "") -> Answer:
    """Summarise the article behind a link, given or replied to."""
    address = source or next(iter(_ADDRESS.findall(request.update.quoted)), "")
    if not address:
        raise UsageError("summary.no_link")
    found = _ADDRESS.search(address)
    url = as_url(found.group() if found else address)
    spend(bot, request, "fetches")
    article = await read(bot, url)
    return Answer(summary_message(request, article, await summary_of(bot, article.page)))


def summary_message(request: Request, article: Article, made: Summary) -> Message:
    """Return a summary as a reader sees it: whose sentences they are, and from where."""
    by = " · ".join(part for part in (article.page.byline, article.page.published[:10]) if part)
    blocks: list[Block] = [heading(made.headline)]
    blocks += [paragraph(by)] if by else []
    blocks += [item(sentence.text) for sentence in made.sentences]
    if made.quote:
        blocks.append(quotation(made.quote.text, made.quote.speaker))
    blocks.append(paragraph(link(article.source, article.url)))
    blocks.append(paragraph(request.say("summary.method_model" if made.method == METHOD else "summary.method")))
    return message(*blocks)


@command("latest", "news")
async def latest(bot: Bot, request: Request, topic: Words = "") -> Answer:
    """Show the latest stories, of a topic where one is named."""
    articles = await newest_articles(bot, topic_of(topic), limit=4 * _LATEST)
    newest: dict[str, Article] = {}
    for article in articles:
        newest.setdefault(article.story or article.id, article)
    if not newest:
        raise NotFound("latest.none_of_topic" if topic else "latest.none", topic=topic)
    shown = list(newest.values())[:_LATEST]
    rows = [item(link(article.page.title, article.url), f" — {article.source}") for article in shown]
    actions = [Action(_short(article.page.title), f"/summary {article.url}") for article in shown[:3] if article.url]
    return Answer(message(heading(request.say("latest.title")), *rows, request.say("latest.more"), actions=actions))


@command("story")
async def story(bot: Bot, request: Request, words: Words) -> Answer:
    """Show a story and how it went on, found by words from its headline."""
    known = await bot.store.get(Story, words.strip())
    candidates = [known] if known else await bot.store.search(Story, words, limit=_SEARCHED)
    seen = [(each.id, articles) for each in candidates if (articles := await _shown_here(bot, request, each))]
    found = seen[:_FOUND]
    if not found:
        raise NotFound("story.none", words=words[:80])
    if len(found) > 1:
        actions = [Action(_short(articles[0].page.title), f"/story {id}") for id, articles in found]
        return Answer(message(request.say("story.which"), actions=actions))
    return Answer(_story_message(request, found[0][1]))


async def _shown_here(bot: Bot, request: Request, story: Story) -> Sequence[Article]:
    """Return a story's articles from the newsroom's feeds and this chat's; what others had fetched is theirs."""
    chat = await bot.store.get(Subscriber, str(request.chat))
    followed = chat.feeds if chat else ()
    shown = []
    for article in [await bot.store.get(Article, id) for id in story.articles]:
        feed = await bot.store.get(Feed, article.feed) if article else None
        if article and (article.feed in followed or (feed and feed.own)):
            shown.append(article)
    return shown


def _story_message(request: Request, articles: Sequence[Article]) -> Message:
    rows = [
        item(f"{each.received:%d.%m. %H:%M} UTC · ", link(each.page.title, each.url), f" — {each.source}")
        for each in articles
    ]
    names = tuple(dict.fromkeys(each.source for each in articles))
    sources = request.say("story.sources", count=len(names), sources=", ".join(names))
    return message(heading(articles[0].page.title), sources, *rows)


def _short(title: str) -> str:
    return title if len(title) <= 40 else title[:39].rstrip() + "…"
