"""Quiet hours: what waits until they end, what comes without a sound, and that nothing is lost or told twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.core.model import Alert, Audience, Delivery, FanOut, Outcome, Revision, Severity, Subscriber
from bot.core.ports import Put, Swap
from bot.outreach import alerts, outbox
from tests.fakes import FakeClock
from tests.flow.house import House, opened

SLEEPER, AWAKE = "web:sleeper", "web:awake"
OPERATORS = {"operators": ("web:operator",), "undo_seconds": 0}
HOUR = 3600
NIGHT, MORNING = datetime(2026, 3, 2, 23, tzinfo=UTC), datetime(2026, 3, 3, 7, tzinfo=UTC)


@pytest.fixture
async def house(tmp_path):
    """It is eleven at night; one of two readers has quiet hours from ten to seven."""
    async with opened(tmp_path, FakeClock(NIGHT), **OPERATORS) as house:
        await asleep(house)
        yield house


async def asleep(house: House) -> None:
    for reader in (SLEEPER, AWAKE):
        await house.say("/subscribe", who=reader)
    await house.say("/quiet 22:00-07:00", who=SLEEPER)


async def heard(house: House, who: str) -> list[str]:
    """What stands in a chat from alerts, apart from answers to commands."""
    return [post.message.plain for post in await alerts_in(house, who)]


async def alerts_in(house: House, who: str) -> list:
    copies = {copy.receipt.id for copy in await house.bot.store.find(Delivery) if copy.receipt}
    return [post for post in await house.posts(who) if post.receipt.id in copies]


async def tell(house: House, line: str, *, settle: bool = True) -> str:
    """Have an alert drafted and sent, and return its id."""
    known = {alert.id for alert in await house.bot.store.find(Alert)}
    await house.say(line)
    await house.press("Send")
    if settle:
        await house.pipeline.settle()
    (new,) = [alert.id for alert in await house.bot.store.find(Alert) if alert.id not in known]
    return new


async def copy_of(house: House, id: str, who: str = SLEEPER) -> Delivery:
    return await house.bot.store.get(Delivery, f"{id}:{who}")


async def until(house: House, moment: datetime) -> None:
    await house.pass_time((moment - house.clock.now()).total_seconds())


async def test_a_routine_alert_waits_for_the_end_of_the_quiet_hours_and_comes_once(house):
    id = await tell(house, "/breaking routine Bread is dearer")
    assert await heard(house, AWAKE) == ["Bread is dearer"]
    assert await heard(house, SLEEPER) == []
    waiting = await copy_of(house, id)
    assert (waiting.outcome, waiting.due, waiting.attempts) == (Outcome.DEFERRED, MORNING, 0)
    await house.pass_time(7.9 * HOUR)
    assert await heard(house, SLEEPER) == []
    await until(house, MORNING)
    assert await heard(house, SLEEPER) == ["Bread is dearer"]
    told = await copy_of(house, id)
    assert (told.outcome, told.told, told.deferred, told.attempts) == (Outcome.TOLD, MORNING, MORNING, 0)
    await house.pass_time(48 * HOUR)
    assert await heard(house, SLEEPER) == ["Bread is dearer"]


@pytest.mark.parametrize(("severity", "silent"), [("flash", (False, False)), ("urgent", (True, False))])
async def test_what_is_urgent_comes_at_once_without_a_sound_and_a_flash_with_it(house, severity, silent):
    await tell(house, f"/breaking {severity} Dam broken")
    posts = [(await alerts_in(house, who))[0] for who in (SLEEPER, AWAKE)]
    assert tuple(post.silent for post in posts) == silent
    await until(house, MORNING)
    await tell(house, f"/breaking {severity} Dam mended")
    assert [post.silent for post in await alerts_in(house, SLEEPER)] == [silent[0], False], "by day it sounds"


async def test_the_report_calls_it_deferred_and_does_not_wait_for_it(house):
    id = await tell(house, "/breaking routine Bread is dearer")
    await house.pass_time(1)
    report = await house.say(f"/report {id}")
    assert "deferred by quiet hours 1" in report
    await until(house, MORNING)
    report = await house.say(f"/report {id}")
    assert "late" not in report
    assert "deferred" not in report


async def test_what_stands_is_corrected_at_any_hour_and_the_notice_is_as_loud_as_its_alert(house):
    await until(house, MORNING)
    routine = await tell(house, "/breaking routine Bread is dearer")
    urgent = await tell(house, "/breaking urgent Dam broken")
    await house.pass_time(16 * HOUR)
    for id in (routine, urgent):
        await house.say(f"/correct {id} Not so.\nNothing happened")
    await house.pass_time(1)
    first, second, *notices = await alerts_in(house, SLEEPER)
    assert all("Nothing happened" in post.message.plain for post in (first, second))
    assert [(notice.under, notice.silent) for notice in notices] == [(second.id, True)]
    await house.pass_time(9 * HOUR)
    assert [post.under for post in await alerts_in(house, SLEEPER)] == ["", "", second.id, first.id]


async def test_an_urgent_update_brings_the_first_alert_that_waits_with_it(house):
    first = await tell(house, "/breaking routine Smoke over the harbour")
    update = await tell(house, f"/update {first} urgent Harbour on fire")
    await house.pass_time(2)
    smoke, fire = await alerts_in(house, SLEEPER)
    assert ["Smoke" in smoke.message.plain, "fire" in fire.message.plain] == [True, True]
    assert fire.under == smoke.id
    assert smoke.silent
    assert fire.silent
    await house.pass_time(48 * HOUR)
    assert len(await alerts_in(house, SLEEPER)) == 2
    await house.say(f"/correct {first} Not so.\nMist over the harbour")
    await house.pass_time(1)
    notice = await house.bot.store.find(Delivery, {"about": (await house.bot.store.get(Alert, first)).notice})
    assert {each.outcome for each in notice if str(each.chat) == SLEEPER} == {Outcome.DEFERRED}, "it is routine still"
    assert (await copy_of(house, update)).outcome is Outcome.TOLD


async def test_a_routine_update_waits_with_its_alert_and_comes_after_it(house):
    first = await tell(house, "/breaking routine Smoke over the harbour")
    await tell(house, f"/update {first} routine It was mist")
    await until(house, MORNING)
    await house.pass_time(2)
    smoke, mist = await alerts_in(house, SLEEPER)
    assert mist.under == smoke.id


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ("/quiet off", NIGHT),
        ("/quiet 1:00-5:00", NIGHT),
        ("/quiet 22:00-5:30", MORNING.replace(hour=5, minute=30)),
        ("/quiet 22:00-9:00", MORNING.replace(hour=9)),
        ("/timezone Europe/Berlin", MORNING.replace(hour=6)),
        ("/timezone Asia/Tokyo", NIGHT),
    ],
)
async def test_who_changes_quiet_hours_or_zone_gets_what_waits_by_the_new_ones(house, line, due):
    await tell(house, "/breaking routine Bread is dearer")
    assert "1 message waits" in await house.say("/quiet", who=SLEEPER)
    await house.say(line, who=SLEEPER)
    if due > NIGHT:
        await until(house, due.replace(minute=due.minute - 1) if due.minute else due.replace(hour=due.hour - 1))
        assert await heard(house, SLEEPER) == []
    await until(house, due)
    assert await heard(house, SLEEPER) == ["Bread is dearer"]
    await house.pass_time(48 * HOUR)
    assert await heard(house, SLEEPER) == ["Bread is dearer"]


async def test_what_is_claimed_after_they_have_begun_waits_as_well(tmp_path):
    async with opened(tmp_path, FakeClock(NIGHT.replace(hour=21, minute=59)), **OPERATORS) as house:
        await asleep(house)
        id = await tell(house, "/breaking routine Bread is dearer", settle=False)
        lanes = {lane.kind: lane for lane in house.pipeline.lanes}
        for _ in range(2):
            await lanes[FanOut].turn(house.bot)
        assert (await copy_of(house, id)).outcome is Outcome.PENDING
        await house.pass_time(120)
        waiting = await copy_of(house, id)
        assert (waiting.outcome, waiting.due, waiting.attempts) == (Outcome.DEFERRED, MORNING, 0)
        await until(house, MORNING)
        assert await heard(house, SLEEPER) == ["Bread is dearer"]


async def test_what_may_have_arrived_is_settled_at_once(tmp_path):
    clock = FakeClock(NIGHT.replace(hour=21, minute=59))
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await asleep(house)
        id = await tell(house, "/breaking routine Bread is dearer", settle=False)
        lanes = {lane.kind: lane for lane in house.pipeline.lanes}
        for _ in range(2):
            await lanes[FanOut].turn(house.bot)
        claimed = await house.bot.store.claim(Delivery, "web", clock.now(), 60, 10)
        assert {job.about for job in claimed} == {id}
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await house.pass_time(120)
        assert (await copy_of(house, id)).outcome is Outcome.TOLD


async def test_what_waits_survives_a_restart(tmp_path):
    clock = FakeClock(NIGHT)
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await asleep(house)
        await tell(house, "/breaking routine Bread is dearer")
    async with opened(tmp_path, clock, **OPERATORS) as house:
        assert await heard(house, SLEEPER) == []
        await until(house, MORNING)
        assert await heard(house, SLEEPER) == ["Bread is dearer"]


async def test_what_is_withdrawn_or_held_in_the_night_is_not_told_in_the_morning(house):
    withdrawn = await tell(house, "/breaking routine Bread is dearer")
    held = await tell(house, "/breaking routine Milk is dearer")
    corrected = await tell(house, "/breaking routine Salt is dearer")
    await house.say(f"/retract {withdrawn}")
    await house.say(f"/hold {held}")
    await house.say(f"/correct {corrected} Not so.\nSalt is cheaper")
    await until(house, MORNING)
    (salt,) = await heard(house, SLEEPER)
    assert "Salt is cheaper" in salt, "and no notice: nobody was told what was wrong"
    assert await copy_of(house, withdrawn) is None
    await house.pass_time(16 * HOUR)
    await house.say(f"/release {held}")
    await house.pass_time(1)
    assert (await copy_of(house, held)).outcome is Outcome.DEFERRED, "let go in the next night, it waits again"
    await house.pass_time(9 * HOUR)
    assert await heard(house, SLEEPER) == [salt, "Milk is dearer"]


async def test_who_leaves_in_the_night_is_not_told_in_the_morning_and_listed(house):
    id = await tell(house, "/breaking routine Bread is dearer")
    await house.say("/unsubscribe everything", who=SLEEPER)
    await until(house, MORNING)
    assert await heard(house, SLEEPER) == []
    left = await copy_of(house, id)
    assert (left.outcome, left.problem) == (Outcome.GONE, "quiet.left")


DROPS = {"topic": "harbour", "keyword": "word:quay", "name": "name:Fishgate", "feed": "https://paper.example/feed"}


@pytest.mark.parametrize("kind", DROPS)
@pytest.mark.parametrize("also", [False, True], ids=["alone", "and another of its topics"])
async def test_what_is_dropped_in_the_night_is_not_told_in_the_morning(house, kind, also):
    chat = await house.bot.store.get(Subscriber, SLEEPER)
    follows = {
        "topics": ("harbour", "weather") if kind == "topic" or also else ("weather",),
        "keywords": ("quay",) * (kind == "keyword"),
        "names": ("Fishgate",) * (kind == "name"),
        "feeds": ("https://paper.example/feed",) * (kind == "feed"),
    }
    follows["topics"] += ("sea",) if also else ()
    await house.bot.store.commit(Put(replace(chat, **follows)))
    words = "Fire on the quay in Fishgate"
    audience = Audience(topics=("harbour", "sea"), feeds=("https://paper.example/feed",), text=words)
    draft = alerts.drafted("fire", Revision(headline=words), Severity.ROUTINE, audience, by="web:ed", at=NIGHT)
    going = alerts.approved(draft, by="web:ed", at=NIGHT)
    await house.bot.store.commit(Put(going), Put(outbox.fan_out_job(going, NIGHT)))
    await house.pipeline.settle()
    assert (await copy_of(house, "fire")).outcome is Outcome.DEFERRED
    await house.say("/unsubscribe weather", who=SLEEPER)
    assert (await copy_of(house, "fire")).outcome is Outcome.DEFERRED
    await house.say(f"/unsubscribe {DROPS[kind]}", who=SLEEPER)
    copy = await copy_of(house, "fire")
    assert (copy.outcome is Outcome.DEFERRED, copy.problem == "quiet.left") == (also, not also)
    await until(house, MORNING)
    assert len(await heard(house, SLEEPER)) == also


class Meddling:
    """A real store in which something happens just before what is deferred is kept."""

    def __init__(self, store, happens) -> None:
        self._store = store
        self._happens = happens

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    async def commit(self, *changes):
        documents = [
            change.new if isinstance(change, Swap) else getattr(change, "document", None) for change in changes
        ]
        defers = any(isinstance(each, Delivery) and each.outcome is Outcome.DEFERRED for each in documents)
        if defers and self._happens:
            happens, self._happens = self._happens, None
            await happens()
        return await self._store.commit(*changes)


@pytest.mark.parametrize("hour", [21, 23], ids=["when it is sent", "when it is addressed"])
async def test_quiet_hours_that_are_lifted_just_when_something_is_put_off_hold_nothing_up(tmp_path, hour):
    async with opened(tmp_path, FakeClock(NIGHT.replace(hour=hour, minute=59)), **OPERATORS) as house:
        await asleep(house)
        await tell(house, "/breaking routine Bread is dearer", settle=False)
        if hour == 21:
            for lane in house.pipeline.lanes:
                if lane.kind is FanOut:
                    await lane.turn(house.bot)
                    await lane.turn(house.bot)
            await house.clock.advance(120)
        store = house.bot.store

        async def lift() -> None:
            object.__setattr__(house.bot, "store", store)
            await house.say("/quiet off", who=SLEEPER)

        object.__setattr__(house.bot, "store", Meddling(store, lift))
        await house.pipeline.settle()
        assert (await store.get(Subscriber, SLEEPER)).quiet is None
        assert await heard(house, SLEEPER) == ["Bread is dearer"]


async def test_what_is_being_sent_when_they_are_lifted_is_sent_once(house):
    await tell(house, "/breaking routine Bread is dearer")
    await house.clock.advance(8 * HOUR)
    lane = next(lane for lane in house.pipeline.lanes if lane.kind is Delivery)
    (claimed,) = await house.bot.store.claim(Delivery, "web", house.clock.now(), 60, 10)
    await house.say("/quiet off", who=SLEEPER)
    assert list(await house.bot.store.claim(Delivery, "web", house.clock.now(), 60, 10)) == []
    await lane.handle(claimed)
    await house.pipeline.settle()
    await house.pass_time(120)
    assert await heard(house, SLEEPER) == ["Bread is dearer"]
    assert (await house.bot.store.get(Delivery, claimed.id)).attempts == 0


async def test_a_rehearsal_waits_for_nobody(tmp_path):
    async with opened(tmp_path, FakeClock(NIGHT), **OPERATORS, test_chats=(SLEEPER,)) as house:
        await house.say("/quiet 22:00-07:00", who=SLEEPER)
        await house.say("/breaking routine Bread is dearer")
        (draft,) = await house.bot.store.find(Alert)
        await house.say(f"/test {draft.id}")
        await house.pipeline.settle()
        assert await heard(house, SLEEPER) == ["TEST: Bread is dearer"]


async def test_they_are_shown_set_and_lifted_with_buttons_too(house):
    assert "has no quiet hours" in await house.say("/quiet", who=AWAKE)
    shown = await house.press("Set 22:00-07:00", who=AWAKE)
    assert "22:00-07:00" in shown
    assert "It is 23:00 here (time zone UTC)" in shown
    assert "has no quiet hours" in await house.press("Lift", who=AWAKE)
    assert "22:00-07:00" in await house.say("/quiet", who=SLEEPER)
    assert "can't read “at night”" in await house.say("/quiet at night", who=SLEEPER)
    assert (await house.bot.store.get(Subscriber, SLEEPER)).quiet is not None


async def test_a_mistyped_time_zone_is_answered_with_those_that_may_be_meant(house):
    assert "Did you mean" in await house.say("/timezone Europe/Berln", who=SLEEPER)
    assert "It is 00:00 here (time zone Europe/Berlin)" in await house.press("Europe/Berlin", who=SLEEPER)
    assert (await house.bot.store.get(Subscriber, SLEEPER)).zone == "Europe/Berlin"
    assert "Europe/Berlin" in await house.say("/timezone", who=SLEEPER)
    assert "no time zone “Q9”. Please" in await house.say("/timezone Q9", who=SLEEPER)


async def test_a_chat_that_follows_nothing_can_have_them_before_it_does(house):
    await house.say("/quiet 22-7", who="web:new")
    await house.say("/subscribe", who="web:new")
    await tell(house, "/breaking routine Bread is dearer")
    assert await heard(house, "web:new") == []
