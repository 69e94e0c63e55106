"""Any sequence of steps equals a dictionary: Hypothesis drives every store beside the simplest one there can be."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from bot.core.model import Document, Severity
from bot.core.ports import Add, Delete, Put, Swap
from bot.core.update import Change
from tests.contract.stores import STORES, Clipping, Errand, Kind, chats, clippings, documents, ids, moments

Key = tuple[type[Document], str]

LEASE = 45
LONG = os.environ.get("CHAOS") == "long"
QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder in memory, where there is one: what this test is about is not the disk."""

_VALUES = {
    "severity": st.sampled_from(Severity),
    "tags": st.sampled_from(["x", "y", "z", "never"]),
    "chat": st.none() | chats,
    "read": st.booleans(),
}
wheres = st.sets(st.sampled_from(sorted(_VALUES)), max_size=2).flatmap(
    lambda fields: st.fixed_dictionaries({field: _VALUES[field] | st.frozensets(_VALUES[field]) for field in fields})
)
fields = st.sampled_from([None, *sorted(Clipping.indexes)])


def values(document: Document, field: str) -> set[object]:
    value = getattr(document, field)
    return set(value) if isinstance(value, tuple) else {value}


def matches(document: Document, where: dict[str, object]) -> bool:
    wanted = {field: value if isinstance(value, frozenset) else {value} for field, value in where.items()}
    return all(values(document, field) & value for field, value in wanted.items())


class Dictionary:
    """The store as it would be if there were no disk, no crash and no hurry."""

    def __init__(self) -> None:
        self.kept: dict[Key, Document] = {}
        self.void: set[str] = set()
        """Errands whose lease was given by somebody who is no more."""

    def of(self, kind: type[Document]) -> list[Document]:
        return [
            document for (name, _), document in sorted(self.kept.items(), key=lambda item: item[0][1]) if name is kind
        ]

    def commit(self, changes: list[Change]) -> list[Document]:
        fresh, losers = dict(self.kept), []
        for change in changes:
            match change:
                case Add(document):
                    fresh.setdefault((type(document), document.id), document)
                case Put(document):
                    fresh[type(document), document.id] = document
                case Delete(kind, id):
                    fresh.pop((kind, id), None)
                case Swap(old, new):
                    key = (type(old), old.id)
                    if fresh.get(key) != old:
                        losers.append(fresh.get(key, old))
                    elif new is None:
                        del fresh[key]
                    else:
                        fresh[key] = new
        if not losers:
            self.void -= {
                id for (kind, id), one in fresh.items() if kind is Errand and self.kept.get((kind, id)) is not one
            }
            self.kept = fresh
        return losers

    def claim(self, lane: str, now: datetime, limit: int) -> list[Errand]:
        free = [
            job
            for job in self.of(Errand)
            if job.lane == lane
            and job.due is not None
            and job.due <= now
            and (job.lease is None or job.lease <= now or job.id in self.void)
        ]
        taken = sorted(free, key=lambda job: (job.priority, job.due, job.id))[:limit]
        until = now + timedelta(seconds=LEASE)
        claims = [
            replace(job, lease=until, attempts=job.attempts + 1, abandoned=job.lease is not None) for job in taken
        ]
        self.commit([Put(job) for job in claims])
        return claims


