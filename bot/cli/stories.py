"""Stories from the terminal: `dateline story`, `merge` and `split`, as in a chat."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.asking import asked, tell
from bot.cli.typed import typed

_TYPED = ("/story ", "/merge ", "/split ", "/release ")
"""Buttons of these commands can be typed here."""


def story(
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="From its headline; or its id.")],
) -> None:
    """Show a story and how it went on."""
    _told("story", words=" ".join(words))


def merge(
    story: Annotated[str, typer.Argument(metavar="STORY", help="Its id, or its alert's: dateline alerts shows it.")],
    into: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INTO]...", help="The one that leads: its id, or words from its headline."),
    ] = None,
) -> None:
    """Make a story part of another one, which leads; nobody is told anew."""
    _told("merge", story=story, into=" ".join(into or ()))


def split(
    articles: Annotated[list[str], typer.Argument(metavar="ARTICLE...", help="Their ids or links.")],
) -> None:
    """Take articles out of a story into one of their own."""
    _told("split", articles=" ".join(articles))


def register(app: typer.Typer, panel: str) -> None:
    """Put the commands of this module on the command line, in a panel of its help."""
    for command in (story, merge, split):
        app.command(rich_help_panel=panel)(command)


def _told(name: str, **words: str) -> None:
    """Give a command and print its answer, with those of its buttons that the terminal knows."""
    answer = asked("command", name=name, words={parameter: typed(word) for parameter, word in words.items()})
    tell({**answer, "actions": [action for action in answer["actions"] if action["line"].startswith(_TYPED)]})
