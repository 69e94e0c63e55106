"""Corrections and withdrawals: every copy that was delivered comes to show them, and nobody else hears of it."""

from dataclasses import replace

import pytest

from adapters.web.posts import Post
from bot.core.model import Alert, Chat, Delivery, FanOut, Outcome, Recall, State, Subscriber
from bot.core.pace import Pace, Rate
from bot.core.ports import Put, Swap
from bot.outreach.deliver import deliver
from tests.fakes import FakeClock
from tests.flow.house import House, opened

READERS = [f"web:reader{number:03d}" for number in range(5)]
OPERATORS = {"operators": ("web:operator",), "undo_seconds": 0}
CORRECTED = "URGENT: Two hurt in the fire\n\nCORRECTED 09:00 UTC: It was two, not five."
NOTICE = "CORRECTED 09:00 UTC\n\nIt was two, not five."


async def follow(house: House, *chats: str) -> None:
    now = house.clock.now()
    for chat in chats:
        await house.bot.store.commit(Put(Subscriber(id=chat, chat=Chat.parse(chat), since=now, topics=("*",))))


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), **OPERATORS) as house:
        await follow(house, *READERS)
        yield house


async def released(house: House, *, told: bool = True) -> str:
    """Send a breaking story and return its id."""
    await house.say("/breaking Five hurt in the fire")
    await house.press("Send")
    if told:
        await house.pipeline.settle()
    (alert,) = await house.bot.store.find(Alert)
    return alert.id


async def correct(house: House, id: str, note: str = "It was two, not five.") -> str:
    return await house.say(f"/correct {id} {note}\nTwo hurt in the fire")


async def test_a_correction_reaches_every_copy_with_a_notice_under_it(house):
    id = await released(house)
    await follow(house, "web:late")
    assert "5 chats that have it" in await correct(house, id)
    await house.pipeline.settle()
    for reader in READERS:
        assert await house.texts(reader) == [CORRECTED, NOTICE]
        first, notice = await house.posts(reader)
        assert notice.under == first.id
    assert await house.texts("web:late") == [], "who never had it hears nothing"
    counts = await house.bot.store.count(Delivery, {"about": id}, by="outcome")
    assert counts == {Outcome.TOLD: 5}


async def test_a_withdrawn_alert_is_a_stub_wherever_it_stands(house):
    id = await released(house)
    await house.say(f"/withdraw {id} There was no fire.")
    await house.pipeline.settle()
    for reader in READERS:
        assert await house.texts(reader) == ["WITHDRAWN 09:00 UTC\n\nThere was no fire."] * 2
    assert "was withdrawn" in await correct(house, id), "and nothing can be made of it"
    assert (await house.bot.store.get(Alert, id)).state is State.WITHDRAWN


async def test_a_withdrawal_without_a_reason_says_so_all_the_same(house):
    id = await released(house)
    await house.say(f"/retract {id}")
    await house.pipeline.settle()
    assert (await house.texts(READERS[0]))[0].endswith("The newsroom has withdrawn this alert.")


async def test_two_corrections_in_a_row_end_with_the_last(house):
    id = await released(house)
    await correct(house, id, "It was three, not five.")
    await correct(house, id)
    await house.pipeline.settle()
    for reader in READERS:
        texts = await house.texts(reader)
        assert texts[0] == CORRECTED
        assert texts[-1] == NOTICE


async def test_a_correction_while_the_fan_out_still_runs(house):
    id = await released(house, told=False)
    lanes = {(lane.kind, lane.name): lane for lane in house.pipeline.lanes}
    for kind, lane in lanes.items():
        if kind[0] is not Delivery:
            await lane.turn(house.bot)
            await lane.turn(house.bot)
    told = lanes[Delivery, "web"]
    for job in await house.bot.store.claim(Delivery, "web", house.clock.now(), 60, 2):
        await told.handle(job)
    await correct(house, id)
    await house.pipeline.settle()
    texts = [await house.texts(reader) for reader in READERS]
    assert all(text[0] == CORRECTED for text in texts)
    assert sorted(map(len, texts)) == [1, 1, 1, 2, 2], "only who had the wrong one is told that it was wrong"


async def test_who_was_told_after_the_correction_gets_no_notice_of_it(house):
    id = await released(house, told=False)
    lanes = {lane.kind: lane for lane in house.pipeline.lanes}
    for _ in range(2):
        await lanes[FanOut].turn(house.bot)
    await correct(house, id)
    await lanes[Delivery].turn(house.bot)
    await house.pipeline.settle()
    for reader in READERS:
        assert await house.texts(reader) == [CORRECTED]


