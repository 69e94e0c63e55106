"""What every request passes: the right host, our own forms, a limit a caller; and what every answer carries."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from adapters.web.sessions import form_token
from bot.core.errors import NotAllowed, UsageError
from bot.core.pace import Quota, Rate
from bot.core.ports import Clock
from bot.core.settings import Settings
from bot.intake.photos import too_large

NONCE = web.RequestKey("nonce", str)
"""What the page's own style sheet and script carry, so that no other runs."""
FORM_BYTES = 65_536
_FORM_SECONDS = 15.0
_PHOTO_SECONDS = 60.0
_PLAIN, _WITH_FILES = "application/x-www-form-urlencoded", "multipart/form-data"
_SESSIONS_AN_HOUR = 30


class TooMany(NotAllowed):
    """More than is let in; a little later it will be."""

    key = "web.too_many"


class StaleForm(NotAllowed):
    """A form of ours from before the session changed; what was filled in must not be lost with it."""

    key = "web.stale_form"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = fields


class Guard:
    """Knows under which names the desk is reached, and turns away what comes another way."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._public = settings.public_url
        self._web_host = settings.web_host
        self._clock = clock
        self._quota = Quota({"sessions": Rate(_SESSIONS_AN_HOUR, 3600, burst=_SESSIONS_AN_HOUR)})
        self.port = settings.web_port
        """The port that was bound."""

    @property
    def secure(self) -> bool:
        """Whether people reach the desk by https."""
        return self._public is not None and self._public.scheme == "https"

    @property
    def cookie(self) -> str:
        """The session cookie's name; without https it names the port, which cookies do not tell apart."""
        return "__Host-dateline" if self.secure else f"dateline-{self.port}"

    def knows_host(self, host: str) -> bool:
        """Tell whether a Host header names us; a name that somebody else pointed here (DNS rebinding) does not."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if self._public and name == (self._public.host or "").strip("[]") and port in {None, self._public.port}:
            return True
        return (port or 80) == self.port and (name in {"localhost", self._web_host} or _is_address(name))

    async def form(self, request: web.Request) -> Mapping[str, str]:
        """Return the fields of a form of ours. Raises NotAllowed for others', UsageError for what is no form.

        A form whose token is not this session's raises StaleForm: nothing may be done, but its words can be shown.
        """
        _check_origin(request)
        if request.content_type != _PLAIN:
            raise UsageError("web.no_form")
        return self._ours(request, await _posted(request, FORM_BYTES, _FORM_SECONDS))

    async def form_with_photo(self, request: web.Request, most: int) -> tuple[Mapping[str, str], bytes]:
        """Return the fields of a form of ours and the photo of `most` bytes that came with it, if one was chosen.

        Raises as `form` does, and UsageError where the photo is larger.
        """
        try:
            return await self._form_with_file(request, "photo", most)
        except web.HTTPRequestEntityTooLarge:
            raise too_large(most) from None

    async def form_with_list(self, request: web.Request, most: int) -> tuple[Mapping[str, str], bytes]:
        """Return the same for a list of feeds."""
        try:
            return await self._form_with_file(request, "list", most)
        except web.HTTPRequestEntityTooLarge:
            if request.content_type != _WITH_FILES:
                raise
            raise UsageError("opml.too_large", limit=most) from None

    async def _form_with_file(self, request: web.Request, name: str, most: int) -> tuple[Mapping[str, str], bytes]:
        if request.content_type != _WITH_FILES:
            return await self.form(request), b""
        _check_origin(request)
        posted = await _posted(request, FORM_BYTES + most, _PHOTO_SECONDS)
        files = {field: part for field, part in posted.items() if isinstance(part, web.FileField)}
        data = files[name].file.read() if name in files else b""
        for part in files.values():
            part.file.close()
        return self._ours(request, posted), data

    def _ours(self, request: web.Request, posted: Mapping[str, object]) -> Mapping[str, str]:
        """Return what was typed into a form. Raises StaleForm where it is not of this session."""
        fields = {name: value for name, value in posted.items() if isinstance(value, str)}
        expected = form_token(request.cookies.get(self.cookie, ""))
        if not hmac.compare_digest(fields.get("token", "").encode(), expected.encode()):
            raise StaleForm(fields)
        return fields

    def admit_newcomer(self, request: web.Request) -> None:
        """Count one more session from the caller's address. Raises TooMany."""
        if self._quota.take("sessions", self._network(request), self._clock.monotonic()):
            raise TooMany

    def headers(self, nonce: str) -> Mapping[str, str]:
        """Return what every answer carries."""
        policy = (
            f"default-src 'self'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; form-action 'self'; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        transport = {"Strict-Transport-Security": "max-age=31536000"} if self.secure else {}
        return {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            **transport,
        }

    def _network(self, request: web.Request) -> str:
        """Return the caller's address, for IPv6 the /64 around it; behind a proxy of ours its word counts."""
        caller = request.remote or ""
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ())).rpartition(",")[2].strip()
        if self._public and _is_address(forwarded) and _is_address(caller) and ip_address(caller).is_private:
            caller = forwarded
        if _is_address(caller) and ip_address(caller).version == 6:
            return str(ip_network(f"{caller.partition('%')[0]}/64", strict=False))
        return caller


async def _posted(request: web.Request, most: int, seconds: float) -> Mapping[str, object]:
    """Return the fields of whatever was posted. Raises UsageError for what is broken, HTTPException for too much."""
    try:
        async with asyncio.timeout(seconds):
            return await request.clone(client_max_size=most).post()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (ValueError, LookupError, RuntimeError, HttpProcessingError, web.RequestPayloadError) as error:
        raise UsageError("web.no_form") from error


def _check_origin(request: web.Request) -> None:
    """Raise NotAllowed where the browser says that another site's page sent this.

    Our pages send no referrer, for which browsers call the origin of a plain form `null`: there the token decides.
    """
    origin = request.headers.get("Origin", "null")
    ours = origin == "null" or origin.partition("://")[2] == request.host
    if not ours or request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise NotAllowed("web.foreign_form")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
