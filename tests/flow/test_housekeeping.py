"""What is kept for a while goes when its time is past, and nothing else does."""

from datetime import timedelta

from msgspec.structs import replace

from adapters.web.sessions import SignIn
from bot.core.lines import carried, keep, line_of
from bot.core.model import Article, Feed, Page, Story, Subscriber
from bot.core.ports import Add, Put, Swap
from bot.core.update import Update
from bot.housekeeping import UPDATES_KEPT, first_sweep
from bot.intake.entries import Sighting
from bot.intake.pages import Refusal
from bot.intake.watch import watched
from tests.fakes import FakeClock
from tests.flow.house import House, opened

FEED = "https://a.example/feed"


async def test_old_answers_and_refusals_go_and_the_rest_stays(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        store = house.bot.store
        await store.commit(first_sweep(house.bot))
        await house.pipeline.settle()
        await house.say("/subscribe ferry")
        waiting = await house.record("/help")
        await store.commit(Add(Refusal(id="https://a.example/", key="error.fetch", arguments={}, at=house.clock.now())))
        await house.pass_time(timedelta(days=1).total_seconds())
        assert await store.find(Refusal) == []
        assert len(await store.find(Update)) == 2, "a platform may still bring them again"
        await house.pass_time(UPDATES_KEPT.total_seconds())
        assert await store.find(Update) == [waiting], "what waits for its answer stays, however old"
        assert await store.get(Subscriber, "web:operator")


async def test_a_button_s_line_is_kept_as_long_as_receipts_are_since_it_was_last_made(tmp_path):
    lines = [carried(f"/feed add https://a.example/{name}/{'x' * 100}", 64)[1] for name in ("old", "used")]
    async with opened(tmp_path, FakeClock()) as house:
        store = house.bot.store
        await store.commit(first_sweep(house.bot))
        await keep(store, lines, house.clock.now())
        for _ in range(2):
            await house.pass_time(timedelta(days=29).total_seconds())
            await keep(store, lines[1:], house.clock.now())
            before = store_size(tmp_path)
            await keep(store, lines[1:], house.clock.now())
            assert store_size(tmp_path) == before, "once a day is enough"
        assert [await line_of(store, f"#{line.id}") for line in lines] == [None, lines[1].line]


async def test_what_platforms_keep_for_a_while_goes_with_the_rest(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        await house.bot.adapters["web"].sign_in_link()
        await house.bot.store.commit(first_sweep(house.bot))
        await house.pipeline.settle()
        assert len(await house.bot.store.find(SignIn)) == 1
        await house.pass_time(timedelta(days=1).total_seconds())
        assert await house.bot.store.find(SignIn) == []


def store_size(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


async def test_pages_that_readers_asked_for_go_and_what_feeds_brought_stays(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        now = house.clock.now()
        asked, brought = (
            Article(id=id, url="", feed=feed, source="", received=now, page=Page(), read=now)
            for id, feed in (("a", ""), ("b", "https://a.example/feed"))
        )
        await house.bot.store.commit(first_sweep(house.bot), Add(asked), Add(brought))
        await house.pipeline.settle()
        assert len(await house.bot.store.find(Article)) == 2, "not before its time"
        await house.pass_time(timedelta(days=1).total_seconds())
        assert await house.bot.store.find(Article) == [brought]


async def test_articles_go_with_their_story_when_that_has_had_its_last_news_long_ago(tmp_path):
    async with opened(tmp_path, FakeClock(), article_days=10) as house:
        store, days = house.bot.store, timedelta(days=1).total_seconds()
        await store.commit(first_sweep(house.bot), *watched(house.bot, FEED))
        for number, wait in enumerate((0, 1, 6)):
            await house.pass_time(wait * days)
            await store.commit(*told(house, number))
        over, lasting, _ = await store.find(Story)
        await store.commit(Swap(lasting, replace(lasting, updated=house.clock.now())))
        await house.pass_time(5 * days)
        assert [article.page.title for article in await store.find(Article)] == ["1", "2"]
        assert over.id not in {story.id for story in await store.find(Story)}
        await house.pass_time(20 * days)
        assert await store.find(Article) == await store.find(Story) == []


def told(house: House, number: int) -> tuple[Add, ...]:
    """An article with a story of its own."""
    now, id = house.clock.now(), house.bot.ids.new()
    page = Page(title=str(number))
    article = Article(id=id, url=f"https://a.example/{number}", feed=FEED, source="", received=now, page=page, story=id)
    return Add(article), Add(Story(id=id, headline=str(number), articles=(id,), sources=(), updated=now))


async def test_what_was_seen_is_remembered_while_it_may_still_stand_in_its_feed(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        store, start, odd = house.bot.store, house.clock.now(), "https://b.example/feed#top"
        feeds = Feed(id=FEED, read=start), Feed(id=odd, read=start)
        seen = [Sighting(id=f"{feed}#{entry}", at=start) for feed in (FEED, odd) for entry in ("1", "2#x")]
        gone = Sighting(id="https://gone.example/feed#1", at=start)
        await store.commit(*map(Add, (*feeds, *seen, gone)), first_sweep(house.bot))
        await house.pass_time(1)
        assert await store.find(Sighting) == seen, "of a feed that nobody follows nothing is remembered"
        await house.pass_time(timedelta(days=60).total_seconds())
        assert await store.find(Sighting) == seen, "its server only said that nothing has changed"
        await store.commit(Put(replace(feeds[0], read=house.clock.now())))
        await house.pass_time(timedelta(days=1).total_seconds())
        assert await store.find(Sighting) == seen[2:]
