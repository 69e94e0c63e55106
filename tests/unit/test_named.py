"""Names that can be followed: found as a whole, in their endings, with their capitals."""

import pytest

from bot.newsroom.named import Named, is_written_as_name, key_of
from bot.newsroom.prominent import prominent_names

ENGLISH = """Carney's plan for the north stalls
Mark Carney said on Tuesday that the plan would go ahead. "We will build," Carney said in Paris.
J. D. Vance met Viktor Orbán, and O’Brien saw them. The EU waited; NATO did not.
Officials of the WHO had left for New York."""
GERMAN = """Carneys Plan scheitert
Der Premierminister Mark Carney hat in Paris verloren. Kanadas Wirtschaft wächst nicht. Ursula von der Leyen schweigt.
Laut Hamas wurden Geiseln frei, und die Hamas schweigt. Am Dienstag trifft er Frankreichs Präsidenten.
Bisher sind es tausend Euro Schaden, und der Schaden wächst."""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            ENGLISH,
            "Carney|Mark Carney|carney|Paris|Vance|J. D. Vance|Orban|Viktor Orbán|O'Brien|EU|NATO|Nato|WHO|New York",
        ),
        (GERMAN, "Carney|Mark Carney|Kanada|Frankreich|von der Leyen|Leyen|Ursula von der Leyen|Hamas|Paris"),
        ("Зеленский встретил Путина в Москве", "Зеленский|Путин|Москва"),
        ("L’Élysée et d'Orsay", "Élysée|Orsay|elysee"),
        ("Ankara'nın planı, Paris’te", "Ankara|Paris"),
        ("A Carney-led cabinet, the anti-Carney vote", "Carney"),
        ("Xi Jinping reist", "Xi|Jinping|Xi Jinping"),
        ("Saint-Denis is quiet", "Saint-Denis"),
    ],
)
def test_a_name_is_found(text: str, names: str):
    found = Named(text)
    assert [name for name in names.split("|") if not found.has(name)] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (ENGLISH, "York|Mark|IT|US|It|Car|Carn|Plan north"),
        (GERMAN, "Hama|Pari|Mark"),
        ("the carney folk at a carney", "Carney"),
        ("Les paris en ligne\nParis sportifs: les paris rapportent.", "Paris"),
        ("Parisian chic, McCarney, Carneyville", "Paris|Carney"),
        ("Paris Hilton Arrested in Texas\nParis Hilton was held. Hilton wept.", "Paris"),
        ("Wade Smith-Carney lost", "Carney"),
        ("Saint-Denis is quiet", "Denis"),
        ("It was them, and us who lost", "IT|US|WHO"),
        ("Who knows who did it", "WHO"),
    ],
)
def test_what_is_no_such_name_is_not_found(text: str, names: str):
    found = Named(text)
    assert [name for name in names.split("|") if found.has(name)] == []


def test_what_is_typed_is_told_by_its_capitals():
    for name in ("Carney", "Mark Carney", "von der Leyen", "NATO", "iPhone", "Orbán"):
        assert is_written_as_name(name), name
    for words in ("carney", "night ferry", "FERRY STRIKE", "Night FERRY", "von", "", "!!!", "SHOUTED"):
        assert not is_written_as_name(words), words


def test_names_are_compared_without_accents_and_an_abbreviation_that_is_a_word_with_its_capitals():
    assert key_of("Viktor  ORBÁN") == key_of("viktor orban")
    assert key_of("WHO") == "WHO"
    assert key_of("NATO") == "nato"


def test_an_article_is_about_the_names_that_it_has_most_the_surname_counted_for_the_whole():
    title, *paragraphs = ENGLISH.split("\n")
    names = prominent_names(title, paragraphs, "en")
    assert names[0] == "Mark Carney"
    assert {"Viktor Orbán", "J. D. Vance", "Paris"} <= set(names)
    assert not {"Tuesday", "Carney", "We", "Officials", "It"} & set(names)


def test_in_german_a_noun_is_nobodys_name():
    title, *paragraphs = GERMAN.split("\n")
    assert set(prominent_names(title, paragraphs, "de")) <= {"Mark Carney", "Ursula von der Leyen", "Hamas"}
    assert "Mark Carney" in prominent_names(title, paragraphs, "de")


def test_names_are_bounded():
    text = " and ".join(f"Ann{chr(97 + a)}{chr(97 + b)} said" for a in range(26) for b in range(26))
    names = prominent_names("", [f"so {text}", "so Zoe said " * 50], "en")
    assert len(names) == 12
    assert "Zoe" not in names, "only the first ones are weighed"
    assert prominent_names("", ["so said Aa" + "b" * 100], "en") == ()
