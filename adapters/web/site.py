"""What the pages share: who is asking, in which language, and how an answer is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from aiohttp import web
from babel.core import negotiate_locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters.web.guard import NONCE, Guard, TooMany
from adapters.web.live import Live
from adapters.web.posts import Posts
from adapters.web.sessions import Session, Sessions, form_token, new_token
from adapters.web.turns import Turns
from bot.core.errors import BotError, Conflict, FetchError, NotAllowed, NotFound, StoreError, UsageError
from bot.core.i18n import Translator, locales, translator
from bot.core.model import Photo, Role
from bot.core.ports import Bot, Clock, Ids, Store
from bot.core.settings import Settings
from bot.intake.photos import photo_of
from bot.outreach.report_message import number

FOLDER = Path(__file__).parent


class SignedOut(NotAllowed):
    """Nobody is signed in at this browser."""

    key = "web.status_401"


_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (SignedOut, 401),
    (TooMany, 429),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (UsageError, 422),
    (FetchError, 422),
    (StoreError, 503),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whoever sent a request."""

    token: str
    """The cookie; one that is new, and known to no session, where there was none."""
    session: Session | None
    role: Role
    locale: str
    """The language the browser asks for, of those there are; empty for none of them."""
    say: Translator


class Site:
    """The rooms behind the pages, and the two forms of an answer: a page, or JSON for the page's script."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, ids: Ids) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.live = Live()
        self.guard = Guard(settings, clock)
        self.posts = Posts(store, clock, self.live)
        self.sessions = Sessions(settings, store, clock, ids)
        self.turns = Turns(store, clock, ids, self.posts)
        self._bot: Bot | None = None

    def open(self, bot: Bot) -> None:
        """Let the pages ask what all platforms know: the bot is there only once its adapters are."""
        self._bot = bot

    @property
    def bot(self) -> Bot:
        """The ports, for use cases that look at more than this platform."""
        if self._bot is None:
            raise RuntimeError("the web adapter serves pages before it was opened")
        return self._bot

    async def visitor(self, request: web.Request) -> Visitor:
        """Find out who is asking."""
        token = request.cookies.get(self.guard.cookie, "")
        session = await self.sessions.recognise(token)
        locale = _locale(request.headers.get("Accept-Language", ""))
        return Visitor(
            token=token or new_token(),
            session=session,
            role=await self.sessions.role(session),
            locale=locale,
            say=translator(locale or self.settings.language),
        )

    async def editor(self, request: web.Request) -> tuple[Visitor, Session]:
        """Find out which editor is asking. Raises SignedOut for nobody, NotAllowed for a reader."""
        visitor = await self.visitor(request)
        if visitor.session is None:
            raise SignedOut
        if visitor.role < Role.EDITOR:
            raise NotAllowed("desk.editors_only")
        return visitor, visitor.session

    async def form_with_photo(self, request: web.Request) -> tuple[Mapping[str, str], Photo | None]:
        """Return the fields of a form, and the photo that came with it. Raises UsageError where it can't be shown."""
        most = self.settings.photo_max_bytes
        fields, data = await self.guard.form_with_photo(request, most)
        return fields, photo_of(data, self.clock.now(), most) if data else None

    def fragment(self, template: str, visitor: Visitor, **values: Any) -> str:
        """Return a piece of a page as HTML."""
        return (
            _templates()
            .get_template(template)
            .render(
                say=visitor.say,
                figure=partial(number, say=visitor.say),
                here=self.settings.zone,
                token=form_token(visitor.token),
                visitor=visitor,
                Role=Role,
                **values,
            )
        )

    def part(self, visitor: Visitor, template: str, **values: Any) -> web.Response:
        """Return a piece of a page by itself, for the page's script to put in its place."""
        html = self.fragment(template, visitor, **values)
        return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})

    def page(
        self, request: web.Request, visitor: Visitor, template: str, /, *, status: int = 200, **values: Any
    ) -> web.Response:
        """Return a page. Its forms need a cookie to go with them, so a browser without one gets it here."""
        html = self.fragment(template, visitor, nonce=request[NONCE], path=request.path, **values)
        response = web.Response(
            text=html, status=status, content_type="text/html", headers={"Cache-Control": "no-store"}
        )
        if request.cookies.get(self.guard.cookie) != visitor.token:
            self.set_cookie(response, visitor.token)
        return response

    def set_cookie(self, response: web.StreamResponse, token: str) -> None:
        """Give the browser its session."""
        response.set_cookie(
            self.guard.cookie, token, max_age=31_536_000, secure=self.guard.secure, httponly=True, samesite="Lax"
        )

    async def problem(self, request: web.Request, status: int, error: BotError | None = None) -> web.Response:
        """Say what went wrong: words for the person, and no more."""
        visitor = await self.visitor(request)
        key = f"web.status_{status}"
        words = visitor.say(key if visitor.say.knows(key) else "web.status_other")
        if error:
            words = visitor.say(error.message_key, **error.arguments)
        if wants_json(request):
            return web.json_response({"problem": words}, status=status, headers={"Cache-Control": "no-store"})
        response = self.page(request, visitor, "problem.html", status=status, words=words)
        if status == 401:
            response.headers["WWW-Authenticate"] = 'Link realm="Dateline"'
        return response


def prepare() -> None:
    """Compile the templates and read how languages write numbers, which else would hold up all who send meanwhile."""
    for name in _templates().list_templates():
        _templates().get_template(name)
    for locale in locales():
        number(0, translator(locale))


@cache
def _templates() -> Environment:
    """Return the templates, each compiled once."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def status_of(error: BotError) -> int:
    """Return the HTTP status that fits an error of ours."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def wants_json(request: web.Request) -> bool:
    """Tell whether the page's script is asking, not the browser itself."""
    return "application/json" in request.headers.get("Accept", "")


def _locale(header: str) -> str:
    """Return the catalog that an Accept-Language header likes best; empty where there is none it names."""
    wishes = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((-float(quality or 1), tag))
        except ValueError:
            continue
    return negotiate_locale([tag for _, tag in sorted(wishes, key=lambda wish: wish[0])], locales(), sep="-") or ""
