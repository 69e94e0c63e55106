"""The socket in the data folder by which the command line reaches a running instance; only its owner may open it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import structlog
from aiohttp import web

from bot.core.errors import BotError, Conflict, NotAllowed, NotFound, UsageError
from bot.core.ports import Bot

Operation = Callable[..., Awaitable[Mapping[str, Any]]]
"""Something the command line asks for: (bot, **arguments) to plain values."""
Call = Callable[..., Awaitable[Mapping[str, Any]]]
"""`await call("breaking", text="...")`, wherever it is carried out. Raises BotError."""

_SHUTDOWN_SECONDS = 3.0
"""What the command line asked for has so long when the bot ends."""
_MOST_BYTES = 32 * 1024 * 1024
"""What the command line may send at once: a long page, as JSON."""

_log = structlog.get_logger()

_ERRORS: Mapping[str, type[BotError]] = {kind.__name__: kind for kind in (UsageError, NotAllowed, NotFound, Conflict)}


def socket_path(data_dir: Path) -> Path:
    """Return where the socket stands. Its name is short: a socket's path has at most 107 characters."""
    return data_dir / "control.sock"


async def serve(bot: Bot, operations: Mapping[str, Operation]) -> None:
    """Answer the command line until cancelled."""

    async def answer(request: web.Request) -> web.Response:
        operation = operations.get(request.match_info["name"])
        if operation is None:
            return _refusal(404, NotFound())
        try:
            result = await operation(bot, **orjson.loads(await request.read()))
        except BotError as error:
            return _refusal(400, error)
        except Exception:  # noqa: BLE001  # whoever asked gets an answer also where we are at fault
            _log.exception("control failed", operation=request.match_info["name"])
            return _refusal(500, BotError())
        return web.Response(body=orjson.dumps(result))

    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post("/{name}", answer)
    runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    path = socket_path(bot.settings.data_dir)
    try:
        await web.SockSite(runner, _bound(path)).start()
        await asyncio.Event().wait()
    except OSError as error:  # a path too long, a folder that takes no sockets: the news goes out all the same
        _log.error("the command line can't reach this bot", socket=str(path), problem=error.strerror or str(error))
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


def _refusal(status: int, error: BotError) -> web.Response:
    failure = {"error": type(error).__name__, "key": error.message_key, "args": error.arguments}
    return web.Response(status=status, body=orjson.dumps(failure, default=str))


def _bound(path: Path) -> socket.socket:
    """Return a socket that stands at the path; what stood there is gone with its process: the store's lock is ours."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _only_ours():
            listener.bind(_short(path))
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def reached(data_dir: Path) -> AsyncIterator[Call | None]:
    """Give the way to a running instance, or None where none runs. Raises UsageError for another account's folder."""
    path = socket_path(data_dir)
    try:
        runs = path.is_socket()
    except OSError as error:
        raise UsageError("error.store_folder", folder=str(data_dir)) from error
    if not runs:
        yield None
        return
    patient = aiohttp.ClientTimeout(total=None)  # a backup takes as long as it takes
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(_short(path)), timeout=patient) as session:

        async def call(name: str, /, **arguments: object) -> Mapping[str, Any]:
            try:
                body = orjson.dumps(arguments)
            except TypeError as error:  # a file's name in another encoding, say
                raise UsageError("terminal.no_utf8") from error
            try:
                async with session.post(f"http://dateline/{name}", data=BytesIO(body)) as response:
                    result: dict[str, Any] = orjson.loads(await response.read())
            except aiohttp.ClientError as error:
                raise BotError("error.bot_stopped") from error
            if response.status != 200:
                raise _ERRORS.get(result["error"], BotError)(result["key"], **result["args"])
            return result

        try:
            async with session.get("http://dateline/"):
                pass
        except aiohttp.ClientConnectionError:  # left behind by a process that was killed
            yield None
        else:
            yield call


def _short(path: Path) -> str:
    """The shorter of the path's two forms, as a socket's address is limited."""
    return min(str(path.absolute()), os.path.relpath(path), key=len)


@contextmanager
def _only_ours() -> Iterator[None]:
    """Let nobody else open what is made meanwhile: a socket has its mode from the moment it exists."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
