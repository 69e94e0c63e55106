"""What is encoded is decoded to the same, and reading is patient with what other versions wrote."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import make_dataclass
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pkgutil import walk_packages
from typing import get_args

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adapters
import bot
from bot.core.codec import decode, encode
from bot.core.message import Message
from bot.core.model import Chat, Document, Feed, Job, Priority, Receipt, Topic
from bot.intake.pages import Refusal
from bot.outreach.alarm import Alarm, Call
from bot.outreach.report import Report


def kept(kind: type[Document]) -> set[type[Document]]:
    """Return every kind of document there is below one, wherever in the house it is declared."""
    return {kind}.union(*map(kept, kind.__subclasses__()))


for package in (adapters, bot):
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            import_module(module.name)

KINDS = sorted(
    (kind for kind in kept(Document) if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind),
    key=lambda kind: kind.__name__,
)

text = st.text(st.characters(exclude_categories=["Cs"]))
st.register_type_strategy(str, text)
st.register_type_strategy(int, st.integers(-(2**53), 2**53))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(Mapping, lambda hint: st.dictionaries(*map(st.from_type, get_args(hint))))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


@pytest.mark.parametrize("kind", [*KINDS, Message], ids=lambda kind: kind.__name__)
def test_every_kind_comes_back_as_it_was(kind: type):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.builds(kind))
    def holds(document: object) -> None:
        line = encode(document)
        assert b"\n" not in line
        assert decode(kind, line) == document
        assert decode(kind, orjson.loads(line)) == document
        if kind not in {Alarm, Call, Feed, Refusal, Report, Topic}:  # a mapping has no hash
            assert hash(decode(kind, line)) == hash(document)

    holds()


def test_fields_of_a_newer_version_are_left_aside_and_missing_ones_take_their_default():
    job = decode(Job, b'{"id":"a","lane":"web","due":null,"colour":"red"}')
    assert job == Job(id="a", lane="web", due=None)
    assert job.priority is Priority.ROUTINE


def test_a_time_keeps_its_moment_whatever_its_zone():
    due = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    read = decode(Job, encode(Job(id="a", lane="web", due=due)))
    assert read.due == due


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"id":"a"}',
        b'{"id":"a","lane":"web","due":"tomorrow"}',
        b'{"id":"a","lane":"web","due":5}',
        b'{"id":"a","lane":"web","due":null,"priority":9}',
    ],
)
def test_what_is_something_else_is_refused(line: bytes):
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(Job, line)


@pytest.mark.parametrize("hint", [Chat | Receipt, tuple[Chat, ...] | list[str]])
def test_a_field_that_could_not_be_read_again_is_refused_at_once(hint: object):
    kind = make_dataclass("Odd", [("field", hint)], frozen=True)
    with pytest.raises(TypeError):
        decode(kind, b'{"field":null}')


def test_an_object_is_not_read_from_something_else():
    with pytest.raises(ValueError, match="chat"):
        decode(Receipt, b'{"chat":"web:1","id":"1"}')


def test_plain_values_are_encoded_too():
    assert encode({"a": [1, Chat("web", "1")]}) == b'{"a":[1,{"platform":"web","id":"1","topic":null}]}'
