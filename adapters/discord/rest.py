"""The lean way to Discord's REST API: one request, of whose answer no more is read than its caller needs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import aiohttp
import discord
import orjson
from pydantic import SecretStr

from adapters.discord.buckets import EVERYWHERE, Buckets
from adapters.discord.errors import refusal
from bot.core.errors import DeliveryError, Rejected, RetryLater, Revoked, Uncertain
from bot.core.message import File
from bot.core.model import Photo
from bot.core.pace import Turns
from bot.core.ports import Clock
from bot.core.turn import in_turn

_SECONDS = aiohttp.ClientTimeout(total=15, connect=5)
_UNREACHED_SECONDS = 5.0
_SHUT_SECONDS = 3600.0
"""Nothing is sent for so long with a token that was refused, or until it is accepted at the gateway."""
_AGENT = f"DiscordBot (https://github.com/Rapptz/discord.py {discord.__version__}) Dateline"
_CONNECTIONS = 160


Along = Photo | File | None
"""What is uploaded with a request."""


class Rest:
    """Requests of one account. Raises `DeliveryError` alone.

    discord.py's own client sleeps where it stands: for up to half a minute on a 429, for 25 seconds on errors of the
    server. That suits a bot that answers; a fan-out needs its place in the window back, and the delivery again later.
    """

    def __init__(self, base: str, token: SecretStr | None, clock: Clock, pace: Turns) -> None:
        self._base = base.rstrip("/")
        self._token = token.get_secret_value() if token else ""
        self._clock = clock
        self._pace = pace
        self._buckets = Buckets()
        self._session: aiohttp.ClientSession | None = None
        self._shut_until = 0.0

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        along: Along = None,
        bucket: str = "",
        patience: float = 0.0,
        again: bool = True,
    ) -> Any:
        """Make a request and return its answer: the JSON in it (a list only to a GET), or an empty object.

        A photo or a file goes along as the one that the body's `attachments` call 0.

        `bucket` names what has a limit of its own (a channel). Where a limit is reached it waits at most `patience`
        seconds, and raises RetryLater else. `again` says that the request may safely be repeated: then it is, once,
        where its outcome is not known.
        """
        try:
            return await self._attempt(method, path, body, bucket, patience, along=along)
        except Uncertain:
            if not again:
                raise
        try:
            return await self._attempt(method, path, body, bucket, patience, along=along)
        except (RetryLater, Rejected):
            if method == "POST":  # what the second try meets says nothing about the first
                raise Uncertain from None
            raise

    async def turn(self) -> None:
        """Wait until one more request of the account's may go: one that somebody else makes."""
        while True:
            try:
                await in_turn(self._clock, self._pace)
            except RetryLater as error:
                await self._clock.sleep(error.seconds)
            else:
                return

    def let_in(self) -> None:
        """Ask again at once: the token was just accepted."""
        self._shut_until = 0.0

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session:
            await self._session.close()

    async def _attempt(self, method: str, path: str, body: Any, bucket: str, patience: float, *, along: Along) -> Any:
        ours = not path.startswith(("/interactions/", "/webhooks/"))
        if ours and self._clock.monotonic() < self._shut_until:
            raise Revoked
        key = f"{method} {bucket}"
        await self._wait(key, patience, counted=ours)
        # what answers an interaction counts for no limit of the account's
        turn = await in_turn(self._clock, self._pace) if ours else None
        try:
            async with self._request(method, path, body, along, ours=ours) as response:
                raw = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise RetryLater(_UNREACHED_SECONDS, everywhere=True) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Uncertain from error
        if turn:
            self._pace.answered(turn, self._clock.monotonic())
        self._buckets.learn(key, response.status, response.headers, self._clock.monotonic())
        answer = _read(raw, response.content_type)
        said = answer if isinstance(answer, dict) else {}
        if response.status < 300:
            return answer if method == "GET" else said
        raise self._refused(key, refusal(response.status, said, response.headers.get("Retry-After")), ours=ours)

    def _refused(self, key: str, error: DeliveryError, *, ours: bool) -> DeliveryError:
        """Remember what a refusal asks for."""
        if isinstance(error, RetryLater):
            until = self._clock.monotonic() + error.seconds
            self._buckets.halt(EVERYWHERE if error.everywhere else key, until)
        if isinstance(error, Revoked) and ours:
            self._shut_until = self._clock.monotonic() + _SHUT_SECONDS
        return error

    async def _wait(self, key: str, patience: float, *, counted: bool) -> None:
        while delay := self._buckets.take(key, self._clock.monotonic(), counted=counted):
            if delay > patience:
                raise RetryLater(delay)
            await self._clock.sleep(delay)

    def _request(self, method: str, path: str, body: Any, along: Along, *, ours: bool) -> Any:
        headers = {"User-Agent": _AGENT}
        if ours:
            headers["Authorization"] = f"Bot {self._token}"
        if body is not None and along is None:
            headers["Content-Type"] = "application/json"
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=_SECONDS, cookie_jar=aiohttp.DummyCookieJar()
            )
        plain = None if body is None else orjson.dumps(body)
        data = plain if along is None else _form(plain, along)
        return self._session.request(method, self._base + path, data=data, headers=headers)


def _form(body: bytes | None, along: Photo | File) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("payload_json", (body or b"{}").decode(), content_type="application/json")
    form.add_field("files[0]", along.content, filename=along.name, content_type=along.type)
    return form


def _read(raw: bytes, kind: str) -> Any:
    """Return an answer's JSON; an empty object for anything else, an error page of somebody in between say."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(raw) if raw and kind == "application/json" else {}
    return {}
