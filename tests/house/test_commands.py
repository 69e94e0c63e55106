"""Every command stands in docs/commands.md as it is declared, and every one of the terminal's in the README."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from bot.cli import app
from bot.commands.menu import COMMANDS, registry
from bot.commands.registry import Command
from bot.core.i18n import locales, translator
from tests.house.tree import text

PAGE = text(Path("docs/commands.md"))


def section(command: Command) -> str:
    """A command's heading and first line in the documentation."""
    description = translator("en")(command.summary_key)
    also = f" Also {', '.join(f'`/{alias}`' for alias in command.aliases)}." if command.aliases else ""
    who = command.role.name.capitalize()
    return f"### `{command.usage}`\n\n{who}: {description}.{also}\n"


def test_every_command_is_documented_as_it_is_declared():
    missing = [section(command) for command in COMMANDS if section(command) not in PAGE]
    assert not missing, "docs/commands.md should have:\n\n" + "\n".join(missing)


def test_nothing_is_documented_that_is_no_command():
    documented = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted(command.usage for command in COMMANDS)


def test_every_example_is_a_line_that_can_be_typed():
    lines = [
        line.strip()
        for block in re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        for line in block.split("\n/")
    ]
    assert lines
    for line in lines:
        command, _ = registry().read(line)
        assert command in COMMANDS


def test_every_command_says_what_it_does_in_every_language():
    silent = [
        (locale, command.name)
        for locale in locales()
        for command in COMMANDS
        if not translator(locale).knows(command.summary_key)
    ]
    assert not silent


def test_no_two_commands_share_a_name():
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    assert sorted(names) == sorted(set(names))


def test_the_readme_lists_the_commands_of_the_terminal_with_what_they_do():
    root = typer.main.get_command(app)
    known = {f"| `dateline {name}` | {command.get_short_help_str(200)} |" for name, command in root.commands.items()}
    found = set(re.findall(r"^\| `dateline .+\|$", text(Path("README.md")), re.MULTILINE))
    assert found == known
