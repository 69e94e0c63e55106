"""The whole program under fire: two platforms that keep their own ledger, an editor, and kills at chosen moments."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import psutil

from bot import control
from bot.core.model import Chat, Delivery, Subscriber
from bot.core.ports import Put
from store import open_store
from tests.browser.program import Program
from tests.wire.discord import server as discord
from tests.wire.discord.people import words
from tests.wire.telegram import server as telegram
from tests.wire.telegram.people import Person

EDITOR, LATE = 1001, 1002
"""Who writes the alerts, and somebody who follows the news only once they are out."""
BYSTANDER = 1003
PATIENCE = 120.0


@dataclass
class Copy:
    """A message as the far side keeps it."""

    chat: str
    id: str
    under: str
    texts: list[str] = field(default_factory=list)
    """What it showed, one after the other."""
    moments: list[int] = field(default_factory=list)
    """When it came to show each, as numbers of the ledger."""


class Ledger:
    """What both platforms accepted from the bot, but for answers to the two who talk to it, and what was under way."""

    def __init__(self, chance: random.Random) -> None:
        self.copies: dict[tuple[str, str], Copy] = {}
        self.requests = 0
        self.under_way: Counter[str] = Counter()
        """Requests by chat that have arrived and are not answered yet."""
        self.in_flight = 0
        """How many those were when the signal was sent."""
        self.moved = asyncio.Event()
        self.fuse: tuple[int, signal.Signals, str] | None = None
        """At which request a signal is to be sent, and whether `before` or `after` it has its effect."""
        self.fired = asyncio.Event()
        self.times: list[float] = []
        self.takes = 0.01, 0.1
        """Seconds, at least and at most, before a request has its effect, and once more before it is answered."""
        self._moments = count()
        self._chance = chance

    def show(self, chat: str, id: str, text: str, under: str = "") -> None:
        """Note what a message shows from now on."""
        copy = self.copies.setdefault((chat, id), Copy(chat, id, under))
        copy.texts.append(text)
        copy.moments.append(next(self._moments))

    @asynccontextmanager
    async def request(self, chat: str, process: Any) -> AsyncIterator[None]:
        """Take the time a platform takes, and send the signal where this is the request to send it at."""
        self.requests += 1
        self.times.append(asyncio.get_running_loop().time())
        self.moved.set()
        number = self.requests
        self.under_way[chat] += 1
        try:
            await asyncio.sleep(self._chance.uniform(*self.takes))
            self._burn(number, "before", process)
            yield
            self._burn(number, "after", process)
            await asyncio.sleep(self._chance.uniform(*self.takes))
        finally:
            self.under_way[chat] -= 1

    def _burn(self, number: int, moment: str, process: Any) -> None:
        if self.fuse and number >= self.fuse[0] and moment == self.fuse[2]:
            process().send_signal(self.fuse[1])
            self.in_flight = self.under_way.total()
            self.fuse = None
            self.fired.set()


class Telegram(telegram.BotApi):
    """Telegram, with the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.book = ledger
        self.process: Any = None

    async def _carry_out(self, method: str, body: dict[str, Any]) -> Any:
        if method not in {"sendMessage", "editMessageText"} or body["chat_id"] in {EDITOR, LATE}:
            return await super()._carry_out(method, body)
        chat = f"telegram:{body['chat_id']}"
        async with self.book.request(chat, self.process):
            result = await super()._carry_out(method, body)
            under = result.get("reply_to_message", {}).get("message_id", "")
            self.book.show(chat, str(result["message_id"]), result["text"], str(under))
        return result


class Discord(discord.Discord):
    """Discord, with the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.book = ledger
        self.process: Any = None

    async def _route(self, request: Any, path: str, body: Any) -> Any:
        if request.method == "GET" or not path.startswith("/channels/"):
            return await super()._route(request, path, body)
        chat = f"discord:{path.split('/')[2]}"
        async with self.book.request(chat, self.process):
            known = len(self.messages)
            result = await super()._route(request, path, body)
            message = self.messages[result["id"]]
            if request.method == "PATCH" or len(self.messages) > known:
                self.book.show(chat, message.id, words(message), message.under)
        return result


@dataclass
class Kill:
    """What was so at the moment of a kill, and what it took until something was sent again."""

    in_flight: int
    """Requests that had arrived and were not answered."""
    claimed: Sequence[Delivery]
    """What the program itself knew to be under way."""
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of computing, which other people's work on the machine does not change."""


