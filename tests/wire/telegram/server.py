"""A Bot API server on loopback that keeps state, refuses what Telegram refuses, and fails on demand."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

from aiohttp import web

from bot.intake.images import image_of
from tests.wire.telegram.markup import Unreadable, bounded, read_html, units

TOKEN = "123456:TEST"
ME = {"id": 123456, "is_bot": True, "first_name": "News", "username": "news_test_bot"}
_TEXT, _CAPTION, _BYTES, _ENTITIES = 4096, 1024, 1 << 15, 100
_PHOTO, _DOWNLOAD = 10_000_000, 20_000_000
UNPROCESSED = b"broken"
"""Ends images that look like such and can't be processed."""
_LONGEST_POLL = 50


class Refusal(Exception):
    """An answer with ok: false."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass
class Post:
    """A message as it stands in a chat."""

    id: int
    author: dict[str, Any]
    text: str
    source: str = ""
    """The text as it was sent, markup and all."""
    entities: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    under: int | None = None
    silent: bool = False
    preview: dict[str, Any] = field(default_factory=dict)
    topic: int | None = None
    edits: int = 0
    photo: str = ""
    """The file id of its photo, under which the words are a caption."""
    document: str = ""
    document_name: str = ""


@dataclass
class Room:
    """A chat, whatever its type."""

    id: int
    type: str
    posts: dict[int, Post] = field(default_factory=dict)
    topics: dict[int, bool] = field(default_factory=dict)
    """Topic to whether it is open."""
    shut: str = ""
    """Why nothing may be sent here: the description of a 403."""
    moved_to: int | None = None
    settled: bool = True
    photoless: bool = False
    """Whether its members may send words alone."""
    ids: Any = None

    @property
    def json(self) -> dict[str, Any]:
        named = {"first_name": f"User {self.id}"} if self.type == "private" else {"title": f"Chat {self.id}"}
        return {"id": self.id, "type": self.type, **named, **({"is_forum": True} if self.topics else {})}


@dataclass
class Fault:
    """A failure to come. `kind`: refuse, before (dies unheard), or after (heard, the answer is lost)."""

    kind: str
    method: str = "sendMessage"
    chat: int | None = None
    times: int = 1
    skip: int = 0
    how: str = "reset"
    """For before and after: reset, hang, or the status of an answer that is none of the Bot API's."""
    refusal: Refusal | None = None


