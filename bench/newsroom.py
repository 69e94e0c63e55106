"""A summary against sumy's LexRank, and a page read against trafilatura with its metadata: CPU time in one run."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape
from importlib import import_module
from pathlib import Path

from aiohttp import ClientSession
from trafilatura import bare_extraction

sys.path.pop(0)  # this folder, where this file goes by the package's name
from adapters.sample.newsroom import SampleNewsroom
from adapters.sample.stories import COURIER, Press
from bot.core.clock import SystemClock
from bot.core.settings import Settings
from bot.intake.extract import extract
from bot.newsroom.summarise import page_of, summarise

ARTICLE, LONG = 5_000, 100_000
"""Letters of the article to summarise, and of the longest page."""
SENTENCES = 3
SUMY = "sumy is not here to be compared with: .venv/bin/python -m pip install sumy numpy"
WORD = re.compile(r"[^\W\d_]+")
END = re.compile(r"(?<=[.!?][\"”’)]|.[.!?])\s+")
HERE = Path(__file__).resolve()
SHARED = Path(os.environ.get("DATELINE_SHARED") or HERE.parents[2] / "shared") / "quality/data/extract"

Work = Callable[[], object]


def seconds(*works: Work, rounds: int) -> list[float]:
    """CPU seconds of each work's quickest round, turn and turn about, so that all meet the same machine."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            began = time.process_time()
            work()
            best[place] = min(best[place], time.process_time() - began)
    return best


def fiction(letters: int) -> list[str]:
    """Paragraphs from the sample newsroom's papers, so many letters in all; each round has figures of its own."""
    told: list[str] = []
    press, number = Press(60), 0
    while sum(map(len, told)) < letters:
        told += [block for block in press.printed(number).blocks if not block.startswith("## ")]
        number += 1
    return told


# -------------------------------------------------------------------------------------------------- a summary


class Tokenizer:
    """Sentences and words for sumy, by expressions: NLTK's own are a download, and slower."""

    def to_sentences(self, text: str) -> Sequence[str]:
        """Split a paragraph."""
        return END.split(text)

    def to_words(self, sentence: str) -> Sequence[str]:
        """Split a sentence."""
        return WORD.findall(sentence)


def lexrank(text: str) -> Work:
    """Return the work of sumy's LexRank; its stop words and its stemmer are there before the clock runs."""
    lex_rank = import_module("sumy.summarizers.lex_rank")  # a peer, and no dependency
    stemmer = import_module("sumy.nlp.stemmers").Stemmer("english")
    parser = import_module("sumy.parsers.plaintext").PlaintextParser
    summarizer = lex_rank.LexRankSummarizer(stemmer)
    summarizer.stop_words = import_module("sumy.utils").get_stop_words("english")
    tokenizer = Tokenizer()
    return lambda: summarizer(parser(text, tokenizer).document, SENTENCES)


def compare_summaries() -> None:
    text = "\n\n".join(fiction(ARTICLE))
    page = page_of(text, title="Council votes seven to four to rebuild Saltmere harbour wall", language="en")
    (alone,) = seconds(lambda: summarise(page, sentences=SENTENCES), rounds=30)
    print(f"a summary of {len(text):,} letters: {alone * 1e3:.2f} ms", flush=True)
    try:
        peer = lexrank(text)
    except ImportError:
        print(SUMY)
        return
    for words in (None, 90):
        ours, theirs = seconds(partial(summarise, page, sentences=SENTENCES, words=words), peer, rounds=15)
        within = f" within {words} words" if words else ""
        print(
            f"{SENTENCES} sentences{within}: ours {ours * 1e3:.2f} ms, "
            f"LexRank {theirs * 1e3:.1f} ms ({theirs / ours:.1f} x, bar: 10)"
        )


# -------------------------------------------------------------------------------------------------- a page read


async def printed() -> list[str]:
    """The pages of one of the sample newsroom's papers, as its server gives them."""
    newsroom = SampleNewsroom(Settings(_env_file=None, sample_port=0), SystemClock())
    await newsroom.open()
    stories = Press(Settings(_env_file=None).sample_seconds).latest(COURIER, SystemClock().now())
    async with ClientSession(f"http://{newsroom.address}") as session:
        pages = [await (await session.get(story.path)).text() for story in stories]
    await newsroom.close()
    return pages


def grown(page: str, letters: int) -> str:
    """A page with a text so long."""
    opening = '<div class="entry-content">'
    more = "\n".join(f"<p>{escape(text)}</p>" for text in fiction(letters))
    return page.replace(opening, f"{opening}\n{more}\n", 1)


def corpus(name: str) -> Iterator[tuple[bytes, str]]:
    folder = SHARED / name
    for line in (folder / "gold.jsonl").read_text().splitlines():
        gold = json.loads(line)
        yield gzip.decompress((folder / "pages" / f"{gold['id']}.html.gz").read_bytes()), gold["url"]


def compare_pages(label: str, pages: Iterable[tuple[bytes, str]], rounds: int) -> None:
    """Compare the time of all pages together: each page's quickest round, summed."""
    ours = theirs = 0.0
    for body, url in pages:
        mine, peer = seconds(
            partial(extract, body, url),
            partial(bare_extraction, body, url=url, with_metadata=True),
            rounds=rounds,
        )
        ours, theirs = ours + mine, theirs + peer
    print(
        f"{label}: ours {ours * 1e3:,.1f} ms, trafilatura with metadata {theirs * 1e3:,.1f} ms "
        f"({ours / theirs:.2f} of its time, bar: 1.30)",
        flush=True,
    )


def main() -> None:
    compare_summaries()
    pages = asyncio.run(printed())
    long = grown(pages[0], LONG)
    url = "https://saltmere.example/story/"
    compare_pages(f"{len(pages)} pages of the sample newsroom", [(page.encode(), url) for page in pages], 7)
    compare_pages(f"a page with {LONG:,} letters of text", [(long.encode(), url)], 5)
    for name in ("aeb", "fundus"):
        if (SHARED / name).is_dir():
            compare_pages(f"the shared pages of {name}", corpus(name), 2)


if __name__ == "__main__":
    main()
