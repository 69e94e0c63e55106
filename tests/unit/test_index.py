"""What the store's index looks at to answer: no more than what was asked for."""

from datetime import UTC, datetime

from msgspec.structs import replace

from bot.core.model import Chat, Delivery, Outcome
from store.index import Index

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Watched(dict):
    """Documents that remember which of them were looked at."""

    def __init__(self, *documents: Delivery) -> None:
        super().__init__({document.id: document for document in documents})
        self.seen: list[str] = []

    def __getitem__(self, id: str) -> Delivery:
        self.seen.append(id)
        return super().__getitem__(id)


def delivery(about: str, chat: str, outcome: Outcome = Outcome.PENDING) -> Delivery:
    where = Chat("web", chat)
    return Delivery(id=f"{about}:{where}", lane="web", due=NOW, about=about, chat=where, outcome=outcome)


def test_counting_one_alert_looks_at_its_own_deliveries_alone_and_only_once():
    documents = Watched(delivery("a", "1"), delivery("a", "2", Outcome.TOLD), delivery("b", "1"))
    index = Index(Delivery, documents)
    documents.seen.clear()
    assert index.count({"about": "a"}, "outcome") == {"pending": 1, "told": 1}
    assert sorted(documents.seen) == ["a:web:1", "a:web:2"]
    before = documents.pop("a:web:1")
    told = documents["a:web:1"] = replace(before, outcome=Outcome.TOLD)
    index.change(told.id, before, told)
    gone = documents.pop("a:web:2")
    index.change(gone.id, gone, None)
    new = documents["b:web:3"] = delivery("b", "3", Outcome.GONE)
    index.change(new.id, None, new)
    documents.seen.clear()
    assert index.count({"about": "a"}, "outcome") == {"told": 1}
    assert documents.seen == []
    assert index.count({"about": "b"}, "outcome") == {"pending": 1, "gone": 1}
    assert index.count({"about": "c"}, "outcome") == {}


def test_what_changes_while_it_is_counted_is_counted_as_it_is_in_the_end():
    documents = Watched(*(delivery("a", str(number)) for number in range(6)))
    index = Index(Delivery, documents)
    assert index.catch_up({"about": "a"}, "outcome", 3), "0, 1 and 2"
    for number in (1, 4):  # below what it has come to, and above
        before = documents[f"a:web:{number}"]
        told = documents[before.id] = replace(before, outcome=Outcome.TOLD)
        index.change(told.id, before, told)
    for number in (0, 5):
        gone = documents.pop(f"a:web:{number}")
        index.change(gone.id, gone, None)
    for chat in ("00", "45"):
        new = documents[f"a:web:{chat}"] = delivery("a", chat, Outcome.GONE)
        index.change(new.id, None, new)
    documents.seen.clear()
    assert index.catch_up({"about": "a"}, "outcome", 2)
    assert documents.seen == ["a:web:3", "a:web:4"]
    assert not index.catch_up({"about": "a"}, "outcome", 2)
    documents.seen.clear()
    assert index.count({"about": "a"}, "outcome") == {"pending": 2, "told": 2, "gone": 2}
    assert documents.seen == []
