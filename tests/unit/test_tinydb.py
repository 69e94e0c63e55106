"""What is TinyDB's alone: one folder, one process, group commit, snapshots, leases that die with their process."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tinydb import where

from bot.core.errors import StoreError, UsageError
from bot.core.i18n import locales, translator
from bot.core.ports import Delete, Put
from store import open_store
from store.database import Database
from store.tinydb import TinyStore
from tests.contract.stores import Clipping, Errand
from tests.fakes import START

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "store"


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[TinyStore]:
    store = await TinyStore.open(folder)
    yield store
    await store.close()


def names(folder: Path, suffix: str) -> list[str]:
    return sorted(path.name for path in folder.glob(f"*{suffix}"))


def keep_only(folder: Path, suffix: str) -> None:
    for path in folder.iterdir():
        if path.suffix != suffix:
            path.unlink()


def inodes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def modes(*paths: Path) -> set[str]:
    return {f"{stat.S_IMODE(path.stat().st_mode):o}" for path in paths}


async def kept(folder: Path) -> list[str]:
    store = await open_store("tinydb:", folder)
    ids = [one.id for one in await store.find(Clipping, limit=100_000)]
    await store.close()
    return ids


def refusal(problem: pytest.ExceptionInfo[StoreError | UsageError]) -> str:
    """Return the key of an error, having seen that it can be said in every language."""
    for locale in locales():
        assert translator(locale).knows(problem.value.message_key)
        assert translator(locale)(problem.value.message_key, **problem.value.arguments)
    return problem.value.message_key


# -------------------------------------------------------------------------------------------------- the folder


async def test_a_url_names_the_folder_and_without_one_it_is_the_data_folder(tmp_path: Path):
    for url, folder in (("tinydb:", tmp_path / "data"), (f"tinydb:{tmp_path}/other", tmp_path / "other")):
        store = await open_store(url, tmp_path / "data")
        await store.commit(Put(Clipping(id=folder.name)))
        await store.close()
        assert await kept(folder) == [folder.name]


@pytest.mark.parametrize("url", ["postgresql://localhost/dateline", "sqlite:x", "", "var"])
async def test_another_scheme_is_refused_with_those_there_are(tmp_path: Path, url: str):
    with pytest.raises(UsageError) as problem:
        await open_store(url, tmp_path)
    assert refusal(problem) == "error.store_scheme"
    assert list(os.scandir(tmp_path)) == []


async def test_only_the_owner_may_read_what_is_kept(folder: Path):
    before = os.umask(0)
    try:
        store = await TinyStore.open(folder)
        await store.commit(Put(Clipping(id="a")))
        await store.close()
    finally:
        os.umask(before)
    assert modes(folder) == {"700"}
    assert modes(*(folder / name for name in inodes(folder))) == {"600"}


async def test_a_second_writer_in_the_same_process_is_refused(store: TinyStore, folder: Path):
    with pytest.raises(StoreError) as problem:
        await open_store("tinydb:", folder)
    assert refusal(problem) == "error.store_in_use"
    assert await store.commit(Put(Clipping(id="a"))) == []


async def test_no_file_in_the_folder_lets_a_second_writer_in_when_it_is_deleted(store: TinyStore, folder: Path):
    keep_only(folder, ".journal")
    with pytest.raises(StoreError) as problem:
        await TinyStore.open(folder)
    assert refusal(problem) == "error.store_in_use"
    await store.commit(Put(Clipping(id="a")))


async def test_a_second_writer_in_another_process_is_refused(store: TinyStore, folder: Path):
    script = f"""
import asyncio
from pathlib import Path
from bot.core.errors import StoreError
from store import open_store
try:
    asyncio.run(open_store("tinydb:", Path({str(folder)!r})))
except StoreError as refusal:
    print(refusal.message_key)
