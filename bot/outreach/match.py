"""Who wants an alert: a pure question put to a chat, with the alert's words looked at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import regex

from bot.core.model import EVERYTHING, Audience, Subscriber

LONGEST_KEYWORD = 3
"""Words in a keyword, at most."""

_WORD = regex.compile(r"\w+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def normalised(words: str) -> str:
    """Return words as they are compared: case and width folded, one space between them."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", words).casefold()))


def wanted(audience: Audience) -> Callable[[Subscriber], bool]:
    """Return the test whether a chat wants what is for this audience. Keywords match whole words."""
    topics, feeds = frozenset(audience.topics), frozenset(audience.feeds)
    text = normalised(audience.text)
    phrases = _phrases(text)

    def follows_keyword(keyword: str) -> bool:
        return keyword in phrases or (bool(_UNSPACED.search(keyword)) and keyword in text)

    def wants(subscriber: Subscriber) -> bool:
        if audience.everyone:
            return subscriber.follows > 0
        return (
            (EVERYTHING in subscriber.topics and bool(topics))
            or not topics.isdisjoint(subscriber.topics)
            or not feeds.isdisjoint(subscriber.feeds)
            or any(map(follows_keyword, subscriber.keywords))
        )

    return wants


def _phrases(text: str) -> frozenset[str]:
    """Every run of one to three words."""
    words = text.split()
    return frozenset(
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_KEYWORD + 1)
        for start in range(len(words) - length + 1)
    )
