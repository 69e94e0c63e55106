"""What a chat follows, taken up, listed and dropped."""

import pytest

from bot.commands import following, upkeep
from bot.core.i18n import translator
from bot.core.model import INTAKE, Article, Chat, Feed, Page, Poll, Role, Subscriber
from bot.core.ports import Delete, Put
from bot.core.update import Request
from bot.intake.watch import own_feeds
from tests.fakes import FakeClock
from tests.flow.house import opened
from tests.flow.site import answer, rss, served


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), subscriptions_per_chat=3) as house:
        yield house


async def chat(house, who="web:operator"):
    return await house.bot.store.get(Subscriber, who)


async def test_a_newcomer_follows_everything_and_leaves_again(house):
    assert "News, as it happens" in await house.say("/start")
    assert "all the newsroom's news" in await house.press("Subscribe to everything")
    assert (await chat(house)).topics == ("*",)
    assert "As before" in await house.say("/follow all")
    assert "• everything" in await house.say("/list")
    assert "nothing any more" in await house.press("Drop everything")
    assert (await chat(house)).follows == 0
    assert "follows nothing yet" in await house.say("/list")


async def test_a_known_topic_is_a_topic_and_any_other_word_a_keyword(house):
    page = Page(title="Ferry")
    await house.bot.store.commit(Put(Feed(id="https://a.example/feed", own=True)))
    article = Article(
        id="1",
        url="https://a.example/1",
        feed="https://a.example/feed",
        source="",
        received=house.clock.now(),
        page=page,
        topics=("harbour",),
    )
    await house.bot.store.commit(Put(article))
    assert "topic harbour.\n\nThe newest: Ferry" in await house.say("/subscribe Harbour")
    assert "keyword night ferry" in await house.say("/sub Night  FERRY")
    assert (await chat(house)).topics == ("harbour",)
    assert (await chat(house)).keywords == ("night ferry",)
    assert "Which one?" in await house.say("/unsubscribe")
    assert "no longer follow harbour" in await house.say("/unsub harbour")
    assert "no longer follow night ferry" in await house.press("Drop night ferry")


async def test_dropping_everything_leaves_what_was_chosen_by_itself(house):
    await house.say("/subscribe")
    await house.say("/subscribe ferry")
    await house.say("/list")
    assert "no longer follow everything" in await house.press("Drop everything")
    assert (await chat(house)).keywords == ("ferry",)
    assert "nothing any more" in await house.press("Drop ferry")


async def test_the_newsrooms_own_feed_that_had_ended_is_looked_at_again(house):
    ended = Feed(id="https://a.example/feed", own=True, ended=True)
    await house.bot.store.commit(Put(ended))
    await house.bot.store.commit(*await own_feeds(house.bot, [ended.id]))
    assert not (await house.bot.store.get(Feed, ended.id)).ended
    assert await house.bot.store.get(Poll, ended.id)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/subscribe one two three four", "at most 3 words"),
        ("/subscribe " + "x" * 65, "at most 3 words"),
        ("/subscribe !!!", "Name a topic"),
        ("/unsubscribe harbour", "follows nothing yet"),
        ("/feed add", "URL is missing"),
        ("/feed add not-an-address", ""),
        ("/feed add http://127.0.0.1/feed", "may not open"),
        ("/feed add http://[::1]:8080/feed", ""),
        ("/feed remove https://a.example/", "follows nothing yet"),
        ("/feed", "Which one? /feed add, /feed list, /feed remove, /feed status"),
    ],
)
async def test_a_wrong_word_is_told_what_to_do_and_changes_nothing(house, line, says):
    assert says in await house.say(line)
    assert await chat(house) is None
    assert await house.bot.store.find(Poll) == []


async def test_a_chat_follows_no_more_than_its_quota(house):
    for word in ("one", "two", "three"):
        await house.say(f"/subscribe {word}")
    assert "Drop one first" in await house.say("/subscribe four")
    assert (await chat(house)).follows == 3


async def test_two_who_subscribe_at_once_both_do(house):
    import asyncio

    updates = [await house.record(f"/subscribe {word}") for word in ("one", "two")]
    await asyncio.gather(*map(house.dispatch, updates))
    assert set((await chat(house)).keywords) == {"one", "two"}


async def test_whoever_asks_too_often_is_told_when_to_come_back(tmp_path):
    async with opened(tmp_path, FakeClock(), commands_per_minute=2) as house:
        await house.say("/help")
        await house.say("/help")
        assert "try again in 30 s" in await house.say("/help")
        assert "What I can do" in await house.say("/help", who="web:other")
        await house.clock.advance(30)
        assert "What I can do" in await house.say("/help")


async def test_access_is_what_the_operator_says(tmp_path):
    async with opened(tmp_path, FakeClock(), access="invited", operators=("web:operator",)) as house:
        assert "/invite web:guest" in await house.say("/help", who="web:guest")
        assert "web:guest is let in" in await house.say("/invite web:guest")
        assert "What I can do" in await house.say("/help", who="web:guest")
        assert "no more answers" in await house.say("/block web:guest")
        before = await house.texts("web:guest")
        await house.dispatch(await house.record("/help", who="web:guest"))
        assert await house.texts("web:guest") == before, "the blocked are not answered"


