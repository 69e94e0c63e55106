"""A parsing child: reads one foreign document after another from a pipe, under limits its parent set."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from traceback import format_exc
from typing import Any, BinaryIO

import orjson

from bot.core.codec import encode
from bot.core.errors import BotError

LENGTHS = 4
"""Bytes of each of the two lengths, big-endian, that open a frame: of its JSON head and of its raw body."""

FUNCTIONS = {
    "page": "bot.intake.extract:extract",
    "feed": "bot.intake.feeds:parse",
    "outlines": "bot.intake.opml:read",
    "post": "bot.intake.wordpress:page",
}
"""What a child can do with a document, by name: `module:function`, called as `function(body, *arguments)`."""

_FRAMES, _WORDS = 3, 2000
"""How much of a traceback the parent gets for its log: innermost frames, characters."""

_FILES = 32
"""Open files at a time: the pipes, and data that the libraries read late (time zones, say)."""

_FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.", "os.exec", "os.fork", "os.posix")


def main() -> None:
    """Answer until the parent closes the pipe. Arguments: functions as JSON, CPU seconds and megabytes a document."""
    functions, seconds, megabytes = orjson.loads(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    table = {name: _function(path) for name, path in functions.items()}
    room = _confine(megabytes)
    _send(answers, {"ready": True})
    while document := _receive(sys.stdin.buffer):
        head, body = document
        told, result = _handled(table, head, body, seconds)
        last = told.get("key") == "error.document_memory" or _address_space() > room
        _send(answers, {**told, "last": last}, result)
        if last:
            break


def _function(path: str) -> Callable[..., object]:
    module, _, name = path.partition(":")
    function: Callable[..., object] = getattr(import_module(module), name)
    return function


def _confine(megabytes: int) -> int:
    """Give up what reading a document needs none of; return the address space above which a child had better end."""
    baseline, limit = _address_space(), megabytes * 2**20
    bounds = {
        resource.RLIMIT_AS: baseline + limit,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for name, bound in bounds.items():
        with suppress(ValueError, OSError):  # some systems do not know every limit
            resource.setrlimit(name, (bound, bound))
    sys.addaudithook(_refuse)
    return baseline + limit // 2


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    """Keep libraries that mean well from fetching images and starting programs; limits alone stop nobody else."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)


def _address_space() -> int:
    """Return the bytes of address space in use; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _handled(
    table: Mapping[str, Callable[..., object]], head: Mapping[str, Any], body: bytes, seconds: float
) -> tuple[dict[str, object], bytes]:
    """Return what came of one document: nothing and the result, or the error. Out of time means death by SIGPROF."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return {}, encode(table[head["function"]](body, *head["arguments"]))
    except BotError as error:
        arguments = {name: value if isinstance(value, int) else str(value) for name, value in error.arguments.items()}
        return {"error": type(error).__name__, "key": error.message_key, "arguments": arguments}, b""
    except MemoryError:
        return {"error": "Unparsable", "key": "error.document_memory", "arguments": {}}, b""
    except Exception:  # noqa: BLE001  # whatever a library raises on a foreign document ends here
        sys.stderr.write(format_exc(limit=-_FRAMES)[-_WORDS:] + "\n")
        return {"error": "Unparsable", "key": "", "arguments": {}}, b""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _receive(stream: BinaryIO) -> tuple[Mapping[str, Any], bytes] | None:
    """Read one frame; None where the parent has closed the pipe or died."""
    lengths = stream.read(2 * LENGTHS)
    if len(lengths) < 2 * LENGTHS:
        return None
    head = stream.read(int.from_bytes(lengths[:LENGTHS]))
    body = stream.read(int.from_bytes(lengths[LENGTHS:]))
    return orjson.loads(head), body


def _send(stream: BinaryIO, head: Mapping[str, object], body: bytes = b"") -> None:
    stream.write(frame(head, body))
    stream.flush()


def frame(head: Mapping[str, object], body: bytes) -> bytes:
    """Return a frame of the protocol: two lengths, a JSON head, a raw body."""
    told = orjson.dumps(head)
    return len(told).to_bytes(LENGTHS) + len(body).to_bytes(LENGTHS) + told + body


if __name__ == "__main__":
    main()
