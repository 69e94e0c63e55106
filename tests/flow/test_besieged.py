"""Everything hostile at once, at every place where the bot asks the web: nothing inside, little memory, no delay."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.core.i18n import translator
from tests.flow.besieged import ELSEWHERE, FINE, GOOD, SLOW, TOO_MUCH, WRONG
from tests.flow.hostile import Hostile
from tests.flow.site import answer, served
from tests.shared import ROOT

TEXT = "The wall gave way at six, the council said on Monday, and nobody was hurt as the quay was cleared. "
PAGE = f"<html><head><title>As it is</title></head><body><article><p>{TEXT * 5}</p></article></body></html>"
ITEM = "<item><title>Wall {0}</title><link>{1}</link></item>"
FEED = f"<rss version='2.0'><channel><title>Good</title>{ITEM}</channel></rss>"
ATTACKS = len(SLOW) + len(TOO_MUCH) + len(WRONG) + 2 * len(ELSEWHERE) + 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
async def test_whoever_asks_for_anything_hostile_gets_nothing_and_the_others_all_they_asked_for(tmp_path):
    async with Hostile() as hostile, served("localhost") as site:
        for number in range(GOOD):
            there = f"/good/{number}/page"
            site.answers[f"/good/{number}"] = answer(FEED.format(number, site.url(there)))
            site.answers[there] = answer(PAGE, "text/html")
        site.answers |= {f"/page/{number}": answer(PAGE, "text/html") for number in range(ATTACKS)}
        places = str(tmp_path), hostile.host, site.host
        siege = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.flow.besieged", *places), stdout=subprocess.PIPE, cwd=ROOT
        )
        said, _ = await siege.communicate()
        told = json.loads(said.splitlines()[-1])
    assert {address.rpartition(":")[2] for address in told["connected"]} == {
        host.rpartition(":")[2] for host in (hostile.host, site.host)
    }, "connected to these servers alone, whose ports nobody else has"
    assert {way: len(outcomes) for way, outcomes in told["outcomes"].items()} == dict.fromkeys(
        ("feed", "article", "post", "hub", "page", "photo", "discovery", "list"), ATTACKS
    )
    ways = told["outcomes"].items()
    assert [(way, name) for way, outcomes in ways for name, outcome in outcomes.items() if outcome == FINE] == []
    say = translator("en")
    for way in ("feed", "photo", "discovery"):
        assert [key for key in told["outcomes"][way].values() if not say.knows(key)] == []
    assert told["beside"], "the good feeds and their pages were read while the others kept everybody busy"
    assert told["grown"] < 64 * 1024, "KiB of resident memory above that of one small feed"
