"""Photos at Discord: which one a message shows is told by its handle, by what is pressed on it, and by every answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

_MARK = 16
"""Characters of a photo's id in a message's handle."""
_OURS = re.compile(r"[0-9a-f]{64}\.[a-z]{3,4}")


def marked(handle: str, photo: str) -> str:
    """Return a message's handle that says which photo it shows; with an empty one, that it shows none."""
    known, at, interaction = handle.partition("@")
    mark = f"+{photo[:_MARK]}" if photo else ""
    return f"{known.partition('+')[0]}{mark}{at}{interaction}"


def shows(handle: str, photo: str) -> bool:
    """Tell whether a message was last known to show a photo."""
    return handle.partition("@")[0].partition("+")[2] == photo[:_MARK]


def photo_shown(embeds: Iterable[Mapping[str, Any]]) -> str:
    """Return the id of the photo that embeds show as Discord tells of them: at an address of its own."""
    for embed in embeds:
        name = urlsplit(str((embed.get("image") or {}).get("url") or "")).path.rpartition("/")[2]
        if _OURS.fullmatch(name):
            return name
    return ""
