"""Telegram and Discord on the loopback as their limits are written, with a ledger of all they took in and refused."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict, deque
from contextlib import suppress
from itertools import count

import orjson
from aiohttp import WSMsgType, web

from bench.wire import serve

TELEGRAM_TOKEN, DISCORD_TOKEN = "123456:TEST", "MTIz.fake.token"  # nobody's
API = "/api/v10"
APPLICATION = "900000000000000001"
_ME = {"id": 123456, "is_bot": True, "first_name": "News", "username": "news_test_bot"}
_AUTHOR = {"id": APPLICATION, "username": "dateline", "discriminator": "0", "avatar": None, "bot": True}
_APPLICATION = {"id": APPLICATION, "name": "dateline", "icon": None, "description": "", "bot_public": True}
_APPLICATION |= {"bot_require_code_grant": False, "verify_key": "", "flags": 0, "team": None}
_APPLICATION |= {"owner": {"id": "1", "username": "owner", "discriminator": "0", "avatar": None}}


class Bucket:
    """Tokens that come back at a rate, up to a number."""

    def __init__(self, rate: float, most: float) -> None:
        self._rate, self._most, self._left, self._at = rate, most, most, time.monotonic()

    def wait(self) -> float:
        """Return in how many seconds there is a token; 0 for now."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._left >= 1 else (1 - self._left) / self._rate

    def take(self) -> None:
        """Take a token."""
        self._left -= 1


class Platform:
    """What both have: a ledger of time, chat, first words and status, and chats in which something is wrong."""

    def __init__(self) -> None:
        self.ledger: list[tuple[float, str, str, int]] = []
        self.said: dict[str, float] = {}
        """Chats in which somebody typed, with the time."""
        self.slow: dict[str, float] = {}
        self.limited: dict[str, float] = {}
        self._until: dict[str, float] = {}
        self.ids = count(900_000_000_000_000_100)

    def note(self, chat: str, words: str, status: int) -> None:
        """Enter a request in the ledger."""
        self.ledger.append((time.time(), chat, words, status))

    def wrong(self, chat: str) -> float:
        """Return for how many seconds a limited chat takes nothing more; that is no fault of who asks first."""
        if chat not in self.limited:
            return 0.0
        until = self._until.setdefault(chat, time.monotonic() + self.limited[chat])
        return max(0.0, until - time.monotonic())

    async def lag(self, chat: str) -> None:
        """Be slow where it is asked for."""
        if chat in self.slow:
            await asyncio.sleep(self.slow[chat])


class Telegram(Platform):
    """30 a second overall, one a second and five at once to a private chat, 20 a minute to a group."""

    def __init__(self) -> None:
        super().__init__()
        self._overall = Bucket(30, 30)
        self._private: dict[str, Bucket] = defaultdict(lambda: Bucket(1, 5))
        self._groups: dict[str, Bucket] = defaultdict(lambda: Bucket(20 / 60, 20))
        self._updates: list[dict[str, object]] = []
        self._come = asyncio.Event()

    def say(self, chat: str, line: str) -> None:
        """Type a line in a private chat."""
        person = {"id": int(chat), "first_name": "Reader", "language_code": "en"}
        entities = [{"type": "bot_command", "offset": 0, "length": len(line)}]
        message = {"message_id": next(self.ids) % 1000, "date": int(time.time()), "text": line, "entities": entities}
        message |= {"chat": person | {"type": "private"}, "from": person | {"is_bot": False}}
        self._updates.append({"update_id": len(self.said) + 1, "message": message})
        self.said[chat] = time.time()
        self._come.set()

    async def call(self, request: web.Request) -> web.Response:
        """Carry out a method of the Bot API."""
        body = orjson.loads(await request.read() or b"{}")
        method = request.match_info["method"]
        if method == "getMe":
            return _json({"ok": True, "result": _ME})
        if method == "getUpdates":
            return await self._get_updates(int(body.get("offset", 0)), float(body.get("timeout", 0)))
        if method == "sendMessage":
            return await self._send(str(body["chat_id"]), body["text"])
        return _json({"ok": True, "result": True})

    async def _get_updates(self, offset: int, seconds: float) -> web.Response:
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._come.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._come.wait(), seconds)
        return _json({"ok": True, "result": self._updates})

    async def _send(self, chat: str, words: str) -> web.Response:
        wait = self.wrong(chat)
        if wait:
            self.note(chat, words[:40], 0)
            return _too_many(int(wait) + 1)
        buckets = self._overall, (self._groups if chat.startswith("-") else self._private)[chat]
        if wait := max(bucket.wait() for bucket in buckets):
            self.note(chat, words[:40], 429)
            return _too_many(int(wait) + 1)
        for bucket in buckets:
            bucket.take()
        self.note(chat, words[:40], 200)
        await self.lag(chat)
        shown = {"message_id": next(self.ids) % 1_000_000, "date": int(time.time()), "text": words, "from": _ME}
        return _json({"ok": True, "result": shown | {"chat": {"id": int(chat), "type": "private"}}})


