"""Lives of alerts that ended badly once: found by the state machine next door, told here one by one."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.message import message
from bot.core.model import Alert, Chat, Delivery, FanOut, Outcome, Recall, Receipt, Subscriber
from bot.core.ports import Put
from tests.fakes import FakeClock
from tests.flow.far_side import FarSide, FarSideAdapter, Fault, Killed, Post, Trouble
from tests.flow.house import House, opened

CHAT = Chat("far", "1")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(params=[True, False], ids=["with keys", "without keys"])
def far(request, clock):
    return FarSide("far", clock, keyed=request.param)


@pytest.fixture
def silent_far(clock):
    """A platform that can't tell what it was sent."""
    return FarSide("far", clock, keyed=False)


def newsroom(folder, far: FarSide):
    return opened(
        folder, far.clock, platforms=[lambda *_: FarSideAdapter(far)], operators=("web:operator",), undo_seconds=0
    )


async def follow(house: House, *chats: Chat) -> None:
    for chat in chats:
        await house.bot.store.commit(Put(Subscriber(id=str(chat), chat=chat, since=house.clock.now(), topics=("*",))))


async def approved(house: House, line: str, *more: str) -> str:
    """Draft an alert, give further orders about it, and send it on its way."""
    await house.say(line)
    id = (await house.bot.store.find(Alert, newest=True, limit=1))[0].id
    for order in (*more, "/approve"):
        await house.say(f"{order} {id}" if " " not in order else order.replace(" ", f" {id} ", 1))
    return id


async def turned(house: House, kind: type, times: int = 1) -> None:
    for _ in range(times):
        for lane in house.pipeline.lanes:
            if lane.kind is kind:
                await lane.turn(house.bot)


async def some_time_passes(house: House) -> None:
    for _ in range(6):
        await house.pass_time(2)


def texts(posts: list[Post]) -> list[str]:
    return [post.shown[-1] for post in posts]


async def test_an_update_waits_for_an_alert_that_is_held(tmp_path, far):
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Fire")
        await turned(house, FanOut, 2)
        await house.say(f"/hold {first}")
        await house.pass_time(1)
        await approved(house, f"/update {first} flash It is out")
        await house.pass_time(60)
        assert far.ledger == []
        await house.say(f"/release {first}")
        await some_time_passes(house)
        assert texts(far.ledger) == ["URGENT: Fire", "FLASH UPDATE: It is out"]
        assert far.ledger[1].under == far.ledger[0].id


async def test_an_update_waits_for_an_alert_that_has_not_been_through_its_audience(tmp_path, far):
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Fire")
        await turned(house, FanOut)
        await house.say(f"/hold {first}")
        await house.pass_time(1)
        await approved(house, f"/update {first} flash It is out")
        await house.pass_time(60)
        assert far.ledger == []
        await house.say(f"/release {first}")
        await some_time_passes(house)
        assert texts(far.ledger) == ["URGENT: Fire", "FLASH UPDATE: It is out"]


async def test_an_update_does_not_wait_where_the_alert_stands_already_or_was_withdrawn(tmp_path, far):
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Fire")
        await house.pass_time(1)
        await house.say(f"/hold {first}")
        await approved(house, f"/update {first} It is out")
        await house.pass_time(2)
        assert texts(far.ledger) == ["URGENT: Fire", "UPDATE: It is out"]
        other = await approved(house, "/breaking Flood")
        await turned(house, FanOut, 2)
        await house.say(f"/hold {other}")
        await house.pass_time(1)
        await approved(house, f"/update {other} It is over")
        await house.pass_time(1)
        await house.say(f"/retract {other} There was none.")
        await some_time_passes(house)
        assert texts(far.ledger)[2:] == ["UPDATE: It is over"]


