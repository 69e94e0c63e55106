"""`/websub/TOKEN`, for hubs alone: here they ask whether it was us who subscribed, and here they send news."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.site import Site
from bot.core.errors import StoreError
from bot.core.pace import Quota, Rate
from bot.intake import websub
from bot.intake.pushes import Outcome, is_signed, received
from bot.intake.subscription import PATH, Subscription

_AT_ONCE = 4
"""Pushes of one feed that are let in at the same time, each as large as a document may be."""
_A_MINUTE = 6
"""Pushes of one feed that are read; of further ones it is only taken that there is something new."""
_AGAIN = {"Retry-After": "10"}


class HubPages:
    """Knows nobody by a cookie, and says nothing to whoever has no token: it is as good as a password."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._quota = Quota({"pushes": Rate(_A_MINUTE, 60, burst=_A_MINUTE)})
        self._coming_in: Counter[str] = Counter()
        self.routes: Sequence[AbstractRouteDef] = (
            web.get(f"{PATH}{{token}}", self.question, allow_head=False),
            web.post(f"{PATH}{{token}}", self.push),
        )

    async def question(self, request: web.Request) -> web.Response:
        """Answer a hub that asks whether we want what it was asked for."""
        try:
            words = await websub.answered(self._site.bot, request.match_info["token"], request.query)
        except StoreError:
            return web.Response(status=503, headers=_AGAIN)
        return web.Response(status=404) if words is None else web.Response(text=words, content_type="text/plain")

    async def push(self, request: web.Request) -> web.Response:
        """Take in what a hub sends; it is told that we have it once that is so.

        What is not signed is ignored, and the hub told the same, as the recommendation has it.
        """
        known = await websub.by_token(self._site.bot, request.match_info["token"])
        if known is None or known.leaving or known.until is None:
            return self._answer(Outcome.UNKNOWN, 410)
        if self._coming_in[known.id] >= _AT_ONCE:
            return self._answer(Outcome.TOO_MANY, 429)
        try:
            body = await self._body(request, known)
        except web.HTTPRequestEntityTooLarge:
            return self._answer(Outcome.TOO_LARGE, 413)
        except TimeoutError:
            return self._answer(Outcome.TOO_SLOW, 408)
        if not any(is_signed(body, each, known.secret) for each in request.headers.getall("X-Hub-Signature", ())):
            return self._answer(Outcome.UNSIGNED, 202)
        return await self._taken_in(request, known, body)

    async def _taken_in(self, request: web.Request, known: Subscription, body: bytes) -> web.Response:
        bot = self._site.bot
        calm = not self._quota.take("pushes", known.feed, bot.clock.monotonic())
        try:
            outcome = await received(bot, known, body, request.headers.get("Content-Type", ""), calm=calm)
        except StoreError:
            return web.Response(status=503, headers=_AGAIN)
        return self._answer(outcome, 410 if outcome is Outcome.UNKNOWN else 202)

    async def _body(self, request: web.Request, known: Subscription) -> bytes:
        """Return the whole body, within the limits that hold for documents."""
        settings = self._site.settings
        with self._counted(known):
            async with asyncio.timeout(settings.fetch_seconds):
                return await request.clone(client_max_size=settings.fetch_max_bytes).read()

    @contextmanager
    def _counted(self, known: Subscription) -> Iterator[None]:
        self._coming_in[known.id] += 1
        try:
            yield
        finally:
            self._coming_in[known.id] -= 1
            self._coming_in += Counter()  # lets go of those with none

    def _answer(self, outcome: Outcome, status: int) -> web.Response:
        self._site.bot.meters.pushed(outcome)
        return web.Response(status=status, headers=_AGAIN if status == 429 else None)
