"""The catalogs are complete: what the code says stands in each of them, and nothing else does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.commands.menu import COMMANDS
from bot.core import errors
from bot.core.i18n import CATALOGS, locales
from tests.house.tree import CODE, files, modules, text, tree

KEY = re.compile(r"[a-z]+(\.[a-z0-9_]+)+")
IN_TEMPLATES = re.compile(r"""\bsay\(\s*["']([^"']+)["']\s*(~?)""")
FILE_NAMES = (".html", ".xml", ".css", ".js", ".po", ".toml", ".json", ".sock", ".lock")
RAISED = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.BotError)}


def entries(locale: str) -> dict[str, Message]:
    with (CATALOGS / f"{locale}.po").open("rb") as file:
        catalog = read_po(file, locale=locale, abort_invalid=True)
    return {(entry.id[0] if entry.pluralizable else entry.id): entry for entry in catalog if entry.id}


ENTRIES = {locale: entries(locale) for locale in locales()}
ENGLISH = ENTRIES["en"]
ROOMS = {key.partition(".")[0] for key in ENGLISH}


def is_key(value: str) -> bool:
    return bool(KEY.fullmatch(value)) and value.partition(".")[0] in ROOMS and not value.endswith(("_", *FILE_NAMES))


def nodes(kind: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    for path in modules(*CODE):
        yield from ((path, node) for node in ast.walk(tree(path)) if isinstance(node, kind))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def said() -> Iterator[tuple[str, str]]:
    """Where a key must be: the first argument of `say(...)` and of an error, an error's own key, a template's `say`."""
    for path, node in nodes(ast.Call):
        if called(node) in {"say", *RAISED} and node.args and isinstance(node.args[0], ast.Constant):
            yield str(path), node.args[0].value
    for path, node in nodes(ast.Constant):
        value = node.value
        if isinstance(value, str) and is_key(value):
            yield str(path), value
    for path in files(".html", ".js", under=CODE):
        yield from ((str(path), key) for key, joined in IN_TEMPLATES.findall(text(path)) if not joined)
    yield from (("bot/commands/menu.py", command.summary_key) for command in COMMANDS)


def patterns() -> Iterator[re.Pattern[str]]:
    """Keys that are put together: `f"role.{name}"` stands for every entry of that shape."""
    for _, node in nodes(ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        if isinstance(parts[0], str) and re.match(r"[a-z]+\.", parts[0]) and parts[0].partition(".")[0] in ROOMS:
            yield re.compile("".join(r"[a-z0-9_.]+" if part is None else re.escape(part) for part in parts))
    for path in files(".html", under=CODE):
        yield from (re.compile(f"{re.escape(key)}.+") for key, joined in IN_TEMPLATES.findall(text(path)) if joined)


def test_every_key_that_is_said_has_an_entry():
    missing = sorted({f"{path}: {key}" for path, key in said() if key not in ENGLISH})
    assert not missing


def test_every_error_has_an_entry_for_its_own_key():
    keys = {getattr(errors, name).key for name in RAISED}
    assert keys <= ENGLISH.keys()


def test_no_entry_is_left_that_nobody_says():
    used = {key for _, key in said()} | {getattr(errors, name).key for name in RAISED}
    built = list(patterns())
    left = [key for key in ENGLISH if key not in used and not any(pattern.fullmatch(key) for pattern in built)]
    assert not left


def test_every_key_that_is_put_together_finds_an_entry():
    lonely = [pattern.pattern for pattern in patterns() if not any(map(pattern.fullmatch, ENGLISH))]
    assert not lonely


def test_there_is_more_than_one_language():
    assert {"en", "de"} <= ENTRIES.keys()


@pytest.mark.parametrize("locale", [locale for locale in locales() if locale != "en"])
def test_a_translation_has_the_entries_of_the_english_catalog(locale):
    assert sorted(ENTRIES[locale]) == sorted(ENGLISH)


def forms(entry: Message) -> tuple[str, ...]:
    return tuple(entry.string) if entry.pluralizable else (entry.string,)


def gaps(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name is not None}


@pytest.mark.parametrize("locale", locales())
def test_every_entry_has_words_in_every_form(locale):
    empty = [key for key, entry in ENTRIES[locale].items() if not all(form.strip() for form in forms(entry))]
    fuzzy = [key for key, entry in ENTRIES[locale].items() if entry.fuzzy]
    assert not empty + fuzzy


@pytest.mark.parametrize("locale", locales())
def test_every_translation_fills_the_gaps_of_the_english_entry(locale):
    """A singular may leave the number out ("one story"); apart from that the gaps are the same in every form."""
    for key, entry in ENTRIES[locale].items():
        assert entry.pluralizable == ENGLISH[key].pluralizable, key
        wanted = set().union(*map(gaps, forms(ENGLISH[key])))
        for form in forms(entry):
            assert gaps(form) in (
                {frozenset(wanted), frozenset(wanted - {"count"})} if entry.pluralizable else {frozenset(wanted)}
            ), key


@pytest.mark.parametrize("locale", locales())
def test_no_key_stands_twice_in_a_catalog(locale):
    keys = re.findall(r'^msgid "(.+)"$', (CATALOGS / f"{locale}.po").read_text("utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))
