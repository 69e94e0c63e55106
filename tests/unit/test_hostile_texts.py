"""Texts that were written to keep a pattern busy: what is done with them outside of the children costs little."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from bot.core.errors import BotError
from bot.core.model import Article, Page
from bot.newsroom.cluster import Stories
from bot.newsroom.development import development
from bot.newsroom.headline import divided, headline
from bot.newsroom.named import names_in
from bot.newsroom.prominent import prominent_names
from bot.newsroom.sentences import split
from bot.newsroom.summarise import summarise
from tests.shared import ROOT

LENGTH = 30_000
"""Characters at which whoever goes through them once for each of them needs a minute."""
SECONDS = 40
"""Of the processor, for all of the texts together: they take some six."""
NOW = datetime(2026, 3, 2, tzinfo=UTC)
STORY = "The mayor said on Monday that the old bridge over the harbour gave way at six and nobody was hurt. " * 3
PIECES = [
    *'aA0é漢.,;:!?؟。…-–—’"“”„«»()[]/&@#%$_|*\u0301\u200bب',
    *(
        "a.",
        "A.",
        "A b",
        "1.",
        "1,",
        "1-",
        "1 m",
        "“a",
        "a” ",
        "Dr. ",
        "U.S. ",
        "said ",
        '"A" ',
        "och ",
        "Jan. 1 ",
        "1 Jan ",
    ),
    *(
        "10:00 ",
        "A-",
        "—a",
        "( ",
        "? ",
        "! ",
        "。a",
        "http://a ",
        "a@b. ",
        "Anna B. ",
        "twenty-",
        "1/2 ",
        "$1 ",
        "”, ",
        "\xad",
    ),
]


def article(id: str, text: str) -> Article:
    page = Page(url=f"https://paper.example/{id}", title=text[:1000], paragraphs=(STORY, text, STORY), language="en")
    return Article(id=id, url=page.url, feed="f", source="", received=NOW, page=page)


def read(text: str) -> None:
    """Do what is done with every article."""
    one, other = article("1", text), article("2", f"{text} again")
    stories = Stories(timedelta(hours=48))
    for each in (one, other):
        stories.match(each.page.title, each.page.text, NOW, "en")
        stories.add(each.id, each.page.title, each.page.text, NOW, "en")
        prominent_names(each.page.title, each.page.paragraphs, "en")
        names_in(each.searchable())
        try:
            summarise(each.page)
        except BotError:
            continue
    development([one], other)
    list(split(text))
    headline(one.page.title)
    divided(one.page.title, 200)


def main() -> None:
    """Read all of them, or be killed."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    for piece in PIECES:
        read((STORY + piece * LENGTH)[:LENGTH] + "x")


def test_no_text_keeps_the_newsroom_busy():
    run = subprocess.run([sys.executable, "-m", __name__], cwd=ROOT, check=False)
    assert run.returncode == 0, "it is killed where it takes too much of the processor"


if __name__ == "__main__":
    main()
