"""The lean way to the Bot API: a body out, plain values back, no object of the library between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from telegram.error import NetworkError

from adapters.telegram.errors import Refused, refusal, soon
from adapters.telegram.request import AiohttpRequest, NotWritten
from bot.core.errors import DeliveryError, RetryLater, TooLarge, Uncertain, Unreachable
from bot.core.message import File
from bot.core.model import Photo
from bot.core.settings import Settings

CONNECTIONS = 160
"""A window of 128 deliveries, the poll, and room for answers, which wait behind no fan-out."""

Along = Photo | File | None
"""What is uploaded with a call."""


class Api:
    """One bot's calls. Its token is in every address and leaves this object nowhere else."""

    def __init__(self, settings: Settings) -> None:
        root = str(settings.telegram_api_url).rstrip("/")
        self.token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
        self.base = f"{root}/bot"
        self.files = f"{root}/file/bot"
        self.request = AiohttpRequest(CONNECTIONS)

    def __repr__(self) -> str:
        return "Api()"

    async def call(
        self, method: str, body: Mapping[str, object], *, seconds: float | None = None, along: Along = None
    ) -> Any:
        """Return what a method gives, as plain values. A photo goes along as the file `photo`, a file as `document`.

        Raises Refused with Telegram's reason, RetryLater where it can't have heard the call, and Uncertain where nobody
        knows whether it did.
        """
        try:
            form = orjson.dumps(body) if along is None else _form(body, along)
            status, data = await self.request.exchange(f"{self.base}{self.token}/{method}", form, seconds=seconds)
        except NotWritten:
            raise RetryLater(soon()) from None
        except NetworkError:
            raise Uncertain from None
        if status != 200:
            raise refusal(status, data)
        try:
            return orjson.loads(data)["result"]
        except (ValueError, KeyError, TypeError):
            raise Uncertain from None

    async def sent(self, file: str, most: int) -> bytes:
        """Return what somebody sent, by its file id. Raises Unreachable, and TooLarge beyond `most` bytes."""
        try:
            known = await self.call("getFile", {"file_id": file})
            if int(known.get("file_size", 0)) > most:
                raise TooLarge
            return await self._download(str(known["file_path"]))
        except Refused as refused:
            raise TooLarge if refused.says("file is too big") else Unreachable("attachment.gone") from None
        except (DeliveryError, KeyError, TypeError, ValueError):
            raise Unreachable("attachment.gone") from None

    async def _download(self, path: str) -> bytes:
        """Return a file by the path that `getFile` gave. Raises Refused and Uncertain."""
        try:
            url = f"{self.files}{self.token}/{quote(path)}"
            status, data = await self.request.exchange(url, None, method="GET")
        except NetworkError:
            raise Uncertain from None
        if status != 200:
            raise refusal(status, data)
        return data


def _form(body: Mapping[str, object], along: Photo | File) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in body.items():
        form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    name = "photo" if isinstance(along, Photo) else "document"
    form.add_field(name, along.content, filename=along.name, content_type=along.type)
    return form
