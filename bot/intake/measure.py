"""How much of a page is kept: what nobody writes in good faith is cut, whatever part of it that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.core.model import Page
from bot.intake.sanitise import LONGEST_ADDRESS

_LINE, _NAME, _NAMES = 1000, 200, 50
_TEXT, _PARAGRAPHS = 200_000, 2000
"""Characters and paragraphs of a text: ten times those of a long read."""


def measured(page: Page) -> Page:
    """Return a page of which no part is longer than such parts are; addresses that are too long are left out."""
    return replace(
        page,
        url=_address(page.url),
        image=_address(page.image),
        title=page.title[:_LINE],
        byline=page.byline[:_LINE],
        authors=tuple(author[:_NAME] for author in page.authors[:_NAMES]),
        site=page.site[:_NAME],
        standfirst=page.standfirst[:_LINE],
        paragraphs=tuple(_within(page.paragraphs[:_PARAGRAPHS])),
    )


def _address(url: str) -> str:
    return url if len(url) <= LONGEST_ADDRESS else ""


def _within(paragraphs: Sequence[str]) -> Iterator[str]:
    left = _TEXT
    for paragraph in paragraphs:
        if kept := paragraph[:left]:
            yield kept
        left -= len(kept)
