"""Every feed of the shared corpus through the real code: entries or a named problem, and never anything else."""

from __future__ import annotations

from pathlib import Path
from unicodedata import category

import lxml.html
import pytest

from bot.core.errors import BotError
from bot.core.i18n import translator
from bot.core.ports import ParsedFeed
from bot.core.settings import Settings
from bot.intake.feeds import parse
from bot.intake.sandbox import Children
from tests.shared import shared

ACTING = {"script", "style", "iframe", "object", "embed", "form", "base", "meta", "link", "svg", "math", "template"}
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SAFE = ("http://", "https://", "mailto:")


@pytest.fixture(scope="module")
def corpus() -> list[Path]:
    files = [path for path in sorted(shared("corpora/feeds").rglob("*")) if path.is_file() and path.name != "LICENSE"]
    assert len(files) > 1000
    return files


def read(path: Path) -> ParsedFeed | BotError:
    try:
        return parse(path.read_bytes(), f"https://paper.example/{path.name}")
    except BotError as error:
        return error


def test_each_gives_entries_or_a_named_problem(corpus):
    say = translator("en")
    for path in corpus:
        feed = read(path)
        if isinstance(feed, BotError):
            assert say.knows(feed.message_key), path
        else:
            assert feed.entries or feed.problems, path
            assert all(entry.id for entry in feed.entries), path
            assert feed.format.split()[0] in {"rss", "rdf", "atom", "json", "cdf"}, path


def test_nothing_that_acts_survives_in_any_of_them(corpus):
    for path in corpus:
        feed = read(path)
        for entry in () if isinstance(feed, BotError) else feed.entries:
            for html in (entry.summary, entry.content):
                assert "<!--" not in html, path
                for element in lxml.html.fragment_fromstring(html, create_parent="div").iter():
                    assert element.tag not in ACTING, path
                    assert not any(name.startswith("on") or name == "style" for name in element.attrib), path
                    urls = (element.get("href", ""), element.get("src", ""), element.get("cite", ""))
                    assert all(url.startswith(SAFE) for url in urls if url), path
            assert not entry.url or entry.url.startswith(SAFE[:2]), path
            assert not any(category(char) in {"Cc", "Cs"} or char in TURNING for char in entry.title), path


async def test_the_children_say_the_same_and_none_of_them_dies(corpus):
    """They have the seconds of processor time that they have in earnest, so none of these takes much."""
    children = Children(Settings(_env_file=None))
    try:
        for path in corpus:
            expected = read(path)
            try:
                feed = await children.feed(path.read_bytes(), f"https://paper.example/{path.name}")
            except BotError as error:
                assert isinstance(expected, BotError), path
                assert error.message_key == expected.message_key, path
            else:
                assert feed == expected, path
    finally:
        await children.close()
