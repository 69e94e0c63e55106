"""Documents and other dataclasses to JSON and back: one codec for the stores, the parsing children, the socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return a document, dataclass or plain values as one line of JSON; times are ISO 8601, tuples are lists.

    Raises TypeError or ValueError for what JSON can't hold.
    """
    return msgspec.json.encode(value)


def decode(kind: type[T], data: bytes | Mapping[str, Any]) -> T:
    """Return the document or dataclass that JSON (or its plain fields) describes.

    Fields it does not know are left aside and missing ones take their default, so that a version reads what the one
    before and the one after it wrote. Raises ValueError where the data is something else, and TypeError for a kind of
    which JSON can't tell what is what.
    """
    try:
        return msgspec.json.decode(data, type=kind) if isinstance(data, bytes) else msgspec.convert(data, kind)
    except msgspec.MsgspecError as problem:
        raise ValueError(str(problem)) from problem
