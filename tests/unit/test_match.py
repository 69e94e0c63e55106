"""Who wants an alert."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bot.core.codec import decode
from bot.core.folding import normalised
from bot.core.model import EVERYTHING, Audience, Chat, Subscriber
from bot.outreach.match import wanted
from tests.fakes import START

NEWS = Audience(topics=(EVERYTHING, "harbour"), feeds=("https://a.example/feed",), text="Ferry Rüdesheim late, again")


def chat(**follows: tuple[str, ...]) -> Subscriber:
    return Subscriber(id="web:1", chat=Chat("web", "1"), since=START, **follows)


def test_each_way_of_following_finds_the_news():
    wants = wanted(NEWS)
    assert wants(chat(topics=(EVERYTHING,)))
    assert wants(chat(topics=("harbour",)))
    assert wants(chat(feeds=("https://a.example/feed",)))
    assert wants(chat(keywords=("ferry",)))
    assert wants(chat(keywords=(normalised("RÜDESHEIM late"),)))


def test_what_is_not_followed_is_not_wanted():
    wants = wanted(NEWS)
    assert not wants(chat())
    assert not wants(chat(topics=("sport",)))
    assert not wants(chat(feeds=("https://b.example/feed",)))
    assert not wants(chat(keywords=("fer",))), "keywords are whole words"
    assert not wants(chat(keywords=("late ferry",))), "and in their order"


def test_somebody_elses_feed_is_only_for_those_who_follow_it():
    wants = wanted(Audience(feeds=("https://b.example/feed",)))
    assert wants(chat(feeds=("https://b.example/feed",)))
    assert not wants(chat(topics=(EVERYTHING,), keywords=("ferry",)))


def test_a_breaking_story_is_for_everybody_who_follows_anything():
    wants = wanted(Audience(everyone=True))
    assert wants(chat(keywords=("x",)))
    assert not wants(chat())


def test_a_keyword_is_found_in_scripts_without_spaces():
    wants = wanted(Audience(text="東京都知事選の結果"))
    assert wants(chat(keywords=("知事",)))
    assert not wants(chat(keywords=("大阪",)))


@given(st.text(), st.text(max_size=20))
def test_any_word_of_a_text_is_found_by_its_normal_form(before: str, word: str):
    keyword = normalised(word)
    wants = wanted(Audience(text=f"{before} {word}"))
    assert wants(chat(keywords=(keyword,))) or not keyword or len(keyword.split()) > 3


def test_a_name_is_wanted_where_it_stands_as_one():
    wants = wanted(Audience(text="Carney's plan\nMark Carney spoke at a carney of ferrymen."))
    assert wants(chat(names=("Carney",)))
    assert wants(chat(names=("MARK CARNEY",)))
    assert not wants(chat(names=("Ferrymen", "Spoke")))


def test_a_chat_kept_before_there_were_names_follows_what_it_followed():
    kept = {"id": "web:1", "chat": {"platform": "web", "id": "1"}, "since": START.isoformat(), "keywords": ["ferry"]}
    known = decode(Subscriber, orjson.dumps(kept))
    assert (known.keywords, known.names, known.follows) == (("ferry",), (), 1)
