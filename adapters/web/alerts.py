"""An alert's page at the desk: how it stands, what every copy shows, and a form for all its state allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.chat import ChatPages
from adapters.web.forms import alert_line, offered
from adapters.web.guard import StaleForm
from adapters.web.sessions import new_token
from adapters.web.shown import log_rows, standing, stories, what_is_shown
from adapters.web.site import Site, Visitor, status_of, wants_json
from adapters.web.story import kept_story, story_shown
from bot.core.errors import BotError, NotFound
from bot.core.model import Alert, Delivery, OnUncertain, Severity, same_person
from bot.outreach.report import all_said

_TYPED = ("time", "choice", "severity", "note", "headline", "text", "url", "why")


class AlertPages:
    """`/desk/alerts/ID`, which shows an alert and takes what is to be done about it, and the part that moves."""

    def __init__(self, site: Site, chat: ChatPages) -> None:
        self._site = site
        self._chat = chat
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/desk/alerts/{id}", self.page),
            web.post("/desk/alerts/{id}", self.act),
            web.get("/desk/alerts/{id}/standing", self.standing),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show an alert, with the editor's own chat beside it."""
        visitor, _ = await self._site.editor(request)
        return await self._shown(request, visitor, await self._found(request))

    async def standing(self, request: web.Request) -> web.Response:
        """Return how the alert stands: the part of its page that changes by itself."""
        visitor, _ = await self._site.editor(request)
        alert = await self._found(request)
        version, mark = await self._version(alert), await self._mark(alert)
        if request.query.get("seen") == mark:
            return web.Response(status=204)
        values = await standing(self._site, alert, visitor.say)
        return self._site.part(visitor, "standing.html", version=version, mark=mark, **values)

    async def act(self, request: web.Request) -> web.Response:
        """Take a form as the command line that it is; what comes of it is said in the chat beside the page."""
        visitor, editor = await self._site.editor(request)
        fields: Mapping[str, str] = {}
        try:
            fields, photo = await self._site.form_with_photo(request)
            alert = await self._found(request)
            line = alert_line(alert.id, fields.get("act", ""), fields)
            key = fields.get("key", "")
            await self._site.turns.take(editor, line, key=key, locale=visitor.locale, photo=photo)
        except BotError as error:
            if wants_json(request):
                raise
            typed = error.fields if isinstance(error, StaleForm) else fields
            return await self._shown(request, visitor, await self._found(request), typed, error)
        return await self._chat.answered(request, visitor, back=f"/desk/alerts/{alert.id}")

    async def _found(self, request: web.Request) -> Alert:
        """Return the alert that the address names. Raises NotFound; a notice is a part of what it tells of."""
        alert = await self._site.store.get(Alert, request.match_info["id"])
        if alert is None or alert.notices:
            raise NotFound("web.status_404")
        return alert

    async def _version(self, alert: Alert) -> str:
        """Return what tells a page that more than its moving part is out of date."""
        updates = await self._site.store.find(Alert, {"follows": alert.id})
        return _digest(alert, [update.id for update in updates], await kept_story(self._site.bot, alert))

    async def _mark(self, alert: Alert) -> str:
        """Return what changes with anything that is said of how the alert stands, without counting it all up."""
        store, abouts = self._site.store, [id for id in (alert.id, alert.notice) if id]
        counts = [await store.count(Delivery, {"about": id}, by=by) for id in abouts for by in ("outcome", "shown")]
        return _digest(alert, *map(dict, counts), await all_said(self._site.bot, alert))

    async def _shown(
        self,
        request: web.Request,
        visitor: Visitor,
        alert: Alert,
        typed: Mapping[str, str] | None = None,
        error: BotError | None = None,
    ) -> web.Response:
        site, person = self._site, visitor.session.person if visitor.session else ""
        typed, acts = typed or {}, offered(alert)
        return site.page(
            request,
            visitor,
            "alert.html",
            status=status_of(error) if error else 200,
            problem="",
            draft="",
            key=new_token(),
            fresh_key=new_token,
            failed=typed.get("act", "") if typed.get("act") in acts else "",
            typed={name: typed.get(name, "") for name in _TYPED},
            act_problem=visitor.say(error.message_key, **error.arguments) if error else "",
            acts=acts,
            second=site.settings.second_editor and same_person(alert.author, person),
            severities=tuple(Severity),
            choices=tuple(OnUncertain),
            version=await self._version(alert),
            mark=await self._mark(alert),
            zone=site.settings.time_zone,
            log=log_rows(alert, site.settings.zone, visitor.say),
            stories=await stories(site, alert),
            story=await story_shown(site, alert, visitor.say),
            **await what_is_shown(site.bot, alert),
            **await standing(site, alert, visitor.say),
            **await self._chat.panel(visitor),
        )


def _digest(*what: object) -> str:
    return sha256(repr(what).encode()).hexdigest()[:16]
