"""Alarms: raised once, told to every operator who can be reached, shown while they stand, and ended."""

from __future__ import annotations

import pytest
from lxml import html
from msgspec.structs import replace

from bot.core.model import Alert, Audience, FanOut, Person, Revision, Role, Severity, State
from bot.core.ports import Put
from bot.outreach import alarm, outbox
from tests.fakes import START, FakeClock
from tests.flow.house import OPERATOR, House, opened
from tests.flow.web import Browser, running

OPERATORS = {"operators": (OPERATOR, "telegram:7", "terminal:1"), "undo_seconds": 0}
REVOKED = "telegram no longer accepts the bot's token"


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), **OPERATORS) as house:
        yield house


def released(id: str, audience: Audience) -> Alert:
    return Alert(
        id=id,
        severity=Severity.ROUTINE,
        state=State.RELEASED,
        author=OPERATOR,
        audience=audience,
        revisions=(Revision(headline="Fire"),),
        released=START,
    )


async def raised(house: House) -> None:
    await house.bot.store.commit(*alarm.alarm(house.bot, "platform:telegram", "alarm.revoked", platform="telegram"))


async def test_an_alarm_is_told_once_however_often_it_is_raised(house):
    for _ in range(3):
        await raised(house)
        await house.pass_time(60)
    (told,) = await house.texts()
    assert told.startswith("Alarm\n\n")
    assert REVOKED in told
    assert "Since 02.03. 09:00 UTC" in told


async def test_that_it_is_over_is_said_under_it_and_the_next_one_is_told_anew(house):
    await raised(house)
    await house.pass_time(60)
    await alarm.clear(house.bot, "platform:telegram")
    await alarm.clear(house.bot, "platform:telegram")
    await house.pass_time(60)
    first, second = await house.posts()
    assert second.under == first.id
    assert second.message.plain.startswith("Over since 02.03. 09:01 UTC")
    assert await house.bot.store.find(alarm.Alarm) == []
    assert await house.bot.store.find(alarm.Call) == []
    await raised(house)
    await house.pass_time(60)
    assert len(await house.posts()) == 3


@pytest.mark.parametrize("turns", [0, 1])
async def test_an_alarm_that_is_over_before_anybody_was_told_is_told_to_nobody(house, turns):
    await raised(house)
    ring = next(lane for lane in house.pipeline.lanes if lane.kind is alarm.Alarm)
    for _ in range(turns):
        await ring.turn(house.bot)
    await alarm.clear(house.bot, "platform:telegram")
    await house.pass_time(60)
    assert await house.posts() == []
    assert await house.bot.store.find(alarm.Alarm) == []


async def test_an_alert_that_gets_no_further_alarms_and_is_carried_on_once_it_can_be(house):
    alert = released("a1", Audience(chats=("what is no chat",)))
    await house.bot.store.commit(Put(alert), Put(outbox.fan_out_job(alert, START)))
    for _ in range(8):
        await house.pass_time(60)
    (told,) = await house.texts()
    assert "Alert a1 does not get any further" in told
    assert await house.bot.store.get(FanOut, "a1"), "it is never put aside"
    await house.bot.store.commit(Put(replace(alert, audience=Audience(chats=(OPERATOR,)))))
    for _ in range(5):
        await house.pass_time(60)
    assert await house.bot.store.get(FanOut, "a1") is None
    over, alerted = sorted(text.splitlines()[0] for text in (await house.texts())[1:])
    assert over.startswith("Over since")
    assert alerted == "TEST: Fire"
    assert await house.bot.store.find(alarm.Alarm) == []


async def test_every_operator_is_told_and_nobody_else(house):
    people = [
        Person(id="web:granted", role=Role.OPERATOR),
        Person(id="web:blocked", role=Role.OPERATOR, blocked=True),
        Person(id="web:editor", role=Role.EDITOR),
    ]
    await house.bot.store.commit(*map(Put, people))
    await raised(house)
    await house.pass_time(1)
    assert {call.person for call in await house.bot.store.find(alarm.Call)} == {OPERATOR, "web:granted"}
    assert [len(await house.posts(who)) for who in ("web:granted", "web:blocked", "web:editor")] == [1, 0, 0]


@pytest.mark.parametrize("turns", range(4))
async def test_after_a_crash_at_any_step_everybody_is_told_once(tmp_path, turns):
    clock = FakeClock()
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await raised(house)
        lanes = [lane for lane in house.pipeline.lanes if lane.name == alarm.LANE]
        for lane in (*lanes, *lanes)[:turns]:
            await lane.turn(house.bot)
        await house.bot.store.claim(alarm.Call, alarm.LANE, clock.now(), 60, 10)
    async with opened(tmp_path, clock, **OPERATORS) as house:
        await house.pass_time(61)
        assert len(await house.posts()) == 1


async def test_it_is_over_only_for_whom_it_is_told_when_it_ends_while_it_is_being_told(house):
    await raised(house)
    ring, call = (lane for lane in house.pipeline.lanes if lane.name == alarm.LANE)
    await ring.turn(house.bot)
    (claimed,) = await house.bot.store.claim(alarm.Call, alarm.LANE, house.clock.now(), 60, 10)
    await alarm.clear(house.bot, "platform:telegram")
    await ring.turn(house.bot)
    await call.handle(claimed)
    await house.pass_time(2)
    first, second = await house.posts()
    assert second.under == first.id


async def test_it_stands_in_the_status_for_editors_while_it_stands(house):
    await raised(house)
    assert REVOKED in await house.say("/status")
    assert REVOKED not in await house.say("/status", who="web:reader")
    await alarm.clear(house.bot, "platform:telegram")
    assert REVOKED not in await house.say("/status")


async def test_it_stands_on_top_of_the_desk(tmp_path):
    async with running(tmp_path) as served, Browser(served.address) as editor:
        await editor.sign_in(await served.adapter.sign_in_link("web:night-desk", Role.EDITOR))
        raised = alarm.Alarm(
            id="platform:telegram",
            lane=alarm.LANE,
            due=None,
            key="alarm.revoked",
            arguments={"platform": "<telegram>"},
            since=START,
        )
        await served.store.commit(Put(raised))
        await editor.open("/desk")
        (shown,) = [each for each in html.fromstring(editor.html).xpath("//*[@role='alert']") if each.text]
        assert shown.text.startswith(f"<{REVOKED[:8]}> {REVOKED[9:]}")
        await served.store.commit(Put(replace(raised, over=START)))
        await editor.open("/desk")
        assert REVOKED[9:] not in editor.html


async def test_an_alarm_of_a_platform_that_is_no_longer_there_ends(house):
    for platform in ("telegram", "web"):
        await house.bot.store.commit(*alarm.stopped(house.bot, platform))
    await alarm.clear_of_others(house.bot)
    assert [known.id for known in await alarm.standing(house.bot.store)] == ["platform:web"]


async def test_the_status_counts_alerts_and_not_the_notices_of_their_corrections(house):
    await house.say("/subscribe")
    await house.say("/breaking Five hurt")
    await house.press("Send")
    await house.pass_time(1)
    id = (await house.bot.store.find(Alert))[0].id
    await house.say(f"/correct {id} It was two.\nTwo hurt")
    await house.pass_time(1)
    assert len(await house.bot.store.find(Alert)) == 2
    assert "1 alert, 0 of them drafts" in await house.say("/status")
