"""Sentences told apart, and counted words, in many scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.sentences import split
from bot.newsroom.words import reading_minutes, terms, word_count

_TOLD_APART = [
    ["The boat sailed.", "It was late.", "Nobody minded!"],
    ["Dr. Vik met Mr. J. R. Holt at 11:40 p.m. on Monday.", "He paid $7.50 for the trip."],
    ["The U.S. Coast Guard agreed.", "Lt. Cmdr. Aas signed for the U.S.", "The rest is history."],
    ["Shares of Harbour Inc. rose 3.5 per cent.", "Ferries Ltd. fell."],
    ["“We won. We are happy,” she said.", "Nobody answered."],
    ["“Why now?” Holt asked.", "There was no answer."],
    ["Will it sail?", "It will… one day.", "Perhaps…", "Nobody knows."],
    ["He left (the boat was late. It often is.) at noon.", "The quay was empty."],
    ["They paid No. 4 on the list, i.e. the cook, etc. and left.", "So it goes."],
    ["Die Fähre fährt am 3. Oktober um 23.40 Uhr.", "Das sind z. B. die Pendler.", "Sie kostet 7,50 Euro."],
    ["Das 19. Jahrhundert war lang.", "Dr. Vik sah es nicht."],
    ["„Wir haben gewonnen. Das freut uns“, sagte sie.", "Niemand antwortete."],
    ["« Nous avons gagné. C’est beau », a dit Mme. Aas.", "Personne n’a répondu."],
    ["¿Quién ganó?", "El Sr. Aas no lo sabe.", "¡Qué lástima!"],
    ["船が出ました。", "「夜も走ります。安いです。」と彼女は言いました。", "誰も来ませんでした！"],
    ["渡轮今晚开航。", "票价是七元五角。", "谁会来呢？"],
    ["أبحرت العبارة ليلاً.", "هل جاء أحد؟", "لا أحد."],
    ["नाव रात में चली।", "किराया सात रुपये था।", "कोई नहीं आया।"],
    ["کشتی رات کو چلی۔", "کوئی نہیں آیا۔"],
    ["The last word.”", "Then the next one."],
    ["The board agreed on Monday.", "Islanders cheered."],
]


@pytest.mark.parametrize("sentences", _TOLD_APART, ids=lambda sentences: sentences[0][:30])
def test_sentences_are_told_apart(sentences):
    joint = "" if any("\u3000" <= char <= "\u9fff" for char in sentences[0]) else " "
    assert [*split(joint.join(sentences))] == sentences


def test_a_missing_space_between_two_sentences_does_not_join_them():
    assert [*split("The ferry sailed on Monday.Nobody was on board.")] == [
        "The ferry sailed on Monday.",
        "Nobody was on board.",
    ]


def test_thai_is_cut_between_clauses():
    clause = "เรือข้ามฟากจะออกเดินทางในเวลากลางคืนตั้งแต่เดือนเมษายนเป็นต้นไปคณะกรรมการกล่าว"
    assert [*split(f"{clause} {clause} {clause}")] == [clause] * 3


@given(st.text(max_size=300))
def test_every_sentence_is_a_slice_and_nothing_but_space_is_lost(text):
    pieces = [*split(text)]
    at = 0
    for piece in pieces:
        at = text.index(piece, at) + len(piece)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_paragraph_without_an_end_costs_little():
    assert len([*split("a." * 50_000)]) == 1
    assert len([*split("“" * 20_000)]) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [("the boat sails at night", 5), ("", 0), ("船が夜に出ます", 4), ("Die Fähre 船が", 3), ("เรือออก", 2)],
)
def test_words_are_counted_where_none_are_set_apart_too(text, count):
    assert word_count(text) == count


@pytest.mark.parametrize(
    ("text", "minutes"), [("", 1), ("boat " * 300, 1), ("boat " * 700, 3), ("渡轮" * 700, 3), ("เรือข้ามฟาก " * 230, 3)]
)
def test_how_long_a_text_takes_to_read(text, minutes):
    assert reading_minutes(text) == minutes


def test_terms_are_longer_words_figures_and_pairs_of_letters():
    assert terms("The ferry of 2026 sails 渡轮开") == ["ferry", "2026", "sails", "渡轮", "轮开"]
