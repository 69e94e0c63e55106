"""What an earlier version has kept can be read by this one: a field may come, but none may change its meaning."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters
import bot
from bot.core.model import Document
from store.plain import read

KEPT = [
    json.loads(line) for line in (Path(__file__).parents[1] / "recorded" / "kept.jsonl").read_text("utf-8").splitlines()
]


def kinds(base: type[Document]) -> Iterator[type[Document]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


@pytest.fixture(scope="module")
def named() -> dict[str, type[Document]]:
    for package in (bot, adapters):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return {kind.__name__: kind for kind in kinds(Document) if kind.__module__.startswith(("bot.", "adapters."))}


def test_what_a_newsroom_would_miss_is_among_them():
    assert {kind for kind, _ in KEPT} >= {
        "Alert",
        "Article",
        "Feed",
        "Person",
        "Sighting",
        "Story",
        "Subscriber",
        "Topic",
    }


@pytest.mark.parametrize(("kind", "document"), KEPT, ids=[kind for kind, _ in KEPT])
def test_a_document_of_an_earlier_version_is_read(named, kind, document):
    assert read(named[kind], document).id == document["id"]
