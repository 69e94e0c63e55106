"""Photos as they come in: from an address by the guarded door or as bytes, let in where they are images, and bared."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from bot.core.errors import Forbidden, TooLarge, UsageError
from bot.core.model import Photo
from bot.core.ports import Bot
from bot.intake.bare import bare_of
from bot.intake.images import image_of

_TYPES = ("image/*", "application/octet-stream", "binary/octet-stream")
"""What servers call images. What a document really is its bytes say."""
_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_PIXELS = 10_000
"""Width and height together: what Telegram takes, and no browser chokes on."""
_RATIO = 20
"""The longer side by the shorter: as Telegram has it."""
_MEGABYTE = 1_000_000


def is_photo_address(url: str) -> bool:
    """Tell whether an address looks like a photo's."""
    return urlsplit(url).path.lower().endswith(_ENDINGS)


async def fetch_photo(bot: Bot, url: str) -> Photo:
    """Return the photo at an address. Raises FetchError, and UsageError where it is none that can be shown."""
    most = bot.settings.photo_max_bytes
    try:
        answer = await bot.door.fetch(url, accept=_TYPES, most=most)
    except TooLarge as error:
        raise too_large(most) if error.message_key == TooLarge.key else error from error
    except Forbidden as error:
        raise UsageError("photo.none") if error.message_key == "error.wrong_type" else error from error
    return photo_of(answer.body, bot.clock.now(), most)


def photo_of(data: bytes, at: datetime, most: int) -> Photo:
    """Return the photo that bytes are. Raises UsageError where they are none, or one that can't be shown everywhere.

    Where and with what it was taken is left out, for it may give a source away. No pixel is decoded here. What they
    would come to is bounded, so that a small file can't fill a reader's memory.
    """
    if len(data) > most:
        raise too_large(most)
    image = image_of(data)
    if image is None:
        raise UsageError("photo.none")
    short, long = sorted((image.width, image.height))
    if short + long > _PIXELS or long > _RATIO * short:
        raise UsageError("photo.odd_size", width=image.width, height=image.height, most=_PIXELS, ratio=_RATIO)
    try:
        data = bare_of(data, image.kind)
    except ValueError:
        raise UsageError("photo.none") from None
    return Photo(
        id=f"{sha256(data).hexdigest()}.{image.kind}",
        width=image.width,
        height=image.height,
        data=b64encode(data).decode(),
        at=at,
    )


def too_large(most: int) -> UsageError:
    """Return what is said of a photo of too many bytes."""
    return UsageError("photo.too_large", most=round(most / _MEGABYTE, 1))
