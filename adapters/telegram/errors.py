"""What Telegram's refusals mean for a message and its chat."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import orjson

from bot.core.errors import (
    ChatGone,
    ChatMoved,
    DeliveryError,
    Rejected,
    RetryLater,
    Revoked,
    TopicGone,
    Uncertain,
    Uneditable,
)
from bot.core.model import Chat

TROUBLE_SECONDS = 5.0
"""Wait after a failure that is Telegram's own, or the network's."""

_GONE = (
    "chat not found",
    "user is deactivated",
    "group chat was deactivated",
    "bot was blocked",
    "bot was kicked",
    "bot is not a member",
    "no rights to send",
    "not enough rights to send",
    "chat_write_forbidden",
    "chat_restricted",
    "peer_id_invalid",
    "channel_private",
)
_TOPIC_GONE = ("message thread not found", "topic_closed", "topic closed", "topic_deleted", "topic_id_invalid")
_UNEDITABLE = (
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "message can't be deleted",
    "message_id_invalid",
)
_UNCHANGED = "message is not modified"
_UNREAD = "can't parse entities"
_WORDLESS = "there is no text in the message"
_FORGOTTEN = ("wrong file identifier", "wrong remote file identifier", "file reference", "file_reference")
_WORDS_ALONE = (
    "not enough rights to send photos",
    "not enough rights to send documents",
    "chat_send_photos_forbidden",
    "chat_send_docs_forbidden",
)
"""A chat that takes no photos, or no files."""
_BAD_PHOTO = (
    "image_process_failed",
    "photo_invalid",
    "photo_save_file_invalid",
    "photo_ext_invalid",
    "photo_content_type_invalid",
    "photo_file_missing",
    "can't use file of type",
    "request entity too large",
)
_LOST = frozenset({502, 504})
"""A gateway gave up on a request that was already on its way."""


class Unchanged(DeliveryError):
    """An edit that would change nothing."""


class Unread(Rejected):
    """Markup that Telegram can't read."""


class BadPhoto(Rejected):
    """A photo that Telegram will have from nobody."""


class Forgotten(Rejected):
    """A file id that Telegram does not know (any more)."""


class Wordless(Uneditable):
    """A message with a photo, whose words are a caption."""


@dataclass
class Refused(Exception):
    """Telegram's answer to a call that it does not carry out."""

    status: int
    description: str = ""
    retry_after: float = 0.0
    moved_to: str = ""
    ours: bool = True
    """Whether the Bot API itself answered, not something on the way to it."""

    def says(self, *parts: str) -> bool:
        """Tell whether the description has one of the parts (in lower case)."""
        said = self.description.lower()
        return any(part in said for part in parts)


def refusal(status: int, body: bytes) -> Refused:
    """Read an answer that is no success."""
    try:
        answer: dict[str, Any] = orjson.loads(body)
        parameters = answer.get("parameters") or {}
        return Refused(
            status,
            str(answer.get("description", "")),
            float(parameters.get("retry_after", 0)),
            str(parameters.get("migrate_to_chat_id", "")),
        )
    except (ValueError, TypeError, AttributeError):
        return Refused(status, ours=False)


def meaning(refused: Refused, chat: Chat) -> DeliveryError:
    """Return what to do about a refused message; a 429's reach (one chat or all) is for `Flood` to tell."""
    if refused.moved_to:
        return ChatMoved(Chat(chat.platform, refused.moved_to, chat.topic))
    if refused.status in _LOST or refused.status < 400:
        return Uncertain()
    if refused.status in {401, 404} and refused.ours:
        return Revoked()
    if refused.status == 403:
        return ChatGone()
    if refused.status in {400, 413}:
        return _bad_request(refused)
    return RetryLater(soon())


def soon() -> float:
    """Return the seconds to wait after trouble, spread so that not all come back at once."""
    return TROUBLE_SECONDS * (0.5 + secrets.randbelow(1000) / 1000)


_BAD_REQUESTS: tuple[tuple[type[DeliveryError], tuple[str, ...]], ...] = (
    (Rejected, _WORDS_ALONE),
    (ChatGone, _GONE),
    (TopicGone, _TOPIC_GONE),
    (Unchanged, (_UNCHANGED,)),
    (Unread, (_UNREAD,)),
    (Wordless, (_WORDLESS,)),
    (Uneditable, _UNEDITABLE),
    (BadPhoto, _BAD_PHOTO),
    (Forgotten, _FORGOTTEN),
)


def _bad_request(refused: Refused) -> DeliveryError:
    return next((kind for kind, parts in _BAD_REQUESTS if refused.says(*parts)), Rejected)()
