"""What is kept for a while goes when its time is past, and nothing else does."""

from datetime import timedelta

from bot.core.model import Article, Page, Subscriber
from bot.core.ports import Add
from bot.core.update import Update
from bot.housekeeping import UPDATES_KEPT, first_sweep
from bot.intake.pages import Refusal
from tests.fakes import FakeClock
from tests.flow.house import opened


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
