"""Messages become HTML that says the same and can do nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.render import MEASURE, fits, message_html
from bot.core.foreign import harmless, web_address
from bot.core.message import Action, Manner, code, heading, item, link, message, paragraph, quotation, strong


def test_each_block_has_its_element():
    what = message(heading("Ferry late"), "It is the tide.", quotation("We wait", "the captain"), quotation("We go"))
    assert message_html(what) == (
        '<h3 dir="auto">Ferry late</h3>'
        '<p dir="auto">It is the tide.</p>'
        '<blockquote dir="auto"><p dir="auto">We wait</p><footer>— <bdi>the captain</bdi></footer></blockquote>'
        '<blockquote dir="auto"><p dir="auto">We go</p></blockquote>'
    )


def test_rows_that_follow_one_another_are_one_list():
    html = message_html(message(item("a"), item("b"), "and", item("c")))
    assert (
        html == '<ul><li dir="auto">a</li><li dir="auto">b</li></ul><p dir="auto">and</p><ul><li dir="auto">c</li></ul>'
    )


def test_spans_have_their_style_and_links_give_nothing_away():
    html = message_html(message(paragraph(strong("a"), code("b"), link("c", "https://x.example/?d=1&e='\""))))
    assert html == (
        '<p dir="auto"><strong>a</strong><code>b</code>'
        '<a href="https://x.example/?d=1&amp;e=&#39;&#34;" rel="nofollow noopener noreferrer" target="_blank">c</a></p>'
    )


def test_a_button_carries_its_line_and_manner():
    html = message_html(message("Go?", actions=(Action("<Yes>", '/approve "1"', Manner.GO),)))
    assert html.endswith(
        '<div class="actions"><button name="line" value="/approve &#34;1&#34;" class="go">&lt;Yes&gt;</button></div>'
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://a.example/",
        "https://a.example/ b",
        "https://a.example/\u202e",
        "https://",
        "https://[",
        "//a.example/",
        "/path",
        "data:text/html,x",
        "ftp://a.example/",
        "",
    ],
)
def test_no_other_address_becomes_a_link(url: str):
    assert web_address(url) == ""
    assert "<a" not in message_html(message(paragraph(link("words", url))))


@pytest.mark.parametrize("url", ["https://a.example/", "HTTP://A.example:8080/ü?q=ж#x", "http://[::1]/"])
def test_web_addresses_become_links(url: str):
    assert web_address(url) == url


def test_overrides_of_the_direction_of_writing_go_and_isolates_are_closed():
    assert harmless("a\u202eb\u202cc") == "abc"
    assert harmless("a\u2067b") == "a\u2067b\u2069"
    assert harmless("a\u2067b\u2069c") == "a\u2067b\u2069c"
    assert harmless("a\u2069\u2067b") == "a\u2069\u2067b\u2069"


def test_control_characters_go_but_line_breaks_and_tabs_stay():
    assert harmless("a\x00b\x1b[31mc\r\nd\te\x85") == "ab[31mc\nd\te"


@given(text=st.text())
def test_what_is_left_disturbs_nothing_and_is_left_alone_the_second_time(text: str):
    once = harmless(text)
    assert harmless(once) == once
    depth = 0
    for char in once:
        depth = depth + 1 if char in "\u2066\u2067\u2068" else max(0, depth - (char == "\u2069"))
    assert depth == 0


def test_the_measure_counts_the_words_that_are_read():
    assert fits(message("x" * MEASURE))
    assert not fits(message("x" * (MEASURE + 1)))
    assert fits(message(paragraph(link("x" * MEASURE, "https://a.example/" + "y" * MEASURE))))
