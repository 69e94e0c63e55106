"""Every kind of document stands in the operator's table of what is kept how long, and with a setting that there is."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import adapters
import bot
from bot.core.model import Document, Job
from bot.core.settings import Settings
from tests.house.tree import ROOT

_TABLE = re.compile(r"^## What is kept, and for how long$(.*?)^## ", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| ((?:`[A-Z]\w+`(?:, )?)+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def rows() -> list[tuple[list[str], str]]:
    """Return which kinds each row names, and how long they are kept."""
    (table,) = _TABLE.findall((ROOT / "docs" / "operations.md").read_text("utf-8"))
    return [(re.findall(r"`(\w+)`", kinds), long) for kinds, _, long in _ROW.findall(table)]


def kinds(base: type[Document]) -> Iterator[str]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith(("bot.", "adapters.")) and kind is not Job:
            yield kind.__name__
        yield from kinds(kind)


def test_every_kind_of_document_is_said_to_be_kept_for_some_time_or_for_good_and_why():
    for package in (bot, adapters):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    named = Counter(kind for row, _ in rows() for kind in row)
    assert set(named) == set(kinds(Document))
    assert set(named.values()) == {1}
    assert all("for good: " in long or "for good, as" in long for _, long in rows() if "for good" in long)


def test_every_setting_in_the_table_is_one():
    settings = {name.upper() for name in Settings.model_fields}
    assert {name for _, long in rows() for name in re.findall(r"`([A-Z_]+)`", long)} <= settings
