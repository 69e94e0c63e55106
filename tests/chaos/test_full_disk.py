"""A full disk, at any write: the commit is refused and leaves nothing, all else is readable, room is all it needs."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.core.errors import StoreError, UsageError
from bot.core.ports import Delete, Put, Store
from store import open_store
from store.backup import write_backup
from store.database import Database
from store.tinydb import TinyStore
from tests.contract.stores import Clipping, Errand
from tests.fakes import START

ROOT = Path(__file__).parents[2]
CALLS = ("write", "fdatasync", "fsync", "ftruncate")


class Disk:
    """Lets so many calls of a folder's files through, then fails them until there is room again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._folder = str(folder)
        self.room: float = float("inf")
        self.fails_with = errno.ENOSPC
        self.can_cut = True
        """Whether files can be made shorter even without room."""
        for name in CALLS:
            monkeypatch.setattr(os, name, self._limited(name, getattr(os, name)))

    def _limited(self, name: str, real: Any) -> Any:
        def call(descriptor: int, *arguments: Any) -> Any:
            if not str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith(self._folder):
                return real(descriptor, *arguments)
            self.room -= 1
            if self.room >= 0 or (name == "ftruncate" and self.can_cut):
                return real(descriptor, *arguments)
            if name == "write":
                real(descriptor, arguments[0][: len(arguments[0]) // 2])
            raise OSError(self.fails_with, os.strerror(self.fails_with))

        return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Disk:
    return Disk(monkeypatch, folder)


@pytest.fixture
async def store(folder: Path, disk: Disk) -> AsyncIterator[Store]:
    store = await open_store("tinydb:", folder)
    yield store
    disk.room = float("inf")
    await store.close()


async def ids(store: Store) -> list[str]:
    return [one.id for one in await store.find(Clipping, limit=1000)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def ids_on_disk(folder: Path, tmp_path: Path) -> list[str]:
    """Return what a process would find that starts when this one is gone."""
    copy = tmp_path / "seen-by-the-next"
    await asyncio.to_thread(subprocess.run, ["cp", "-r", folder, copy], check=True)
    other = await open_store("tinydb:", copy)
    found = await ids(other)
    await other.close()
    await asyncio.to_thread(subprocess.run, ["rm", "-r", copy], check=True)
    return found


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT])
async def test_a_refused_commit_leaves_nothing_and_the_store_works_on(
    store: Store, disk: Disk, folder: Path, tmp_path: Path, problem: int
):
    disk.fails_with = problem
    for calls in (0, 1, 0, 1):
        await store.commit(Put(Clipping(id="old", tags=("x",))))
        disk.room = calls
        with pytest.raises(StoreError) as refusal:
            await store.commit(Put(Clipping(id="new", tags=("x",))), Delete(Clipping, "old"))
        assert refusal.value.__cause__.errno == problem
        assert await ids(store) == ["old"]
        assert await store.find(Clipping, {"tags": "x"}) == [Clipping(id="old", tags=("x",))]
        assert await store.search(Clipping, "anything") == []
        disk.room = float("inf")
        assert await ids_on_disk(folder, tmp_path) == ["old"]
    assert await store.commit(Put(Clipping(id="new")), Delete(Clipping, "old")) == []
    assert await ids(store) == await ids_on_disk(folder, tmp_path) == ["new"]


async def test_the_disk_is_full_from_any_call_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The journal is turned over and snapshots are taken on the way; the disk fills up at every point of that."""
    for calls in range(60):
        folder = tmp_path / f"run-{calls}"
        with monkeypatch.context() as patch:
            store = TinyStore(Database(folder, journal_bytes=400))
            disk = Disk(patch, folder)
            disk.room = calls
            kept = await fill(store, 8)
            assert await ids(store) == kept
            disk.room = float("inf")
            assert await store.commit(Put(Clipping(id="room"))) == []
            await store.close()
        assert await ids_on_disk(folder, tmp_path) == sorted([*kept, "room"])


async def fill(store: Store, count: int) -> list[str]:
    kept = []
    for number in range(count):
        try:
            await store.commit(Put(Clipping(id=f"{number}", text="words " * 20)))
            kept.append(f"{number}")
        except StoreError:
            continue
    return kept


async def test_a_store_that_closes_on_a_full_disk_loses_nothing(folder: Path, tmp_path: Path, disk: Disk):
    store = await open_store("tinydb:", folder)
    await store.commit(Put(Clipping(id="a")))
    disk.room = 0
    await store.close()
    disk.room = float("inf")
    assert await ids_on_disk(folder, tmp_path) == ["a"]


async def test_what_could_not_be_cut_off_at_once_is_cut_off_before_the_journal_is_turned_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for calls in range(20):
        folder = tmp_path / f"run-{calls}"
        with monkeypatch.context() as patch:
            disk = Disk(patch, folder)
            store = await open_store("tinydb:", folder)
            await store.commit(Put(Clipping(id="a")))
            disk.room, disk.can_cut = 0, False
            with pytest.raises(StoreError):
                await store.commit(Put(Clipping(id="b")))
            disk.room = calls
            await store.close()
        assert await ids_on_disk(folder, tmp_path) == ["a"]


async def test_jobs_that_could_not_be_claimed_are_there_for_the_next_claim(store: Store, disk: Disk):
    job = Errand(id="a", lane="web", due=START)
    await store.commit(Put(job))
    disk.room = 0
    with pytest.raises(StoreError):
        await store.claim(Errand, "web", START, 60, 10)
    assert await store.get(Errand, "a") == job
    disk.room = float("inf")
    (claimed,) = await store.claim(Errand, "web", START, 60, 10)
    assert claimed == replace(job, lease=claimed.lease, attempts=1)


async def test_a_load_for_which_there_is_no_room_leaves_the_old_state_whole(store: Store, disk: Disk, tmp_path: Path):
    await store.commit(Put(Clipping(id="old")))
    other = await open_store("tinydb:", tmp_path / "other")
    await other.commit(Put(Clipping(id="new")))
    disk.room = 0
    with pytest.raises(StoreError):
        await store.load(other.dump())
    assert await ids(store) == ["old"]
    disk.room = float("inf")
    await store.load(other.dump())
    assert await ids(store) == ["new"]
    await other.close()


async def test_a_backup_for_which_there_is_no_room_leaves_nothing_behind(store: Store, disk: Disk, tmp_path: Path):
    await store.commit(Put(Clipping(id="a")))
    disk.room = 0
    with pytest.raises(UsageError):
        await write_backup(store, tmp_path / "store-backup.jsonl")
    assert names(tmp_path) == ["store"]


LIMITED = """
import asyncio, json, resource, sys
from pathlib import Path
from bot.core.errors import StoreError
from bot.core.ports import Put
from store import open_store
from tests.chaos.power import Mark

async def attempt(store, *ids):
    try:
        await store.commit(*(Put(Mark(id=id)) for id in ids))
        return "kept"
    except StoreError as refusal:
        return refusal.__cause__.strerror

async def main():
    store = await open_store("tinydb:", Path(sys.argv[1]))
    await attempt(store, "before")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, most))
    steps = [[f"s{n}"] for n in range(6)] + [[f"large-{n}" for n in range(200)]] + [[f"t{n}"] for n in range(3)]
    together = await asyncio.gather(*(attempt(store, *ids) for ids in steps))
    alone = []
    while (last := await attempt(store, f"alone-{len(alone)}")) == "kept":
        alone.append(last)
    readable = [one.id for one in await store.find(Mark, limit=1000)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    after = await attempt(store, "after")
    ids = [one.id for one in await store.find(Mark, limit=1000)]
    print(json.dumps({"together": together, "alone": len(alone), "last": last, "after": after, "ids": ids,
                      "readable": readable}), flush=True)
    await store.close()

asyncio.run(main())
"""


async def test_a_limit_on_the_size_of_files_takes_the_large_commit_and_no_small_one_down(folder: Path):
    script = [sys.executable, "-c", LIMITED, str(folder)]
    done = await asyncio.to_thread(subprocess.run, script, cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=True)
    told = json.loads(done.stdout)
    assert told["together"] == ["kept"] * 6 + ["File too large"] + ["kept"] * 3
    assert (told["last"], told["after"]) == ("File too large", "kept")
    expected = {"before", *(f"s{n}" for n in range(6)), *(f"t{n}" for n in range(3))}
    expected |= {f"alone-{n}" for n in range(told["alone"])}
    assert set(told["readable"]) == expected
    assert set(told["ids"]) == expected | {"after"}
    store = await open_store("tinydb:", folder)
    await store.close()
    assert {Path(name).suffix for name in names(folder)} == {".journal", ".snapshot"}
