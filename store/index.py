"""The declared indexes of one kind: for each value of a field, the ids of the documents that have it, in order."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from bot.core.model import Document
from bot.core.ports import Where
from store.order import Order


def values_of(document: Document, field: str) -> tuple[Any, ...]:
    """Return the values a document is found by: the members of a tuple, each once, or the one value."""
    value = getattr(document, field)
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else (value,)


def _wanted(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset((value,))


class Tally:
    """How many documents have a value of one field together with a value of another; kept for values once asked for."""

    def __init__(self, field: str, by: str) -> None:
        self._field = field
        self._by = by
        self._counts: dict[Any, Counter[Any]] = {}

    def change(self, before: Document | None, after: Document | None) -> None:
        """Take note that one document has given way to another."""
        if before is not None and after is not None and self._same(before, after):
            return
        for document, step in ((before, -1), (after, 1)):
            if document is not None:
                for value in self._counts.keys() & values_of(document, self._field):
                    for other in values_of(document, self._by):
                        self._counts[value][other] += step

    def _same(self, before: Document, after: Document) -> bool:
        return all(getattr(before, field) == getattr(after, field) for field in (self._field, self._by))

    def of(self, value: object, documents: Iterable[Document]) -> Mapping[str, int]:
        """Return the counts beside one value; `documents` are those that have it, looked at the first time."""
        if value not in self._counts:
            counts = self._counts[value] = Counter()
            for others, number in Counter(map(attrgetter(self._by), documents)).items():
                for other in dict.fromkeys(others) if isinstance(others, tuple) else (others,):
                    counts[other] += number
        return {str(other): number for other, number in self._counts[value].items() if number}


class Index:
    """All ids of a kind, and the ids by the values of its declared fields."""

    def __init__(self, fields: frozenset[str], documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._ids = Order(documents)
        self._fields: dict[str, dict[Any, Order]] = {field: {} for field in fields}
        self._tallies: dict[tuple[str, str], Tally] = {}
        for field, orders in self._fields.items():
            gathered: dict[Any, list[str]] = {}
            for id, document in documents.items():
                for value in values_of(document, field):
                    gathered.setdefault(value, []).append(id)
            orders.update((value, Order(ids)) for value, ids in gathered.items())

    def change(self, id: str, before: Document | None, after: Document | None) -> None:
        """Take note that one document has given way to another (None: there was, or is, none)."""
        if before is None:
            self._ids.add(id)
        elif after is None:
            self._ids.remove(id)
        for field, orders in self._fields.items():
            if before is not None and after is not None and getattr(before, field) == getattr(after, field):
                continue
            old = values_of(before, field) if before is not None else ()
            new = values_of(after, field) if after is not None else ()
            if old != new:
                _leave(orders, id, [value for value in old if value not in new])
                _enter(orders, id, [value for value in new if value not in old])
        for tally in self._tallies.values():
            tally.change(before, after)

    def find(self, where: Where, after: str, *, newest: bool) -> Iterator[str]:
        """Yield the ids of what matches, in order. Raises ValueError for a field that is not declared."""
        orders, others = self._narrowest(where)
        walks = [order.below(after) if newest else order.above(after) for order in orders]
        ids = walks[0] if len(walks) == 1 else _merged(walks, newest=newest)
        return filter(self._matches(others), ids) if others else ids

    def count(self, where: Where, by: str | None) -> Mapping[str, int]:
        """Count what matches, by the values of a field where one is named. Raises ValueError as `find` does."""
        if by is None:
            return {"": self._total(where)}
        if not where:
            return {str(value): len(order) for value, order in self._orders(by).items()}
        self._orders(by)
        if len(where) == 1:
            ((field, value),) = where.items()
            self._orders(field)
            if not isinstance(value, frozenset):
                having = map(self._documents.__getitem__, self.find(where, "", newest=False))
                return self._tallies.setdefault((field, by), Tally(field, by)).of(value, having)
        matching = self.find(where, "", newest=False)
        return Counter(str(value) for id in matching for value in values_of(self._documents[id], by))

    def _total(self, where: Where) -> int:
        orders, others = self._narrowest(where)
        if others or len(orders) > 1:
            return sum(1 for _ in self.find(where, "", newest=False))
        return sum(map(len, orders))

    def _narrowest(self, where: Where) -> tuple[list[Order], Where]:
        """Choose the field that leaves the fewest ids to look at; return them and what else must hold."""
        if not where:
            return [self._ids], {}
        choices = {field: self._having(field, value) for field, value in where.items()}
        field = min(choices, key=lambda name: sum(map(len, choices[name])))
        return choices[field], {name: value for name, value in where.items() if name != field}

    def _having(self, field: str, value: object) -> list[Order]:
        orders = self._orders(field)
        return [orders[one] for one in _wanted(value) if one in orders] or [Order()]

    def _orders(self, field: str) -> dict[Any, Order]:
        try:
            return self._fields[field]
        except KeyError:
            raise ValueError(f"{field} is not a declared index") from None

    def _matches(self, where: Where) -> Callable[[str], bool]:
        wanted = [(field, _wanted(value)) for field, value in where.items()]

        def matches(id: str) -> bool:
            document = self._documents[id]
            return all(not value.isdisjoint(values_of(document, field)) for field, value in wanted)

        return matches


def _leave(orders: dict[Any, Order], id: str, values: Iterable[Any]) -> None:
    for value in values:
        orders[value].remove(id)
        if not orders[value]:
            del orders[value]


def _enter(orders: dict[Any, Order], id: str, values: Iterable[Any]) -> None:
    for value in values:
        if value in orders:
            orders[value].add(id)
        else:
            orders[value] = Order((id,))


def _merged(walks: Iterable[Iterator[str]], *, newest: bool) -> Iterator[str]:
    """Walk several orders as one; an id that stands in more than one comes once."""
    return (id for id, _ in groupby(heapq.merge(*walks, reverse=newest)))
