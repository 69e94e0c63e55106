"""The news river, whole: a feed's new story becomes one alert in the chats that want it."""

from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from adapters.sample.newsroom import SampleNewsroom
from bot.core.model import (
    INTAKE,
    Alert,
    Article,
    Chat,
    Delivery,
    FanOut,
    Feed,
    Page,
    Poll,
    Reading,
    State,
    Story,
    Subscriber,
)
from bot.core.ports import Add, Swap
from bot.core.settings import Settings
from bot.outreach import outbox
from tests.fakes import FakeClock
from tests.flow.house import opened

SETTINGS = {"sample_port": 0, "sample_seconds": 60.0, "poll_seconds": 30.0, "operators": ("web:operator",)}


@asynccontextmanager
async def newsroom(clock):
    sample = SampleNewsroom(Settings(_env_file=None, **SETTINGS), clock)
    feeds = await sample.open()
    try:
        yield {"feeds": feeds, "trusted": (sample.address,), **SETTINGS}
    finally:
        await sample.close()


@pytest.fixture
async def house(tmp_path):
    clock = FakeClock()
    async with newsroom(clock) as settings, opened(tmp_path, clock, **settings) as house:
        yield house


async def test_a_new_story_reaches_those_who_follow(house):
    await house.say("/subscribe")
    await house.pipeline.settle()
    await house.say("/subscribe zebra", who="web:other")
    for _ in range(10):
        await house.pass_time(31)
    alerts = [text for text in await house.texts() if "Read on" not in text][1:]
    assert len(alerts) >= 4
    assert len(set(alerts)) == len(alerts)
    assert not any("Leave a Reply" in text or "Share this" in text for text in alerts)
    assert len(await house.texts("web:other")) == 1, "who follows something else is not told"


async def test_on_first_sight_only_a_few_are_announced(house):
    await house.say("/subscribe")
    await house.pipeline.settle()
    assert await house.bot.store.count(Alert, {"state": "released"}) == {"": 6}, "three of each feed"


async def test_one_event_is_one_alert(tmp_path):
    clock = FakeClock()
    async with newsroom(clock) as settings, opened(tmp_path, clock, **settings) as house:
        await house.say("/subscribe")
        for _ in range(40):
            await house.pass_time(31)
        stories = await house.bot.store.find(Story, limit=1000)
        articles = await house.bot.store.find(Article, limit=1000)
        shared = [story for story in stories if len(story.sources) > 1]
        assert shared, "two papers told one event"
        assert len(await house.bot.store.find(Alert, limit=1000)) == len(stories) < len(articles)
        assert len(await house.bot.store.find(Delivery, limit=1000)) == len(stories)
        told = await house.say(f"/story {shared[0].id}")
        assert "2 sources" in told


async def test_a_restart_in_the_middle_repeats_and_loses_nothing(tmp_path):
    clock = FakeClock()
    async with newsroom(clock) as settings:
        async with opened(tmp_path, clock, **settings) as house:
            await house.say("/subscribe")
            await house.pass_time(31)
        for _ in range(8):
            async with opened(tmp_path, clock, **settings) as house:
                await clock.advance(31)
                for lane in house.pipeline.lanes:
                    if lane.kind in {Poll, Reading, FanOut}:
                        await lane.turn(house.bot)  # and no further: the process ends here
        async with opened(tmp_path, clock, **settings) as house:
            await house.pass_time(31)
            alerts = await house.bot.store.find(Alert, limit=1000)
            deliveries = await house.bot.store.find(Delivery, limit=1000)
            assert {delivery.about for delivery in deliveries} == {alert.id for alert in alerts}
            assert all(delivery.receipt for delivery in deliveries)
            texts = (await house.texts())[1:]
            assert len(texts) == len(set(texts)) == len(alerts)


async def test_a_summary_is_the_articles_own_words(house):
    await house.pipeline.settle()
    latest = await house.say("/latest")
    assert latest.startswith("Latest stories")
    article = (await house.bot.store.find(Article, newest=True, limit=1))[0]
    told = await house.say(article.url)
    assert told == await house.say(f"/tldr {article.url}"), "a bare link is a summary, and the same again"
    assert told.startswith(article.page.title)
    sentences = [line[2:] for line in told.splitlines() if line.startswith("• ")]
    assert len(sentences) == 3
    text = " ".join(article.page.text.split())
    assert all(sentence in text for sentence in sentences)


