"""What every store promises: the sentences of the port, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.core.errors import StoreError, UsageError
from bot.core.model import Chat, Document, Job, Priority, Severity
from bot.core.ports import Add, Delete, Put, Store, Swap
from store import copy
from store.backup import read_backup, write_backup
from tests.contract.stores import STORES, Clipping, Errand, Kind
from tests.fakes import START

PATIENCE = 20
"""Seconds after which a test gives up on something that should long have happened."""


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
async def store(kind: Kind, tmp_path: Path) -> AsyncIterator[Store]:
    store = await kind.open(tmp_path / "store")
    yield store
    await store.close()


def later(seconds: float):
    return START + timedelta(seconds=seconds)


def errand(id: str, *, lane: str = "web", due: float | None = 0, **fields) -> Errand:
    return Errand(id=id, lane=lane, due=None if due is None else later(due), **fields)


async def found(store: Store, where=None, **options) -> list[str]:
    return [clipping.id for clipping in await store.find(Clipping, where, **options)]


async def claimed(store: Store, seconds: float = 0, *, lane: str = "web", limit: int = 10, lease: float = 60):
    return await store.claim(Errand, lane, later(seconds), lease, limit)


async def kept(store: Store) -> dict[tuple[str, object], object]:
    return {(kind, fields["id"]): fields async for kind, fields in store.dump()}


# -------------------------------------------------------------------------------------------------- get, commit


async def test_what_is_put_can_be_got_and_equals_what_was_put(store: Store):
    clipping = Clipping(
        id="a", severity=Severity.FLASH, tags=("x", "y"), chat=Chat("web", "1", "t"), text="„Ünïcode“\n"
    )
    assert await store.commit(Put(clipping)) == []
    assert await store.get(Clipping, "a") == clipping


async def test_what_is_not_there_is_none(store: Store):
    assert await store.get(Clipping, "a") is None


async def test_two_kinds_may_have_the_same_id(store: Store):
    await store.commit(Put(Clipping(id="a")), Put(errand("a")))
    await store.commit(Delete(Clipping, "a"))
    assert await store.get(Errand, "a") == errand("a")


async def test_put_replaces_whatever_stood_there(store: Store):
    await store.commit(Put(Clipping(id="a", text="old")))
    await store.commit(Put(Clipping(id="a", text="new")))
    assert (await store.get(Clipping, "a")).text == "new"


async def test_add_leaves_a_known_id_alone_and_still_counts_as_done(store: Store):
    await store.commit(Add(Clipping(id="a", text="first")))
    assert await store.commit(Add(Clipping(id="a", text="second")), Put(Clipping(id="b"))) == []
    assert (await store.get(Clipping, "a")).text == "first"
    assert await store.get(Clipping, "b") is not None


async def test_delete_removes_and_deleting_nothing_is_fine(store: Store):
    await store.commit(Put(Clipping(id="a")))
    assert await store.commit(Delete(Clipping, "a"), Delete(Clipping, "never")) == []
    assert await store.get(Clipping, "a") is None


async def test_a_swap_of_what_was_read_replaces_it(store: Store):
    await store.commit(Put(Clipping(id="a")))
    old = await store.get(Clipping, "a")
    assert await store.commit(Swap(old, replace(old, read=True))) == []
    assert (await store.get(Clipping, "a")).read


async def test_a_swap_for_none_removes(store: Store):
    await store.commit(Put(Clipping(id="a")))
    assert await store.commit(Swap(Clipping(id="a"), None)) == []
    assert await store.get(Clipping, "a") is None


async def test_a_swap_of_what_has_changed_loses_and_the_current_document_comes_back(store: Store):
    await store.commit(Put(Clipping(id="a", text="current")))
    losers = await store.commit(
        Put(Clipping(id="b")), Swap(Clipping(id="a", text="stale"), None), Delete(Clipping, "a")
    )
    assert losers == [Clipping(id="a", text="current")]
    assert await kept(store) == {("Clipping", "a"): (await kept(store))["Clipping", "a"]}


async def test_a_swap_of_what_is_gone_loses_and_its_old_document_comes_back(store: Store):
    gone = Clipping(id="a", text="gone")
    assert await store.commit(Swap(gone, replace(gone, read=True)), Put(Clipping(id="b"))) == [gone]
    assert await kept(store) == {}


async def test_a_document_swapped_for_itself_is_a_condition(store: Store):
    guard = Clipping(id="a")
    await store.commit(Put(guard))
    assert await store.commit(Swap(guard, guard), Put(Clipping(id="b"))) == []
    await store.commit(Put(replace(guard, read=True)))
    assert await store.commit(Swap(guard, guard), Put(Clipping(id="c"))) == [replace(guard, read=True)]
    assert {id for _, id in await kept(store)} == {"a", "b"}


async def test_every_loser_comes_back(store: Store):
    await store.commit(Put(Clipping(id="a")), Put(Clipping(id="b")))
    stale = [Swap(Clipping(id=id, read=True), None) for id in ("a", "b")]
    assert await store.commit(*stale) == [Clipping(id="a"), Clipping(id="b")]


async def test_changes_to_one_id_apply_in_order(store: Store):
    one, two = Clipping(id="a", text="one"), Clipping(id="a", text="two")
    assert await store.commit(Add(one), Swap(one, two), Add(one)) == []
    assert await store.get(Clipping, "a") == two
    assert await store.commit(Delete(Clipping, "a"), Add(one)) == []
    assert await store.get(Clipping, "a") == one


async def test_an_empty_commit_is_done(store: Store):
    assert await store.commit() == []


async def test_of_many_swaps_of_the_same_document_one_wins(store: Store):
    await store.commit(Put(Clipping(id="a")))
    old = await store.get(Clipping, "a")
    answers = await asyncio.gather(*(store.commit(Swap(old, replace(old, text=str(n)))) for n in range(50)))
    assert sum(answer == [] for answer in answers) == 1


async def test_a_document_that_can_not_be_kept_takes_no_other_commit_down(store: Store):
    good, bad, also = await asyncio.gather(
        store.commit(Put(Clipping(id="a"))),
        store.commit(Put(Clipping(id="b", text="\ud800"))),
        store.commit(Put(Clipping(id="c"))),
        return_exceptions=True,
    )
    assert (good, also) == ([], [])
    assert isinstance(bad, TypeError | ValueError)
    assert await found(store) == ["a", "c"]


async def test_a_document_with_a_value_that_can_not_be_indexed_is_refused(store: Store):
    with pytest.raises(TypeError):
        await store.commit(Put(Clipping(id="a", chat=["not", "a", "chat"])))
    with pytest.raises((TypeError, ValueError)):
        await store.commit(Put(Errand(id="a", lane="web", due=START.replace(tzinfo=None))))
    assert await kept(store) == {}


async def test_a_swap_can_not_change_the_id(store: Store):
    await store.commit(Put(Clipping(id="a")))
    with pytest.raises(ValueError):
        await store.commit(Swap(Clipping(id="a"), Clipping(id="b")))
    assert await found(store) == ["a"]


async def test_two_classes_of_one_name_are_told_apart(store: Store):
    class Other(Document, frozen=True, kw_only=True):
        text: str = ""

    Other.__name__ = "Clipping"
    await store.commit(Put(Clipping(id="a")))
    with pytest.raises(TypeError):
        await store.get(Other, "a")


# -------------------------------------------------------------------------------------------------- find, count

CLIPPINGS = [
    Clipping(id="1", severity=Severity.FLASH, tags=("x",)),
    Clipping(id="2", severity=Severity.URGENT, tags=("x", "y")),
    Clipping(id="3", severity=Severity.FLASH, tags=("y", "y"), chat=Chat("web", "1")),
    Clipping(id="4", severity=Severity.ROUTINE, read=True),
]


@pytest.fixture
async def filled(store: Store) -> Store:
    await store.commit(*map(Put, reversed(CLIPPINGS)))
    return store


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, "1234"),
        ({}, "1234"),
        ({"severity": Severity.FLASH}, "13"),
        ({"severity": "flash"}, "13"),
        ({"tags": "y"}, "23"),
        ({"tags": "y", "severity": Severity.FLASH}, "3"),
        ({"tags": frozenset({"x", "y"})}, "123"),
        ({"severity": frozenset({Severity.URGENT, Severity.ROUTINE})}, "24"),
        ({"severity": frozenset({Severity.URGENT, Severity.FLASH}), "tags": frozenset({"x", "never"})}, "12"),
        ({"severity": frozenset()}, ""),
        ({"tags": "never"}, ""),
        ({"chat": Chat("web", "1")}, "3"),
        ({"chat": None}, "124"),
        ({"read": True}, "4"),
        ({"read": False, "tags": "x"}, "12"),
    ],
)
async def test_find_and_count_agree_on_what_matches(filled: Store, where, expected: str):
    assert "".join(await found(filled, where)) == expected
    assert "".join(await found(filled, where, newest=True)) == expected[::-1]
    assert await filled.count(Clipping, where) == {"": len(expected)}
    by = await filled.count(Clipping, where, by="severity")
    assert sum(by.values()) == len(expected)
    assert all(by.values())


async def test_find_goes_on_after_an_id_and_keeps_to_its_limit(filled: Store):
    assert await found(filled, limit=2) == ["1", "2"]
    assert await found(filled, after="2", limit=1) == ["3"]
    assert await found(filled, {"tags": "x"}, after="1") == ["2"]
    assert await found(filled, after="2a") == ["3", "4"]
    assert await found(filled, after="4") == []
    assert await found(filled, limit=0) == []


async def test_newest_comes_first_and_is_bounded_from_above(filled: Store):
    assert await found(filled, newest=True, limit=2) == ["4", "3"]
    assert await found(filled, newest=True, after="3") == ["2", "1"]
    assert await found(filled, {"severity": Severity.FLASH}, newest=True, after="3") == ["1"]
    assert await found(filled, newest=True, after="1") == []


async def test_a_walk_in_pages_meets_everything_once(store: Store):
    ids = [f"{number:04}" for number in range(3000)]
    await store.commit(*(Put(Clipping(id=id, tags=("x",))) for id in ids))
    for where in (None, {"tags": "x"}):
        walked, after = [], ""
        while page := await found(store, where, after=after, limit=700):
            walked += page
            after = page[-1]
        assert walked == ids


async def test_indexes_follow_every_change(filled: Store):
    two = CLIPPINGS[1]
    await filled.commit(Swap(two, replace(two, tags=("y", "z"), severity=Severity.FLASH)), Delete(Clipping, "1"))
    assert await found(filled, {"tags": "x"}) == []
    assert await found(filled, {"tags": "z"}) == ["2"]
    assert await filled.count(Clipping, by="severity") == {"flash": 2, "routine": 1}
    assert await filled.count(Clipping, by="tags") == {"y": 2, "z": 1}


async def test_counts_by_one_field_within_another_follow_every_change(filled: Store):
    where = {"severity": Severity.FLASH}
    assert await filled.count(Clipping, where, by="tags") == {"x": 1, "y": 1}
    await filled.commit(Delete(Clipping, "1"), Put(replace(CLIPPINGS[3], severity=Severity.FLASH, tags=("y",))))
    assert await filled.count(Clipping, where, by="tags") == {"y": 2}
    assert await filled.count(Clipping, {"severity": "never"}, by="tags") == {}


async def test_counted_values_are_strings(filled: Store):
    assert await filled.count(Clipping, by="chat") == {"web:1": 1, "None": 3}
    assert await filled.count(Clipping, by="read") == {"False": 3, "True": 1}
    await filled.commit(Put(errand("a")))
    assert await filled.count(Errand) == {"": 1}


@pytest.mark.parametrize("field", ["text", "id", "nothing"])
async def test_only_declared_indexes_can_be_asked_for(filled: Store, field: str):
    with pytest.raises(ValueError):
        await filled.find(Clipping, {field: "x"})
    with pytest.raises(ValueError):
        await filled.find(Clipping, {"tags": "x", field: "x"})
    with pytest.raises(ValueError):
        await filled.count(Clipping, {field: "x"})
    with pytest.raises(ValueError):
        await filled.count(Clipping, by=field)
    with pytest.raises(ValueError):
        await filled.count(Clipping, {field: "x"}, by="tags")


# -------------------------------------------------------------------------------------------------- search

TEXTS = {
    "1": "Flood warning for the lower valley\n" + "Rain is forecast for the whole of the week. " * 5,
    "2": "Council meets\nThe agenda names schools, roads and, at the end of the evening, a flood barrier.",
    "3": "Réserve naturelle élargie à Łódź",
    "4": "東京都知事選の投票始まる",
    "5": "น้ำท่วมกรุงเทพ",
    "6": "Новый мост через реку открыт",
    "7": "STRASSE gesperrt: Die Straße bleibt zu",
}


@pytest.fixture
async def library(store: Store) -> Store:
    await store.commit(*(Put(Clipping(id=id, text=text)) for id, text in TEXTS.items()))
    return store


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("flood", ["1", "2"]),
        ("FLOOD Warning", ["1"]),
        ("flo", ["1", "2"]),
        ("flood schools", ["2"]),
        ("flood elephants", []),
        ("reserve", ["3"]),
        ("ÉLARGIE", ["3"]),
        ("東京", ["4"]),
        ("都知事", ["4"]),
        ("選", ["4"]),
        ("京東", []),
        ("ท่วม", ["5"]),
        ("рек", ["6"]),
        ("strasse", ["7"]),
        ("ſtraße", ["7"]),
        ("ｆｌｏｏｄ", ["1", "2"]),
        ("lood", []),
        ("", []),
        ("?!", []),
    ],
)
async def test_search_finds_what_has_all_the_words_or_their_beginnings_best_first(library: Store, words, expected):
    assert [clipping.id for clipping in await library.search(Clipping, words)] == expected


async def test_search_follows_every_change(library: Store):
    assert await library.search(Clipping, "flood")
    await library.commit(
        Delete(Clipping, "1"), Put(Clipping(id="2", text="Nothing new")), Put(Clipping(id="9", text="flooded"))
    )
    assert [clipping.id for clipping in await library.search(Clipping, "flood")] == ["9"]


async def test_of_equally_good_ones_the_newest_comes_first_and_the_limit_holds(store: Store):
    await store.commit(*(Put(Clipping(id=str(number), text="the same words")) for number in range(5)))
    assert [clipping.id for clipping in await store.search(Clipping, "same", limit=2)] == ["4", "3"]


async def test_what_has_no_searchable_text_is_not_found(store: Store):
    await store.commit(Put(errand("a", note="note")))
    assert await store.search(Errand, "note") == []


# -------------------------------------------------------------------------------------------------- claim


async def test_the_most_urgent_jobs_are_claimed_first_then_the_earliest_due(store: Store):
    await store.commit(
        Put(errand("d", priority=Priority.ROUTINE, due=-1)),
        Put(errand("c", priority=Priority.ROUTINE, due=-2)),
        Put(errand("b", priority=Priority.FLASH)),
        Put(errand("a", priority=Priority.FLASH)),
        Put(errand("e", priority=Priority.DIGEST, due=-9)),
    )
    assert [job.id for job in await claimed(store, limit=2)] == ["a", "b"]
    assert [job.id for job in await claimed(store)] == ["c", "d", "e"]


HALF_AN_HOUR = 1800


async def urgent_without_end(store: Store, first: Priority, waited: int) -> list[list[str]]:
    """Claim ten by ten what is urgent, of which there is always more, while four routine errands wait."""
    routine = [errand(f"r{number}", priority=Priority.ROUTINE, due=number - waited) for number in range(4)]
    digest = errand("digest", priority=Priority.DIGEST, due=-waited - 1)
    await store.commit(*map(Put, (*routine, digest)))
    rounds = []
    for turn in range(6):
        await store.commit(*(Put(errand(f"{turn}-{number:02}", priority=first)) for number in range(10)))
        rounds.append([job.id for job in await claimed(store, limit=10)])
    return rounds


async def test_what_has_waited_for_half_an_hour_has_every_tenth_place_the_longest_first(store: Store):
    rounds = await urgent_without_end(store, Priority.URGENT, HALF_AN_HOUR + 10)
    waited = [[id for id in ids if id[0] in "rd"] for ids in rounds]
    assert waited == [["digest"], ["r0"], ["r1"], ["r2"], ["r3"], []]
    assert all(len(ids) == 10 for ids in rounds)


async def test_what_has_waited_for_less_waits_for_all_that_is_urgent(store: Store):
    rounds = await urgent_without_end(store, Priority.URGENT, HALF_AN_HOUR - 10)
    assert not [id for ids in rounds for id in ids if id[0] in "rd"]


async def test_nothing_comes_between_flashes_however_long_it_has_waited(store: Store):
    rounds = await urgent_without_end(store, Priority.FLASH, 100 * HALF_AN_HOUR)
    assert not [id for ids in rounds for id in ids if id[0] in "rd"]


async def test_a_claim_comes_back_with_its_lease_and_counted_up_and_is_what_is_kept(store: Store):
    await store.commit(Put(errand("a", attempts=2)))
    (job,) = await claimed(store, 5, lease=30)
    assert job == errand("a", attempts=3, lease=later(35))
    assert await store.get(Errand, "a") == job


async def test_jobs_that_are_not_due_settled_or_in_another_lane_are_left(store: Store):
    await store.commit(Put(errand("a", due=1)), Put(errand("b", due=None)), Put(errand("c", lane="discord")))
    assert await claimed(store) == []
    assert [job.id for job in await claimed(store, 1)] == ["a"]
    assert [job.id for job in await claimed(store, lane="discord")] == ["c"]


async def test_nobody_gets_a_job_twice(store: Store):
    await store.commit(*(Put(errand(f"{number:03}")) for number in range(200)))
    hands = await asyncio.gather(*(claimed(store, limit=7) for _ in range(40)))
    jobs = [job.id for hand in hands for job in hand]
    assert sorted(jobs) == [f"{number:03}" for number in range(200)]


async def test_a_lease_that_ran_out_makes_the_job_claimable_and_abandoned(store: Store):
    await store.commit(Put(errand("a")))
    (first,) = await claimed(store, lease=60)
    assert await claimed(store, 59) == []
    (second,) = await claimed(store, 60)
    assert (first.abandoned, second.abandoned, second.attempts) == (False, True, 2)


async def test_a_worker_that_lost_its_lease_can_not_settle(store: Store):
    await store.commit(Put(errand("a")))
    (lost,) = await claimed(store, lease=60)
    (held,) = await claimed(store, 60)
    assert await store.commit(Swap(lost, lost.rearmed(None))) == [held]
    assert await store.commit(Swap(held, held.rearmed(None))) == []


async def test_a_settled_job_is_never_claimed_and_a_rearmed_one_when_it_is_due_again(store: Store):
    await store.commit(Put(errand("a")), Put(errand("b")))
    a, b = await claimed(store)
    await store.commit(Swap(a, a.rearmed(None)), Swap(b, b.rearmed(later(10))))
    assert await claimed(store, 9) == []
    (again,) = await claimed(store, 10)
    assert again == errand("b", due=10, lease=later(70), attempts=1)


async def test_a_changed_job_keeps_its_place_by_what_it_is_now(store: Store):
    await store.commit(Put(errand("a")), Put(errand("b")), Put(errand("c")))
    await store.commit(Put(errand("c", priority=Priority.FLASH)), Put(errand("a", lane="discord")), Delete(Errand, "b"))
    assert [job.id for job in await claimed(store)] == ["c"]
    assert [job.id for job in await claimed(store, lane="discord")] == ["a"]


async def test_a_renewed_lease_holds(store: Store):
    await store.commit(Put(errand("a")))
    (job,) = await claimed(store, lease=60)
    await store.commit(Swap(job, replace(job, lease=later(120))))
    assert await claimed(store, 119) == []
    assert len(await claimed(store, 120)) == 1


async def test_jobs_that_are_not_due_yet_when_the_clock_is_put_back_wait_again(store: Store):
    await store.commit(Put(errand("a", due=100)), Put(errand("b", due=50, priority=Priority.DIGEST)))
    assert len(await claimed(store, 200, limit=1)) == 1
    assert await claimed(store, 0) == []
    assert [job.id for job in await claimed(store, 60)] == ["b"]


async def test_the_claim_of_a_worker_that_went_away_meanwhile_is_given_back(store: Store):
    await store.commit(Put(errand("a")))
    for turns in range(6):
        claim = asyncio.ensure_future(claimed(store))
        for _ in range(turns):
            await asyncio.sleep(0)
        claim.cancel()
        await asyncio.gather(claim, return_exceptions=True)
        await store.commit(Put(Clipping(id="x")))
        await store.commit(Put(Clipping(id="y")))
        assert await store.get(Errand, "a") == errand("a")
    assert await claimed(store) == [errand("a", attempts=1, lease=later(60))]


# -------------------------------------------------------------------------------------------------- wait


async def test_waiting_ends_at_once_where_a_job_may_be_claimed(store: Store):
    await store.commit(Put(errand("a")))
    async with asyncio.timeout(PATIENCE):
        await store.wait(Errand, "web", START, 3600)


async def test_waiting_ends_when_a_job_is_committed(store: Store):
    waiting = [asyncio.ensure_future(store.wait(Errand, "web", START, 3600)) for _ in range(3)]
    elsewhere = asyncio.ensure_future(store.wait(Errand, "discord", START, 3600))
    await asyncio.sleep(0)
    await store.commit(Put(Clipping(id="a")), Put(errand("a")))
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*waiting)
    assert not elsewhere.done()
    elsewhere.cancel()


async def test_waiting_ends_when_a_job_comes_due(store: Store):
    await store.commit(Put(errand("a", due=0.05)))
    async with asyncio.timeout(PATIENCE):
        await store.wait(Errand, "web", START, 3600)


async def test_waiting_ends_when_a_lease_runs_out_that_was_given_meanwhile(store: Store):
    await store.commit(Put(errand("a", due=1800)))
    waiting = asyncio.ensure_future(store.wait(Errand, "web", START, 3600))
    await asyncio.sleep(0)
    await store.commit(Put(errand("b", lease=later(0.05))))
    async with asyncio.timeout(PATIENCE):
        await waiting


async def test_waiting_ends_after_the_longest_time(store: Store):
    await store.commit(Put(errand("a", due=3600)))
    async with asyncio.timeout(PATIENCE):
        await store.wait(Errand, "web", START, 0.01)
    assert await claimed(store) == []


async def test_a_wait_that_is_given_up_leaves_the_others_waiting(store: Store):
    given_up, waiting = (asyncio.ensure_future(store.wait(Errand, "web", START, 3600)) for _ in range(2))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    await store.commit(Put(errand("a")))
    async with asyncio.timeout(PATIENCE):
        await waiting


# -------------------------------------------------------------------------------------------------- durability


async def test_everything_is_there_again_after_closing_and_opening(kind: Kind, tmp_path: Path):
    store = await kind.open(tmp_path)
    await store.commit(*map(Put, CLIPPINGS), Put(errand("a")), Put(errand("b", due=9)))
    (job,) = await claimed(store)
    await store.commit(Delete(Clipping, "2"))
    before = await kept(store)
    await store.close()
    store = await kind.open(tmp_path)
    assert await kept(store) == before
    assert await found(store) == ["1", "3", "4"]
    assert await store.get(Errand, "a") == job
    assert await store.commit(Swap(CLIPPINGS[2], None)) == []
    await store.close()


async def test_closing_waits_for_what_is_under_way_and_refuses_what_comes_later(kind: Kind, tmp_path: Path):
    store = await kind.open(tmp_path)
    under_way = asyncio.gather(*(store.commit(Put(Clipping(id=str(number)))) for number in range(20)))
    await asyncio.sleep(0)
    await store.close()
    assert await under_way == [[]] * 20
    with pytest.raises(StoreError):
        await store.commit(Put(Clipping(id="late")))
    await store.close()
    store = await kind.open(tmp_path)
    assert await store.count(Clipping) == {"": 20}
    await store.close()


# -------------------------------------------------------------------------------------------------- dump, load


async def test_a_dump_shows_one_moment_whatever_is_committed_meanwhile(store: Store):
    await store.commit(*(Put(Clipping(id=f"{number:04}", text="before")) for number in range(500)))
    dump = store.dump()
    seen = [await anext(dump)]
    await store.commit(
        Delete(Clipping, "0499"), *(Put(Clipping(id=f"{number:04}", text="after")) for number in range(499))
    )
    seen += [entry async for entry in dump]
    assert {kind for kind, _ in seen} == {"Clipping"}
    assert sorted(fields["id"] for _, fields in seen) == [f"{number:04}" for number in range(500)]
    assert {fields["text"] for _, fields in seen} == {"before"}


async def test_what_is_copied_equals_what_was_there_and_replaces_everything(kind: Kind, tmp_path: Path):
    source, target = await kind.open(tmp_path / "source"), await kind.open(tmp_path / "target")
    await source.commit(*map(Put, CLIPPINGS), Put(errand("a")))
    await target.commit(Put(Clipping(id="old", text="flood", tags=("x",))), Put(errand("old")))
    assert await copy(source, target) == 5
    assert await kept(target) == await kept(source)
    assert await target.find(Clipping) == CLIPPINGS
    assert await found(target, {"tags": "x"}) == ["1", "2"]
    assert await target.search(Clipping, "flood") == []
    assert [job.id for job in await claimed(target)] == ["a"]
    await target.close()
    target = await kind.open(tmp_path / "target")
    assert await target.find(Clipping) == CLIPPINGS
    await source.close()
    await target.close()


async def test_loading_nothing_empties_the_store(kind: Kind, tmp_path: Path, store: Store):
    empty = await kind.open(tmp_path / "empty")
    await store.commit(Put(Clipping(id="a")))
    assert await copy(empty, store) == 0
    assert await kept(store) == {}
    await empty.close()


async def test_a_load_that_breaks_off_changes_nothing(store: Store):
    async def broken():
        yield "Clipping", {"id": "b"}
        raise ConnectionError

    await store.commit(Put(Clipping(id="a")))
    with pytest.raises(ConnectionError):
        await store.load(broken())
    assert await found(store) == ["a"]


@pytest.mark.parametrize(
    ("kind_name", "fields"),
    [("Clipping", {}), ("Clipping", {"id": 7}), ("../escape", {"id": "a"}), ("Errand", {"id": "a", "due": "never"})],
)
async def test_what_is_no_document_is_not_loaded(store: Store, kind_name: str, fields):
    async def foreign():
        yield "Clipping", {"id": "b"}
        yield kind_name, fields

    await store.commit(Put(Clipping(id="a")), Put(errand("a")))
    with pytest.raises((UsageError, StoreError)):
        await store.load(foreign())
    assert await found(store) == ["a"]
    assert await store.count(Errand) == {"": 1}


async def test_commits_during_a_load_come_before_it_or_after(kind: Kind, tmp_path: Path, store: Store):
    source = await kind.open(tmp_path / "source")
    await source.commit(Put(Clipping(id="loaded")))
    commits = [store.commit(Put(Clipping(id=f"{number:02}"))) for number in range(20)]
    await asyncio.gather(*commits[:10], copy(source, store), *commits[10:])
    ids = await found(store)
    assert "loaded" in ids
    await source.close()


# -------------------------------------------------------------------------------------------------- backup


@pytest.mark.parametrize("name", ["backup.jsonl", "backup.jsonl.gz"])
async def test_a_backup_brings_everything_back(kind: Kind, filled: Store, tmp_path: Path, name: str):
    await filled.commit(Put(errand("a")))
    path = tmp_path / name
    assert await write_backup(filled, path) == 5
    assert path.stat().st_mode & 0o777 == 0o600
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    fresh = await kind.open(tmp_path / "fresh")
    await fresh.commit(Put(Clipping(id="old")))
    assert await read_backup(fresh, path) == 5
    assert await kept(fresh) == await kept(filled)
    await fresh.close()


async def test_a_backup_in_the_place_of_another_replaces_it_and_leaves_nothing_beside_it(filled: Store, tmp_path: Path):
    path = tmp_path / "backups" / "backup.jsonl"
    path.parent.mkdir()
    path.write_text("something older")
    assert await write_backup(filled, path) == await write_backup(filled, path) == 4
    assert [entry.name for entry in path.parent.iterdir()] == ["backup.jsonl"]


@pytest.mark.parametrize("name", ["backup.jsonl", "backup.jsonl.gz"])
async def test_a_backup_that_is_cut_anywhere_is_refused_and_changes_nothing(filled: Store, tmp_path: Path, name: str):
    path = tmp_path / name
    await write_backup(filled, path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(UsageError):
            await read_backup(filled, path)
    assert await filled.find(Clipping) == CLIPPINGS


async def test_a_backup_that_was_changed_is_refused(filled: Store, tmp_path: Path):
    path = tmp_path / "backup.jsonl"
    await write_backup(filled, path)
    path.write_bytes(path.read_bytes().replace(b"urgent", b"flash!"))
    with pytest.raises(UsageError):
        await read_backup(filled, path)
    assert await filled.find(Clipping) == CLIPPINGS


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"{}\n", b"[]\n[]\n", b"\x1f\x8b", b"null\n", b"\x00" * 64, b'{"a": 1}\n{}']
)
async def test_what_is_no_backup_is_refused(filled: Store, tmp_path: Path, body: bytes):
    path = tmp_path / "backup"
    path.write_bytes(body)
    with pytest.raises(UsageError):
        await read_backup(filled, path)
    assert await filled.find(Clipping) == CLIPPINGS


async def test_a_claimed_job_of_a_backup_is_free_in_the_store_it_is_read_into(kind: Kind, store: Store, tmp_path: Path):
    if not kind.alone:
        pytest.skip("others may be at work in this store")
    await store.commit(Put(errand("a")))
    (job,) = await claimed(store)
    await write_backup(store, tmp_path / "backup")
    await read_backup(store, tmp_path / "backup")
    assert await claimed(store) == [replace(job, attempts=2, abandoned=True)]


def test_the_kinds_of_the_suite_are_what_it_needs():
    assert issubclass(Errand, Job)
    assert Errand.indexes | Clipping.indexes == {"note", "severity", "tags", "chat", "read"}