"""
    command = [sys.executable, "-c", script]
    said = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60)
    assert said.stdout.decode().strip() == "error.store_in_use"


async def test_a_folder_is_free_again_after_closing_and_after_a_failed_opening(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(Put(Clipping(id="a")))
    await store.close()
    snapshot = folder / "Clipping.snapshot"
    whole = snapshot.read_bytes()
    snapshot.write_bytes(whole[:-1])
    for _ in range(2):
        with pytest.raises(StoreError) as problem:
            await TinyStore.open(folder)
        assert refusal(problem) == "error.store_damaged"
    snapshot.write_bytes(whole)
    assert await kept(folder) == ["a"]


async def test_a_folder_that_can_not_be_one_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError) as problem:
            await TinyStore.open(path)
        assert refusal(problem) == "error.store_folder"


@pytest.mark.parametrize("suffix", [".snapshot", ".journal"])
async def test_a_missing_file_is_noticed(folder: Path, suffix: str):
    store = await TinyStore.open(folder)
    await store.commit(Put(Clipping(id="a")))
    await store.close()
    (lost,) = names(folder, suffix)
    (folder / lost).unlink()
    with pytest.raises(StoreError) as problem:
        await TinyStore.open(folder)
    assert refusal(problem) == "error.store_incomplete"


async def test_any_changed_byte_of_a_snapshot_is_noticed(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(Put(Clipping(id="a")))
    await store.close()
    snapshot = folder / "Clipping.snapshot"
    whole = snapshot.read_bytes()
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        snapshot.write_bytes(changed)
        with pytest.raises(StoreError) as problem:
            await TinyStore.open(folder)
        assert refusal(problem) == "error.store_damaged"


async def test_documents_of_a_kind_that_can_no_longer_be_read_are_named(folder: Path):
    with Database(folder) as database:
        database.table("Errand").insert({"id": "a", "lane": "web"})
    store = await TinyStore.open(folder)
    with pytest.raises(StoreError) as problem:
        await store.get(Errand, "a")
    assert refusal(problem) == "error.store_unreadable"
    await store.close()


# -------------------------------------------------------------------------------------------------- group commit


class Gate:
    """Holds back every flush until it is opened, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = os.fdatasync
        self.open = threading.Event()
        self.open.set()
        self.flushes = 0
        monkeypatch.setattr(os, "fdatasync", self._flush)

    def _flush(self, descriptor: int) -> None:
        self.flushes += 1
        assert self.open.wait(30)
        self._real(descriptor)

    async def reached(self, flushes: int) -> None:
        while self.flushes < flushes:  # noqa: ASYNC110  # it is another thread that gets there
            await asyncio.sleep(0.001)


async def test_all_that_wait_go_to_the_disk_together(store: TinyStore, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch)
    await asyncio.gather(*(store.commit(Put(Clipping(id=f"{number}"))) for number in range(500)))
    assert gate.flushes == 1


async def test_what_arrives_while_the_disk_works_goes_in_the_next_step(
    store: TinyStore, monkeypatch: pytest.MonkeyPatch
):
    gate = Gate(monkeypatch)
    gate.open.clear()
    first = asyncio.ensure_future(store.commit(Put(Clipping(id="first"))))
    await gate.reached(1)
    others = [asyncio.ensure_future(store.commit(Put(Clipping(id=f"{number}")))) for number in range(100)]
    await asyncio.sleep(0.01)
    gate.open.set()
    await asyncio.gather(first, *others)
    assert gate.flushes == 2


async def test_readers_see_only_what_is_durable_and_are_not_held_up(store: TinyStore, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch)
    await store.commit(Put(Clipping(id="a", text="before")))
    gate.open.clear()
    commit = asyncio.ensure_future(store.commit(Put(Clipping(id="a", text="after")), Put(Clipping(id="b"))))
    await gate.reached(2)
    assert await store.find(Clipping) == [Clipping(id="a", text="before")]
    assert await store.count(Clipping) == {"": 1}
    assert not commit.done()
    gate.open.set()
    await commit
    assert [one.text for one in await store.find(Clipping)] == ["after", ""]


async def test_a_commit_that_nobody_waits_for_any_more_is_left_out_before_it_is_under_way(store: TinyStore):
    commit = asyncio.ensure_future(store.commit(Put(Clipping(id="a"))))
    await asyncio.sleep(0)
    commit.cancel()
    await store.commit(Put(Clipping(id="b")))
    assert [one.id for one in await store.find(Clipping)] == ["b"]


# -------------------------------------------------------------------------------------------------- snapshots


async def test_the_journal_is_turned_over_when_it_has_grown_and_no_commit_is_lost(folder: Path):
    store = TinyStore(Database(folder, journal_bytes=3000))

    async def write(hand: int) -> None:
        for number in range(150):
            await store.commit(Put(Clipping(id=f"{hand}-{number}")), Put(Errand(id=f"{hand}", lane="web", due=START)))

    await asyncio.gather(*map(write, range(4)))
    assert len(names(folder, ".journal")) <= 2
    assert names(folder, ".snapshot") == ["Clipping.snapshot", "Errand.snapshot"]
    await store.close()
    assert len(await kept(folder)) == 600