async def test_roles_are_granted_by_the_operator_alone(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=("web:operator",)) as house:
        assert "Only an operator" in await house.say("/grant web:guest editor", who="web:guest")
        assert "There are: reader, editor, operator" in await house.say("/grant web:guest boss")
        assert "PLATFORM:ID" in await house.say("/grant guest editor")
        assert "web:guest is now an editor" in await house.say("/grant web:guest editor")
        assert "URGENT: Fire" in await house.say("/breaking Fire", who="web:guest")


async def test_a_chat_that_was_gone_is_back_when_it_follows_again(house):
    gone = Subscriber(
        id="web:operator",
        chat=Chat("web", "operator"),
        since=house.clock.now(),
        keywords=("one",),
        gone="error.chat_gone",
    )
    await house.bot.store.commit(Put(gone))
    await house.say("/subscribe two")
    assert (await chat(house)).gone == ""


async def test_a_topic_of_many_words_can_be_followed_looked_at_and_dropped(house):
    feed = Feed(id="https://a.example/feed", own=True)
    page = Page(title="Ladder stolen")
    article = Article(
        id="1",
        url="",
        feed=feed.id,
        source="",
        received=house.clock.now(),
        page=page,
        topics=("fire-and-rescue-service",),
    )
    await house.bot.store.commit(Put(feed), Put(article))
    assert "topic fire-and-rescue-service" in await house.say("/subscribe Fire and Rescue Service")
    assert "Ladder stolen" in await house.say("/latest Fire and Rescue Service!")
    assert "no longer follow" in await house.say("/unsubscribe fire-and-rescue-service")


async def test_a_feed_that_its_only_follower_leaves_this_moment_is_watched_all_the_same(house):
    url = "https://a.example/feed"
    await house.bot.store.commit(Put(Feed(id=url)))
    answer = await following.follow_feed(house.bot, await request_of(house, "/feed add"), url)
    await house.bot.store.commit(Delete(Feed, url), Delete(Poll, url))
    await house.bot.store.commit(*answer.changes)
    assert await house.bot.store.get(Feed, url)
    assert await house.bot.store.get(Poll, url)


async def request_of(house, line):
    return Request(update=await house.record(line), role=Role.READER, say=translator("en"))


async def test_two_operators_who_decide_about_one_person_at_once_both_count(house):
    request = await request_of(house, "/block")
    blocked = await upkeep.block.handler(house.bot, request, "web:rude")
    granted = await upkeep.grant.handler(house.bot, request, "web:rude", "editor")
    assert not await house.bot.store.commit(*blocked.changes)
    assert await house.bot.store.commit(*granted.changes), "the second is decided anew"


async def test_an_operator_of_the_settings_can_not_be_locked_out(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=("web:operator", "web:chief")) as house:
        assert "OPERATORS" in await house.say("/block web:chief")
        assert "no more answers" in await house.say("/block web:rude")


async def test_what_is_wrong_with_a_feed_is_said_in_full(house):
    url = "https://nowhere.invalid/feed"
    await house.bot.store.commit(Put(Feed(id=url, own=True)), Put(Poll(id=url, lane=INTAKE, due=house.clock.now())))
    await house.pass_time(1)
    said = await house.say("/feed list")
    assert "nowhere.invalid" in said.partition("—")[2].partition("https:")[0]
    assert "{" not in said


async def test_a_page_of_several_feeds_is_a_choice_of_buttons(tmp_path):
    link = '<link rel=alternate type=application/rss+xml title="{}" href={}>'
    async with served() as site, opened(tmp_path, FakeClock(), trusted=(site.host,)) as house:
        site.answers["/"] = answer(link.format("News", "/n") + link.format("Sport", "/s"), "text/html")
        site.answers["/s"] = answer(rss(1, title="Sport today"))
        asked = await house.say(f"/subscribe {site.url('/')}")
        assert "several feeds" in asked
        assert f"News {site.url('/n')}" in asked
        assert await chat(house) is None
        assert "You follow Sport today" in await house.press("Follow Sport")
        assert (await chat(house)).feeds == (site.url("/s"),)


@pytest.mark.parametrize("who", ["the newsroom", "a reader"])
async def test_a_feed_that_had_ended_is_polled_again_for_whoever_names_it(tmp_path, who):
    async with served() as site, opened(tmp_path, FakeClock(), trusted=(site.host,), feeds=(site.url(),)) as house:
        site.answers["/feed"] = answer(status=410)
        await house.pass_time(1)
        assert (await house.bot.store.get(Feed, site.url())).ended
        site.answers["/feed"] = answer(rss(1))
        if who == "a reader":
            await house.say(f"/feed add {site.url()}")
        else:
            await house.bot.store.commit(*await own_feeds(house.bot, [site.url()]))
        await house.pass_time(1)
        assert (await house.bot.store.get(Feed, site.url())).polled
