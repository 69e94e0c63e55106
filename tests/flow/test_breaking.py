"""An editor's river: drafted, previewed, approved, called back, told, counted."""

import pytest

from bot.core.model import Alert, Chat, Delivery, Outcome, Person, Role, State, Subscriber
from bot.core.ports import Put
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened

READERS = [f"web:reader{number:03d}" for number in range(3)]


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=("web:operator",)) as house:
        await follow(house)
        yield house


async def follow(house: House) -> None:
    for reader in READERS:
        chat = Subscriber(id=reader, chat=Chat.parse(reader), since=START, topics=("*",))
        await house.bot.store.commit(Put(chat))


async def alert(house: House) -> Alert:
    return (await house.bot.store.find(Alert, newest=True, limit=1))[0]


async def test_a_breaking_story_is_previewed_confirmed_told_and_counted(house):
    preview = await house.say(
        "/breaking flash https://www.example.org/fire Fire in the old harbour\nThe quay is closed."
    )
    assert preview.startswith("FLASH: Fire in the old harbour\n\nThe quay is closed.")
    assert "3 chats" in preview
    assert "call it back" in await house.press("Send")
    await house.pipeline.settle()
    assert await house.texts(READERS[0]) == [], "nobody is told while it can still be called back"
    await house.pass_time(10)
    for reader in READERS:
        assert await house.texts(reader) == ["FLASH: Fire in the old harbour\n\nThe quay is closed.\n\nRead on"]
    await house.pass_time(1)
    assert "Told 3 of 3 chats" in (await house.texts())[-1]
    assert (await alert(house)).state is State.RELEASED


async def test_a_story_called_back_in_time_reaches_nobody(house):
    await house.say("/breaking Fire in the old harbour")
    await house.press("Send")
    assert "3 chats" in await house.press("Undo")
    await house.pass_time(60)
    assert await house.texts(READERS[0]) == []
    assert (await alert(house)).state is State.DRAFT
    await house.press("Send")
    await house.pass_time(10)
    assert await house.texts(READERS[0]) == ["URGENT: Fire in the old harbour"]


async def test_a_discarded_draft_can_not_be_sent(house):
    await house.say("/breaking Fire in the old harbour")
    id = (await alert(house)).id
    assert "Discarded" in await house.press("Discard")
    assert "discarded" in await house.say(f"/approve {id}")
    await house.pass_time(60)
    assert await house.texts(READERS[0]) == []


async def test_without_an_undo_time_it_goes_out_at_once(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=("web:operator",), undo_seconds=0) as house:
        await follow(house)
        await house.say("/breaking Fire")
        await house.press("Send")
        await house.pipeline.settle()
        assert await house.texts(READERS[0]) == ["URGENT: Fire"]


async def test_whoever_follows_after_the_release_is_not_told(house):
    await house.say("/breaking Fire")
    await house.press("Send")
    await house.clock.advance(10)
    late = Subscriber(id="web:late", chat=Chat("web", "late"), since=house.clock.now(), topics=("*",))
    await house.pipeline.settle()
    await house.clock.advance(1)
    await house.say("/subscribe", who="web:later")
    await house.pipeline.settle()
    assert late.since == (await alert(house)).released
    assert await house.bot.store.get(Delivery, f"{(await alert(house)).id}:web:later") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/breaking", "headline is missing"),
        ("/breaking flash", "headline is missing"),
        ("/breaking flash http://127.0.0.1:1/", "headline is missing"),
        ("/breaking " + "x" * 251, "too long by 1: 250"),
        ("/breaking x\n" + "y" * 3001, "more than the 3000"),
        ("/approve", "ALERT is missing. Type: /approve ALERT"),
        ("/approve nonsense", "no alert nonsense"),
        ("/undo nonsense", "no alert nonsense"),
    ],
)
async def test_a_wrong_word_is_told_what_to_do_and_changes_nothing(house, line, says):
    assert says in await house.say(line)
    assert await house.bot.store.count(Alert) in ({}, {"": 0})


async def test_only_editors_may_break_news(house):
    assert f"/grant {READERS[0]} editor" in await house.say("/breaking Fire", who=READERS[0])
    await house.bot.store.commit(Put(Person(id=READERS[0], role=Role.EDITOR)))
    assert "URGENT: Fire" in await house.say("/breaking Fire", who=READERS[0])


async def test_a_restart_at_any_step_loses_and_repeats_nothing(tmp_path):
    clock = FakeClock()
    async with opened(tmp_path, clock, operators=("web:operator",)) as house:
        await follow(house)
        await house.record("/breaking Fire")
    async with opened(tmp_path, clock, operators=("web:operator",)) as house:
        await house.dispatch.resume()
        await house.dispatch.resume()
        assert len(await house.texts()) == 1, "answered once"
        await house.press("Send")
    async with opened(tmp_path, clock, operators=("web:operator",)) as house:
        await house.pass_time(10)
    async with opened(tmp_path, clock, operators=("web:operator",)) as house:
        await house.pass_time(10)
        for reader in READERS:
            assert await house.texts(reader) == ["URGENT: Fire"]
        counts = await house.bot.store.count(Delivery, by="outcome")
        assert counts == {Outcome.TOLD: 3}
        assert "Told 3 of 3 chats" in (await house.texts())[-1]


async def test_a_delivery_in_flight_at_a_crash_is_told_once(tmp_path):
    clock = FakeClock()
    async with opened(tmp_path, clock, operators=("web:operator",), undo_seconds=0) as house:
        await follow(house)
        await house.say("/breaking Fire")
        await house.press("Send")
        for lane in house.pipeline.lanes[:-1]:
            await lane.turn(house.bot)
            await lane.turn(house.bot)
        (first, *_rest) = await house.bot.store.claim(Delivery, "web", clock.now(), 60, 1)
        told = await house.bot.store.get(Alert, first.about)
        from datetime import UTC

        from bot.core.i18n import translator
        from bot.outreach.compose import alert_message

        await house.bot.adapters["web"].send(first.chat, alert_message(told, translator("en"), UTC), key=first.id)
    async with opened(tmp_path, clock, operators=("web:operator",)) as house:
        await house.pass_time(1)
        for reader in READERS:
            assert await house.texts(reader) == ["URGENT: Fire"]
