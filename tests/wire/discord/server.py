"""Discord on the loopback: REST and gateway with their rules, channels that keep what is said, faults on demand."""

from __future__ import annotations

import asyncio
import re
import secrets
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from tests.wire.discord.rules import command_faults, form_faults, message_faults

TOKEN = "MTIz.fake.token"
APPLICATION = "900000000000000001"
GUILD = "900000000000000010"
EPHEMERAL = 1 << 6
_EPOCH = 900000000000001000
_HANGS = 1.5
"""Seconds before a connection that hangs is broken, unless the test says otherwise."""


@dataclass
class Message:
    """A message as it stands."""

    id: str
    channel: str
    body: dict[str, Any]
    flags: int = 0
    seen_by: str = ""
    """The only person who sees it; empty where everybody does."""
    interaction: str = ""
    nonce: str = ""
    edits: int = 0
    deleted: bool = False
    under: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """By name. What an embed shows of them is not told among the attachments."""
    said: dict[str, Any] = field(default_factory=dict)
    """The body as it was posted, whatever became of it."""

    @property
    def silent(self) -> bool:
        return bool(self.flags & 1 << 12)

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [button for row in self.body.get("components") or [] for button in row["components"]]

    @property
    def photo(self) -> bytes:
        """The file that its embed shows."""
        return next((self.files[name] for embed in self.body.get("embeds") or [] if (name := _image(embed))), b"")

    def take(self, body: dict[str, Any]) -> None:
        """Show something else: what is said of nothing is left, files included."""
        files = body.get("_files", {})
        if files or "attachments" in body:
            self.files = files
        self.body = {**self.body, **{name: part for name, part in body.items() if name != "_files"}}

    def _embed(self, embed: dict[str, Any]) -> dict[str, Any]:
        """An embed as Discord gives it back: its image at an address, or left out where there is no such file."""
        name = _image(embed)
        if name is None:
            return embed
        url = f"https://cdn.discordapp.com/attachments/{self.channel}/{self.id}/{name}?ex=1&is=2&hm=3"
        others = {key: value for key, value in embed.items() if key != "image"}
        return others | {"image": {"url": url}} if name in self.files else others

    def payload(self) -> dict[str, Any]:
        embeds = self.body.get("embeds") or []
        loose = set(self.files) - {_image(embed) for embed in embeds}
        return {
            "id": self.id,
            "channel_id": self.channel,
            "type": 0,
            "content": self.body.get("content") or "",
            "embeds": [*map(self._embed, embeds)],
            "components": self.body.get("components") or [],
            "flags": self.flags,
            "author": {"id": APPLICATION, "username": "dateline", "discriminator": "0", "avatar": None, "bot": True},
            "attachments": [{"id": "1", "filename": name, "size": 1, "url": "", "proxy_url": ""} for name in loose],
            "mentions": [],
            "mention_roles": [],
            "pinned": False,
            "mention_everyone": False,
            "tts": False,
            "timestamp": "2026-03-02T09:00:00+00:00",
            "edited_timestamp": None,
        }


@dataclass
class Interaction:
    """What a person did, and how far its answer is."""

    id: str
    token: str
    channel: str
    person: str
    at: float
    kind: int
    source: Message | None = None
    answered: int = 0
    """The type of the callback; 0 before it."""
    ephemeral: bool = False
    original: Message | None = None
    form: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Fault:
    """What a request that matches is answered with, so many times."""

    kind: str
    match: str = ""
    times: int = 1
    status: int = 0
    code: int = 0
    retry_after: float = 0.0
    scope: str = "user"
    how: str = "reset"
    """How an answer is lost: reset, hang, or the status of a page that is none of Discord's."""


@dataclass
class Refused(Exception):
    status: int
    code: int
    text: str


