"""The one HTTP server: its socket, its application, and the frame of headers and errors around every page."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterable
from hashlib import sha256

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.web.guard import NONCE
from adapters.web.site import FOLDER, Site, status_of
from bot.core.errors import BotError, UsageError
from bot.core.ports import Clock

_BODY_BYTES = 1_048_576
"""Largest body of any route; our own forms are held to less."""
_PATIENCE = 30.0
"""Seconds, twice of which at most a connection may take for its first request; later ones aiohttp looks after."""
_ASKED = web.AppKey("asked", set[web.RequestHandler])
"""Connections over which something was asked."""
_QUEUE = 128
"""Connections that wait to be answered, as aiohttp has it."""
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_log = structlog.get_logger()


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that has the address. Raises UsageError where it can't be had.

    Whoever comes before anything answers there waits in its queue: the address is printed a moment earlier.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind(address)
            listener.listen(_QUEUE)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise UsageError("web.port_taken", host=host, port=port, reason=error.strerror or str(error)) from error
    return listener


def application(site: Site, routes: Iterable[web.AbstractRouteDef]) -> web.Application:
    """Return the application with these routes, the static files and the health check."""
    app = web.Application(middlewares=[_framed(site)], client_max_size=_BODY_BYTES)
    app.add_routes([*routes, web.get("/health", _health), web.get("/static/{name}", _static)])

    async def add_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
        response.headers.update(site.guard.headers(request.get(NONCE, "")))

    app.on_response_prepare.append(add_headers)
    app[_ASKED] = set()
    return app


async def turn_away_silent(runner: web.AppRunner, clock: Clock) -> None:
    """End connections over which nothing whole was asked for a while: each takes a file of those we may open."""
    before = set[web.RequestHandler]()
    while True:
        await clock.sleep(_PATIENCE)
        connected = runner.server.connections if runner.server else []
        runner.app[_ASKED].intersection_update(connected)
        silent = [each for each in connected if each not in runner.app[_ASKED]]
        for connection in before.intersection(silent):
            connection.force_close()
        before = set(silent)


def _framed(site: Site) -> Middleware:
    @web.middleware
    async def frame(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn away what does not mean us, and turn every error into a page that says no more than it should."""
        request[NONCE] = secrets.token_urlsafe(16)
        request.app[_ASKED].add(request.protocol)
        if request.path != "/health" and not site.guard.knows_host(request.host):
            return web.Response(status=421, text="This is not the address of this site; its operator sets PUBLIC_URL.")
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                return answer
            page = await site.problem(request, answer.status)
            if "Allow" in answer.headers:
                page.headers["Allow"] = answer.headers["Allow"]
            return page
        except BotError as error:
            _log.info("refused", path=request.path, problem=error.message_key)
            return await site.problem(request, status_of(error), error=error)
        except Exception:  # noqa: BLE001  # whoever asks gets an answer, and no traceback
            _log.exception("page failed", route=str(request.match_info.route.resource))
            return await site.problem(request, 500)

    return frame


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _static(request: web.Request) -> web.Response:
    """Serve a file of ours; a browser keeps it until it changes."""
    file = FOLDER / "static" / request.match_info["name"]
    if file.parent != FOLDER / "static" or file.suffix not in _TYPES or not file.is_file():
        raise web.HTTPNotFound
    body = file.read_bytes()
    tag = sha256(body).hexdigest()[:16]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if request.if_none_match and any(known.value == tag for known in request.if_none_match):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=_TYPES[file.suffix], charset="utf-8", headers=headers)
