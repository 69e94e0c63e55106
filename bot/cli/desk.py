"""The desk from the terminal: `dateline breaking`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.core.model import Outcome, Severity

if TYPE_CHECKING:
    from bot.control import Call
    from bot.core.settings import Settings

_EVERY = 0.2
"""Seconds between two looks at a fan-out."""


def breaking(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The headline; further lines are the text.")],
    severity: Annotated[Severity, typer.Option(help="How loud it is.")] = Severity.URGENT,
    url: Annotated[str, typer.Option(help="Where to read on.")] = "",
    *,
    release: Annotated[bool, typer.Option("--release", help="Skip the confirmation, not the undo time.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the alert and print its report.")] = False,
) -> None:
    """Draft an alert, or send it, and print its id."""
    from bot.core.settings import Settings  # noqa: PLC0415  # the house is built only for commands that need it

    asyncio.run(_breaking(Settings(), text, severity, url, release=release, wait=wait))


async def _breaking(settings: Settings, text: str, severity: Severity, url: str, *, release: bool, wait: bool) -> None:
    from bot.main import called  # noqa: PLC0415

    async with called(settings) as call:
        alert = await call("breaking", text=text, severity=severity.value, url=url, release=release)
        print(alert["id"], flush=True)  # noqa: T201  # the answer
        if not release:
            typer.echo(f"A draft: /approve {alert['id']} in a chat sends it. --release skips that.", err=True)
        if not wait:
            return
        if not release:
            raise typer.Exit(2)
        if not alert["running"]:
            typer.echo("No bot is running here: the alert goes out when one starts (dateline run).", err=True)
            raise typer.Exit(1)
        _print_report(await _follow(call, alert["id"], alert["chats"]))


async def _follow(call: Call, id: str, chats: int) -> Mapping[str, Any]:
    """Show a bar on a terminal, nothing in a pipe, until all is said; return the report."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("telling", total=chats)
        while True:
            report = await call("report", id=id)
            progress.update(bar, total=report["chats"] or chats, completed=report["chats"] - report[Outcome.PENDING])
            if report["done"] or report["state"] not in {"scheduled", "released"}:
                return report
            await asyncio.sleep(_EVERY)


def _print_report(report: Mapping[str, Any]) -> None:
    outcomes = ", ".join(f"{report[outcome]} {outcome}" for outcome in Outcome)
    print(f"{report['state']}: {report['chats']} chats: {outcomes}")  # noqa: T201  # the answer
