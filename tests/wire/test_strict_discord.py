"""The strict peers' word on Discord: no request of the dialogue, or with hostile words, breaks the specification."""

import json
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.discord.buckets import Buckets
from bot.core.errors import DeliveryError
from bot.core.message import File, message, pages
from bot.core.model import Alert, Chat, State
from bot.core.ports import Put
from bot.intake.photos import photo_of
from tests.contract.messages import PLAIN, RICH, everywhere, messages
from tests.fakes import START
from tests.images import png
from tests.shared import shared
from tests.wire.discord.judge import CHANNEL, PERSON, TOKEN, judged
from tests.wire.discord.newsroom import newsroom, until

CHAT = Chat("discord", CHANNEL)
pytestmark = pytest.mark.slow


class Addresses:
    """What the newsroom needs to know of a Discord."""

    listening = True

    def __init__(self, judge) -> None:
        self.url, self.gateway = judge.url, judge.gateway


@asynccontextmanager
async def house_at(judge, tmp_path, **changed):
    changed = {"discord_token": TOKEN, "editors": (f"discord:{PERSON}",), **changed}
    async with newsroom(tmp_path / "var", Addresses(judge), **changed) as house:
        yield house


async def violations(judge) -> list:
    return (await judge.report())["request_violations"]


async def test_the_whole_dialogue_breaks_no_rule(tmp_path, caplog):
    caplog.set_level("INFO")
    async with judged(tmp_path / "peers") as judge, house_at(judge, tmp_path) as house:
        await until(lambda: "has connected to Gateway" in caplog.text)
        start = await judge.slash("start")
        assert start["embeds"][0]["title"] == "News, as it happens"
        assert "You follow all" in (await judge.click(start, "Subscribe"))["embeds"][0]["description"]
        assert "everything" in (await judge.slash("list"))["embeds"][0]["description"]
        await judge.slash("subscribe", what="harbour")
        await judge.slash("latest")
        await judge.slash("summary", source="http://127.0.0.1/")
        await judge.slash("feed list")
        draft = await judge.slash("breaking", severity="flash", text="Fire in the old harbour")
        await judge.click(draft, "Send")
        await house.pass_time(10)
        await house.pass_time(1)
        (alert,) = await house.bot.store.find(Alert)
        assert alert.state is State.RELEASED
        assert "Told 1 of 1 chat" in (await judge.slash("report", alert=alert.id))["embeds"][0]["description"]
        await judge.slash("unsubscribe", what="all")
        assert await violations(judge) == []


async def test_two_hundred_hostile_messages_break_no_rule(tmp_path):
    strings = [text for text in json.loads(shared("corpora/strings/blns.json").read_text()) if text.strip()]
    drawn = []

    @given(st.lists(messages, min_size=100, max_size=100))
    @settings(max_examples=1, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    def draw(some) -> None:
        drawn[:] = some

    draw()
    step = max(1, len(strings) // 100)
    hostile = [*drawn, *map(everywhere, strings[::step][:100])]
    assert len(hostile) == 200
    async with judged(tmp_path / "peers") as judge, house_at(judge, tmp_path, listening=False) as house:
        adapter = house.bot.adapters["discord"]
        for number, what in enumerate(hostile):
            adapter._rest._buckets = Buckets()  # the gate's limits are off, its headers go on counting
            receipt = await adapter.send(CHAT, what, key=f"{number}", silent=bool(number % 2))
            await adapter.edit(receipt, what)
        report = await judge.report()
        assert report["request_violations"] == []
        assert report["counts"]["POST /channels/{channel_id}/messages"] == 200, "none had to be said more plainly"


async def test_with_limits_on_a_burst_is_told_whole_and_in_order_of_the_limits(tmp_path):
    async with judged(tmp_path / "peers") as judge, house_at(judge, tmp_path, listening=False) as house:
        await judge.limits(on=True)
        adapter = house.bot.adapters["discord"]
        sent = 0
        for number in range(7):
            try:
                await adapter.send(CHAT, message(f"number {number}"), key=f"{number}")
                sent += 1
            except DeliveryError:
                break
        assert sent == 5
        assert (await judge.report())["invalid_10min"] == 0, "the limit was kept, not met"


@pytest.mark.parametrize("kind", ["reset", "lost"])
async def test_what_the_wire_loses_is_told_once(tmp_path, kind):
    async with judged(tmp_path / "peers") as judge, house_at(judge, tmp_path, listening=False) as house:
        await judge.fault(kind, {"method": "POST"})
        adapter = house.bot.adapters["discord"]
        long = message(*(f"Paragraph {number} " + "of many words " * 60 for number in range(12)))
        for number, page in enumerate(pages(long, lambda part: not adapter.preview(part).shortened)):
            await adapter.send(CHAT, page, key=f"{number}")
        standing = await judge.messages()
        assert len(standing) == number + 1
        assert await violations(judge) == []


async def test_files_break_no_rule(tmp_path):
    async with judged(tmp_path / "peers") as judge, house_at(judge, tmp_path, listening=False) as house:
        adapter = house.bot.adapters["discord"]
        await adapter.send(CHAT, replace(RICH, file=File("feeds.opml", "<opml/>")), key="a")
        report = await judge.report()
        assert report["request_violations"] == []
        assert [(call["files"], call.get("status", 200)) for call in report["calls"]] == [(1, 200)]


async def test_photos_break_no_rule(tmp_path):
    async with judged(tmp_path / "peers") as judge, house_at(judge, tmp_path, listening=False) as house:
        one, other = (photo_of(png(640, 360, shade), START, 10_000_000) for shade in (0x80, 0x33))
        await house.bot.store.commit(Put(one), Put(other))
        adapter = house.bot.adapters["discord"]
        receipt = await adapter.send(CHAT, replace(RICH, photo=one.id), key="a")
        for what in (replace(PLAIN, photo=one.id), replace(RICH, photo=other.id), PLAIN, replace(PLAIN, photo=one.id)):
            receipt = await adapter.edit(receipt, what)
        report = await judge.report()
        assert report["request_violations"] == []
        assert [call for call in report["calls"] if call.get("status", 200) >= 400] == []
        assert sum(call["files"] for call in report["calls"]) >= 3
