"""Articles of one event find one another, in any wording; look-alikes stay apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.newsroom.cluster import Stories

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

FERRY = (
    "Ferry company adds night boat to Tern Island",
    (
        "The ferry to Tern Island will sail at night from April, the harbour board of Marlow Bay said on Monday after "
        "212 islanders signed a petition. Ida Brenholt, who chairs the board, said the Kittiwake would carry 48 people."
    ),
)
FERRY_AGAIN = (
    "Islanders win late boat home",
    (
        "After a petition with 212 names the board at Marlow Bay has agreed to a late crossing to Tern Island on "
        "Fridays and Saturdays. The Kittiwake has room for 48, Brenholt said."
    ),
)
QUAKE_NORTH = (
    "Earthquake of magnitude 5.6 shakes Norvik",
    (
        "An earthquake of magnitude 5.6 struck near Norvik early on Sunday, damaging houses and a school. Nobody was "
        "killed, the Norvik fire service said."
    ),
)
QUAKE_SOUTH = (
    "Earthquake of magnitude 6.1 shakes Salmera",
    (
        "An earthquake of magnitude 6.1 struck off Salmera on Monday night, killing three people in the port. Rescuers "
        "of the Salmera civil guard searched a collapsed hotel."
    ),
)
DERBY = (
    "Marlow Town beat Wend Rovers 2-1",
    "Marlow Town beat Wend Rovers 2-1 at Quay Lane on Saturday with two late goals by Jonas Aske.",
)
CUP = (
    "Holm United beat Lowmoor 2-1",
    "Holm United beat Lowmoor 2-1 at the Moor Ground on Saturday with two late goals by Piet Rask.",
)


def stories_of(*articles, language="en"):
    stories, found = Stories(), []
    for index, (title, text) in enumerate(articles):
        story = stories.match(title, text, NOW, language) or str(index)
        stories.add(story, title, text, NOW, language)
        found.append(story)
    return found


def test_one_event_in_two_wordings_is_one_story():
    assert stories_of(FERRY, QUAKE_NORTH, FERRY_AGAIN) == ["0", "1", "0"]


IN_OTHER_SCRIPTS = {
    "zh": (
        (
            "渡轮夜间也将开航",
            "港务委员会周一宣布，从四月起前往燕鸥岛的渡轮夜间也将开航，此前有二百一十二名岛民签名请愿。",
        ),
        (
            "岛民争取到夜班渡轮",
            "在岛民请愿之后，港务委员会同意前往燕鸥岛的渡轮夜间开航，每周两次，船可载四十八人，票价不变。",
        ),
        ("面包店失火", "周日清晨，绳索街一家面包店的屋顶起火，邻居们用水桶灭火，无人受伤。"),
    ),
    "ja": (
        (
            "島への船、夜も運航",
            "港湾委員会は月曜日、ターン島への船を四月から夜も運航すると発表した。島民二百十二人が署名していた。",
        ),
        (
            "夜の船、島民の願いかなう",
            "島民の署名を受け、港湾委員会はターン島への船を四月から金曜と土曜の夜も運航することを決めた。定員は四十八人。",
        ),
        ("パン屋で火事", "日曜日の朝、ロープ通りのパン屋の屋根から火が出た。近所の人々が水をかけ、けが人はなかった。"),
    ),
    "th": (
        (
            "เรือไปเกาะเทิร์นจะแล่นกลางคืน",
            "คณะกรรมการท่าเรือประกาศว่าเรือข้ามฟากไปเกาะเทิร์นจะแล่นในเวลากลางคืนหลังจากชาวเกาะ 212 คนลงชื่อ",
        ),
        ("ชาวเกาะได้เรือกลางคืน", "หลังชาวเกาะ 212 คนลงชื่อ คณะกรรมการท่าเรือให้เรือข้ามฟากไปเกาะเทิร์นแล่นกลางคืนวันศุกร์"),
        ("ไฟไหม้ร้านขนมปัง", "เช้าวันอาทิตย์เกิดไฟไหม้หลังคาร้านขนมปังบนถนนเชือก เพื่อนบ้านช่วยกันดับ ไม่มีผู้บาดเจ็บ"),
    ),
    "ar": (
        (
            "العبارة تبحر ليلا إلى الجزيرة",
            "أعلن مجلس الميناء أن العبارة إلى جزيرة تيرن ستبحر ليلا من أبريل بعد أن وقع 212 من سكان الجزيرة عريضة.",
        ),
        (
            "سكان الجزيرة يكسبون عبارة الليل",
            "بعد عريضة وقعها 212 من السكان وافق مجلس الميناء على أن تبحر العبارة ليلا إلى جزيرة تيرن.",
        ),
        ("حريق في مخبز", "اندلع حريق صباح الأحد في سقف مخبز في شارع الحبال وأخمده الجيران بالدلاء ولم يصب أحد."),
    ),
}


@pytest.mark.parametrize("language", IN_OTHER_SCRIPTS)
def test_an_event_is_one_story_in_any_script(language):
    assert stories_of(*IN_OTHER_SCRIPTS[language], language=language) == ["0", "0", "2"]


def test_two_earthquakes_in_different_places_are_two_stories():
    assert stories_of(QUAKE_NORTH, QUAKE_SOUTH, FERRY) == ["0", "1", "2"]


def test_two_matches_with_the_same_score_are_two_stories():
    assert stories_of(FERRY, QUAKE_NORTH, DERBY, CUP) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("town", ["Alder", "Port Alder", "St Alder-on-Sea"])
def test_what_a_towns_paper_tells_of_the_town_is_not_all_one_story(town):
    otter = (
        f"An otter was seen at the {town} lock on Sunday for the first time in forty years, the river board said. "
        "Anglers had reported tracks since the spring, and a camera showed the animal at dawn with a bream."
    )
    clock = (
        f"The clock of the {town} school was stolen on Saturday night from its tower, eleven metres up, police said. "
        "The thieves had brought a ladder and left it behind, and nobody saw them go."
    )
    bread = (
        f"The price of a loaf from the {town} mill is frozen until the summer, the owner said on Sunday after talks. "
        "Wheat costs a fifth more than last year, and four bakeries have signed the agreement."
    )
    again = (
        f"For the first time in forty years an otter has come to the lock at {town}. The animal was seen at dawn "
        "on Sunday by a camera of the river board, with a bream; anglers had found tracks before."
    )
    found = stories_of(
        (f"Otter seen at the {town} lock", otter),
        (f"Clock of the {town} school stolen overnight", clock),
        (f"Bread price frozen by the {town} mill", bread),
        (f"First otter in forty years at {town}'s lock", again),
    )
    assert found == ["0", "1", "2", "0"]


def test_the_same_article_again_is_the_same_story():
    assert stories_of(FERRY, FERRY, FERRY) == ["0"] * 3


def test_an_article_long_after_the_last_one_opens_a_new_story():
    stories = Stories(timedelta(hours=72))
    stories.add("ferry", *FERRY, NOW, "en")
    assert stories.match(*FERRY_AGAIN, NOW + timedelta(hours=71), "en") == "ferry"
    assert stories.match(*FERRY_AGAIN, NOW + timedelta(hours=73), "en") is None


def test_what_is_forgotten_is_gone_and_the_rest_is_as_if_it_had_never_been():
    stories, fresh = Stories(), Stories()
    stories.add("quake", *QUAKE_NORTH, NOW - timedelta(days=5), "en")
    for each in (stories, fresh):
        each.add("ferry", *FERRY, NOW, "en")
        each.add("another quake", *QUAKE_SOUTH, NOW, "en")
    stories.forget(NOW - timedelta(days=3))
    assert stories.match(*QUAKE_NORTH, NOW - timedelta(days=5), "en") is None
    assert stories.match(*FERRY_AGAIN, NOW, "en") == "ferry"
    assert held(stories) == held(fresh)


def test_a_story_that_is_taken_out_is_gone_alone_and_can_be_put_in_anew():
    stories = Stories()
    stories.add("ferry", *FERRY, NOW, "en")
    stories.add("quake", *QUAKE_NORTH, NOW, "en")
    alone = Stories()
    alone.add("quake", *QUAKE_NORTH, NOW, "en")
    stories.take_out("ferry")
    stories.take_out("unheard of")
    assert "ferry" not in stories
    assert stories.match(*FERRY_AGAIN, NOW, "en") is None
    assert stories.match(*QUAKE_NORTH, NOW, "en") == "quake"
    assert held(stories)[0] == held(alone)[0]
    stories.add("ferry", *FERRY, NOW, "en")
    assert stories.match(*FERRY_AGAIN, NOW, "en") == "ferry"


def held(stories):
    """Return in how many articles each term is known to stand, and which stories are known by it."""
    ids = {number: id for id, number in stories._numbers.items()}
    vocabulary = stories._vocabulary
    return stories._articles, {
        term: (vocabulary._articles[number], [ids[story] for story in vocabulary.stories(term)])
        for term, number in vocabulary._numbers.items()
    }


def test_the_place_of_a_forgotten_term_is_taken_by_a_new_one():
    stories = Stories()
    for day, (title, text) in enumerate((FERRY, QUAKE_NORTH, DERBY, CUP) * 20):
        at = NOW + timedelta(days=5 * day)
        stories.forget(at - timedelta(days=3))
        assert stories.match(title, text, at, "en") is None
        stories.add(str(day), title, text, at, "en")
        assert stories.match(title, text, at, "en") == str(day)
    assert len(stories._vocabulary._terms) < 200


def test_who_names_only_others_than_a_story_does_is_not_of_it():
    stories = Stories()
    stories.add("derby", "Town win late", "A late win for Marlow Town, with two goals by Jonas Aske.", NOW, "en")
    assert stories.match("Town win late", "A late win, with two goals.", NOW, "en") == "derby"
    assert stories.match("Town win late", "A late win for Holm United, with two goals by Piet Rask.", NOW, "en") is None


@pytest.mark.parametrize(("name", "story"), [("Aske's", "derby"), ("Aske’s", "derby"), ("Rask's", None)])
def test_a_name_is_the_same_in_the_genitive(name, story):
    stories = Stories()
    stories.add("derby", "Town win late", "A late win with two goals by Jonas Aske.", NOW, "en")
    assert stories.match("Town win late", f"A late win with two of {name} goals at the Moor.", NOW, "en") == story


def test_a_word_that_many_stories_have_points_to_the_latest_of_them():
    stories = Stories()
    for number in range(700):
        stories.add(str(number), "Harbour", f"Harbour {number}", NOW, "en")
    known = stories._vocabulary.stories("harbour")
    assert 200 <= len(known) <= 400
    assert known[-1] == stories._numbers["699"]


def test_a_story_told_often_is_pointed_to_once():
    stories = Stories()
    for _ in range(3):
        stories.add("ferry", *FERRY, NOW, "en")
    assert stories._vocabulary.stories("kittiwake") == [stories._numbers["ferry"]]


BREAK_IN = "Thieves broke into the chandlery {} and carried off ropes, lamps and a compass."
LAMPS = "Lamps, ropes and nets are missing from the harbour office since {}, carried off by thieves."
BAKERY = "The bakery opens {} at noon with lamps and rolls for everybody."
MISSING = "Thieves broke into the chandlery {}: an anchor chain, ropes and a compass are missing."


@pytest.mark.parametrize(
    ("text", "first", "second", "same"),
    [
        (LAMPS, "on May 4", "4 May", True),
        (LAMPS, "on May 4", "May 9", False),
        (BAKERY, "on May 4", "on May 4", False),
    ],
)
def test_a_date_in_common_speaks_for_one_event_where_something_else_does(text, first, second, same):
    assert ("break-in" in joined(BREAK_IN.format(first), text.format(second))) == same


def test_other_weekdays_speak_against_one_event():
    again = BREAK_IN.replace("lamps and a compass", "a lamp and oars")
    assert joined(BREAK_IN.format("on Monday"), MISSING.format("on Monday")) == ["break-in"]
    assert joined(BREAK_IN.format("on Monday"), MISSING.format("on Thursday")) == []
    assert joined(BREAK_IN.format("on Monday"), again.format("on Thursday")) == ["break-in"]


def joined(first, second):
    """Return the story that the second text joins, alone in a list, or none."""
    stories = Stories()
    stories.add("break-in", "Chandlery", first, NOW, "en")
    found = stories.match("At the quay", second, NOW, "en")
    return [found] if found else []


TRADERS = ("Traders at the quay lose their stalls", "Forty traders stood before ashes, said Mayor Ada Fenn.")
TRADERS_AGAIN = (
    "Forty traders without stalls at the quay",
    "Mayor Ada Fenn promised help to forty traders who lost stalls at the quay.",
)


def test_an_article_told_again_is_of_the_story_that_has_it_among_other_words():
    stories = Stories()
    for told in (FERRY, TRADERS_AGAIN):
        stories.add("mixed", *told, NOW, "en")
    for _ in range(2):
        stories.add("like it", *TRADERS, NOW, "en")
    assert stories.match(*TRADERS_AGAIN, NOW, "en") == "mixed"


def test_stories_are_let_go_a_few_at_once_the_oldest_first():
    stories = Stories()
    for hour in reversed(range(20)):
        stories.add(f"{hour}", f"Harbour {hour}", f"Boat{hour} sank.", NOW + timedelta(hours=hour), "en")
    stories.add("0", "Harbour 0", "Boat0 sank.", NOW + timedelta(hours=30), "en")
    left = []
    while stories.forget(NOW + timedelta(hours=18)):
        left.append([hour for hour in range(20) if str(hour) in stories])
    assert [len(each) for each in left] == [13, 5]
    assert left[0] == [0, *range(8, 20)]
    assert all(hour in stories for hour in ("0", "18", "19"))


def test_an_empty_article_belongs_to_no_story():
    assert Stories().match("", "", NOW, "en") is None


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=200)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_same_articles_in_the_same_order_give_the_same_stories(articles):
    assert stories_of(*articles) == stories_of(*articles)
