"""The strict second judge: every call checked against the published Bot API and Telegram's own parser."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
import socket
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession
from hypothesis import HealthCheck, Phase, given, settings
from msgspec.structs import replace

from adapters.telegram.photos import Uploaded
from bot.core.errors import Revoked
from bot.core.message import File
from bot.core.model import Alert, Chat
from bot.core.ports import Put
from bot.intake.photos import photo_of
from tests.contract.messages import HOSTILE, RICH, everywhere, messages
from tests.fakes import START
from tests.images import png
from tests.shared import shared
from tests.wire.telegram.house import EDITOR, adapter, connected
from tests.wire.telegram.markup import read_html

MESSAGES = 200


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Judge:
    """The gate in front of a small Bot API, and the people behind it."""

    def __init__(self, session: ClientSession, gate: str, peer: str) -> None:
        self.url = gate
        self._session = session
        self._peer = peer

    async def does(self, what: str, **body: object) -> None:
        async with self._session.post(f"{self._peer}/sim/{what}", json={"user_id": EDITOR, **body}) as answer:
            assert answer.status == 200, await answer.text()

    async def chat(self, id: int = EDITOR) -> list[dict]:
        async with self._session.get(f"{self._peer}/sim/chat/{id}") as answer:
            posts = [post for post in await answer.json() if post["from"]["is_bot"]]
        return [post | {"text": read_html(post.get("text") or post.get("caption", ""))[0]} for post in posts]

    async def report(self) -> dict:
        async with self._session.get(f"{self.url}/__gate/report?last=100000") as answer:
            return await answer.json()

    async def says(self, text: str, chat: int = EDITOR) -> str:
        before = await self.chat(chat)
        await self.does("message", text=text, chat_id=chat)
        return await self._answer(before, chat)

    async def presses(self, label: str, chat: int = EDITOR) -> str:
        before = await self.chat(chat)
        post, button = next(
            (post, button)
            for post in reversed(before)
            for row in post.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if button["text"].startswith(label)
        )
        await self.does("callback", chat_id=chat, message_id=post["message_id"], data=button["callback_data"])
        return await self._answer(before, chat)

    async def _answer(self, before: list[dict], chat: int) -> str:
        async with asyncio.timeout(20):
            while (now := await self.chat(chat)) == before:  # noqa: ASYNC110  # the peer tells nobody when it changes
                await asyncio.sleep(0.02)
        return next(post for post in reversed(now) if post not in before)["text"]


@asynccontextmanager
async def judged(folder: Path):
    """Start both peers, wait for them, and end them."""
    peers = shared("peers")
    if importlib.util.find_spec("tdjson") is None:
        pytest.skip("without tdjson, Telegram's own parser, the strict peers would let everything pass")
    ports = free_port(), free_port()
    gate, peer = (f"http://127.0.0.1:{port}" for port in ports)
    lines = [
        [str(peers / "tgpeer.py"), "--port", str(ports[1])],
        [str(peers / "tggate.py"), "--port", str(ports[0]), "--upstream", peer],
    ]
    with (folder / "peers.log").open("wb") as log:
        children = [
            await asyncio.create_subprocess_exec(sys.executable, "-B", *line, stdout=log, stderr=log) for line in lines
        ]
        try:
            async with ClientSession() as session:
                await reached(session, f"{peer}/sim/chat/1")
                await reached(session, f"{gate}/__gate/report")
                yield Judge(session, gate, peer)
        finally:
            for child in children:
                child.kill()
                await child.wait()


async def reached(session: ClientSession, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(ClientError):
                async with session.get(url) as answer:
                    assert answer.status == 200
                    return
            await asyncio.sleep(0.05)


@pytest.fixture
async def judge(tmp_path):
    async with judged(tmp_path) as judge:
        yield judge
        assert (await judge.report())["request_violations"] == []


class Server:
    """What `connected` wants of a server: its address."""

    def __init__(self, url: str) -> None:
        self.url = url


@asynccontextmanager
async def house_at(judge: Judge, folder: Path, **changed: object):
    async with connected(folder / "data", Server(judge.url), **changed) as house:
        yield house


async def test_the_dialogue_breaks_no_rule(judge, tmp_path):
    async with house_at(judge, tmp_path) as house:
        assert (await judge.says("/start")).startswith("News, as it happens")
        await judge.presses("Subscribe")
        await judge.says("/subscribe climate")
        assert "climate" in await judge.says("/list")
        await judge.presses("Drop climate")
        assert "paper" in await judge.says("/story paper")
        await judge.says("https://127.0.0.1/private")
        assert "1 chat" in await judge.says(
            "/breaking flash https://www.example.org/fire Fire & smoke\nThe quay is shut."
        )
        await judge.presses("Send")
        await house.pass_time(10)
        await house.pass_time(1)
        texts = [post["text"] for post in await judge.chat()]
        assert "FLASH: Fire & smoke\n\nThe quay is shut.\n\nRead on" in texts
        assert any("Told 1 of 1 chat" in text for text in texts)
        await judge.says("/unsubscribe")
        await judge.says("/list@news_test_bot", chat=-100700)
        await judge.does("member", old="member", new="kicked")
        await judge.does("member", old="kicked", new="member")
        await judge.says("/help")
    report = await judge.report()
    assert report["counts"]["getupdates"] < 100, "it waits, and does not ask without end"


async def test_two_hundred_drawn_and_naughty_messages_break_no_rule(judge, tmp_path):
    drawn: list = []

    @given(messages)
    @settings(max_examples=120, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    def draw(what):
        drawn.append(what)

    draw()
    naughty = [text for text in json.loads(shared("corpora/strings/blns.json").read_text()) if text]
    chosen = random.Random(3).sample(naughty, MESSAGES - len(drawn[:120]) - len(HOSTILE))
    texts = [everywhere(text) for text in (*HOSTILE, *chosen)]
    async with house_at(judge, tmp_path) as house:
        await judge.says("/start")
        chat = Chat("telegram", str(EDITOR))
        for what in (*texts, *drawn[:120]):
            receipt = await adapter(house).send(chat, RICH, key="a", silent=True)
            await adapter(house).edit(receipt, what)
            await adapter(house).send(chat, what, key="b", under=receipt)
    report = await judge.report()
    assert report["counts"]["sendmessage"] == 2 * MESSAGES + 1
    assert [call for call in report["calls"] if call.get("status", 200) != 200] == []


async def test_files_break_no_rule(judge, tmp_path):
    async with house_at(judge, tmp_path) as house:
        await judge.says("/start")
        filed = replace(RICH, file=File("feeds.opml", "<opml/>"))
        with suppress(Revoked):  # the peer behind the gate need not know how, and says so in a way of its own
            await adapter(house).send(Chat("telegram", str(EDITOR)), filed, key="a")
    assert (await judge.report())["counts"]["senddocument"] == 1


async def test_photos_break_no_rule(judge, tmp_path):
    async with house_at(judge, tmp_path) as house:
        await judge.says("/start")
        chat, photo = Chat("telegram", str(EDITOR)), photo_of(png(640, 360), START, 10_000_000)
        await house.bot.store.commit(Put(photo))
        pictured = replace(RICH, photo=photo.id)
        first = await adapter(house).send(chat, pictured, key="a", silent=True)
        text = await adapter(house).send(chat, RICH, key="b", under=first)
        for receipt, what in [(first, replace(pictured, blocks=RICH.blocks[:1])), (text, pictured), (first, RICH)]:
            with pytest.raises(Revoked):  # the peer behind the gate does not know how, and says so in a way of its own
                await adapter(house).edit(receipt, what)
        assert (await house.bot.store.find(Uploaded))[0].file == "file_1"
        user = {"id": EDITOR, "is_bot": False, "first_name": "Ann"}
        sent = {"file_id": "file_1", "file_unique_id": "u", "width": 640, "height": 360}
        caption = {"caption": "/breaking flash Fire", "caption_entities": [], "photo": [sent]}
        told = {
            "message_id": 900,
            "date": 1,
            "chat": {"id": EDITOR, "type": "private", "first_name": "Ann"},
            "from": user,
        }
        await judge.does("update", kind="message", body={**told, **caption})
        async with asyncio.timeout(20):
            while not await house.bot.store.find(Alert):  # noqa: ASYNC110  # the store has no bell
                await asyncio.sleep(0.02)
        (alert,) = await house.bot.store.find(Alert)
        assert alert.current.image == photo.id
    counts = (await judge.report())["counts"]
    assert (counts["sendphoto"], counts["editmessagemedia"], counts["getfile"]) == (2, 3, 1)
