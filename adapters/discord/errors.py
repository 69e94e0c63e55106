"""Discord's refusals as ours: each says what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.errors import ChatGone, DeliveryError, Rejected, RetryLater, Revoked, TopicGone, Uncertain, Uneditable

_SHORTEST = 0.05
_UNSAID = 5.0
"""Seconds to wait where Discord does not say how long."""

_GONE = frozenset({10003, 10004, 50001, 50007, 50013, 50278, 340015})
"""Channel or server unknown, no access, no permission, a person who takes no messages."""
_TOPIC_GONE = frozenset({50083, 160005})
"""The thread is archived, or locked."""
_UNEDITABLE = frozenset({10008, 50005, 50021})
"""The message is unknown, somebody else's, or the system's."""
_DEAD_TOKEN = frozenset({10015, 10062, 50027})
"""The interaction is unknown, was never acknowledged, or is over."""


class Dead(Rejected):
    """The interaction's token answers no more."""


_BY_CODE: Mapping[int, type[DeliveryError]] = {
    **dict.fromkeys(_GONE, ChatGone),
    **dict.fromkeys(_TOPIC_GONE, TopicGone),
    **dict.fromkeys(_UNEDITABLE, Uneditable),
    **dict.fromkeys(_DEAD_TOKEN, Dead),
}
_BY_STATUS: Mapping[int, type[DeliveryError]] = {401: Revoked, 403: ChatGone}


def refusal(status: int, body: Mapping[str, Any], retry_after: str | None = None) -> DeliveryError:
    """Return what an answer of 400 and above means: by its code where it has one, else by its status."""
    if status == 429:
        return _wait(body, retry_after)
    kind = _BY_CODE.get(body.get("code", 0)) or _BY_STATUS.get(status)
    return kind() if kind else Uncertain() if status >= 500 else Rejected()


def _wait(body: Mapping[str, Any], retry_after: str | None) -> RetryLater:
    """Return how long to wait. Without a JSON body it is the door before Discord, which shuts out the address."""
    said = body.get("retry_after", retry_after)
    try:
        seconds = max(_SHORTEST, float(said if said is not None else _UNSAID))
    except ValueError:
        seconds = _UNSAID
    return RetryLater(seconds, everywhere=bool(body.get("global", not body)))
