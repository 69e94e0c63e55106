"""The one guarded door to the web: every hop judged, every byte counted, every second too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from importlib.metadata import version

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.core.errors import FetchError, Forbidden, TooLarge, Unreachable
from bot.core.ports import Clock, Fetched
from bot.core.settings import Settings
from bot.intake.guard import Guard, Refused, guarded_socket
from bot.intake.names import Names

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_REPOSTED = frozenset({307, 308})
"""Redirects that mean the same form."""
_ANSWER_BYTES = 65_536
"""Most that is read of the answer to a form."""
_ANSWERS = frozenset({304, 410})
_SECRETS = frozenset({"authorization", "cookie", "proxy-authorization"})
_HEADER_BYTES = 32_768
"""Longest header let in; news sites send policies and preload lists far above aiohttp's 8,190."""


@dataclass(frozen=True, slots=True)
class _Onward:
    """A redirect."""

    target: str
    permanent: bool


@dataclass
class _Turns:
    """What lets so many requests at a time through to one host."""

    places: asyncio.Semaphore
    asking: int = 0
    """Requests that are under way or wait."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for, at every hop."""

    headers: Mapping[str, str]
    accept: Sequence[str]
    most: int
    """Bytes let in."""


class GuardedDoor:
    """The `Door` to the public internet, and to the few hosts the operator vouches for.

    A name is judged when its address is connected, so that no second answer of the resolver, no odd spelling and no
    redirect leads inside. `trusted` adds `host:port` pairs to those of the settings.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        trusted: Iterable[str] = (),
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._resolver = resolver or Names()
        self._guard = Guard(settings.fetch_ports, (*settings.trusted_hosts, *trusted))
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._turns: dict[str, _Turns] = {}

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, accept: Sequence[str] = (), most: int = 0
    ) -> Fetched:
        """GET a document, whole and unpacked, within the limits of the settings, or of `most` bytes.

        `accept` lists the content types let in; a document without one is let in too. 304 and 410 are answers, other
        statuses of 400 and above raise `Unreachable` with `status` and, where the site says when to come back,
        `retry_after` in seconds among the arguments. The deadline does not count the wait for the host's turn.
        """
        asking = {"Accept": ", ".join([*accept, "*/*;q=0.1"]), **(headers or {})}
        wanted = _Wanted(asking, accept, most or self._settings.fetch_max_bytes)
        try:
            async with asyncio.timeout(None) as deadline:
                return await self._follow(self._guard.admit(url), wanted, deadline)
        except TimeoutError as error:
            raise TooLarge("error.too_slow", seconds=self._settings.fetch_seconds) from error

    def judge(self, url: str) -> None:
        """Raise `Forbidden` where an address would not be let through whatever its name leads to; asks nobody."""
        self._guard.foresee(url)

    def crowded(self, url: str) -> bool:
        """Say whether so many ask the host of an address already that another one would wait for long."""
        most = 2 * self._settings.fetch_per_host
        crowded = {host for host, turns in self._turns.items() if turns.asking >= most}
        return bool(crowded) and _host(url) in crowded  # mostly none is, and no address has to be read

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        """POST a form, judged and limited as a `fetch` is, and return what is answered.

        307 and 308 are answers and are not followed: the form may be meant for nobody else.
        """
        target = self._guard.admit(url)
        try:
            async with self._turn(target), asyncio.timeout(self._settings.fetch_seconds):
                return await self._posted(target, form)
        except TimeoutError as error:
            raise TooLarge("error.too_slow", seconds=self._settings.fetch_seconds) from error

    async def consult(self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float, most: int) -> Fetched:
        """POST JSON to an address of the operator's own, which no guard judges, and return the JSON it answers.

        A redirect, a status of 400 and above and another content type raise as they do for `fetch`.
        """
        target, sent = URL(url), {"Accept": "application/json", "Content-Type": "application/json", **headers}
        try:
            async with asyncio.timeout(seconds):
                return await self._consulted(target, body, sent, most)
        except TimeoutError as error:
            raise TooLarge("error.too_slow", seconds=seconds) from error

    async def close(self) -> None:
        """Let go of the connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        await self._resolver.close()

    async def _follow(self, url: URL, wanted: _Wanted, deadline: asyncio.Timeout) -> Fetched:
        left, permanent, lasting = self._settings.fetch_seconds, "", True
        loop = asyncio.get_running_loop()
        for _ in range(self._settings.fetch_redirects + 1):
            async with self._turn(url):
                deadline.reschedule(loop.time() + left)
                answer = await self._ask(url, wanted)
                left = (deadline.when() or 0) - loop.time()
                deadline.reschedule(None)
            if isinstance(answer, Fetched):
                return replace(answer, permanent=permanent)
            target = self._guard.admit(_joined(url, answer.target))
            lasting = lasting and answer.permanent and not _downgrade(url, target)
            permanent = str(target) if lasting else permanent
            if target.origin() != url.origin():
                told = {name: value for name, value in wanted.headers.items() if name.lower() not in _SECRETS}
                wanted = replace(wanted, headers=told)
            url = target
        raise Unreachable("error.too_many_redirects", count=self._settings.fetch_redirects)

    async def _ask(self, url: URL, wanted: _Wanted) -> Fetched | _Onward:
        """Make one request."""
        try:
            session = self._session(trusted=self._guard.trusts(url))
            async with session.get(url, headers=wanted.headers, allow_redirects=False) as response:
                told = _headers(response)
                if response.status in _REDIRECTS:
                    return _Onward(told.get("location", ""), response.status in _PERMANENT)
                if response.status not in _ANSWERS:
                    self._judge(response.status, told, wanted.accept)
                return Fetched(str(url), response.status, await self._body(response, wanted.most), told)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _reason(error, url) from error

    async def _posted(self, url: URL, form: Mapping[str, str]) -> Fetched:
        try:
            session = self._session(trusted=self._guard.trusts(url))
            async with session.post(url, data=form, allow_redirects=False) as response:
                told = _headers(response)
                if response.status in _REPOSTED:
                    return Fetched(str(url), response.status, headers=told)
                if 300 <= response.status < 400:
                    raise Unreachable("error.bad_redirect")
                self._judge(response.status, told, ())
                return Fetched(str(url), response.status, await self._body(response, _ANSWER_BYTES), told)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _reason(error, url) from error

    async def _consulted(self, url: URL, body: bytes, headers: Mapping[str, str], most: int) -> Fetched:
        try:
            asked = self._session(trusted=True).post(url, data=body, headers=headers, allow_redirects=False)
            async with asked as response:
                told = _headers(response)
                if 300 <= response.status < 400:
                    raise Unreachable("error.bad_redirect")
                self._judge(response.status, told, ("application/json",))
                return Fetched(str(url), response.status, await self._body(response, most), told)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _reason(error, url) from error

    def _judge(self, status: int, headers: Mapping[str, str], accept: Sequence[str]) -> None:
        """Raise what speaks against the answer before any of its body is read."""
        if status >= 400:
            raise Unreachable(_status_key(status), status=status, **self._retry_after(headers))
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and accept and not any(fnmatchcase(kind, pattern) for pattern in accept):
            raise Forbidden("error.wrong_type", type=kind[:80])

    async def _body(self, response: aiohttp.ClientResponse, most: int) -> bytes:
        """Read to the end, or to the cap on unpacked bytes; aiohttp unpacks in bounded steps as they are read."""
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > most:
                raise TooLarge("error.too_large", limit=most)
        return bytes(body)

    def _retry_after(self, headers: Mapping[str, str]) -> dict[str, float]:
        """Read `Retry-After`, seconds or a date (RFC 9110, 10.2.3)."""
        value = headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return {"retry_after": float(value[:9])}
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return {}
        return {"retry_after": max(0.0, (_aware(moment) - self._clock.now()).total_seconds())}

    @asynccontextmanager
    async def _turn(self, url: URL) -> AsyncIterator[None]:
        """Wait for a place among the requests to one host; it is forgotten when nobody asks it any more."""
        host = url.raw_host or ""
        turns = self._turns.setdefault(host, _Turns(asyncio.Semaphore(self._settings.fetch_per_host)))
        turns.asking += 1
        try:
            async with turns.places:
                yield
        finally:
            turns.asking -= 1
            if not turns.asking:
                del self._turns[host]

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        """Return the session for guarded or for trusted hosts: they share no connection."""
        if trusted not in self._sessions:
            self._sessions[trusted] = self._new_session(trusted=trusted)
        return self._sessions[trusted]

    def _new_session(self, *, trusted: bool) -> aiohttp.ClientSession:
        site = f" (+{self._settings.public_url})" if self._settings.public_url else ""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, resolver=self._resolver, socket_factory=None if trusted else guarded_socket
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._settings.fetch_connect_seconds),
            headers={"User-Agent": f"Dateline/{version('dateline')}{site}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers by lower-case name, repeated ones as a list, bytes that are no UTF-8 as Latin-1."""
    told: dict[str, str] = {}
    for raw, value in response.raw_headers:
        name = raw.decode("latin-1").lower()
        text = _text(value)
        told[name] = f"{told[name]}, {text}" if name in told else text
    return told


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _joined(url: URL, target: str) -> URL:
    """Return where a redirect leads."""
    try:
        if target:
            return url.join(URL(target))
    except ValueError as error:
        raise Unreachable("error.bad_redirect") from error
    raise Unreachable("error.bad_redirect")


def _downgrade(url: URL, target: URL) -> bool:
    return url.scheme == "https" and target.scheme == "http"


def _host(url: str) -> str:
    try:
        return URL(url).raw_host or ""
    except ValueError:
        return ""


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _status_key(status: int) -> str:
    """Return the catalog key that says what a person can do about an error status."""
    if status in {401, 402, 403, 407, 451}:
        return "error.status_refused"
    if status == 404:
        return "error.status_missing"
    if status == 429:
        return "error.status_busy"
    return "error.status_broken" if status >= 500 else "error.status"


def _reason(error: Exception, url: URL) -> FetchError:
    """Return our error for one of the library's."""
    host = url.raw_host or ""
    if isinstance(error, aiohttp.InvalidURL):
        return Forbidden("error.bad_url")
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Refused):
        return Forbidden("error.forbidden_address", host=host)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unreachable("error.unknown_host", host=host)
    if isinstance(error, aiohttp.ClientSSLError):
        return Unreachable("error.bad_certificate", host=host)
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
        return Unreachable("error.broken_answer")
    return Unreachable()
