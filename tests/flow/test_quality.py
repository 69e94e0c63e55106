"""The gate on quality: measured on newsrooms' own texts, with floors that only ever rise."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import comb
from pathlib import Path
from statistics import mean

import pytest

from bot.core.errors import NoArticle
from bot.core.model import Kind
from bot.intake.extract import extract
from bot.intake.moments import best
from bot.newsroom.cluster import Stories
from bot.newsroom.summarise import page_of, summarise
from bot.newsroom.words import word_count
from tests.shared import shared

_WORD = re.compile(r"\w+")
_EVERY = 2
"""Only every second page is read, for time."""


def rows(path: Path) -> list[dict]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def grams(text: str, size: int) -> Counter:
    words = _WORD.findall(text.casefold())
    return Counter(zip(*(words[at:] for at in range(size)), strict=False))


def overlap(one: Counter, other: Counter) -> float:
    return 2 * sum((one & other).values()) / max(1, sum(one.values()) + sum(other.values()))


def plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


# -------------------------------------------------------------------------------------------------------- extraction


def pages(name: str) -> Iterator[tuple[dict, object]]:
    folder = shared(f"quality/data/extract/{name}")
    for gold in rows(folder / "gold.jsonl")[::_EVERY]:
        body = gzip.decompress((folder / "pages" / f"{gold['id']}.html.gz").read_bytes())
        yield gold, extract(body, gold["url"])


@pytest.fixture(scope="module")
def fundus():
    return [*pages("fundus")]


@pytest.fixture(scope="module")
def aeb():
    return [*pages("aeb")]


def body_score(read: Sequence[tuple[dict, object]]) -> float:
    return mean(overlap(grams(gold["text"], 4), grams(page.text, 4)) for gold, page in read)


def test_the_body_of_180_publishers_pages(fundus):
    assert body_score(fundus) >= 0.966


def test_the_body_of_the_extraction_benchmark(aeb):
    assert body_score(aeb) >= 0.976


def test_titles_authors_and_times_of_180_publishers_pages(fundus):
    titles = mean(plain(gold["title"]) == plain(page.title) for gold, page in fundus)
    named = [
        (set(map(plain, gold["authors"])), set(map(plain, page.authors))) for gold, page in fundus if gold["authors"]
    ]
    authors = 2 * sum(len(one & other) for one, other in named) / sum(len(one) + len(other) for one, other in named)
    days = mean(best([gold["date"]])[:10] == page.published[:10] for gold, page in fundus if gold["date"])
    assert (titles >= 0.89, authors >= 0.945, days >= 0.99) == (True,) * 3, (titles, authors, days)


def test_no_article_is_taken_for_something_else(fundus):
    others = [gold["url"] for gold, page in fundus if page.kind not in {Kind.ARTICLE, Kind.LIVE, Kind.PAYWALL}]
    assert others == []


def test_no_sentence_of_a_summary_comes_from_around_the_article(fundus, aeb):
    outside, told = [], 0
    for gold, page in (*fundus, *aeb):
        if page.kind is Kind.ARTICLE:
            sentences = summarise(page).sentences
            told += len(sentences)
            letters = plain(gold["text"]).replace(" ", "")  # the set breaks some words
            letters += plain(page.standfirst).replace(" ", "")  # and leaves out what stands under the headline
            outside += [each.text for each in sentences if plain(each.text).replace(" ", "") not in letters]
    assert told > 400
    assert outside == []


# -------------------------------------------------------------------------------------------------------- summaries


@pytest.mark.parametrize(
    ("name", "sentences", "words", "one", "two", "longest"),
    [
        ("cnndm_en", 3, 90, 0.413, 0.186, 80),
        ("orangesum_fr", 2, 45, 0.262, 0.081, 45),
        ("fundus_standfirst", 2, 45, 0.228, 0.079, 45),
    ],
)
def test_summaries_against_what_editors_wrote(name, sentences, words, one, two, longest):
    scores, lengths = defaultdict(list), []
    for document in rows(shared(f"quality/data/sum/{name}.jsonl.gz")):
        page = page_of(document["text"], title=document.get("title") or "", language=document["lang"])
        try:
            told = summarise(page, sentences=sentences, words=words).sentences
        except NoArticle:
            told = ()
        assert all(sentence.text in page.paragraphs[sentence.paragraph] for sentence in told)
        text = " ".join(sentence.text for sentence in told)
        assert word_count(text) <= words
        lengths.append(word_count(text))
        for size in (1, 2):
            scores[size].append(overlap(grams(document["refs"][0], size), grams(text, size)))
    found = mean(scores[1]), mean(scores[2])
    assert found >= (one, 0), found
    assert found[1] >= two, found
    assert mean(lengths) <= longest


# -------------------------------------------------------------------------------------------------------- stories


def test_stories_of_two_look_alike_events_a_topic():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    stories, gold, found = Stories(), [], []
    for number, document in enumerate(rows(shared("quality/data/cluster/ecbplus.jsonl.gz"))):
        story = stories.match(document["title"], document["text"], now, "en") or str(number)
        stories.add(story, document["title"], document["text"], now, "en")
        gold.append(document["story"])
        found.append(story)
    b_cubed, pairs, merged = agreement(gold, found)
    assert (b_cubed >= 0.91, pairs >= 0.885, merged <= 8) == (True,) * 3, (b_cubed, pairs, merged)


def agreement(gold: Sequence[str], found: Sequence[str]) -> tuple[float, float, int]:
    """Return the B-cubed F1, the pairs' F1, and how many stories hold two events of one topic."""
    both = Counter(zip(gold, found, strict=True))
    true, made = Counter(gold), Counter(found)
    precision = mean(both[one, other] / made[other] for one, other in zip(gold, found, strict=True))
    recall = mean(both[one, other] / true[one] for one, other in zip(gold, found, strict=True))
    together = sum(comb(count, 2) for count in both.values())
    pairs = 2 * together / (sum(comb(n, 2) for n in true.values()) + sum(comb(n, 2) for n in made.values()))
    events = defaultdict(set)
    for event, story in both:
        events[story].add(event)
    merged = sum(len({event.split("_")[0] for event in held}) < len(held) for held in events.values())
    return 2 * precision * recall / (precision + recall), pairs, merged
