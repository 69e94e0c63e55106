"""A soak in mixed life: what the program takes stays what it is, and everybody is told, by the far side's ledger."""

from __future__ import annotations

import os
import random
import sys
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

import pytest

from tests.chaos.fan_out import IN_FLIGHT
from tests.chaos.soak import RATES, Newsroom, Sample, Soak

LONG = os.environ.get("CHAOS") == "long"
SECONDS = float(os.environ.get("SOAK", "1800" if LONG else "20"))
CHATS = 400 if LONG else 60
"""On each platform."""
GROWTH = 1.10 if LONG else 1.25
"""Of memory, from after the first fifth to the end; a short life is still filling its store."""
SPREAD = 16
"""So many more file handles there may be at the end, and tasks in the quietest moment."""
CONNECTIONS = 2 * IN_FLIGHT + 32
"""At once: as many as deliveries are under way to both platforms, and those of a few people."""
SETTINGS = {
    **RATES,
    "SAMPLE_NEWSROOM": "true",
    "SAMPLE_SECONDS": "20" if LONG else "5",
    "RECEIPT_DAYS": str(180 / 86_400),  # longer than any delivery takes with its repeats: then it is given up
    "DAY": "15" if LONG else "5",
    "CACHE_SECONDS": "30",
    "COMMANDS_PER_MINUTE": "10000",
}

pytestmark = pytest.mark.slow


async def test_a_soak(tmp_path):
    async with AsyncExitStack() as stack:
        newsroom = Newsroom(tmp_path, CHATS, random.Random(1), dict(SETTINGS))
        await newsroom.open(stack)
        soak = Soak(newsroom, SECONDS)
        try:
            await soak.live()
        finally:
            sys.stdout.write(figures(soak))
        await newsroom.quiet()
        sys.stdout.write(f"tasks {tasks(soak)}\n")
        judge_ledger(soak)
        judge_growth(soak)
        assert "Traceback" not in newsroom.program.log
        assert newsroom.discord.refused == []
        assert soak.done["commands that took over 20 s"] <= soak.done["commands"] / 100


def judge_ledger(soak: Soak) -> None:
    """Everybody was told of each alert and sees its last words: once, and but for as many as answers were lost."""
    fire, lost = soak.fire, soak.weather.lost
    for chat in fire.audience:
        again, stale = 0, []
        for told in soak.alerts:
            copies, shown = fire.seen[told.headline, chat], fire.shown.get((told.headline, chat), "")
            assert copies or told.withdrawn, f"{chat} was not told: {told}"
            again += max(0, copies - 1)
            stale += [shown] if copies and told.shows not in shown else []
        assert again <= (0 if chat.startswith("discord:") else lost[chat]), f"{chat} was told again {again} times"
        assert len(stale) <= lost[chat], f"{chat} is shown what was changed: {stale}"


def judge_growth(soak: Soak) -> None:
    """Compare the fifth after the first with the last one."""
    early, late = fifths(soak.samples)
    assert median(each.memory for each in late) <= GROWTH * median(each.memory for each in early)
    assert median(each.handles for each in late) <= median(each.handles for each in early) + SPREAD
    assert max(each.connections for each in soak.samples) <= CONNECTIONS
    before, after = tasks(soak)
    assert after <= before + (SPREAD if LONG else IN_FLIGHT)  # a short life has no quiet moment


def fifths(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    fifth = len(samples) // 5
    return samples[fifth : 2 * fifth], samples[-fifth:]


def tasks(soak: Soak) -> tuple[int, int]:
    """Return how few there were in the fifth after the first, and in the last."""
    seen = [line["tasks"] for line in seen_of(soak)]
    fifth = len(seen) // 5
    return min(seen[fifth : 2 * fifth]), min(seen[-fifth:])


def seen_of(soak: Soak) -> list[dict[str, Any]]:
    """Return what the program's watch saw while everybody lived."""
    return [line for line in soak.fire.watched() if soak.began + 1 <= line["at"] <= soak.until]


def figures(soak: Soak) -> str:
    """Say what was seen, in six parts."""
    lines = [f"SOAK {soak.seconds:.0f} s, {2 * CHATS} chats, {soak.fire.ledger.requests} messages and edits"]
    lines.append(f"done: {dict(soak.done)}; alerts {len(soak.alerts)}; faults: {dict(soak.weather.met)}")
    watched, part = seen_of(soak), max(1, len(soak.samples) // 6)
    for start in range(0, len(soak.samples), part):
        window = soak.samples[start : start + part]
        seen = watched[start : start + part]
        if not seen:
            break
        lines.append(
            f"until {window[-1].at:5.0f} s: {median(each.memory for each in window):6.1f} MB, "
            f"{median(each.handles for each in window):.0f} file handles, "
            f"{median(each.connections for each in window):.0f} connections, "
            f"{median(each['tasks'] for each in seen):.0f} tasks, {window[-1].messages} messages, "
            f"blocked {max(each['blocked'] for each in seen) * 1000:.0f} ms at most"
        )
    worst = sorted(watched, key=lambda line: -line["computed"])[:8]
    lines += [
        f"a pause with {each['computed'] * 1000:.0f} ms of computing ({each['loop'] * 1000:.0f} in the loop): "
        f"{each['stood'][:1]}"
        for each in worst
    ]
    return "\n".join(lines) + "\n"
