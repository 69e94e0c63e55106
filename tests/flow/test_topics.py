"""Topics with rules, from the editor's first try to the alert that reaches who follows one; and names followed."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from msgspec.structs import replace

from bot.commands import topics
from bot.core.i18n import translator
from bot.core.model import INTAKE, Article, Delivery, Feed, Page, Reading, Role, Subscriber, Topic
from bot.core.model.people import Person
from bot.core.ports import Add, Put
from bot.core.update import Request
from tests.fakes import START, FakeClock
from tests.flow.house import OPERATOR, opened

OURS = "https://ours.example/feed"
EDITOR, READER = "web:editor", "web:reader"
RULE = '/topic Climate de:Klima = warming, emission, "net zero" -astrology'


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=(OPERATOR,)) as house:
        await house.bot.store.commit(Add(Feed(id=OURS, own=True)), Put(Person(id=EDITOR, role=Role.EDITOR)))
        yield house


def article(id: str, title: str, text: str = "", *, topics=(), hours: float = 1) -> Article:
    return Article(
        id=id,
        url=f"https://ours.example/{id}",
        feed=OURS,
        source="Ours",
        received=START - timedelta(hours=hours),
        page=Page(title=title, paragraphs=(text,)),
        topics=topics,
        story=id,
    )


async def keep(house, *articles: Article) -> None:
    await house.bot.store.commit(*map(Put, articles))


async def comes_in(house, title: str, text: str = "") -> Article:
    """An article arrives by the newsroom's feed; its page can't be read, so that the feed's words stand."""
    id = house.bot.ids.new()
    known = replace(article(id, title, text), story="", received=house.clock.now(), url=f"http://127.0.0.1:1/{id}")
    await house.bot.store.commit(Add(known), Add(Reading(id=id, lane=INTAKE, due=house.clock.now())))
    await house.pipeline.settle()
    await house.pass_time(1)
    return await house.bot.store.get(Article, id)


async def told(house, who: str, what: Article) -> bool:
    return await house.bot.store.get(Delivery, f"{what.id}:{who}") is not None


# ------------------------------------------------------------------------------------------------ topics


async def test_a_rule_is_tried_on_the_last_articles_and_counts_only_when_it_is_kept(house):
    caught = [article("1", "Warming quickens"), article("2", "Ships", "Their emissions fell.")]
    await keep(house, *caught, article("3", "Warming and astrology"), article("4", "Ferry late"))
    said = await house.say(RULE, who=EDITOR)
    assert said.startswith("Climate\n\n• any of: warming · emission · “net zero”\n• none of: astrology")
    assert "It takes 2 of the last 4 articles:\n\n• Ships — Ours (emission)\n• Warming quickens — Ours (war" in said
    assert await house.bot.store.find(Topic) == []
    assert "The topic Climate stands. 2 of the last 4 articles" in await house.press("Keep this rule", who=EDITOR)
    (topic,) = await house.bot.store.find(Topic)
    assert (topic.id, topic.titles, topic.by) == ("climate", {"": "Climate", "de": "Klima"}, EDITOR)
    said = await house.say("/latest climate")
    assert "Warming quickens" in said
    assert "Ferry" not in said


async def test_a_rule_names_by_what_it_takes_an_article_and_not_what_else_the_article_has(house):
    await keep(house, article("1", "Harbour ferry late"), article("2", "Ferry crews on strike"))
    said = await house.say("/topic Port = harbour, ferry + strike", who=EDITOR)
    assert "Harbour ferry late — Ours (harbour)" in said
    assert "Ferry crews on strike — Ours (ferry, strike)" in said


async def test_whoever_follows_a_topic_is_told_of_what_its_rule_takes(house):
    await house.say(RULE, who=EDITOR)
    await house.press("Keep", who=EDITOR)
    assert "You follow the topic Climate." in await house.say("/subscribe Klima", who=READER)
    assert "• topic Climate" in await house.say("/list", who=READER)
    await house.say("/subscribe tram", who="web:other")
    taken, left = await comes_in(house, "Warming quickens"), await comes_in(house, "Ferry late")
    assert taken.topics == taken.ruled == ("climate",)
    assert await told(house, READER, taken)
    assert not await told(house, "web:other", taken)
    assert not await told(house, READER, left)


async def test_a_topic_counts_for_the_next_article_after_a_restart_too(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=(OPERATOR,)) as house:
        await house.say("/topic keep climate = warming")
    async with opened(tmp_path, FakeClock(), operators=(OPERATOR,)) as house:
        await house.bot.store.commit(Put(Feed(id=OURS, own=True)))
        assert (await comes_in(house, "Warming quickens")).topics == ("climate",)


