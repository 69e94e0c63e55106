"""However much a page or a feed says, what is kept of it has a measure."""

from __future__ import annotations

import pytest

from bot.core.model import Page
from bot.intake.entries import page
from bot.intake.extract import extract
from bot.intake.feeds import parse
from bot.intake.measure import measured

MUCH = "much " * 60_000
URL = "https://paper.example/a"
STORY = "<p>The wall gave way at six, the council said on Monday, and nobody was hurt.</p>" * 10
LONG = {"url": 2000, "image": 2000, "title": 1000, "byline": 1000, "site": 200, "standfirst": 1000}


def kept(head: str, body: str = STORY) -> Page:
    return extract(f"<html><head>{head}</head><body><article>{body}</article></body></html>".encode(), URL)


def said(entry: str) -> Page:
    feed = parse(f"<rss><channel><title>{MUCH}</title><item>{entry}</item></channel></rss>".encode(), URL)
    return page(feed.entries[0], feed)


@pytest.mark.parametrize(
    "made",
    [
        lambda: kept(f"<title>{MUCH}</title>"),
        lambda: kept("", f"<h1>{MUCH}</h1>{STORY}"),
        lambda: kept("", f"<h2>{MUCH}.</h2>{STORY}"),
        lambda: kept("", f"<p>{MUCH}</p>"),
        lambda: kept("", "<p>The wall gave way at six, the council said.</p>" * 5000),
        lambda: kept("".join(f'<meta name="author" content="Iris Vale {number}">' for number in range(500))),
        lambda: kept(f'<meta property="og:site_name" content="{MUCH}">'),
        lambda: kept(f'<meta property="og:image" content="https://paper.example/{MUCH}.jpg">'),
        lambda: kept(f'<link rel="canonical" href="{URL}/{"x" * 10_000}">'),
        lambda: extract(MUCH.encode(), URL),
        lambda: extract(b"much\n" * 10_000, URL),
        lambda: said(f"<title>{MUCH}</title><link>{URL}/{'x' * 10_000}</link>"),
        lambda: said(f"<title>A</title><description>{MUCH}</description>"),
        lambda: said("<title>A</title>" + "".join(f"<author>Iris Vale {number}</author>" for number in range(500))),
    ],
)
def test_no_part_of_a_page_is_longer_than_such_parts_are(made):
    page = made()
    assert {name: len(getattr(page, name)) for name in LONG if len(getattr(page, name)) > LONG[name]} == {}
    assert len(page.authors) <= 50
    assert max(map(len, page.authors), default=0) <= 200
    assert len(page.paragraphs) <= 2000
    assert sum(map(len, page.paragraphs)) <= 200_000
    assert page.text or page.title


def test_a_page_of_ordinary_measure_is_left_as_it_is():
    page = kept("<title>The wall</title>")
    assert page.title == "The wall"
    assert measured(page) == page
