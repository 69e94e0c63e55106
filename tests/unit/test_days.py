"""The days that a text names, in the language it is written in."""

from __future__ import annotations

import pytest

from bot.newsroom.days import dates, weekdays

MONDAY, TUESDAY, WEDNESDAY, SATURDAY = (1 << day for day in (0, 1, 2, 5))


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("It opened on March 2, 2026, at noon.", "en", ["3-2", "2026"]),
        ("It opened on 2nd of March.", "en", ["3-2"]),
        ("Dec. 11: the pier is closed.", "en-GB", ["12-11"]),
        ("Der Beschluss vom 2. März 2026", "de", ["3-2", "2026"]),
        ("am 02.03.2026", "de", ["3-2", "2026"]),
        ("le 1er mars", "fr", ["3-1"]),
        ("el 27 de septiembre de 2013", "es", ["9-27", "2013"]),
        ("2 марта", "ru", ["3-2"]),
        ("2 أبريل", "ar", ["4-2"]),
        ("委员会3月2日宣布", "zh", ["3-2"]),
        ("2 มีนาคม", "th", ["3-2"]),
        ("Updated 2026-03-02, first told on March 2 .", "sv", ["3-2", "3-2", "2026"]),
        ("Of magnitude 4.6. By 03/04 the mayor may march at 9.", "xx", []),
        ("May 11:30, March 99, 2026-13-40", "../etc", ["2026"]),
    ],
)
def test_dates(text, language, found):
    assert sorted(dates(text, language)[0]) == sorted(found)


def test_the_text_without_its_dates_keeps_its_years_and_figures():
    text = "On May 4, 2026, 12 of 48 left; 2026-05-04, 4.5.2026, 4. May and May 99."
    assert " ".join(dates(text, "en")[1].split()) == "on may , 2026, 12 of 48 left; , , and may 99."


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("On Monday and again on SATURDAY.", "en", MONDAY | SATURDAY),
        ("Am Dienstag, nicht am Mittwochabend", "de", TUESDAY),
        ("terça-feira", "pt", TUESDAY),
        ("委员会周一宣布，星期二", "zh", MONDAY | TUESDAY),
        ("月曜日に発表した", "ja", MONDAY),
        ("ประกาศเมื่อวันจันทร์ว่า", "th", MONDAY),
        ("يوم الاثنين", "ar", MONDAY),
        ("в среду, во вторник", "ru", TUESDAY),
        ("The sun has wed the sat nav", "en", 0),
        ("Said on Monday", "", MONDAY),
        ("Said on Monday", "klingon", MONDAY),
    ],
)
def test_weekdays(text, language, found):
    assert weekdays(text, language) == found
