"""HTTP to the Bot API by aiohttp and orjson, in the shape that python-telegram-bot asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import aiohttp
import orjson
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_CONNECT_SECONDS = 10.0


class NotWritten(NetworkError):
    """No connection was to be had: whatever was asked, the server has not heard it."""


class AiohttpRequest(BaseRequest):
    """A pool of kept connections, opened by the first request.

    Raises NotWritten before a request is on its way, and TimedOut or NetworkError after, when nobody knows what became
    of it. Addresses carry the bot's token, so no library's exception passes: only its kind is told.
    """

    def __init__(self, connections: int, seconds: float = 30.0) -> None:
        self._connections = connections
        self._seconds = seconds
        self._timeout = lru_cache(maxsize=16)(_timeout)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds a request may take where its caller says nothing."""
        return self._seconds

    async def initialize(self) -> None:
        """Do nothing: the first request opens the pool."""

    async def shutdown(self) -> None:
        """Close the connections; a later request opens them again."""
        if self._session:
            await self._session.close()
        self._session = None

    async def do_request(  # noqa: PLR0917  # the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002  # one deadline holds for the whole exchange
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Make a request for the library: JSON, or a form where files go along."""
        seconds = self._seconds if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        if request_data and request_data.contains_files:
            return await self.exchange(url, _form(request_data), seconds=seconds)
        body = orjson.dumps(request_data.parameters) if request_data else b"{}"
        return await self.exchange(url, body, seconds=seconds, method=method)

    async def exchange(
        self, url: str, body: bytes | aiohttp.FormData | None, *, seconds: float | None = None, method: str = "POST"
    ) -> tuple[int, bytes]:
        """Make one request within `seconds` and return the status and the body of its answer."""
        timeout = self._timeout(seconds or self._seconds)
        data = aiohttp.BytesPayload(body, content_type="application/json") if isinstance(body, bytes) else body
        try:
            answer = await self._open().request(method, url, data=data, timeout=timeout)
            try:
                return answer.status, await answer.read()
            finally:
                answer.close()  # what was read to its end has given its connection back already
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotWritten(type(error).__name__) from None
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=_CONNECT_SECONDS)


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
