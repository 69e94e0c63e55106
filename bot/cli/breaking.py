"""`dateline breaking`: drafts an alert, shows what would be sent, or sends it and follows it to the last chat."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from bot.cli.asking import NOBODY_RUNS, asked, given, tell
from bot.cli.desk import PhotoFile, Text
from bot.cli.reading import AsJson
from bot.cli.typed import photo_in, story, typed
from bot.core.model import OnUncertain, Outcome, Severity

if TYPE_CHECKING:
    from bot.control import Call
    from bot.core.settings import Settings

_EVERY = 0.2
"""Seconds between two looks at a fan-out."""
_FOR_PEOPLE = frozenset({"text", "actions", "made", "second", "idle"})
"""What an answer has for a reader, and a script need not know."""


def breaking(
    text: Text,
    severity: Annotated[Severity, typer.Option(help="How loud it is.")] = Severity.URGENT,
    url: Annotated[str, typer.Option(help="Where to read on.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="Send it then: 18:30, tomorrow 7:00.")] = "",
    embargo: Annotated[str, typer.Option(metavar="TIME", help="Let nobody send it before.")] = "",
    *,
    photo: PhotoFile = None,
    on_uncertain: Annotated[OnUncertain | None, typer.Option(help="Where nobody can tell who was told.")] = None,
    release: Annotated[bool, typer.Option("--release", help="Skip the confirmation, not the undo time.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the alert and print its report.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent to whom; keep nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Draft an alert, or send it, and print its id."""
    if wait and (dry_run or not (release or at)):
        raise typer.BadParameter("there is nothing to follow without --release or --at", param_hint="--wait")
    asks = {"text": story(text), "severity": severity.value, "release": release, "dry": dry_run}
    more = {"photo": photo_in(photo), "url": typed(url), "at": typed(at), "embargo": typed(embargo)}
    alert = asked("breaking", **asks, **more, on_uncertain=on_uncertain.value if on_uncertain else "")
    if json:
        typer.echo(orjson.dumps({name: value for name, value in alert.items() if name not in _FOR_PEOPLE}))
    elif dry_run:
        _show(alert)
    elif wait:
        typer.echo(alert["id"])
    else:
        tell(alert)
    if wait:
        _wait(alert, json=json)


def _show(alert: Mapping[str, Any]) -> None:
    from bot.core.foreign import harmless  # noqa: PLC0415  # the house is loaded only for commands that need it

    typer.echo(harmless(alert["text"]) + "\n")
    for line in _circumstances(alert):
        typer.echo(harmless(line))


def _circumstances(alert: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the platforms' previews do not say: when, to whom first, and who would have to wait."""
    yield f"{alert['severity']}, for {_chats(alert['chats'])}, {'with' if alert['sound'] else 'without'} a sound."
    if alert["canaries"]:
        yield f"First to {', '.join(alert['canaries'])}; to everybody else {alert['canary_seconds']:g} s later."
    for platform, chats in alert["unconnected"].items() if alert["running"] else ():
        yield f"{platform} is not connected: {_chats(chats)} would be told when it is."
    if alert["embargo"]:
        yield f"Under embargo until {_moment(alert['embargo'])}."
    if alert["due"]:
        yield f"Approved, it would go out at {_moment(alert['due'])}; till then it could be called back."
    if not alert["running"]:
        yield "No bot is running here (dateline run), so nobody can say what each platform would be sent."
    yield "Nothing was kept or sent."


def _chats(count: int) -> str:
    return "1 chat" if count == 1 else f"{count} chats"


def _moment(stamp: str) -> str:
    from bot.core.settings import Settings  # noqa: PLC0415  # as above

    return f"{datetime.fromisoformat(stamp).astimezone(Settings().zone):%Y-%m-%d %H:%M:%S %Z}"


def _wait(alert: Mapping[str, Any], *, json: bool) -> None:
    """Follow an alert until nothing more happens by itself, and print its report; leave with 1 where chats wait."""
    from bot.core.settings import Settings  # noqa: PLC0415  # as above

    if not alert["running"]:
        typer.echo(NOBODY_RUNS, err=True)
        raise typer.Exit(1)

    stands = asyncio.run(_follow(Settings(), alert))
    if json:
        typer.echo(orjson.dumps(asked("report", id=alert["id"])))
    else:
        given("report", alert=alert["id"])
    if stands["waiting"] or stands["held"] or stands["state"] != "released":
        for platform in stands["waiting"]:
            typer.echo(f"{platform} is not connected: its chats are told when it is.", err=True)
        raise typer.Exit(1)


async def _follow(settings: Settings, alert: Mapping[str, Any]) -> Mapping[str, Any]:
    """Show a bar on a terminal, nothing in a pipe, until all is said; return how the alert stands."""
    from rich.console import Console  # noqa: PLC0415  # as above
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    from bot.main import called  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with called(settings) as call:
        with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            bar = progress.add_task("telling", total=alert["chats"])
            while True:
                stands = await call("standing", id=alert["id"])
                chats = stands["chats"] or alert["chats"]
                progress.update(bar, total=chats, completed=stands["chats"] - stands[Outcome.PENDING])
                if await _is_over(call, stands):
                    return stands
                await asyncio.sleep(_EVERY)


async def _is_over(call: Call, stands: Mapping[str, Any]) -> bool:
    """Tell whether nothing more happens by itself: all is said, an editor stopped it, or its platforms are away."""
    if stands["done"] or stands["held"] or stands["state"] not in {"scheduled", "released", "withdrawn"}:
        return True
    if not stands["addressed"] or not stands["waiting"]:
        return False
    platforms = await call("platforms")
    return all(platforms.get(platform, "not connected") for platform in stands["waiting"])