async def test_a_reader_says_how_much_of_an_article_to_be_told_and_sees_how_long_it_is(house):
    await house.pipeline.settle()
    article = (await house.bot.store.find(Article, newest=True, limit=1))[0]
    told = [await house.say(f"/summary {length} {article.url}") for length in ("short", "normal", "long")]
    sizes = [sum(len(line.split()) - 1 for line in each.splitlines() if line.startswith("• ")) for each in told]
    assert 10 < sizes[0] < sizes[1] < sizes[2]
    assert [size <= most for size, most in zip(sizes, (45, 90, 220), strict=True)] == [True] * 3
    assert all("· 1 min to read" in each for each in told)


async def test_a_summary_asked_for_before_a_restart_is_answered_once(tmp_path):
    clock = FakeClock()
    async with newsroom(clock) as settings:
        async with opened(tmp_path, clock, **settings) as house:
            await house.pipeline.settle()
            article = (await house.bot.store.find(Article, newest=True, limit=1))[0]
            await house.record(f"/summary {article.url}")
        for _ in range(2):
            async with opened(tmp_path, clock, **settings) as house:
                await house.dispatch.resume()
                texts = await house.texts()
        assert [text.splitlines()[0] for text in texts] == [article.page.title]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/summary", "Which article?"),
        ("/summary nonsense", ""),
        ("/summary http://127.0.0.1:1/", "may not use port 1"),
        ("/summary http://localhost/", "may not open"),
        ("/story", "WORDS is missing"),
        ("/story zebra crossing", "found no story"),
        ("/latest zebra", "Nothing about zebra"),
        ("hello", "Send me a link"),
        ("/sumary x", "Did you mean /summary?"),
    ],
)
async def test_a_wrong_word_is_told_what_to_do(house, line, says):
    said = await house.say(line)
    assert says in said
    assert "Something went wrong" not in said
    assert await house.bot.store.find(Article) == []


async def brought(house, feed: str, title: str, *words: str, own: bool = False) -> None:
    """Bring one article by a feed, which a chat named after its host follows."""
    chat = Chat("web", feed.split("/")[2])
    here = Subscriber(id=str(chat), chat=chat, since=house.clock.now(), feeds=(feed,))
    await house.bot.store.commit(Add(Feed(id=feed, own=own)), Add(here), *arriving(house, feed, title, *words))
    await house.pass_time(1)


def arriving(house, feed: str, title: str, *words: str) -> tuple[Add, Add]:
    """Return an article that a feed has just brought, and what has it read."""
    article = Article(
        id=house.bot.ids.new(),
        url="",
        feed=feed,
        source=feed.split("/")[2],
        received=house.clock.now(),
        page=Page(title=title, paragraphs=words),
    )
    return Add(article), Add(Reading(id=article.id, lane=INTAKE, due=house.clock.now()))


THEIRS, OURS = "https://theirs.example/feed", "https://ours.example/feed"
EVENT = ("Fire destroys the fish market in Kestrel Harbour", "A fire destroyed the fish market in Kestrel Harbour.")


async def test_the_words_of_a_feed_that_somebody_added_reach_nobody_else(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS,)) as house:
        await house.say("/subscribe")
        await brought(house, THEIRS, EVENT[0] + ", buy now", *EVENT[1:])
        await brought(house, OURS, *EVENT, own=True)
        told = (await house.texts())[1:]
        assert [text for text in told if "Kestrel" in text]
        assert not [text for text in told if "buy now" in text or "theirs" in text]


async def test_who_follows_somebody_elses_feed_is_told_our_story_once(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS,)) as house:
        await brought(house, OURS, *EVENT, own=True)
        await brought(house, THEIRS, *EVENT)
        assert await house.bot.store.count(Alert) == {"": 1}
        assert len(await house.bot.store.find(Delivery)) == 2


FURTHER = "https://further.example/feed"