class Discord(Platform):
    """50 requests in any second, five in five seconds to a channel, with the headers that tell; and a gateway."""

    def __init__(self) -> None:
        super().__init__()
        self._last: deque[float] = deque(maxlen=50)
        self._windows: dict[str, tuple[int, float]] = {}
        self._asked: dict[str, str] = {}
        self._socket: web.WebSocketResponse | None = None
        self._events = count(1)

    async def call(self, request: web.Request) -> web.Response:
        """Carry out a request to the REST API."""
        raw = await request.read()
        path = request.path.removeprefix(API)
        steps = path.strip("/").split("/")
        if steps[0] in {"interactions", "webhooks"}:
            return self._answered(request.method, steps, orjson.loads(raw))
        if wait := self._over_all():
            self.note("", path, 429)
            return _limited(wait, "global")
        if request.method == "POST" and steps[-1] == "messages":
            return await self._post(steps[1], orjson.loads(raw))
        self.note("", path, 200)
        if path == "/gateway/bot":
            start = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
            return _json({"url": f"ws://{request.host}/gateway", "shards": 1, "session_start_limit": start})
        return _json(_APPLICATION if "applications" in path else _AUTHOR)

    def _over_all(self) -> float:
        now = time.monotonic()
        if len(self._last) == self._last.maxlen and now < self._last[0] + 1:
            return self._last[0] + 1 - now
        self._last.append(now)
        return 0.0

    async def _post(self, channel: str, body: dict[str, object]) -> web.Response:
        now = time.monotonic()
        used, until = self._windows.get(channel, (0, 0.0))
        if until <= now:
            used, until = 0, now + 5
        wait = self.wrong(channel)
        words = (body["embeds"][0].get("title") or body["embeds"][0]["description"])[:40]
        if wait or used >= 5:
            self.note(channel, words, 0 if wait else 429)
            return _limited(wait or until - now, "user")
        self._windows[channel] = used + 1, until
        self.note(channel, words, 200)
        await self.lag(channel)
        headers = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": str(4 - used)}
        headers["X-RateLimit-Reset-After"] = f"{until - now:.3f}"
        return _json(_message(channel, body, str(next(self.ids))), headers=headers)

    def _answered(self, method: str, steps: list[str], body: dict[str, object]) -> web.Response:
        """Take an acknowledgement, or the answer itself."""
        if steps[0] == "interactions":
            return web.Response(status=204)
        if method == "PATCH":
            self.note(self._asked[steps[2]], "answer", 200)
        return _json(_message("1", body, str(next(self.ids))))

    async def say(self, chat: str, line: str) -> None:
        """Give a command in a private channel."""
        id = str(next(self.ids))
        token = f"aW50ZXJhY3Rpb24-{id:0>60}"
        self._asked[token] = chat
        user = {"id": chat, "username": "reader", "discriminator": "0", "avatar": None}
        event = {
            "id": id,
            "application_id": APPLICATION,
            "type": 2,
            "data": {"type": 1, "id": "1", "name": line.strip("/"), "options": []},
            "channel_id": chat,
            "channel": {"id": chat, "type": 1, "recipients": [user]},
            "token": token,
            "version": 1,
            "locale": "en-US",
            "app_permissions": "0",
            "attachment_size_limit": 10_485_760,
            "entitlements": [],
            "authorizing_integration_owners": {},
            "context": 1,
            "user": user,
        }
        self.said[chat] = time.time()
        await self._tell("INTERACTION_CREATE", event)

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        """Hold a session of the gateway."""
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}, "s": None, "t": None})
        async for frame in socket:
            said = orjson.loads(frame.data) if frame.type is WSMsgType.TEXT else {"op": 0}
            if said["op"] == 1:
                await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
            if said["op"] == 2:
                url = f"ws://{request.host}/gateway"
                ready = {"v": 10, "user": _AUTHOR, "guilds": [], "session_id": "1", "resume_gateway_url": url}
                await self._tell("READY", ready | {"shard": [0, 1], "application": {"id": APPLICATION, "flags": 0}})
        return socket

    async def _tell(self, name: str, data: dict[str, object]) -> None:
        if self._socket:
            await self._socket.send_json({"op": 0, "t": name, "s": next(self._events), "d": data})


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    told = {**(headers or {}), "Content-Type": "application/json"}
    return web.Response(body=orjson.dumps(body), status=status, headers=told)