async def test_a_changed_rule_says_what_joins_and_what_leaves(house):
    await keep(house, article("1", "Warming quickens"), article("2", "Ferry late"), article("3", "Ferry on time"))
    await house.say("/topic keep harbour = warming", who=EDITOR)
    said = await house.say("/topic harbour = ferry", who=EDITOR)
    assert "So far its rule is warming – 2 articles would join, 1 would leave." in said
    await house.press("Keep", who=EDITOR)
    topics = [(await house.bot.store.get(Article, id)).topics for id in "123"]
    assert topics == [(), ("harbour",), ("harbour",)]


async def test_a_dropped_topic_leaves_the_articles_and_can_be_brought_back(house):
    await keep(house, article("1", "Warming quickens"), article("2", "Quay", topics=("climate",)))
    await house.say("/topic keep climate = warming", who=EDITOR)
    await house.say("/subscribe climate", who=READER)
    await house.say("/topic climate", who=EDITOR)
    said = await house.press("Drop the topic", who=EDITOR)
    assert "The topic climate is dropped. One chat still follows it" in said
    assert (await house.bot.store.get(Article, "1")).topics == ()
    assert (await house.bot.store.get(Article, "2")).topics == ("climate",), "its feed still says so"
    await house.press("Bring it back", who=EDITOR)
    assert (await house.bot.store.get(Article, "1")).topics == ("climate",)


async def test_a_topic_shows_its_rule_its_followers_and_the_line_that_changes_it(house):
    await house.say("/topic keep Net Zero de:Klimaneutral = “net zero”", who=EDITOR)
    await house.say("/subscribe net zero", who=READER)
    said = await house.say("/topic net-zero", who=EDITOR)
    assert "One chat follows it." in said
    assert "/topic Net Zero de:Klimaneutral = “net zero”" in said


async def test_a_rule_changed_by_the_topics_name_leaves_its_titles_alone(house):
    await house.say("/topic keep Net Zero de:Klimaneutral = one", who=EDITOR)
    await house.say("/topic keep net-zero = two", who=EDITOR)
    (topic,) = await house.bot.store.find(Topic)
    assert (topic.titles, topic.rule) == ({"": "Net Zero", "de": "Klimaneutral"}, "two")


async def test_everybody_sees_the_topics_with_a_button_and_only_editors_the_rules(house):
    assert "There are no topics yet. /subscribe" in await house.say("/topics", who=READER)
    assert "There are no topics yet. Make one" in await house.say("/topics", who=EDITOR)
    await keep(house, article("1", "Warming", topics=("town",)))
    await house.say("/topic keep Climate = warming", who=EDITOR)
    said = await house.say("/topics", who=READER)
    assert said == "Topics\n\n• Climate — one article lately\n• town — one article lately"
    assert "Climate = warming" in await house.say("/topics", who=EDITOR)
    assert "You follow the topic Climate." in await house.press("Follow Climate", who=READER)
    await house.say("/list", who=READER)
    assert "no longer follow Climate" in await house.press("Drop Climate", who=READER)
    assert (await house.bot.store.get(Subscriber, READER)).topics == ()


async def test_only_editors_make_topics(house):
    assert "Only an editor" in await house.say("/topic keep climate = warming", who=READER)
    assert "Only an editor" in await house.say("/topic climate", who=READER)
    assert await house.bot.store.find(Topic) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/topic climate = ", "The rule says nothing yet"),
        ("/topic climate = -astrology", "only says what does not belong"),
        ('/topic climate = "net zero', "A quotation mark is missing"),
        ("/topic climate = word:x", "I don't know word: here. A rule can look at name:, feed:, category:, section:"),
        ("/topic = warming", "Begin with the topic's name"),
        ("/topic all = warming", "Begin with the topic's name"),
        ("/topic " + "x" * 41 + " = warming", "at most 40 letters"),
        ("/topic climate", "no topic climate with a rule"),
        ("/topic drop climate", "no topic climate with a rule"),
        ("/topic keep climate", "Begin with the topic's name"),
    ],
)
async def test_a_mistyped_rule_is_told_what_to_write_and_changes_nothing(house, line, says):
    assert says in await house.say(line, who=EDITOR)
    assert await house.bot.store.find(Topic) == []


async def test_of_two_editors_who_make_one_topic_at_once_the_second_is_decided_anew(house):
    update = await house.record("/topic", EDITOR)
    request = Request(update=update, role=Role.EDITOR, say=translator("en"))
    first = await topics.topic_keep.handler(house.bot, request, "climate = warming")
    second = await topics.topic_keep.handler(house.bot, request, "climate = emission")
    assert not await house.bot.store.commit(*first.changes)
    assert await house.bot.store.commit(*second.changes)


