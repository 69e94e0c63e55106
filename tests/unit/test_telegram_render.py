"""Messages as Telegram's HTML and keyboards, measured as Telegram measures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.telegram.keyboard import keyboard
from adapters.telegram.render import MEASURE, cut, fits, rendered, units
from bot.core.message import Action, Manner, Span, Style, code, heading, item, link, message, paragraph, quotation
from tests.contract.messages import RICH, messages
from tests.wire.telegram.markup import bounded, read_html
from tests.wire.telegram.markup import units as counted


def test_blocks_become_one_text_with_its_markup():
    what = message(heading("Fire & smoke"), paragraph("See ", link("more", "https://x.example/?a=1&b='\"")), item("a"))
    assert rendered(what).html == (
        '<b>Fire &amp; smoke</b>\n\nSee <a href="https://x.example/?a=1&amp;b=&#39;&#34;">more</a>\n\n• a'
    )


def test_a_quotation_names_its_speaker_inside():
    assert rendered(message(quotation("We wait", "Ann"))).html == "<blockquote>We wait — Ann</blockquote>"


@given(messages)
def test_what_is_left_of_the_markup_is_the_plain_text(what):
    shown = rendered(what)
    text, entities = read_html(shown.html)
    assert text == shown.plain
    assert bounded(text, entities)
    assert len(entities) <= shown.entities
    assert shown.used == counted(text)


def test_the_plain_text_is_the_core_s():
    assert rendered(RICH).plain == RICH.plain


@given(messages)
def test_no_text_is_empty(what):
    assert rendered(what).plain.strip()


@pytest.mark.parametrize("nothing", ["", " \n", "\u200b", "\x00\x01", "\u202e", "\u2800", "\u2060\ufeff"])
def test_a_text_without_a_visible_character_gets_one(nothing):
    assert rendered(message(paragraph(nothing))).html == "…"


@given(st.text())
def test_utf_16_units_are_counted(text):
    assert units(text) == counted(text)


@pytest.mark.parametrize(("char", "room"), [("a", MEASURE), ("𝄞", MEASURE // 2), ("<", MEASURE)])
def test_a_text_is_cut_where_telegram_would_refuse_it(char, room):
    assert fits(message(char * room))
    long = message(char * (room + 1))
    assert not fits(long)
    assert rendered(cut(long)).plain == char * room


def test_a_message_with_too_many_entities_is_cut():
    many = message(*(item(link(str(number), "https://x.example")) for number in range(120)))
    assert not fits(many)
    assert rendered(cut(many)).entities == 100


def test_markup_too_long_to_be_read_is_cut():
    address = f"https://x.example/{'a' * 2000}"
    many = message(*(item(link(str(number), address)) for number in range(20)))
    assert not fits(many)
    assert len(rendered(cut(many)).html.encode()) < 1 << 15


@pytest.mark.parametrize("url", ["javascript:alert(1)", "tg://user?id=1", "//x", "http://", "https://a b"])
def test_other_addresses_are_no_links(url):
    assert rendered(message(paragraph(link("words", url)))).html == "words"


def test_styles_are_set():
    spans = paragraph(Span("a", Style.STRONG), Span("b", Style.EMPHASIS), code("c"))
    assert rendered(message(spans)).html == "<b>a</b><i>b</i><code>c</code>"


# ------------------------------------------------------------------------------------------------ keyboards


def test_buttons_carry_their_line_and_colour():
    rows, lines = keyboard((Action("Yes", "/approve 1", Manner.GO), Action("No", "/reject 1", Manner.DANGER)))
    assert rows == [
        [
            {"text": "Yes", "callback_data": "/approve 1", "style": "success"},
            {"text": "No", "callback_data": "/reject 1", "style": "danger"},
        ]
    ]
    assert lines == ()


def test_a_line_too_long_for_a_button_is_kept():
    line = "/summary https://x.example/" + "ä" * 30
    rows, lines = keyboard((Action("Go", line),))
    assert lines[0].line == line
    assert rows[0][0]["callback_data"] == f"#{lines[0].id}"
    assert len(rows[0][0]["callback_data"].encode()) <= 64


@given(st.lists(st.builds(Action, st.text(), st.text(min_size=1), st.sampled_from(Manner)), max_size=130))
def test_any_keyboard_keeps_to_the_limits(actions):
    rows, _ = keyboard(actions)
    buttons = [button for row in rows for button in row]
    assert len(buttons) == min(100, len(actions))
    assert all(1 <= len(row) <= 8 for row in rows)
    for button in buttons:
        assert button["text"].strip()
        assert 1 <= len(button["callback_data"].encode()) <= 64


def test_actions_do_not_shorten_a_text():
    actions = tuple(Action(f"Button {number}", "/x") for number in range(300))
    assert cut(replace(RICH, actions=actions)).blocks == RICH.blocks


def test_nobody_is_called_by_a_foreign_text():
    assert rendered(message("Ask @everyone, or (@ann) at me@x.example")).plain == (
        "Ask @\u2060everyone, or (@\u2060ann) at me@x.example"
    )


def test_a_hashtag_is_one_and_a_stray_character_reference_is_none():
    assert rendered(message("#climate &#8217;")).plain == "#climate &#\u20608217;"