async def test_of_two_feeds_that_readers_added_each_tells_its_own_followers_and_those_of_both_hear_one(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        chat, now = Chat("web", "both"), house.clock.now()
        both = Subscriber(id=str(chat), chat=chat, since=now, feeds=(THEIRS, FURTHER))
        await house.bot.store.commit(Add(both))
        await brought(house, THEIRS, EVENT[0] + ", buy now", *EVENT[1:])
        for _ in range(2):
            await brought(house, FURTHER, *EVENT)
            await brought(house, THEIRS, *EVENT)
        assert await house.bot.store.count(Story) == {"": 1}
        (first,), (second,), (only,) = [
            await house.texts(f"web:{name}") for name in ("theirs.example", "further.example", "both")
        ]
        assert "buy now" in first
        assert "buy now" not in second
        assert only == first


async def test_who_follows_both_hears_one_even_where_the_first_is_still_on_its_way(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        chat, now = Chat("web", "both"), house.clock.now()
        await house.bot.store.commit(Add(Subscriber(id=str(chat), chat=chat, since=now, feeds=(THEIRS, FURTHER))))
        fan_out = next(lane for lane in house.pipeline.lanes if lane.kind is FanOut)
        reading = next(lane for lane in house.pipeline.lanes if lane.kind is Reading)
        for feed in (THEIRS, FURTHER):
            await house.bot.store.commit(*arriving(house, feed, *EVENT))
            await reading.turn(house.bot)
        first, second = await house.bot.store.find(Alert)
        released = replace(first, state=State.RELEASED, released=now)  # and its fan-out has not begun
        await house.bot.store.commit(Swap(first, released), Swap(await house.bot.store.get(FanOut, first.id), None))
        await house.pass_time(1)
        assert await house.bot.store.find(Delivery) == []
        await house.bot.store.commit(Add(outbox.fan_out_job(released, house.clock.now())))
        await fan_out.turn(house.bot)
        await house.pass_time(5)
        assert [delivery.about for delivery in await house.bot.store.find(Delivery)] == [first.id]
        assert (await house.bot.store.get(Alert, second.id)).addressed


async def test_a_story_shows_nobody_what_other_chats_follow(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        await brought(house, THEIRS, *EVENT)
        (story,) = await house.bot.store.find(Story)
        for line in ("/story kestrel", f"/story {story.id}"):
            assert "I found no story" in await house.say(line)
            assert "1 source: theirs.example" in await house.say(line, who="web:theirs.example")


OUR_SECOND = "https://second.example/feed"


async def test_an_article_of_a_told_story_is_named_where_the_alert_stands(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS, OUR_SECOND)) as house:
        await house.say("/subscribe")
        await brought(house, OURS, *EVENT, own=True)
        (before,) = (await house.posts())[1:]
        assert before.message.plain.endswith(EVENT[1]), "the feed's entry links nowhere"
        await brought(house, OUR_SECOND, *EVENT, own=True)
        (after,) = (await house.posts())[1:]
        assert after.id == before.id, "no second message, and no notice"
        assert after.message.plain == f"{before.message.plain}\n\nAlso reported by second.example."
        await brought(house, OUR_SECOND, *EVENT, own=True)
        await brought(house, OURS, *EVENT, own=True)
        (again,) = (await house.posts())[1:]
        assert again.change == after.change, "repetition is silence"
        assert "corrected" not in (await house.say("/alerts")).lower()


async def test_a_name_that_somebody_gave_their_feed_never_comes_under_our_words(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS,)) as house:
        await house.say("/subscribe")
        await brought(house, OURS, *EVENT, own=True)
        await brought(house, THEIRS, *EVENT)
        assert not [text for text in await house.texts() if "theirs" in text]


async def test_an_alert_names_only_the_first_few_of_its_sources(tmp_path):
    feeds = [f"https://paper{number}.example/feed" for number in range(8)]
    async with opened(tmp_path, FakeClock(), feeds=(OURS, *feeds)) as house:
        await house.say("/subscribe")
        await brought(house, OURS, *EVENT, own=True)
        for feed in feeds:
            await brought(house, feed, *EVENT, own=True)
        (shown,) = (await house.texts())[1:]
        assert shown.endswith("Also reported by paper0.example, paper1.example, paper2.example, and paper3.example.")


async def test_a_withdrawn_alert_stays_withdrawn_whoever_reports_it_next(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS, OUR_SECOND), operators=("web:operator",)) as house:
        await house.say("/subscribe")
        await brought(house, OURS, *EVENT, own=True)
        (alert,) = await house.bot.store.find(Alert)
        await house.say(f"/retract {alert.id} It was a drill.")
        await house.pass_time(11)
        await brought(house, OUR_SECOND, *EVENT, own=True)
        told = await house.posts(f"web:{OUR_SECOND.split('/')[2]}")
        assert told == [], "nobody is told what was withdrawn"
        assert "Also reported" not in " ".join(await house.texts())


async def test_a_source_that_joins_does_not_hurry_a_correction_that_can_still_be_called_back(tmp_path):
    async with opened(tmp_path, FakeClock(), feeds=(OURS, OUR_SECOND), operators=("web:operator",)) as house:
        await house.say("/subscribe")
        await brought(house, OURS, *EVENT, own=True)
        (alert,) = await house.bot.store.find(Alert)
        await house.say(f"/correct {alert.id} It was saved.\nFish market saved from fire")
        await brought(house, OUR_SECOND, *EVENT, own=True)
        post = (await house.posts())[1]
        assert "saved" not in post.message.plain
        await house.pass_time(11)
        post = (await house.posts())[1]
        assert post.message.plain.startswith("Fish market saved from fire")
        assert "Also reported by second.example." in post.message.plain, "and it is not forgotten"
