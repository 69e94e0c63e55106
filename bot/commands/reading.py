"""What a reader asks for: a summary, the latest, a story."""

from __future__ import annotations

import regex

from bot.commands.quota import spend
from bot.commands.registry import Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.message import Action, Block, Message, heading, item, link, message, paragraph, quotation
from bot.core.model import Article, Story
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.intake.pages import read
from bot.newsroom.latest import newest_articles
from bot.newsroom.summarise import Summary, summarise

_ADDRESS = regex.compile(r"https?://[^\s<>\"']+")
_LATEST = 8
"""Stories shown by /latest."""
_FOUND = 5
"""Stories shown by /story."""


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
    return Answer(summary_message(request, article, summarise(article.page)))


def summary_message(request: Request, article: Article, made: Summary) -> Message:
    """Return a summary as a reader sees it: whose sentences they are, and from where."""
    by = " · ".join(part for part in (article.page.byline, article.page.published[:10]) if part)
    blocks: list[Block] = [heading(made.headline)]
    blocks += [paragraph(by)] if by else []
    blocks += [item(sentence.text) for sentence in made.sentences]
    if made.quote:
        blocks.append(quotation(made.quote.text, made.quote.speaker))
    blocks.append(paragraph(link(article.source, article.url)))
    blocks.append(paragraph(request.say("summary.method")))
    return message(*blocks)


@command("latest", "news")
async def latest(bot: Bot, request: Request, topic: Words = "") -> Answer:
    """Show the latest stories, of a topic where one is named."""
    slug = topic.lower().strip().replace(" ", "-")
    articles = await newest_articles(bot, slug, limit=4 * _LATEST)
    newest: dict[str, Article] = {}
    for article in articles:
        newest.setdefault(article.story or article.id, article)
    if not newest:
        raise NotFound("latest.none_of_topic" if topic else "latest.none", topic=topic)
    shown = list(newest.values())[:_LATEST]
    rows = [item(link(article.page.title, article.url), f" — {article.source}") for article in shown]
    actions = [Action(_short(article.page.title), f"/summary {article.url}") for article in shown[:3]]
    return Answer(message(heading(request.say("latest.title")), *rows, request.say("latest.more"), actions=actions))


@command("story")
async def story(bot: Bot, request: Request, words: Words) -> Answer:
    """Show a story and how it went on, found by words from its headline."""
    known = await bot.store.get(Story, words.strip())
    found = [known] if known else await bot.store.search(Story, words, limit=_FOUND)
    if not found:
        raise NotFound("story.none", words=words[:80])
    if len(found) > 1:
        actions = [Action(_short(each.headline), f"/story {each.id}") for each in found]
        return Answer(message(request.say("story.which"), actions=actions))
    rows = []
    for id in found[0].articles:
        article = await bot.store.get(Article, id)
        if article:
            rows.append(
                item(
                    f"{article.received:%d.%m. %H:%M} UTC · ",
                    link(article.page.title, article.url),
                    f" — {article.source}",
                )
            )
    sources = request.say("story.sources", count=len(found[0].sources), sources=", ".join(found[0].sources))
    return Answer(message(heading(found[0].headline), sources, *rows))


def _short(title: str) -> str:
    return title if len(title) <= 40 else title[:39].rstrip() + "…"
