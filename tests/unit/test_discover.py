"""Which feeds a page offers, told from its markup alone."""

from __future__ import annotations

import pytest

from bot.intake.offers import feeds

URL = "https://paper.example/news/today"


def page(*links: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}{''.join(links)}</head><body><p>News</p></body></html>".encode()


def link(href: str, kind: str = "application/rss+xml", rel: str = "alternate", title: str = "") -> str:
    return f'<link rel="{rel}" type="{kind}" title="{title}" href="{href}">'


def test_feeds_come_in_the_pages_order_with_absolute_addresses():
    found = feeds(
        page(link("/rss"), link("atom.xml", "application/atom+xml"), link("//x.example/j", "application/feed+json")),
        URL,
    )
    assert found == ["https://paper.example/rss", "https://paper.example/news/atom.xml", "https://x.example/j"]


def test_the_comments_feed_comes_last():
    found = feeds(
        page(link("/comments/feed/", title="Paper » Comments Feed"), link("/feed/", title="Paper » Feed")), URL
    )
    assert found == ["https://paper.example/feed/", "https://paper.example/comments/feed/"]


def test_the_pages_base_counts():
    assert feeds(page(link("rss"), head='<base href="https://cdn.example/x/">'), URL) == ["https://cdn.example/x/rss"]


@pytest.mark.parametrize(
    "other",
    [
        link("/style.css", "text/css", "stylesheet"),
        link("/de/", "text/html"),
        link("/wp-json/", "application/json"),
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link(""),
        "<link rel=alternate>",
        "<!-- " + link("/rss") + " -->",
    ],
)
def test_other_links_are_none(other):
    assert feeds(page(other), URL) == []


@pytest.mark.parametrize("document", [b"", b"\0", b"<", b"plain words", b"<link", "\ufffe".encode()])
def test_no_document_makes_it_raise(document):
    assert feeds(document, URL) == []


def test_a_page_of_feeds_names_ten():
    assert len(feeds(page(*(link(f"/{number}.xml") for number in range(500))), URL)) == 10
