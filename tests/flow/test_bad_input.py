"""Every command with hostile and over-long arguments: an answer that says what to do, and nothing changed."""

import json

import pytest

from bot.commands.menu import COMMANDS
from bot.core.model import Alert, Feed, Person, Subscriber
from tests.fakes import FakeClock
from tests.flow.house import opened
from tests.shared import shared

HARMLESS = {"start", "help", "status", "list", "latest", "feed list", "report", "story", "summary"}
"""Commands that change nothing whatever they are given."""


def naughty() -> list[str]:
    return json.loads((shared("corpora/strings") / "blns.json").read_text())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_a_hostile_word_gets_an_answer(tmp_path, command):
    settings = {"operators": ("web:operator",), "commands_per_minute": 10_000, "fetches_per_hour": 100_000}
    async with opened(tmp_path, FakeClock(), **settings) as house:
        for word in [*naughty(), "x" * 5000, "/" * 300, "\0", "\ud83d\ude00" * 400]:
            line = f"/{command.name} {word}".encode("utf-8", "replace").decode()
            said = await house.say(line)
            assert said.strip()
            assert "Something went wrong" not in said, line
        if command.name in HARMLESS:
            for kind in (Alert, Feed, Person, Subscriber):
                assert await house.bot.store.find(kind) == []