class Meddling:
    """A real store in which something happens just before a copy's settlement is kept."""

    def __init__(self, store, happens) -> None:
        self._store = store
        self._happens = happens

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    async def commit(self, *changes):
        settles = any(isinstance(change, Swap) and isinstance(change.new, Delivery) for change in changes)
        if settles and self._happens:
            happens, self._happens = self._happens, None
            await happens()
        return await self._store.commit(*changes)


@pytest.mark.parametrize("already", [0, 1], ids=["a first copy", "an edit"])
async def test_what_is_on_its_way_when_it_is_corrected_is_corrected_too(house, already):
    id = await released(house, told=bool(already))
    lanes = {lane.kind: lane for lane in house.pipeline.lanes}
    if already:
        await correct(house, id, "It was three, not five.")
        for _ in range(2):
            await lanes[Recall].turn(house.bot)
    else:
        for _ in range(2):
            await lanes[FanOut].turn(house.bot)

    async def corrected() -> None:
        await correct(house, id)
        for _ in range(2):  # it takes effect, then goes through the copies
            await lanes[Recall].turn(house.bot)

    meddled = replace(house.bot, store=Meddling(house.bot.store, corrected))
    adapter = house.bot.adapters["web"]
    for job in await house.bot.store.claim(Delivery, "web", house.clock.now(), 60, 2):
        if job.about == id:
            await deliver(meddled, adapter, Pace(Rate(0)), job)
    await house.pass_time(61)
    for reader in READERS:
        texts = await house.texts(reader)
        assert texts[0] == CORRECTED
    told = [text for reader in READERS for text in (await house.texts(reader))[1:]]
    assert told.count(NOTICE) == (5 if already else 1), "whoever had it wrong is told, and nobody else"


async def test_a_correction_goes_on_after_a_restart_at_any_step(tmp_path):
    clock = FakeClock()
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await follow(house, *READERS)
        id = await released(house)
        await correct(house, id)
    for turns in range(12):
        async with opened(tmp_path, clock, **OPERATORS) as house:
            lane = house.pipeline.lanes[turns % len(house.pipeline.lanes)]
            for job in (await house.bot.store.claim(lane.kind, lane.name, clock.now(), 60, 2))[:1]:
                await lane.handle(job)  # the second is claimed and left
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await house.pass_time(1)
        for reader in READERS:
            assert await house.texts(reader) == [CORRECTED, NOTICE]


async def test_what_can_not_be_edited_is_answered_under_it(house):
    id = await released(house)
    (gone,) = await house.posts(READERS[0])
    await house.bot.adapters["web"].delete(gone.receipt)
    await correct(house, id)
    await house.pipeline.settle()
    assert CORRECTED in await house.texts(READERS[0])
    assert [post.under for post in await house.posts(READERS[0])] == [gone.id, gone.id]
    assert (await house.bot.store.get(Post, gone.id)).message is None


async def test_readers_can_see_what_was_put_right(house):
    id = await released(house)
    await correct(house, id)
    await house.pipeline.settle()
    told = await house.say(f"/history {id}", who=READERS[0])
    assert "Five hurt in the fire" in told
    assert "It was two, not five. Two hurt in the fire" in told
    await house.say("/breaking Another")
    draft = (await house.bot.store.find(Alert, {"state": "draft"}))[0]
    assert "no alert" in await house.say(f"/history {draft.id}", who=READERS[0]), "a draft is nobody's business"
    assert "Another" in await house.say("/alerts")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/correct", "ALERT is missing"),
        ("/correct {id}", "TEXT is missing"),
        ("/correct {id} wrong", "on the lines below"),
        ("/correct {id} " + "x" * 301 + "\nRight", "at most 300"),
        ("/correct {id} wrong\n" + "x" * 251, "too long by 1"),
        ("/correct nonsense wrong\nRight", "no alert nonsense"),
        ("/retract nonsense", "no alert nonsense"),
        ("/history nonsense", "no alert nonsense"),
    ],
)
async def test_a_wrong_word_is_told_what_to_do_and_changes_nothing(house, line, says):
    id = await released(house)
    before = await house.bot.store.get(Alert, id)
    assert says in await house.say(line.replace("{id}", id))
    assert await house.bot.store.get(Alert, id) == before
    assert await house.bot.store.find(Recall) == []


async def test_a_draft_can_not_be_corrected_and_only_editors_correct(house):
    await house.say("/breaking Fire")
    (draft,) = await house.bot.store.find(Alert)
    assert "Approve it first" in await correct(house, draft.id)
    assert "Only an editor" in await house.say(f"/retract {draft.id}", who=READERS[0])
