"""From a feed's entries to articles: which are new, in which order they came, and what they say."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from bot.core.errors import UsageError
from bot.core.model import INTAKE, Article, Document, Feed, Page, Reading
from bot.core.ports import Add, Entry, Ids, ParsedFeed
from bot.core.update import Change
from bot.intake import wordpress
from bot.intake.canonical import canonical
from bot.intake.dates import moment
from bot.intake.measure import measured
from bot.intake.sanitise import paragraphs

_LONGEST_ID = 200
_LONGEST_TITLE = 120
_TOPICS = 5
_LONGEST_TOPIC = 40
_NO_TOPICS = frozenset({
    "uncategorized", "uncategorised", "allgemein", "non-classé", "sin-categoría", "senza-categoria", "sem-categoria",
    "geen-categorie", "okategoriserade", "ukategorisert", "bez-kategorii", "без-рубрики", "без-категорії",
    "χωρίς-κατηγορία", "未分类", "未分類", "미분류",
})  # fmt: skip
"""What WordPress calls the category of posts that have none."""
_ENTRIES = 1000
_IMAGE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.IGNORECASE)


RENEWED, KEPT = timedelta(days=7), timedelta(days=30)
"""A sighting is renewed while its entry stands in the document, and kept for so long after it last did."""


class Sighting(Document, frozen=True, kw_only=True):
    """A feed's entry was seen. It outlives the article, so that nothing is announced twice. Id: `feed#entry`."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What of a feed's document is known: ids of entries that were seen, addresses of articles it brought before."""

    seen: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    ageing: frozenset[str] = frozenset()
    """Those of the seen whose sighting is to be renewed, as they still stand in the document."""


def considered(parsed: ParsedFeed) -> ParsedFeed:
    """Return the document with its newest entries, as many as one may have: nobody shows more in good faith."""
    if len(parsed.entries) <= _ENTRIES:
        return parsed
    return replace(parsed, entries=tuple(_by_age(parsed.entries[::-1])[: -_ENTRIES - 1 : -1]))


def sifted(parsed: ParsedFeed, known: Known) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Return the entries that are news, the oldest first, and those that have a new id and yet are none.

    No news is what says nothing, what the document says twice, and what the feed brought before under another id.
    """
    linked = Counter(map(address, parsed.entries))
    unseen = {entry.id: entry for entry in reversed(parsed.entries) if entry.id not in known.seen}
    news: dict[tuple[str, str], Entry] = {}
    for entry in unseen.values():
        alone = linked[address(entry)] == 1 and "#" not in entry.url and address(entry) != _canonical(parsed.link)
        brought = alone and bool(likenesses(entry) & known.linked)
        if not brought and (entry.title or entry.summary or entry.content):
            news[address(entry) or entry.id, entry.title] = entry
    chosen = {entry.id for entry in news.values()}
    return _by_age(news.values()), [entry for entry in unseen.values() if entry.id not in chosen]


def announced(feed: Feed, entry: Entry, parsed: ParsedFeed, now: datetime, ids: Ids) -> tuple[Change, Change]:
    """Return what makes an article of an entry, and has its page read."""
    article = Article(
        id=ids.new(),
        url=address(entry),
        post=wordpress.post_address(feed.posts, entry),
        feed=feed.id,
        source=parsed.title or feed.title or urlsplit(feed.id).hostname or feed.id,
        received=now,
        page=page(entry, parsed),
        topics=_topics(entry.categories),
    )
    return Add(article), Add(Reading(id=article.id, lane=INTAKE, due=now))


def page(entry: Entry, parsed: ParsedFeed) -> Page:
    """Return what the feed itself says of an article."""
    texts = paragraphs(entry.content) or paragraphs(entry.summary)
    said = Page(
        url=entry.url,
        title=entry.title or _shortened(texts[0] if texts else entry.id),
        byline=", ".join(entry.authors),
        authors=entry.authors,
        published=entry.published or entry.updated,
        updated=entry.updated,
        language=parsed.language,
        site=parsed.title,
        image=next((url for url in entry.enclosures if _IMAGE.search(urlsplit(url).path)), ""),
        paragraphs=texts,
    )
    return measured(said)


def sighting_id(feed: str, entry: str) -> str:
    """Return the id under which it is kept that a feed's entry was seen."""
    short = entry if len(entry) <= _LONGEST_ID else sha256(entry.encode()).hexdigest()
    return f"{feed}#{short}"


def feeds_of(id: str) -> Iterator[str]:
    """Yield what may be the feed of a sighting, by the sighting's id; addresses may have a `#` of their own."""
    parts = id.split("#")
    return ("#".join(parts[:count]) for count in range(1, len(parts)))


def sighting(feed: Feed, entry: Entry, now: datetime) -> Sighting:
    """Return the record that an entry was seen."""
    return Sighting(id=sighting_id(feed.id, entry.id), at=now)


def address(entry: Entry) -> str:
    """Return the canonical address of what an entry links to, if it links anywhere."""
    return _canonical(entry.url)


def likenesses(entry: Entry) -> frozenset[str]:
    """Return the addresses an entry's article may have had before: feeds move from http to https."""
    url = address(entry)
    scheme, _, rest = url.partition("://")
    return frozenset({url, f"{'http' if scheme == 'https' else 'https'}://{rest}"}) if url else frozenset()


@lru_cache(maxsize=_ENTRIES)
def _canonical(url: str) -> str:
    """Return the canonical form of an address; each is asked for several times while its document is sifted."""
    try:
        return canonical(url) if url else ""
    except UsageError:
        return ""


def _by_age(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Order by date where every entry has one; otherwise leave the order, from the document's end to its start."""
    dated = [(moment(entry.published or entry.updated), entry) for entry in entries]
    times = [time for time, _ in dated if time]
    if len(times) < len(dated):
        return [entry for _, entry in dated]
    return [dated[place][1] for place in sorted(range(len(dated)), key=times.__getitem__)]


def _topics(categories: Sequence[str]) -> tuple[str, ...]:
    """Return categories as topics people can type: `climate-policy`."""
    words = (re.findall(r"\w+", unicodedata.normalize("NFKC", category).casefold()) for category in categories)
    topics = dict.fromkeys("-".join(each) for each in words if each)
    return tuple(topic for topic in topics if len(topic) <= _LONGEST_TOPIC and topic not in _NO_TOPICS)[:_TOPICS]


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_TITLE:
        return text
    return text[:_LONGEST_TITLE].rsplit(" ", 1)[0] + "…"
