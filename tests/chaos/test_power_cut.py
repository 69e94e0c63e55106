"""A power cut, anywhere: what was acknowledged is there, the last commit whole or absent, and the store works on."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.core.errors import StoreError
from bot.core.ports import Put
from store import open_store
from store.journal import Journal, Patch, read_segment
from tests.chaos.power import Mark, steps

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("CHAOS") == "long"


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: what a disk does wrong is made up here; a real one takes time."""
    if not Path("/dev/shm").is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


async def kept(folder: Path) -> set[str]:
    """Open a store and return the ids of what is there."""
    store = await open_store("tinydb:", folder)
    ids = {one.id for one in await store.find(Mark, limit=100_000)}
    await store.close()
    return ids


async def works_on(folder: Path) -> bool:
    """Tell whether a store takes a commit, keeps it, and loses nothing over it."""
    before = await kept(folder)
    store = await open_store("tinydb:", folder)
    await store.commit(Put(Mark(id="after")))
    await store.close()
    return await kept(folder) == before | {"after"}


# -------------------------------------------------------------------------------------------------- the last record


@dataclass
class Torn:
    """A folder whose journal ends in a record of two documents."""

    folder: Path
    journal: Path
    data: bytes
    start: int
    """Where the last record starts."""

    def copy(self, target: Path, data: bytes) -> Path:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target)
        (target / self.journal.name).write_bytes(data)
        return target


@pytest.fixture
async def torn(quick: Path) -> Torn:
    store = await open_store("tinydb:", quick / "crashed")
    for number in range(3):
        await store.commit(*(Put(Mark(id=f"{number}{half}")) for half in "ab"))
    folder = shutil.copytree(quick / "crashed", quick / "copy")
    await store.close()
    (journal,) = folder.glob("*.journal")
    data = journal.read_bytes()
    return Torn(folder, journal, data, data.rindex(b"\n", 0, -1) + 1)


BEFORE = {"0a", "0b", "1a", "1b"}
WHOLE = BEFORE | {"2a", "2b"}


async def test_a_journal_cut_at_any_byte_of_the_last_record(torn: Torn, quick: Path):
    for end in range(torn.start, len(torn.data)):
        assert await kept(torn.copy(quick / "cut", torn.data[:end])) == BEFORE
    assert await works_on(quick / "cut")
    assert await kept(torn.copy(quick / "cut", torn.data)) == WHOLE


async def test_a_journal_zeroed_from_any_byte_of_the_last_record(torn: Torn, quick: Path):
    for end in range(torn.start, len(torn.data)):
        zeroed = torn.data[:end].ljust(len(torn.data) + 100, b"\0")
        assert await kept(torn.copy(quick / "zeroed", zeroed)) == BEFORE
    assert await works_on(quick / "zeroed")


async def test_a_journal_with_any_byte_of_the_last_record_changed(torn: Torn, quick: Path):
    for at in range(torn.start, len(torn.data)):
        flipped = bytearray(torn.data)
        flipped[at] ^= 1 << at % 8
        assert await kept(torn.copy(quick / "flipped", bytes(flipped))) == BEFORE
    assert await works_on(quick / "flipped")


async def test_damage_before_the_last_record_is_refused_and_nothing_is_changed(torn: Torn, quick: Path):
    for at in range(torn.start):
        flipped = bytearray(torn.data)
        flipped[at] ^= 1 << at % 8
        folder = torn.copy(quick / "flipped", bytes(flipped))
        with pytest.raises(StoreError) as refusal:
            await open_store("tinydb:", folder)
        assert refusal.value.message_key == "error.store_damaged"
        assert refusal.value.arguments["file"] == torn.journal.name
        assert (folder / torn.journal.name).read_bytes() == flipped


async def test_of_commits_that_went_to_the_disk_together_a_later_page_may_be_there_without_an_earlier(quick: Path):
    folder = quick / "store"
    store = await open_store("tinydb:", folder)
    await store.commit(Put(Mark(id="acknowledged")))
    await store.close()
    journal = Journal(read_segment(max(folder.glob("*.journal")), newest=True))
    start = journal.size
    journal.append([Patch.of({"Mark": {id: Mark(id=id)}}) for id in "abc"])
    journal.close()
    data = bytearray(journal.path.read_bytes())
    first = data.index(b"\n", start) + 1
    data[first : data.index(b"\n", first)] = bytes(data.index(b"\n", first) - first)
    journal.path.write_bytes(data)
    assert await kept(folder) == {"acknowledged", "a"}
    assert await works_on(folder)


# -------------------------------------------------------------------------------------------------- at every call


def states() -> list[set[str]]:
    """What there is after each step."""
    ids: set[str] = set()
    after = [set(ids)]
    for changes in steps():
        for change in changes:
            ids = ids | {change.document.id} if isinstance(change, Put) else ids - {change.id}
        after.append(ids)
    return after


@pytest.mark.parametrize("disk", ["forgetful", "disorderly", "prompt"])
async def test_the_power_fails_at_any_call_to_the_disk(quick: Path, disk: str):
    script = [sys.executable, "-m", "tests.chaos.power", str(quick), disk]
    done = await asyncio.to_thread(subprocess.run, script, cwd=ROOT, timeout=300, check=False)
    assert done.returncode == 0
    runs = sorted(run for run in quick.iterdir() if run.name.isdigit())  # noqa: ASYNC240  # nobody waits
    assert len(runs) > 60
    after = states()
    for run in runs:
        promised = len((run / "promised").read_bytes()) if (run / "promised").exists() else 0
        assert await kept(run / "store") in after[promised : promised + 2], run.name
    for run in runs if LONG else runs[::7]:
        assert await works_on(run / "store")


# -------------------------------------------------------------------------------------------------- kill -9

WRITER = """
import asyncio, sys
from pathlib import Path
from bot.core.ports import Put
from store.database import Database
from store.tinydb import TinyStore
from tests.chaos.power import Mark

async def write(store, hand):
    for number in range(10_000):
        ids = [f"{hand}-{number}-{half}" for half in "ab"]
        await store.commit(*(Put(Mark(id=id)) for id in ids))
        print(*ids, flush=True)

async def main():
    store = TinyStore(Database(Path(sys.argv[1]), journal_bytes=20_000))
    print("open", flush=True)
    await asyncio.gather(*(write(store, f"{sys.argv[2]}-{hand}") for hand in range(8)))

asyncio.run(main())
"""


async def killed_while_writing(folder: Path, number: int, lines: int) -> set[str]:
    """Let a child write until it has acknowledged so many commits, kill it, and return what it had acknowledged."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(folder), str(number), cwd=ROOT, stdout=subprocess.PIPE
    )
    ledger = [await child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    rest = (await child.stdout.read()).splitlines(keepends=True)
    assert await child.wait() == -signal.SIGKILL
    whole = [line for line in [*ledger[1:], *rest] if line.endswith(b"\n")]
    return {id for line in whole for id in line.decode().split()}


async def test_a_process_killed_while_it_writes_keeps_what_it_had_acknowledged(tmp_path: Path):
    acknowledged: set[str] = set()
    dice = random.Random(4)
    for number in range(40 if LONG else 4):
        acknowledged |= await killed_while_writing(tmp_path, number, dice.randrange(1, 900))
        ids = await kept(tmp_path)
        assert acknowledged <= ids
        assert {id.removesuffix("-a") for id in ids if id.endswith("-a")} == {
            id.removesuffix("-b") for id in ids if id.endswith("-b")
        }
