"""Rules of topics: how they are read, and which articles they take."""

import pytest

from bot.core.errors import UsageError
from bot.core.model import Article, Page
from bot.newsroom.rules import forms, parsed
from bot.newsroom.topics import Rules, ruled
from tests.fakes import START


def article(title: str = "", text: str = "", **changed) -> Article:
    fields = {"id": "1", "url": "https://paper.example/1", "feed": "https://paper.example/feed", "source": "The Paper"}
    page = Page(title=title, paragraphs=(text,))
    return Article(page=page, received=START, **(fields | changed))


def takes(rule: str, title: str = "", text: str = "", **changed) -> bool:
    return Rules({"it": parsed(rule)}).topics_of(article(title, text, **changed)) == ["it"]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("warming, emissions", "Emissions fell."),
        ("emission", "The emissions of ships"),
        ("emissions", "an EMISSION"),
        ("Emission", "Die Emissionen der Schiffe"),
        ("policy", "several policies"),
        ("emission*", "emissionless"),
        ("heat pump", "Two heat pumps hum."),
        ("heat-pump", "Two heat pumps hum."),
        ('"net zero"', "the net-zero aim"),
        ("“net zero”", "the net zero aim"),
        ("klimaschutz", "Mehr Klimaschutz!"),
        ("cafe", "Das Café"),
        ("ferry + strike", "A strike of an hour: no ferry sailed."),
        ("ferry strike, tram", "The tram stood."),
        ("選挙", "東京都知事選挙の結果"),
        ("เลือกตั้ง", "การเลือกตั้งทั่วไป"),
        ("EU", "In the EU"),
    ],
)
def test_a_rule_takes_what_has_its_words(rule: str, text: str):
    assert takes(rule, text=text)
    assert takes(rule, title=text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("war", "a warm winter"),
        ("warming -astrology", "Warming, says astrology"),
        ("-astrology warming", "Warming, says astrology"),
        ('warming -"star sign"', "Warming by star sign"),
        ('"net zero"', "the net zeros"),
        ("heat pump", "pump the heat"),
        ("ferry + strike", "The ferry sailed."),
        ("emission*", "the mission"),
        ("選挙", "東京都知事の結果"),
        ("ship", "shipping"),
    ],
)
def test_a_rule_leaves_what_has_them_not(rule: str, text: str):
    assert not takes(rule, text=text)


def test_a_rule_looks_at_feed_category_section_and_name():
    assert takes("feed:paper.example")
    assert takes("feed:The Paper")
    assert not takes("feed:other")
    assert takes("category:Climate Policy", topics=("climate-policy",))
    assert not takes("category:climate-policy", topics=("climate-policy",), ruled=("climate-policy",))
    assert takes("section:/climate/", url="https://paper.example/news/climate/1")
    assert not takes("section:climate", url="https://paper.example/news/climate-lies/1")
    assert takes("name:Paris", text="It rained in Paris.")
    assert not takes("name:Paris", text="Les paris sportifs: des paris.")
    assert takes("warming + feed:paper -section:sport", text="Warming")
    assert not takes("warming + feed:other", text="Warming")


def test_an_article_gets_all_topics_that_take_it_in_the_order_of_the_rules():
    rules = Rules({"b": parsed("ferry"), "c": parsed("tram"), "a": parsed("ferr*, tram")})
    assert rules.topics_of(article(text="The ferry")) == ["b", "a"]
    assert rules.topics_of(article(text="Nothing")) == []


def test_topics_by_rule_stand_beside_the_feeds_categories_and_can_be_taken_back():
    first = ruled(article(topics=("town", "ferry")), ["ferry", "harbour"])
    assert (first.topics, first.ruled) == (("town", "ferry", "harbour"), ("harbour",))
    assert ruled(first, []).topics == ("town", "ferry"), "its feed still says so"


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("", "rule.empty"),
        (" , ,", "rule.empty"),
        ("-astrology", "rule.only_not"),
        ('warming, "net zero', "rule.open_quote"),
        ('warming "net zero"', "rule.no_comma"),
        ('"net zero" warming', "rule.no_comma"),
        ("warming feed:paper", "rule.no_comma"),
        ("!!!", "rule.no_words"),
        ("topic:climate", "rule.unknown_field"),
        ("https://paper.example/", "rule.address"),
        ("a b c d e f g", "rule.long_phrase"),
        ("em*", "rule.short_beginning"),
        ("x" * 2001, "rule.too_long"),
        (", ".join(f"word{number}" for number in range(101)), "rule.too_many"),
    ],
)
def test_a_mistyped_rule_is_told_what_to_do(rule: str, key: str):
    with pytest.raises(UsageError) as refusal:
        parsed(rule)
    assert refusal.value.message_key == key


def test_an_ending_makes_no_other_word_of_a_short_one():
    assert forms("war") == {"war", "wars"}
    assert forms("g7") == {"g7"}
    assert "new" not in forms("news")
    assert "congres" not in forms("congress")


def test_a_hostile_article_is_looked_through_in_bounded_steps():
    rules = Rules({str(number): parsed(f"a a a a a b{number}") for number in range(100)})
    assert rules.topics_of(article(text="a " * 500_000 + "b1")) == []
    assert takes("ferry", text="a " * 19_000 + "ferry")
    assert not takes("ferry", text="a " * 20_000 + "ferry"), "an article's first 40,000 characters are enough"
