"""Signing in by the one-time link, and out again."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.sessions import new_token
from adapters.web.site import Site, Visitor
from adapters.web.sweep import end


class SignInPages:
    """`/sign-in/SECRET`, which only shows a form (opening an address changes nothing), `/sign-in` and `/sign-out`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes: Sequence[AbstractRouteDef] = (
            web.get("/sign-in/{secret}", self.page),
            web.post("/sign-in", self.sign_in),
            web.post("/sign-out", self.sign_out),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Show the form that uses the link."""
        visitor = await self._site.visitor(request)
        return self._site.page(request, visitor, "sign_in.html", secret=request.match_info["secret"])

    async def sign_in(self, request: web.Request) -> web.Response:
        """Use the link up; the browser gets a new cookie with its new rights.

        The reader it was until now has no way back to its chat, so that ends.
        """
        fields = await self._site.guard.form(request)
        visitor = await self._site.visitor(request)
        cookie = await self._site.sessions.sign_in(fields.get("secret", ""), visitor.token)
        await self._left(visitor)
        response = web.Response(status=303, headers={"Location": "/desk"})
        self._site.set_cookie(response, cookie)
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session, on our side too."""
        await self._site.guard.form(request)
        visitor = await self._site.visitor(request)
        if visitor.session:
            await self._site.sessions.sign_out(visitor.session)
        await self._left(visitor)
        response = web.Response(status=303, headers={"Location": "/"})
        self._site.set_cookie(response, new_token())
        return response

    async def _left(self, visitor: Visitor) -> None:
        """End the chat of a reader whose session was the only way to it."""
        if visitor.session and not visitor.session.staff:
            await end(self._site.bot, self._site.posts, visitor.session.chat)
