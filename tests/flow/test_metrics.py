"""`/metrics`: what is counted of a fan-out, in Prometheus' own words, and who may see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from bot.core.model import Chat, Subscriber
from bot.core.ports import Put
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.flow.web import answering

TOKEN = "a-token-of-some-length"
READERS = [f"web:reader{number}" for number in range(5)]


@pytest.fixture
async def house(tmp_path):
    settings = {"operators": ("web:operator",), "undo_seconds": 0, "web_port": 0, "metrics_token": TOKEN}
    async with opened(tmp_path, FakeClock(), **settings) as house:
        now = house.clock.now()
        for reader in READERS:
            chat = Chat.parse(reader)
            await house.bot.store.commit(Put(Subscriber(id=reader, chat=chat, since=now, topics=("*",))))
        yield house


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[str]:
    """Serve the house's pages, and give their address."""
    adapter = house.bot.adapters["web"]
    address = adapter.bind()
    served = asyncio.create_task(adapter.run(house.dispatch))
    try:
        await answering(address)
        yield address
    finally:
        served.cancel()
        with suppress(asyncio.CancelledError):
            await served


async def measured(address: str, headers: dict[str, str]) -> dict[tuple[str, ...], float]:
    """Read the page as Prometheus does: a sample's name and the values of its labels, to its value."""
    async with ClientSession() as client, client.get(f"{address}/metrics", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        families = list(text_string_to_metric_families(await answer.text()))
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


async def test_a_fan_out_is_counted(house):
    await house.say("/breaking Fire")
    await house.press("Send")
    await house.clock.advance(2)
    await house.pipeline.settle()
    async with serving(house) as address:
        seen = await measured(address, {"Authorization": f"Bearer {TOKEN}"})
    assert seen["dateline_messages_total", "web", "posted"] == 5
    assert seen["dateline_deliveries", "told"] == 5
    assert seen["dateline_rate", "web"] == 0.5, "five in the last ten seconds"
    assert seen["dateline_rate_allowed", "web"] == 0
    assert seen["dateline_delivery_seconds_count", "web"] == 5
    assert seen["dateline_first_delivery_seconds_count",] == 1
    assert "process_resident_memory_bytes" in {name for name, *_ in seen}


async def test_what_is_on_its_way_is_the_queues_length(house):
    await house.say("/breaking Fire")
    await house.press("Send")
    for lane in house.pipeline.lanes[:-1]:
        await lane.turn(house.bot)
        await lane.turn(house.bot)
    async with serving(house) as address:
        seen = await measured(address, {"Authorization": f"Bearer {TOKEN}"})
    assert seen["dateline_queue_length", "web"] == 5


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:-1]}])
async def test_strangers_see_nothing_of_it(house, headers):
    async with (
        serving(house) as address,
        ClientSession() as client,
        client.get(f"{address}/metrics", headers=headers) as answer,
    ):
        assert answer.status in {401, 403}
        assert "dateline_" not in await answer.text()


async def test_without_a_token_in_the_settings_the_door_is_closed(tmp_path):
    async with opened(tmp_path, FakeClock(), web_port=0) as house, serving(house) as address, ClientSession() as client:
        for given in ("", "None", "Bearer ", "Bearer None"):
            async with client.get(f"{address}/metrics", headers={"Authorization": given}) as answer:
                assert answer.status in {401, 403}
