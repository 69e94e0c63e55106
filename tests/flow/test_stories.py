"""Stories as editors regroup them: two made one, articles taken out, and kept so for what comes later."""

from __future__ import annotations

import dataclasses
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from bot.commands.dispatch import Dispatcher
from bot.commands.menu import registry
from bot.core.model import INTAKE, Alert, Article, Chat, Feed, Page, Reading, Regrouped, State, Subscriber
from bot.core.ports import Add, Put
from bot.newsroom.kept import story_of
from bot.outreach.outbox import fan_out_job
from tests.fakes import START, FakeClock
from tests.flow.house import House, opened

OURS, SECOND, THIRD = (f"https://{name}.example/feed" for name in ("ours", "second", "third"))
THEIRS = "https://theirs.example/feed"
FIRE = ("Fire destroys the fish market in Kestrel Harbour", "A fire destroyed the fish market in Kestrel Harbour.")
FIRE_AGAIN = ("Fish market in Kestrel Harbour burnt down", "The fish market in Kestrel Harbour burnt down in a fire.")
STALLS = ("Traders at the quay lose their stalls", "Forty traders stood before ashes on Monday, said Mayor Ada Fenn.")
STALLS_AGAIN = (
    "Forty traders without stalls at the quay",
    "Mayor Ada Fenn promised help to forty traders who lost stalls at the quay.",
)
SHIFT = (
    "Fire at the fish market in Kestrel Harbour drill",
    "The night shift rehearsed a fire at the fish market in Kestrel Harbour with foam and ladders.",
)
SHIFT_AGAIN = (
    "Night shift rehearsed with foam and ladders",
    "The night shift rehearsed with foam and ladders at the fish market.",
)
BOAT = ("Ferry to Holm stops for the winter", "The ferry to Holm makes its last trip on Sunday, says Captain Bo Lind.")


@asynccontextmanager
async def newsroom(folder, clock=None):
    """Open a house with three feeds of its own and somebody who follows everything."""
    async with opened(
        folder, clock or FakeClock(), feeds=(OURS, SECOND, THIRD), operators=("web:operator",), time_zone="UTC"
    ) as house:
        await house.say("/subscribe", who="web:reader")
        yield house


@pytest.fixture
async def house(tmp_path):
    async with newsroom(tmp_path) as house:
        yield house


async def brought(house: House, feed: str, title: str, *words: str, url: str = "") -> Article:
    """Bring one article by a feed, and return it as it is kept."""
    id, now = house.bot.ids.new(), house.clock.now()
    page = Page(title=title, paragraphs=words, language="en")
    article = Article(id=id, url=url, feed=feed, source=feed.split("/")[2], received=now, page=page)
    await house.bot.store.commit(Add(article), Add(Reading(id=id, lane=INTAKE, due=now)))
    await house.pass_time(1)
    return await kept(house, article)


async def kept(house: House, article: Article) -> Article:
    return await house.bot.store.get(Article, article.id)


async def told(house: House, who: str = "web:reader") -> list[str]:
    """The headlines that stand in a chat, in the order of their coming."""
    return [post.message.plain.partition("\n")[0] for post in await house.posts(who) if not post.message.actions]


async def follower(house: House, *feeds: str, name: str = "") -> str:
    """Let a chat follow feeds and nothing else."""
    chat = Chat("web", name or feeds[0].split("/")[2])
    here = Subscriber(id=str(chat), chat=chat, since=house.clock.now(), feeds=feeds)
    await house.bot.store.commit(Put(here), *(Add(Feed(id=feed)) for feed in feeds))
    return str(chat)


async def alert_of(house: House, article: Article) -> Alert:
    story = await story_of(house.bot, (await kept(house, article)).story)
    return await house.bot.store.get(Alert, story.alert)


async def two(house: House) -> tuple[Article, Article]:
    """Bring two articles that the program takes for two stories."""
    fire, stalls = await brought(house, OURS, *FIRE), await brought(house, SECOND, *STALLS)
    assert fire.story != stalls.story
    return fire, stalls


async def one(house: House) -> tuple[Article, Article]:
    """Bring two articles that the program takes for one story."""
    fire, shift = await brought(house, OURS, *FIRE), await brought(house, SECOND, *SHIFT)
    assert fire.story == shift.story
    return fire, shift


class Meddling:
    """A real store in which something happens just before a story that was regrouped is kept."""

    def __init__(self, store, happens) -> None:
        self._store = store
        self._happens = happens

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    async def commit(self, *changes):
        regroups = any(isinstance(change, Put) and isinstance(change.document, Regrouped) for change in changes)
        if regroups and self._happens:
            happens, self._happens = self._happens, None
            await happens()
        return await self._store.commit(*changes)


# ------------------------------------------------------------------------------------------------ merging