def _too_many(seconds: int) -> web.Response:
    said = {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {seconds}"}
    return _json(said | {"parameters": {"retry_after": seconds}}, 429)


def _limited(seconds: float, scope: str) -> web.Response:
    said = {"message": "You are being rate limited.", "retry_after": round(seconds, 3), "global": scope == "global"}
    return _json(said, 429, {"Retry-After": str(int(seconds) + 1), "X-RateLimit-Scope": scope, "Via": "1.1 google"})


def _message(channel: str, body: dict[str, object], id: str) -> dict[str, object]:
    rest = {"type": 0, "content": "", "attachments": [], "mentions": [], "mention_roles": [], "components": []}
    rest |= {"pinned": False, "mention_everyone": False, "tts": False, "edited_timestamp": None, "flags": 0}
    shown = {"id": id, "channel_id": channel, "author": _AUTHOR, "embeds": body.get("embeds", [])}
    return {**shown, **rest, "timestamp": "2026-03-02T09:00:00+00:00"}


async def far_side(platform: Platform) -> None:
    """Serve one of them, with what the benchmark has to do there below /far."""

    async def say(request: web.Request) -> web.Response:
        told = platform.say(**orjson.loads(await request.read()))
        if told:
            await told
        return web.Response()

    async def trouble(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        platform.slow, platform.limited = body["slow"], body["limited"]
        return web.Response()

    async def told(request: web.Request) -> web.Response:
        words = request.query["words"]
        return _json(sum(words in row[2] and row[3] == 200 for row in platform.ledger))

    async def ledger(_: web.Request) -> web.Response:
        return _json({"ledger": platform.ledger, "said": platform.said})

    with suppress(OSError):
        os.nice(-10)  # the platforms have machines of their own
    app = web.Application()
    app.add_routes([web.post("/far/say", say), web.post("/far/trouble", trouble), web.get("/far/ledger", ledger)])
    app.add_routes([web.get("/far/told", told)])
    if isinstance(platform, Discord):
        app.add_routes([web.get("/gateway", platform.gateway), web.get("/gateway/", platform.gateway)])
        app.add_routes([web.route("*", f"{API}/{{path:.*}}", platform.call)])
    else:
        app.add_routes([web.post("/bot{token}/{method}", platform.call)])
    await serve(app)
