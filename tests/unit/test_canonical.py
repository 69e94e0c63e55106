"""One spelling for one address, and what people type."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import UsageError
from bot.intake.canonical import as_url, canonical, same_site
from tests.shared import shared


@pytest.mark.parametrize(
    ("url", "one"),
    [
        ("HTTPS://Example.ORG:443/Story#comments", "https://example.org/Story"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("https://example.org/a?utm_source=x&id=7&utm_medium=y", "https://example.org/a?id=7"),
        ("https://example.org/a?fbclid=x&gclid=y&mc_cid=z&UTM_Campaign=w", "https://example.org/a"),
        ("https://example.org/a?b=2&a=1&b=1", "https://example.org/a?b=2&a=1&b=1"),
        ("https://example.org/a?q=%26utm_x%3D1&x=%2B+%20", "https://example.org/a?q=%26utm_x%3D1&x=%2B+%20"),
        ("https://example.org/a?flag&empty=", "https://example.org/a?flag&empty="),
        ("https://example.org/a?q=utm_source", "https://example.org/a?q=utm_source"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        (" https://example.org/a ", "https://example.org/a"),
        ("https://www.google.com/amp/s/paper.example/a?utm_source=x&id=7#top", "https://paper.example/a?id=7"),
        ("https://www.google.co.uk/amp/paper.example/a/amp/", "http://paper.example/a/amp/"),
        ("https://paper-example.cdn.ampproject.org/c/s/paper.example/a.html", "https://paper.example/a.html"),
        (
            "https://paper-example.cdn.ampproject.org/v/s/paper.example/a?amp_js_v=1",
            "https://paper.example/a?amp_js_v=1",
        ),
        ("https://www.google.com/amp/s/a", "https://www.google.com/amp/s/a"),
        ("https://paper.example/amp/s/other.example/a", "https://paper.example/amp/s/other.example/a"),
    ],
)
def test_tracking_and_spelling_fall_off_and_all_else_stays(url, one):
    assert canonical(url) == one


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.paper.example/a", "https://m.paper.example/b", True),
        ("https://paper.example/a", "https://amp.paper.example/a", True),
        ("https://mobile.paper.example/a", "https://www2.paper.example/a", True),
        ("https://m.example/a", "https://www.example/a", False),
        ("https://paper.example/a", "https://paper.other.example/a", False),
        ("https://news.paper.example/a", "https://paper.example/a", False),
        ("https://mpaper.example/a", "https://paper.example/a", False),
    ],
)
def test_a_site_is_one_for_phones_and_for_desks(one, other, same):
    assert same_site(one, other) is same_site(other, one) is same


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org/feed", "https://example.org/feed"),
        ("  Example.ORG ", "https://example.org/"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("http://localhost/a", "http://localhost/a"),
        ("localhost:8081/feed", "https://localhost:8081/feed"),
        ("192.0.2.7/feed", "https://192.0.2.7/feed"),
    ],
)
def test_what_people_type_becomes_an_address(typed, meant):
    assert as_url(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        *("", "climate", "climate change", "example.org and more", "ftp://example.org/", "mailto:a@example.org"),
        *("a@example.org", "https://", "https://user:secret@example.org/", "https://[::1", "javascript:alert(1)"),
        "/feed",
    ],
)
def test_what_is_no_address_is_answered_with_how_to_type_one(typed):
    with pytest.raises(UsageError) as caught:
        as_url(typed)
    assert caught.value.message_key == "error.bad_url"
    assert "secret" not in str(caught.value)


@given(st.one_of(st.text(), st.text().map("https://example.org/{}".format)))
def test_an_address_has_one_spelling_and_nothing_breaks_it(text):
    for spell in (canonical, as_url):
        try:
            once = spell(text)
        except UsageError:
            continue
        assert canonical(once) == once
        assert as_url(once) == once


def test_the_url_corpus_and_the_naughty_strings_break_nothing():
    cases = [case for case in json.loads(shared("corpora/urls/urltestdata.json").read_text()) if isinstance(case, dict)]
    spelt = set()
    for text in [*(case["input"] for case in cases), *json.loads(shared("corpora/strings/blns.json").read_text())]:
        for spell in (canonical, as_url):
            try:
                spelt.add(spell(text))
            except UsageError:
                continue
    assert len(spelt) > 100
    assert all(url.isascii() and "#" not in url for url in spelt)


@pytest.mark.parametrize("typed", ["feed://example.org/feed", "feed:https://example.org/feed"])
def test_a_link_made_for_feed_readers_is_an_address(typed):
    assert as_url(typed) == "https://example.org/feed"
