"""A message as Discord's: where its parts go, what its limits take away, and that nothing foreign becomes markup."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord import slash
from adapters.discord.errors import refusal
from adapters.discord.markdown import GAP, code, escaped, shown_address
from adapters.discord.render import choice, fits, plainly, rendered
from bot.commands.menu import COMMANDS
from bot.core.errors import RetryLater
from bot.core.i18n import locales, translator
from bot.core.message import Action, Manner, heading, item, link, message, paragraph, quotation, strong
from tests.wire.discord.people import markup_of_others, unmarked
from tests.wire.discord.rules import command_faults, message_faults


def embed(*blocks) -> dict[str, str]:
    return rendered(message(*blocks)).body["embeds"][0]


# ------------------------------------------------------------------------------------------------ where parts go


def test_a_headline_is_the_title_and_leads_where_the_message_leads():
    shown = embed(heading("Fire"), "The quay is closed.", paragraph(link("The Paper", "https://paper.example/1")))
    assert shown == {
        "title": "Fire",
        "url": "https://paper.example/1",
        "description": "The quay is closed.\n\nThe Paper",
    }


def test_where_there_are_several_links_each_address_can_be_seen():
    shown = embed(heading("Latest"), item(link("One", "https://a.example/")), item(link("Two", "https://b.example/")))
    assert "url" not in shown
    assert shown["description"] == "• One <https://a.example/>\n• Two <https://b.example/>"


def test_a_row_of_a_list_does_not_lend_its_address_to_the_title():
    assert "url" not in embed(heading("Latest"), item(link("One", "https://a.example/")))


def test_a_quotation_stands_with_its_speaker():
    assert embed(quotation("We wait\nfor the tide", "the master"))["description"] == (
        "> We wait\n> for the tide\n> — the master"
    )


def test_a_quotation_without_words_leaves_no_mark():
    assert rendered(message("0", quotation(" "))).body["embeds"][0]["description"] == "0"


def test_a_headline_too_long_for_a_title_stands_below_in_bold():
    shown = embed(heading("*" * 200), "words")
    assert "title" not in shown
    assert shown["description"].startswith("**\\*")


def test_marks_that_touch_are_kept_apart():
    assert embed(paragraph(strong("a"), strong("b"), "c"))["description"] == "**ab**c"
    assert embed(paragraph(strong(" a "), "b"))["description"] == "**a** b"


def test_nothing_at_all_is_still_a_message():
    assert message_faults(rendered(message(" ")).body) == []
    assert message_faults(rendered(message()).body) == []


def test_buttons_stand_five_in_a_row_and_say_what_they_mean_by_colour():
    actions = [Action(f"number {number}", f"/story {number}", Manner.DANGER) for number in range(30)]
    rows = rendered(message("x", actions=(*actions[:1], *actions))).body["components"]
    assert [len(row["components"]) for row in rows] == [5] * 5
    assert {button["style"] for row in rows for button in row["components"]} == {4}


@pytest.mark.parametrize("line", ["/summary https://x.example/" + "x" * 100, "#hash", "/breaking a\nb"])
def test_a_line_that_a_button_can_not_carry_is_kept(line):
    shown = rendered(message("x", actions=(Action("go", line),)))
    ((kept,), (row,)) = shown.lines, shown.body["components"]
    assert kept.line == line
    assert row["components"][0]["custom_id"] == f"#{kept.id}"


def test_a_button_without_words_or_line_breaks_no_rule():
    shown = rendered(message("x", actions=(Action(" \n", "/list"), Action("empty", " "))))
    assert message_faults(shown.body) == []
    assert len(shown.body["components"]) == 1


@pytest.mark.parametrize(("words", "fitting"), [("x" * 4096, True), ("x" * 4097, False), ("_" * 2049, False)])
def test_what_is_too_much_for_discord_is_known_before_it_is_sent(words, fitting):
    whole = message(words)
    assert fits(whole) is fitting
    assert (message_faults(rendered(whole).body) == []) is fitting


def test_signs_of_two_units_count_double_as_the_strictest_counter_has_it():
    assert fits(message("\U0001f600" * 2048))
    assert not fits(message("\U0001f600" * 2049))


# ------------------------------------------------------------------------------------------------ foreign text


@given(st.text())
@example("**bold** __x__ ~~y~~ ||z|| `code` [a](https://evil.example) <https://evil.example>")
@example("<@1> <@&1> <#1> </cmd:1> <t:1> <:e:1> <a:e:1> <id:customize> @everyone @here :smile:")
@example("# one\n## two\n-# three\n- four\n+ five\n6. six\n> seven\n>>> eight")
@example("\u202eright\u2066to left")
def test_foreign_text_reads_as_it_is(text):
    shown = rendered(message(text)).body["embeds"][0]["description"]
    assert markup_of_others(shown) == []
    assert letters(unmarked(shown)) == letters(text)


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("FLASH: Fire at 12:30", "FLASH: Fire at 12:30"),
        ("50 % of 3.5 (or so)!", "50 % of 3.5 (or so)!"),
        ("a_b*c", "a\\_b\\*c"),
        ("@everyone", f"@{GAP}everyone"),
        ("<#12>", f"\\<{GAP}#12\\>"),
        ("[x](y)", "\\[x\\]\\(y)"),
        ("https://x.example", "https\\://x.example"),
        (":smile:", "\\:smile:"),
        ("a\u202eb\x00c", "abc"),
    ],
)
def test_only_what_means_something_is_escaped(text, shown):
    assert escaped(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("/list", "`/list`"), ("a\nb", "`a b`"), ("a`b", "a\\`b"), ("", "")])
def test_code_can_not_be_left(text, shown):
    assert code(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("https://a.example/<b>\"'", "https://a.example/%3Cb%3E%22'"),
        ("javascript:alert(1)", ""),
        ("https://a.example/\n", ""),
        ("https://a.example/ b", ""),
        ("https://a.example/" + "x" * 3000, ""),
    ],
)
def test_an_address_leads_to_the_web_and_stays_between_its_brackets(url, shown):
    assert shown_address(url) == shown


@given(st.text(min_size=1))
def test_a_choice_has_words_and_fits(text):
    assert 1 <= len(choice(text)) <= 80


@given(st.text(max_size=6000))
def test_words_alone_always_fit(text):
    assert message_faults(plainly(message(text))) == []


# ------------------------------------------------------------------------------------------------ commands


def test_discord_takes_the_commands():
    assert command_faults(slash.declared(COMMANDS)) == []


def test_every_option_says_what_it_is_in_every_language():
    names = {f"option.{parameter.name}" for command in COMMANDS for parameter in command.parameters}
    assert [
        (locale, name) for locale in locales() for name in sorted(names) if not translator(locale).knows(name)
    ] == []


def test_every_group_says_what_it_is_in_every_language():
    groups = {f"group.{command.name.split()[0]}" for command in COMMANDS if " " in command.name}
    assert [(locale, name) for locale in locales() for name in groups if not translator(locale).knows(name)] == []


def test_what_is_named_of_the_commands_is_there():
    names = {(command.name, parameter.name) for command in COMMANDS for parameter in command.parameters}
    assert names >= slash._COMPLETED
    assert {name for name, _ in names} >= slash.FOR_EVERYBODY


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"name": "start"}, "/start"),
        ({"name": "subscribe", "options": [{"type": 3, "name": "what", "value": "harbour wall"}]}, None),
        ({"name": "breaking", "options": [{"type": 3, "name": "text", "value": "Flash"}]}, "/breaking urgent Flash"),
        (
            {
                "name": "feed",
                "options": [{"type": 1, "name": "add", "options": [{"name": "url", "value": "x.example"}]}],
            },
            "/feed add x.example",
        ),
        ({"name": "feed", "options": [{"type": 1, "name": "list"}]}, "/feed list"),
    ],
)
def test_a_given_command_is_the_line_that_would_be_typed(data, line):
    found = slash.Syntax(COMMANDS).command(data)
    assert found
    assert slash.line(*found) == (line or "/subscribe harbour wall")


def test_a_command_that_is_known_no_more_is_none():
    assert slash.Syntax(COMMANDS).command({"name": "gone"}) is None


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("body", "header", "seconds", "everywhere"),
    [
        ({"retry_after": 1.5, "global": False}, "2", 1.5, False),
        ({"retry_after": 0, "global": True}, None, 0.05, True),
        ({}, "600", 600.0, True),
        ({}, None, 5.0, True),
        ({"retry_after": "nonsense"}, None, 5.0, False),
    ],
)
def test_how_long_to_wait_is_read_wherever_it_stands(body, header, seconds, everywhere):
    found = refusal(429, body, header)
    assert isinstance(found, RetryLater)
    assert (found.seconds, found.everywhere) == (seconds, everywhere)
