"""What readers look for: the latest by what matters, words in articles, and how a story went on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.model import Alert, Article, Audience, Chat, Feed, Page, Revision, Severity, State, Story, Subscriber
from bot.core.ports import Add, Put
from bot.newsroom.latest import ranked
from tests.fakes import START, FakeClock
from tests.flow.house import opened

OURS, SECOND, THEIRS = "https://ours.example/feed", "https://second.example/feed", "https://theirs.example/feed"


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock()) as house:
        await house.bot.store.commit(
            Add(Feed(id=OURS, own=True)), Add(Feed(id=SECOND, own=True)), Add(Feed(id=THEIRS, own=False))
        )
        yield house


def article(
    id: str, title: str, *, feed: str = OURS, hours: float = 0, text: str = "", story: str = "", topics=()
) -> Article:
    return Article(
        id=id,
        url=f"https://paper.example/{id}",
        feed=feed,
        source=feed.split("/")[2],
        received=START - timedelta(hours=hours),
        page=Page(title=title, paragraphs=(text,)),
        story=story or id,
        topics=topics,
    )


def alert(story: str, severity: Severity, state: State = State.RELEASED) -> Alert:
    return Alert(
        id=f"a-{story}",
        severity=severity,
        state=state,
        author="newsroom",
        audience=Audience(everyone=True),
        revisions=(Revision(headline=f"Alert of {story}"),),
        released=START,
        story=story,
    )


# ------------------------------------------------------------------------------------------------ the latest


def order(*stories: tuple[str, list[Article], Alert | None]) -> list[str]:
    by_story = {id: articles for id, articles, _ in stories}
    return list(ranked(by_story, {id: told for id, _, told in stories}, START))


def test_what_more_sources_tell_stands_first():
    alone = article("1", "Fair")
    shared = [article("2", "Fire"), article("3", "Fire", feed=SECOND)]
    assert order(("alone", [alone], None), ("shared", shared, None)) == ["shared", "alone"]


def test_what_is_fresh_stands_before_what_is_as_weighty_and_old():
    old, fresh = article("1", "Fair", hours=5), article("2", "Fire")
    assert order(("old", [old], None), ("fresh", [fresh], None)) == ["fresh", "old"]


def test_a_flash_stands_before_an_urgent_alert_and_that_before_what_was_sent_in_passing():
    told = [(each, [article(each, "Fire")], alert(each, Severity(each))) for each in ("routine", "flash", "urgent")]
    assert order(*told) == ["flash", "urgent", "routine"]


def test_a_flash_of_yesterday_stands_behind_the_news_of_the_hour():
    flash = ("flash", [article("1", "Fire", hours=24)], alert("flash", Severity.FLASH))
    assert order(flash, ("fresh", [article("2", "Fair")], None)) == ["fresh", "flash"]


def test_what_touches_more_topics_stands_first():
    narrow, broad = article("1", "Fair", topics=("town",)), article("2", "Fire", topics=("town", "harbour", "trade"))
    assert order(("narrow", [narrow], None), ("broad", [broad], None)) == ["broad", "narrow"]


def test_what_was_withdrawn_comes_last():
    withdrawn = ("wrong", [article("1", "Fire")], alert("wrong", Severity.FLASH, State.WITHDRAWN))
    assert order(withdrawn, ("old", [article("2", "Fair", hours=40)], None)) == ["old", "wrong"]


async def test_the_latest_are_ranked_and_name_how_many_tell_a_story(house):
    await house.bot.store.commit(
        *map(Add, (article("1", "Fire", story="1", hours=1), article("2", "Fire at the quay", feed=SECOND, story="1"))),
        *map(Add, (article("3", "Fair"), article("4", "Private", feed=THEIRS))),
    )
    lines = (await house.say("/latest")).split("\n")
    assert lines[2:4] == ["• Fire at the quay — ours.example and 1 more source", "• Fair — ours.example"]
    assert "Private" not in "".join(lines)


# ------------------------------------------------------------------------------------------------ words


async def found(house, words: str, who: str = "web:reader") -> list[str]:
    said = await house.say(f"/search {words}", who=who)
    return [line.partition(" · ")[2].partition(" — ")[0] for line in said.splitlines() if line.startswith("• ")]


async def test_words_are_found_in_titles_and_texts_the_title_first(house):
    text = article("1", "Council meets", text="The harbour wall is to be mended.")
    title = article("2", "Harbour wall falls", text="Nobody was hurt.")
    await house.bot.store.commit(Add(text), Add(title), Add(article("3", "Fair", text="A harbour of joy.")))
    assert await found(house, "harbour wall") == ["Harbour wall falls", "Council meets"]


@pytest.mark.parametrize(
    ("title", "words"),
    [("Überflutung in Łódź", "uberflut łodz"), ("福島で地震", "地震"), ("แผ่นดินไหว", "แผ่น"), ("زلزال قوي", "زلزال")],
)
async def test_words_are_found_in_every_language(house, title, words):
    await house.bot.store.commit(Add(article("1", title)), Add(article("2", "Fair")))
    assert await found(house, words) == [title]


async def test_nobody_finds_what_others_had_fetched_and_everybody_finds_their_own_feeds(house):
    follower = Chat("web", "follower")
    subscriber = Subscriber(id=str(follower), chat=follower, since=START, feeds=(THEIRS,))
    asked = replace(article("2", "Fire in secret"), feed="")
    await house.bot.store.commit(Add(article("1", "Fire in private", feed=THEIRS)), Add(asked), Add(subscriber))
    assert "I found nothing with all of these words: fire" in await house.say("/search fire", who="web:reader")
    assert await found(house, "fire", who="web:follower") == ["Fire in private"]


async def test_of_many_only_the_best_are_shown_and_the_rest_counted(house):
    await house.bot.store.commit(*(Add(article(f"{number:02}", f"Fire {number}")) for number in range(13)))
    said = await house.say("/find fire")
    assert len(await found(house, "fire")) == 10
    assert said.startswith("Found: fire")
    assert said.endswith("3 more. Another word narrows it down.")


async def test_a_found_article_is_summed_up_by_its_button(house):
    await house.bot.store.commit(Add(article("1", "Fire")))
    await house.say("/search fire")
    (post,) = [post for post in await house.posts() if post.message.plain.startswith("Found")]
    assert [action.line for action in post.message.actions] == ["/summary https://paper.example/1"]


# ------------------------------------------------------------------------------------------------ a story


async def test_a_time_line_has_who_told_what_was_sent_and_what_was_put_right(house):
    first, second = article("1", "Fire", story="1", hours=2), article("2", "Fire spreads", feed=SECOND, story="1")
    right = Revision(
        headline="Fire, three hurt", note="It was three, not five.", corrected=START + timedelta(minutes=9)
    )
    sent = alert("1", Severity.URGENT)
    sent = replace(sent, revisions=(*sent.revisions, right))
    update = replace(alert("2", Severity.URGENT), follows=sent.id, released=START + timedelta(minutes=5))
    draft = replace(alert("3", Severity.URGENT, State.DRAFT), follows=sent.id, released=None)
    told = Story(id="1", headline="Fire", articles=("1", "2"), sources=(), updated=START, alert=sent.id)
    await house.bot.store.commit(*map(Put, (first, second, sent, update, draft, told)))
    said = await house.say("/story fire")
    assert [line for line in said.splitlines() if line] == [
        "Fire",
        "2 sources: ours.example, second.example",
        "• 02.03. 07:00 UTC · Fire — ours.example",
        "• 02.03. 09:00 UTC · Fire spreads — second.example",
        "• 02.03. 09:00 UTC · Sent: Alert of 1",
        "• 02.03. 09:05 UTC · Told as new: Alert of 2",
        "• 02.03. 09:09 UTC · Put right: It was three, not five.",
    ]


async def test_an_alert_in_the_words_of_an_article_is_no_line_of_its_own(house):
    sent = replace(alert("1", Severity.ROUTINE), revisions=(Revision(headline="Fire"),))
    told = Story(id="1", headline="Fire", articles=("1",), sources=(), updated=START, alert=sent.id)
    await house.bot.store.commit(*map(Put, (article("1", "Fire"), sent, told)))
    assert "Sent:" not in await house.say("/story fire")


async def test_a_story_says_who_and_what_it_is_about_and_offers_to_follow_them(house):
    first = replace(article("1", "Plan stalls", story="1"), names=("Ann Holm", "Fishgate"))
    second = replace(article("2", "Plan falls", story="1"), names=("Fishgate", "Tern Island", "Wend"))
    told = Story(id="1", headline="Plan stalls", articles=("1", "2"), sources=(), updated=START)
    await house.bot.store.commit(*map(Put, (first, second, told)))
    assert "People and places: Fishgate, Ann Holm, Tern Island, Wend\n" in await house.say("/story plan")
    assert "the name Fishgate" in await house.press("Follow Fishgate")
    (subscriber,) = await house.bot.store.find(Subscriber)
    assert subscriber.names == ("Fishgate",)


async def test_times_are_the_chats(house):
    await house.say("/timezone Asia/Tokyo")
    told = Story(id="1", headline="Fire", articles=("1",), sources=(), updated=START)
    await house.bot.store.commit(Add(article("1", "Fire")), Add(told))
    assert "18:00 JST · Fire" in await house.say("/story fire")
    assert "18:00 JST · Fire" in await house.say("/search fire")
