"""The sample newsroom: two small papers with pages and feeds of their own, served to whoever has no feed yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Any

import orjson
import structlog
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters.sample.stories import COURIER, EVENING_POST, Paper, Press, Printed
from bot.core.ports import Clock
from bot.core.settings import Settings

HOST = "127.0.0.1"
_SECOND = timedelta(seconds=1)
_ROUTE = "wp-json/"


class SampleNewsroom:
    """A web server on a loopback port of its own. It keeps nothing: what it shows depends on the time alone."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._port = settings.sample_port
        self._clock = clock
        self._press = Press(settings.sample_seconds)
        self._templates = _templates()
        self._runner: web.AppRunner | None = None
        self.address = ""
        """`host:port`, once it is open."""

    async def open(self) -> tuple[str, ...]:
        """Listen, on another free port where the chosen one is taken, and return the feeds to follow.

        Those are the RSS of one paper and the Atom of the other; the further feeds tell the same stories again.
        """
        self._runner = web.AppRunner(self._app(), access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError as error:
            structlog.get_logger().warning("sample_port_taken", port=self._port, error=str(error))
            await web.TCPSite(self._runner, HOST, 0).start()
        self.address = f"{HOST}:{self._runner.addresses[0][1]}"
        return f"http://{self.address}{COURIER.root}feed/", f"http://{self.address}{EVENING_POST.root}feed/atom/"

    def paced(self, settings: Settings) -> Settings:
        """Return the settings at the pace of these papers: here a day takes minutes, and it is ours to ask often."""
        half_a_round = self._press.round_seconds / 2
        often = min(settings.poll_seconds, settings.sample_seconds / 4)
        return settings.model_copy(
            update={
                "poll_seconds": often,
                "poll_quiet_seconds": often,
                "story_hours": min(settings.story_hours, half_a_round / 3600),
            }
        )

    async def close(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application()
        for paper in (EVENING_POST, COURIER):
            app.router.add_get(paper.root, self._listing(paper, "front.html", "text/html"))
            app.router.add_get(f"{paper.root}feed/", self._listing(paper, "rss.xml", "application/rss+xml"))
            app.router.add_get(f"{paper.root}feed/atom/", self._listing(paper, "atom.xml", "application/atom+xml"))
            app.router.add_get(f"{paper.root}feed/json/", self._json_feed(paper))
            if paper.posts:
                app.router.add_get(f"{paper.root}{_ROUTE}wp/v2/posts", self._posts(paper))
                app.router.add_get(f"{paper.root}{_ROUTE}wp/v2/posts/{{number:[0-9]{{1,14}}}}", self._post(paper))
        app.router.add_get("/{path:.+}", self._page)
        return app

    def _listing(self, paper: Paper, template: str, content_type: str) -> Callable[[web.Request], Any]:
        """Return the handler of a front page or feed: the paper's latest stories in one template."""

        async def answer(request: web.Request) -> web.Response:
            stories = self._press.latest(paper, self._clock.now())
            body = self._render(request, template, paper=paper, stories=stories)
            response = _fresh(request, body, content_type, stories[0].at)
            if paper.posts:
                response.headers["Link"] = f'<{_site(request)}{paper.root}{_ROUTE}>; rel="https://api.w.org/"'
            return response

        return answer

    def _posts(self, paper: Paper) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            stories = self._press.latest(paper, self._clock.now())
            return web.json_response([_post(_site(request), story) for story in stories])

        return answer

    def _post(self, paper: Paper) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            story = self._press.numbered(int(request.match_info["number"]), self._clock.now())
            if story is None or story.paper is not paper:
                return web.json_response({"code": "rest_post_invalid_id"}, status=404)
            return web.json_response(_post(_site(request), story))

        return answer

    def _json_feed(self, paper: Paper) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            stories = self._press.latest(paper, self._clock.now())
            body = orjson.dumps(_json_feed(_site(request), paper, stories))
            return _fresh(request, body, "application/feed+json", stories[0].at)

        return answer

    async def _page(self, request: web.Request) -> web.Response:
        """Answer with the story at this address, among all that stands around a story on a newsroom's page."""
        now = self._clock.now()
        story = self._press.find(request.path, now)
        if not story:
            body = self._render(request, "missing.html", paper=COURIER)
            return web.Response(status=404, body=body, content_type="text/html", charset="utf-8")
        others = [other for other in self._press.latest(story.paper, now) if other.number != story.number]
        body = self._render(request, "page.html", paper=story.paper, story=story, stories=others)
        return _fresh(request, body, "text/html", story.at)

    def _render(self, request: web.Request, template: str, **values: object) -> bytes:
        return self._templates.get_template(template).render(site=_site(request), **values).encode()


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("adapters.sample"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.filters["rfc822"] = format_datetime
    return templates


def _site(request: web.Request) -> str:
    """The scheme, host and port of this server, as feeds and pages name it."""
    return str(request.url.origin())


def _fresh(request: web.Request, body: bytes, content_type: str, modified: datetime) -> web.Response:
    """Return the document, or 304 where the client has it already."""
    etag = sha256(body).hexdigest()[:16]
    known = request.if_none_match
    since = request.if_modified_since
    same = any(tag.value in {etag, "*"} for tag in known) if known else since and modified - _SECOND < since
    response = web.Response(status=304) if same else web.Response(body=body, content_type=content_type, charset="utf-8")
    response.etag = etag
    response.last_modified = modified
    return response


def _post(site: str, story: Printed) -> dict[str, object]:
    """Return a story as WordPress gives its posts (https://developer.wordpress.org/rest-api/reference/posts/)."""
    texts = (f"{story.piece.dateline} — {story.blocks[0]}", *story.blocks[1:])
    blocks = [f"<h2>{escape(it[3:])}</h2>" if it.startswith("## ") else f"<p>{escape(it)}</p>" for it in texts]
    return {
        "id": story.number,
        "date_gmt": f"{story.at:%Y-%m-%dT%H:%M:%S}",
        "modified_gmt": f"{story.at:%Y-%m-%dT%H:%M:%S}",
        "guid": {"rendered": story.id},
        "link": f"{site}{story.path}",
        "title": {"rendered": escape(story.headline)},
        "excerpt": {"rendered": f"<p>{escape(story.excerpt)}</p>", "protected": False},
        "content": {"rendered": "\n".join(blocks), "protected": False},
        "_embedded": {
            "author": [{"name": story.piece.author}],
            "wp:term": [[{"taxonomy": "category", "name": story.piece.section}]],
        },
    }


def _json_feed(site: str, paper: Paper, stories: list[Printed]) -> dict[str, object]:
    """Return a paper's JSON Feed (https://www.jsonfeed.org/version/1.1)."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": paper.name,
        "description": paper.motto,
        "home_page_url": f"{site}{paper.root}",
        "feed_url": f"{site}{paper.root}feed/json/",
        "language": "en-GB",
        "items": [
            {
                "id": story.id,
                "url": f"{site}{story.path}",
                "title": story.headline,
                "summary": story.excerpt,
                "content_text": "\n\n".join(block.removeprefix("## ") for block in story.blocks),
                "date_published": story.at,
                "authors": [{"name": story.piece.author}],
                "tags": [story.piece.section],
            }
            for story in stories
        ],
    }
