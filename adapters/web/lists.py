"""The desk's lists of feeds: taken in from another reader, line by line, and given out for one."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.site import Site, Visitor, status_of
from bot import outlines
from bot.core.errors import BotError, NotAllowed, UsageError
from bot.core.foreign import harmless
from bot.core.model import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a list that was taken in."""

    number: int
    name: str
    address: str
    outcome: str
    """`added`, `known`, `moved` or `refused`."""
    text: str
    """Where it is now, or why it was refused and what to do."""


class ListPages:
    """`/desk/feeds`, where operators take lists in, and `/desk/feeds.opml`, which gives one out."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/desk/feeds", self.page),
            web.post("/desk/feeds", self.take_in),
            web.get("/desk/feeds.opml", self.give_out),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show what can be done."""
        visitor, _ = await self._site.editor(request)
        return self._shown(request, visitor)

    async def give_out(self, request: web.Request) -> web.Response:
        """Give the newsroom's own feeds, as a file."""
        await self._site.editor(request)
        given = await outlines.exported(self._site.bot)
        headers = {"Content-Disposition": 'attachment; filename="feeds.opml"', "Cache-Control": "no-store"}
        return web.Response(text=given["document"], content_type="text/x-opml", headers=headers)

    async def take_in(self, request: web.Request) -> web.Response:
        """Make the feeds of a list the newsroom's own, and show what came of each line."""
        visitor, _ = await self._site.editor(request)
        try:
            return await self._taken_in(request, visitor)
        except BotError as error:
            return self._shown(request, visitor, problem=error)

    async def _taken_in(self, request: web.Request, visitor: Visitor) -> web.Response:
        if visitor.role < Role.OPERATOR:
            raise NotAllowed("desk.list_operators_only")
        _, data = await self._site.guard.form_with_list(request, self._site.settings.fetch_max_bytes)
        if not data:
            raise UsageError("desk.list_missing")
        found = await outlines.listed(self._site.bot, document=b64encode(data).decode())
        find, take = (partial(step, self._site.bot) for step in (outlines.found, outlines.taken_in))
        # each is kept by itself: whoever closes the page may take the list in again
        lines = [_line(*came) async for came in outlines.each(found["outlines"], find, take)]
        return self._shown(request, visitor, lines=lines, broken=found["broken"])

    def _shown(
        self,
        request: web.Request,
        visitor: Visitor,
        *,
        lines: Sequence[Line] | None = None,
        broken: int = 0,
        problem: BotError | None = None,
    ) -> web.Response:
        counts = Counter(line.outcome for line in lines or ())
        return self._site.page(
            request,
            visitor,
            "feeds.html",
            status=status_of(problem) if problem else 200,
            problem=visitor.say(problem.message_key, **problem.arguments) if problem else "",
            lines=lines,
            broken=broken,
            counts={outcome: counts[outcome] for outcome in outlines.OUTCOMES} if lines else {},
        )


def _line(outline: outlines.Values, came: outlines.Values) -> Line:
    outcome = came["outcome"]
    return Line(
        number=outline["line"],
        name=harmless(outline["title"]),
        address=harmless(outline["url"] or outline["site"]),
        outcome=outcome,
        text=harmless(came["text"] or (came["url"] if outcome == "moved" else "")),
    )