async def test_two_stories_made_one_have_one_time_line_one_alert_and_all_sources(house):
    fire, stalls = await two(house)
    before = await told(house)
    said = await house.say(f"/merge {stalls.story} {fire.story}")
    assert "One article of “Traders at the quay lose their stalls” belongs to this story now." in said
    await house.pass_time(1)
    assert await told(house) == before, "nobody is told anything"
    assert "Also reported by second.example." in (await house.texts("web:reader"))[1], "but the leading alert names it"
    for named in (fire.story, stalls.story, "fish market"):
        line = await house.say(f"/story {named}")
        assert line.startswith(FIRE[0])
        assert STALLS[0] in line
        assert "2 sources" in line
    assert (await house.say("/latest")).count("•") == 1
    assert "Took in the story" not in line


async def test_a_later_article_of_either_event_joins_the_one_story(house):
    fire, stalls = await two(house)
    await house.say(f"/merge {stalls.story} {fire.story}")
    assert (await brought(house, THIRD, *STALLS_AGAIN)).story == fire.story
    assert (await brought(house, THIRD, *FIRE_AGAIN)).story == fire.story
    assert await house.bot.store.count(Alert) == {"": 2}


async def test_and_does_so_after_a_restart(tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path, clock) as house:
        fire, stalls = await two(house)
        await house.say(f"/merge {stalls.story} {fire.story}")
    async with newsroom(tmp_path, clock) as house:
        assert (await brought(house, THIRD, *STALLS_AGAIN)).story == fire.story
        assert (await brought(house, THIRD, *FIRE_AGAIN)).story == fire.story


async def test_stories_merged_again_and_again_are_one(house):
    fire, stalls = await two(house)
    boat = await brought(house, THIRD, *BOAT)
    await house.say(f"/merge {stalls.story} {fire.story}")
    await house.say(f"/merge {fire.story} {boat.story}")
    assert {(await kept(house, each)).story for each in (fire, stalls, boat)} == {boat.story}
    assert (await brought(house, THIRD, *STALLS_AGAIN)).story == boat.story
    assert (await house.say(f"/merge {stalls.story} {fire.story}")) == "These are one story already."


async def test_who_has_one_of_the_alerts_gets_no_second_one(house):
    traders = await follower(house, SECOND)
    fire, stalls = await two(house)
    assert await told(house, traders) == [STALLS[0]]
    await house.say(f"/merge {stalls.story} {fire.story}")
    await brought(house, SECOND, *FIRE_AGAIN)  # which widens the alert to all who follow that feed
    await follower(house, THIRD)
    assert await told(house, traders) == [STALLS[0]]


async def test_who_had_neither_is_told_once_when_a_feed_they_follow_tells_it(house):
    late = await follower(house, THIRD)
    fire, stalls = await two(house)
    await house.say(f"/merge {stalls.story} {fire.story}")
    assert await told(house, late) == []
    await brought(house, THIRD, *STALLS_AGAIN)
    assert await told(house, late) == [FIRE[0]]


async def test_an_update_goes_under_the_copy_that_a_chat_has(house):
    traders = await follower(house, SECOND)
    fire, stalls = await two(house)
    await house.say(f"/merge {stalls.story} {fire.story}")
    await house.say(f"/update {(await alert_of(house, fire)).id} Market to be built anew")
    await house.press("Send to")
    await house.pass_time(11)
    for who, headline in ((traders, STALLS[0]), ("web:reader", FIRE[0])):
        posts = await house.posts(who)
        (update,) = [post for post in posts if "Market to be built anew" in post.message.plain]
        (above,) = [post for post in posts if post.id == update.under]
        assert above.message.plain.startswith(headline)


async def test_what_was_not_out_yet_does_not_go_out(house):
    fire = await brought(house, OURS, *FIRE)
    neither = await follower(house, SECOND)
    now, id = house.clock.now(), house.bot.ids.new()
    page = Page(title=STALLS[0], paragraphs=STALLS[1:], language="en")
    stalls = Article(id=id, url="", feed=SECOND, source="second.example", received=now, page=page)
    await house.bot.store.commit(Add(stalls), Add(Reading(id=id, lane=INTAKE, due=now)))
    (reading,) = [lane for lane in house.pipeline.lanes if lane.kind is Reading]
    await reading.turn(house.bot)
    assert (await alert_of(house, stalls)).state is State.SCHEDULED
    await house.say(f"/merge {id} {fire.story}")
    await house.pass_time(1)
    assert await told(house) == [FIRE[0]]
    assert await told(house, neither) == [FIRE[0]], "who would have had the other is told by the one that stays"


