"""The declared indexes of one kind: for each value of a field, the ids of the documents that have it, in order."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from bot.core.model import Document
from bot.core.ports import Where
from store.order import Order

Keys = tuple[Any, ...]
"""A document's values of all declared fields; `()` in the place of each where there is no document."""


_MANY = 1000

Numbers = defaultdict[Any, int]
"""How many there are by value. Not a `Counter`, which takes five times as long to change one."""


def values_of(value: Any) -> tuple[Any, ...]:
    """Return the values a document is found by: the members of a tuple, each once, or the one value."""
    return tuple(dict.fromkeys(value)) if value.__class__ is tuple else (value,)


def keys_of(fields: Sequence[str]) -> Callable[[Document], Keys]:
    """Return what gives the values of several fields at once: asked for with each change, so in one call."""
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda document: tuple(getattr(document, field) for field in fields)


def _wanted(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset((value,))


class Tally:
    """How many documents have a value of one field together with a value of another; kept for values once asked for.

    The documents that have a value are looked at in order of id, some at a time; what changes among those is counted at
    once, and what changes above them when they are come to.
    """

    def __init__(self, field: int, by: int) -> None:
        """Count by fields that stand at these places among the keys of a document."""
        self._field, self._by = field, by
        self._counts: dict[Any, Numbers] = {}
        self._reached: dict[Any, str] = {}
        """Of a value whose documents are not all looked at: the id that it has come to."""

    def change(self, id: str, old: Keys, new: Keys) -> None:
        """Take note that a document's keys have changed."""
        was, now, left, entered = old[self._field], new[self._field], old[self._by], new[self._by]
        if was != now or left != entered:
            self._count(id, was, left, -1)
            self._count(id, now, entered, 1)

    def _count(self, id: str, value: Any, other: Any, step: int) -> None:
        for one in values_of(value):
            counts = self._counts.get(one)
            if counts is not None and (one not in self._reached or id <= self._reached[one]):
                for each in values_of(other):
                    counts[each] += step

    def behind(self, value: object) -> str | None:
        """Return the id above which a value's documents are to be looked at; None where all are known."""
        return self._reached.get(value) if value in self._counts else ""

    def look_at(self, value: object, ids: Sequence[str], others: Iterable[Any], *, last: bool) -> None:
        """Count what stands beside a value in the next of its documents, which may be the last ones."""
        counts = self._counts.setdefault(value, defaultdict(int))
        for other in others:
            counts[other] += 1
        if last:
            self._reached.pop(value, None)
        else:
            self._reached[value] = ids[-1]

    def of(self, value: object) -> Mapping[str, int]:
        """Return the counts beside one value."""
        return {str(other): number for other, number in self._counts[value].items() if number}


class Index:
    """All ids of a kind, the ids by value of each field in `indexes`, and how many by that of each `counted` one."""

    def __init__(self, kind: type[Document], documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._ids = Order(documents)
        self._orders: dict[str, dict[Any, Order]] = {field: {} for field in sorted(kind.indexes)}
        self._totals = {field: _numbers(_values(documents.values(), field)) for field in sorted(kind.counted)}
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._takes = [partial(_move, orders) for orders in self._orders.values()]
        self._takes += [partial(_shift, totals) for totals in self._totals.values()]
        self.keys = keys_of((*self._orders, *self._totals))
        """Gives the values that a document is found by, and counted by, in the order of the fields."""
        self.found_by = keys_of(tuple(self._orders))
        self._none = ((),) * (len(self._orders) + len(self._totals))
        for field, orders in self._orders.items():
            gathered: dict[Any, list[str]] = {}
            for id, document in documents.items():
                for value in values_of(getattr(document, field)):
                    gathered.setdefault(value, []).append(id)
            orders.update((value, Order(ids)) for value, ids in gathered.items())

    def change(self, id: str, before: Document | None, after: Document | None) -> None:
        """Take note that one document has given way to another (None: there was, or is, none)."""
        if before is None:
            self._ids.add(id)
        elif after is None:
            self._ids.remove(id)
        old = self.keys(before) if before is not None else self._none
        new = self.keys(after) if after is not None else self._none
        if old == new:
            return
        for place, (was, now) in enumerate(zip(old, new, strict=True)):
            if was is not now and was != now:
                self._takes[place](id, was, now)
        for tally in self._tallies.values():
            tally.change(id, old, new)

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
            return self._all(by)
        self._check(by)
        if len(where) == 1:
            ((field, value),) = where.items()
            self._having(field, value)
            if not isinstance(value, frozenset):
                while self.catch_up(where, by, _MANY):
                    pass
                return self._tally(field, by).of(value)
        matching = self.find(where, "", newest=False)
        return Counter(str(value) for value in _values(map(self._documents.__getitem__, matching), by))

    def catch_up(self, where: Where, by: str | None, most: int) -> bool:
        """Look at so many more documents of what is counted for the first time; tell whether there may be others."""
        if by is None or len(where) != 1 or not self._is_kept(by):
            return False
        ((field, value),) = where.items()
        if field not in self._orders or isinstance(value, frozenset):
            return False
        tally = self._tally(field, by)
        after = tally.behind(value)
        if after is None:
            return False
        ids = list(islice(self.find(where, after, newest=False), most))
        others = _values(map(self._documents.__getitem__, ids), by)
        tally.look_at(value, ids, others, last=len(ids) < most)
        return len(ids) == most

    def _is_kept(self, by: str) -> bool:
        return by in self._totals or by in self._orders

    def _all(self, by: str) -> Mapping[str, int]:
        if by in self._totals:
            return {str(value): number for value, number in self._totals[by].items() if number}
        return {str(value): len(order) for value, order in self._of(by).items()}

    def _tally(self, field: str, by: str) -> Tally:
        places = [*self._orders, *self._totals]
        return self._tallies.setdefault((field, by), Tally(places.index(field), places.index(by)))

    def _check(self, by: str) -> None:
        if by not in self._totals:
            self._of(by)

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
        orders = self._of(field)
        return [orders[one] for one in _wanted(value) if one in orders] or [Order()]

    def _of(self, field: str) -> dict[Any, Order]:
        try:
            return self._orders[field]
        except KeyError:
            raise ValueError(f"{field} is not a declared index") from None

    def _matches(self, where: Where) -> Callable[[str], bool]:
        wanted = [(field, _wanted(value)) for field, value in where.items()]

        def matches(id: str) -> bool:
            document = self._documents[id]
            return all(not value.isdisjoint(values_of(getattr(document, field))) for field, value in wanted)

        return matches


def _values(documents: Iterable[Document], field: str) -> Iterator[Any]:
    return (value for document in documents for value in values_of(getattr(document, field)))


def _numbers(values: Iterable[Any]) -> Numbers:
    return defaultdict(int, Counter(values))


def _move(orders: dict[Any, Order], id: str, was: Any, now: Any) -> None:
    """Let an id leave the old values and enter the new ones; where it is in both it stays."""
    old, new = values_of(was), values_of(now)
    for value in old:
        if value not in new:
            orders[value].remove(id)
            if not orders[value]:
                del orders[value]
    for value in new:
        if value not in old:
            if value in orders:
                orders[value].add(id)
            else:
                orders[value] = Order((id,))


def _shift(totals: Numbers, _id: str, was: Any, now: Any) -> None:
    for value in values_of(was):
        totals[value] -= 1
    for value in values_of(now):
        totals[value] += 1


def _merged(walks: Iterable[Iterator[str]], *, newest: bool) -> Iterator[str]:
    """Walk several orders as one; an id that stands in more than one comes once."""
    return (id for id, _ in groupby(heapq.merge(*walks, reverse=newest)))
