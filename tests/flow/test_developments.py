"""A story that goes on: what is materially new is one update under the alert, and all else is silence."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from bot.core.model import Alert, Article, Chat, Story, Subscriber
from bot.core.ports import Put
from bot.outreach.outbox import audience_size
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened
from tests.flow.test_stories import OURS, SECOND, THEIRS, THIRD, follower
from tests.flow.test_stories import brought as brings

MILL = (
    "The grain silo of Marlow Mill at the north quay of Kestrel Harbour held barley from Tern Island, and windows "
    "broke as far as Fishgate, Mayor Ada Fenn said beside the ruin of the silo."
)
BLAST = ("Explosion at Kestrel Harbour grain silo", "A grain silo of Marlow Mill exploded on Monday.", MILL)
AGAIN = ("Grain silo explodes in Kestrel Harbour", "The explosion tore a grain silo of Marlow Mill apart.", MILL)
TWO = ("Two dead in Kestrel Harbour grain silo explosion", "Two workers were killed in the explosion.", MILL)
SEVEN = ("Seven dead in Kestrel Harbour grain silo explosion", "Seven workers were killed in the explosion.", MILL)
NINE = ("Nine dead in Kestrel Harbour grain silo explosion", "Nine workers were killed in the explosion.", MILL)
TWELVE = ("Twelve dead in Kestrel Harbour grain silo explosion", "Twelve workers were killed in the explosion.", MILL)
HOUR = 3600


@asynccontextmanager
async def newsroom(folder, clock=None, **changed):
    """Open a house with three feeds of its own and somebody who follows everything."""
    async with opened(
        folder, clock or FakeClock(), feeds=(OURS, SECOND, THIRD), operators=("web:operator",), **changed
    ) as house:
        await house.say("/subscribe", who="web:reader")
        yield house


@pytest.fixture
async def house(tmp_path):
    async with newsroom(tmp_path) as house:
        yield house


async def brought(house: House, feed: str, told: tuple[str, ...], *, after: float = HOUR) -> Article:
    await house.pass_time(after)
    article = await brings(house, feed, *told)
    await house.pass_time(3)
    (story,) = await house.bot.store.find(Story)
    assert article.story == story.id, "it is all one story"
    return article


async def updates(house: House, who: str = "web:reader") -> list[str]:
    """What stands in a chat under something else, in the order of its coming."""
    posts = {post.id: post for post in await house.posts(who)}
    return [post.message.plain for post in posts.values() if post.under in posts]


async def test_what_is_new_goes_under_the_alert_once_and_repetition_is_silence(house):
    await brought(house, OURS, BLAST)
    for feed, told in ((SECOND, AGAIN), (SECOND, TWO), (THIRD, TWO), (OURS, AGAIN)):
        await brought(house, feed, told)
    assert await updates(house) == [f"UPDATE: {TWO[0]}\n\n{TWO[1]}"]
    assert len(await house.posts("web:reader")) == 3, "the greeting, the alert and its update"
    (story,) = await house.bot.store.find(Story)
    assert story.version == 2


async def test_it_stands_in_the_time_line(house):
    await brought(house, OURS, BLAST)
    await brought(house, SECOND, TWO)
    lines = (await house.say("/story silo")).splitlines()
    assert any(line.endswith(f"Told as new: {TWO[1]}") for line in lines)
    assert any(TWO[0] in line and "second.example" in line for line in lines)


async def test_an_update_too_soon_after_the_last_is_left_to_whoever_says_it_later(house):
    await brought(house, OURS, BLAST)
    await brought(house, SECOND, TWO)
    await brought(house, THIRD, SEVEN, after=HOUR / 3)
    assert len(await updates(house)) == 1
    await brought(house, OURS, SEVEN)
    assert [text.splitlines()[0] for text in await updates(house)] == [f"UPDATE: {TWO[0]}", f"UPDATE: {SEVEN[0]}"]


async def test_what_an_editor_has_told_is_not_told_again(house):
    await brought(house, OURS, BLAST)
    (alert,) = await house.bot.store.find(Alert)
    await house.say(f"/update {alert.id} Two workers died in the explosion")
    await house.press("Send to")
    await house.pass_time(11)
    await brought(house, SECOND, TWO)
    assert len(await updates(house)) == 1
    await brought(house, THIRD, SEVEN)
    assert len(await updates(house)) == 2


async def test_what_an_editor_has_only_drafted_is_told_by_nobody_yet(house):
    await brought(house, OURS, BLAST)
    (alert,) = await house.bot.store.find(Alert)
    await house.say(f"/update {alert.id} Two workers died in the explosion")
    await brought(house, SECOND, TWO)
    assert len(await updates(house)) == 1


async def test_an_editors_update_counts_as_the_last(house):
    await brought(house, OURS, BLAST)
    (alert,) = await house.bot.store.find(Alert)
    await house.pass_time(HOUR)
    await house.say(f"/update {alert.id} The quay is closed")
    await house.press("Send to")
    await house.pass_time(11)
    await brought(house, SECOND, TWO, after=60)
    assert len(await updates(house)) == 1
    await brought(house, THIRD, TWO)
    assert len(await updates(house)) == 2


async def test_a_story_has_only_so_many(tmp_path):
    async with newsroom(tmp_path, story_updates=2) as house:
        for told in (BLAST, TWO, SEVEN, NINE, TWELVE):
            await brought(house, OURS, told)
        assert len(await updates(house)) == 2


async def test_editors_can_do_without(tmp_path):
    async with newsroom(tmp_path, story_updates=0) as house:
        await brought(house, OURS, BLAST)
        await brought(house, SECOND, TWO)
        assert await updates(house) == []


async def test_only_who_has_the_alert_is_told_of_what_is_new(house):
    await brought(house, OURS, BLAST)
    await house.say("/subscribe", who="web:late")
    await brought(house, SECOND, TWO)
    assert len(await house.posts("web:late")) == 1
    assert len(await updates(house)) == 1


async def test_its_audience_counts_them_alone(house):
    await brought(house, OURS, BLAST)
    await house.say("/subscribe", who="web:late")
    await brought(house, SECOND, TWO)
    assert [await audience_size(house.bot, alert.audience) for alert in await house.bot.store.find(Alert)] == [2, 1]


async def test_who_stopped_following_is_not(house):
    await brought(house, OURS, BLAST)
    await house.say("/unsubscribe everything", who="web:reader")
    await house.say("/subscribe zebras", who="web:reader")
    await brought(house, SECOND, TWO)
    assert await updates(house) == []


async def test_who_follows_a_keyword_of_an_earlier_article_is(house):
    chat = Chat("web", "keyword")
    await house.bot.store.commit(Put(Subscriber(id=str(chat), chat=chat, since=START, keywords=("mill exploded",))))
    await brought(house, OURS, BLAST)
    await brought(house, SECOND, AGAIN)
    await brought(house, SECOND, TWO)
    assert len(await updates(house, str(chat))) == 1


async def test_somebody_elses_feed_makes_no_update(house):
    theirs = await follower(house, THEIRS)
    await brought(house, OURS, BLAST)
    await brought(house, THEIRS, TWO)
    assert await updates(house) == await updates(house, theirs) == []
    await brought(house, SECOND, TWO)
    assert len(await updates(house)) == 1, "and does not make it known"


async def test_under_an_alert_that_an_editor_holds_or_changes_nothing_is_told(house):
    await brought(house, OURS, BLAST)
    (alert,) = await house.bot.store.find(Alert)
    await house.say(f"/hold {alert.id}")
    await brought(house, SECOND, TWO)
    await house.say(f"/release {alert.id}")
    await house.pass_time(3)
    assert await updates(house) == []
    await brought(house, THIRD, TWO)
    assert len(await updates(house)) == 1


async def test_under_a_withdrawn_alert_nothing_is_told(house):
    await brought(house, OURS, BLAST)
    (alert,) = await house.bot.store.find(Alert)
    await house.say(f"/retract {alert.id} It was a drill.")
    await house.pass_time(11)
    before = await updates(house)
    await brought(house, SECOND, TWO)
    assert await updates(house) == before


async def test_a_restart_in_the_middle_repeats_and_loses_nothing(tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path, clock) as house:
        await brought(house, OURS, BLAST)
        await house.pass_time(HOUR)
        (reading,) = [lane for lane in house.pipeline.lanes if lane.kind.__name__ == "Reading"]
        settle, house.pipeline.settle = house.pipeline.settle, lambda: reading.turn(house.bot)
        await brings(house, SECOND, *TWO)
        house.pipeline.settle = settle
    async with newsroom(tmp_path, clock) as house:
        await house.pass_time(3)
        assert len(await updates(house)) == 1
        await brought(house, THIRD, TWO)
        assert len(await updates(house)) == 1


async def test_after_a_merge_it_goes_under_whichever_copy_a_chat_has(house):
    stalls = ("Traders at the quay lose their stalls", "Forty traders stood before ashes on Monday, said Mayor Fenn.")
    traders = await follower(house, THIRD)
    await brought(house, OURS, BLAST)
    other = await brings(house, THIRD, *stalls)
    (first,) = [story for story in await house.bot.store.find(Story) if story.id != other.story]
    await house.say(f"/merge {other.story} {first.id}")
    await house.pass_time(HOUR)
    await brings(house, SECOND, *TWO)
    await house.pass_time(3)
    assert await updates(house, traders) == await updates(house) == [f"UPDATE: {TWO[0]}\n\n{TWO[1]}"]
