"""What is going out, at the desk: the figures, who is shown them, and the stream that renews them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html
from msgspec.structs import replace

from adapters.telegram.adapter import TelegramAdapter
from bot.core.errors import BotError, Revoked
from bot.core.model import (
    Act,
    Alert,
    Audience,
    Chat,
    Delivery,
    Outcome,
    Person,
    Priority,
    Revision,
    Role,
    Severity,
    State,
    Subscriber,
)
from bot.core.ports import Delete, Put
from bot.outreach import alarm
from bot.outreach.preview import previews
from tests.fakes import START
from tests.flow.test_web_alerts import EDITOR, READERS, Desk, desk
from tests.flow.web import Browser

QUIET = "Nothing is going out."


def released(id: str = "a1", severity: Severity = Severity.FLASH, headline: str = "Harbour bridge closed") -> Alert:
    return Alert(
        id=id,
        severity=severity,
        state=State.RELEASED,
        author=EDITOR,
        audience=Audience(everyone=True),
        revisions=(Revision(headline=headline),),
        log=(Act(at=START, by=EDITOR, did="released"),),
        released=START,
        addressed=True,
    )


def deliveries(alert: Alert, number: int, platform: str = "telegram", **changed: object) -> Sequence[Put]:
    """Chats of a platform that wait to be told, or stand otherwise."""
    chats = [Chat(platform, f"{changed.get('outcome', 'pending')}{each}") for each in range(number)]
    one = Delivery(id="", lane=platform, due=START, priority=alert.severity.priority, about=alert.id, chat=chats[0])
    return [Put(replace(one, id=f"{alert.id}:{chat}", chat=chat, **changed)) for chat in chats]


def table(at_desk: Desk) -> dict[str, list[str]]:
    """The rows of the table by platform: its state, what waits by urgency, the rate, the time it takes."""
    bodies = at_desk.browser.all('//*[contains(@class, "sending")]//tbody')
    rows = {body.get("id").removeprefix("wire-"): body.find("tr") for body in bodies}
    return {
        platform: [" ".join(cell.text_content().split()).removeprefix(platform.capitalize() + " ") for cell in row]
        for platform, row in rows.items()
    }


def lately(at_desk: Desk) -> list[str]:
    return [" ".join(each.text_content().split()) for each in at_desk.browser.all('//*[@class="lately"]//p')]


def under_way(at_desk: Desk) -> list[str]:
    return [
        " ".join(" ".join(each.itertext()).split()) for each in at_desk.browser.all('//li[starts-with(@id, "going-")]')
    ]


@pytest.fixture
async def at_desk(tmp_path: Path):
    settings = {"undo_seconds": 0, "telegram_token": "1:a", "telegram_rate": 2}
    async with desk(tmp_path, platforms=[TelegramAdapter], **settings) as at_desk:
        at_desk.house.bot.adapters["telegram"].connected.set()
        yield at_desk


# ------------------------------------------------------------------------------------------------ the figures


async def test_what_waits_is_counted_by_platform_and_urgency_and_takes_its_time_at_the_allowed_rate(at_desk: Desk):
    flash, routine, held = released(), released("a2", Severity.ROUTINE, "Library opens"), released("a3")
    later = START + timedelta(hours=8)
    await at_desk.house.bot.store.commit(
        *map(Put, (flash, routine, replace(held, held=True))),
        *deliveries(flash, 3),
        *deliveries(flash, 4, outcome=Outcome.TOLD, due=None, shown=1, told=START),
        *deliveries(routine, 1200),
        *deliveries(routine, 5, outcome=Outcome.DEFERRED, due=later, deferred=later),
        *deliveries(held, 6, due=None),
    )
    await at_desk.browser.open("/desk")
    assert table(at_desk) == {
        "web": ["connected", "0", "0", "0", "0, no limit", "–"],
        "telegram": ["connected", "3", "0", "1,200", "0 of 2", "10 min 2 s"],
    }
    assert [each.split(" ")[0] for each in under_way(at_desk)] == ["Flash", "Routine"], "the most urgent first"
    assert at_desk.browser.text('//*[@role="status"][contains(@class, "hint")]') == "2 alerts are going out."


async def test_nothing_waits_at_an_idle_desk(at_desk: Desk):
    await at_desk.house.bot.store.commit(
        Put(released()), *deliveries(released(), 2, outcome=Outcome.TOLD, due=None, shown=1, told=START)
    )
    await at_desk.browser.open("/desk")
    assert QUIET in at_desk.browser.text('//*[contains(@class, "sending")]')
    assert under_way(at_desk) == []
    assert table(at_desk)["telegram"] == ["connected", "0", "0", "0", "0 of 2", "–"]


async def test_an_alert_under_way_tells_how_far_it_is_and_how_soon_its_chats_were_told(at_desk: Desk):
    alert, store = released(), at_desk.house.bot.store
    told = deliveries(alert, 20, outcome=Outcome.TOLD, due=None, shown=1)
    moments = [START + timedelta(seconds=number) for number in range(1, 21)]
    await store.commit(
        Put(alert),
        *(Put(replace(put.document, told=moment)) for put, moment in zip(told, moments, strict=True)),
        *deliveries(alert, 30),
        *deliveries(alert, 2, outcome=Outcome.FAILED, due=None, problem="error.rejected"),
    )
    await at_desk.browser.open("/desk")
    (words,) = under_way(at_desk)
    assert words.startswith("Flash Harbour bridge closed Going out: 20 of 52 told. 30 on the way 2 failed ")
    assert words.endswith(" first after 1 s, half within 10 s, 95 % within 19 s")
    (bar,) = at_desk.browser.all('//li[@id="going-a1"]//progress')
    assert (bar.get("value"), bar.get("max")) == ("20", "52")


async def test_a_correction_under_way_tells_how_far_the_correction_is(at_desk: Desk):
    alert = released()
    right = Revision(headline="Harbour bridge open", note="It was a drill", corrected=START)
    alert = replace(alert, revisions=(*alert.revisions, right), notice="n1")
    notice = replace(released("n1"), notices="a1")
    done = deliveries(alert, 3, outcome=Outcome.TOLD, due=None, shown=2, told=START)
    await at_desk.house.bot.store.commit(
        Put(alert), Put(notice), *done, *deliveries(alert, 1, shown=1, told=START), *deliveries(notice, 2)
    )
    await at_desk.browser.open("/desk")
    (words,) = under_way(at_desk)
    assert "3 of 4" in words
    (bar,) = at_desk.browser.all('//li[@id="going-a1"]//progress')
    assert (bar.get("value"), bar.get("max")) == ("3", "4")
    assert table(at_desk)["telegram"][1] == "3", "the notices are waited for as well"


async def test_of_many_alerts_the_most_urgent_are_named_and_the_others_counted(at_desk: Desk):
    alerts = [released(f"a{number:02}", Severity.ROUTINE, f"Story {number:02}") for number in range(13)]
    flash = released("a99", Severity.FLASH)
    await at_desk.house.bot.store.commit(
        *map(Put, (*alerts, flash)), *(put for alert in (*alerts, flash) for put in deliveries(alert, 1))
    )
    await at_desk.browser.open("/desk")
    assert len(under_way(at_desk)) == 10
    assert under_way(at_desk)[0].startswith("Flash")
    assert under_way(at_desk)[1].startswith("Routine Story 12"), "the newest first"
    assert "and 4 more" in at_desk.browser.text('//*[contains(@class, "sending")]')


async def test_retries_and_refusals_are_told_in_words_for_ten_minutes(at_desk: Desk):
    bot = at_desk.house.bot
    for reason in ("error.retry_later", "error.retry_later", "error.uncertain"):
        bot.meters.retried("telegram", reason, bot.clock.monotonic())
    await at_desk.house.clock.advance(300)
    bot.meters.refused("telegram", "error.chat_gone", bot.clock.monotonic())
    await at_desk.browser.open("/desk")
    again = "The platform asks to wait (2); It is not known whether the message arrived (1)"
    gone = "Given up, of the last ten minutes: The chat can no longer be reached (1)"
    assert lately(at_desk) == [f"Tried again, of the last ten minutes: {again}", gone]
    await at_desk.house.clock.advance(360)
    await at_desk.browser.open("/desk")
    assert lately(at_desk) == [gone]
    await at_desk.house.clock.advance(600)
    await at_desk.browser.open("/desk")
    assert lately(at_desk) == []


async def test_the_rate_is_that_of_now(at_desk: Desk):
    bot = at_desk.house.bot
    for _ in range(45):
        bot.meters.shown("telegram", bot.clock.monotonic(), first=True)
    await at_desk.browser.open("/desk")
    assert table(at_desk)["telegram"][4] == "15 of 2"
    await at_desk.house.clock.advance(4)
    await at_desk.browser.open("/desk")
    assert table(at_desk)["telegram"][4] == "0 of 2"


async def test_a_platform_s_state_is_told_and_what_does_not_go_takes_no_time(at_desk: Desk):
    bot, alert = at_desk.house.bot, released()
    telegram = bot.adapters["telegram"]
    await bot.store.commit(Put(alert), *deliveries(alert, 4), *deliveries(alert, 5, "discord"))

    async def state() -> list[str]:
        await at_desk.browser.open("/desk")
        row = table(at_desk)["telegram"]
        return [row[0], row[-1]]

    assert await state() == ["connected", "2 s"]
    assert table(at_desk)["discord"] == ["not in the settings", "5", "0", "0", "0, no limit", "–"]
    telegram.connected.clear()
    assert await state() == ["connecting", "–"]
    telegram.rivalled.set()
    assert await state() == ["standing by: another program has the token", "–"]
    telegram.rivalled.clear()
    telegram.connected.set()
    for error, words in ((Revoked(), "stopped: token refused"), (BotError(), "stopped, see the log")):
        await bot.store.commit(*alarm.stopped(bot, "telegram", error))
        assert await state() == [words, "–"]
        await bot.store.commit(Delete(alarm.Alarm, "platform:telegram"))
    telegram.pace.halt(bot.clock.monotonic() + 35)
    assert await state() == ["connected", "37 s"]
    assert lately(at_desk) == ["The platform asks to wait: 35 s"]


async def test_it_speaks_the_editor_s_language(tmp_path: Path):
    async with desk(tmp_path, {"Accept-Language": "de"}) as at_desk:
        await at_desk.house.bot.store.commit(Put(released()), *deliveries(released(), 1000, "web"))
        await at_desk.browser.open("/desk")
        words = at_desk.browser.text('//*[contains(@class, "sending")]')
        assert "Im Versand Eine Meldung geht hinaus." in words
        assert table(at_desk)["web"] == ["verbunden", "1.000", "0", "0", "0, kein Limit", "–"]
        assert "0 von 1.000 zugestellt 1.000 unterwegs" in at_desk.browser.text('//li[@id="row-a1"]')


# ------------------------------------------------------------------------------------------------ the stream


async def test_the_stream_renews_what_has_changed_and_says_nothing_else(at_desk: Desk):
    store, alert = at_desk.house.bot.store, released()
    async with at_desk.browser.stream(desk=True) as stream:
        first = await stream.next()
        assert first.keys() == {"event", "change", "sending"}
        assert QUIET in first["sending"]
        await store.commit(Put(alert), *deliveries(alert, 2))
        await at_desk.house.clock.advance(1)
        second = await stream.next()
        assert "0 of 2 told" in html.fromstring(second["sending"]).text_content()
        assert "2 on the way" in second["reached-a1"]
        await at_desk.house.say("/status", who=EDITOR)
        await at_desk.house.clock.advance(1)
        assert (await stream.next())["event"] == "post", "nothing of the desk has changed"
        await store.commit(Put(replace(deliveries(alert, 1)[0].document, due=None, outcome=Outcome.TOLD, shown=1)))
        await at_desk.house.clock.advance(1)
        third = await stream.next()
        assert "1 of 2 told" in html.fromstring(third["sending"]).text_content()
        assert "1 of 2 told" in third["reached-a1"]


async def test_an_alert_that_is_through_is_told_so_once_more(at_desk: Desk):
    store, alert = at_desk.house.bot.store, released()
    (waits,) = deliveries(alert, 1)
    await store.commit(Put(alert), waits)
    async with at_desk.browser.stream(desk=True) as stream:
        assert "0 of 1 told" in (await stream.next())["reached-a1"]
        await store.commit(Put(replace(waits.document, due=None, outcome=Outcome.TOLD, shown=1, told=START)))
        await at_desk.house.clock.advance(1)
        last = await stream.next()
        assert QUIET in last["sending"]
        assert "1 of 1 told" in last["reached-a1"]


async def test_who_is_no_editor_any_more_gets_no_more_of_it(at_desk: Desk):
    store = at_desk.house.bot.store
    async with at_desk.browser.stream(desk=True) as stream:
        assert (await stream.next())["event"] == "desk"
        person = await store.get(Person, EDITOR)
        await store.commit(Put(replace(person, role=Role.READER)), Put(released()), *deliveries(released(), 2))
        await at_desk.house.clock.advance(1)
        with pytest.raises(EOFError):
            assert (await stream.next())["event"] == "post"


async def test_a_reader_s_stream_and_that_of_the_chat_alone_tell_nothing_of_it(at_desk: Desk):
    await at_desk.house.bot.store.commit(Put(released()), *deliveries(released(), 2))
    async with Browser(at_desk.browser.address) as reader:
        for who, asked in ((reader, True), (at_desk.browser, False)):
            await who.open()
            await who.say("/status")
            await who.reads("How I am")
            async with who.stream(desk=asked) as stream:
                said = [await stream.next()]
                await who.say("/help")
                while "What I can do" not in said[-1].get("html", ""):
                    said.append(await stream.next())
            assert {each["event"] for each in said} == {"post"}


async def test_the_queues_are_counted_however_a_delivery_came_to_wait_and_to_wait_no_more(at_desk: Desk):
    store, alert = at_desk.house.bot.store, released()
    waiting = deliveries(alert, 5)
    await store.commit(Put(alert), *waiting)
    assert await store.count(Delivery, by="queue") == {"telegram 1 a1": 5}
    claimed = await store.claim(Delivery, "telegram", START, 60, 2)
    assert await store.count(Delivery, by="queue") == {"telegram 1 a1": 5}, "what is being sent is not yet sent"
    await store.commit(
        Put(replace(claimed[0], due=None, outcome=Outcome.TOLD)), Put(replace(claimed[1], priority=Priority.ROUTINE))
    )
    assert await store.count(Delivery, by="queue") == {"telegram 1 a1": 3, "telegram 3 a1": 1}
    await store.commit(*(Delete(Delivery, put.document.id) for put in waiting))
    assert await store.count(Delivery, by="queue") == {}


# ------------------------------------------------------------------------------------------------ older alerts


async def test_every_part_of_the_board_leads_to_its_older_alerts(at_desk: Desk):
    store = at_desk.house.bot.store
    alerts = [released(f"a{number:02}", headline=f"Story {number:02}") for number in range(45)]
    drafts = [replace(alert, id=f"d{alert.id}", state=State.DRAFT, released=None) for alert in alerts[:21]]
    await store.commit(*map(Put, (*alerts, *drafts)))
    seen = '//section[h2[text()="Latest alerts"] or h1]//*[@class="headline"]/text()'
    headlines: list[str] = []
    further = ["/desk"]
    while further and len(headlines) < 45:
        assert (await at_desk.browser.open(further[0])).status == 200
        headlines += at_desk.browser.all(seen)
        further = [link for link in at_desk.browser.all('//*[contains(@class, "older")]/a/@href') if "latest" in link]
    assert further == []
    assert headlines == [f"Story {number:02}" for number in reversed(range(45))]
    await at_desk.browser.open("/desk")
    (drafted,) = [link for link in at_desk.browser.all('//*[contains(@class, "older")]/a/@href') if "drafts" in link]
    await at_desk.browser.open(drafted)
    assert at_desk.browser.all('//*[@class="headline"]/text()') == ["Story 00"]


async def test_a_part_that_is_all_shown_leads_nowhere_and_one_that_is_none_has_no_page(at_desk: Desk):
    alerts = [released(f"a{number:02}") for number in range(20)]
    await at_desk.house.bot.store.commit(*map(Put, alerts))
    await at_desk.browser.open("/desk")
    assert at_desk.browser.all('//a[contains(@href, "/desk/older/")]') == []
    assert (await at_desk.browser.open("/desk/older/secrets")).status == 404
    assert (await at_desk.browser.open("/desk/older/latest?before=a00")).status == 200
    assert "There are no older ones." in at_desk.browser.html


async def test_what_was_released_is_counted_by_its_deliveries_not_by_who_follows_now(at_desk: Desk):
    house = at_desk.house
    id = await at_desk.compose()
    await at_desk.act(id, "approve")
    await house.pipeline.settle()
    newcomer = Subscriber(id="web:new", chat=Chat("web", "new"), since=START, topics=("*",))
    await house.bot.store.commit(Put(newcomer))
    shown = {each.platform: each.chats for each in await previews(house.bot, await at_desk.kept(id))}
    assert shown == {"web": len(READERS), "telegram": 0}
