"""A language model's server on the loopback, which answers as a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sesame-opens-the-model"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """Where the model lives, how it answers, and what it was asked."""

    url: str = ""
    answer: Answer | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.headers.append(dict(request.headers))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self.answer(request)
        finally:
            self.under_way -= 1


def raw(body: str | bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Answer:
    """Answer these bytes."""
    data = body.encode() if isinstance(body, str) else body
    named = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=data, status=status, headers=named)

    return answer


def completion(content: str | None, *, usage: object = (900, 60), finish: str = "stop") -> Answer:
    """Answer as such servers do, with this text."""
    told: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}],
    }
    if isinstance(usage, tuple):
        questions, answers = usage
        usage = {"prompt_tokens": questions, "completion_tokens": answers, "total_tokens": questions + answers}
    return raw(json.dumps(told | ({"usage": usage} if usage else {})))


def told(*lines: tuple[str, int], **changed: Any) -> Answer:
    """Answer sentences with their paragraphs."""
    rows = [{"text": text, "paragraph": paragraph} for text, paragraph in lines]
    return completion(json.dumps({"sentences": rows}), **changed)


def held(release: asyncio.Event, then: Answer) -> Answer:
    """Answer when the test says so."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return await then(request)

    return answer


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer without end."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" " * 65_536)


@asynccontextmanager
async def served() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.handle)
    app.router.add_route("*", "/elsewhere", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