async def test_who_the_other_alert_had_not_reached_yet_is_told_by_the_one_that_stays(house):
    fire, stalls = await two(house)
    alert = await alert_of(house, stalls)
    ahead = await follower(house, SECOND)
    subscriber = await house.bot.store.get(Subscriber, ahead)
    under_way = replace(alert, addressed=False)
    await house.bot.store.commit(
        Put(replace(subscriber, since=START)), Put(under_way), Put(fan_out_job(under_way, house.clock.now()))
    )
    await house.say(f"/merge {stalls.story} {fire.story}")
    await house.pass_time(1)
    assert await told(house, ahead) == [FIRE[0]]
    assert await told(house) == [FIRE[0], STALLS[0]]


async def test_the_alert_that_still_stands_is_the_storys(house):
    fire, stalls = await two(house)
    await house.say(f"/retract {(await alert_of(house, fire)).id} It was a drill.")
    await house.pass_time(11)
    await house.say(f"/merge {stalls.story} {fire.story}")
    assert (await alert_of(house, fire)).id == stalls.story
    await brought(house, THIRD, *FIRE_AGAIN)
    assert any("Also reported by ours.example and third.example." in text for text in await house.texts("web:reader"))


async def test_an_article_that_comes_in_during_a_merge_is_in_the_one_story(house):
    fire, stalls = await two(house)

    async def meanwhile() -> None:
        await brought(house, THIRD, *STALLS_AGAIN)

    house.dispatch = Dispatcher(dataclasses.replace(house.bot, store=Meddling(house.bot.store, meanwhile)), registry())
    assert "2 articles of" in await house.say(f"/merge {stalls.story} {fire.story}")
    assert {article.story for article in await house.bot.store.find(Article)} == {fire.story}
    assert len((await story_of(house.bot, fire.story)).articles) == 3


async def test_what_somebody_elses_feed_began_can_not_lead(house):
    await follower(house, THEIRS, name="operator")
    fire, stalls = await brought(house, OURS, *FIRE), await brought(house, THEIRS, *STALLS)
    said = await house.say(f"/merge {fire.story} {stalls.story}")
    assert said.endswith(f"/merge {stalls.story} {fire.story}")
    assert (await kept(house, fire)).story == fire.story
    await house.say(f"/merge {stalls.story} {fire.story}")
    assert (await kept(house, stalls)).story == fire.story
    assert (await brought(house, OURS, *STALLS_AGAIN)).story == fire.story, "what it tells is ours now"
    assert "theirs" not in "".join(await house.texts("web:reader"))


async def test_nobody_regroups_what_is_other_chats_business(house):
    await follower(house, THEIRS)
    fire, stalls = await brought(house, OURS, *FIRE), await brought(house, THEIRS, *STALLS)
    assert "I know no story" in await house.say(f"/merge {stalls.story} {fire.story}")
    assert "I found no story" in await house.say(f"/merge {fire.story} {stalls.story}")
    assert "I know no article" in await house.say(f"/split {stalls.id}")


async def test_an_editor_merges_by_buttons_alone(house):
    fire, _ = await two(house)
    await house.say("/story traders")
    asked = await house.press("Merge into")
    assert asked == f"{STALLS[0]}\n\nWhich story is to lead? Its alert stays."
    await house.press("Fire destroys")
    assert len((await story_of(house.bot, fire.story)).articles) == 2
    await house.press("Take it apart again")
    assert len((await story_of(house.bot, fire.story)).articles) == 1


async def test_the_leading_story_can_be_named_by_words(house):
    fire, stalls = await two(house)
    await house.say(f"/merge {stalls.story} fish market")
    await house.press("Fire destroys")
    assert (await kept(house, stalls)).story == fire.story


# ------------------------------------------------------------------------------------------------ splitting


async def test_an_article_taken_out_is_a_story_of_its_own_of_which_nobody_is_told_again(house):
    fire, shift = await one(house)
    await house.say("/story fish market")
    said = await house.press("Not this story: Fire at the fish")
    assert said.startswith(SHIFT[0])
    await house.pass_time(1)
    assert await told(house) == [FIRE[0]]
    assert "second.example" not in "".join(await house.texts("web:reader")), "it does not tell of the fire"
    assert SHIFT[0] not in await house.say(f"/story {fire.story}")
    assert SHIFT[0] in await house.say(f"/story {(await kept(house, shift)).story}")


async def test_its_alert_goes_to_those_who_were_told_the_other_when_an_editor_says_so(house):
    _, shift = await one(house)
    await house.say(f"/split {shift.id}")
    await house.pass_time(1)
    await house.press("Tell them too")
    await house.pass_time(1)
    assert await told(house) == [FIRE[0], SHIFT[0]]


async def test_who_was_told_nothing_is_told_by_themselves(house):
    _, shift = await one(house)
    late = await follower(house, THIRD)
    await house.say(f"/split {shift.id}")
    await house.pass_time(1)
    await brought(house, THIRD, *SHIFT_AGAIN)
    assert await told(house, late) == [SHIFT[0]]
    assert await told(house) == [FIRE[0]]


