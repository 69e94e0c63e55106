"""Figures are the same however they are written, and never another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.figures import figures, stated
from bot.newsroom.numerals import LANGUAGES


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "1,200 people", "1200 people"),
        ("en", "1,200", "1 200"),
        ("en", "twelve", "12"),
        ("en", "two hundred and six", "206"),
        ("en", "twenty-five thousand", "25,000"),
        ("en", "1.5 million", "1,500,000"),
        ("en", "$2m", "two million dollars"),
        ("en", "a 5-million-euro bridge", "€5 million"),
        ("en", "12 per cent", "12%"),
        ("en", "3rd May", "May 3"),
        ("en", "on 3 May", "on the 3rd of May"),
        ("fr", "le 1er mai", "le 1 mai"),
        ("en", "2–1", "2-1"),
        ("en", "½", "1/2"),
        ("en", "COVID-19", "Covid19"),
        ("en", "a 40-year-old", "40 years old"),
        ("en", "on Fridays", "on Friday"),
        ("de", "1.200 Menschen", "1200 Menschen"),
        ("de", "1.234.567,5", "1234567,50"),
        ("de", "einundzwanzig", "21"),
        ("de", "dreihundert", "300"),
        ("de", "2 Mrd. Euro", "zwei Milliarden €"),
        ("de", "12 Prozent", "zwölf %"),
        ("fr", "quatre-vingt-dix-sept", "97"),
        ("fr", "soixante et onze", "71"),
        ("fr", "1 200 euros", "1200 €"),
        ("es", "treinta y cinco", "35"),
        ("es", "3,5 por ciento", "3,50 %"),
        ("it", "ventuno", "21"),
        ("pt", "vinte e cinco", "25"),
        ("nl", "tweeëntwintig", "22"),
    ],
)
def test_one_figure_in_two_spellings(language, one, other):
    assert figures(one, language) == figures(other, language) != frozenset()


@pytest.mark.parametrize(
    ("language", "claimed", "said"),
    [
        ("en", "12", "1.2"),
        ("en", "1,200", "1.200"),
        ("de", "1.200", "1,200"),
        ("en", "2 billion", "2 million"),
        ("en", "2 million", "2"),
        ("en", "€5", "$5"),
        ("en", "12%", "12 people"),
        ("en", "1-2", "2-1"),
        ("en", "F-16", "16"),
        ("en", "-5 degrees", "5 degrees"),
        ("en", "three", "two people, and three"[:10]),
        ("en", "in May", "it may rain"),
        ("en", "on Tuesday", "on Monday"),
        ("en", "yesterday", "on Monday"),
        ("en", "on May 14", "14 ships, in May"),
        ("en", "on 3 May", "from 3 April to 4 May"),
        ("fr", "le 27 juillet", "27 morts le 14 juillet"),
        ("de", "zwei Billionen", "zwei Milliarden"),
        ("fr", "en mars", "en mai"),
        ("es", "martes", "lunes"),
        ("en", "206", "two hundred, and six more"),
    ],
)
def test_what_is_not_said_is_not_borne_out(language, claimed, said):
    assert not figures(claimed, language) <= stated(said, language)


@pytest.mark.parametrize(
    ("language", "claimed", "said"),
    [
        ("en", "2 March 2026", "2026-03-02"),
        ("en", "in March", "on Mar 2"),
        ("de", "am 4. Mai 2026", "am 4.5.2026"),
        ("en", "two goals", "they won 2-1"),
        ("en", "100 metres", "100m"),
    ],
)
def test_dates_and_scores_bear_out_their_parts(language, claimed, said):
    assert figures(claimed, language) <= stated(said, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "One of them may march, a second said."), ("de", "Ein Haus, eine Frau."), ("fr", "Un homme et une femme.")],
)
def test_articles_and_verbs_are_no_figures(language, text):
    assert figures(text, language) == frozenset()


@given(st.integers(0, 10**12), st.sampled_from(LANGUAGES))
def test_a_whole_number_is_the_same_with_and_without_its_groups(number, language):
    grouped = f"{number:,}".replace(",", "," if language == "en" else ".")
    assert figures(grouped, language) == figures(str(number), language) == {str(number)}


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(LANGUAGES))
def test_two_numbers_are_never_one(one, other, language):
    assert (figures(str(one), language) == figures(str(other), language)) == (one == other)


@given(st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_a_text_bears_out_its_own_figures(text, language):
    assert figures(text, language) <= stated(text, language)