async def test_what_an_update_may_have_posted_is_not_forgotten_while_it_waits(tmp_path, silent_far):
    far = silent_far
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Fire")
        await house.pass_time(1)
        update = await approved(house, f"/update {first} It is out", "/uncertain skip")
        far.faults.append(Fault(Trouble.KILLED_DONE, CHAT))
        with pytest.raises(Killed):
            await house.pass_time(1)
    async with newsroom(tmp_path, far) as house:
        delivery = await house.bot.store.get(Delivery, f"{first}:{CHAT}")
        later = far.clock.now() + timedelta(seconds=3)
        waiting = Delivery(id=delivery.id, lane=delivery.lane, due=later, about=first, chat=CHAT)
        await house.bot.store.commit(Put(waiting))  # as where the first copy comes to be owed anew
        await some_time_passes(house)
        assert texts(far.ledger).count("UPDATE: It is out") == 1
        assert (await house.bot.store.get(Delivery, f"{update}:{CHAT}")).outcome is Outcome.UNCERTAIN


async def test_a_repeat_is_not_repeated_for_an_edit_that_it_does_not_need(tmp_path, silent_far):
    far = silent_far
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        await approved(house, "/breaking Fire")
        far.faults += [Fault(Trouble.UNCERTAIN_DONE), Fault(Trouble.LATER, kind="edit", times=3)]
        await some_time_passes(house)
        assert texts(far.ledger) == ["URGENT: Fire"] * 2


async def test_a_reply_that_may_stand_is_not_repeated_where_nothing_is_to_be(tmp_path, silent_far):
    far = silent_far
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Fire", "/uncertain skip")
        await house.pass_time(1)
        far.faults += [Fault(Trouble.UNEDITABLE, times=9), Fault(Trouble.KILLED_DONE, kind="send")]
        await house.say(f"/refile {first} A slip\nFire!")
        with pytest.raises(Killed):
            await house.pass_time(1)
        await house.say(f"/hold {first}")
    async with newsroom(tmp_path, far) as house:
        await some_time_passes(house)
        await house.say(f"/release {first}")
        await some_time_passes(house)
        assert texts(far.ledger) == ["URGENT: Fire", "URGENT: Fire!\n\nCORRECTED 09:00 UTC: A slip"]
        assert (await house.bot.store.get(Delivery, f"{first}:{CHAT}")).outcome is Outcome.UNCERTAIN


async def test_a_copy_that_the_key_finds_is_corrected_though_the_chat_can_not_be_read(tmp_path, clock):
    far = FarSide("far", clock)
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Five hurt")
        far.faults += [Fault(Trouble.UNCERTAIN_DONE), Fault(Trouble.UNCERTAIN_UNDONE, kind="posted", times=9)]
        await house.pass_time(1)
        await house.say(f"/correct {first} It was two.\nTwo hurt")
        await some_time_passes(house)
        copy, notice = far.ledger
        assert copy.shown[1:] == ["URGENT: Two hurt\n\nCORRECTED 09:00 UTC: It was two."]
        assert notice.under == copy.id


@pytest.mark.parametrize("seconds", [1, 400], ids=["by its key", "in the chat"])
async def test_that_a_found_copy_was_wrong_is_not_forgotten_where_its_edit_fails(tmp_path, clock, seconds):
    far = FarSide("far", clock)
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Five hurt")
        far.faults += [Fault(Trouble.UNCERTAIN_DONE), Fault(Trouble.LATER, seconds=seconds, kind="posted")]
        await house.pass_time(0)
        await house.pass_time(2)
        await house.say(f"/correct {first} It was two.\nTwo hurt")
        far.faults += [Fault(Trouble.UNCERTAIN_DONE, kind="edit"), Fault(Trouble.LATER, kind="edit", times=2)]
        await house.pass_time(seconds)
        await some_time_passes(house)
        copy, notice = far.ledger
        assert copy.shown[0] == "URGENT: Five hurt"
        assert copy.shown[1].startswith("URGENT: Two hurt")
        assert notice.under == copy.id


