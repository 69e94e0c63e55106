"""Documents as plain fields: what TinyDB's own queries and changes get to see of live ones."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson

from bot.core.codec import decode, encode
from bot.core.errors import StoreError
from bot.core.model import Document

D = TypeVar("D", bound=Document)


def fields_of(document: Any) -> dict[str, Any]:
    """Return a document's fields as JSON has them."""
    return dict(orjson.loads(encode(document)))


def read(kind: type[D], plain: Mapping[str, Any]) -> D:
    """Return the document that plain fields describe. Raises `StoreError` where they are another kind's."""
    try:
        return decode(kind, plain)
    except (KeyError, TypeError, ValueError) as problem:
        raise StoreError("error.store_unreadable", kind=kind.__name__, id=plain.get("id", "")) from problem


def loaded(name: str) -> type[Document] | None:
    """Return the class of that name which the program has loaded; None where there is none, or more than one."""
    found = {kind for kind in _below(Document) if kind.__name__ == name}
    return found.pop() if len(found) == 1 else None


def _below(kind: type[Document]) -> Iterator[type[Document]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector away while documents come to life by the thousand: it would visit each many times."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Plain(Mapping[str, dict[str, Any]]):
    """Documents by id, each as its plain fields when it is looked at."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents

    def __getitem__(self, id: str) -> dict[str, Any]:
        return fields_of(self._documents[id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


class Edited(MutableMapping[str, dict[str, Any]]):
    """The same, to be changed at will: it remembers what was, and the documents themselves stay as they are."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._plain = Plain(documents)
        self._seen: dict[str, dict[str, Any] | None] = {}

    def changes(self) -> dict[str, dict[str, Any] | None]:
        """Return the documents that differ from what was, with their ids in them; None for those removed."""
        now = {id: None if fields is None else {**fields, "id": id} for id, fields in self._seen.items()}
        return {id: fields for id, fields in now.items() if fields != self._before(id)}

    def _before(self, id: str) -> dict[str, Any] | None:
        return self._plain.get(id)

    def __getitem__(self, id: str) -> dict[str, Any]:
        fields = self._seen[id] if id in self._seen else self._seen.setdefault(id, self._plain[id])
        if fields is None:
            raise KeyError(id)
        return fields

    def __setitem__(self, id: str, fields: dict[str, Any]) -> None:
        self._seen[id] = dict(fields)

    def __delitem__(self, id: str) -> None:
        if id not in self:
            raise KeyError(id)
        self._seen[id] = None

    def __contains__(self, id: object) -> bool:
        return self._seen[id] is not None if id in self._seen else id in self._plain

    def __iter__(self) -> Iterator[str]:
        return (id for id in {**dict.fromkeys(self._plain), **self._seen} if id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