async def test_only_the_kinds_that_changed_get_a_new_snapshot(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(Put(Clipping(id="a")), Put(Errand(id="a", lane="web", due=START)))
    await store.close()
    before = inodes(folder)["Errand.snapshot"]
    store = await TinyStore.open(folder)
    await store.commit(Delete(Clipping, "a"))
    await store.close()
    assert inodes(folder)["Errand.snapshot"] == before
    assert await kept(folder) == []
    assert len(names(folder, ".journal")) == 1


async def test_opening_and_closing_without_a_change_writes_nothing(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(Put(Clipping(id="a")))
    await store.close()
    before = inodes(folder)
    assert await kept(folder) == ["a"]
    assert inodes(folder) == before


async def test_documents_of_kinds_that_nobody_asks_for_stay(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(Put(Errand(id="a", lane="web", due=START)))
    await store.close()
    for _ in range(2):
        store = TinyStore(Database(folder, journal_bytes=0))
        await store.commit(Put(Clipping(id="b")))
        assert {kind async for kind, _ in store.dump()} == {"Errand", "Clipping"}
        await store.close()
    store = await TinyStore.open(folder)
    assert await store.get(Errand, "a") == Errand(id="a", lane="web", due=START)
    await store.close()


# -------------------------------------------------------------------------------------------------- leases


async def test_the_leases_of_a_process_that_ended_are_void_at_once(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(*(Put(Errand(id=id, lane="web", due=START)) for id in "abc"))
    a, b = await store.claim(Errand, "web", START, 3600, 2)
    await store.commit(Put(b.rearmed(None)))
    await store.close()
    store = await TinyStore.open(folder)
    again = await store.claim(Errand, "web", START, 3600, 10)
    assert again == [
        replace(a, attempts=2, abandoned=True),
        Errand(id="c", lane="web", due=START, lease=START + timedelta(seconds=3600), attempts=1),
    ]
    assert await store.claim(Errand, "web", START, 3600, 10) == []
    await store.close()


async def test_a_lease_renewed_in_this_process_holds(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(Put(Errand(id="a", lane="web", due=START)))
    await store.claim(Errand, "web", START, 3600, 1)
    await store.close()
    store = await TinyStore.open(folder)
    await store.commit(Put(await store.get(Errand, "a")))
    assert await store.claim(Errand, "web", START, 3600, 1) == []
    await store.close()


# -------------------------------------------------------------------------------------------------- TinyDB itself


async def test_tinydb_reads_and_writes_the_same_documents(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(*(Put(Clipping(id=id, text=text)) for id, text in (("a", "x"), ("b", "y"), ("c", "x"))))
    await store.close()
    with Database(folder) as database:
        table = database.table("Clipping")
        assert [row["id"] for row in table.search(where("text") == "x")] == ["a", "c"]
        assert table.get(doc_id="b")["text"] == "y"
        table.update({"text": "z"}, doc_ids=["a"])
        table.remove(where("text") == "y")
        (new,) = table.upsert({"text": "new"}, where("text") == "new")
        assert len(table) == 3
    store = await TinyStore.open(folder)
    assert {one.id: one.text for one in await store.find(Clipping)} == {"a": "z", "c": "x", new: "new"}
    await store.close()


async def test_tinydb_writes_only_what_has_changed(folder: Path):
    with Database(folder) as database:
        table = database.table("Clipping")
        ids = table.insert_multiple({"text": "long " * 50} for _ in range(100))
        before = database.folder.journal_size
        table.update({"read": True}, doc_ids=ids[:1])
        assert database.folder.journal_size - before < 500
        assert table.get(doc_id=ids[0])["read"]


async def test_tinydb_can_drop_a_table_for_good(folder: Path):
    with Database(folder) as database:
        database.table("Clipping").insert({})
        database.table("Errand").insert({})
        database.drop_table("Clipping")
        assert database.tables() == {"Errand"}
    with Database(folder) as database:
        assert {name: len(database.table(name)) for name in database.tables()} == {"Clipping": 0, "Errand": 1}


async def test_while_a_store_serves_nothing_is_changed_past_it(folder: Path):
    database = Database(folder)
    store = TinyStore(database)
    await store.commit(Put(Clipping(id="a")))
    with pytest.raises(RuntimeError):
        database.table("Clipping").remove(where("id") == "a")
    with pytest.raises(RuntimeError):
        database.drop_tables()
    assert [row["id"] for row in database.table("Clipping")] == ["a"]
    await store.close()
    assert await kept(folder) == ["a"]


async def test_documents_are_read_when_the_folder_is_opened_and_nobody_waits_for_them_later(folder: Path):
    store = await TinyStore.open(folder)
    await store.commit(*(Put(Clipping(id=f"{number:05d}")) for number in range(500)))
    await store.close()
    with Database(folder) as database:
        assert database.named("Clipping").knows(Clipping)
        assert {type(one) for one in database.named("Clipping").documents.values()} == {Clipping}


async def test_who_goes_through_many_documents_lets_others_have_their_turn(store: TinyStore):
    await store.commit(*(Put(Clipping(id=f"{number:04}")) for number in range(1200)))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside, after, pages = asyncio.create_task(others()), "", 0
    while page := await store.find(Clipping, after=after, limit=200):
        after, pages = page[-1].id, pages + 1
    assert pages == 6
    assert turns >= pages
    before = turns
    assert await store.count(Clipping, {"read": False}, by="severity") == {"routine": 1200}
    assert turns > before, "counting is going through them, too"
    beside.cancel()
