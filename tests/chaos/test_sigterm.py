"""SIGTERM in a fan-out over slow platforms: what is under way is settled, and everybody is told once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter

import pytest

from bot.core.model import Outcome
from tests.browser.program import Program
from tests.chaos.fire import BYSTANDER, Fire, under_fire
from tests.flow.web import Browser, Stream
from tests.wire.telegram.people import Person

LONG = os.environ.get("CHAOS") == "long"
ENDS = 5 if LONG else 2
CHATS = 300 if LONG else 90
"""On each platform."""
SECONDS = 15.0
SLOWLY = 0.5, 1.5
"""Seconds until a request has its effect, and once more until it is answered."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(5 if LONG else 1))
async def test_ended_in_the_middle_of_a_fan_out_and_started_again(tmp_path, seed):
    async with under_fire(tmp_path, CHATS, seed, ON_UNCERTAIN="skip") as fire:
        fire.ledger.takes = SLOWLY
        bystander = Person(fire.telegram, BYSTANDER)
        alerts, times = [], []
        for number in range(ENDS):
            await fire.breaking(f"Fire number {number}")
            alerts.append(fire.alert)
            await fire.requests(fire.chance.randrange(1, CHATS))
            await bystander.types("/start")
            await asyncio.sleep(fire.chance.uniform(0, 1))
            times.append(await ended(fire))
            await asyncio.to_thread(fire.program.restart)
        fire.ledger.takes = 0.0, 0.1
        kept = await fire.quiet()
        sys.stdout.write(f"TERM {ENDS} ends of {len(kept)} deliveries, each within {max(times):.1f} s\n")
        judge(fire, alerts, kept)
        assert Counter(copy.chat for copy in fire.ledger.copies.values())[f"telegram:{BYSTANDER}"] == ENDS


async def ended(fire: Fire) -> float:
    """End the program as a deployment does, and return the seconds that it took."""
    assert fire.ledger.under_way.total(), "nothing would have to be waited for"
    began = time.monotonic()
    fire.process.send_signal(signal.SIGTERM)
    status = await asyncio.to_thread(fire.process.wait, 2 * SECONDS)
    seconds = time.monotonic() - began
    assert status == 0
    assert seconds < SECONDS
    assert not fire.ledger.under_way.total(), "no request was broken off"
    assert await fire.claimed() == [], "what was under way is settled, the rest was given back"
    return seconds


def judge(fire: Fire, alerts: list[str], kept) -> None:
    copies = Counter(copy.chat for copy in fire.ledger.copies.values())
    assert {chat: copies[chat] for chat in fire.audience} == dict.fromkeys(fire.audience, ENDS)
    assert {id for id in kept if kept[id].outcome is Outcome.TOLD} == {
        f"{alert}:{chat}" for alert in alerts for chat in fire.audience
    }
    assert "Traceback" not in fire.program.log
    assert "platform stopped" not in fire.program.log


async def test_open_pages_end_with_it(tmp_path):
    with Program(tmp_path / "var") as program:
        async with Browser(program.address) as browser:
            await browser.sign_in(program.link)
            await browser.open()
            async with browser.stream() as stream:
                program.process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                with pytest.raises(EOFError):
                    await _read_to_its_end(stream)
                assert await asyncio.to_thread(program.process.wait, SECONDS) == 0
                assert time.monotonic() - began < SECONDS


async def _read_to_its_end(stream: Stream) -> None:
    while True:
        await stream.next()


async def test_a_second_signal_ends_it_at_once(tmp_path):
    async with under_fire(tmp_path, 5, 1) as fire:
        fire.ledger.takes = 30.0, 30.0
        await fire.breaking("Fire in the old harbour")
        await fire.requests(1)
        fire.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(1)
        assert fire.process.poll() is None, "it waits for what is under way"
        fire.process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(fire.process.wait, 2) == -signal.SIGINT
