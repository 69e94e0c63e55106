"""The photo of an alert as an editor gives it: sent along with the command, or linked in its first line."""

from __future__ import annotations

from base64 import b64decode

from msgspec.structs import replace

from bot.core.errors import TooLarge
from bot.core.model import Photo, Revision
from bot.core.ports import Bot, Put
from bot.core.update import Change, Update
from bot.intake.photos import fetch_photo, photo_of, too_large

IN_PLACE = "data:;base64,"
"""Begins the address of a photo that has come along as a whole (RFC 2397)."""


async def pictured(bot: Bot, update: Update, revision: Revision) -> tuple[Revision, tuple[Change, ...]]:
    """Return the revision with the photo that came along or that it links to, and what keeps that photo.

    One that came along goes before a linked one, whose address is then one to read on at. Raises FetchError where the
    photo can't be had, and UsageError where it is none that can be shown.
    """
    linked = revision.image
    if update.photo:
        revision = replace(revision, url=revision.url or linked)
        photo = await _given(bot, update)
    elif linked:
        photo = await fetch_photo(bot, linked)
    else:
        return revision, ()
    return replace(revision, image=photo.id), (Put(photo),)


async def _given(bot: Bot, update: Update) -> Photo:
    most = bot.settings.photo_max_bytes
    if update.photo.startswith(IN_PLACE):
        return photo_of(b64decode(update.photo.removeprefix(IN_PLACE)), bot.clock.now(), most)
    if update.photo.startswith(("https://", "http://")):
        return await fetch_photo(bot, update.photo)
    known = await bot.store.get(Photo, update.photo)
    if known:
        return replace(known, at=bot.clock.now())
    try:
        data = await bot.adapters[update.chat.platform].attachment(update.photo, most)
    except TooLarge:
        raise too_large(most) from None
    return photo_of(data, bot.clock.now(), most)