async def test_a_newsroom_has_so_many_topics_and_no_more(house):
    await house.bot.store.commit(
        *(Add(Topic(id=f"t{number}", rule="x", by=EDITOR, changed=START)) for number in range(100))
    )
    assert "no room for another" in await house.say("/topic keep climate = warming", who=EDITOR)
    assert "stands" in await house.say("/topic keep t1 = warming", who=EDITOR)


# ------------------------------------------------------------------------------------------------ names


async def test_a_name_is_followed_as_one_and_says_how_often_it_stood_in_the_news(house):
    await keep(
        house,
        article("1", "Plan stalls", "So Mark Carney said."),
        article("2", "Carney's plan"),
        article("3", "At the fair", "A carney sold sweets."),
        article("4", "Old", "So Mark Carney said.", hours=24 * 8),
        replace(article("5", "Private", "So Mark Carney said."), feed="https://theirs.example/feed"),
    )
    said = await house.say("/subscribe carney", who=READER)
    assert said.startswith("You follow the name Carney:")
    assert "2 articles of the last 7 days have it.\n\nThe newest: Carney's plan" in said
    subscriber = await house.bot.store.get(Subscriber, READER)
    assert (subscriber.names, subscriber.keywords) == (("Carney",), ())
    assert "As before" in await house.say("/subscribe CARNEY", who=READER)
    assert "• name Carney" in await house.say("/list", who=READER)
    assert "You follow nothing any more" in await house.say("/unsubscribe carney", who=READER)


async def test_a_name_that_was_never_in_the_news_is_told_by_its_capitals(house):
    assert "the name Ursula von der Leyen" in await house.say("/subscribe Ursula von der Leyen")
    assert "the keyword night ferry" in await house.say("/subscribe night ferry")
    assert "No article of the last 7 days" in await house.say("/subscribe Holm")


async def test_a_word_of_the_news_is_a_keyword_also_with_a_capital(house):
    await keep(house, article("1", "Ferry late", "The night ferry came late."), article("2", "One more ferry"))
    assert "the keyword ferry: " in await house.say("/subscribe Ferry", who=READER)


async def test_a_word_that_begins_a_headline_or_is_seldom_a_name_is_a_keyword(house):
    await keep(house, article("1", "Ferry sinks"), article("2", "One more ferry"))
    assert "the keyword ferry: " in await house.say("/subscribe ferry", who=READER)
    marks = [article(str(number), "Exams", "He got a good mark.") for number in range(3, 6)]
    await keep(house, *marks, article("6", "Exams", "So Mark said."))
    assert "the keyword mark: " in await house.say("/subscribe mark", who=READER)


async def test_whoever_was_taken_otherwise_says_how_it_is_meant(house):
    await keep(house, article("1", "Rain", "It rained in Paris."), article("2", "Gewinne", "Die paris der Wetter."))
    assert "the name Paris" in await house.say("/subscribe Paris", who=READER)
    assert "the keyword paris" in await house.press("Follow it as any word", who=READER)
    subscriber = await house.bot.store.get(Subscriber, READER)
    assert (subscriber.names, subscriber.keywords) == (("Paris",), ("paris",))
    assert "the keyword carney" in await house.say('/subscribe "Carney"', who=READER)
    assert "the name ferry" in await house.say("/subscribe name:ferry", who=READER)


async def test_whoever_follows_a_name_is_told_where_it_stands_as_one(house):
    await house.say("/subscribe Carney", who=READER)
    named = await comes_in(house, "Carneys Plan scheitert", "Der Premier Mark Carney will von der Sache nicht lassen.")
    other = await comes_in(house, "At the fair", "A carney from McCarney sold sweets.")
    assert await told(house, READER, named)
    assert not await told(house, READER, other)
    assert named.names == ("Mark Carney",)


async def test_names_move_with_the_chat_and_through_a_file(house, tmp_path):
    from bot.subscribers import export_subscribers, import_subscribers

    await house.say("/subscribe Mark Carney", who=READER)
    file = tmp_path / "chats.jsonl"
    await export_subscribers(house.bot, file=str(file))
    assert orjson.loads(file.read_bytes())["names"] == ["Mark Carney"]
    await house.say("/unsubscribe all", who=READER)
    assert not (await import_subscribers(house.bot, file=str(file)))["errors"]
    assert (await house.bot.store.get(Subscriber, READER)).names == ("Mark Carney",)