async def test_what_can_not_be_edited_at_all_has_a_notice_under_it_all_the_same(tmp_path, far):
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Five hurt")
        await house.pass_time(1)
        far.faults.append(Fault(Trouble.REJECTED, kind="edit", times=99))
        await house.say(f"/correct {first} It was two.\nTwo hurt")
        for seconds in (0, 60, 60, 60, 60, 60):
            await house.pass_time(seconds)
        assert texts(far.ledger) == ["URGENT: Five hurt", "CORRECTED 09:00 UTC\n\nIt was two."]
        assert (await house.bot.store.get(Delivery, f"{first}:{CHAT}")).outcome is Outcome.FAILED


async def test_a_copy_that_skips_a_correction_in_between_is_told_of_the_last_all_the_same(tmp_path, far):
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Five hurt")
        await house.pass_time(1)
        await house.say(f"/refile {first} A slip\nFive are hurt")
        await turned(house, Recall, 2)  # the copy is due
        await house.say(f"/correct {first} It was two.\nTwo are hurt")
        await turned(house, Recall)  # the correction holds, but has not come to the copy
        await turned(house, Delivery)
        await house.pass_time(1)
        copy, notice = far.ledger
        assert copy.shown[1:] == ["URGENT: Two are hurt\n\nCORRECTED 09:00 UTC: It was two."]
        assert notice.shown == ["CORRECTED 09:00 UTC\n\nIt was two."]
        assert notice.under == copy.id


async def test_an_update_that_leaves_a_closed_topic_stands_under_the_copy_in_the_group(tmp_path, far):
    topic = Chat("far", "1", "7")
    async with newsroom(tmp_path, far) as house:
        await follow(house, topic)
        first = await approved(house, "/breaking Fire")
        await house.pass_time(1)
        far.closed.add(topic)
        await approved(house, f"/update {first} It is out")
        await turned(house, FanOut, 2)
        copy = await house.bot.store.get(Delivery, f"{first}:{topic}")
        here = Receipt(CHAT, (await house.bot.adapters["far"].send(CHAT, message("Fire"), key="here")).id)
        await house.bot.store.commit(Put(replace(copy, id=f"{first}:{CHAT}", chat=CHAT, receipt=here)))
        await some_time_passes(house)
        assert [(post.shown, post.under) for post in far.standing(CHAT)[1:]] == [(["UPDATE: It is out"], here.id)]


async def test_a_notice_of_a_copy_at_an_old_address_stands_under_the_one_at_the_new(tmp_path, far):
    there = Chat("far", "0")
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Five hurt")
        await house.pass_time(1)
        far.moved[CHAT] = there
        await approved(house, "/breaking flash Flood")
        await house.pass_time(1)  # by which the bot learns of it
        await house.say(f"/correct {first} It was two.\nTwo hurt")
        far.faults.append(Fault(Trouble.LATER, there, kind="send", seconds=3))
        await some_time_passes(house)
        copy, notice = far.standing(there)[1:]
        assert copy.shown == ["URGENT: Two hurt\n\nCORRECTED 09:00 UTC: It was two."]
        assert notice.under == copy.id


async def test_a_notice_on_its_way_when_its_chat_moves_stands_under_the_copy_there(tmp_path, far):
    there = Chat("far", "2")
    async with newsroom(tmp_path, far) as house:
        await follow(house, CHAT)
        first = await approved(house, "/breaking Five hurt")
        await house.pass_time(1)
        far.moved[CHAT] = there
        await house.say(f"/correct {first} It was two.\nTwo hurt")
        await some_time_passes(house)
        copy, notice = far.standing(there)
        assert texts([copy, notice]) == [
            "URGENT: Two hurt\n\nCORRECTED 09:00 UTC: It was two.",
            "CORRECTED 09:00 UTC\n\nIt was two.",
        ]
        assert notice.under == copy.id
