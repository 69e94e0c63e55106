"""How words stood in the news of the last days: as a name or as plain words, how often, and where last."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.folding import normalised
from bot.core.model import Article, Feed
from bot.core.ports import Bot
from bot.newsroom.named import Named, is_written_as_name
from bot.outreach.telling import audience_of

DAYS = 7
_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """What was found of the words that somebody wants to follow."""

    written: str
    """The name as the articles write it; as it was typed where none has it."""
    named: Sequence[Article] = ()
    """The articles that have the name, the newest first."""
    plain: Sequence[Article] = ()
    """Those that have the words, as a name or not."""
    certain: int = 0
    """How many show that it is a name: it has its capitals where only names have them."""

    @property
    def is_name(self) -> bool:
        """Whether the words are a name: as they are in the news, else as they were typed."""
        if not self.plain or (not self.certain and len(self.named) == len(self.plain)):
            return is_written_as_name(self.written)
        return self.certain > 0 and 2 * len(self.named) >= len(self.plain)


async def mentions_of(bot: Bot, words: str) -> Mentions:
    """Look for words in what the newsroom's feeds told lately, where those who follow them would be told of it."""
    since = bot.clock.now() - timedelta(days=DAYS)
    own = {feed.id for feed in await bot.store.find(Feed, {"own": True}, limit=1000)}
    found = await bot.store.search(Article, words, limit=_MOST)
    lately = sorted(
        (article for article in found if article.feed in own and article.received > since),
        key=lambda article: article.id,
        reverse=True,
    )
    return await asyncio.to_thread(_looked_through, words, lately)


def _looked_through(words: str, articles: Sequence[Article]) -> Mentions:
    """Look through articles; many take a moment, in which others must go on."""
    plain, named, certain, written = [], [], 0, ""
    phrase = normalised(words)
    for article in articles:
        text = audience_of(article, own=True).text
        names = Named(text)
        if phrase in normalised(text):
            plain.append(article)
        if names.has(words):
            named.append(article)
            certain += names.is_sure_of(words)
            written = written or names.written(words)
    return Mentions(written=written or words, named=named, plain=plain, certain=certain)
