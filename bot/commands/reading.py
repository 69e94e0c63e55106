"""What a reader asks for most: the summary of an article."""

from __future__ import annotations

import regex

from bot.commands.quota import spend
from bot.commands.registry import Words, command
from bot.core.errors import UsageError
from bot.core.message import Block, Message, heading, item, link, message, paragraph, quotation
from bot.core.model import Article
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.intake.pages import read
from bot.newsroom.lengths import MEASURES, Length
from bot.newsroom.summarise import Summary
from bot.newsroom.words import reading_minutes
from bot.newsroom.written import METHOD, Form, summary_of

_ADDRESS = regex.compile(r"https?://[^\s<>\"']+")


@command("summary", "summarize", "summarise", "smr", "tldr")
async def summary(bot: Bot, request: Request, length: Length = Length.NORMAL, source: Words = "") -> Answer:
    """Summarise the article behind a link, given or replied to."""
    address = source or next(iter(_ADDRESS.findall(request.update.quoted)), "")
    if not address:
        raise UsageError("summary.no_link")
    found = _ADDRESS.search(address)
    url = as_url(found.group() if found else address)
    spend(bot, request, "fetches")
    article = await read(bot, url)
    return Answer(summary_message(request, article, await summary_of(bot, article.page, Form(*MEASURES[length]))))


def summary_message(request: Request, article: Article, made: Summary) -> Message:
    """Return a summary as a reader sees it: whose sentences they are, and from where."""
    minutes = request.say("summary.minutes", minutes=reading_minutes(article.page.text))
    by = " · ".join(part for part in (article.page.byline, article.page.published[:10], minutes) if part)
    blocks: list[Block] = [heading(made.headline), paragraph(by)]
    blocks += [item(sentence.text) for sentence in made.sentences]
    if made.quote:
        blocks.append(quotation(made.quote.text, made.quote.speaker))
    blocks.append(paragraph(link(article.source, article.url)))
    blocks.append(paragraph(request.say("summary.method_model" if made.method == METHOD else "summary.method")))
    return message(*blocks)
