"""The message tree, and how it reads without any markup."""

from __future__ import annotations

import pytest

from bot.core.codec import decode, encode
from bot.core.message import (
    Action,
    Form,
    Manner,
    Message,
    Span,
    Style,
    bare,
    code,
    heading,
    item,
    link,
    message,
    pages,
    paragraph,
    quotation,
    shortened,
    strong,
    text,
    unaccompanied,
)


def test_a_message_reads_like_a_note_without_its_markup():
    whole = message(
        heading("Bridge closed"),
        paragraph("See ", link("the story", "https://example.org/"), " or type ", code("/story"), "."),
        item("Trains run"),
        item(strong("Buses"), " do not"),
        quotation("We will rebuild it", "The mayor"),
        quotation("So be it"),
    )
    assert whole.plain == (
        "Bridge closed\n\nSee the story or type /story.\n\n• Trains run\n• Buses do not\n\n"
        "We will rebuild it — The mayor\n\nSo be it"
    )


def test_an_empty_message_reads_as_nothing():
    assert message().plain == ""


def test_a_bare_string_is_a_paragraph_and_empty_parts_are_left_out():
    assert message("Hello") == message(paragraph("Hello"))
    assert text("a", "", Span("b")) == (Span("a"), Span("b"))


@pytest.mark.parametrize(
    ("block", "form"),
    [(paragraph("x"), Form.PARAGRAPH), (heading("x"), Form.HEADING), (quotation("x"), Form.QUOTATION)],
)
def test_a_block_is_what_it_was_made_as(block, form):
    assert (block.form, block.words) == (form, "x")


@pytest.mark.parametrize("markup", ["<b>bold</b>", "*bold*", "[a](javascript:b)", "@everyone", "&amp;", "\x00"])
def test_markup_in_words_is_words(markup):
    assert message(paragraph(markup)).plain == markup


def test_a_message_survives_its_way_to_the_store_and_back():
    whole = message(
        heading(Span("é 👩‍👩‍👧", Style.EMPHASIS)),
        quotation("words", "speaker"),
        actions=[Action("Send", "/send 1", Manner.GO)],
        private=True,
    )
    assert decode(Message, encode(whole)) == whole


def test_a_photo_stands_on_the_first_page_alone():
    whole = message(*["many words"] * 9, photo="a.png")
    parts = pages(whole, lambda part: len(part.plain) <= 25)
    assert [part.photo for part in parts] == ["a.png", *[""] * (len(parts) - 1)]
    assert len(parts) > 2
    assert bare(whole).photo == unaccompanied(whole).photo == ""
    assert shortened(whole, lambda part: len(part.plain) <= 25).photo == "a.png"


def test_a_message_without_a_photo_stays_the_same_object_by_which_adapters_know_what_they_made_of_it():
    whole = message(heading("Fire"))
    assert unaccompanied(whole) is whole
