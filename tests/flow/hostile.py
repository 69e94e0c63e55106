"""A web server that does what it can against whoever asks it, on loopback, byte by byte."""

from __future__ import annotations

import asyncio
import gzip
import sys
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import brotli

PAGE = b"<html><title>Bridge closed</title><p>The old bridge is closed.</p></html>"
MEGABYTE = bytes(2**20)
INSIDE = [
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7F.0.0x0.01/",
    "http://%31%32%37.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://127。0。0。1/",
    "http://0/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://10.1.2.3/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00:ec2::254]/",
]


class Spy:
    """Hears every address that this process connects to."""

    ears: ClassVar[list[list[object]]] = []
    installed = False

    def __enter__(self):
        if not Spy.installed:  # an audit hook can't be taken out again, only left without ears
            sys.addaudithook(self._heard)
            Spy.installed = True
        self.ears.append([])
        return self.ears[-1]

    def __exit__(self, *_):
        self.ears.pop()

    @classmethod
    def _heard(cls, event, arguments):
        if event == "socket.connect" and cls.ears:
            cls.ears[-1].append(arguments[1])


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
                    request = _asked(await reader.readuntil(b"\r\n\r\n"))
                    await reader.readexactly(int(request.headers.get("content-length", 0)))
                    await self._answer(request, writer)
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
            await ANSWERS.get(parts.path, missing)(self, writer, query)
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


def kind(query: dict[str, str]) -> str:
    """Return the header that says what the answer is: what the query names as its `kind`."""
    return f"Content-Type: {query.get('kind', 'text/html')}"


def begun(query: dict[str, str]) -> bytes:
    """Return the beginning of an answer, in which more headers may come."""
    return f"HTTP/1.1 200 OK\r\n{kind(query)}\r\n".encode()


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with nothing wrong about it."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode(errors="surrogateescape") + body


@answers("/page")
async def page(server, writer, query):
    writer.write(whole(PAGE, "Content-Type: text/html; charset=utf-8", 'ETag: W/"7"', "Link: <a>", "Link: <b>"))


async def missing(server, writer, query):
    writer.write(whole(b"", status="404 Not Found"))


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


@answers("/feed")
async def feed(server, writer, query):
    """Be a feed with the ETag of the query."""
    body = b"<rss><channel><title>Feed</title><item><title>Bridge closed</title></item></channel></rss>"
    writer.write(whole(body, "Content-Type: application/rss+xml", f"ETag: {query['etag']}"))


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
    writer.write(begun(query) + b"Content-Length: 1000000\r\n\r\n")
    await _drip(server, writer, b"x")


@answers("/slow/informational")
async def informational(server, writer, query):
    await _drip(server, writer, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


@answers("/slow/never")
async def never(server, writer, query):
    await asyncio.sleep(3600)


@answers("/endless")
async def endless(server, writer, query):
    writer.write(begun(query) + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE))
        await writer.drain()


@answers("/endless/unframed")
async def endless_unframed(server, writer, query):
    writer.write(begun(query) + b"Connection: close\r\n\r\n")
    while True:
        writer.write(MEGABYTE)
        await writer.drain()


@answers("/bomb/gzip")
async def bomb_gzip(server, writer, query):
    """One member of 2 GiB in 2 MiB."""
    await _bomb(writer, query, "gzip", zlib.compressobj(9, wbits=31), 2**11)


@answers("/bomb/deflate")
async def bomb_deflate(server, writer, query):
    await _bomb(writer, query, "deflate", zlib.compressobj(9), 2**11)


@answers("/bomb/members")
async def bomb_members(server, writer, query):
    """Two hundred thousand gzip members of a few bytes each."""
    packer = zlib.compressobj(9, wbits=31)
    member = packer.compress(b"x") + packer.flush()
    await _whole_bomb(writer, query, "gzip", member * 200_000)


async def _bomb(writer, query, encoding: str, packer, megabytes: int):
    await _whole_bomb(writer, query, encoding, packed(megabytes, packer))


def packed(megabytes: int, packer=None) -> bytes:
    """Return so much of nothing as gzip, or as a packer has it; without its end."""
    packer = packer or zlib.compressobj(9, wbits=31)
    first = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (megabytes - 1)


@answers("/bomb/br")
async def bomb_brotli(server, writer, query):
    """Four GiB in 7 KiB."""
    packer = brotli.Compressor(quality=5)
    first, again = [packer.process(bytes(2**24)) + packer.flush() for _ in range(2)]
    await _whole_bomb(writer, query, "br", first + again * 255)


async def _whole_bomb(writer, query, encoding: str, body: bytes):
    writer.write(whole(body, kind(query), f"Content-Encoding: {encoding}"))
    await writer.drain()


@answers("/bomb/zstd")
async def bomb_zstd(server, writer, query):
    """Two GiB of one byte, in blocks that say how often it stands there (RFC 8878, 3.1.1.2)."""
    block = (2**17 << 3 | 1 << 1).to_bytes(3, "little") + b"x"
    await _whole_bomb(writer, query, "zstd", b"\x28\xb5\x2f\xfd\x00\x58" + block * 2**14)


@answers("/bomb/nested")
async def bomb_nested(server, writer, query):
    """Two GiB packed twice, and said to be."""
    await _whole_bomb(writer, query, "gzip, gzip", gzip.compress(packed(2**11)))


@answers("/bomb/within")
async def bomb_within(server, writer, query):
    """Two GiB packed twice, of which only the outer packing is named: a file that is packed itself."""
    await _whole_bomb(writer, query, "gzip", gzip.compress(packed(2**11)))


@answers("/bomb/file")
async def bomb_file(server, writer, query):
    """A packed file of one GiB."""
    writer.write(whole(packed(2**10), kind(query)))


@answers("/headers/long")
async def long_header(server, writer, query):
    writer.write(whole(PAGE, kind(query), f"X-Long: {'x' * 100_000}"))


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
    writer.write(begun(query) + b"Content-Length: 1000\r\n\r\n" + PAGE)
    writer.close()


@answers("/wrong/chunk")
async def unfinished_chunk(server, writer, query):
    writer.write(begun(query) + b"Transfer-Encoding: chunked\r\n\r\n40\r\n" + PAGE[:20])
    writer.close()


@answers("/wrong/negative")
async def negative_length(server, writer, query):
    writer.write(begun(query) + b"Content-Length: -5\r\n\r\n" + PAGE)


@answers("/wrong/two-lengths")
async def two_lengths(server, writer, query):
    writer.write(begun(query) + b"Content-Length: 5\r\nContent-Length: 60\r\n\r\n" + PAGE)


@answers("/wrong/encoding")
async def no_gzip(server, writer, query):
    writer.write(whole(PAGE, kind(query), "Content-Encoding: gzip"))


@answers("/wrong/cut")
async def cut_gzip(server, writer, query):
    packed = zlib.compressobj(9, wbits=31)
    body = packed.compress(bytes(range(256)) * 64) + packed.flush()
    writer.write(whole(body[: len(body) // 2], kind(query), "Content-Encoding: gzip"))


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
