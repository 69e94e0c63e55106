"""A summary is the article's own words, in its order, within its measure; or a refusal that says why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import NoArticle
from bot.core.i18n import locales, translator
from bot.core.model import Kind, Page
from bot.newsroom.leaning import leans
from bot.newsroom.lengths import MEASURES, Length
from bot.newsroom.quotation import key_quotation
from bot.newsroom.summarise import headline, page_of, summarise
from bot.newsroom.words import word_count
from tests.pages import HEADLINE, PARAGRAPHS

PAGE = Page(title=HEADLINE, paragraphs=PARAGRAPHS, language="en-GB")


def test_a_summary_is_three_sentences_of_the_article_with_their_paragraphs():
    summary = summarise(PAGE)
    assert (summary.headline, summary.language, summary.method) == (HEADLINE, "en-GB", "extractive")
    assert len(summary.sentences) == 3
    assert all(sentence.text in PARAGRAPHS[sentence.paragraph] for sentence in summary.sentences)


def test_sentences_keep_the_articles_order():
    places = [sentence.paragraph for sentence in summarise(PAGE, sentences=6).sentences]
    assert places == sorted(places)


def test_a_leading_dateline_goes_and_nothing_else():
    first = summarise(PAGE, sentences=20).sentences[0]
    assert first.text == PARAGRAPHS[0].removeprefix("MARLOW BAY — ")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_there_are_exactly_as_many_sentences_as_asked_for(count):
    assert len(summarise(PAGE, sentences=count).sentences) == count


def test_more_than_the_article_has_is_all_of_it_but_for_its_heads():
    told = [sentence.text for sentence in summarise(PAGE, sentences=50).sentences]
    assert len(told) == 8
    assert "A boat with fewer seats" not in told


def test_a_short_a_normal_and_a_long_form_tell_more_and_more_and_keep_their_measure():
    page = Page(title=HEADLINE, paragraphs=(*PARAGRAPHS, *(f"The boat has {n} seats of its own." for n in range(9))))
    told = [summarise(page, sentences=most, words=words).sentences for most, words in MEASURES.values()]
    sizes = [sum(word_count(sentence.text) for sentence in each) for each in told]
    assert [*MEASURES] == [*Length]
    assert sizes == sorted({*sizes})
    assert all(
        len(each) <= most and size <= words
        for each, size, (most, words) in zip(told, sizes, MEASURES.values(), strict=True)
    )


@pytest.mark.parametrize("words", [13, 20, 45, 90])
def test_a_budget_of_words_is_kept(words):
    told = summarise(PAGE, words=words).sentences
    assert 1 <= len(told) <= 3
    assert sum(word_count(sentence.text) for sentence in told) <= words


def test_no_sentence_at_all_fits_three_words():
    assert summarise(PAGE, words=3).sentences == ()


def test_nothing_leans_on_a_sentence_that_is_missing():
    page = page_of(
        "The board met on Monday in the old customs house by the quay.\n"
        "Chair Ida Brenholt spoke of the ferry and of the money that the ferry needs.\n"
        "She added that the ferry and the money for the ferry would come from the board in April.\n"
        "But the ferry of the board needs money in April, and the board has no money for the ferry.",
        title="Board finds money for ferry",
    )
    for count in (1, 2, 3):
        told = {sentence.paragraph for sentence in summarise(page, sentences=count).sentences}
        assert all(place - 1 in told for place in told & {2, 3})


@pytest.mark.parametrize(
    ("language", "first", "second", "leaning"),
    [
        ("en", "Chair Ida Brenholt spoke.", "She added that the ferry is late.", True),
        ("de", "Ida Brenholt sprach.", "Zudem ist die Fähre zu spät.", True),
        ("fr", "Ida Brenholt a parlé.", "Elle a ajouté que le bateau est en retard.", True),
        ("da", "Ida Brenholt talte.", "Et stort flertal er for færgen.", False),
        ("en", "The ferry is late.", "Men of the island built it.", False),
        ("da", "Færgen kom for sent.", "Men den sejler igen i morgen.", True),
        ("zh", "主席谈到了渡轮。", "她补充说，渡轮晚点了。", True),
        ("ja", "議長は船について話しました。", "しかし、船は遅れています。", True),
        ("th", "ประธานกล่าวถึงเรือ", "เธอกล่าวเสริมว่าเรือมาช้า", True),
        ("ar", "تحدثت الرئيسة عن العبارة.", "وأضافت أن العبارة تأخرت.", True),
        ("ru", "Глава совета говорила о пароме.", "Она добавила, что паром опаздывает.", True),
        ("", "Ida Brenholt sprach.", "Sie ergänzte, die Fähre sei zu spät.", True),
    ],
)
def test_what_leans_on_the_sentence_before_is_known_in_its_language(language, first, second, leaning):
    assert not leans(first, language)
    assert leans(second, language) is leaning


def test_a_voice_between_quotation_marks_is_somebodys_and_one_without_is_nobodys():
    said = "The ferry sails at night from April, and “we have waited for it for eleven years”, the board's chair said."
    bare = "The ferry sails at night from April, and we have waited for it for eleven years, all of us on the island."
    page = page_of(f"{bare}\n{said}", title="The ferry sails at night")
    assert [told.text for told in summarise(page, sentences=1).sentences] == [said]
    assert [told.text for told in summarise(page_of(f"{bare}\n{bare[:-1]} too."), sentences=1).sentences] == [bare]


def test_the_standfirst_is_passed_over_unless_the_text_leans_on_it():
    standfirst = "A late boat home comes in April, which islanders wanted for eleven years."
    page = Page(title=HEADLINE, standfirst=standfirst, paragraphs=(standfirst, *PARAGRAPHS))
    assert next(sentence.paragraph for sentence in summarise(page, sentences=50).sentences) == 1
    leaning = "This comes after 212 islanders signed a petition for it in the winter."
    page = Page(title=HEADLINE, standfirst=standfirst, paragraphs=(standfirst, leaning, *PARAGRAPHS))
    assert [sentence.paragraph for sentence in summarise(page, sentences=50).sentences][:2] == [0, 1]


def test_what_stands_around_an_article_is_never_in_its_summary():
    page = page_of(
        "Photo: Runa Holt\nBy Runa Holt\nRead more: Ferry company in the red\nThe ferry will sail at night, the board "
        "said.\nSign up for our newsletter.\nThe crossing takes 35 minutes and costs $7.50.\nLeave a Reply"
    )
    assert [sentence.paragraph for sentence in summarise(page, sentences=9).sentences] == [3, 5]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ARTICLE])
def test_what_is_no_article_is_refused_with_the_reason(kind):
    with pytest.raises(NoArticle) as refusal:
        summarise(Page(kind=kind, paragraphs=PARAGRAPHS))
    assert refusal.value.message_key == f"error.no_article_{kind}"
    assert all(translator(locale).knows(refusal.value.message_key) for locale in locales())


@pytest.mark.parametrize("text", ["", "Boat sails", " \n\n ", "Leave a Reply"])
def test_too_little_text_is_refused(text):
    with pytest.raises(NoArticle) as refusal:
        summarise(page_of(text))
    assert refusal.value.message_key == "error.no_article_short"


def test_without_a_title_the_headline_is_the_first_sentence_cut_at_a_clause():
    page = page_of(PARAGRAPHS[0] + "\n" + PARAGRAPHS[1])
    assert (
        summarise(page).headline
        == "The ferry to Tern Island will sail at night from April, the harbour board said on Monday"
    )


@pytest.mark.parametrize("sentence", ["Boat sails.", "word " * 60 + ".", "x" * 300, "渡轮" * 120 + "。"])
def test_a_headline_is_short(sentence):
    assert 0 < len(headline(sentence)) <= 100


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (" ".join(PARAGRAPHS[:2]), "en"),
        ("Die Fähre fährt ab April auch in der Nacht, sagte der Rat am Montag nach einer Petition.", "de"),
        ("Le bateau partira la nuit à partir d’avril, a dit le conseil lundi après une pétition des îliens.", "fr"),
        ("船は四月から夜も出ることになりました、と委員会は月曜日に発表しました。利用者は喜んでいます。", "ja"),
        (
            "渡轮从四月起夜间也将开航，港务委员会周一宣布。岛上的居民对此感到非常高兴，他们已经等了十一年。",
            "zh",
        ),
    ],
)
def test_a_text_without_a_language_is_given_one(text, language):
    assert summarise(page_of(text)).language == language


_WORDS = (
    "the", "ferry", "board", "island", "night", "boat", "said", "Monday", "3.5", "$7.50", "1,204", "Ida", "Brenholt",
    "she", "But", "“We”", "Dr.", "U.S.", ".", "!", "?", "…", "—",
)  # fmt: skip


@given(
    st.lists(st.lists(st.sampled_from(_WORDS), min_size=3, max_size=40).map(" ".join), min_size=1, max_size=8),
    st.integers(1, 6),
    st.none() | st.integers(1, 60),
)
@settings(max_examples=200, deadline=None)
def test_any_article_is_told_in_its_own_words_and_within_measure(paragraphs, count, words):
    try:
        summary = summarise(Page(paragraphs=tuple(paragraphs)), sentences=count, words=words)
    except NoArticle:
        return
    told = summary.sentences
    assert len(told) <= count
    assert words is None or sum(word_count(sentence.text) for sentence in told) <= words
    assert all(sentence.text in paragraphs[sentence.paragraph] for sentence in told)
    assert summary.quote is None or any(summary.quote.text in paragraph for paragraph in paragraphs)


@given(st.text(max_size=500), st.text(max_size=50), st.integers(1, 5), st.none() | st.integers(1, 50))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_raise_anything_but_a_refusal(text, title, count, words):
    page = page_of(text, title=title)
    try:
        summary = summarise(page, sentences=count, words=words)
    except NoArticle:
        return
    assert all(sentence.text in page.paragraphs[sentence.paragraph] for sentence in summary.sentences)


_SAID = "It is a very good day for this island"


@pytest.mark.parametrize(
    ("speaker", "paragraphs"),
    [
        ("Ida Brenholt", ["Mayor Ida Brenholt opened the quay on Monday.", f"“{_SAID},” she said. “Thanks.”"]),
        ("Ida Brenholt", ["Ida Brenholt, 52, opened the quay.", "The band played.", f"“{_SAID},” she said."]),
        ("Ida Brenholt", ["Ida Brenholt, the mayor, opened the quay.", f"“{_SAID},” Brenholt said."]),
        ("Ida Brenholt", [f"“{_SAID},” said Ida Brenholt, the mayor."]),
        ("Ida Brenholt", [f"“{_SAID},” said the head of the harbour board, Ida Brenholt."]),
        ("Ida Brenholt", [f"“{_SAID},” harbour board chair Ida Brenholt said on Monday."]),
        ("Ida Brenholt", [f"Mayor Ida Brenholt told reporters: “{_SAID}.”"]),
        ("Ms Brenholt", [f'"{_SAID}," Ms Brenholt told the Post.']),
        ("Ida Brenholt", [f"‘{_SAID},’ said Ida Brenholt."]),
        (
            "Ida Brenholt",
            ["Bürgermeisterin Ida Brenholt kam.", "„Das ist ein guter Tag für die Insel“, sagte sie."],
        ),
        ("Ida Brenholt", ["„Das ist ein guter Tag für die ganze Insel“, so Ida Brenholt am Montag."]),
        ("Ida Brenholt", ["« C’est un grand jour pour toute l’île », a déclaré Ida Brenholt."]),
        (
            "Ida Brenholt",
            ["Ida Brenholt, la maire, est là. « C’est un grand jour pour toute l’île », a-t-elle dit."],
        ),
        ("Ida Brenholt", ["«Es un gran día para toda la isla», dijo Ida Brenholt el lunes."]),
    ],
)
def test_a_quotation_has_its_speaker(speaker, paragraphs):
    quote = key_quotation(paragraphs)
    assert quote is not None
    assert quote.speaker == speaker
    assert any(quote.text in paragraph for paragraph in paragraphs)


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["The quay opened on Monday.", f"“{_SAID},” she said."],
        [f"“{_SAID},” police said."],
        [f"“{_SAID},” the board said in a statement."],
        [f"“{_SAID},” a spokeswoman for Mayor Ida Brenholt told the Post."],
        [f"“{_SAID},” said Ida Brenholt and Amund Vik."],
        ["Mayor Ida Brenholt met Dr. Amund Vik on Monday.", f"“{_SAID},” she said."],
        ["Mr Vik resigned on Monday.", f"“{_SAID},” she said."],
        ["Ida Brenholt, the mayor, left.", "Then came Per Brenholt, the clerk.", f"“{_SAID},” said Brenholt."],
        [f"“{_SAID}.”"],
        ["The so-called “night boat” sailed, Ida Brenholt said."],
        ["No quotation here."],
        [],
    ],
)
def test_where_the_speaker_is_not_certain_there_is_no_quotation(paragraphs):
    assert key_quotation(paragraphs) is None


def test_the_articles_quotation_is_the_chairs():
    quote = summarise(PAGE).quote
    assert quote is not None
    assert (quote.text, quote.speaker) == (
        "We have asked for this boat for eleven years, and tonight the answer was yes",
        "Ida Brenholt",
    )
