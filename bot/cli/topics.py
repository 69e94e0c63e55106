"""The newsroom's topics from the terminal: `dateline topics` and `dateline topic`, as in a chat."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.asking import asked, tell
from bot.cli.typed import typed

_STEPS = frozenset({"set", "keep", "drop"})


def topics() -> None:
    """Show the newsroom's topics and their rules."""
    _told("topics", {})


def topic(
    words: Annotated[
        list[str],
        typer.Argument(metavar="NAME [= RULE]", help="'climate = warming, \"net zero\" -astrology', in single quotes."),
    ],
) -> None:
    """Try a topic's rule on the last articles; keep NAME = RULE makes it count, drop NAME ends it."""
    step, *rest = " ".join(words).split(maxsplit=1)
    if step not in _STEPS:
        step, rest = "set", words
    name = "topic" if step == "drop" else "rule"
    _told(f"topic {step}", {name: typed(" ".join(rest))})


def _told(name: str, words: dict[str, str]) -> None:
    """Give a command and print its answer, with the lines among its buttons that the terminal knows."""
    answer = asked("command", name=name, words=words)
    tell({**answer, "actions": [action for action in answer["actions"] if action["line"].startswith("/topic ")]})


def register(app: typer.Typer, panel: str) -> None:
    """Put the commands of this module on the command line, in a panel of its help."""
    app.command(rich_help_panel=panel)(topics)
    app.command(rich_help_panel=panel, context_settings={"ignore_unknown_options": True})(topic)
