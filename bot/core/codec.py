"""Frozen dataclasses to JSON and back: one codec for the stores, the parsing children and the control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return a dataclass (or plain values) as one line of JSON; times are ISO 8601, tuples are lists."""
    return orjson.dumps(value)


def decode(kind: type[T], data: bytes | Mapping[str, Any]) -> T:
    """Return the dataclass that JSON (or its plain fields) describes.

    Fields it does not know are left aside and missing ones take their default, so that a version reads what the one
    before and the one after it wrote. Raises ValueError, KeyError or TypeError where the data is something else.
    """
    plain = orjson.loads(data) if isinstance(data, bytes) else data
    read: Callable[[Any], T] = _reader(kind)  # type: ignore[arg-type]  # types are hashable
    return read(plain)


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Build the function that reads one type; built once, as decoding is the start-up's hot path."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_reader(hint)
    if hint is datetime:
        return datetime.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if origin is tuple:
        member = _reader(arguments[0])
        return lambda values: tuple(map(member, values))
    if origin in {Union, UnionType}:
        member = _reader(next(kind for kind in arguments if kind is not type(None)))
        return lambda value: None if value is None else member(value)
    return _as_it_is


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    plain = frozenset(name for name, reader in readers.items() if reader is _as_it_is)

    def read(data: Mapping[str, Any]) -> Any:
        return kind(
            **{
                name: value if name in plain else readers[name](value)
                for name, value in data.items()
                if name in readers
            }
        )

    return read


def _as_it_is(value: Any) -> Any:
    return value
