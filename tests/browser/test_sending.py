"""What is going out moves on the open desk by itself, in a real browser against the whole program."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from bot.core.model import Chat, Subscriber
from bot.core.ports import Put
from store import open_store
from tests.browser.pages import DeskPage
from tests.browser.program import Program
from tests.browser.test_newcomer import faults

READERS = 50
QUIET = "Nothing is going out."


async def follow(folder: Path) -> None:
    """Have chats follow the news before the program starts."""
    store = await open_store("tinydb:", folder)
    chats = [Chat("web", f"reader{number:02}") for number in range(READERS)]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    await store.commit(*(Put(Subscriber(id=str(chat), chat=chat, since=since, topics=("*",))) for chat in chats))
    await store.close()


@pytest.fixture
def desk(chromium: Chrome, tmp_path: Path) -> Iterator[DeskPage]:
    """The desk of a newsroom that tells a handful of chats a second."""
    asyncio.run(follow(tmp_path / "var"))
    with Program(tmp_path / "var", SAMPLE_NEWSROOM="false", WEB_RATE="5") as running:
        desk = DeskPage(chromium, running.address)
        desk.sign_in(running.link)
        yield desk


def test_a_fan_out_moves_on_the_open_desk_and_what_has_the_focus_keeps_it(desk: DeskPage):
    chrome = desk.chrome
    assert QUIET in desk.texts(".sending")[0]
    assert faults(desk) == []
    chrome.execute_script("window.sameLoad = true")
    desk.compose("flash", "Harbour bridge closed", "Police ask for patience.")
    desk.press(f"Send to {READERS} chats")
    desk.until(lambda: desk.all(".sending progress"))
    desk.until(lambda: desk.all('#board [data-moves^="reached-"]'))
    chrome.execute_script("window.refresh = () => {}")  # what asks for the board as a whole, now and then
    chrome.execute_script("document.querySelector('.sending .headline').focus()")
    chrome.execute_script("window.focused = document.activeElement")
    told = [desk.told]
    waiting, on_the_board = [desk.waiting], [desk.texts("#board .reached")[0]]
    while len(told) < 4:
        told.append(desk.until(lambda: [now for now in [desk.told] if now > told[-1]])[0])
        waiting.append(desk.waiting)
        on_the_board.append(desk.texts("#board .reached")[0])
    assert waiting == sorted(waiting, reverse=True)
    assert waiting[0] > waiting[-1]
    assert len(set(on_the_board)) >= 3, "the row of the board moves as well"
    assert chrome.execute_script("return document.activeElement === window.focused"), "it can still be followed"
    assert faults(desk) == []
    desk.until(lambda: QUIET in desk.texts(".sending")[0])
    desk.until(lambda: f"{READERS} of {READERS} told" in desk.alerts[0])
    assert chrome.execute_script("return window.sameLoad"), "nobody has loaded the page again"
    assert desk.complaints == []