class Steps(RuleBasedStateMachine):
    kind: Kind

    @initialize()
    def open(self) -> None:
        self.folder = Path(mkdtemp(dir=QUICK))
        self.runner = asyncio.Runner()
        self.store = self.runner.run(self.kind.open(self.folder))
        self.model = Dictionary()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.store.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def change(self, data: st.DataObject) -> Change:
        """Draw a change; a swap is of what is kept more often than not."""
        document = data.draw(documents)
        current = self.model.kept.get((type(document), document.id), document)
        old = (
            current
            if data.draw(st.integers(0, 3))
            else data.draw(documents.filter(lambda one: type(one) is type(document)))
        )
        new = data.draw(st.none() | st.just(replace(document, id=old.id)))
        choices = [Add(document), Put(document), Swap(old, new), Delete(type(document), document.id)]
        return data.draw(st.sampled_from(choices))

    @rule(data=st.data(), count=st.integers(0, 5))
    def commit(self, data: st.DataObject, count: int) -> None:
        changes = [self.change(data) for _ in range(count)]
        assert self.runner.run(self.store.commit(*changes)) == self.model.commit(changes)

    @rule(data=st.data(), count=st.integers(2, 6))
    def commit_together(self, data: st.DataObject, count: int) -> None:
        steps = [[self.change(data) for _ in range(2)] for _ in range(count)]

        async def all_at_once() -> list[object]:
            return await asyncio.gather(*(self.store.commit(*changes) for changes in steps))

        assert self.runner.run(all_at_once()) == [self.model.commit(changes) for changes in steps]

    @rule(lane=st.sampled_from(["web", "discord"]), now=moments, limit=st.integers(0, 4))
    def claim(self, lane: str, now: datetime, limit: int) -> None:
        claims = self.runner.run(self.store.claim(Errand, lane, now, LEASE, limit))
        assert claims == self.model.claim(lane, now, limit)

    @rule(id=ids, due=st.none() | moments)
    def settle(self, id: str, due: datetime | None) -> None:
        job = self.model.kept.get((Errand, id))
        if isinstance(job, Errand):
            changes: list[Change] = [Swap(job, job.rearmed(due))]
            assert self.runner.run(self.store.commit(*changes)) == self.model.commit(changes) == []

    @rule(where=wheres, after=st.just("") | ids, limit=st.integers(0, 4), newest=st.booleans())
    def find(self, where: dict[str, object], after: str, limit: int, newest: bool) -> None:  # noqa: FBT001
        expected = [one for one in self.model.of(Clipping) if matches(one, where)]
        if newest:
            expected = [one for one in reversed(expected) if not after or one.id < after]
        else:
            expected = [one for one in expected if one.id > after]
        answer = self.runner.run(self.store.find(Clipping, where, after=after, limit=limit, newest=newest))
        assert list(answer) == expected[:limit]

    @rule(where=wheres, by=fields)
    def count(self, where: dict[str, object], by: str | None) -> None:
        found = [one for one in self.model.of(Clipping) if matches(one, where)]
        expected = Counter(str(value) for one in found for value in values(one, by)) if by else {"": len(found)}
        assert self.runner.run(self.store.count(Clipping, where, by=by)) == expected

    @rule(words=st.lists(st.sampled_from(["flood", "fl", "lodz", "RESERVE", "river"]), min_size=1, max_size=2))
    def search(self, words: list[str]) -> None:
        plain = {"łódź": "łodz", "réserve": "reserve"}
        begun = [word.casefold().replace("lodz", "łodz") for word in words]

        def has_all(one: Clipping) -> bool:
            present = [plain.get(word.casefold(), word.casefold()) for word in one.text.split()]
            return all(any(word.startswith(beginning) for word in present) for beginning in begun)

        answer = self.runner.run(self.store.search(Clipping, " ".join(begun)))
        assert {one.id for one in answer} == {one.id for one in self.model.of(Clipping) if has_all(one)}

    @rule()
    def reopen(self) -> None:
        self.runner.run(self.store.close())
        self.store = self.runner.run(self.kind.open(self.folder))
        if self.kind.alone:
            self.model.void = {one.id for one in self.model.of(Errand)}

    @rule(kept=st.lists(clippings, max_size=3))
    def load_other_documents(self, kept: list[Clipping]) -> None:
        other = self.runner.run(self.kind.open(self.folder / "other"))
        self.runner.run(other.load(_nothing()))
        self.runner.run(other.commit(*map(Put, kept)))
        count = self.runner.run(self.store.load(other.dump()))
        self.runner.run(other.close())
        self.model = Dictionary()
        self.model.commit([Put(one) for one in kept])
        assert count == len(self.model.kept)

    @invariant()
    def every_document_is_what_it_should_be(self) -> None:
        if hasattr(self, "store"):
            kept = [one for kind in (Clipping, Errand) for one in self.runner.run(self.store.find(kind, limit=1000))]
            assert kept == self.model.of(Clipping) + self.model.of(Errand)


async def _nothing():
    return
    yield


@pytest.mark.parametrize("kind", STORES)
def test_any_sequence_of_steps_equals_a_dictionary(kind: Kind):
    class Machine(Steps):
        pass

    Machine.kind = kind
    limits = settings(
        max_examples=1000 if LONG else 60,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=limits)
