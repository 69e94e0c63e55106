"""The command line, `dateline`: what an operator and a script type."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from bot.cli import desk, feeds, opml, reading, stories, topics, upkeep
from bot.cli.breaking import breaking
from bot.cli.clustering import cluster
from bot.core.errors import BotError

_UPKEEP = "Upkeep"

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help="Dateline, the newsroom's bot."
)
app.command(rich_help_panel=_UPKEEP)(upkeep.run)
app.command(rich_help_panel=_UPKEEP)(upkeep.check)
app.command(rich_help_panel=_UPKEEP)(upkeep.backup)
app.command(rich_help_panel=_UPKEEP)(upkeep.restore)
app.command("export", rich_help_panel=_UPKEEP)(upkeep.export_subscribers)
app.command("import", rich_help_panel=_UPKEEP)(upkeep.import_subscribers)
app.add_typer(feeds.app, name="feeds", rich_help_panel=_UPKEEP)
app.add_typer(opml.app, name="opml", rich_help_panel=_UPKEEP)
app.command(rich_help_panel="Desk")(breaking)
desk.register(app, "Desk")
stories.register(app, "Desk")
topics.register(app, "Desk")
reading.register(app, "Reading")
app.command(rich_help_panel="Reading")(cluster)


def main() -> None:
    """Run one command; what goes wrong is one clear line and the exit status 1, wrong settings 2."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a headline may have what this terminal has no letters for
    try:
        app()
    except BotError as error:
        print(reading.explained(error, _language()), file=sys.stderr)  # noqa: T201  # the terminal is where it belongs
        sys.exit(1)
    except ValueError as error:
        problems = upkeep.setting_problems(error)
        if not problems:
            raise
        print("\n".join(problems), file=sys.stderr)  # noqa: T201  # the terminal is where it belongs
        sys.exit(2)


def _language() -> str:
    """The newsroom's language, for those who met an error; English where the settings can't say."""
    from bot.core.i18n import DEFAULT  # noqa: PLC0415  # keeps --help quick
    from bot.core.settings import Settings  # noqa: PLC0415

    try:
        return Settings().language
    except ValueError:
        return DEFAULT
