"""Photos at Telegram: uploaded once for all who are shown them, and known by their file ids from then on."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any
from weakref import WeakValueDictionary

from adapters.telegram.api import Api
from adapters.telegram.errors import BadPhoto, Forgotten
from bot.core.errors import StoreError
from bot.core.model import Document, Photo
from bot.core.ports import Delete, Put, Store, Swap
from bot.intake.photos import photo_of

_PLATE_WIDTH, _PLATE_HEIGHT, _PLATE_GREY = 640, 360, 0xC8

Show = Callable[[str | Photo], Awaitable[Any]]
"""A call that shows a photo by its file id, or uploads it on the way; it returns the message as Telegram has it."""


class Uploaded(Document, frozen=True, kw_only=True):
    """A photo that Telegram has. The id is the bot's, a slash, and the photo's: file ids are one bot's alone."""

    file: str
    """What Telegram knows it by."""


class Photos:
    """Shows what we have."""

    def __init__(self, api: Api, store: Store) -> None:
        self._api = api
        self._store = store
        self._account = api.token.partition(":")[0]
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._refused: set[str] = set()
        """Photos that Telegram would not have: they are not uploaded for each chat only to hear it again."""

    async def shown(self, photo: Photo, show: Show) -> Any:
        """Show a photo, and return the message that does. Whoever comes while it is uploaded waits for its file id.

        Raises what `show` raises.
        """
        if photo.id in self._refused:
            raise BadPhoto
        key = f"{self._account}/{photo.id}"
        while True:
            known = await self._store.get(Uploaded, key)
            if known is None:
                async with self._uploading.setdefault(key, asyncio.Lock()):
                    known = await self._store.get(Uploaded, key)
                    if known is None:
                        return await self._uploaded(key, photo, show)
            try:
                return await show(known.file)
            except Forgotten:
                await self._store.commit(Swap(known, None))

    async def forget(self) -> None:
        """Forget the file ids of photos that we no longer have, and those of another bot's account."""
        after, plate_id = "", plate().id
        while some := await self._store.find(Uploaded, after=after):
            for uploaded in some:
                account, _, id = uploaded.id.partition("/")
                if account != self._account or (id != plate_id and not await self._store.get(Photo, id)):
                    await self._store.commit(Delete(Uploaded, uploaded.id))
            after = some[-1].id

    async def _uploaded(self, key: str, photo: Photo, show: Show) -> Any:
        """Upload a photo with the call that shows it."""
        try:
            message = await show(photo)
        except BadPhoto:
            self._refused.add(photo.id)
            raise
        with suppress(StoreError, KeyError, IndexError, TypeError):  # it stands; the next one uploads it again
            await self._store.commit(Put(Uploaded(id=key, file=str(message["photo"][-1]["file_id"]))))
        return message


@cache
def plate() -> Photo:
    """Return what takes a withdrawn photo's place, as a message with a photo can't become one without: plain grey."""
    header = struct.pack(">IIBBBBB", _PLATE_WIDTH, _PLATE_HEIGHT, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([_PLATE_GREY]) * _PLATE_WIDTH) * _PLATE_HEIGHT
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    data = b"\x89PNG\r\n\x1a\n" + chunks
    return photo_of(data, datetime.fromtimestamp(0, UTC), len(data))


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a part of a PNG: length, kind, data, and a checksum of the latter two."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
