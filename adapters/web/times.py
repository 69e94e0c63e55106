"""Moments in words: in the newsroom's zone, in the reader's language."""

from __future__ import annotations

from datetime import datetime, tzinfo

from babel.dates import format_skeleton


def clock_time(at: datetime, zone: tzinfo, locale: str) -> str:
    """Return day, time and zone of a moment: `Mar 2, 18:30 CET`."""
    local = at.astimezone(zone)
    return f"{format_skeleton('MMMd', local, locale=locale)}, {local:%H:%M %Z}"
