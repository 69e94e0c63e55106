"""Messages of every shape for the adapters, and strategies that make up more."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.core.message import (
    Action,
    Block,
    Form,
    Manner,
    Message,
    Span,
    Style,
    code,
    heading,
    item,
    link,
    message,
    paragraph,
    quotation,
    strong,
)

PLAIN = message("The ferry is late.")
RICH = message(
    heading("Ferry late"),
    paragraph("The ferry to ", strong("the island"), " is late; type ", code("/latest"), " for more."),
    quotation("We wait for the tide", "the harbour master"),
    item(link("Timetable", "https://ferry.example/times?a=1&b=2")),
    item("Notices"),
    paragraph("Updates follow."),
    actions=(Action("Follow", "/subscribe ferry", Manner.GO), Action("Stop", "/unsubscribe ferry", Manner.DANGER)),
)
HOSTILE = (
    '<script>alert("1")</script>',
    "</div></article><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "&lt;b&gt; & &amp; &#x3c;script&#x3e;",
    "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>",
    "*bold* _it_ [a](javascript:alert(1)) `code` ||spoiler|| @everyone <@&1>",
    "two\nlines\tand a tab",
)

texts = st.text(min_size=1, max_size=60)
urls = st.sampled_from(
    ["", "https://ferry.example/", "http://a.example/?q=<&>'\"", "javascript:alert(1)", "//x", "a b"]
)
spans = st.builds(Span, texts, st.sampled_from(Style), urls)
blocks = st.builds(
    Block,
    st.lists(spans, min_size=1, max_size=4).map(tuple),
    st.sampled_from(Form),
    st.one_of(st.just(""), texts),
)
actions = st.builds(Action, texts, texts, st.sampled_from(Manner))
messages = st.builds(
    Message, st.lists(blocks, min_size=1, max_size=5).map(tuple), st.lists(actions, max_size=3).map(tuple)
)


def everywhere(text: str) -> Message:
    """The text in every place that a message has."""
    return message(
        heading(text),
        paragraph(text, strong(text), link(text, "https://ferry.example/"), link("words", text)),
        quotation(text, text),
        item(code(text)),
        actions=(Action(text, text),),
    )
