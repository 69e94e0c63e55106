"""The default store: live documents in memory, every commit durable in one journal before it is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from shutil import disk_usage
from typing import Any, TypeVar

import structlog

from bot.core.errors import StoreError
from bot.core.model import Document, Job
from bot.core.ports import Where
from bot.core.update import Change
from store.database import Database
from store.journal import Patch
from store.plain import fields_of
from store.steps import Claim, Commit, Draft, Load, Step, gathered

D = TypeVar("D", bound=Document)
J = TypeVar("J", bound=Job)
T = TypeVar("T")

_BREATH = 50
"""Documents dumped or indexed before others get their turn."""
_PAGE = 1000
"""The same of documents counted."""
_A_LOOK = 100
"""Documents asked for at once by who goes through no others."""


class TinyStore:
    """One process's store in one folder. Readers see what is durable, and nothing else.

    Steps queue up while the one before is on its way to the disk; then all that wait go together, in order.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._database.folder.served = True
        self._queue: list[Step] = []
        self._writer: asyncio.Task[None] | None = None
        self._snapshot: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="store")
        self._closed = False
        """Whether changes are refused."""
        self._released = False
        """Whether the folder is, or is being, given free."""

    @classmethod
    async def open(cls, folder: Path) -> TinyStore:
        """Open a folder. Raises `StoreError`: in use, damaged, or not to be opened."""
        return cls(await asyncio.to_thread(Database, folder))

    # ------------------------------------------------------------------------------------------ reading

    async def get(self, kind: type[D], id: str, /) -> D | None:
        """Return one document, or None."""
        found: D | None = self._database.of(kind).documents.get(id)
        return found

    async def find(
        self, kind: type[D], where: Where | None = None, *, after: str = "", limit: int = 100, newest: bool = False
    ) -> Sequence[D]:
        """Return at most `limit` documents that match, in order of id."""
        if limit > _A_LOOK:
            await asyncio.sleep(0)  # who goes through all of them lets others have their turn
        table = self._database.of(kind)
        ids = table.index.find(where or {}, after, newest=newest)
        return [table.documents[id] for id in islice(ids, limit)]

    async def count(
        self, kind: type[Document], where: Where | None = None, *, by: str | None = None
    ) -> Mapping[str, int]:
        """Count what matches, by the values of the index `by`."""
        while self._database.of(kind).index.catch_up(where or {}, by, _PAGE):  # noqa: ASYNC110  # it is we who do it
            await asyncio.sleep(0)
        return self._database.of(kind).index.count(where or {}, by)

    async def search(self, kind: type[D], words: str, /, *, limit: int = 20) -> Sequence[D]:
        """Return the documents that have all the words, best first."""
        table = self._database.of(kind)
        while table.words.behind:
            table.words.catch_up(_BREATH)
            await asyncio.sleep(0)
        return [table.documents[id] for id in table.words.search(words)[:limit]]

    def room(self) -> int:
        """Return how many bytes there is room for where all is kept."""
        return disk_usage(self._database.folder.folder).free

    def dump(self) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
        """Yield every document, as it stands at the time of the call."""
        tables = {name: list(table.values()) for name, table in self._database.folder.tables.items()}
        return _dumped(tables)

    # ------------------------------------------------------------------------------------------ changing

    async def commit(self, *changes: Change) -> Sequence[Document]:
        """Make all changes in one durable step, or none and return the losers. Raises `StoreError`."""
        losers: list[Document] = await self._made(Commit(self._future(), changes))
        return losers

    async def claim(self, kind: type[J], lane: str, now: datetime, lease: float, limit: int) -> Sequence[J]:
        """Take the most urgent jobs that are due. Raises `StoreError`."""
        step = Claim(self._future(), kind, lane, now, lease, limit)
        self._enqueue(step)
        try:
            jobs: list[J] = await asyncio.shield(step.done)
        except asyncio.CancelledError:
            step.done.add_done_callback(partial(self._give_back, step))
            raise
        return jobs

    async def wait(self, kind: type[Job], lane: str, now: datetime, longest: float) -> None:
        """Sleep until a job of the lane may be due, or one is committed, at most `longest` seconds."""
        await self._database.of(kind).lane(lane).wait(now, longest)

    async def load(self, documents: AsyncIterable[tuple[str, Mapping[str, object]]]) -> int:
        """Replace everything in one durable step. Raises `StoreError`, and `UsageError` for what is no dump."""
        tables = gathered([document async for document in documents])
        count: int = await self._made(Load(self._future(), tables))
        return count

    async def close(self) -> None:
        """Make everything durable and let go of it; later changes are refused."""
        if self._released:
            return
        self._closed = self._released = True
        while self._writer:
            await self._writer
        if self._snapshot:
            await self._snapshot
        await self._in_thread(self._database.close)
        self._threads.shutdown()

    # ------------------------------------------------------------------------------------------ the queue

    def _future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    async def _made(self, step: Step) -> Any:
        self._enqueue(step)
        return await step.done

    def _enqueue(self, step: Step) -> None:
        if self._closed:
            raise StoreError("error.store_closed")
        self._admit(step)

    def _admit(self, step: Step) -> None:
        self._queue.append(step)
        self._writer = self._writer or asyncio.get_running_loop().create_task(self._write())

    def _give_back(self, step: Claim, done: asyncio.Future[Any]) -> None:
        """Release jobs whose worker went away while they were being claimed: nobody has begun on them."""
        if not done.exception() and step.after:
            self._admit(Commit(self._future(), step.released()))

    async def _write(self) -> None:
        """Empty the queue, batch by batch."""
        batch: Sequence[Step] = ()
        try:
            while self._queue:
                batch = self._next_batch()
                await self._settle(batch)
                await self._tidy()
        except BaseException as problem:
            self._give_up([*batch, *self._queue], problem)
            raise
        finally:
            self._writer = None

    def _give_up(self, steps: Sequence[Step], problem: BaseException) -> None:
        """Refuse everything from now on: what is in memory may no longer be what is on the disk."""
        self._closed = True
        self._queue.clear()
        for step in steps:
            _fail(step, problem)

    def _next_batch(self) -> list[Step]:
        """Take all that waits; a load goes by itself."""
        loads = [at for at, step in enumerate(self._queue) if isinstance(step, Load)]
        cut = max(1, loads[0]) if loads else len(self._queue)
        batch, self._queue = self._queue[:cut], self._queue[cut:]
        return [step for step in batch if not step.done.cancelled()]

    async def _settle(self, batch: Sequence[Step]) -> None:
        """Make a batch durable; where the disk refuses, try by halves: a large step takes no small one down."""
        decided = self._decide(batch)
        try:
            patches = [patch for _, patch in decided if patch is not None]
            if patches:
                await self._in_thread(self._database.folder.append, patches)
        except Exception as problem:  # noqa: BLE001  # who waits must hear of it, whatever it is
            for step, _ in decided:
                step.undo(self._database)
            await self._refused([step for step, _ in decided], problem)
        else:
            self._acknowledge(decided)

    def _decide(self, batch: Sequence[Step]) -> list[tuple[Step, Patch | None]]:
        """Decide each step; one that can't be decided fails alone."""
        draft = Draft(self._database)
        decided: list[tuple[Step, Patch | None]] = []
        for step in batch:
            try:
                decided.append((step, step.decide(self._database, draft)))
            except Exception as problem:  # noqa: BLE001  # whatever it is, it belongs to who asked
                _fail(step, problem)
        return decided

    async def _refused(self, batch: Sequence[Step], problem: Exception) -> None:
        if len(batch) > 1:
            half = len(batch) // 2
            await self._settle(batch[:half])
            await self._settle(batch[half:])
        else:
            _fail(batch[0], problem)

    def _acknowledge(self, decided: Sequence[tuple[Step, Patch | None]]) -> None:
        for _, patch in decided:
            if patch is not None:
                self._database.apply(patch)
        for step, _ in decided:
            if not step.done.done():
                step.done.set_result(step.answer())

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    # ------------------------------------------------------------------------------------------ snapshots

    async def _tidy(self) -> None:
        """Begin a snapshot where the journal has grown; commits go on meanwhile."""
        folder = self._database.folder
        if folder.overgrown and self._snapshot is None:
            try:
                documents = await self._in_thread(folder.rotate)
            except OSError as problem:
                _log_postponed(problem)
                return
            self._snapshot = asyncio.get_running_loop().create_task(self._take_snapshot(documents))

    async def _take_snapshot(self, documents: Mapping[str, list[Any]]) -> None:
        try:
            await self._in_thread(self._database.folder.snapshot, documents)
        except OSError as problem:
            _log_postponed(problem)
        finally:
            self._snapshot = None


def _fail(step: Step, problem: BaseException) -> None:
    """Tell who waits for a step why it was not made; what the disk says becomes ours."""
    error = problem
    if isinstance(problem, OSError | asyncio.CancelledError):
        error = StoreError()
        error.__cause__ = problem
    if not step.done.done():
        step.done.set_exception(error)


def _log_postponed(problem: OSError) -> None:
    structlog.get_logger().warning("store_snapshot_postponed", reason=problem.strerror)


async def _dumped(tables: Mapping[str, list[Any]]) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
    for name, documents in tables.items():
        for number, document in enumerate(documents):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            yield name, fields_of(document)
