"""Catalogs: plurals, fallbacks, and nothing that breaks an error message."""

from __future__ import annotations

from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from bot.core.i18n import DEFAULT, Translator, locales, translator

POLISH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "told"
msgid_plural "told"
msgstr[0] "{count} osoba"
msgstr[1] "{count} osoby"
msgstr[2] "{count} osób"

msgid "greeting"
msgstr "Dzień dobry, {name}"
"""


@pytest.fixture(name="say", scope="module")
def read():
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(POLISH.encode()), locale="pl"))
    compiled.seek(0)
    return Translator("pl", GNUTranslations(compiled))


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 osoba"), (2, "2 osoby"), (5, "5 osób"), (22, "22 osoby"), (0, "0 osób")]
)
def test_a_plural_takes_its_form_from_the_count(say, count, said):
    assert say("told", count=count) == said


def test_an_entry_is_filled(say):
    assert say("greeting", name="Ann") == "Dzień dobry, Ann"


def test_an_entry_without_plural_takes_a_count_all_the_same(say):
    assert say("greeting", name="Ann", count=5) == "Dzień dobry, Ann"


def test_what_is_missing_is_seen_and_breaks_nothing(say):
    assert say("greeting") == "Dzień dobry, {name}"
    assert say("no.such.key", name="Ann") == "no.such.key"
    assert not say.knows("no.such.key")
    assert say.knows("greeting")
    assert say.knows("told")


@pytest.mark.parametrize("name", ["{0}", "{name}", "{name.__class__}", "%s", "{", "\x00"])
def test_foreign_text_in_an_argument_is_text(say, name):
    assert say("greeting", name=name) == f"Dzień dobry, {name}"


@given(key=st.one_of(st.text(), st.sampled_from(["", "{", "{0}", "{}", "a{b.c}"])))
def test_no_key_breaks_it(say, key):
    assert say(key, count=2) == key or say.knows(key)


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("en-GB", "en"),
        ("tlh", DEFAULT),
        ("", DEFAULT),
        ("../de", DEFAULT),
    ],
)
def test_a_language_falls_back_to_its_base_and_then_to_english(tag, locale):
    assert translator(tag).locale == locale


def test_a_catalog_is_read_once_however_it_is_asked_for():
    assert translator("de-AT") is translator("de-CH") is translator("de")
    assert set(locales()) >= {"de", "en"}


def test_every_error_of_the_door_and_the_children_has_its_words():
    for locale in locales():
        say = translator(locale)
        for key in ("error.bad_url", "error.forbidden_address", "error.too_slow", "error.document_time"):
            assert say.knows(key), (locale, key)
