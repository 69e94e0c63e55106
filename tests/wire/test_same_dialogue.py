"""One dialogue on every platform: what is read at the far side is the message's `.plain`, wherever it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.model import Alert, Article, Feed, Page
from bot.core.ports import Put
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.wire.discord import newsroom as discord_newsroom
from tests.wire.discord import people as discord_people
from tests.wire.discord import server as discord_server
from tests.wire.telegram import house as telegram_house
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import BotApi

FEED, URL = "https://courier.example/feed", "https://courier.example/wall"
PAGE = Page(
    title="Council votes to rebuild the harbour wall",
    byline="Ann Example",
    published="2026-03-02T08:00:00+00:00",
    language="en",
    paragraphs=(
        "The council voted seven to four on Monday to rebuild the harbour wall before the winter storms arrive.",
        "“We have waited long enough for this,” said Rosa Tanner, who leads the council, after the vote.",
        "The work costs two million and begins in April, when the ferries move to the northern pier for the season.",
        "Fishermen asked for a second gate in the wall, and the council will look at that in its next meeting.",
    ),
)
Given = tuple[str, str, str]
"""A command's name, the option that takes the text, and the text."""
DIALOGUE: tuple[Given | str, ...] = (
    ("start", "", ""),
    "Subscribe to everything",
    ("subscribe", "what", "night ferry"),
    ("list", "", ""),
    ("latest", "", ""),
    ("summary", "source", URL),
    ("story", "words", "zebra crossing"),
    ("feed list", "", ""),
    ("unsubscribe", "what", "night ferry"),
    ("unsubscribe", "what", "zebra"),
    ("help", "name", "subscribe"),
    ("status", "", ""),
    ("breaking", "text", "Fire in the old harbour"),
    "Send to 1 chat",
    "Undo",
    "Send to 1 chat",
)


@dataclass
class Speaker:
    """An editor on one platform, by what that platform lets people do."""

    house: House
    says: Callable[[Given], Awaitable[str]]
    corrects: Callable[[str, str], Awaitable[str]]
    """An alert by its id, and what the form or the further lines say."""
    presses: Callable[[str], Awaitable[str]]
    reads: Callable[[], Awaitable[list[str]]]


@asynccontextmanager
async def on_the_web(folder: Path) -> AsyncIterator[Speaker]:
    async with opened(folder, FakeClock(), operators=("web:operator",)) as house:
        yield Speaker(
            house,
            lambda given: house.say(f"/{given[0]} {given[2]}"),
            lambda id, text: house.say(f"/correct {id} {text}"),
            house.press,
            house.texts,
        )


@asynccontextmanager
async def at_telegram(folder: Path) -> AsyncIterator[Speaker]:
    async with BotApi() as api, telegram_house.connected(folder, api) as house:
        person = Person(api, telegram_house.EDITOR)

        async def reads() -> list[str]:
            return person.texts()

        yield Speaker(
            house,
            lambda given: person.says(f"/{given[0]} {given[2]}"),
            lambda id, text: person.says(f"/correct {id} {text}"),
            person.presses,
            reads,
        )


@asynccontextmanager
async def at_discord(folder: Path) -> AsyncIterator[Speaker]:
    editor = f"discord:{discord_newsroom.EDITOR}"
    async with (
        discord_server.served() as server,
        discord_newsroom.newsroom(folder, server, operators=(editor,)) as house,
    ):
        person = discord_people.Person(server, discord_newsroom.EDITOR).private

        async def says(given: Given) -> str:
            name, option, text = given
            return discord_people.words(await person.slash(name, **({option: text} if option else {})))

        async def presses(label: str) -> str:
            return discord_people.words(await person.clicks(label))

        async def reads() -> list[str]:
            return person.texts

        async def corrects(id: str, text: str) -> str:
            return discord_people.words(await person.fills("correct", text, alert=id))

        yield Speaker(house, says, corrects, presses, reads)


PLATFORMS = {"web": on_the_web, "telegram": at_telegram, "discord": at_discord}


async def transcript(folder: Path, platform: str) -> list[str]:
    """Hold the dialogue and return what was read, each answer's words without the space between them."""
    async with PLATFORMS[platform](folder) as speaker:
        house = speaker.house
        now = house.clock.now()
        article = Article(
            id="0001", url=URL, feed=FEED, source="The Courier", received=now, page=PAGE, read=now, topics=("harbour",)
        )
        await house.bot.store.commit(Put(Feed(id=FEED, title="The Courier", own=True)), Put(article))
        read = [await (speaker.presses(step) if isinstance(step, str) else speaker.says(step)) for step in DIALOGUE]
        await house.pass_time(10)
        await house.pass_time(1)
        (alert,) = await house.bot.store.find(Alert)
        read.append(await speaker.says(("report", "alert", alert.id)))
        read.append(await speaker.corrects(alert.id, "It was the new harbour.\nFire in the new harbour"))
        await house.pass_time(10)
        await house.pass_time(1)
        read += sorted(await speaker.reads())
        read.append(await speaker.says(("retract", "alert", alert.id)))
        await house.pass_time(10)
        await house.pass_time(1)
        read += sorted(await speaker.reads())
    return [" ".join(text.split()) for text in read]


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_the_dialogue_reads_as_on_the_web(tmp_path, platform):
    there = await transcript(tmp_path / platform, platform)
    here = await transcript(tmp_path / "web", "web")
    assert there == here
    assert here[3] == "This chat follows • everything • keyword night ferry"
    assert "URGENT: Fire in the new harbour CORRECTED 09:00 UTC: It was the new harbour." in here
    assert "CORRECTED 09:00 UTC It was the new harbour." in here
    assert here.count("WITHDRAWN 09:00 UTC The newsroom has withdrawn this alert.") == 2
    assert not any(text.startswith("URGENT: Fire in the old harbour") for text in here[-22:])
