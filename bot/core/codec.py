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
        return {member.value: member for member in hint}.__getitem__
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return _tuple_reader(arguments[0])
    if origin in {Union, UnionType}:
        return _optional_reader(*arguments)
    if origin is not None and not (origin is Mapping and _reader(arguments[1]) is _as_it_is):
        raise TypeError(f"there is no way to read {hint} from JSON")
    return _as_it_is


def _tuple_reader(member: Any) -> Callable[[Any], Any]:
    read = _reader(member)
    return tuple if read is _as_it_is else lambda values: tuple(map(read, values))


def _optional_reader(*choices: Any) -> Callable[[Any], Any]:
    """Read a value that may be None; JSON does not tell which of several other types it was."""
    readers = {_reader(choice) for choice in choices if choice is not type(None)}
    if len(readers) != 1:
        raise TypeError(f"JSON does not tell {choices} apart")
    (read,) = readers
    return read if read is _as_it_is else lambda value: None if value is None else read(value)


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    readers = [(name, reader) for name in names if (reader := _reader(hints[name])) is not _as_it_is]

    def read(data: Mapping[str, Any]) -> Any:
        known = {**data}
        for name, reader in readers:
            if name in known:
                known[name] = reader(known[name])
        try:
            return kind(**known)
        except TypeError:  # a field too many, or one too few
            return kind(**{name: known[name] for name in names if name in known})

    return read


def _as_it_is(value: Any) -> Any:
    return value
