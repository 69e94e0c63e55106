"""The default store against plain TinyDB: a change, many at once, claiming jobs, opening with 10,000 subscribers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import psutil
from msgspec.structs import replace
from tinydb import TinyDB, where
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage

from bot.core.codec import encode
from bot.core.model import Chat, Delivery, Outcome, Subscriber
from bot.core.ports import Put, Store

sys.path.pop(0)  # this folder, where this file goes by the package's name
from store import open_store

SIZES = (1_000, 10_000, 100_000)
TOGETHER = 64
CLAIMED = 64
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUBSCRIBERS = 10_000


def deliveries(count: int) -> list[Delivery]:
    chats = (Chat("telegram", f"{number:07}") for number in range(count))
    return [Delivery(id=f"alert:{chat}", lane="telegram", due=NOW, about="alert", chat=chat) for chat in chats]


def changed(delivery: Delivery, number: int) -> Delivery:
    return replace(delivery, outcome=Outcome.TOLD, shown=number, due=None)


# -------------------------------------------------------------------------------------------------- ours


async def ours(folder: Path, count: int) -> dict[str, float]:
    """Milliseconds a step of ours; each is on the disk (fdatasync) before it counts."""
    store = await open_store("tinydb:", folder)
    documents = deliveries(count)
    await store.commit(*map(Put, documents))
    await store.close()
    store = await open_store("tinydb:", folder)
    claim = await seconds_of_claims(store, min(100, count // CLAIMED))
    alone = await seconds_of_commits(store, documents, 300, together=1)
    together = await seconds_of_commits(store, documents, 6400, together=TOGETHER)
    await store.close()
    return {"commit": alone * 1e3, "commits": together * 1e3, "claim": claim * 1e3}


def bare_append(folder: Path) -> float:
    """Milliseconds of what no durable commit can do without: a line appended and flushed."""
    with (folder / "bare").open("ab", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(300):
            file.write(b"x" * 500)
            os.fdatasync(file.fileno())
    return (time.perf_counter() - began) / 300 * 1e3


async def seconds_of_commits(store: Store, documents: list[Delivery], count: int, *, together: int) -> float:
    async def hand(first: int) -> None:
        for number in range(first, count, together):
            await store.commit(Put(changed(documents[number * 7919 % len(documents)], number)))

    began = time.perf_counter()
    await asyncio.gather(*map(hand, range(together)))
    return (time.perf_counter() - began) / count


async def seconds_of_claims(store: Store, count: int) -> float:
    await store.count(Delivery)  # what opening costs is told below
    began = time.perf_counter()
    for _ in range(count):
        assert len(await store.claim(Delivery, "telegram", NOW, 60, CLAIMED)) == CLAIMED
    return (time.perf_counter() - began) / (count * CLAIMED)


# -------------------------------------------------------------------------------------------------- plain TinyDB


def plain(folder: Path, count: int, storage: object, patience: float) -> dict[str, float]:
    """Milliseconds a step of TinyDB's own, each kind of step until `patience` seconds are over."""
    folder.mkdir()
    database = TinyDB(folder / "plain.json", storage=storage)
    rows = [orjson.loads(encode(document)) for document in deliveries(count)]
    numbers = database.insert_multiple(rows)
    if isinstance(database.storage, CachingMiddleware):
        database.storage.flush()

    def commit(number: int) -> None:
        database.update({"outcome": "told", "shown": number}, doc_ids=[numbers[number * 7919 % count]])

    def claim(_number: int) -> None:
        due = database.search((where("lane") == "telegram") & where("lease").test(lambda lease: lease is None))
        chosen = sorted(due, key=lambda row: (row["priority"], row["due"], row["id"]))[:CLAIMED]
        database.update({"lease": "2026-03-02T09:01:00+00:00"}, doc_ids=[row.doc_id for row in chosen])

    result = {"commit": milliseconds(commit, patience), "claim": milliseconds(claim, patience) / CLAIMED}
    database.close()
    return {**result, "commits": result["commit"]}


def milliseconds(step: Callable[[int], None], patience: float) -> float:
    began, number = time.perf_counter(), 0
    while not number or time.perf_counter() - began < patience:
        step(number)
        number += 1
    return (time.perf_counter() - began) / number * 1e3


def compare(folder: Path, count: int) -> None:
    mine = asyncio.run(ours(folder / f"ours-{count}", count))
    json = plain(folder / f"json-{count}", count, JSONStorage, 0.8)
    cached = plain(folder / f"cached-{count}", count, CachingMiddleware(JSONStorage), 0.8)
    labels = {"commit": "a commit", "commits": f"{TOGETHER} at once, each", "claim": f"claiming {CLAIMED}, each"}
    for step, label in labels.items():
        print(
            f"{count:>9,}  {label:<20} {mine[step]:>8.3f} ms"
            f"   JSONStorage {json[step]:>9.2f} ms ({json[step] / mine[step]:>8,.0f} x)"
            f"   CachingMiddleware {cached[step]:>7.2f} ms ({cached[step] / mine[step]:>6,.1f} x)"
        )


# -------------------------------------------------------------------------------------------------- opening


def subscribers() -> list[Subscriber]:
    return [
        Subscriber(
            id=f"telegram:{number}",
            chat=Chat("telegram", str(number)),
            since=NOW,
            topics=("*", f"topic {number % 50}"),
            keywords=(f"keyword {number % 900}",),
        )
        for number in range(SUBSCRIBERS)
    ]


async def fill(folder: Path) -> None:
    store = await open_store("tinydb:", folder)
    await store.commit(*map(Put, subscribers()))
    await store.close()


async def opening(folder: Path) -> None:
    """Open it in a fresh process and say how long that took and what it weighs."""
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    store = await open_store("tinydb:", folder)
    assert (await store.count(Subscriber))[""] == SUBSCRIBERS
    took = time.perf_counter() - began
    weight = process.memory_info().rss - before
    await store.close()
    began = time.perf_counter()
    rows = TinyDB(folder.parent / "plain.json").all()
    peer = time.perf_counter() - began
    assert len(rows) == SUBSCRIBERS
    print(
        f"opening with {SUBSCRIBERS:,} subscribers, decoded and indexed: {took * 1e3:.0f} ms, {weight / 1e6:.1f} MB; "
        f"JSONStorage, undecoded: {peer * 1e3:.0f} ms ({peer / took:.2f} x)"
    )


def compare_opening(folder: Path) -> None:
    asyncio.run(fill(folder / "subscribers"))
    with TinyDB(folder / "plain.json") as database:
        database.insert_multiple(orjson.loads(encode(person)) for person in subscribers())
    subprocess.run([sys.executable, __file__, str(folder / "subscribers")], check=True)


def main() -> None:
    print(
        "Ours is on the disk before it counts, and a crash leaves each commit whole or absent. JSONStorage flushes too,"
    )
    print("but rewrites its only file in place; CachingMiddleware keeps up to 1,000 changes in memory alone.")
    with TemporaryDirectory() as folder:
        print(f"A bare append and fdatasync takes {bare_append(Path(folder)):.3f} ms here.")
        for count in SIZES:
            compare(Path(folder), count)
        compare_opening(Path(folder))


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(opening(Path(sys.argv[1])))
    else:
        main()
