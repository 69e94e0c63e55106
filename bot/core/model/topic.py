"""The newsroom's own topics: what they are called, and the rule by which articles belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import field

from bot.core.model.document import Document


class Topic(Document, frozen=True, kw_only=True):
    """One of the newsroom's own topics. The id is its name as it is typed, `climate-policy`."""

    titles: Mapping[str, str] = field(default_factory=dict)
    """What people read in its place, by language; `""` is for all languages that have none of their own."""
    rule: str
    """What belongs to it, as an editor wrote it; `bot.newsroom.rules` reads it."""
    by: str
    changed: datetime

    def title(self, locale: str) -> str:
        """Return what it is called in a language."""
        return self.titles.get(locale) or self.titles.get("") or self.id
