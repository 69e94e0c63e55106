"""What editors do with an alert before and after it goes out: schedule, hold, rehearse, call back, follow up."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.core.i18n import translator
from bot.core.model import Alert, Chat, Delivery, OnUncertain, Outcome, State, Subscriber
from bot.core.ports import Put
from bot.outreach.compose import alert_message
from tests.fakes import FakeClock
from tests.flow.house import House, opened

EDITOR, SECOND = "web:operator", "web:second"
READERS = ["web:reader1", "web:reader2", "web:reader3"]


@asynccontextmanager
async def newsroom(folder, **settings):
    settings = {"operators": (EDITOR,), "editors": (SECOND,), "undo_seconds": 10, **settings}
    async with opened(folder, FakeClock(), **settings) as house:
        await follow(house, *READERS)
        yield house


async def follow(house: House, *chats: str) -> None:
    now = house.clock.now()
    for chat in chats:
        await house.bot.store.commit(Put(Subscriber(id=chat, chat=Chat.parse(chat), since=now, topics=("*",))))


@pytest.fixture
async def house(tmp_path):
    async with newsroom(tmp_path) as house:
        yield house


async def drafted(house: House, text: str = "Fire in the harbour") -> str:
    await house.say(f"/breaking {text}")
    return (await house.bot.store.find(Alert, newest=True, limit=1))[0].id


async def released(house: House) -> str:
    id = await drafted(house)
    await house.say(f"/approve {id}")
    await house.pass_time(11)
    return id


async def shown(house: House, *chats: str) -> list[list[str]]:
    return [await house.texts(chat) for chat in chats or READERS]


async def test_a_scheduled_alert_goes_out_at_its_time_and_no_earlier(house):
    id = await drafted(house)
    said = await house.say(f"/schedule {id} in 20 minutes")
    assert "Goes out at 02.03. 09:20 UTC" in said
    await house.pass_time(20 * 60 - 1)
    assert await shown(house) == [[], [], []]
    await house.pass_time(2)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
    log = (await house.bot.store.get(Alert, id)).log
    assert [(act.did, act.by) for act in log] == [
        ("drafted", EDITOR),
        ("timed", EDITOR),
        ("approved", EDITOR),
        ("released", EDITOR),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
async def test_times_are_read_and_shown_in_the_newsrooms_zone(tmp_path, zone):
    async with newsroom(tmp_path, time_zone=zone) as house:
        id = await drafted(house)
        said = await house.say(f"/schedule {id} 2026-03-05 07:00")
        due = (await house.bot.store.get(Alert, id)).due
        assert due.astimezone(house.bot.settings.zone).strftime("%d %H:%M") == "05 07:00"
        assert "05.03. 07:00" in said


async def test_a_scheduled_alert_can_be_moved_and_called_back(house):
    id = await drafted(house)
    await house.say(f"/schedule {id} in 20 minutes")
    await house.say(f"/schedule {id} in 40 minutes")
    await house.pass_time(21 * 60)
    assert await shown(house) == [[], [], []]
    assert "Send it?" in await house.say(f"/undo {id}")
    await house.pass_time(21 * 60)
    assert await shown(house) == [[], [], []]
    assert (await house.bot.store.get(Alert, id)).state is State.DRAFT


async def test_a_scheduled_alert_can_be_sent_now(house):
    id = await drafted(house)
    await house.say(f"/schedule {id} tomorrow 7:00")
    await house.say(f"/release {id}")
    await house.pass_time(1)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3


async def test_nobody_breaks_an_embargo(house):
    id = await drafted(house)
    assert "Under embargo until 02.03. 12:00 UTC" in await house.say(f"/embargo {id} 12:00")
    assert "until 02.03. 12:00 UTC" in await house.say(f"/schedule {id} 11:00")
    await house.say(f"/approve {id}")
    assert "until 02.03. 12:00 UTC" in await house.say(f"/release {id}")
    await house.pass_time(3 * 3600 - 1)
    assert await shown(house) == [[], [], []]
    await house.pass_time(1)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("nonsense", "is no time"),
        ("tomorrow", "is no time"),
        ("5", "is no time"),
        ("2020-01-01 07:00", "is past"),
        ("", "TIME is missing"),
        ("7 Uhr", ""),
        ("morgen 7 Uhr 30", ""),
    ],
)
async def test_a_time_that_can_not_be_read_changes_nothing(house, time, says):
    id = await drafted(house)
    said = await house.say(f"/schedule {id} {time}")
    assert says in said
    alert = await house.bot.store.get(Alert, id)
    if says:
        assert alert.state is State.DRAFT
    else:
        assert f"{alert.due:%d %H:%M}" == ("03 07:30" if "30" in time else "03 07:00")


async def test_a_held_alert_stops_where_it_is_and_goes_on(house):
    id = await drafted(house)
    await house.say(f"/approve {id}")
    await house.clock.advance(11)
    lanes = {lane.kind: lane for lane in house.pipeline.lanes}
    for lane in house.pipeline.lanes[:-1]:
        await lane.turn(house.bot)
        await lane.turn(house.bot)
    (first,) = await house.bot.store.claim(Delivery, "web", house.clock.now(), 60, 1)
    await lanes[Delivery].handle(first)
    assert "Told so far: 1" in await house.say(f"/hold {id}")
    await house.pass_time(3600)
    assert sorted(map(len, await shown(house))) == [0, 0, 1]
    assert "held already" in await house.say(f"/hold {id}")
    await follow(house, "web:late")
    await house.say(f"/release {id}")
    await house.pass_time(1)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
    assert await house.texts("web:late") == [], "the audience is who followed at the release"


async def test_a_correction_waits_while_its_alert_is_held(house):
    id = await released(house)
    await house.say(f"/hold {id}")
    await house.say(f"/correct {id} It is out.\nFire is out")
    await house.pass_time(60)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
    await house.say(f"/release {id}")
    await house.pass_time(1)
    assert all("Fire is out" in texts[0] and len(texts) == 2 for texts in await shown(house))


async def test_a_withdrawal_ends_a_hold(house):
    id = await released(house)
    await house.say(f"/hold {id}")
    await house.say(f"/retract {id} No fire.")
    await house.pass_time(11)
    assert all(texts[0].startswith("WITHDRAWN") for texts in await shown(house))


async def test_an_alert_held_before_its_time_goes_out_when_it_is_let_go(house):
    id = await drafted(house)
    await house.say(f"/schedule {id} in 10 minutes")
    await house.say(f"/hold {id}")
    await house.pass_time(11 * 60)
    assert await shown(house) == [[], [], []]
    await house.say(f"/release {id}")
    await house.pass_time(1)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3


async def test_a_correction_can_be_called_back_and_then_nobody_sees_it(house):
    id = await released(house)
    await house.say(f"/correct {id} It was two.\nTwo fires")
    await house.pass_time(9)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
    await house.press("Undo")
    await house.pass_time(60)
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
    alert = await house.bot.store.get(Alert, id)
    assert (alert.number, alert.amendment) == (1, None)


async def test_nothing_more_of_the_old_text_goes_out_once_a_correction_is_ordered(house):
    id = await drafted(house)
    await house.say(f"/approve {id}")
    await house.clock.advance(11)
    for lane in house.pipeline.lanes[:-1]:
        await lane.turn(house.bot)
        await lane.turn(house.bot)
    await house.say(f"/correct {id} It was two.\nTwo fires")
    await house.pass_time(5)
    assert await shown(house) == [[], [], []]
    await house.pass_time(6)
    assert [len(texts) for texts in await shown(house)] == [1, 1, 1], "nobody had it wrong: no notice"
    assert all("Two fires" in texts[0] for texts in await shown(house))


async def test_a_second_order_takes_the_place_of_the_first(house):
    id = await released(house)
    await house.say(f"/correct {id} It was two.\nTwo fires")
    await house.pass_time(5)
    await house.say(f"/retract {id} It was none.")
    await house.pass_time(60)
    assert await shown(house) == [["WITHDRAWN 09:01 UTC\n\nIt was none."] * 2] * 3


async def test_a_slip_of_the_pen_is_put_right_without_a_notice(house):
    id = await released(house)
    await house.say(f"/refile {id} A letter was missing.\nFire in the harbours")
    await house.pass_time(11)
    for texts in await shown(house):
        (text,) = texts
        assert "Fire in the harbours" in text
        assert "A letter was missing." in text


async def test_a_slip_put_right_after_a_correction_tells_nobody_twice(house):
    id = await released(house)
    await house.say(f"/correct {id} It was two.\nTwo fires")
    await house.pass_time(11)
    await house.say(f"/refile {id} A letter was missing.\nTwo fires!")
    await house.pass_time(11)
    assert [len(texts) for texts in await shown(house)] == [2, 2, 2]


async def test_an_update_goes_under_the_first_alert(house):
    id = await released(house)
    await follow(house, "web:late")
    said = await house.say(f"/update {id} Harbour is open again")
    assert said.startswith("UPDATE: Harbour is open again")
    await house.press("Send")
    await house.pass_time(11)
    for reader in READERS:
        first, update = await house.posts(reader)
        assert update.message.plain == "UPDATE: Harbour is open again"
        assert update.under == first.id
        assert update.silent
    (alone,) = await house.posts("web:late")
    assert (alone.message.plain, alone.under) == ("UPDATE: Harbour is open again", "")
    update = (await house.bot.store.find(Alert, newest=True, limit=1))[0]
    await house.say(f"/update {update.id} flash All clear")
    further = (await house.bot.store.find(Alert, newest=True, limit=1))[0]
    assert (further.follows, further.severity) == (id, "flash"), "an update of an update goes under the first"


async def test_an_update_never_arrives_before_what_it_updates(house):
    id = await drafted(house)
    await house.say(f"/approve {id}")
    await house.clock.advance(11)
    for lane in house.pipeline.lanes[:-1]:
        await lane.turn(house.bot)
        await lane.turn(house.bot)  # addressed, and nobody told
    await house.say(f"/update {id} flash Second wall gone")
    await house.press("Send")
    await house.pass_time(11)
    await house.pass_time(2)
    for texts in await shown(house):
        assert texts == ["URGENT: Fire in the harbour", "FLASH UPDATE: Second wall gone"]


async def test_what_was_never_released_has_no_updates(house):
    id = await drafted(house)
    assert "Approve it first" in await house.say(f"/update {id} More")


async def test_a_second_editor_has_to_approve(tmp_path):
    async with newsroom(tmp_path, second_editor=True) as house:
        id = await drafted(house)
        assert "Another editor" in await house.say(f"/approve {id}")
        said = await house.say(f"/schedule {id} in 10 minutes")
        assert "once it is approved" in said
        await house.pass_time(11 * 60)
        assert await shown(house) == [[], [], []]
        await house.say(f"/approve {id}", who=SECOND)
        await house.pass_time(11)
        assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
        assert [act.by for act in (await house.bot.store.get(Alert, id)).log if act.did == "approved"] == [SECOND]
        for editor in (SECOND, EDITOR):  # who wrote it is told how it went, too
            await house.pass_time(60)
            assert "Told 3 of 3 chats" in (await house.texts(editor))[-1]


async def test_a_rehearsal_reaches_the_test_chats_and_nobody_else(tmp_path):
    async with newsroom(tmp_path, test_chats=("web:stage",), canary_chats=("web:canary",)) as house:
        id = await drafted(house)
        await house.say(f"/test {id}")
        await house.pass_time(1)
        assert await shown(house) == [[], [], []]
        assert await shown(house, "web:stage", "web:canary") == [["TEST URGENT: Fire in the harbour"], []]
        assert (await house.bot.store.get(Alert, id)).state is State.DRAFT
        rehearsal = (await house.bot.store.find(Alert, newest=True, limit=1))[0]
        await house.say(f"/correct {rehearsal.id} It was two.\nTwo fires")
        await house.pass_time(11)
        assert len(await house.texts("web:stage")) == 2
        await house.say(f"/update {rehearsal.id} More")
        await house.press("Send")
        await house.pass_time(11)
        assert [len(texts) for texts in await shown(house, "web:stage", *READERS)] == [3, 0, 0, 0]


async def test_a_test_chat_that_follows_the_news_is_none(tmp_path):
    async with newsroom(tmp_path, test_chats=("web:stage", READERS[0])) as house:
        id = await drafted(house)
        assert f"{READERS[0]} follows the news" in await house.say(f"/test {id}")
        await house.pass_time(1)
        assert await shown(house, "web:stage", READERS[0]) == [[], []]


async def test_without_test_chats_it_is_said_how_to_name_some(house):
    assert "TEST_CHATS" in await house.say(f"/test {await drafted(house)}")


async def test_canaries_get_it_first(tmp_path):
    async with newsroom(tmp_path, canary_chats=("web:canary", READERS[0]), canary_seconds=30) as house:
        await released(house)
        assert [len(texts) for texts in await shown(house, "web:canary", *READERS)] == [1, 1, 0, 0]
        await house.pass_time(30)
        assert [len(texts) for texts in await shown(house, "web:canary", *READERS)] == [1, 1, 1, 1]


async def test_a_preview_is_what_will_be_sent_to_the_letter(house):
    id = await drafted(house, "https://example.org/a?b=1&c=2 Fire & <smoke>\nIn the harbour.")
    said = await house.say(f"/preview {id}")
    assert "3 chats" in said
    alert = await house.bot.store.get(Alert, id)
    await house.say(f"/approve {id}")
    await house.pass_time(11)
    (post,) = await house.posts(READERS[0])
    sent = house.bot.adapters["web"].preview(post.message).text
    assert sent in said
    assert post.message == alert_message(alert, translator("en"), house.bot.settings.zone)


async def test_what_is_done_with_the_uncertain_is_chosen_alert_by_alert(tmp_path):
    async with newsroom(tmp_path, on_uncertain="skip") as house:
        id = await drafted(house)
        assert (await house.bot.store.get(Alert, id)).on_uncertain is OnUncertain.SKIP
        await house.say(f"/uncertain {id} resend")
        assert (await house.bot.store.get(Alert, id)).on_uncertain is OnUncertain.RESEND
        assert "CHOICE is missing" in await house.say(f"/uncertain {id} perhaps")


@pytest.mark.parametrize(
    "command", ["hold", "release", "schedule", "embargo", "update", "test", "preview", "uncertain"]
)
async def test_readers_have_no_say_in_it(house, command):
    id = await drafted(house)
    before = await house.bot.store.get(Alert, id)
    more = {"schedule": "12:00", "embargo": "12:00", "update": "x", "uncertain": "skip"}.get(command, "")
    assert "Only an editor" in await house.say(f"/{command} {id} {more}", who=READERS[0])
    assert await house.bot.store.get(Alert, id) == before


async def test_a_headline_that_begins_with_a_severity_is_a_headline(house):
    await drafted(house, "Flash floods hit the coast")
    (alert,) = await house.bot.store.find(Alert)
    assert (alert.severity, alert.current.headline) == ("urgent", "Flash floods hit the coast")


async def test_nothing_is_told_twice_however_often_it_is_held_and_let_go(house):
    id = await released(house)
    for _ in range(3):
        await house.say(f"/hold {id}")
        await house.pass_time(1)
        await house.say(f"/release {id}")
        await house.pass_time(timedelta(minutes=1).total_seconds())
    assert await shown(house) == [["URGENT: Fire in the harbour"]] * 3
    assert await house.bot.store.count(Delivery, {"about": id}, by="outcome") == {Outcome.TOLD: 3}


@pytest.mark.parametrize(
    ("line", "said", "did"),
    [
        ("/correct {0} It was two.\nTwo fires", "Ordered, not in effect yet: It was two. Two fires", "correction"),
        ("/retract {0} No fire.", "Withdrawal ordered, not in effect yet. No fire.", "withdrawal"),
    ],
)
async def test_an_order_stands_in_the_history_of_editors_until_it_is_in_effect(house, line, said, did):
    id = await released(house)
    await house.say(line.format(id))
    assert said in await house.say(f"/history {id}")
    assert "rdered" not in await house.say(f"/history {id}", "web:reader")
    ordered = (await house.bot.store.get(Alert, id)).log[-1]
    assert (ordered.did, ordered.by) == (f"{did} ordered", EDITOR)
    await house.pass_time(20)
    assert "rdered" not in await house.say(f"/history {id}")


async def test_an_embargo_is_told_in_the_zone_of_the_newsroom(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=(EDITOR,), time_zone="Europe/Berlin") as house:
        id = await drafted(house)
        await house.say(f"/embargo {id} 12:00")
        assert "under embargo until 02.03. 12:00 CET" in await house.say(f"/schedule {id} 11:00")
        await house.say(f"/approve {id}")
        assert "under embargo until 02.03. 12:00 CET" in await house.say(f"/release {id}")
