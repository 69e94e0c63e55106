"""The program killed in the middle of ten commands at Discord: what it had recorded is answered, once."""

import asyncio
import signal
from collections import Counter

import pytest

from bot.core.update import Update
from store import open_store
from tests.browser.program import Program
from tests.wire.discord.newsroom import READER, until
from tests.wire.discord.people import Person
from tests.wire.discord.server import TOKEN, Discord, Interaction, dm, served

COMMANDS = [
    ("start", {}),
    ("help", {}),
    ("subscribe", {"what": "ferry"}),
    ("list", {}),
    ("latest", {}),
    ("summary", {"source": "http://127.0.0.1/"}),
    ("story", {"words": "ferry"}),
    ("feed list", {}),
    ("status", {}),
    ("approve", {"alert": "1"}),
]
SETTINGS = {"DISCORD_TOKEN": TOKEN, "SAMPLE_NEWSROOM": "false"}


def answers(discord: Discord, asked: Interaction) -> int:
    """Count the answers to an interaction that somebody can see, where it was asked."""
    seen = discord.standing(asked.channel, asked.person)
    return sum(message.interaction == asked.id and bool(message.body) for message in seen)


async def killed(program: Program, discord: Discord, moment: str) -> list[Interaction]:
    """Give ten commands and kill the program at the third request of a kind; return what was asked."""
    left = 3

    def at(name: str) -> bool:
        nonlocal left
        left -= name.startswith(moment.partition(" ")[2])
        if left > 0:
            return False
        program.process.send_signal(signal.SIGKILL)
        return True

    setattr(discord, "on_request" if moment.startswith("before") else "on_effect", at)
    reader = Person(discord, READER)
    asked = [await reader.asks(2, reader.command(name, options)) for name, options in COMMANDS]
    await asyncio.to_thread(program.process.wait, 60)
    discord.on_request = discord.on_effect = lambda _: None
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before POST /inter", "after POST /inter", "before PATCH /web", "after PATCH /web"])
async def test_what_was_recorded_is_answered_once(tmp_path, moment):
    async with served() as discord:
        settings = {**SETTINGS, "DISCORD_API_URL": discord.url, "DISCORD_GATEWAY_URL": discord.gateway}
        program = Program(tmp_path / "var", **settings)
        await asyncio.to_thread(program.__enter__)
        try:
            await until(lambda: discord.listening)
            asked = await killed(program, discord, moment)
            kept = await gone_on(program, discord, asked, tmp_path / "var")
        finally:
            await asyncio.to_thread(program.__exit__)
        acknowledged = {each.id for each in asked if each.answered}
        assert acknowledged <= kept.keys(), "nothing is acknowledged that is not recorded"
        assert all(kept.values()), f"all that was recorded has been handled\n{program.log}"
        told = Counter({each.id: answers(discord, each) for each in asked})
        told.update(elsewhere(discord, asked))
        assert {id: told[id] for id in kept if id in told} == {each.id: 1 for each in asked if each.id in kept}
        assert kept
        assert discord.refused == []


async def gone_on(program: Program, discord: Discord, asked: list[Interaction], folder) -> dict[str, bool]:
    """Start the program again, as often as it takes to handle what it had recorded, and return that."""
    for _ in range(10):
        await asyncio.to_thread(program.restart)
        await until(lambda: discord.listening)
        assert await Person(discord, READER).slash("start"), "it goes on"
        await until(lambda: all(answers(discord, each) for each in asked if each.answered))
        await quiet(discord)
        await asyncio.to_thread(program.stop)
        kept = await recorded(folder)
        if all(kept.values()):
            break
    return kept


async def quiet(discord: Discord) -> None:
    """Wait until the program seems to have nothing more to say; if it only takes a breath, it is started again."""
    before = -1
    while before != (before := discord.calls.total()):  # noqa: ASYNC110  # there is no event for silence
        await asyncio.sleep(0.5)


def elsewhere(discord: Discord, asked: list[Interaction]) -> Counter[str]:
    """Count private messages for what had no token that answers: they carry no interaction's id."""
    private = discord.standing(dm(READER))
    silent = [each.id for each in asked if not answers(discord, each)]
    return Counter(silent[: len(private)])


async def recorded(folder) -> dict[str, bool]:
    """Return the interactions that were recorded, and whether each was answered."""
    store = await open_store("tinydb:", folder)
    try:
        updates = await store.find(Update, limit=1000)
        return {update.id.partition(":")[2]: update.answered for update in updates}
    finally:
        await store.close()
