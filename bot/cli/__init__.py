"""The command line, `dateline`: what an operator and a script type."""

from __future__ import annotations

import sys

import typer

from bot.cli.reading import explained, register
from bot.core.errors import BotError

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help="Dateline, the newsroom's bot."
)
register(app)


def main() -> None:
    """Run one command; what goes wrong is one clear line and the exit status 1."""
    try:
        app()
    except BotError as error:
        print(explained(error), file=sys.stderr)  # noqa: T201  # the terminal is where it belongs
        sys.exit(1)
