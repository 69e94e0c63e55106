"""Who wants an alert: a pure question put to a chat, with the alert's words looked at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import regex

from bot.core.folding import normalised
from bot.core.model import EVERYTHING, Audience, Subscriber
from bot.newsroom.named import key_of, names_in

LONGEST_KEYWORD = 3
"""Words in a keyword, at most."""

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def wanted(audience: Audience) -> Callable[[Subscriber], bool]:
    """Return the test whether a chat wants what is for this audience. Keywords match whole words, names are names."""
    topics, feeds = frozenset(audience.topics), frozenset(audience.feeds)
    text, phrases, names = _looked_through(audience.text)

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
            or not names.isdisjoint(map(key_of, subscriber.names))
        )

    return wants


@lru_cache(maxsize=16)
def _looked_through(text: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """Return a text in its normal form, its phrases and its names: a fan-out asks for them with each chunk of chats."""
    plain = normalised(text)
    return plain, _phrases(plain), names_in(text)


def _phrases(text: str) -> frozenset[str]:
    """Every run of one to three words."""
    words = text.split()
    return frozenset(
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_KEYWORD + 1)
        for start in range(len(words) - length + 1)
    )
