"""The desk: the board of alerts and feeds, and a form for a breaking story, with the editor's own chat beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.board import alert_group, board
from adapters.web.chat import ChatPages
from adapters.web.forms import breaking_line
from adapters.web.guard import StaleForm
from adapters.web.sending import SendingDesk
from adapters.web.sessions import new_token
from adapters.web.site import Site, Visitor, status_of, wants_json
from bot.core.errors import BotError

_FIELDS = ("severity", "headline", "text", "url")


class DeskPages:
    """`/desk`, its `/desk/board` that is looked at again and again, what is older than that, and `/desk/compose`."""

    def __init__(self, site: Site, chat: ChatPages, sending: SendingDesk) -> None:
        self._site = site
        self._chat = chat
        self._sending = sending
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/desk", self.page),
            web.get("/desk/board", self.board),
            web.get("/desk/older/{group}", self.older),
            web.post("/desk/compose", self.compose),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show the desk, with the editor's own chat beside it."""
        visitor, _ = await self._site.editor(request)
        return await self._shown(request, visitor)

    async def board(self, request: web.Request) -> web.Response:
        """Return the part of the desk that changes by itself."""
        visitor, _ = await self._site.editor(request)
        return self._site.part(visitor, "board.html", **await board(self._site, visitor.say))

    async def older(self, request: web.Request) -> web.Response:
        """Show the alerts of one part of the board that no longer stand there."""
        visitor, _ = await self._site.editor(request)
        name, before = request.match_info["group"], request.query.get("before", "")
        group = await alert_group(self._site, name, visitor.say, before)
        return self._site.page(request, visitor, "older.html", group=group)

    async def compose(self, request: web.Request) -> web.Response:
        """Take a breaking story as the command line that it is; the preview comes up in the chat beside it."""
        visitor, editor = await self._site.editor(request)
        fields: Mapping[str, str] = {}
        try:
            fields, photo = await self._site.form_with_photo(request)
            line = breaking_line(fields)
            key = fields.get("key", "")
            await self._site.turns.take(editor, line, key=key, locale=visitor.locale, photo=photo)
        except BotError as error:
            if wants_json(request):
                raise
            return await self._shown(request, visitor, error.fields if isinstance(error, StaleForm) else fields, error)
        return await self._chat.answered(request, visitor, back="/desk")

    async def _shown(
        self,
        request: web.Request,
        visitor: Visitor,
        fields: Mapping[str, str] | None = None,
        error: BotError | None = None,
    ) -> web.Response:
        fields = fields or {}
        return self._site.page(
            request,
            visitor,
            "desk.html",
            status=status_of(error) if error else 200,
            problem="",
            draft="",
            key=new_token(),
            compose_key=new_token(),
            compose_problem=visitor.say(error.message_key, **error.arguments) if error else "",
            story={name: fields.get(name, "") for name in _FIELDS},
            **await self._sending.values(visitor.say),
            **await self._chat.panel(visitor),
            **await board(self._site, visitor.say),
        )