class Discord:
    """A small Discord. Times are the loop's; `lag` seconds are added to age everything at once."""

    def __init__(self) -> None:
        self.url = self.gateway = ""
        self.messages: dict[str, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: list[dict[str, Any]] = []
        self.declared = 0
        self.faults: list[Fault] = []
        self.refused: list[str] = []
        """Requests that break the rules: a bot that is right leaves none."""
        self.calls: Counter[str] = Counter()
        self.invalid = 0
        self.limit: tuple[int, float] | None = None
        """So many messages in so many seconds and channel."""
        self.gone: set[str] = set()
        self.fileless: set[str] = set()
        """Channels in which we may send no files."""
        self.given: dict[str, bytes] = {}
        """What people attached, by the name at the end of its address."""
        self.uploads = 0
        self.unreachable: set[str] = set()
        """People who take no direct messages."""
        self.identified: list[dict[str, Any]] = []
        self.resumed = 0
        self.lag = 0.0
        self.hangs = _HANGS
        self.wall: Callable[[], datetime] | None = None
        """The test's clock, where ids and times are to go by it."""
        self.mute: set[str] = set()
        """Channels whose history we may not read: it looks empty, as at Discord."""
        self.hidden: set[str] = set()
        """Channels that we may not even look at."""
        self.keeps_nonces = False
        """Whether the history tells nonces: nobody promises it."""
        self.on_request: Callable[[str], bool | None] = lambda _: None
        """Called with each request before it takes effect; true breaks the connection instead."""
        self.storm: Callable[[str], Fault | None] = lambda _: None
        """Asked with each request for a failure of its own."""
        self.on_effect: Callable[[str], None] = lambda _: None
        """Called when a request has taken effect and its answer is not on the wire yet."""
        self._numbers = count(1)
        self._windows: dict[str, tuple[int, float]] = {}
        self._nonces: dict[tuple[str, str], tuple[str, float]] = {}
        self._sessions: dict[str, Session] = {}

    def now(self) -> float:
        return (self.wall().timestamp() if self.wall else asyncio.get_running_loop().time()) + self.lag

    def number(self) -> str:
        """Return the next id; by the test's clock it tells the time, as Discord's do."""
        if self.wall is None:
            return str(_EPOCH + next(self._numbers))
        return str((int(self.wall().timestamp() * 1000) - 1_420_070_400_000 << 22) + next(self._numbers))

    # -------------------------------------------------------------------------------------------- what is seen

    def standing(self, channel: str, viewer: str = "") -> list[Message]:
        """Return what a viewer sees in a channel, oldest first."""
        seen = (message for message in self.messages.values() if message.channel == channel and not message.deleted)
        return [message for message in seen if message.seen_by in {"", viewer}]

    def attach(self, data: bytes) -> dict[str, Any]:
        """Have a file that somebody attached, and return what Discord says of it."""
        id, name = self.number(), f"photo{len(self.given)}.png"
        self.given[name] = data
        url = f"{self.url.removesuffix('/api/v10')}/cdn/{name}"
        return {"id": id, "filename": name, "size": len(data), "url": url, "proxy_url": url}

    async def attachment(self, request: web.Request) -> web.Response:
        data = self.given.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data, content_type="image/png")

    def fault(self, kind: str, match: str = "", **how: Any) -> Fault:
        self.faults.append(fault := Fault(kind, match, **how))
        return fault

    # -------------------------------------------------------------------------------------------- REST

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        path = request.path.removeprefix("/api/v10")
        name = f"{request.method} {path}"
        self.calls[
            f"{request.method} {re.sub(r'[0-9]{10,}', 'ID', re.sub(r'/[A-Za-z0-9_-]{40,}', '/TOKEN', path))}"
        ] += 1
        if self.on_request(name):
            request.transport.abort()
            return web.Response()
        open_to_all = path.startswith(("/interactions/", "/webhooks/"))
        if not open_to_all and request.headers.get("Authorization") != f"Bot {TOKEN}":
            self.invalid += 1
            return answer({"message": "401: Unauthorized", "code": 0}, 401)
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            self.refused.append(f"{name}: User-Agent")
        fault = self._fault(name)
        if fault and fault.kind != "lost":
            return await self._faulty(request, fault)
        try:
            headers = self._bucket(request.method, path)
            result = await self._route(request, path, body)
        except Refused as refusal:
            if refusal.code == 50035:
                self.refused.append(f"{name}: {refusal.text}")
            self.invalid += refusal.status in {401, 403, 429}
            return answer({"message": refusal.text, "code": refusal.code}, refusal.status)
        except Limited as limited:
            self.invalid += 1
            return limited.answer
        self.on_effect(name)
        told = web.Response(status=204, headers=headers) if result is None else answer(result, headers=headers)
        return await self._unanswered(request, fault.how) if fault else told

    def _fault(self, name: str) -> Fault | None:
        if fault := self.storm(name):
            return fault
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.match, name):
                fault.times -= 1
                return fault
        return None

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind in {"reset", "hang"}:
            return await self._unanswered(request, fault.kind)
        if fault.kind == "html":
            return _page(fault.status or 502)
        if fault.kind == "429":
            self.invalid += fault.scope != "shared"
            return limited(fault.retry_after, fault.scope)
        self.invalid += fault.status in {401, 403}
        return answer({"message": "fault", "code": fault.code}, fault.status)

    async def _unanswered(self, request: web.Request, how: str) -> web.Response:
        if how.isdecimal():
            return _page(int(how))
        if how == "hang":
            await asyncio.sleep(self.hangs)
        if request.transport:
            request.transport.abort()
        return web.Response()

    def _bucket(self, method: str, path: str) -> dict[str, str]:
        """Count a request to a channel's messages, and say what is left."""
        if self.limit is None or not path.startswith("/channels/"):
            return {}
        most, seconds = self.limit
        key = f"{method} {path.split('/')[2]}"
        used, until = self._windows.get(key, (0, 0.0))
        if until <= self.now():
            used, until = 0, self.now() + seconds
        if used >= most:
            raise Limited(limited(until - self.now(), "user"))
        self._windows[key] = used + 1, until
        return {
            "X-RateLimit-Bucket": method,
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(most - used - 1),
            "X-RateLimit-Reset-After": f"{until - self.now():.3f}",
        }

    async def _route(self, request: web.Request, path: str, body: Any) -> Any:  # noqa: C901, PLR0911  # a table
        steps = (request.method, *path.strip("/").split("/"))
        match steps:
            case "GET", "users", "@me":
                return {**Message("", "", {}).payload()["author"], "bot": True}
            case "GET", "oauth2" | "applications", *_:
                return application()
            case "GET", "gateway", "bot":
                start = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
                return {"url": self.gateway, "shards": 1, "session_start_limit": start}
            case "PUT", "applications", _, "commands":
                return self._declare(body)
            case "POST", "users", "@me", "channels":
                if body["recipient_id"] in self.unreachable:
                    raise Refused(403, 50007, "Cannot send messages to this user")
                return {"id": dm(body["recipient_id"]), "type": 1}
            case "GET", "channels", channel, *further:
                return self._channel(channel) if not further else self._history(channel, request.query)
            case "POST", "channels", channel, "messages":
                return self._post(channel, body).payload()
            case "PATCH" | "DELETE", "channels", channel, "messages", id:
                return self._change(self._own(channel, id), body)
            case "POST", "interactions", id, token, "callback":
                return self._callback(id, token, body, with_response="with_response" in request.query)
            case "POST", "webhooks", _, token:
                return self._followup(self._by_token(token), body).payload()
            case "PATCH" | "DELETE", "webhooks", _, token, "messages", id:
                return self._change_answer(self._by_token(token), id, body)
        raise Refused(404, 0, "404: Not Found")

    def _declare(self, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if faults := command_faults(commands):
            raise Refused(400, 50035, "; ".join(faults))
        self.declared += 1
        self.commands = [{**command, "id": self.number()} for command in commands]
        return self.commands

    def _checked(self, body: dict[str, Any], *, edit: bool = False) -> dict[str, Any]:
        if faults := message_faults(body, edit=edit):
            raise Refused(400, 50035, "; ".join(faults))
        return body

    def _post(self, channel: str, body: dict[str, Any]) -> Message:
        if channel in self.gone:
            raise Refused(404, 10003, "Unknown Channel")
        if channel in self.fileless and body.get("_files"):
            raise Refused(403, 50013, "Missing Permissions")
        nonce = body.get("nonce") if body.get("enforce_nonce") else None
        known = self._nonces.get((channel, str(nonce)))
        if nonce and known and known[1] > self.now() - 300:
            return self.messages[known[0]]
        under = body.get("message_reference") or {}
        target = self.messages.get(under.get("message_id", ""))
        if under and (target is None or target.deleted) and under.get("fail_if_not_exists", True):
            raise Refused(400, 50035, "message_reference: Unknown message")
        message = self._keep(channel, self._checked(body), body.get("flags", 0))
        message.under = target.id if target and not target.deleted else ""
        message.nonce = str(nonce or "")
        if nonce:
            self._nonces[channel, str(nonce)] = message.id, self.now()
        return message

    def _channel(self, channel: str) -> dict[str, Any]:
        self._look(channel)
        said = [message.id for message in self.messages.values() if message.channel == channel]
        return {"id": channel, "type": 0, "last_message_id": max(said, key=int, default=None)}

    def _history(self, channel: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what was said right after an id, newest first, as Discord keeps it."""
        self._look(channel)
        said = sorted((int(each.id), each) for each in self.standing(channel) if channel not in self.mute)
        page = [each for id, each in said if id > int(query["after"])][: int(query["limit"])]
        return [kept(each, nonce=self.keeps_nonces) for each in reversed(page)]

    def _look(self, channel: str) -> None:
        if channel in self.gone:
            raise Refused(404, 10003, "Unknown Channel")
        if channel in self.hidden:
            raise Refused(403, 50001, "Missing Access")

    def _keep(self, channel: str, body: dict[str, Any], flags: int = 0) -> Message:
        message = Message(self.number(), channel, {}, flags)
        message.take(body)
        message.said = message.body
        self.uploads += bool(message.files)
        self.messages[message.id] = message
        return message

    def _own(self, channel: str, id: str) -> Message:
        message = self.messages.get(id)
        if message is None or message.channel != channel or message.deleted or message.flags & EPHEMERAL:
            raise Refused(404, 10008, "Unknown Message")
        return message

    def _change(self, message: Message, body: dict[str, Any] | None) -> Any:
        if body is None:
            message.deleted = True
            return None
        if message.channel in self.fileless and body.get("_files"):
            raise Refused(403, 50013, "Missing Permissions")
        message.take(self._checked(body, edit=True))
        self.uploads += bool(body.get("_files"))
        message.edits += 1
        return message.payload()

    # -------------------------------------------------------------------------------------------- interactions

    def _callback(self, id: str, token: str, body: dict[str, Any], *, with_response: bool) -> Any:
        asked = self.interactions.get(id)
        if asked is None or asked.token != token or self.now() - asked.at > 3:
            raise Refused(404, 10062, "Unknown interaction")
        if asked.answered:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        data = body.get("data") or {}
        if body["type"] == 9 and (faults := form_faults(data)):
            raise Refused(400, 50035, "; ".join(faults))
        if body["type"] == 8 and not all(
            0 < len(each["value"]) <= 100 >= len(each["name"]) for each in data["choices"]
        ):
            raise Refused(400, 50035, "choices")
        if body["type"] == 4:
            self._checked(data)
        asked.answered, asked.form, asked.choices = (
            body["type"],
            data if body["type"] == 9 else None,
            data.get("choices"),
        )
        asked.ephemeral = bool(data.get("flags", 0) & EPHEMERAL)
        if body["type"] in {4, 5}:
            flags = data.get("flags", 0) | (1 << 7 if body["type"] == 5 else 0)
            asked.original = self._answer(asked, data if body["type"] == 4 else {}, flags)
        if body["type"] == 6:
            asked.original = asked.source
        asked.changed.set()
        shown = {"message": asked.original.payload()} if asked.original else {}
        return {"interaction": {"id": id, "type": asked.kind}, "resource": shown} if with_response else None

    def _answer(self, asked: Interaction, body: dict[str, Any], flags: int) -> Message:
        message = self._keep(asked.channel, body, flags)
        message.seen_by = asked.person if flags & EPHEMERAL else ""
        message.interaction = asked.id
        return message

    def _by_token(self, token: str) -> Interaction:
        asked = next((each for each in self.interactions.values() if each.token == token), None)
        if asked is None or not asked.answered:
            raise Refused(404, 10015, "Unknown Webhook")
        if self.now() - asked.at > 900:
            raise Refused(401, 50027, "Invalid Webhook Token")
        return asked

    def _followup(self, asked: Interaction, body: dict[str, Any]) -> Message:
        self._checked(body)
        if asked.original and asked.original.flags & 1 << 7:  # the first one takes the awaited place, hidden or not
            self._change_answer(asked, "@original", {**body, "flags": None})
            return asked.original
        message = self._answer(asked, body, body.get("flags", 0))
        asked.changed.set()
        return message

    def _change_answer(self, asked: Interaction, id: str, body: dict[str, Any] | None) -> Any:
        message = asked.original if id == "@original" else self.messages.get(id)
        if message is None or message.deleted or (message.interaction != asked.id and message is not asked.original):
            raise Refused(404, 10008, "Unknown Message")
        message.flags &= ~(1 << 7)
        changed = self._change(message, body)
        asked.changed.set()
        return changed

    # -------------------------------------------------------------------------------------------- the gateway

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        session = Session(self, socket, compressed=request.query.get("compress") == "zlib-stream")
        await session.send(10, {"heartbeat_interval": 41_250})
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            session = await self._received(session, orjson.loads(frame.data))
        return socket

    async def _received(self, session: Session, frame: dict[str, Any]) -> Session:
        if frame["op"] == 1:
            await session.send(11, None)
        if frame["op"] == 2:
            if frame["d"]["token"] != TOKEN:
                await session.socket.close(code=4004, message=b"Authentication failed.")
                return session
            self.identified.append(frame["d"])
            self._sessions[session.id] = session
            await session.dispatch("READY", ready(session.id, self.gateway))
        if frame["op"] == 6:
            known = self._sessions.get(frame["d"]["session_id"])
            if known is None or known.ended:
                await session.send(9, False)
                return session
            self.resumed += 1
            session.take_over(known)
            self._sessions[session.id] = session
            for event in [event for event in session.events if event["s"] > frame["d"]["seq"]]:
                await session.write(event)
            await session.dispatch("RESUMED", {})
        return session

    async def dispatch(self, event: str, data: dict[str, Any]) -> None:
        """Tell every session, also one whose connection is broken: it asks for what it missed."""
        for session in [*self._sessions.values()]:
            await session.dispatch(event, data)

    async def disturb(self, how: str) -> None:
        """Break the connections: `reconnect`, `invalid`, `drop`, or a close code."""
        for session in [*self._sessions.values()]:
            await session.disturb(how)
            if how == "invalid":
                session.ended = True
                del self._sessions[session.id]

    @property
    def sessions(self) -> list[Session]:
        return [*self._sessions.values()]

    @property
    def listening(self) -> bool:
        return any(not session.socket.closed for session in self._sessions.values())


class Session:
    """A gateway session: it outlives its connection, and repeats what was missed."""

    def __init__(self, discord: Discord, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.discord = discord
        self.socket = socket
        self.id = secrets.token_hex(8)
        self.events: list[dict[str, Any]] = []
        self.ended = False
        self._zlib = zlib.compressobj() if compressed else None

    def take_over(self, other: Session) -> None:
        self.id, self.events = other.id, other.events

    async def dispatch(self, event: str, data: dict[str, Any]) -> None:
        frame = {"op": 0, "t": event, "s": len(self.events) + 1, "d": data}
        self.events.append(frame)
        await self.write(frame)

    async def send(self, op: int, data: Any) -> None:
        await self.write({"op": op, "t": None, "s": None, "d": data})

    async def write(self, frame: dict[str, Any]) -> None:
        if self.socket.closed:
            return
        with suppress(ConnectionError):  # it is broken, and will be resumed or not
            if self._zlib is None:
                await self.socket.send_str(orjson.dumps(frame).decode())
            else:
                raw = self._zlib.compress(orjson.dumps(frame)) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(raw)

    async def disturb(self, how: str) -> None:
        match how:
            case "reconnect":
                await self.send(7, None)
            case "invalid":
                await self.send(9, False)
            case "drop":
                self.socket._req.transport.abort()
            case _:
                await self.socket.close(code=int(how))


@dataclass
class Limited(Exception):
    answer: web.Response


def limited(seconds: float, scope: str) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": round(seconds, 3), "global": scope == "global"}
    headers = {"Retry-After": str(int(seconds) + 1), "X-RateLimit-Scope": scope, "Via": "1.1 google"}
    return answer(body, 429, headers)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """The type is exactly this: discord.py reads nothing else as JSON."""
    return web.Response(
        body=orjson.dumps(body), status=status, headers={**(headers or {}), "Content-Type": "application/json"}
    )


def kept(message: Message, *, nonce: bool) -> dict[str, Any]:
    """Return a message as the history shows it: texts trimmed, embeds with a type and a colour of their own."""
    embeds = [
        {name: part.strip() if isinstance(part, str) else part for name, part in embed.items()}
        | {"type": "rich", "content_scan_version": 0}
        for embed in message.payload()["embeds"]
    ]
    told = {"nonce": message.nonce} if nonce and message.nonce else {}
    return {**message.payload(), "embeds": embeds, "content": message.payload()["content"].strip(), **told}


def _page(status: int) -> web.Response:
    return web.Response(status=status, text="<html>bad gateway</html>", content_type="text/html")


async def _body(request: web.Request) -> Any:
    """Read JSON, or a form of JSON and files, of which each is named by the number that the JSON gives it."""
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        return orjson.loads(raw) if raw else None
    form = await request.post()
    body = orjson.loads(form["payload_json"])
    shown = body.get("data", body)
    names = {f"files[{each['id']}]": each["filename"] for each in shown.get("attachments", ())}
    shown["_files"] = {names[name]: part.file.read() for name, part in form.items() if isinstance(part, web.FileField)}
    return body


def _image(embed: dict[str, Any]) -> str | None:
    """The name of the file that an embed shows."""
    url = (embed.get("image") or {}).get("url", "")
    return url.removeprefix("attachment://") if url.startswith("attachment://") else None


def _template(name: str) -> str:
    """Return a request without its ids and tokens."""
    return re.sub(r"[0-9]{10,}", "ID", re.sub(r"/[A-Za-z0-9_-]{40,}", "/TOKEN", name))


def dm(person: str) -> str:
    """Return a person's channel of direct messages."""
    return f"7{person[1:]}"


def application() -> dict[str, Any]:
    return {
        "id": APPLICATION,
        "name": "dateline",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "",
        "flags": 0,
        "team": None,
        "owner": {"id": "1", "username": "owner", "discriminator": "0", "avatar": None},
    }


def ready(session: str, gateway: str) -> dict[str, Any]:
    user = {"id": APPLICATION, "username": "dateline", "discriminator": "0", "avatar": None, "bot": True}
    return {
        "v": 10,
        "user": user,
        "guilds": [{"id": GUILD, "unavailable": True}],
        "session_id": session,
        "resume_gateway_url": gateway,
        "shard": [0, 1],
        "application": {"id": APPLICATION, "flags": 0},
    }


@asynccontextmanager
async def served(port: int = 0, discord: Discord | None = None) -> AsyncIterator[Discord]:
    """Serve a Discord on a port of the loopback: a new one, or one that was down for a while."""
    discord = discord or Discord()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_get("/cdn/{name}", discord.attachment)
    app.router.add_get("/gateway", discord.connect)
    app.router.add_get("/gateway/", discord.connect)
    app.router.add_route("*", "/api/v10/{path:.*}", discord.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host = f"127.0.0.1:{runner.addresses[0][1]}"
        discord.url, discord.gateway = f"http://{host}/api/v10", f"ws://{host}/gateway"
        yield discord
    finally:
        await discord.disturb("1001")
        await runner.cleanup()
