"""How a feed is, as a catalog key: the one sentence by which chats, desk and terminal say whether all is well."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.model import Feed


def condition(feed: Feed, *, pushed: bool) -> tuple[str, Mapping[str, str | int | float]]:
    """Return the catalog key of how a feed is, and what fills its entry; `pushed` if a hub tells of its news."""
    if feed.ended:
        return "feeds.ended", {}
    if feed.problem:
        return feed.problem, feed.details
    if feed.polled is None:
        return "feeds.new", {}
    return "feeds.pushed" if pushed else "feeds.fine", {}
