"""`dateline summary`, `extract` and `feed`: read pages and feeds from the web, files or a pipe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from msgspec.structs import replace

from bot.cli.room import ReadingRoom
from bot.cli.sources import STDIN, Item, items
from bot.core.errors import BotError, UsageError
from bot.newsroom.lengths import MEASURES, Length

if TYPE_CHECKING:
    from bot.core.model import Page
    from bot.newsroom.summarise import Summary

Answer = dict[str, Any]
Read = Callable[[ReadingRoom, Item], Awaitable[Answer]]

Sources = Annotated[list[str], typer.Argument(metavar="SOURCE...", help="A URL, a file, or - for JSON Lines.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
HowLong = Annotated[
    Length | None, typer.Option(help="2 sentences within 45 words, 3 within 90, 7 within 220.", show_default=False)
]
Sentences = Annotated[int | None, typer.Option(min=1, help="How many sentences; 3 without a length.")]
Words = Annotated[int | None, typer.Option(min=1, help="At most so many words in all.")]
ByModel = Annotated[
    bool, typer.Option("--model", help="By the language model of the settings, where its answer holds.")
]

_HTML = "text/html; charset=utf-8"


def summary(
    source: Sources,
    length: HowLong = None,
    sentences: Sentences = None,
    words: Words = None,
    *,
    model: ByModel = False,
    json: AsJson = False,
) -> None:
    """Summarise articles in their own words."""
    most, budget = MEASURES[length] if length else (3, None)
    most, budget = sentences or most, words or budget

    async def read(room: ReadingRoom, item: Item) -> Answer:
        from bot.newsroom.summarise import page_of, summarise  # noqa: PLC0415  # keeps --help quick
        from bot.newsroom.words import reading_minutes  # noqa: PLC0415

        if item.fields.get("text") is not None:
            page = page_of(item.text("text"), title=item.text("title"), language=item.text("language"))
        else:
            page = await _page(room, item)
            page = replace(
                page, title=page.title or item.text("title"), language=item.text("language") or page.language
            )
        told = await _written(room, page, most, budget) if model else summarise(page, sentences=most, words=budget)
        names = ("headline", "sentences", "quote", "language", "method")
        return {name: getattr(told, name) for name in names} | {"reading_minutes": reading_minutes(page.text)}

    _run(source, read, as_json=json)


def extract(source: Sources, *, json: AsJson = False) -> None:
    """Show what is on a page: its kind, headline, byline, times and paragraphs."""

    async def read(room: ReadingRoom, item: Item) -> Answer:
        page = await _page(room, item)
        names = ("kind", "url", "title", "byline", "authors", "dateline", "published", "updated", "language", "site")
        return {name: getattr(page, name) for name in (*names, "image", "paragraphs", "text")}

    _run(source, read, as_json=json)


def feed(source: Sources, *, json: AsJson = False) -> None:
    """Show what is in a feed (RSS, Atom, JSON Feed)."""

    async def read(room: ReadingRoom, item: Item) -> Answer:
        body, address, headers = item.document(), item.text("base"), item.headers()
        if body is None:
            fetched = await (await room.door()).fetch(_url(item))
            body, address, headers = fetched.body, fetched.url, dict(fetched.headers)
        found = await (await room.parser()).feed(body, address, headers=headers)
        names = ("title", "link", "language", "description", "authors", "published", "updated", "entries", "problems")
        head = {"feed_id": found.id, "source": address, "format": found.format}
        return head | {name: getattr(found, name) for name in names}

    _run(source, read, as_json=json)


def register(app: typer.Typer, panel: str) -> None:
    """Put the commands of this module on the command line, in a panel of its help."""
    for command in (summary, extract, feed):
        app.command(rich_help_panel=panel)(command)


def explained(error: BotError, language: str = "en") -> str:
    """Return an error as one line for people."""
    from bot.core.foreign import harmless  # noqa: PLC0415  # as below
    from bot.core.i18n import translator  # noqa: PLC0415  # babel is only for those who met an error

    return harmless(" ".join(translator(language)(error.message_key, **error.arguments).split()))


async def _page(room: ReadingRoom, item: Item) -> Page:
    body = item.document()
    if body is not None:
        content_type = _HTML if "html" in item.fields else ""
        return await (await room.parser()).page(body, item.text("url"), content_type=content_type)
    fetched = await (await room.door()).fetch(_url(item), accept=("text/html", "application/xhtml+xml", "text/plain"))
    content_type = fetched.headers.get("content-type", "")
    return await (await room.parser()).page(fetched.body, fetched.url, content_type=content_type)


async def _written(room: ReadingRoom, page: Page, sentences: int, words: int | None) -> Summary:
    """Have the running bot ask the model, which has one budget and one memory for all."""
    from msgspec import to_builtins  # noqa: PLC0415

    from bot.core.codec import decode  # noqa: PLC0415
    from bot.newsroom.summarise import Summary  # noqa: PLC0415

    call = await room.call()
    answer = await call("summary", page=to_builtins(page), sentences=sentences, words=words)
    return decode(Summary, answer["summary"])


def _url(item: Item) -> str:
    url = item.text("url")
    if not url:
        raise UsageError("error.item_empty")
    return url


def _run(sources: list[str], read: Read, *, as_json: bool) -> None:
    """Answer every item in order; leave with status 1 where one failed."""
    lines = as_json or STDIN in sources
    failed = False
    with asyncio.Runner() as runner, _progress(sources, lines=lines) as advance:
        room = ReadingRoom()
        try:
            for item in items(sources):
                answer = runner.run(_answer(room, item, read))
                failed |= "error" in answer
                _tell(answer, lines=lines)
                advance()
        finally:
            runner.run(room.close())
    if failed:
        raise typer.Exit(1)


async def _answer(room: ReadingRoom, item: Item, read: Read) -> Answer:
    try:
        if item.problem:
            raise item.problem
        return {"id": item.id} | await read(room, item)
    except BotError as error:
        return {"id": item.id, "error": {"key": error.message_key, "message": explained(error)}}


def _tell(answer: Answer, *, lines: bool) -> None:
    if lines:
        typer.echo(orjson.dumps(answer))
        return
    from bot.cli.shown import show  # noqa: PLC0415  # rich is only for people

    show(answer)


@contextmanager
def _progress(sources: list[str], *, lines: bool) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal while several sources are read; nothing in a pipe, and none under JSON lines."""
    if len(sources) < 2 or STDIN in sources or not sys.stderr.isatty() or (lines and sys.stdout.isatty()):
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(sources))
        yield lambda: bar.advance(task)
