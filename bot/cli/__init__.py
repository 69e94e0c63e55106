"""The command line, `dateline`: what an operator and a script type."""

from __future__ import annotations

import sys

import typer

from bot.cli import desk, reading, upkeep
from bot.core.errors import BotError

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help="Dateline, the newsroom's bot."
)
app.command()(upkeep.run)
app.command()(upkeep.check)
reading.register(app)
app.command()(desk.breaking)
app.command()(upkeep.backup)
app.command()(upkeep.restore)
app.command("export")(upkeep.export_subscribers)
app.command("import")(upkeep.import_subscribers)


def main() -> None:
    """Run one command; what goes wrong is one clear line and the exit status 1, wrong settings 2."""
    try:
        app()
    except BotError as error:
        print(reading.explained(error), file=sys.stderr)  # noqa: T201  # the terminal is where it belongs
        sys.exit(1)
    except ValueError as error:
        problems = upkeep.setting_problems(error)
        if not problems:
            raise
        print("\n".join(problems), file=sys.stderr)  # noqa: T201  # the terminal is where it belongs
        sys.exit(2)
