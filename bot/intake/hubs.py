"""Finds the hub at which a feed can be subscribed to (WebSub), and the address under which it is known there."""

from __future__ import annotations

from bot.core.ports import Fetched, ParsedFeed
from bot.intake.links import linked
from bot.intake.sanitise import LONGEST_ADDRESS


def offered(answer: Fetched, parsed: ParsedFeed) -> tuple[str, str]:
    """Return a feed's first usable hub and its topic there, by the headers of an answer or else its document.

    Both are empty without a hub. A feed that comes by https is not subscribed to where the secret would be readable.
    """
    header = answer.headers.get("link", "")
    hubs = linked(header, "hub", answer.url) or parsed.hubs
    topics = linked(header, "self", answer.url) or (parsed.topic, answer.url)
    topic = next(filter(None, topics))
    hub = next((hub for hub in hubs if _is_usable(hub, answer.url)), "")
    return (hub, topic) if hub and len(topic) <= LONGEST_ADDRESS else ("", "")


def _is_usable(hub: str, feed: str) -> bool:
    return len(hub) <= LONGEST_ADDRESS and (hub.startswith("https:") or not feed.startswith("https:"))
