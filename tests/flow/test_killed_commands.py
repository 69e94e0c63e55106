"""Ten commands, killed before and after each commit they make: each has one answer and one effect afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands.dispatch import Dispatcher
from bot.commands.menu import registry
from bot.core.model import Alert, Article, Page, Person, Subscriber
from bot.core.ports import Put
from bot.core.update import Update
from tests.fakes import FakeClock
from tests.flow.house import House, opened

FEED, URL = "https://courier.example/feed", "https://courier.example/wall"
TEXT = ("The council voted on Monday to rebuild the harbour wall before the winter storms arrive.",) * 3
TEN = (
    "/start",
    "/help",
    "/subscribe",
    "/subscribe ferry",
    "/list",
    "/latest",
    f"/summary {URL}",
    "/breaking Fire",
    "/grant web:guest editor",
    "/nonsense",
)


class Killed(BaseException):
    """The process ends here: nothing catches it."""


class Mortal:
    """A real store under a process that is killed before or after its n-th commit."""

    def __init__(self, store, commit: int, *, after: bool) -> None:
        self._store = store
        self._left = commit
        self._after = after

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    async def commit(self, *changes):
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        losers = await self._store.commit(*changes)
        if self._left == 0:
            raise Killed
        return losers


async def killed(house: House, update: Update, commit: int, *, after: bool) -> bool:
    """Handle an update until the process is killed; return whether it was, or came to its end before."""
    mortal = replace(house.bot, store=Mortal(house.bot.store, commit, after=after))
    try:
        await Dispatcher(mortal, registry())(update)
    except Killed:
        return True
    return False


async def furnished(house: House) -> None:
    now = house.clock.now()
    page = Page(title="Wall to be rebuilt", language="en", paragraphs=TEXT)
    article = Article(id="1", url=URL, feed=FEED, source="C", received=now, page=page, read=now)
    await house.bot.store.commit(Put(article))


async def effects(house: House) -> list[int]:
    return [len(await house.bot.store.find(kind)) for kind in (Alert, Person, Subscriber)]


@pytest.mark.parametrize("line", TEN)
async def test_a_command_killed_at_any_step_is_answered_once(tmp_path, line):
    settings = {"operators": ("web:operator",), "feeds": (FEED,)}
    async with opened(tmp_path / "whole", FakeClock(), **settings) as house:
        await furnished(house)
        whole, once = await house.say(line), await effects(house)
    deaths = 0
    for commit in (1, 2, 3):
        for after in (False, True):
            folder, clock = tmp_path / f"{commit}{after}", FakeClock()
            async with opened(folder, clock, **settings) as house:
                await furnished(house)
                deaths += await killed(house, await house.record(line), commit, after=after)
            for _ in range(2):
                async with opened(folder, clock, **settings) as house:
                    await house.dispatch.resume()
                    told, done = await house.texts(), await effects(house)
                    assert await house.bot.store.find(Update, {"answered": False}) == []
            assert len(told) == 1
            assert done == once
            if "Fire" not in line:  # a draft's buttons carry its id
                assert told == [whole]
    assert deaths >= 4, "before and after deciding, before and after marking"
