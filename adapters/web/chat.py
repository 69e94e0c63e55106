"""The chat in the browser: the page, what is typed and pressed on it, and the stream of what is new."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import quote

import orjson
from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.guard import StaleForm
from adapters.web.live import Bell
from adapters.web.photos import shown
from adapters.web.posts import Post
from adapters.web.sending import Moving, SendingDesk
from adapters.web.sessions import new_token
from adapters.web.site import Site, Visitor, status_of, wants_json
from bot.core.errors import BotError
from bot.core.model import Role
from bot.core.ports import Add

_HEARTBEAT = 15.0
"""Seconds; also how late a change made by another process is seen."""
_MOVES = 1.0
"""Seconds between two looks at what moves on the desk."""
_WRITE_SECONDS = 20.0
_FILE_BYTES = 500_000
"""A list of feeds that a chat takes in has fewer; it is kept with its line until that is answered."""
_BACK = re.compile(r"/|/desk(/alerts/[a-z0-9]+)?(#[\w%.-]*)?", re.ASCII)
"""Where a form may send a browser back to: pages of ours that show the chat."""
_ANSWER_SECONDS = 3.0
"""How long a browser without a script waits for the answer, so that the page it gets next shows it."""


class ChatPages:
    """`/`, `/say`, `/events`, and the files of posts."""

    def __init__(self, site: Site, sending: SendingDesk) -> None:
        self._site = site
        self._sending = sending
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/", self.page),
            web.post("/say", self.say),
            web.get("/events", self.events),
            web.get("/posts/{id}/file", self.file),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show the chat; whoever has none yet is welcomed, and gets one with the first line."""
        return await self._shown(request, await self._site.visitor(request), {"under": request.query.get("reply", "")})

    async def say(self, request: web.Request) -> web.Response:
        """Take a typed line or a pressed button. Once this answers, it is recorded."""
        visitor = await self._site.visitor(request)
        fields: Mapping[str, str] = {}
        try:
            most = min(_FILE_BYTES, self._site.settings.fetch_max_bytes)
            fields, file = await self._site.guard.form_with_list(request, most)
            cookie = await self._take(request, visitor, fields, file)
        except BotError as error:
            if wants_json(request):
                raise
            typed = error.fields if isinstance(error, StaleForm) else fields
            return await self._shown(request, visitor, typed, error=error)
        return self.taken(request, fields, cookie)

    def taken(self, request: web.Request, fields: Mapping[str, str], cookie: str = "") -> web.Response:
        """Answer a form that was taken: the script gets the next form's key, a browser its page again."""
        back = fields.get("back", "/")
        response = (
            web.json_response({"key": new_token()})
            if wants_json(request)
            else web.Response(status=303, headers={"Location": back if _BACK.fullmatch(back) else "/"})
        )
        if cookie:
            self._site.set_cookie(response, cookie)
        return response

    async def answered(self, request: web.Request, visitor: Visitor, back: str) -> web.Response:
        """Answer a form of the desk: a browser without a script gets the page when the answer stands on it."""
        if visitor.session and not wants_json(request):
            await self._site.turns.settled(visitor.session, _ANSWER_SECONDS)
            posts, _ = await self._site.posts.latest(visitor.session.chat)
            back = f"{back}#{quote(posts[-1].id, safe='')}" if posts else back
        return self.taken(request, {"back": back})

    async def file(self, request: web.Request) -> web.Response:
        """Give out the file of a post, to whoever has the post in their chat."""
        visitor = await self._site.visitor(request)
        post = visitor.session and await self._site.posts.get(visitor.session.chat, request.match_info["id"])
        if not (post and post.message and post.message.file):
            return await self._site.problem(request, 404)
        file = post.message.file
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
        return web.Response(body=file.content, content_type=file.type, charset="utf-8", headers=headers)

    async def panel(self, visitor: Visitor, under: str = "") -> dict[str, object]:
        """Return what the chat's template needs; what is typed next is a reply to the post `under`."""
        posts, change = await self._site.posts.latest(visitor.session.chat) if visitor.session else ((), 0)
        rows = [(post, await shown(self._site.store, post.message)) for post in posts if post.message]
        replied = await self._site.posts.get(visitor.session.chat, under) if visitor.session and under else None
        return {"posts": rows, "change": change, "replied": replied}

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream what is posted, edited and taken away, from a change on, until either side ends it.

        A page that shows the desk gets its moving parts along, as they change.
        """
        visitor = await self._site.visitor(request)
        if visitor.session is None:
            return await self._site.problem(request, 401)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        session = visitor.session
        desk = "desk" in request.query and visitor.role >= Role.EDITOR
        moving = Moving(self._sending, visitor) if desk else None
        with self._site.live.bell(session.person, session.id) as bell, suppress(ConnectionError, TimeoutError):
            # suppressed: the page is gone or does not read; it will ask again from where it was
            await self._stream(response, visitor, _since(request), bell, moving)
        return response

    async def _stream(
        self, response: web.StreamResponse, visitor: Visitor, since: int, bell: Bell | None, moving: Moving | None
    ) -> None:
        """Send changes as they come. A page too many gets what there is and asks again a little later."""
        await _write(response, f"retry: {1000 if bell else 15_000}\n\n")
        quiet = 0.0
        while visitor.session:
            for post in await self._site.posts.changed(visitor.session.chat, since):
                event = orjson.dumps({"id": post.id, "html": await self._post_html(post, visitor)}).decode()
                await _write(response, f"id: {post.change}\nevent: post\ndata: {event}\n\n")
                since = post.change
            if moving and not await self._is_editor(visitor):
                return
            if moving and (parts := await moving.changed()):
                await _write(response, f"event: desk\ndata: {orjson.dumps(parts).decode()}\n\n")
            if bell is None:
                await _write(response, "event: later\ndata: 1\n\n")
            if bell is None or bell.closing:
                return
            pause = _MOVES if moving else _HEARTBEAT
            quiet += 0.0 if await bell.wait(pause) else pause
            if quiet >= _HEARTBEAT:
                await _write(response, ": still here\n\n")
                if not await self._site.sessions.recognise(visitor.token):
                    return
                quiet = 0.0

    async def _is_editor(self, visitor: Visitor) -> bool:
        """Tell whether whoever reads a stream still may see the desk."""
        session = await self._site.sessions.recognise(visitor.token)
        return await self._site.sessions.role(session) >= Role.EDITOR

    async def _post_html(self, post: Post, visitor: Visitor) -> str:
        """Return a post as it stands on the page; nothing for one that was taken away."""
        if not post.message:
            return ""
        html = await shown(self._site.store, post.message)
        return self._site.fragment("post.html", visitor, post=post, html=html, path="/")

    async def _take(self, request: web.Request, visitor: Visitor, fields: Mapping[str, str], file: bytes) -> str:
        """Take a line, for a newcomer together with a new session, and return that session's cookie."""
        line, turns = fields.get("line", ""), self._site.turns
        if visitor.session and "on" in fields:
            await turns.press(visitor.session, line, on=fields["on"], locale=visitor.locale)
            return ""
        if visitor.session:
            key, under = fields.get("key", ""), fields.get("under", "")
            await turns.take(visitor.session, line, key=key, under=under, file=file, locale=visitor.locale)
            return ""
        self._site.guard.admit_newcomer(request)
        session, cookie = self._site.sessions.fresh()
        await turns.take(session, line, locale=visitor.locale, along=(Add(session),))
        return cookie

    async def _shown(
        self, request: web.Request, visitor: Visitor, typed: Mapping[str, str], *, error: BotError | None = None
    ) -> web.Response:
        problem = visitor.say(error.message_key, **error.arguments) if error else ""
        return self._site.page(
            request,
            visitor,
            "chat.html",
            status=status_of(error) if error else 200,
            problem=problem,
            draft=typed.get("line", ""),
            key=new_token(),
            **await self.panel(visitor, typed.get("under", "")),
        )


def _since(request: web.Request) -> int:
    """Return the last change that a page has seen."""
    seen = request.headers.get("Last-Event-ID") or request.query.get("since", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 16 else 0


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(_WRITE_SECONDS):
        await response.write(text.encode())
