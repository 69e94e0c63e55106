"""The lean way to the Bot API: a body out, plain values back, no object of the library between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from telegram.error import NetworkError

from adapters.telegram.errors import refusal, soon
from adapters.telegram.request import AiohttpRequest, NotWritten
from bot.core.errors import RetryLater, Uncertain
from bot.core.model import Photo
from bot.core.settings import Settings

CONNECTIONS = 160
"""A window of 128 deliveries, the poll, and room for answers, which wait behind no fan-out."""


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
        self, method: str, body: Mapping[str, object], *, seconds: float | None = None, photo: Photo | None = None
    ) -> Any:
        """Return what a method gives, as plain values. A photo goes along as the file `photo`.

        Raises Refused with Telegram's reason, RetryLater where it can't have heard the call, and Uncertain where nobody
        knows whether it did.
        """
        try:
            form = orjson.dumps(body) if photo is None else _form(body, photo)
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

    async def download(self, path: str) -> bytes:
        """Return a file by the path that `getFile` gave. Raises Refused and Uncertain."""
        try:
            url = f"{self.files}{self.token}/{quote(path)}"
            status, data = await self.request.exchange(url, None, method="GET")
        except NetworkError:
            raise Uncertain from None
        if status != 200:
            raise refusal(status, data)
        return data


def _form(body: Mapping[str, object], photo: Photo) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in body.items():
        form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    form.add_field("photo", photo.content, filename=photo.id, content_type=photo.type)
    return form
