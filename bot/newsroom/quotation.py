"""One quotation, verbatim, with whoever said it; never a guess."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.model import Page


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words as they stand in the article, without the marks around them."""

    text: str
    speaker: str


def key_quotation(page: Page) -> Quote | None:
    """Return the quotation that says most, or None where no speaker is certain."""
    del page
    return None