@pytest.mark.parametrize("restart", [False, True])
async def test_later_articles_go_where_they_belong(tmp_path, restart):
    clock = FakeClock()
    async with newsroom(tmp_path, clock) as house:
        fire, shift = await one(house)
        await house.say(f"/split {shift.id}")
        if not restart:
            await they_do(house, fire, shift)
    if restart:
        async with newsroom(tmp_path, clock) as house:
            await they_do(house, fire, shift)


async def they_do(house: House, fire: Article, shift: Article) -> None:
    apart = (await kept(house, shift)).story
    assert apart != fire.story
    assert (await brought(house, THIRD, *SHIFT_AGAIN)).story == apart
    assert (await brought(house, THIRD, *FIRE_AGAIN)).story == fire.story


async def test_what_is_told_again_at_the_same_address_stays_apart(house):
    url = "https://agency.example/night-shift"
    fire, shift = await brought(house, OURS, *FIRE), await brought(house, SECOND, *SHIFT, url=url)
    await house.say(f"/split {url}")
    again = await brought(house, THIRD, *FIRE, url=url)  # with other words by now: just those of the fire
    assert again.story == (await kept(house, shift)).story != fire.story


async def test_the_alert_stays_with_the_article_whose_words_it_has(house):
    fire, _ = await one(house)
    said = await house.say(f"/split {fire.id}")
    assert said.startswith(SHIFT[0]), "so the other one leaves"
    assert (await alert_of(house, fire)).id == fire.id
    assert (await kept(house, fire)).story == fire.story


async def test_two_stories_taken_apart_again_have_the_alerts_they_had(house):
    fire, stalls = await two(house)
    await house.say(f"/merge {stalls.story} {fire.story}")
    await house.pass_time(1)
    await house.press("Take it apart again")
    await house.pass_time(1)
    assert (await alert_of(house, stalls)).id == stalls.id
    assert await told(house) == [FIRE[0], STALLS[0]]
    assert "Also reported" not in "".join(await house.texts("web:reader"))
    assert (await brought(house, THIRD, *STALLS_AGAIN)).story == stalls.story


async def test_taken_apart_again_each_is_told_to_those_who_had_only_the_other(house):
    traders = await follower(house, SECOND)
    fire, stalls = await two(house)
    await house.say(f"/merge {stalls.story} {fire.story}")
    await house.press("Take it apart again")
    await brought(house, SECOND, *FIRE_AGAIN)
    assert await told(house, traders) == [STALLS[0], FIRE[0]]


async def test_a_part_of_what_was_merged_can_leave(house):
    fire, stalls = await two(house)
    url = "https://agency.example/stalls"
    more = await brought(house, THIRD, *STALLS_AGAIN, url=url)
    await house.say(f"/merge {stalls.story} {fire.story}")
    await house.say(f"/split {stalls.id}")
    assert (await kept(house, stalls)).story == stalls.id
    assert (await kept(house, more)).story == fire.story
    assert (await brought(house, OURS, *STALLS)).story == stalls.id
    assert (await brought(house, OURS, *STALLS_AGAIN, url=url)).story == fire.story


async def test_an_article_that_comes_in_during_a_split_finds_the_story_as_it_is_then(house):
    fire, shift = await one(house)

    async def meanwhile() -> None:
        await brought(house, THIRD, *FIRE_AGAIN)

    house.dispatch = Dispatcher(dataclasses.replace(house.bot, store=Meddling(house.bot.store, meanwhile)), registry())
    await house.say(f"/split {shift.id}")
    assert len((await story_of(house.bot, fire.story)).articles) == 2


@pytest.mark.parametrize(
    ("articles", "says"),
    [
        ("nonsense", "I know no article nonsense of a story."),
        ("https://nowhere.example/", "I know no article https://nowhere.example/ of a story."),
        ("{fire} {shift}", "Some of its articles have to stay in the story."),
        ("{fire} {boat}", "Those articles belong to several stories. Take them out one story at a time."),
        ("{boat}", "Some of its articles have to stay in the story."),
    ],
)
async def test_what_can_not_be_taken_out_is_said(house, articles, says):
    fire, shift = await one(house)
    boat = await brought(house, THIRD, *BOAT)
    said = await house.say("/split " + articles.format(fire=fire.id, shift=shift.id, boat=boat.id))
    assert said.startswith(says)
    assert (await kept(house, shift)).story == fire.story


async def test_readers_and_groups_are_offered_no_buttons(house):
    await one(house)
    await house.say("/story fish market", who="web:reader")
    lines = [action.line for action in (await house.posts("web:reader"))[-1].message.actions]
    assert not [line for line in lines if line.startswith(("/split", "/merge"))]
    assert "Only an editor may do that" in await house.say("/split x", who="web:reader")