class Fire:
    """A newsroom with some hundreds of subscribers, its program, its editor, and the far side's ledger."""

    def __init__(self, folder: Path, chats: int, chance: random.Random, settings: dict[str, str]) -> None:
        self.chance = chance
        self.folder = folder / "var"
        self.ledger = Ledger(chance)
        self.telegram = Telegram(self.ledger)
        self.discord = Discord(self.ledger)
        self.editor = Person(self.telegram, EDITOR)
        self.audience = [f"telegram:{2_000_000 + number}" for number in range(chats)]
        self.audience += [f"discord:{900000000000100000 + number}" for number in range(chats)]
        self.kills: list[Kill] = []
        self.alert = ""
        """Id of the alert that is corrected."""
        self.settings = settings
        self.module = "bot"

    @property
    def process(self) -> Any:
        return self.program.process

    async def open(self, stack: AsyncExitStack) -> None:
        """Write the subscribers down, open both platforms, and start the program."""
        await stack.enter_async_context(self.telegram)
        await stack.enter_async_context(discord.served(discord=self.discord))
        for key in (*self.audience, *(f"telegram:{id}" for id in (EDITOR, LATE, BYSTANDER))):
            platform, _, id = key.partition(":")
            if platform == "telegram":
                self.telegram.room(int(id))
        await self._subscribe()
        settings = {
            "TELEGRAM_TOKEN": telegram.TOKEN,
            "TELEGRAM_API_URL": self.telegram.url,
            "DISCORD_TOKEN": discord.TOKEN,
            "DISCORD_API_URL": self.discord.url,
            "DISCORD_GATEWAY_URL": self.discord.gateway,
            "SAMPLE_NEWSROOM": "false",
            "OPERATORS": f"telegram:{EDITOR}",
            "UNDO_SECONDS": "0.2",
            "TELEGRAM_RATE": "200",
            "DISCORD_RATE": "200",
            **self.settings,
        }
        self.program = Program(self.folder, **settings)
        self.program.module = self.module
        self.telegram.process = self.discord.process = lambda: self.process
        stack.push_async_callback(asyncio.to_thread, self.program.__exit__)
        await asyncio.to_thread(self.program.__enter__)

    async def _subscribe(self) -> None:
        store = await open_store("tinydb:", self.folder)
        since = datetime(2020, 1, 1, tzinfo=UTC)
        await store.commit(
            *(Put(Subscriber(id=key, chat=Chat.parse(key), since=since, topics=("*",))) for key in self.audience)
        )
        await store.close()

    # -------------------------------------------------------------------------------------------- the editor

    async def breaking(self, text: str) -> None:
        """Write a breaking story and send it."""
        await self.editor.types(f"/breaking {text}")
        _, button = await self.telegram.until(lambda: self._offer(text), PATIENCE)
        self.alert = button["callback_data"].split()[-1]
        await self.editor.presses("Send")

    def _offer(self, text: str) -> Any:
        """Find the draft's button; other messages of the newsroom change meanwhile."""
        posts = reversed(self.telegram.bot_posts(EDITOR))
        shown = ((post, button) for post in posts if text in post.text for row in post.rows for button in row)
        return next((pair for pair in shown if pair[1]["text"].startswith("Send")), None)

    async def types(self, line: str) -> None:
        """Order a change of the alert, whoever hears it."""
        await self.editor.types(line.replace("ALERT", self.alert))

    async def order(self, line: str) -> None:
        """Order a change of the alert, and come back when the newsroom has said that it is on its way."""
        before = self._acknowledged()
        await self.types(line)
        await self.telegram.until(lambda: self._acknowledged() > before, PATIENCE)

    def _acknowledged(self) -> int:
        return sum("On its way to" in text for text in self.editor.texts())

    # -------------------------------------------------------------------------------------------- moments

    async def requests(self, number: int) -> None:
        """Wait until so many more requests have come in."""
        end = self.ledger.requests + number
        async with asyncio.timeout(PATIENCE):
            while self.ledger.requests < end:
                self.ledger.moved.clear()
                await self.ledger.moved.wait()

    def light(self, number: int, what: signal.Signals = signal.SIGKILL) -> None:
        """Have the program killed at the request after so many more, before it has its effect or after."""
        self.ledger.fired.clear()
        moment = self.chance.choice(["before", "after"])
        self.ledger.fuse = self.ledger.requests + number, what, moment

    async def restart(self) -> None:
        """Wait until the program has died, and start it again."""
        async with asyncio.timeout(PATIENCE):
            await self.ledger.fired.wait()
        await asyncio.to_thread(self.process.wait, PATIENCE)
        kill = Kill(self.ledger.in_flight, await self.claimed())
        self.kills.append(kill)
        began = asyncio.get_running_loop().time()
        again = asyncio.create_task(self.requests(1))
        await asyncio.sleep(0)
        await asyncio.to_thread(self.program.restart)
        await again
        kill.seconds = asyncio.get_running_loop().time() - began
        times = psutil.Process(self.process.pid).cpu_times()
        kill.cpu = times.user + times.system

    async def claimed(self) -> Sequence[Delivery]:
        """Return the deliveries that were begun, or about to be, when the program died."""
        with TemporaryDirectory() as copy:
            await asyncio.to_thread(shutil.copytree, self.folder, copy, dirs_exist_ok=True, ignore=_sockets)
            return [delivery for delivery in await deliveries(Path(copy)) if delivery.lease]

    async def quiet(self) -> dict[str, Delivery]:
        """Wait until nothing is to be done any more, end the program, and return the deliveries it keeps, by id."""
        async with asyncio.timeout(PATIENCE):
            before = -1
            while before != self.ledger.requests or await self._busy():
                before = self.ledger.requests
                await asyncio.sleep(0.3)
        await asyncio.to_thread(self.program.stop)
        return {delivery.id: delivery for delivery in await deliveries(self.folder)}

    async def _busy(self) -> bool:
        """Tell whether there is a command nobody has answered, or a job that is due."""
        if self.telegram.updates:
            return True
        file = self.folder.parent / "now.jsonl"
        async with control.reached(self.folder) as call:
            await call("backup", file=str(file), replace=True)
        documents = map(orjson.loads, file.read_bytes().splitlines()[1:-1])
        return any(
            (kind in {"FanOut", "Recall", "Delivery"} and fields["due"])
            or (kind == "Update" and not fields["answered"])
            for kind, fields in documents
        )


def _sockets(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".sock")]


async def deliveries(folder: Path) -> Sequence[Delivery]:
    """Return what a folder that nobody has open keeps of all deliveries."""
    store = await open_store("tinydb:", folder)
    try:
        return await store.find(Delivery, limit=100_000)
    finally:
        await store.close()


@asynccontextmanager
async def under_fire(folder: Path, chats: int, seed: int, **settings: str) -> AsyncIterator[Fire]:
    """Open such a newsroom in a folder; what happens when is a matter of the seed."""
    async with AsyncExitStack() as stack:
        fire = Fire(folder, chats, random.Random(seed), settings)
        await fire.open(stack)
        yield fire
