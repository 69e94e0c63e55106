"""What is materially new in a story, in texts of our own: a false update is worse than a missed one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.model import Article, Page
from bot.newsroom.development import development
from tests.fakes import START

Told = tuple[str, str]


def article(told: Told, minutes: float, language: str = "en", published: str = "") -> Article:
    title, text = told
    return Article(
        id=f"{minutes:05}",
        url="",
        feed="feed",
        source="paper",
        received=START + timedelta(minutes=minutes),
        page=Page(title=title, paragraphs=tuple(text.split("\n")), language=language, published=published),
    )


def new(language: str, *told: Told, minutes: float = 60) -> str:
    """What the last text has that the earlier ones have not, told in order and so many minutes apart."""
    articles = [article(each, at * minutes, language) for at, each in enumerate(told)]
    return development(articles[:-1], articles[-1])


BLAST = ("Explosion at Kestrel Harbour silo", "An explosion tore through a grain silo in Kestrel Harbour on Monday.")
THREE = ("Three dead in silo explosion", "Three people were killed when a grain silo exploded in Kestrel Harbour.")
QUAKE = ("Magnitude 6.1 quake shakes Aske", "An earthquake of magnitude 6.1 shook the island of Aske at dawn.")
MAYOR = ("Mayor Fenn under pressure over harbour deal", "Mayor Ada Fenn defended the harbour deal before the council.")
STORM = ("Storm nears the coast", "An amber warning is in force for the coast from Holm to Aske until Tuesday.")
BID = ("Norling offers $2 billion for Holm Ferries", "Norling has offered $2 billion for Holm Ferries.")
FIRE_DE = ("Großbrand in der Kornmühle von Aske", "In der Kornmühle von Aske ist am Montag ein Feuer ausgebrochen.")
ZWEI_DE = ("Zwei Tote bei Brand in Aske", "Bei dem Brand in der Kornmühle sind zwei Menschen ums Leben gekommen.")
FEU_FR = ("Incendie dans un entrepôt à Aske", "Un incendie s'est déclaré lundi dans un entrepôt d'Aske.")
DEUX_FR = ("Deux morts dans l'incendie d'Aske", "Deux personnes sont mortes dans l'incendie d'un entrepôt à Aske.")

DEVELOPMENTS = [
    ("en", [BLAST], ("Two dead in harbour blast", "Two workers were killed in the blast, the fire service said."),
     "Two workers were killed in the blast, the fire service said."),
    ("en", [THREE], ("Silo death toll rises to seven", "The death toll has risen to seven. Four died overnight."),
     "The death toll has risen to seven."),
    ("en", [THREE], ("Silo blast: 11 dead", "At least 11 people were killed and 40 injured, the mayor said."),
     "At least 11 people were killed and 40 injured, the mayor said."),
    ("en", [THREE, ("Silo blast: five dead", "Five people died, rescuers said.")],
     ("Silo explosion kills nine", "The silo explosion has killed nine people, rescuers said."),
     "The silo explosion has killed nine people, rescuers said."),
    ("en", [("Bus leaves road, 12 injured", "Twelve people were injured when a bus left the road.")],
     ("Bus crash: 31 injured", "The hospital is treating 31 people injured in the crash."),
     "The hospital is treating 31 people injured in the crash."),
    ("en", [QUAKE], ("Aske quake upgraded to magnitude 6.8", "Seismologists put it at magnitude 6.8."),
     "Seismologists put it at magnitude 6.8."),
    ("en", [MAYOR], ("Mayor Fenn resigns over harbour deal", "Mayor Ada Fenn resigned on Tuesday evening."),
     "Mayor Ada Fenn resigned on Tuesday evening."),
    ("en", [("Jewels stolen from Holm museum", "Thieves took the Holm jewels at night.")],
     ("Two men arrested over Holm jewels", "Police arrested two men in Aske on Tuesday."),
     "Police arrested two men in Aske on Tuesday."),
    ("en", [("Two boys missing in Holm caves", "Rescuers are looking for two boys in the Holm caves.")],
     ("Boys found alive in Holm caves", "Divers reached them. Both boys were found alive in a dry hall."),
     "Both boys were found alive in a dry hall."),
    ("en", [STORM], ("Red warning for the coast from Holm to Aske", "Forecasters issued a red warning at noon."),
     "Forecasters issued a red warning at noon."),
    ("en", [BID], ("Norling raises Holm Ferries bid to $2.6 billion", "Norling now offers $2.6 billion in cash."),
     "Norling now offers $2.6 billion in cash."),
    ("en", [("Forest fire spreads near Aske", "A forest fire is spreading north of Aske.")],
     ("Aske forest fire under control", "The fire north of Aske is under control, the fire chief said."),
     "The fire north of Aske is under control, the fire chief said."),
    ("de", [FIRE_DE], ZWEI_DE, ZWEI_DE[1]),
    ("de", [ZWEI_DE], ("Zahl der Toten in Aske steigt auf fünf", "Drei weitere Menschen erlagen ihren Verletzungen."),
     "Zahl der Toten in Aske steigt auf fünf"),
    ("de", [("Bürgermeisterin in der Kritik", "Bürgermeisterin Fenn verteidigt den Hafenvertrag.")],
     ("Bürgermeisterin Fenn tritt zurück", "Ada Fenn ist zurückgetreten. Sie zieht die Folgen aus dem Vertrag."),
     "Ada Fenn ist zurückgetreten."),
    ("de", [("Überfall auf Juwelier in Holm", "Unbekannte haben einen Juwelier überfallen.")],
     ("Verdächtiger nach Überfall festgenommen", "Die Polizei hat einen Mann festgenommen."),
     "Die Polizei hat einen Mann festgenommen."),
    ("fr", [FEU_FR], DEUX_FR, DEUX_FR[1]),
    ("fr", [DEUX_FR], ("Incendie d'Aske : le bilan passe à cinq morts", "Le bilan s'alourdit à cinq morts."),
     "Le bilan s'alourdit à cinq morts."),
    ("fr", [("Le maire d'Aske contesté", "La maire Ada Fenn défend le contrat du port.")],
     ("La maire d'Aske démissionne", "Ada Fenn a démissionné mardi soir."), "Ada Fenn a démissionné mardi soir."),
]  # fmt: skip

REPETITIONS = [
    ("en", [BLAST], BLAST),
    ("en", [BLAST], ("Grain silo explodes in Kestrel Harbour", "A grain silo has exploded in Kestrel Harbour.")),
    ("en", [THREE], ("Silo blast leaves three dead", "3 people died in a silo explosion in Kestrel Harbour.")),
    ("en", [("Silo blast: 11 dead", "11 people died.")], THREE),
    ("en", [("Silo blast: three dead", "Three people died. By night rescuers spoke of seven victims.")],
     ("Seven dead in silo blast", "Seven people were killed.")),
    ("en", [BLAST], ("Silo blast: 400 homes without power", "Some 400 homes are without power.")),
    ("en", [BLAST], ("Workers feared dead after silo explosion", "Several workers may have been killed, police fear.")),
    ("en", [BLAST], ("No one killed in silo explosion", "Nobody was killed, the fire service said.")),
    ("en", [BLAST], ("How the silo blast of 1987 killed nine", "Nine people were killed in 1987, two streets away.")),
    ("en", [BLAST], ("The night nine died: what we know of silo fires", "Nine people died years ago.")),
    ("en", [THREE], ("Woman, 84, tells of silo explosion", "A woman of 84 saw the silo explode from her window.")),
    ("en", [THREE], ("Silo victims: 30-year-old among the dead", "A 30-year-old man was killed in the explosion.")),
    ("en", [QUAKE], ("Aske quake measured at magnitude 6.2", "Another institute measured magnitude 6.2.")),
    ("en", [QUAKE], ("Aftershock of magnitude 5.2 in Aske", "An aftershock of magnitude 5.2 was felt.")),
    ("en", [MAYOR], ("Calls for Mayor Fenn to resign", "The opposition demands that Mayor Fenn resigns.")),
    ("en", [MAYOR], ("Sacked clerk speaks of the harbour deal", "A clerk told of the harbour deal in court.")),
    ("en", [MAYOR], ("Will Mayor Fenn be sacked?", "She could be sacked on Friday.")),
    ("en", [MAYOR], ("Mayor Fenn denies she was arrested", "Mayor Fenn denied a report of a paper in Holm.")),
    ("en", [STORM], ("Coast prepares for storm", "An amber warning is in force. Harbours are shutting their gates.")),
    ("en", [BID], ("Holm Ferries weighs $2bn Norling offer", "The board will look at the offer of $2bn.")),
    ("en", [BID], ("Norling, with $9 billion in debt, bids for ferries", "Norling owes its banks $9 billion.")),
    ("en", [("Two men arrested over Holm jewels", "Police arrested two men.")],
     ("Suspects detained over jewels", "Officers detained a pair in Aske; both were arrested at home.")),
    ("en", [("Holm jewel thieves nabbed", "Officers captured two men in Aske.")],
     ("Two men arrested over Holm jewels", "Police arrested two men in Aske on Tuesday.")),
    ("de", [ZWEI_DE], ("Brand in Aske fordert zwei Todesopfer", "2 Menschen starben in der Kornmühle.")),
    ("de", [FIRE_DE], ("Brand in Aske: Tote befürchtet", "In der Mühle könnten Menschen ums Leben gekommen sein.")),
    ("de", [FIRE_DE], ("Rücktritt von Mühlenchef gefordert", "Nachbarn fordern, dass der Chef entlassen wird.")),
    ("de", [FIRE_DE], ("Vor zehn Jahren: Brand mit vier Toten", "Damals starben vier Menschen in Aske.")),
    ("fr", [DEUX_FR], ("Aske : l'incendie a fait deux morts", "L'incendie a tué deux personnes.")),
    ("fr", [FEU_FR], ("Incendie d'Aske : aucun mort", "L'incendie n'a pas fait de morts.")),
    ("fr", [FEU_FR], ("Aske : on craint deux morts", "Deux personnes pourraient être mortes.")),
]  # fmt: skip


@pytest.mark.parametrize(("language", "earlier", "last", "sentence"), DEVELOPMENTS)
def test_what_is_new_is_told_in_the_articles_own_words(language, earlier, last, sentence):
    assert new(language, *earlier, last) == sentence


@pytest.mark.parametrize(("language", "earlier", "last"), REPETITIONS)
def test_repetition_doubt_and_looks_back_are_silence(language, earlier, last):
    assert new(language, *earlier, last) == ""


def test_what_others_tell_in_the_same_minutes_is_no_development():
    assert new("en", BLAST, THREE, minutes=5) == ""


def test_what_was_published_earlier_is_none_whenever_it_comes_in():
    told = [article(BLAST, 0), article(("Silo fire is out", "The fire is out."), 60)]
    late = article(THREE, 70, published=(START + timedelta(minutes=50)).isoformat())
    assert development(told, late) == ""
    assert development(told, article(THREE, 70)) == THREE[1]


def test_a_day_without_a_time_says_nothing_of_order():
    assert development([article(BLAST, 0)], article(THREE, 60, published="2000-01-01")) == THREE[1]


def test_nothing_is_said_in_languages_whose_words_are_not_known():
    assert new("is", BLAST, THREE) == ""
    assert new("", BLAST, THREE) == ""


def test_figures_in_figures_and_in_words_are_the_same():
    told = ("Twenty-one dead in blast", "Twenty-one people died.")
    assert new("en", told, ("21 killed in blast", "The blast killed 21 people.")) == ""
    assert new("en", told, ("Blast: 1,200 dead", "Some 1,200 people were killed.")) == "Some 1,200 people were killed."
