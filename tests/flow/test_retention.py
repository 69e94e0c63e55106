"""Receipts last as long as corrections should reach, then become counts; a crash in between loses nothing."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot import housekeeping
from bot.core.errors import Rejected
from bot.core.model import (
    INTAKE,
    Alert,
    Article,
    Chat,
    Delivery,
    FanOut,
    Feed,
    Outcome,
    Page,
    Reading,
    Recall,
    State,
    Story,
    Subscriber,
)
from bot.core.ports import Add, Put
from bot.housekeeping import first_sweep
from bot.outreach import alerts
from bot.outreach.report import Report, Tally, all_said, report
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened

DAY = timedelta(days=1).total_seconds()
READERS = [f"web:reader{number}" for number in range(5)]
SETTINGS = {"operators": ("web:operator",), "undo_seconds": 0, "story_hours": 24 * 100}
GONE = "receipts of that alert are past their time"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(housekeeping, "_PAGE", 2)


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), **SETTINGS) as house:
        await follow(house, *READERS)
        yield house


async def follow(house: House, *keys: str) -> None:
    for key in keys:
        chat = Subscriber(id=key, chat=Chat.parse(key), since=START, topics=("*",))
        await house.bot.store.commit(Put(chat))


async def released(house: House, headline: str = "Five hurt in the fire") -> Alert:
    await house.say(f"/breaking {headline}")
    await house.press("Send")
    await house.pipeline.settle()
    await house.pass_time(1)
    return (await house.bot.store.find(Alert, {"notices": ""}, newest=True, limit=1))[0]


async def swept(house: House) -> None:
    """Sweep as every day."""
    await house.bot.store.commit(first_sweep(house.bot))
    await house.pipeline.settle()


async def current(house: House, alert: Alert) -> Alert:
    return await house.bot.store.get(Alert, alert.id)


async def receipts(house: House, alert: Alert) -> int:
    return (await house.bot.store.count(Delivery, {"about": alert.id}))[""]


async def test_receipts_past_their_time_become_counts_and_the_counts_are_the_same(house):
    alert = await released(house)
    (failed, *_) = await house.bot.store.find(Delivery)
    told = replace(failed, outcome=Outcome.FAILED, told=None, receipt=None, shown=0, problem=Rejected.key)
    await house.bot.store.commit(Put(told))
    before = await report(house.bot, alert)
    assert before.listed
    await swept(house)
    await house.pass_time(29 * DAY)
    assert await receipts(house, alert) == 5, "corrections still reach it"
    await house.pass_time(2 * DAY)
    assert await receipts(house, alert) == 0
    archived = await current(house, alert)
    kept = await report(house.bot, archived)
    assert kept == replace(before, listed=()), "whom it did not reach is nobody's business any more"
    assert kept.audience == Tally(chats=5, told=4, failed={Rejected.key: 1})
    assert await all_said(house.bot, archived)
    shown = await house.say(f"/report {alert.id}")
    assert "Told 4 of 5 chats · failed 1 (The platform refused the message)" in shown
    assert "Its receipts are past their time" in shown
    assert "out · told 4 of 5 · failed 1 · Five hurt" in await house.say("/alerts")


async def test_nothing_can_be_made_of_an_archived_alert(house):
    alert = await released(house)
    await house.pass_time(31 * DAY)
    await swept(house)
    archived = await current(house, alert)
    assert archived.archived
    for line in ("/correct {} It was two.\nTwo hurt", "/refile {} Slip.\nTwo hurt", "/retract {}", "/hold {}"):
        assert GONE in await house.say(line.format(alert.id)), line
    assert await current(house, alert) == archived
    assert await house.bot.store.find(Recall) == []


@pytest.mark.parametrize("steps", range(1, 7))
async def test_a_crash_at_any_step_of_it_is_made_good_the_next_day(tmp_path, steps):
    clock = FakeClock()

    class Crashing:
        """A real store whose process ends at a commit."""

        def __init__(self, store) -> None:
            self._store = store
            self._left = steps

        def __getattr__(self, name):
            return getattr(self._store, name)

        async def commit(self, *changes):
            self._left -= 1
            if not self._left:
                raise KeyboardInterrupt
            return await self._store.commit(*changes)

    async with opened(tmp_path, clock, **SETTINGS) as house:
        await follow(house, *READERS)
        alert = await released(house)
        before = await report(house.bot, alert)
        await clock.advance(31 * DAY)
        await house.bot.store.commit(first_sweep(house.bot))
        (job,) = await house.bot.store.claim(housekeeping.Sweep, housekeeping.LANE, clock.now(), 60, 1)
        bot = dataclasses.replace(house.bot, store=Crashing(house.bot.store))
        with pytest.raises(KeyboardInterrupt):
            await housekeeping.sweep(bot, job)
        left = await receipts(house, alert)
        assert left == 5 or await house.bot.store.get(Report, alert.id), "counts first"
    async with opened(tmp_path, clock, **SETTINGS) as house:
        if left < 5:
            assert await report(house.bot, await current(house, alert)) == before
        await house.pass_time(DAY)
        assert await receipts(house, alert) == 0
        assert await report(house.bot, await current(house, alert)) == before
        assert [await house.texts(reader) for reader in READERS] == [["URGENT: Five hurt in the fire"]] * 5


async def test_young_ones_keep_their_receipts_and_so_do_old_drafts_that_went_out_lately(house):
    old = await released(house, "Old")
    await house.say("/breaking Drafted long ago")
    (draft,) = await house.bot.store.find(Alert, {"state": State.DRAFT})
    await house.pass_time(20 * DAY)
    await house.say(f"/approve {draft.id}")
    await house.pipeline.settle()
    young = await released(house, "Young")
    await house.pass_time(11 * DAY)
    await swept(house)
    kept = [(await current(house, alert)).archived for alert in (old, draft, young)]
    assert kept == [True, False, False]
    assert [await receipts(house, alert) for alert in (old, draft, young)] == [0, 5, 5]


async def test_a_notice_and_an_update_go_when_they_are_old_themselves(house):
    alert = await released(house)
    await house.pass_time(20 * DAY)
    await house.say(f"/correct {alert.id} It was two.\nTwo hurt in the fire")
    await house.pipeline.settle()
    await house.say(f"/update {alert.id} Fire is out")
    await house.press("Send")
    await house.pipeline.settle()
    await house.pass_time(11 * DAY)
    await swept(house)
    first, notice, update = await house.bot.store.find(Alert)
    assert [each.archived for each in (first, notice, update)] == [True, False, False]
    assert [await receipts(house, each) for each in (first, notice, update)] == [0, 5, 5]
    assert (await report(house.bot, first)).notices == Tally(chats=5, told=5)
    await house.pass_time(20 * DAY)
    assert await house.bot.store.find(Delivery) == []


async def test_what_somebody_is_still_at_work_on_waits_another_day(house):
    alert = await released(house)
    await house.pass_time(29.5 * DAY)
    correction = f"/correct {alert.id} It was two.\nTwo hurt in the fire"
    await house.say(correction)
    await house.clock.advance(DAY)
    job = first_sweep(house.bot).document
    await house.bot.store.commit(Add(job))
    await housekeeping.sweep(house.bot, job)
    assert not (await current(house, alert)).archived
    await house.pipeline.settle()
    assert "Two hurt in the fire" in (await house.texts(READERS[0]))[0], "ordered in time, it reaches every copy"
    await house.pass_time(DAY)
    assert (await current(house, alert)).archived


async def test_a_held_alert_that_nobody_let_go_reaches_nobody_once_it_is_archived(house):
    await house.say("/breaking Five hurt in the fire")
    (alert,) = await house.bot.store.find(Alert)
    await house.press("Send")
    fan_out = next(lane for lane in house.pipeline.lanes if lane.kind is FanOut)
    await fan_out.turn(house.bot)  # released, and nobody told yet
    await house.say(f"/hold {alert.id}")
    await house.pass_time(31 * DAY)
    await swept(house)
    assert "already gone out" in await house.say(f"/release {alert.id}"), "nothing of it is held any more"
    await house.pass_time(60)
    assert [await house.texts(reader) for reader in READERS] == [[]] * 5


async def test_what_was_still_to_go_when_it_was_archived_goes_nowhere(house):
    alert = await released(house)
    archived, now = alerts.archived(alert), house.clock.now()
    due = Delivery(id=f"{alert.id}:web:late", lane="web", due=now, about=alert.id, chat=Chat("web", "late"))
    await house.bot.store.commit(Put(archived), Put(due))
    await house.pipeline.settle()
    assert await house.texts("web:late") == []
    assert await house.bot.store.get(Delivery, due.id) is None


async def test_a_late_article_does_not_tell_an_archived_story_again(house):
    feeds = [Feed(id=f"https://{name}.example/feed", title=name, own=True) for name in ("a", "b")]
    await house.bot.store.commit(*map(Put, feeds))
    lede = "The ferry to the island broke down in the middle of the harbour on Monday, and nobody was hurt."

    async def published(feed: Feed) -> Article:
        now, id = house.clock.now(), house.bot.ids.new()
        page = Page(title="Ferry breaks down in the middle of the harbour", paragraphs=(lede,), language="en")
        article = Article(id=id, url=f"{feed.id}/{id}", feed=feed.id, source=feed.title, received=now, page=page)
        await house.bot.store.commit(Add(article), Add(Reading(id=id, lane=INTAKE, due=now)))
        await house.pipeline.settle()
        return article

    await published(feeds[0])
    (alert,) = await house.bot.store.find(Alert)
    told = [await house.texts(reader) for reader in READERS]
    assert all(len(texts) == 1 for texts in told)
    await house.pass_time(31 * DAY)
    await swept(house)
    archived = await current(house, alert)
    await published(feeds[1])
    await house.pass_time(60)
    (story,) = await house.bot.store.find(Story)
    assert story.sources == ("a", "b"), "it is the same story"
    assert await house.bot.store.find(Alert) == [archived]
    assert await house.bot.store.find(Delivery) == []
    assert [await house.texts(reader) for reader in READERS] == told
