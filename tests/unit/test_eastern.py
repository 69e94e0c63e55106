"""Who says a quotation where neither spaces nor capitals tell a name."""

from __future__ import annotations

import pytest

from bot.newsroom.quotation import key_quotation

ZH = "我们为这班船等了十一年，今晚终于得到了肯定的答复"
JA = "私たちは十一年間この船を待っていました。今夜ようやく答えが出ました"
TH = "เรารอเรือเที่ยวนี้มาสิบเอ็ดปี และคืนนี้เราได้คำตอบแล้วว่าเรือจะออก"


@pytest.mark.parametrize(
    ("speaker", "words", "paragraphs"),
    [
        ("林渡", ZH, [f"港务委员会主席林渡在会上表示：“{ZH}。”"]),
        ("林渡", ZH, [f"“{ZH}。”港务委员会主席林渡说。"]),
        ("林渡", ZH, ["主席林渡周一到会。", f"“{ZH}，”林渡说，“谢谢大家。”"]),
        ("林渡", ZH, [f"“{ZH}。”林渡女士告诉记者。"]),
        ("林渡", ZH, [f"港務委員會主席林渡表示：「{ZH}。」"]),
        ("伊达·布伦霍尔特", ZH, [f"伊达·布伦霍尔特对本报说：“{ZH}。”"]),
        ("港野", JA, [f"「{JA}」と港野氏は述べた。"]),
        ("港野", JA, [f"港湾委員会の港野委員長（52）は月曜日、「{JA}」と話した。"]),
        ("港野", JA, [f"「{JA}」と、港湾委員会の港野さんは語る。"]),
        ("イーダ・ブレンホルト", JA, [f"イーダ・ブレンホルト氏は「{JA}」と強調した。"]),
        ("ブレンホルト", JA, [f"ブレンホルト委員長は「{JA}」と述べた。", "ブレンホルト氏は島の出身だ。"]),
        ("นายท่าเรือ เกาะนก", TH, [f"นายท่าเรือ เกาะนก ประธานคณะกรรมการท่าเรือ กล่าวว่า “{TH}”"]),
        ("นายท่าเรือ เกาะนก", TH, [f"“{TH}” นายท่าเรือ เกาะนก กล่าว"]),
        ("นายท่าเรือ เกาะนก", TH, ["นายท่าเรือ เกาะนก มาที่ประชุม", f'นายท่าเรือ กล่าวว่า "{TH}"']),
    ],
)
def test_a_quotation_has_its_speaker_without_spaces_and_capitals(speaker, words, paragraphs):
    quote = key_quotation(paragraphs)
    assert quote is not None
    assert quote.speaker == speaker
    assert quote.text.rstrip("。") == words
    assert any(quote.text in paragraph for paragraph in paragraphs)


@pytest.mark.parametrize(
    "paragraphs",
    [
        [f"白宫表示：“{ZH}。”"],
        [f"“{ZH}。”有关方面表示。"],
        [f"“{ZH}。”林渡说。"],
        [f"主席林渡的发言人说：“{ZH}。”"],
        [f"主席林渡没有说：“{ZH}。”"],
        [f"主席林渡到会。他说：“{ZH}。”"],
        [f"主席林渡到会。“{ZH}。”"],
        ["主席林渡说：“好的。”"],
        [f"東京都知事は「{JA}」と話した。"],
        [f"ターン大統領は「{JA}」と話した。"],
        [f"港湾委員会は「{JA}」と述べた。"],
        [f"港野氏の秘書は「{JA}」と述べた。"],
        [f"港野氏は「{JA}」との本を読んだ。"],
        [f"คณะกรรมการท่าเรือ กล่าวว่า “{TH}”"],
        [f"นายกรัฐมนตรี กล่าวว่า “{TH}”"],
        [f"นายท่าเรือ กล่าวว่า “{TH}”"],
        ["นายท่าเรือ เกาะนก มา นายท่าเรือ เกาะแก้ว มา", f"นายท่าเรือ กล่าวว่า “{TH}”"],
    ],
)
def test_where_no_person_is_certain_nobody_is_quoted(paragraphs):
    assert key_quotation(paragraphs) is None