class BotApi:
    """The server. `async with BotApi() as api`, then `api.url`."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.rooms: dict[int, Room] = {}
        self.updates: list[dict[str, Any]] = []
        self.ledger: list[tuple[int, str]] = []
        """What was accepted: chat and text, in order; edits are not in it."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.acknowledged: dict[str, dict[str, Any]] = {}
        """Presses that were acknowledged, with what was said."""
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.faults: list[Fault] = []
        self.webhook = ""
        self.files: dict[str, bytes] = {}
        """What the server has, by file id."""
        self.uploads = 0
        self.downloads: list[str] = []
        self.changed = asyncio.Condition()
        self.gate: Callable[[str, dict[str, Any]], Any] | None = None
        """Awaited before each call is carried out: a test may hold it."""
        self.storm: Callable[[str, dict[str, Any]], Fault | None] = lambda *_: None
        """Asked with each call for a failure of its own."""
        self.hangs: float | None = None
        """Seconds before a connection that hangs is broken; None where whoever waits has to give up."""
        self._update_ids = count(1000)
        self._message_ids = count(1)
        self._wanted: set[str] = set()
        self._pending_presses: set[str] = set()
        self._poller: asyncio.Future[None] | None = None

    # -------------------------------------------------------------------------------------------- running

    async def __aenter__(self) -> Self:
        self._end = asyncio.Event()
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.*}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", getattr(self, "port", 0))
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end.set()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # -------------------------------------------------------------------------------------------- the people's side

    def room(self, id: int, kind: str = "") -> Room:
        if id not in self.rooms:
            kind = kind or ("private" if id > 0 else "supergroup" if str(id).startswith("-100") else "group")
            own = count(1) if kind in {"supergroup", "channel"} else self._message_ids
            self.rooms[id] = Room(id, kind, ids=own)
        return self.rooms[id]

    def texts(self, chat: int) -> list[str]:
        """What the bot's messages in a chat say now."""
        return [post.text for post in self.bot_posts(chat)]

    def bot_posts(self, chat: int) -> list[Post]:
        return [post for post in self.room(chat).posts.values() if post.author is ME]

    async def push(self, kind: str, body: dict[str, Any]) -> int:
        """Have an update waiting for the bot; return its id."""
        update = {"update_id": next(self._update_ids), kind: body}
        if not self._wanted or kind in self._wanted:
            self.updates.append(update)
        await self._notify()
        return update["update_id"]

    async def until(self, true: Callable[[], Any], seconds: float = 20) -> Any:
        """Wait until something holds of the server."""
        async with asyncio.timeout(seconds), self.changed:
            return await self.changed.wait_for(true)

    def fail(self, kind: str, **how: Any) -> Fault:
        fault = Fault(kind, **how)
        self.faults.append(fault)
        return fault

    def refuse(self, status: int, description: str, *, parameters: dict[str, int] | None = None, **how: Any) -> Fault:
        return self.fail("refuse", refusal=Refusal(status, description, **(parameters or {})), **how)

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    # -------------------------------------------------------------------------------------------- the bot's side

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _refused(Refusal(401, "Unauthorized"))
        try:
            body = await _body(request)
        except ValueError:
            return _refused(Refusal(400, "Bad Request: can't parse JSON object"))
        self.calls.append((method, body))
        await self._notify()
        if self.gate:
            await self.gate(method, body)
        fault = self._fault(method, body)
        if fault and fault.kind == "before":
            return await self._die(request, fault)
        try:
            if fault and fault.refusal:
                raise fault.refusal
            result = await self._carry_out(method, body)
        except Refusal as refusal:
            await self._notify()
            return _refused(refusal)
        await self._notify()
        return await self._die(request, fault) if fault else web.json_response({"ok": True, "result": result})

    async def _carry_out(self, method: str, body: dict[str, Any]) -> Any:
        known = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "sendmessage": self._send_message,
            "editmessagetext": self._edit_message_text,
            "sendphoto": self._send_photo,
            "senddocument": self._send_document,
            "editmessagemedia": self._edit_message_media,
            "editmessagecaption": self._edit_message_caption,
            "getfile": self._get_file,
            "editmessagereplymarkup": self._edit_message_reply_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_callback_query,
            "setmycommands": self._set_my_commands,
            "getchat": self._get_chat,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._set_webhook,
        }
        if method.lower() not in known:
            raise Refusal(404, "Not Found: method not found")
        return await known[method.lower()](body)

    def _fault(self, method: str, body: dict[str, Any]) -> Fault | None:
        if fault := self.storm(method, body):
            return fault
        for fault in self.faults:
            hits = fault.method == method and fault.chat in {None, body.get("chat_id")}
            if not hits or not fault.times:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            return fault
        return None

    async def _die(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.how.isdecimal():
            return web.Response(status=int(fault.how), text="<h1>Bad Gateway</h1>", content_type="text/html")
        if fault.how == "hang":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), self.hangs)
        if request.transport:
            request.transport.abort()
        return web.Response()

    async def _get_me(self, _body: dict[str, Any]) -> Any:
        return {**ME, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    async def _get_updates(self, body: dict[str, Any]) -> Any:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._poller and not self._poller.done():
            self._poller.set_result(None)
            await self._notify()
        mine = self._poller = asyncio.get_running_loop().create_future()
        if "allowed_updates" in body:
            self._wanted = set(body["allowed_updates"])
        offset = body.get("offset", 0)
        if offset:
            self.updates = [update for update in self.updates if update["update_id"] >= offset]
        waiting = min(body.get("timeout", 0), _LONGEST_POLL)
        async with self.changed:
            try:
                async with asyncio.timeout(waiting):
                    await self.changed.wait_for(lambda: self.updates or mine.done() or self._end.is_set())
            except TimeoutError:
                pass
        if mine.done():
            raise Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one runs")
        return self.updates[: body.get("limit", 100)]

    async def _send_message(self, body: dict[str, Any]) -> Any:
        return self._posted(body, self._content(body))

    async def _send_photo(self, body: dict[str, Any]) -> Any:
        room = self._open_room(body)
        if room.photoless:
            raise Refusal(400, "Bad Request: not enough rights to send photos to the chat")
        return self._posted(body, self._caption(body) | {"photo": self._photo(body.get("photo"), body)})

    async def _send_document(self, body: dict[str, Any]) -> Any:
        room = self._open_room(body)
        if room.photoless:
            raise Refusal(400, "Bad Request: not enough rights to send documents to the chat")
        data = body.get("document")
        if not isinstance(data, bytes):
            raise Refusal(400, "Bad Request: there is no document in the request")
        named = {"document": self.keep_file(data), "document_name": body["document_name"]}
        return self._posted(body, self._caption(body) | named)

    def _posted(self, body: dict[str, Any], content: dict[str, Any]) -> Any:
        room = self._open_room(body)
        topic = self._topic(room, body)
        under = self._under(room, body)
        post = Post(
            next(room.ids), ME, under=under, topic=topic, silent=bool(body.get("disable_notification")), **content
        )
        room.posts[post.id] = post
        self.ledger.append((room.id, post.text))
        return self.message_json(room, post)

    async def _edit_message_text(self, body: dict[str, Any]) -> Any:
        room, post = self._own_post(body, "edit")
        if post.photo or post.document:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        return self._edited(room, post, self._content(body))

    async def _edit_message_caption(self, body: dict[str, Any]) -> Any:
        room, post = self._own_post(body, "edit")
        if not post.photo:
            raise Refusal(400, "Bad Request: there is no caption in the message to edit")
        return self._edited(room, post, self._caption(body))

    async def _edit_message_media(self, body: dict[str, Any]) -> Any:
        room, post = self._own_post(body, "edit")
        media = body["media"]
        if media.get("type") != "photo":
            raise Refusal(400, "Bad Request: unsupported media type specified")
        if room.photoless:
            raise Refusal(400, "Bad Request: not enough rights to send photos to the chat")
        rows = {"reply_markup": body["reply_markup"]} if "reply_markup" in body else {}
        photo = self._photo(media.get("media"), body)
        return self._edited(room, post, self._caption(media | rows) | {"photo": photo})

    def _edited(self, room: Room, post: Post, content: dict[str, Any]) -> Any:
        if all(
            getattr(post, name) == content[name] for name in ("text", "entities", "rows", "photo") if name in content
        ):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are the same",
            )
        for name, value in content.items():
            setattr(post, name, value)
        post.edits += 1
        return self.message_json(room, post)

    async def _get_file(self, body: dict[str, Any]) -> Any:
        id = body.get("file_id", "")
        if id not in self.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[id])
        if size > _DOWNLOAD:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": id, "file_unique_id": f"u{id}", "file_size": size, "file_path": f"photos/{id} 1.jpg"}

    async def _file(self, request: web.Request) -> web.Response:
        id = request.match_info["path"].removeprefix("photos/").removesuffix(" 1.jpg")
        if request.match_info["token"] != self.token or id not in self.files:
            return _refused(Refusal(404, "Not Found"))
        self.downloads.append(id)
        if fault := self._fault("file", {}):
            return await self._die(request, fault)
        return web.Response(body=self.files[id], content_type="image/jpeg")

    def keep_file(self, data: bytes) -> str:
        """Have a file, and return its id."""
        id = f"AgACAgIAAx{len(self.files) + 1:04d}"
        self.files[id] = data
        return id

    def _photo(self, given: Any, body: dict[str, Any]) -> str:
        """Return the file id of a photo: one that is known, or one that is uploaded and looked at."""
        name = "photo" if given is None or isinstance(given, bytes) else str(given).removeprefix("attach://")
        if isinstance(given, str) and not given.startswith("attach://"):
            if given not in self.files:
                raise Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
            return given
        data = body.get(name)
        if not isinstance(data, bytes):
            raise Refusal(400, "Bad Request: there is no photo in the request")
        self.uploads += 1
        image = image_of(data)
        if image is None or len(data) > _PHOTO or UNPROCESSED in data:
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if image.width + image.height > 10_000 or max(image.width, image.height) > 20 * min(image.width, image.height):
            raise Refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        return self.keep_file(data)

    async def _edit_message_reply_markup(self, body: dict[str, Any]) -> Any:
        room, post = self._own_post(body, "edit")
        post.rows = _rows(body)
        return self.message_json(room, post)

    async def _delete_message(self, body: dict[str, Any]) -> Any:
        room = self._open_room(body)
        post = room.posts.get(body.get("message_id", 0))
        if post is None:
            raise Refusal(400, "Bad Request: message to delete not found")
        if not room.settled:
            raise Refusal(400, "Bad Request: message can't be deleted for everyone")
        del room.posts[post.id]
        return True

    async def _answer_callback_query(self, body: dict[str, Any]) -> Any:
        id = body.get("callback_query_id")
        if id not in self._pending_presses:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(body.get("text", "")) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        self._pending_presses.discard(id)
        self.acknowledged[id] = body
        return True

    async def _set_my_commands(self, body: dict[str, Any]) -> Any:
        scope = body.get("scope", {"type": "default"})
        if "chat_id" in scope and scope["chat_id"] not in self.rooms:
            raise Refusal(400, "Bad Request: chat not found")
        for command in body["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        key = (scope["type"] + (f":{scope['chat_id']}" if "chat_id" in scope else ""), body.get("language_code", ""))
        self.commands[key] = body["commands"]
        return True

    async def _get_chat(self, body: dict[str, Any]) -> Any:
        return self._open_room(body).json

    async def _set_webhook(self, body: dict[str, Any]) -> Any:
        self.webhook = body.get("url", "")
        return True

    # -------------------------------------------------------------------------------------------- what is refused

    def _open_room(self, body: dict[str, Any]) -> Room:
        id = body.get("chat_id")
        if not isinstance(id, int) or id not in self.rooms:
            raise Refusal(400, "Bad Request: chat not found")
        room = self.rooms[id]
        if room.moved_to:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, text, migrate_to_chat_id=room.moved_to)
        if room.shut:
            raise Refusal(403, f"Forbidden: {room.shut}")
        return room

    def _own_post(self, body: dict[str, Any], verb: str) -> tuple[Room, Post]:
        room = self._open_room(body)
        post = room.posts.get(body.get("message_id", 0))
        if post is None:
            raise Refusal(400, f"Bad Request: message to {verb} not found")
        if post.author is not ME:
            raise Refusal(400, f"Bad Request: message can't be {verb}ed")
        return room, post

    @staticmethod
    def _topic(room: Room, body: dict[str, Any]) -> int | None:
        topic = body.get("message_thread_id")
        if topic is not None and topic not in room.topics:
            raise Refusal(400, "Bad Request: message thread not found")
        if topic is not None and not room.topics[topic]:
            raise Refusal(400, "Bad Request: TOPIC_CLOSED")
        return topic

    @staticmethod
    def _under(room: Room, body: dict[str, Any]) -> int | None:
        parameters = body.get("reply_parameters")
        if not parameters:
            return None
        if parameters["message_id"] in room.posts:
            return int(parameters["message_id"])
        if not parameters.get("allow_sending_without_reply"):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return None

    def _caption(self, body: dict[str, Any]) -> dict[str, Any]:
        """Read a caption as a text is read: it may be empty, and is shorter."""
        words = {**body, "text": body.get("caption", "") or "\u2060", "link_preview_options": {}}
        content = self._content(words)
        if units(content["text"]) > _CAPTION:
            raise Refusal(400, "Bad Request: message caption is too long")
        return content if body.get("caption") else content | {"text": "", "source": ""}

    @staticmethod
    def _content(body: dict[str, Any]) -> dict[str, Any]:
        source = body.get("text", "")
        if len(source.encode()) > _BYTES:
            raise Refusal(400, "Bad Request: text is too long")
        text, entities = source, body.get("entities", [])
        if mode := body.get("parse_mode"):
            if mode != "HTML":
                raise Refusal(400, "Bad Request: unsupported parse_mode")
            try:
                text, entities = read_html(source)
            except Unreadable as error:
                raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
        elif not bounded(text, entities):
            raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if units(text) > _TEXT:
            raise Refusal(400, "Bad Request: message is too long")
        preview = body.get("link_preview_options", {})
        return {
            "text": text.strip(),
            "source": source,
            "entities": entities[:_ENTITIES],
            "rows": _rows(body),
            "preview": preview,
        }

    def message_json(self, room: Room, post: Post) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "message_id": post.id,
            "date": 1_772_000_000,
            "chat": room.json,
            "from": post.author,
        }
        part = "caption" if post.photo or post.document else "text"
        if post.text:
            shown[part] = post.text
        if post.entities:
            shown[f"{'caption_' if part == 'caption' else ''}entities"] = post.entities
        if post.photo:
            file = {"file_unique_id": f"u{post.photo}", "file_size": len(self.files[post.photo])}
            small = {"file_id": f"{post.photo}s", **file, "width": 90, "height": 60}
            shown["photo"] = [small, {"file_id": post.photo, **file, "width": 1280, "height": 853}]
        if post.document:
            kind = "image/png" if image_of(self.files[post.document]) else "text/x-opml"
            named = {"file_name": post.document_name} if post.document_name else {}
            shown["document"] = {"file_id": post.document, "file_unique_id": "d", "mime_type": kind, **named}
        if post.rows:
            shown["reply_markup"] = {"inline_keyboard": post.rows}
        if post.topic:
            shown |= {"message_thread_id": post.topic, "is_topic_message": True}
        if post.under in room.posts:
            shown["reply_to_message"] = self.message_json(room, room.posts[post.under])
        return shown

    def press_waits(self, id: str) -> None:
        self._pending_presses.add(id)


def _rows(body: dict[str, Any]) -> list[list[dict[str, Any]]]:
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        if not button.get("text", "").strip():
            raise Refusal(400, "Bad Request: button text is empty")
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        if button.get("style", "default") not in {"default", "primary", "success", "danger"}:
            raise Refusal(400, "Bad Request: invalid button style specified")
    return rows


async def _body(request: web.Request) -> dict[str, Any]:
    """Read JSON, or a form whose values are JSON where they are no plain text."""
    if request.content_type == "application/json":
        body = json.loads(await request.read() or b"{}")
        if not isinstance(body, dict):
            raise ValueError("no object")
        return body
    form = {**request.query, **await request.post()}
    plain = {"text", "caption", "parse_mode", "callback_query_id", "url", "language_code"}
    names = {f"{name}_name": value.filename for name, value in form.items() if isinstance(value, web.FileField)}
    return names | {
        name: value.file.read()
        if isinstance(value, web.FileField)
        else value
        if name in plain
        else json.loads(str(value))
        for name, value in form.items()
    }


def _refused(refusal: Refusal) -> web.Response:
    return web.json_response(refusal.body, status=refusal.status)
