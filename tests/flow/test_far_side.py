"""The far side in process is tested itself: it keeps what it accepts, and makes the faults it is told to, no others."""

from datetime import timedelta

import pytest

from bot.core.errors import (
    ChatGone,
    ChatMoved,
    Rejected,
    RetryLater,
    Revoked,
    TopicGone,
    Uncertain,
    Uneditable,
)
from bot.core.message import bare, heading, message
from bot.core.model import Chat
from tests.fakes import START, FakeClock
from tests.flow.far_side import KEY_SECONDS, Call, FarSide, FarSideAdapter, Fault, Killed, Trouble

HERE, THERE = Chat("far", "1"), Chat("far", "2")
FIRST, SECOND = message(heading("Fire")), message(heading("No fire"))


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def far(clock):
    return FarSide("far", clock)


@pytest.fixture
def adapter(far):
    return FarSideAdapter(far)


@pytest.mark.parametrize(
    ("trouble", "error", "stands"),
    [
        (Trouble.LATER, RetryLater, 0),
        (Trouble.LATER_EVERYWHERE, RetryLater, 0),
        (Trouble.MARKUP_REJECTED, Rejected, 0),
        (Trouble.REJECTED, Rejected, 0),
        (Trouble.UNCERTAIN_UNDONE, Uncertain, 0),
        (Trouble.UNCERTAIN_DONE, Uncertain, 1),
        (Trouble.REVOKED, Revoked, 0),
        (Trouble.KILLED_UNDONE, Killed, 0),
        (Trouble.KILLED_DONE, Killed, 1),
    ],
)
async def test_trouble_comes_to_the_next_call_before_or_after_it_is_done(far, adapter, trouble, error, stands):
    far.faults = [Fault(trouble, HERE, seconds=7)]
    await adapter.send(THERE, FIRST, key="a")
    with pytest.raises(error) as raised:
        await adapter.send(HERE, FIRST, key="a")
    assert [post.untold for post in far.standing(HERE)] == [True] * stands
    await adapter.send(HERE, FIRST, key="b")
    assert len(far.standing(HERE)) == stands + 1
    if error is RetryLater:
        assert (raised.value.seconds, raised.value.everywhere) == (7, trouble is Trouble.LATER_EVERYWHERE)


async def test_an_edit_is_refused_before_it_is_done_or_lost_after_it(far, adapter):
    receipt = await adapter.send(HERE, FIRST, key="a")
    far.faults = [Fault(Trouble.UNEDITABLE), Fault(Trouble.UNCERTAIN_DONE, kind="edit")]
    other = await adapter.send(HERE, FIRST, key="b")
    with pytest.raises(Uneditable):
        await adapter.edit(receipt, SECOND)
    assert far.find(receipt).shown == ["Fire"]
    with pytest.raises(Uncertain):
        await adapter.edit(receipt, SECOND)
    assert far.find(receipt).shown == ["Fire", "No fire"]
    assert not far.find(receipt).untold, "that it stands was told before"
    assert far.find(other).shown == ["Fire"]


async def test_markup_alone_may_be_what_is_rejected(far, adapter):
    far.faults = [Fault(Trouble.MARKUP_REJECTED, times=9)]
    with pytest.raises(Rejected):
        await adapter.send(HERE, FIRST, key="a")
    assert far.find(await adapter.send(HERE, bare(FIRST), key="a")).shown == ["Fire"]


async def test_chats_are_blocked_move_and_close(far, adapter):
    topic = Chat("far", "1", "7")
    receipt = await adapter.send(HERE, FIRST, key="a")
    far.blocked.add(THERE)
    far.closed.add(topic)
    far.moved[HERE] = THERE
    with pytest.raises(ChatGone):
        await adapter.send(THERE, FIRST, key="a")
    with pytest.raises(TopicGone):
        await adapter.send(topic, FIRST, key="a")
    with pytest.raises(ChatMoved) as moved:
        await adapter.edit(receipt, SECOND)
    assert moved.value.to == THERE
    with pytest.raises(ChatMoved):
        await adapter.posted(HERE, [FIRST], key="a", since=START)
    assert len(far.ledger) == 1


async def test_a_key_is_forgotten_and_then_the_chat_is_read(far, adapter, clock):
    receipt = await adapter.send(HERE, FIRST, key="a", silent=True)
    assert await adapter.posted(HERE, [SECOND, FIRST], key="a", since=START) is None, "the key is known"
    await clock.advance(KEY_SECONDS)
    assert await adapter.posted(HERE, [SECOND, FIRST], key="a", since=START) == receipt
    assert await adapter.posted(HERE, [SECOND], key="a", since=START) is None, "it shows something else"
    assert await adapter.posted(THERE, [FIRST], key="a", since=START) is None
    assert await adapter.posted(HERE, [FIRST], key="a", since=START + timedelta(seconds=1)) is None
    await clock.advance(KEY_SECONDS)
    again = await adapter.send(HERE, FIRST, key="a", under=receipt)
    assert again != receipt
    assert [(post.under, post.silent) for post in far.copies("a")] == [("", True), (receipt.id, False)]


async def test_without_keys_every_send_posts_and_nobody_can_tell(far, adapter):
    far.keyed = False
    assert await adapter.send(HERE, FIRST, key="a") != await adapter.send(HERE, FIRST, key="a")
    with pytest.raises(Uncertain):
        await adapter.posted(HERE, [FIRST], key="a", since=START)


async def test_calls_are_told_of_as_they_begin_and_something_happens_before_they_are_answered(far, adapter):
    seen: list[object] = []

    async def begun(call: Call) -> None:
        seen.append((call.kind, call.key, len(far.ledger)))

    async def happens() -> None:
        seen.append(len(far.ledger))

    far.begun, far.meanwhile = begun, happens
    await adapter.send(HERE, FIRST, key="a")
    await adapter.send(HERE, FIRST, key="b")
    assert seen == [("send", "a", 0), 1, ("send", "b", 1)]


async def test_there_are_times_without_faults(far, adapter):
    far.faults = [Fault(Trouble.REJECTED, times=9)]
    with far.without_faults():
        await adapter.send(HERE, FIRST, key="a")
    with pytest.raises(Rejected):
        await adapter.send(HERE, FIRST, key="b")
