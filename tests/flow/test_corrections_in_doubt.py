"""Changes that meet one another, and copies of which nobody knows: what still holds is told, to those it concerns."""

from functools import partial

import pytest

from bot.core.i18n import translator
from bot.core.model import Alert, Delivery, FanOut, Recall
from bot.outreach.compose import alert_message
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.flow.test_corrections import CORRECTED, NOTICE, OPERATORS, READERS, correct, follow, released

STUB = "WITHDRAWN 09:00 UTC\n\nThere was no fire."


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), **OPERATORS) as house:
        await follow(house, *READERS)
        yield house


async def turned(house: House, kind: type, times: int) -> None:
    lane = next(lane for lane in house.pipeline.lanes if lane.kind is kind)
    for _ in range(times):
        await lane.turn(house.bot)


async def begun(house: House, *, heard: int) -> list[str]:
    """Let a worker begin all deliveries and die; the platform heard of so many. Return the chats of those."""
    jobs = await house.bot.store.claim(Delivery, "web", house.clock.now(), 60, 100)
    compose = partial(alert_message, say=translator("en"), zone=house.bot.settings.zone)
    for job in jobs[:heard]:
        alert = await house.bot.store.get(Alert, job.about)
        await house.bot.adapters["web"].send(job.chat, compose(alert), key=job.id)
    return [str(job.chat) for job in jobs[:heard]]


async def test_the_notice_of_a_change_that_was_changed_once_more_goes_to_nobody_any_more(house):
    id = await released(house)
    await correct(house, id, "It was three, not five.")
    await turned(house, Recall, 2)
    assert len(await house.bot.store.find(Delivery)) == 2 * len(READERS), "the first notices are due"
    await correct(house, id)
    await turned(house, Recall, 1)
    await house.pipeline.settle()
    for reader in READERS:
        assert await house.texts(reader) == [CORRECTED, NOTICE]
    (alert,) = await house.bot.store.find(Alert, {"state": "withdrawn"})
    assert await house.bot.store.find(Delivery, {"about": alert.id}) == []


async def test_a_slip_of_the_pen_leaves_the_notice_of_what_was_wrong_on_its_way(house):
    id = await released(house)
    await correct(house, id)
    await turned(house, Recall, 2)
    await house.say(f"/refile {id} Spelling.\nTwo hurt in the fire")
    await house.pipeline.settle()
    for reader in READERS:
        assert (await house.texts(reader))[1:] == [NOTICE]


@pytest.mark.parametrize("stop", ["/hold {id}", "/retract {id} Wrong again."])
async def test_a_notice_waits_with_the_alert_that_it_is_about(tmp_path, stop):
    async with opened(tmp_path, FakeClock(), **(OPERATORS | {"undo_seconds": 30})) as house:
        await follow(house, *READERS)
        id = await released(house)
        await house.pass_time(30)
        await correct(house, id)
        await house.pass_time(29.5)
        await house.clock.advance(1)
        await turned(house, Recall, 2)
        await house.say(stop.format(id=id))
        await house.pass_time(20)
        for reader in READERS:
            assert await house.texts(reader) == ["URGENT: Five hurt in the fire"], "nothing of it goes out"
        await house.say(f"/{'release' if 'hold' in stop else 'undo'} {id}")
        await house.pass_time(1)
        for reader in READERS:
            assert [text.partition(" ")[0] for text in await house.texts(reader)] == ["URGENT:", "CORRECTED"]


async def test_who_had_it_wrong_is_told_so_also_where_that_was_found_out_late(house):
    id = await released(house, told=False)
    await house.clock.advance(1)
    await turned(house, FanOut, 2)
    had_it = await begun(house, heard=2)
    await house.clock.advance(1)
    await correct(house, id)
    await house.pipeline.settle()
    await house.pass_time(61)
    for reader in READERS:
        assert await house.texts(reader) == ([CORRECTED, NOTICE] if reader in had_it else [CORRECTED])


async def test_who_had_it_right_is_told_nothing_when_that_was_found_out_late(house):
    id = await released(house, told=False)
    await turned(house, FanOut, 1)  # it is released, and nobody addressed yet
    await correct(house, id)
    await turned(house, Recall, 2)
    await house.clock.advance(1)
    await turned(house, FanOut, 1)
    assert await begun(house, heard=5) == READERS
    await house.say(f"/refile {id} Spelling.\nTwo were hurt in the fire")
    await house.pipeline.settle()
    await house.pass_time(61)
    for reader in READERS:
        (text,) = await house.texts(reader)
        assert text.startswith("URGENT: Two were hurt")


async def test_what_nobody_knew_of_is_withdrawn_too(house):
    id = await released(house, told=False)
    await turned(house, FanOut, 2)
    assert await begun(house, heard=5) == READERS
    await house.clock.advance(1)
    await house.say(f"/retract {id} There was no fire.")
    await house.pipeline.settle()
    await house.pass_time(61)
    for reader in READERS:
        assert await house.texts(reader) == [STUB, STUB], "the copy, and the notice under it"


async def test_what_is_withdrawn_before_anybody_began_it_leaves_nothing(house):
    id = await released(house, told=False)
    await turned(house, FanOut, 2)
    await house.say(f"/retract {id} There was no fire.")
    await house.pass_time(61)
    assert [await house.texts(reader) for reader in READERS] == [[]] * len(READERS)
    assert await house.bot.store.find(Delivery) == []
