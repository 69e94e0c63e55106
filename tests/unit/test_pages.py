"""Cutting messages to a platform's measure: nothing lost, nothing torn, always an end."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.core.message import Action, Block, Form, Span, Style, heading, item, message, pages, paragraph, quotation
from bot.core.message import shortened as cut_short
from tests.shared import shared

WORDS = [
    *("the", "bridge", "antidisestablishmentarianism", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "Z̷̧͎a̸͙̐l̵̰͛g̶͓̽o̴͚̐", "किन्तु", "각하"),
    *(
        "橋は通行止めです",
        "الجسر",
        "מגוּלח",
        "e\u0301",
        "a\u00a0b",
        "\u200f",
        "— ",
        "\r\n",
        "\n",
        " ",
        "  ",
        "\u3000",
        " \u0308",
    ),
]
texts = st.one_of(
    st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join), st.lists(st.sampled_from(WORDS)).map("".join)
)
spans = st.builds(Span, texts, st.sampled_from(Style), st.sampled_from(["", "https://example.org/"]))
blocks = st.one_of(
    st.builds(Block, st.lists(spans, max_size=4).map(tuple), st.sampled_from(Form)),
    st.builds(quotation, texts, texts),
)
messages = st.builds(
    lambda tree, private: message(*tree, actions=[Action("Go", "/go")], private=private),
    st.lists(blocks, max_size=6),
    st.booleans(),
)


def within(limit, measure=len):
    return lambda part: measure(part.plain) <= limit


def utf16(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def squeezed(parts):
    """What is said, in order, without white space and the marks that blocks are set with."""
    said = "".join(block.words + block.speaker for part in parts for block in part.blocks)
    return re.sub(r"[\s—]", "", said)


@given(messages, st.integers(0, 60), st.sampled_from([len, utf16]))
def test_the_words_are_kept_in_order_on_pages_that_fit(whole, limit, measure):
    fits = within(limit, measure)
    parts = pages(whole, fits)
    assert squeezed(parts) == squeezed([whole])
    for part in parts:
        alone = len(part.blocks) == 1 and len(part.blocks[0].words) <= 1
        assert fits(part) or alone, "only one character that is too large alone may stand on a page that does not fit"


@given(messages, st.integers(0, 60))
def test_the_actions_stand_on_the_last_page_alone(whole, limit):
    parts = pages(whole, within(limit))
    assert [part.actions for part in parts] == [()] * (len(parts) - 1) + [whole.actions]
    assert {part.private for part in parts} == {whole.private}


@given(messages)
def test_a_measure_that_nothing_fits_ends_after_one_character_a_page(whole):
    parts = pages(whole, lambda _: False)
    assert squeezed(parts) == squeezed([whole])
    assert all(len(block.words) <= 1 for part in parts for block in part.blocks)


@given(messages)
def test_what_fits_is_left_as_it_is(whole):
    assert pages(whole, lambda _: True) == [whole]
    assert cut_short(whole, lambda _: True) == whole


@given(texts, st.integers(1, 40))
def test_grapheme_clusters_stay_whole_where_they_fit(text, limit):
    clusters = set(regex.findall(r"\X", text))
    parts = pages(message(paragraph(text)), within(limit))
    if all(len(cluster) <= limit for cluster in clusters):
        found = [cluster for part in parts for cluster in regex.findall(r"\X", part.plain)]
        kept = [cluster for cluster in regex.findall(r"\X", text) if not cluster.isspace()]
        assert [cluster for cluster in found if not cluster.isspace()] == kept


@given(st.lists(st.text("abcé漢", min_size=1, max_size=9), min_size=1), st.integers(9, 40))
def test_words_that_fit_are_never_cut(words, limit):
    parts = pages(message(paragraph(" ".join(words))), within(limit))
    assert [word for part in parts for word in part.plain.split(" ")] == words


@given(st.lists(st.text("ab", min_size=1, max_size=9), min_size=1), st.integers(9, 40))
def test_a_page_takes_as_many_words_as_it_holds(words, limit):
    parts = [part.plain for part in pages(message(paragraph(" ".join(words))), within(limit))]
    for page, following in pairwise(parts):
        assert len(f"{page} {following.split(' ')[0]}") > limit


@given(messages, st.integers(0, 60))
def test_an_alert_is_shortened_to_one_message_that_begins_like_the_whole(whole, limit):
    fits = within(limit)
    short = cut_short(whole, fits)
    assert squeezed([whole]).startswith(squeezed([short]))
    assert short.actions == whole.actions
    assert fits(short) or len(squeezed([short])) <= 1


def test_whole_blocks_go_first_the_last_one_first():
    whole = message(heading("Bridge closed"), "The old bridge is closed.", "Nobody was hurt.")
    assert cut_short(whole, within(45)) == message(heading("Bridge closed"), "The old bridge is closed.")
    assert cut_short(whole, within(30)) == message(heading("Bridge closed"))
    assert cut_short(whole, within(10)) == message(heading("Bridge"))


def test_blocks_are_kept_together_before_words_are():
    whole = message("one two", "three four", "five six")
    assert [part.plain for part in pages(whole, within(20))] == ["one two\n\nthree four", "five six"]


def test_a_cut_quotation_goes_on_as_one_and_names_its_speaker_at_the_end():
    first, second = pages(message(quotation("We will rebuild the bridge", "Mayor")), within(20))
    assert first == message(quotation("We will rebuild the"))
    assert second == message(quotation("bridge", "Mayor"))


def test_a_speaker_who_does_not_fit_under_the_words_follows_them():
    first, second = pages(message(quotation("We will rebuild", "Mayor of the town")), within(20))
    assert [first.plain, second.plain] == ["We will rebuild", "— Mayor of the town"]


def test_a_cut_row_goes_on_as_running_text():
    first, second = pages(message(item("Trains run late all day")), within(16))
    assert [first.plain, second.plain] == ["• Trains run", "late all day"]


def test_a_link_that_is_cut_leads_on_both_pages():
    first, second = pages(message(paragraph("See ", Span("the whole story", url="https://example.org/"))), within(12))
    assert [span.url for span in first.blocks[0].spans] == ["", "https://example.org/"]
    assert [span.url for span in second.blocks[0].spans] == ["https://example.org/"]


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2007"])
def test_no_cut_is_made_at_a_space_that_forbids_it(space):
    parts = pages(message(paragraph(f"about 10{space}000 people")), within(10))
    assert [part.plain for part in parts] == ["about", f"10{space}000", "people"]


def test_white_space_alone_makes_no_page():
    assert [part.plain for part in pages(message(paragraph(" " * 50 + "late" + " " * 50)), within(10))] == ["late"]


def test_nothing_to_say_is_one_empty_page():
    assert pages(message(), lambda _: False) == [message()]
    assert cut_short(message(), lambda _: False) == message()


def test_a_long_text_is_cut_in_a_time_that_grows_with_its_pages():
    asked = 0

    def fits(part):
        nonlocal asked
        asked += 1
        return len(part.plain) <= 4096

    parts = pages(message("word " * 40_000), fits)
    assert len(parts) == 49
    assert asked < 49 * 25


def test_every_cut_in_the_unicode_consortium_s_own_cases_is_one_it_allows():
    cases = 0
    for line in shared("corpora/unicode/GraphemeBreakTest.txt").read_text().splitlines():
        case = line.partition("#")[0].strip()
        if not case:
            continue
        clusters = ["".join(chr(int(code, 16)) for code in part.split("×")) for part in case.strip("÷ ").split("÷")]
        if any(cluster.isspace() for cluster in clusters):
            continue
        limit = max(map(len, clusters))
        found = [part.plain for part in pages(message(paragraph("".join(clusters))), within(limit))]
        assert found == _packed(clusters, limit), line
        cases += 1
    assert cases > 300


def _packed(clusters, limit):
    """As many clusters on each page as fit."""
    packed = [""]
    for cluster in clusters:
        if len(packed[-1] + cluster) <= limit:
            packed[-1] += cluster
        else:
            packed.append(cluster)
    return packed
