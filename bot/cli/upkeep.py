"""The house from the terminal: `dateline run`, `check`, `backup`, `restore`, `export` and `import`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.asking import asked
from bot.cli.typed import typed

Replacing = Annotated[bool, typer.Option("--replace", help="Replace the file, where there is one.")]


def run() -> None:
    """Start the bot: the web desk and its chat, and every platform that has a token."""
    from bot.core.settings import Settings  # noqa: PLC0415  # the house is built only for commands that need it
    from bot.main import run as run_bot  # noqa: PLC0415

    asyncio.run(run_bot(Settings()))


def check(
    live: Annotated[
        str, typer.Option(help="Send, edit and withdraw a message in this chat, such as web:operator.")
    ] = "",
) -> None:
    """Say what is wrong with the settings, the store, the platforms and the feeds, and what to do."""
    from bot.cli.check import findings  # noqa: PLC0415
    from bot.core.foreign import harmless  # noqa: PLC0415

    async def report() -> bool:
        fine = True
        async for found in findings(typed(live)):
            typer.echo(("ok      " if found.fine else "PROBLEM ") + harmless(found.text))
            fine = fine and found.fine
        return fine

    if not asyncio.run(report()):
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(help="Where to; .gz compresses.")], *, replace: Replacing = False
) -> None:
    """Write everything the bot keeps to a file, also while it runs."""
    typer.echo(f"{_asked('backup', file, replace=replace)['documents']} documents written to {file}")


def setting_problems(error: ValueError) -> list[str]:
    """Return what is wrong with the settings, a line each; nothing where the error is about something else."""
    from pydantic import ValidationError  # noqa: PLC0415  # loaded long since where the settings raised

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return []
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"]).upper()
        unknown = problem["type"] == "extra_forbidden"
        said = "there is no such setting; .env.example lists them all" if unknown else problem["msg"]
        lines.append(f"setting {name}: {said}")
    return lines


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dateline backup` wrote.", exists=True, dir_okay=False)],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is kept now.")] = False,
) -> None:
    """Put back what a backup holds. The bot must not be running."""
    from bot.core.settings import Settings  # noqa: PLC0415
    from bot.main import restored  # noqa: PLC0415

    typer.echo(f"{asyncio.run(restored(Settings(), file, replace=replace))} documents restored from {file}")


def export_subscribers(
    file: Annotated[Path, typer.Argument(help="Where to: JSON Lines, a chat a line.")], *, replace: Replacing = False
) -> None:
    """Write who follows what, so that people can move to another bot."""
    typer.echo(f"{_asked('export', file, replace=replace)['subscribers']} chats written to {file}")


def import_subscribers(
    file: Annotated[Path, typer.Argument(help="JSON Lines, a chat a line.", exists=True, dir_okay=False)],
) -> None:
    """Take in chats from another bot: all of the file, or nothing where a line of it is wrong."""
    taken = _asked("import", file)
    for error in taken["errors"]:
        typer.echo(f"{file}:{error['line']}: {error['message']}", err=True)
    if taken["errors"]:
        typer.echo("Nothing was imported.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{taken['subscribers']} chats imported from {file}")


def _asked(name: str, file: Path, **more: object) -> Mapping[str, Any]:
    """Have the running bot, or the store itself, do something with a file."""
    return asked(name, file=str(file.absolute()), **more)  # a running bot has its own idea of where it is
