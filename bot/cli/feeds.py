"""`dateline feeds`: how the feeds are, and which of them are the newsroom's, as in a chat."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.asking import asked, tell
from bot.cli.typed import typed

Which = Annotated[str, typer.Argument(metavar="FEED", help="Its address, or a part of its title.")]
Address = Annotated[str, typer.Argument(metavar="URL", help="The address of a feed, or of a site that has one.")]

app = typer.Typer(no_args_is_help=True, help="Show how feeds are, and say which are the newsroom's.")


@app.command("list")
def list_() -> None:
    """Show the newsroom's feeds, those with a problem first."""
    _given("list")


@app.command()
def status(feed: Which) -> None:
    """Show how a feed is, when it was and will be looked at, and how much it brings."""
    _given("status", what=feed)


@app.command()
def look(feed: Which) -> None:
    """Look at a feed now."""
    _given("look", what=feed)


@app.command()
def own(url: Address) -> None:
    """Make a feed the newsroom's own."""
    _given("own", url=url)


@app.command()
def disown(feed: Which) -> None:
    """Let go of one of the newsroom's feeds; chats that follow it by itself keep it."""
    _given("disown", what=feed)


@app.command()
def move(feed: Which, url: Address) -> None:
    """Look at a feed at another address: its followers stay, and nothing is told again."""
    _given("move", what=feed, url=url)


def _given(step: str, **words: str) -> None:
    """Give a command as it is typed in a chat, and print its answer, with what can be typed next at the terminal."""
    answer = asked("command", name=f"feed {step}", words={name: typed(word) for name, word in words.items()})
    steps = [action for action in answer["actions"] if action["line"].startswith("/feed ")]
    tell({**answer, "actions": [{**step, "line": step["line"].replace("/feed", "/feeds", 1)} for step in steps]})
