"""A story: the articles that tell of one event, what an editor has decided about them, and how far it was told."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from msgspec.structs import replace

from bot.core.model.document import Document
from bot.core.model.news import Article


class Story(Document, frozen=True, kw_only=True):
    """One event, told by one or more articles."""

    headline: str
    articles: tuple[str, ...]
    """Ids in order of arrival, but the first is the lead."""
    sources: tuple[str, ...]
    updated: datetime
    alert: str = ""
    into: str = ""
    """Id of the story that an editor has merged this one into; its articles are there now."""
    version: int = 1
    """Counts what was materially new: 1 is how it was first told."""
    untold: tuple[str, ...] = ()
    """Ids of articles that had something new and came too soon after that: who says it later may be the first."""

    def searchable(self) -> str:
        """Find a story by its headline."""
        return "" if self.into else self.headline

    def joined(self, article: Article) -> Self:
        """Return the story with one more article."""
        sources = self.sources if article.source in self.sources else (*self.sources, article.source)
        return replace(self, articles=(*self.articles, article.id), sources=sources, updated=article.received)


class Regrouped(Document, frozen=True, kw_only=True):
    """A story whose articles an editor has put elsewhere: its words in memory are read anew before the next article."""

    at: datetime
