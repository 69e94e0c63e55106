"""Has the running bot, or the store itself where none runs, do what a command says, and prints the answer."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from typing import Any

import typer

from bot.cli.typed import typed

NOBODY_RUNS = "No bot is running here: what is to go out waits until one starts (dateline run)."


def asked(name: str, /, **arguments: object) -> Mapping[str, Any]:
    """Return what an operation answers. Raises BotError."""
    from bot.core.settings import Settings  # noqa: PLC0415  # the house is built only for commands that need it
    from bot.main import called  # noqa: PLC0415

    async def ask() -> Mapping[str, Any]:
        async with called(Settings()) as call:
            return await call(name, **arguments)

    return asyncio.run(ask())


def given(name: str, /, along: str = "", **words: str) -> None:
    """Give one of the commands that can be typed in a chat, perhaps with a photo, and print its answer.

    Raises BotError.
    """
    known = {parameter: typed(word) for parameter, word in words.items()}
    answer = asked("command", name=name, words=known, photo=along)
    if not answer["text"]:  # a preview, of no platform
        typer.echo("No bot is running here, and only a bot knows its platforms. Start it (dateline run).", err=True)
        raise typer.Exit(1)
    tell(answer)


def tell(answer: Mapping[str, Any]) -> None:
    """Print an answer and what can be typed next. Where an alert was made, standard output has its id alone."""
    from bot.core.foreign import harmless  # noqa: PLC0415  # as above

    made = answer["made"]
    if made:
        typer.echo(made)
    typer.echo(harmless(answer["text"]), err=bool(made))
    for line, label in _next_lines(answer):
        typer.echo(harmless(f"  {line}  # {label}"), err=bool(made))
    if answer["second"]:
        typer.echo("A second editor has to approve it, in a chat: /alerts there shows it.", err=True)
    if answer["idle"]:
        typer.echo(NOBODY_RUNS, err=True)


def _next_lines(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the answer's buttons as lines for the terminal; what this person may not approve is left out."""
    words = [(action["line"].removeprefix("/").split(), action["label"]) for action in answer["actions"]]
    return [
        (shlex.join(("dateline", *line)), label)
        for line, label in words
        if not (answer["second"] and line[0] == "approve")
    ]
