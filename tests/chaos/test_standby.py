"""A second instance over the same data stands by, and takes over when the first one ends, however it ends."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from bot.core.model import Outcome
from tests.browser.program import Program
from tests.chaos.fire import under_fire
from tests.chaos.test_killed import free_port
from tests.flow.test_program import CommandLine

SECONDS = 10.0
"""How long nobody may be at work."""

pytestmark = pytest.mark.slow


@contextmanager
def standing_by(program: Program) -> Iterator[Program]:
    """Start a program's twin, and wait until it has said that it stands by."""
    second = program.twin()
    second.launch()
    try:
        assert "stands by" in second.says()
        yield second
    finally:
        second.stop()


def test_who_started_it_twice_is_told_so_and_can_end_the_second(tmp_path):
    with Program(tmp_path / "var") as first:
        with standing_by(first) as second:
            (said,) = second.said
            assert str(tmp_path / "var") in said
            assert "Ctrl-C" in said
            time.sleep(1.2)  # it looks again several times, and says nothing more
            assert psutil.Process(second.process.pid).net_connections() == [], "it has no port and no connection"
            second.process.send_signal(signal.SIGINT)
            assert second.process.wait(10) == 0
            assert second.said == [said]
        assert "the bot is running" in CommandLine(tmp_path / "var")("check").stdout
        assert "Traceback" not in first.log


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_second_takes_over_at_the_same_address(tmp_path, how):
    line = CommandLine(tmp_path / "var")
    with Program(tmp_path / "var", WEB_PORT=str(free_port())) as first:
        assert line("breaking", "Kept by the first").returncode == 0
        with standing_by(first) as second:
            first.process.send_signal(how)
            if how is signal.SIGTERM:
                assert first.process.wait(20) == 0
            began = time.monotonic()
            second.ready()
            assert time.monotonic() - began < SECONDS
            assert "takes over" in second.said[1]
            assert second.address == first.address
            assert "Kept by the first" in line("alerts").stdout
            assert "Traceback" not in second.log


async def test_the_second_goes_on_with_the_fan_out_of_one_that_was_killed(tmp_path):
    async with under_fire(tmp_path, 100, 5, ON_UNCERTAIN="skip", TELEGRAM_RATE="60", DISCORD_RATE="60") as fire:
        first = fire.program
        with standing_by(first) as second:
            await fire.breaking("Fire in the old harbour")
            await fire.requests(30)
            assert logins(fire) == [1, 1], "who stands by is heard of nowhere"
            first.process.kill()
            began = asyncio.get_running_loop().time()
            fire.program = second
            await fire.requests(1)
            assert asyncio.get_running_loop().time() - began < SECONDS
            kept = await fire.quiet()
            assert logins(fire) == [2, 2]
        untold = {*fire.audience} - told(fire).keys()
        listed = {str(each.chat) for each in kept.values() if each.outcome is Outcome.UNCERTAIN}
        assert untold <= listed <= {chat for chat in fire.audience if chat.startswith("telegram:")}
        assert len(told(fire)) > len(fire.audience) / 2
        assert max(told(fire).values()) == 1


def told(fire) -> Counter[str]:
    return Counter(copy.chat for copy in fire.ledger.copies.values())


def logins(fire) -> list[int]:
    """How often each platform was logged in to."""
    telegram = sum(method == "getMe" for method, _ in fire.telegram.calls)
    discord = len(fire.discord.identified)
    return [telegram, discord]
