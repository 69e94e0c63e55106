"""Photos as browsers ask for them: from here alone, and once."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from aiohttp.web import AbstractRouteDef
from markupsafe import Markup

from adapters.web.render import message_html
from bot.core.message import Message, unaccompanied
from bot.core.model import Photo
from bot.core.ports import Store


class PhotoPages:
    """`/photos/ID`. An id is made of the photo's bytes, so that whoever knows it has been shown the photo."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.routes: Sequence[AbstractRouteDef] = (web.get("/photos/{id}", self.photo),)

    async def photo(self, request: web.Request) -> web.Response:
        """Return a photo, which never changes; one that no alert shows any more is not found."""
        photo = await self._store.get(Photo, request.match_info["id"])
        if photo is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return web.Response(body=photo.content, content_type=photo.type, headers=headers)


async def shown(store: Store, message: Message) -> Markup:
    """Return a message as HTML; a photo that is kept no longer is left out."""
    gone = message.photo and not await store.get(Photo, message.photo)
    return message_html(unaccompanied(message) if gone else message)
