"""A web server that does what it can against whoever asks it, on loopback, byte by byte."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import brotli

PAGE = b"<html><title>Bridge closed</title><p>The old bridge is closed.</p></html>"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
MEGABYTE = bytes(2**20)


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    headers: dict[str, str]


@dataclass
class Hostile:
    """The server. `async with Hostile() as server: server.url("/page")`."""

    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0

    async def __aenter__(self):
        self._open = Counter()
        self._tasks = set()
        self._first = asyncio.Event()
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def _accepted(self, reader, writer):
        task = asyncio.create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader, writer):
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    await self._answer(_asked(await reader.readuntil(b"\r\n\r\n")), writer)
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def wait_asked(self) -> None:
        """Wait until somebody has asked for something."""
        await self._first.wait()

    async def _answer(self, request: Asked, writer: asyncio.StreamWriter):
        self.asked.append(request)
        self._first.set()
        self._open["now"] += 1
        self.most_at_once = max(self.most_at_once, self._open["now"])
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        try:
            await ANSWERS[parts.path](self, writer, query)
            await writer.drain()
        finally:
            self._open["now"] -= 1


def _asked(head: bytes) -> Asked:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines if line)
    return Asked(first.split(" ")[1], {name.lower(): value for name, value in pairs})


Answer = Callable[[Hostile, asyncio.StreamWriter, dict[str, str]], Awaitable[None]]
ANSWERS: dict[str, Answer] = {}


def answers(path: str) -> Callable[[Answer], Answer]:
    def keep(answer: Answer) -> Answer:
        ANSWERS[path] = answer
        return answer

    return keep


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with nothing wrong about it."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode(errors="surrogateescape") + body


@answers("/page")
async def page(server, writer, query):
    writer.write(whole(PAGE, "Content-Type: text/html; charset=utf-8", 'ETag: W/"7"', "Link: <a>", "Link: <b>"))


@answers("/type")
async def typed(server, writer, query):
    writer.write(whole(PAGE, *([f"Content-Type: {query['is']}"] if query["is"] else [])))


@answers("/status")
async def status(server, writer, query):
    extra = [f"Retry-After: {query['after']}"] if "after" in query else []
    body = b"" if query["is"] == "304" else b"<p>No.</p>"
    writer.write(whole(body, "Content-Type: text/html", *extra, status=f"{query['is']} Whatever"))


@answers("/cookie")
async def cookie(server, writer, query):
    writer.write(whole(PAGE, "Content-Type: text/html", "Set-Cookie: track=1; Path=/"))


@answers("/latin")
async def latin(server, writer, query):
    writer.write(whole(PAGE, "Content-Type: text/html", 'ETag: "caf\udce9"'))


@answers("/busy")
async def busy(server, writer, query):
    await asyncio.sleep(float(query["seconds"]))
    writer.write(whole(PAGE, "Content-Type: text/html"))


# ------------------------------------------------------------------------------------------------ too slow, too much


async def _drip(server, writer, drop: bytes):
    while True:
        writer.write(drop)
        await writer.drain()
        await asyncio.sleep(0.02)


@answers("/slow/headers")
async def slow_headers(server, writer, query):
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await _drip(server, writer, b"x")


@answers("/slow/body")
async def slow_body(server, writer, query):
    writer.write(OK + b"Content-Length: 1000000\r\n\r\n")
    await _drip(server, writer, b"x")


@answers("/slow/informational")
async def informational(server, writer, query):
    await _drip(server, writer, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


@answers("/slow/never")
async def never(server, writer, query):
    await asyncio.sleep(3600)


@answers("/endless")
async def endless(server, writer, query):
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE))
        await writer.drain()


@answers("/endless/unframed")
async def endless_unframed(server, writer, query):
    writer.write(OK + b"Connection: close\r\n\r\n")
    while True:
        writer.write(MEGABYTE)
        await writer.drain()


@answers("/bomb/gzip")
async def bomb_gzip(server, writer, query):
    """One member of 2 GiB in 2 MiB."""
    await _bomb(writer, "gzip", zlib.compressobj(9, wbits=31), 2**11)


@answers("/bomb/deflate")
async def bomb_deflate(server, writer, query):
    await _bomb(writer, "deflate", zlib.compressobj(9), 2**11)


@answers("/bomb/members")
async def bomb_members(server, writer, query):
    """Two hundred thousand gzip members of a few bytes each."""
    packer = zlib.compressobj(9, wbits=31)
    member = packer.compress(b"x") + packer.flush()
    await _whole_bomb(writer, "gzip", member * 200_000)


async def _bomb(writer, encoding: str, packer, megabytes: int):
    first = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    await _whole_bomb(writer, encoding, first + again * (megabytes - 1))


@answers("/bomb/br")
async def bomb_brotli(server, writer, query):
    """Four GiB in 7 KiB."""
    packer = brotli.Compressor(quality=5)
    first, again = [packer.process(bytes(2**24)) + packer.flush() for _ in range(2)]
    await _whole_bomb(writer, "br", first + again * 255)


async def _whole_bomb(writer, encoding: str, body: bytes):
    writer.write(whole(body, "Content-Type: text/html", f"Content-Encoding: {encoding}"))
    await writer.drain()


@answers("/headers/long")
async def long_header(server, writer, query):
    writer.write(whole(PAGE, "Content-Type: text/html", f"X-Long: {'x' * 100_000}"))


@answers("/headers/many")
async def many_headers(server, writer, query):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 1000)
        await writer.drain()


@answers("/headers/reason")
async def endless_status_line(server, writer, query):
    writer.write(b"HTTP/1.1 200 ")
    while True:
        writer.write(b"OK" * 10_000)
        await writer.drain()


# ------------------------------------------------------------------------------------------------ wrong


@answers("/wrong/short")
async def shorter_than_told(server, writer, query):
    writer.write(OK + b"Content-Length: 1000\r\n\r\n" + PAGE)
    writer.close()


@answers("/wrong/chunk")
async def unfinished_chunk(server, writer, query):
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n40\r\n" + PAGE[:20])
    writer.close()


@answers("/wrong/negative")
async def negative_length(server, writer, query):
    writer.write(OK + b"Content-Length: -5\r\n\r\n" + PAGE)


@answers("/wrong/two-lengths")
async def two_lengths(server, writer, query):
    writer.write(OK + b"Content-Length: 5\r\nContent-Length: 60\r\n\r\n" + PAGE)


@answers("/wrong/encoding")
async def no_gzip(server, writer, query):
    writer.write(whole(PAGE, "Content-Type: text/html", "Content-Encoding: gzip"))


@answers("/wrong/cut")
async def cut_gzip(server, writer, query):
    packed = zlib.compressobj(9, wbits=31)
    body = packed.compress(bytes(range(256)) * 64) + packed.flush()
    writer.write(whole(body[: len(body) // 2], "Content-Type: text/html", "Content-Encoding: gzip"))


@answers("/wrong/protocol")
async def no_http(server, writer, query):
    writer.write(b"220 mail.example ESMTP ready\r\n\r\n")
    writer.close()


@answers("/wrong/reset")
async def reset(server, writer, query):
    writer.transport.abort()


# ------------------------------------------------------------------------------------------------ elsewhere


@answers("/to")
async def redirect(server, writer, query):
    """Lead to `where`, with the status `is` (302)."""
    where = query.get("where", "")
    headers = [f"Location: {where}"] if where else []
    writer.write(whole(b"moved", *headers, status=f"{query.get('is', '302')} Moved"))


@answers("/loop")
async def loop(server, writer, query):
    writer.write(whole(b"", "Location: /loop", status="301 Moved"))


@answers("/chain")
async def chain(server, writer, query):
    """Lead on `left` times, then be a page."""
    left = int(query["left"])
    if left:
        writer.write(whole(b"", f"Location: /chain?left={left - 1}", status="302 Found"))
    else:
        await page(server, writer, query)
