"""The desk: what the feeds bring, how the last alerts stand, and a form for a breaking story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from aiohttp.web import AbstractRouteDef
from babel.dates import format_timedelta

from adapters.web.chat import ChatPages
from adapters.web.guard import StaleForm
from adapters.web.sessions import Session, new_token
from adapters.web.site import Site, Visitor, status_of, wants_json
from bot.core.errors import BotError, NotAllowed, UsageError
from bot.core.foreign import harmless, web_address
from bot.core.i18n import Translator
from bot.core.model import Alert, Delivery, Feed, Outcome, Role, Severity

_ALERTS = 20
_FEEDS = 200
_FIELDS = ("severity", "headline", "text", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert as a row of the desk."""

    alert: Alert
    headline: str
    counts: Sequence[tuple[Outcome, int]]
    ago: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """A feed as a row of the desk."""

    title: str
    address: str
    polled: str
    fresh: str
    problem: str


class DeskPages:
    """`/desk`, its `/desk/board` that is looked at again and again, and `/desk/compose`."""

    def __init__(self, site: Site, chat: ChatPages) -> None:
        self._site = site
        self._chat = chat
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/desk", self.page),
            web.get("/desk/board", self.board),
            web.post("/desk/compose", self.compose),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show the desk, with the editor's own chat beside it."""
        visitor = await self._site.visitor(request)
        if visitor.session is None:
            return await self._site.problem(request, 401)
        self._editor(visitor)
        return await self._shown(request, visitor)

    async def board(self, request: web.Request) -> web.Response:
        """Return the part of the desk that changes by itself."""
        visitor = await self._site.visitor(request)
        if visitor.session is None:
            return await self._site.problem(request, 401)
        self._editor(visitor)
        html = self._site.fragment("board.html", visitor, **await self._board(visitor))
        return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def compose(self, request: web.Request) -> web.Response:
        """Take a breaking story as the command line that it is; the preview comes up in the chat beside it."""
        visitor = await self._site.visitor(request)
        if visitor.session is None:
            return await self._site.problem(request, 401)
        editor = self._editor(visitor)
        fields: Mapping[str, str] = {}
        try:
            fields = await self._site.guard.form(request)
            line = command_line(fields)
            await self._site.turns.take(editor, line, key=fields.get("key", ""), locale=visitor.locale)
        except BotError as error:
            if wants_json(request):
                raise
            return await self._shown(request, visitor, error.fields if isinstance(error, StaleForm) else fields, error)
        return self._chat.taken(request, {"back": "/desk"})

    def _editor(self, visitor: Visitor) -> Session:
        if visitor.session is None or visitor.role < Role.EDITOR:
            raise NotAllowed("desk.editors_only")
        return visitor.session

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
            severities=tuple(Severity),
            **await self._chat.panel(visitor),
            **await self._board(visitor),
        )

    async def _board(self, visitor: Visitor) -> Mapping[str, object]:
        alerts = await self._site.store.find(Alert, limit=_ALERTS, newest=True)
        feeds = await self._site.store.find(Feed, limit=_FEEDS)
        rows = [self._feed_row(feed, visitor.say) for feed in feeds]
        return {
            "alerts": [await self._alert_row(alert, visitor.say) for alert in alerts if not alert.notices],
            "feeds": sorted(rows, key=lambda row: (not row.problem, row.title.casefold())),
        }

    async def _alert_row(self, alert: Alert, say: Translator) -> AlertRow:
        counts = await self._site.store.count(Delivery, {"about": alert.id}, by="outcome")
        return AlertRow(
            alert=alert,
            headline=harmless(alert.current.headline),
            counts=[(outcome, counts[outcome]) for outcome in Outcome if counts.get(outcome)],
            ago=self._ago(alert.log[-1].at if alert.log else alert.released, say),
        )

    def _feed_row(self, feed: Feed, say: Translator) -> FeedRow:
        return FeedRow(
            title=harmless(feed.title or feed.id),
            address=web_address(feed.id),
            polled=self._ago(feed.polled, say),
            fresh=self._ago(feed.fresh, say),
            problem=say(feed.problem, **feed.details) if feed.problem else "",
        )

    def _ago(self, moment: datetime | None, say: Translator) -> str:
        """Say how long ago something was."""
        if moment is None:
            return say("desk.never")
        return format_timedelta(moment - self._site.clock.now(), add_direction=True, locale=say.locale)


def command_line(fields: Mapping[str, str]) -> str:
    """Return the command that a filled form stands for. Raises UsageError where it says too little, or odd things."""
    severity, url = fields.get("severity", Severity.URGENT).lower(), fields.get("url", "").strip()
    headline = " ".join(fields.get("headline", "").split())
    if severity not in set(Severity):
        raise UsageError("desk.no_severity")
    if not headline:
        raise UsageError("desk.no_headline")
    if url and not web_address(url):
        raise UsageError("desk.no_link")
    lead = " ".join(part for part in ("/breaking", severity.upper(), url, headline) if part)
    return f"{lead}\n{fields.get('text', '').strip()}".strip()
