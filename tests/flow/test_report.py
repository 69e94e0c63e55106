"""The delivery report: whom an alert is for, who was told how soon, who was not and why, how far a change has come."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.errors import Rejected, Uncertain
from bot.core.i18n import translator
from bot.core.message import Action
from bot.core.model import (
    Alert,
    Audience,
    Chat,
    Delivery,
    Outcome,
    Person,
    Progress,
    QuietHours,
    Recall,
    Revision,
    Role,
    Severity,
    Subscriber,
)
from bot.core.ports import Add, Put
from bot.outreach import alerts, outbox
from bot.outreach.progress import standing
from bot.outreach.report import Listed, Tally, Times, all_said, report
from bot.outreach.report_message import report_message
from bot.outreach.telling import NEWSROOM
from tests.fakes import START, FakeClock
from tests.flow.far_side import FarSide, FarSideAdapter, Fault, Trouble
from tests.flow.house import House, opened

EDITOR, SECOND = "web:operator", "web:second"
SETTINGS = {"operators": (EDITOR,), "undo_seconds": 0}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def far(clock):
    return FarSide("far", clock)


@pytest.fixture
async def house(tmp_path, clock, far):
    async with opened(tmp_path, clock, platforms=[lambda *_: FarSideAdapter(far)], **SETTINGS) as house:
        yield house


async def follow(house: House, *keys: str, **more: object) -> None:
    for key in keys:
        chat = Subscriber(id=key, chat=Chat.parse(key), since=START, topics=("*",), **more)
        await house.bot.store.commit(Put(chat))


def chats(count: int) -> list[str]:
    return [f"far:{number:03d}" for number in range(count)]


async def released(house: House, severity: str = "urgent") -> Alert:
    """Send a breaking story and let all that follows happen."""
    await house.say(f"/breaking {severity} Five hurt in the fire")
    await house.press("Send")
    await house.pipeline.settle()
    return await newest(house)


async def newest(house: House) -> Alert:
    return (await house.bot.store.find(Alert, {"notices": ""}, newest=True, limit=1))[0]


async def turned(house: House, kind: type, times: int = 1) -> None:
    """Turn the lanes of one kind of job, and no other."""
    for lane in house.pipeline.lanes:
        for _ in range(times if lane.kind is kind else 0):
            await lane.turn(house.bot)


async def test_the_report_says_how_soon_the_first_half_most_and_all_were_told(tmp_path, clock, far):
    async def takes_a_second(_call):
        await clock.advance(1)

    far.begun = takes_a_second
    settings = {**SETTINGS, "late_seconds": 15}
    async with opened(tmp_path, clock, platforms=[lambda *_: FarSideAdapter(far)], **settings) as house:
        await follow(house, *chats(20))
        arrived = await report(house.bot, await released(house))
        assert arrived.audience == Tally(chats=20, told=20)
        assert arrived.times == Times(first=1, p50=10.5, p95=pytest.approx(19.05), last=20)
        assert arrived.late == 5, "those told after 16, 17, 18, 19 and 20 seconds"
        await house.pass_time(1)
        assert (await house.texts())[-1] == (
            "Five hurt in the fire\n\nTold 20 of 20 chats · late 5\n\n"
            "After the release: the first after 1 s, half within 10 s, 95 % within 19 s, the last after 20 s."
        )


async def test_every_outcome_stands_in_one_report(house, far):
    told, failed, gone, doubtful, moved, there, asleep = chats(7)
    far.keyed = False
    far.faults = [
        Fault(Trouble.REJECTED, Chat.parse(failed), times=99),
        Fault(Trouble.UNCERTAIN_UNDONE, Chat.parse(doubtful), times=99),
    ]
    far.blocked = {Chat.parse(gone)}
    far.moved = {Chat.parse(moved): Chat.parse(there)}
    await follow(house, told, failed, gone, doubtful, moved, "telegram:1", "telegram:2", "discord:3")
    await follow(house, asleep, quiet=QuietHours(8 * 60, 10 * 60))
    await house.say("/breaking routine Five hurt in the fire")
    draft = await newest(house)
    await house.say(f"/uncertain {draft.id} skip")
    await house.say(f"/approve {draft.id}")
    for _ in range(8):
        await house.pass_time(60)
    arrived = await report(house.bot, await newest(house))
    assert arrived.audience == Tally(
        chats=9,
        told=2,
        deferred=1,
        waiting={"telegram": 2, "discord": 1},
        failed={Rejected.key: 1},
        gone=1,
        uncertain=1,
    )
    assert arrived.listed == (
        Listed(chat=doubtful, outcome=Outcome.UNCERTAIN, problem=Uncertain.key),
        Listed(chat=failed, outcome=Outcome.FAILED, problem=Rejected.key),
    )
    assert [post.chat for post in far.ledger] == [Chat.parse(told), Chat.parse(there)], "the chat that moved is one"
    shown = await house.say(f"/report {draft.id}")
    assert shown.splitlines()[2] == (
        "Told 2 of 9 chats · deferred by quiet hours 1 · waiting for discord, which is not connected: 1 · "
        "waiting for telegram, which is not connected: 2 · failed 1 (The platform refused the message) · gone 1 · "
        "uncertain 1"
    )
    assert shown.splitlines()[-2:] == [
        f"• {doubtful} — It is not known whether the message arrived.",
        f"• {failed} — The platform refused the message.",
    ]
    assert await house.bot.store.find(Progress) == [], "what can't come any more is not waited for"
    await house.pass_time(3600 - 8 * 60)
    arrived = await report(house.bot, await newest(house))
    assert (arrived.audience.told, arrived.audience.deferred, arrived.late) == (3, 0, 0), "who slept was told in time"


async def test_the_report_is_read_in_the_editors_language_with_its_numbers(house):
    await follow(house, "far:1")
    alert = await released(house)
    arrived = await report(house.bot, alert)
    many = replace(
        arrived,
        audience=Tally(chats=10_000, told=9_812, failed={"error.rejected": 1_100, "error.delivery": 2}, uncertain=3),
        times=Times(first=0.44, p50=9.96, p95=75.4, last=7_380),
    )
    zone = house.bot.settings.zone
    english = report_message(alert, many, translator("en"), zone).plain
    assert english.splitlines()[2] == (
        "Told 9,812 of 10,000 chats · failed 1,102 (The platform refused the message: 1,100; "
        "The message could not be delivered: 2) · uncertain 3"
    )
    assert "the first after 0.4 s, half within 10 s, 95 % within 1 min 15 s, the last after 2 h 3 min." in english
    german = report_message(alert, many, translator("de"), zone).plain
    assert german.splitlines()[2].startswith("Erreicht: 9.812 von 10.000 Chats · gescheitert 1.102 (")
    assert "der erste nach 0,4 s" in german


async def test_at_most_twenty_chats_are_listed_by_name(house, far):
    far.faults = [Fault(Trouble.REJECTED, times=999)]
    await follow(house, *chats(23))
    await released(house)
    for _ in range(6):
        await house.pass_time(60)
    lines = (await house.texts())[-1].splitlines()
    assert [line.split(" ")[1] for line in lines if " — " in line] == chats(20)
    assert lines[-1] == "• and 3 more"


async def test_a_correction_is_followed_by_a_message_of_its_own_that_ends_as_the_report(house, far):
    await follow(house, *chats(5))
    alert = await released(house)
    await house.pass_time(1)
    before = await house.posts()
    far.faults = [Fault(Trouble.REJECTED, Chat.parse("far:004"), times=99, kind="edit")]
    await house.say(f"/correct {alert.id} It was two.\nTwo hurt in the fire")
    await turned(house, Recall, 2)
    assert not await all_said(house.bot, await newest(house)), "the copies are still to be brought in line"
    await turned(house, Recall, 2)
    (lane,) = [lane for lane in house.pipeline.lanes if lane.kind is Delivery and lane.name == "far"]
    for job in await house.bot.store.claim(Delivery, "far", house.clock.now(), 60, 3):
        await lane.handle(job)
    await turned(house, Progress)
    assert (await house.texts())[-1] == "Two hurt in the fire\n\nCorrecting: 3 of 5 copies."
    for _ in range(8):
        await house.pass_time(60)
    after = await house.posts()
    assert [post.message for post in after[: len(before)]] == [post.message for post in before]
    assert len(after) == len(before) + 2, "the answer, and one message that followed"
    lines = after[-1].message.plain.splitlines()
    assert lines[2] == "Told 5 of 5 chats"
    assert lines[6] == "The correction stands in 4 of 5 copies · failed 1 (The platform refused the message)"
    assert lines[8] == "The notice stands under 5 of 5 copies"
    assert lines[-1] == "• far:004 — The platform refused the message."


async def test_a_correction_is_not_all_said_before_its_notices_are(house):
    await follow(house, *chats(3))
    alert = await released(house)
    await house.say(f"/correct {alert.id} It was two.\nTwo hurt in the fire")
    await turned(house, Recall, 3)
    (lane,) = [lane for lane in house.pipeline.lanes if lane.kind is Delivery and lane.name == "far"]
    for job in await house.bot.store.claim(Delivery, "far", house.clock.now(), 60, 3):
        await lane.handle(job)
    corrected = await newest(house)
    arrived = await report(house.bot, corrected)
    assert (arrived.copies, arrived.notices) == (Tally(chats=3, told=3), Tally(chats=3, pending=3))
    assert not await all_said(house.bot, corrected)
    await house.pipeline.settle()
    assert await all_said(house.bot, corrected)


async def test_a_withdrawal_is_followed_too_and_nobody_is_still_to_be_told_then(house):
    await follow(house, *chats(3), "telegram:1")
    alert = await released(house)
    await house.say(f"/retract {alert.id} There was no fire.")
    await house.pipeline.settle()
    await house.pass_time(1)
    lines = (await house.texts())[-1].splitlines()
    assert lines[2:5] == ["Withdrawn.", "", "Told 3 of 3 chats"]
    assert "The withdrawal stands in 3 of 3 copies" in lines
    assert await house.bot.store.find(Progress) == []


async def test_a_correction_that_was_called_back_is_reported_by_nobody_else(tmp_path, clock, far):
    settings = {**SETTINGS, "undo_seconds": 10}
    async with opened(tmp_path, clock, platforms=[lambda *_: FarSideAdapter(far)], **settings) as house:
        await follow(house, *chats(2))
        await released(house)
        await house.pass_time(10)
        await house.pass_time(1)
        await house.say(f"/correct {(await newest(house)).id} It was two.\nTwo hurt in the fire")
        before = len(await house.posts())
        await house.press("Undo")
        for _ in range(5):
            await house.pass_time(5)
        assert len(await house.posts()) == before
        assert (await house.texts())[-1].startswith("Five hurt in the fire\n\nTold 2 of 2 chats")


async def test_both_messages_end_as_the_report_where_a_correction_overtakes_the_fan_out(house, far):
    await follow(house, *chats(3))
    await house.say("/breaking Five hurt in the fire")
    await house.press("Send")
    await turned(house, outbox.FanOut, 2)
    await turned(house, Progress)
    assert "Going out: 0 of 3 told." in (await house.texts())[-1]
    await house.say(f"/correct {(await newest(house)).id} It was two.\nTwo hurt in the fire")
    await house.pipeline.settle()
    for _ in range(3):
        await house.pass_time(2)
    draft, _answer, _followed = (await house.texts())[-3:]
    assert "Told 3 of 3 chats" in draft
    assert await house.bot.store.find(Progress) == []


async def test_a_platform_that_is_not_connected_holds_up_no_report(house):
    await follow(house, "far:1", "telegram:1", "telegram:2")
    await released(house)
    await house.pass_time(1)
    assert (await house.texts())[-1].splitlines()[2] == (
        "Told 1 of 3 chats · waiting for telegram, which is not connected: 2"
    )
    assert await house.bot.store.find(Progress) == []
    assert await all_said(house.bot, await newest(house))


async def test_what_nobody_could_handle_is_listed_and_not_waited_for(house):
    await follow(house, *chats(2))
    alert = await released(house)
    (poisoned, _) = await house.bot.store.find(Delivery, {"about": alert.id})
    lost = replace(poisoned, outcome=Outcome.PENDING, due=None, told=None, receipt=None, shown=0)
    await house.bot.store.commit(Put(lost))
    assert await all_said(house.bot, alert)
    arrived = await report(house.bot, alert)
    assert arrived.audience == Tally(chats=2, told=1, failed={"error.delivery": 1})
    held = alerts.held(alert, by=EDITOR, at=house.clock.now())
    assert (await report(house.bot, held)).audience.pending == 1, "put by, it is still to go"


async def test_a_held_alert_is_not_said_and_its_report_says_that_it_is_held(house):
    await follow(house, *chats(2))
    await house.say("/breaking Five hurt in the fire")
    await house.press("Send")
    await turned(house, outbox.FanOut, 1)
    id = (await newest(house)).id
    assert "Held" in await house.say(f"/hold {id}")
    await house.pass_time(5)
    assert not await all_said(house.bot, await newest(house))
    shown = await house.say(f"/report {id}")
    assert "Held: nothing more goes out. Told so far: 0." in shown
    await house.press("Release")
    for _ in range(3):
        await house.pass_time(5)
    assert "Told 2 of 2 chats" in (await house.texts())[-1]


async def test_while_it_goes_out_deliveries_are_counted_and_not_looked_at(house):
    await follow(house, *chats(3))
    alert = await released(house)

    class Counting:
        """A real store in which nobody may page through deliveries."""

        def __getattr__(self, name):
            return getattr(house.bot.store, name)

        async def find(self, kind, *_where, **_page):
            raise AssertionError(kind)

    bot = dataclasses.replace(house.bot, store=Counting())
    shown = await standing(bot, alert, translator("en"), said=False)
    assert shown.plain.endswith("Going out: 3 of 3 told.")


async def test_a_rehearsal_is_reported_as_one(tmp_path, clock, far):
    settings = {**SETTINGS, "test_chats": ("far:1",)}
    async with opened(tmp_path, clock, platforms=[lambda *_: FarSideAdapter(far)], **settings) as house:
        await house.say("/breaking Five hurt in the fire")
        await house.say(f"/test {(await newest(house)).id}")
        await house.pipeline.settle()
        await house.pass_time(1)
        assert (await house.texts())[-1].startswith("TEST: Five hurt in the fire\n\nTold 1 of 1 chat")
        assert "TEST: Five hurt" in await house.say("/alerts")


async def test_what_the_newsroom_itself_tells_is_reported_to_who_asks(house):
    await follow(house, *chats(2))
    now, id = house.clock.now(), house.bot.ids.new()
    told = Audience(topics=("*",))
    draft = alerts.drafted(id, Revision(headline="Ferry"), Severity.ROUTINE, told, by=NEWSROOM, at=now)
    alert = alerts.approved(draft, by=NEWSROOM, at=now)
    await house.bot.store.commit(Add(alert), Add(outbox.fan_out_job(alert, now)))
    await house.pipeline.settle()
    assert await house.texts() == []
    assert "told 2 of 2 · Ferry" in await house.say("/alerts")
    assert "Told 2 of 2 chats" in await house.press("Report: Ferry")


async def test_a_second_editor_finds_what_waits_and_approves_it(tmp_path, clock, far):
    settings = {**SETTINGS, "second_editor": True}
    async with opened(tmp_path, clock, platforms=[lambda *_: FarSideAdapter(far)], **settings) as house:
        await house.bot.store.commit(Put(Person(id=SECOND, role=Role.EDITOR)))
        await follow(house, *chats(2))
        await house.say("/breaking Five hurt in the fire")
        for number in range(12):
            now, id = house.clock.now(), house.bot.ids.new()
            told = Audience(topics=("elsewhere",))
            draft = alerts.drafted(id, Revision(headline=f"News {number}"), Severity.ROUTINE, told, by=NEWSROOM, at=now)
            await house.bot.store.commit(Add(alerts.released(alerts.approved(draft, by=NEWSROOM, at=now), at=now)))
        own = (await house.say("/alerts")).splitlines()
        assert own[2].endswith("waits for another editor · Five hurt in the fire"), "first of all, however old"
        labels = [action.label for action in (await house.posts())[-1].message.actions]
        assert labels[0] == "Preview: Five hurt in the fire"
        assert not any(label.startswith("Approve") for label in labels), "nobody approves what is their own"
        await house.say("/alerts", who=SECOND)
        await house.press("Approve: Five hurt", who=SECOND)
        await house.pipeline.settle()
        await house.pass_time(1)
        assert "Told 2 of 2 chats" in (await house.texts(SECOND))[-1]


async def test_the_list_says_how_alerts_stand_and_how_far_they_got(house, far):
    far.faults = [Fault(Trouble.REJECTED, Chat.parse("far:001"), times=99)]
    await follow(house, *chats(3))
    await released(house)
    for _ in range(6):
        await house.pass_time(60)
    await house.say("/breaking Quay closed")
    await house.say(f"/schedule {(await newest(house)).id} 18:30")
    await house.say("/breaking Bridge closed")
    await house.say(f"/reject {(await newest(house)).id}")
    listed = await house.say("/alerts")
    assert "goes out at 02.03. 18:30 UTC · Quay closed" in listed
    assert "out · told 2 of 3 · failed 1 · Five hurt in the fire" in listed
    assert "discarded · Bridge closed" in listed
    await house.say(f"/hold {(await house.bot.store.find(Alert, {'state': 'scheduled'}))[0].id}")
    assert "held · Quay closed" in await house.say("/alerts")
    actions = (await house.posts())[-1].message.actions
    told = next(alert for alert in await house.bot.store.find(Alert) if alert.released)
    assert actions == (Action("Report: Five hurt in the fire", f"/report {told.id}"),)


async def test_the_message_waits_as_long_as_the_platform_asks_and_moves_with_its_chat(house, far, clock):
    await follow(house, "far:1")
    alert = await released(house)
    chat, there = Chat.parse("far:editor"), Chat.parse("far:editors")
    job = Progress(id="p", lane="progress", due=clock.now(), alert=alert.id, chat=chat, locale="en")
    far.faults = [Fault(Trouble.LATER, chat, seconds=30)]
    await house.bot.store.commit(Put(job))
    await house.pipeline.settle()
    await house.pass_time(29)
    assert far.standing(chat) == [], "not before the time it was told"
    far.moved = {chat: there}
    await house.pass_time(1)
    await house.pass_time(1)
    (post,) = far.standing(there)
    assert "Told 1 of 1 chat" in post.shown[-1]
    assert await house.bot.store.find(Progress) == []


async def test_the_longer_it_takes_the_less_often_it_is_looked_at(house, clock):
    await follow(house, "far:1")
    alert = await released(house)
    await house.pass_time(1)
    held = alerts.held(alert, by=EDITOR, at=clock.now())
    job = Progress(id="p", lane="progress", due=clock.now(), alert=alert.id, chat=Chat.parse("web:e"), locale="en")
    await house.bot.store.commit(Put(held), Put(job))
    for _ in range(600):
        await turned(house, Progress)
        await clock.advance(0.1)
    (job,) = await house.bot.store.find(Progress)
    assert job.looks <= 20, "a group takes 20 messages a minute"
    assert job.due - clock.now() <= timedelta(seconds=5)


async def test_whom_an_alert_was_let_go_to_later_is_not_told_late(house):
    await follow(house, "far:1")
    await house.bot.store.commit(
        Put(Subscriber(id="far:2", chat=Chat.parse("far:2"), since=house.clock.now(), topics=("harbour",)))
    )
    revision, now = Revision(headline="Fire"), house.clock.now()
    draft = alerts.drafted("a", revision, Severity.ROUTINE, Audience(topics=("fire",)), by="web:operator", at=now)
    going = alerts.approved(draft, by="web:operator", at=now)
    chat = await house.bot.store.get(Subscriber, "far:1")
    await house.bot.store.commit(Put(replace(chat, topics=("fire",))), Put(going), Put(outbox.fan_out_job(going, now)))
    await house.pass_time(1)
    await house.pass_time(3600)
    now = house.clock.now()
    wider = alerts.widened(await house.bot.store.get(Alert, "a"), Audience(topics=("harbour",)), at=now)
    await house.bot.store.commit(Put(wider), Put(outbox.fan_out_job(wider, now)))
    await house.pass_time(1)
    arrived = await report(house.bot, wider)
    assert (arrived.audience.told, arrived.late, arrived.times.last) == (2, 0, 1)


async def test_whom_quiet_hours_are_lifted_for_is_not_told_late(house):
    await follow(house, "web:asleep", quiet=QuietHours(8 * 60, 10 * 60))
    await house.say("/breaking routine Five hurt in the fire")
    alert = await newest(house)
    await house.say(f"/approve {alert.id}")
    await house.pass_time(1)
    await house.pass_time(1800)
    await house.say("/quiet off", who="web:asleep")
    await house.pass_time(1)
    arrived = await report(house.bot, await newest(house))
    assert (arrived.audience.told, arrived.late) == (1, 0)
