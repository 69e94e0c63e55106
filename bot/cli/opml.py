"""`dateline opml import` and `export`: lists of feeds as other readers write them, in and out."""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.asking import asked
from bot.cli.sources import STDIN
from bot.cli.typed import typed
from bot.cli.upkeep import Replacing
from bot.core.errors import NotFound

if TYPE_CHECKING:
    from bot.control import Call

_MOST = 20_000_000
"""Bytes that are read at all; the settings let in fewer."""
_OUTCOMES = ("added", "known", "moved", "refused")

OfChat = Annotated[
    str, typer.Option(metavar="CHAT", help="A chat, telegram:4711 say, in place of the newsroom itself.")
]

app = typer.Typer(no_args_is_help=True, help="Take in lists of feeds, as other readers write them, and give them out.")


@app.command("import")
def take_in(
    file: Annotated[str, typer.Argument(metavar="FILE", help="OPML 1.0 to 2.0, or - for standard input.")],
    chat: OfChat = "",
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let go of the feeds that earlier lists brought and this one has not.")
    ] = False,
) -> None:
    """Make the feeds of a list the newsroom's own, or a chat's, and say of each line what came of it."""
    if replace and chat:
        raise typer.BadParameter("a chat's feeds are not replaced; drop them there", param_hint="--replace")
    if not asyncio.run(_taken_in(file, _contents(file), typed(chat), replace=replace)):
        raise typer.Exit(1)


@app.command("export")
def give_out(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; - is standard output.")] = STDIN,
    chat: OfChat = "",
    *,
    replace: Replacing = False,
) -> None:
    """Write the newsroom's own feeds, or a chat's, as a list that other readers take in (OPML 2.0)."""
    from bot.files import place_for, write_whole  # noqa: PLC0415  # as below

    path = None if file == STDIN else place_for(file, replace=replace)
    answer = asked("exported", chat=typed(chat))
    if path is None:
        typer.echo(answer["document"], nl=False)
        return
    write_whole(path, answer["document"].encode())
    typer.echo(f"{answer['feeds']} feeds written to {file}")


async def _taken_in(file: str, document: bytes, chat: str, *, replace: bool) -> bool:
    """Take in one line after the other, print what came of each, and tell whether all is well."""
    from bot.core.settings import Settings  # noqa: PLC0415  # the house is built only for commands that need it
    from bot.main import called  # noqa: PLC0415
    from bot.outlines import each  # noqa: PLC0415

    async with called(Settings()) as call:
        found = await call("listed", document=b64encode(document).decode())
        counts, urls = Counter[str](), list[str]()
        find, take = partial(call, "found"), partial(call, "taken_in", chat=chat)
        async for outline, came in each(found["outlines"], find, take):
            counts[came["outcome"]] += 1
            urls += [] if came["outcome"] == "refused" else [came["url"]]
            _tell(f"{file}:{outline['line']}: {_told(outline, came)}")
        if found["broken"]:
            _tell(f"{file}:{found['broken']}: this is no XML any more; what could be read of the rest was taken in")
        elif replace:
            await _let_go(call, urls)
    _tell(", ".join(f"{counts[outcome]} {outcome}" for outcome in _OUTCOMES))
    return not (counts["refused"] or found["broken"])


async def _let_go(call: Call, urls: Sequence[str]) -> None:
    for url in (await call("kept_alone", urls=urls))["gone"]:
        _tell(f"let go: {url}")


def _told(outline: Mapping[str, Any], came: Mapping[str, Any]) -> str:
    name = " ".join(filter(None, (outline["title"], outline["url"] or outline["site"])))
    match came["outcome"]:
        case "refused":
            return f"refused: {name}: {came['text']}"
        case "moved":
            return f"{'known' if came['known'] else 'added'}: {name}, moved to {came['url']}"
        case outcome:
            return f"{outcome}: {name}"


def _tell(line: str) -> None:
    from bot.core.foreign import harmless  # noqa: PLC0415  # as above

    typer.echo(harmless(line))


def _contents(file: str) -> bytes:
    if file == STDIN:
        return sys.stdin.buffer.read(_MOST)
    try:
        return Path(file).read_bytes()[:_MOST]
    except OSError as error:
        raise NotFound("error.no_file", path=file) from error
