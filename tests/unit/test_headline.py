"""Headlines out of running text: a sentence, else a clause, and nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.headline import divided, headline


@pytest.mark.parametrize(
    ("text", "title", "left"),
    [
        ("The wall fell. Nobody was hurt.", "The wall fell.", "Nobody was hurt."),
        (
            "Dr. Maddock left at 5 p.m. on Friday. She was late.",
            "Dr. Maddock left at 5 p.m. on Friday.",
            "She was late.",
        ),
        ("“The wall fell. It fell,” she said. Rain came.", "“The wall fell. It fell,” she said.", "Rain came."),
        ("Die Mauer fiel am 3. Mai. Es regnete.", "Die Mauer fiel am 3. Mai.", "Es regnete."),
        ("堤防が崩れた。けが人はいない。", "堤防が崩れた。", "けが人はいない。"),
        ("انهار السد. لم يصب أحد.", "انهار السد.", "لم يصب أحد."),
    ],
)
def test_the_first_sentence_is_the_headline_where_it_has_room(text, title, left):
    assert divided(text, 60) == (title, left)


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("The council voted to rebuild the wall", ", ending six years of argument over who is to pay"),
        ("The harbour stays shut after the storm", "; the ferry sails from the far pier at noon"),
        ("The harbour stays shut until Monday", " – the ferry sails from the far pier at noon"),
        ("The harbour stays shut for a week", " because nobody has mended the wall that fell"),
        ("The repair of the wall will cost the town", " some 4, 5 or 6 million pounds in the end"),
        ("The board said that the whole bill came", " to 1,200,000 pounds for the wall and quay"),
        ("The mayor of the harbour town called it", " “a wall, a quay, and a road to nowhere” and left"),
        ("The mayor of the harbour town left it", " (a wall, a quay, and a road to nowhere) and went"),
        ("The wall was looked at by the old", " Dr. Maddock of the harbour office and others"),
        ("The wall is to be built once more", " in the harbour of the old town by the county"),
        ("Der Hafen bleibt geschlossen", ", weil nach dem Sturm niemand die Mauer am Kai geflickt hat"),
        ("Le port reste fermé après la tempête", ", mais le bac part de la jetée à midi ce dimanche"),
        ("市議会は港の堤防を再建することを昨日の夜の会議でようやく賛成多数により決め", "、議論に終止符を打った"),
        ("港口在风暴后仍然关闭，因为没有人修好冬天倒塌的防波堤", "，渡轮中午从另一侧的码头出发前往岛上接送客人和货物"),
        ("ท่าเรือยังคงปิดหลังพายุใหญ่", " เพราะไม่มีใครซ่อมกำแพง"),
        ("بقي الميناء مغلقا بعد العاصفة", "، لأن أحدا لم يصلح الجدار الذي انهار"),
    ],
)
def test_a_sentence_without_room_is_cut_at_a_clause(title, left):
    text = f"{title}{left}"
    cut, rest = divided(text, min(len(title) + 9, len(text) - 1))
    assert cut == title
    assert rest == f"… {left.lstrip(' ,;–，、،')}"
    assert letters(cut + rest) == letters(text)


def letters(text: str) -> list[str]:
    return [each for each in text if each.isalnum()]


@pytest.mark.parametrize("text", ["x" * 300, "“" + "word " * 60 + "”", "(" + "word " * 60])
def test_what_can_be_cut_nowhere_is_left_whole(text):
    assert divided(text, 100) == ("", text)


@given(
    st.lists(
        st.sampled_from(["wall", "fell,", "and", "“the", "quay”", "4,5", "U.S.", "5", "(x)", "Dr.", "；", "港", "؛"])
    )
)
def test_nothing_is_lost_and_no_word_is_cut(words):
    text = " ".join(words)
    title, left = divided(text, 40)
    assert letters(title + left) == letters(text)
    assert len(title) <= 40
    assert {*title.split()} <= {part.rstrip(" ,;:،؛，；：、–—-") for part in words} | {*words}


def test_a_headline_of_no_clause_is_cut_all_the_same():
    assert 0 < len(headline("渡轮" * 120)) <= 100
