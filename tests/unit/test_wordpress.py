"""What is made of a WordPress site's posts, as a list and one by one, whatever its plug-ins put into them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import BotError, NoArticle, NotAFeed
from bot.core.model import Kind
from bot.core.ports import Entry
from bot.intake import wordpress
from bot.intake.feeds import parse

ROOT = "https://paper.example/wp-json/"
LIST = wordpress.posts_address(ROOT)
WORDS = "The harbour wall gave way at six, the council said on Monday, and the quay was cleared. " * 5


def post(number: int = 7, **changed: object) -> dict[str, object]:
    return {
        "id": number,
        "date_gmt": "2026-03-02T09:00:00",
        "modified_gmt": "2026-03-02T09:30:00",
        "guid": {"rendered": f"https://paper.example/?p={number}"},
        "link": f"https://paper.example/2026/03/wall-{number}/",
        "title": {"rendered": "Wall &#8211; <em>breached</em> &amp; cleared"},
        "excerpt": {"rendered": "<p>The wall gave way.</p>", "protected": False},
        "content": {"rendered": f"<p>{WORDS}</p>", "protected": False},
        "_embedded": {
            "author": [{"id": 1, "name": "Ada Quill"}],
            "wp:term": [
                [{"taxonomy": "category", "name": name} for name in ("Harbour &amp; Sea",)],
                [{"taxonomy": "post_tag", "name": "flood"}, {"taxonomy": "series", "name": "Walls"}],
            ],
            "wp:featuredmedia": [{"source_url": "https://paper.example/wall.jpg"}],
        },
    } | changed


def listed(*posts: object, url: str = LIST):
    return parse(json.dumps(posts).encode(), url)


def whole(said: object):
    return wordpress.page(json.dumps(said).encode(), f"{ROOT}wp/v2/posts/7")


class TestList:
    def test_a_list_of_posts_is_a_feed(self):
        found = listed(post())
        assert (found.format, found.link) == ("wordpress", "https://paper.example/")
        (entry,) = found.entries
        assert entry.id == "https://paper.example/?p=7"
        assert entry.url == "https://paper.example/2026/03/wall-7/"
        assert entry.title == "Wall – breached & cleared"
        assert (entry.published, entry.updated) == ("2026-03-02T09:00:00+00:00", "2026-03-02T09:30:00+00:00")
        assert (entry.authors, entry.categories) == (("Ada Quill",), ("Harbour & Sea", "flood"))
        assert entry.summary == "<p>The wall gave way.</p>"
        assert entry.enclosures == ("https://paper.example/wall.jpg",)

    def test_a_post_has_the_id_that_the_sites_rss_has_for_it(self):
        item = "<item><guid isPermaLink='false'>https://paper.example/?p=7</guid><link>https://paper.example/w</link></item>"
        rss = parse(f"<rss version='2.0'><channel><title>P</title>{item}</channel></rss>".encode(), LIST)
        assert [entry.id for entry in rss.entries] == [entry.id for entry in listed(post()).entries]
        custom = post(guid={"rendered": "https://paper.example/?post_type=x&#038;p=7"})
        assert listed(custom).entries[0].id == "https://paper.example/?post_type=x&p=7"

    def test_a_post_without_the_id_of_the_rss_has_one_by_its_number(self):
        assert listed(post(guid=None)).entries[0].id == "https://paper.example/?p=7"

    def test_posts_with_a_password_are_not_for_us(self):
        hidden = {"rendered": "", "protected": True}
        assert [entry.url for entry in listed(post(8, excerpt=hidden), post(9, content=hidden), post()).entries] == [
            "https://paper.example/2026/03/wall-7/"
        ]

    def test_a_site_without_posts_is_an_empty_feed_and_any_other_list_is_none(self):
        assert listed().entries == ()
        for url, document in ((LIST, [1, 2]), (LIST, [{"id": 1}]), ("https://paper.example/x", [])):
            with pytest.raises(NotAFeed) as refused:
                listed(*document, url=url)
            assert refused.value.message_key == "error.feed_is_json"

    @pytest.mark.parametrize(
        "changed",
        [
            {"_embedded": None},
            {"_embedded": {"author": [{"code": "rest_user_invalid_id"}], "wp:term": [None, [None]]}},
            {"_embedded": {"author": "x", "wp:term": {}, "wp:featuredmedia": [{"source_url": 1}]}},
            {"excerpt": "text", "content": None, "guid": 5},
            {"date_gmt": "0000-00-00T00:00:00", "modified_gmt": None},
            {"title": {"rendered": None}},
            {"link": "javascript:alert(1)"},
        ],
    )
    def test_what_is_missing_or_of_another_type_is_left_out(self, changed):
        (entry,) = listed(post(**changed)).entries
        assert entry.id
        assert "javascript" not in entry.url

    def test_nothing_that_acts_is_left_in_what_is_shown(self):
        evil = {"rendered": '<p onclick="x()">Text</p><script>alert(1)</script><img src="data:x">'}
        (entry,) = listed(post(content=evil, excerpt=evil)).entries
        for text in (entry.content, entry.summary):
            assert "Text" in text
            assert not any(word in text for word in ("onclick", "script", "alert", "data:"))

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=10,
    )

    @settings(deadline=None)
    @given(st.sampled_from(sorted(post())), json_values)
    def test_nothing_raises_anything_else(self, name, value):
        for read in (lambda: listed(post(**{name: value})), lambda: whole(post(**{name: value}))):
            try:
                read()
            except BotError:
                continue


class TestPost:
    def test_a_post_is_a_page_with_nothing_around_it(self):
        page = whole(post())
        assert (page.kind, page.title, page.url) == (
            Kind.ARTICLE,
            "Wall – breached & cleared",
            "https://paper.example/2026/03/wall-7/",
        )
        assert (page.authors, page.published) == (("Ada Quill",), "2026-03-02T09:00:00+00:00")
        assert page.image == "https://paper.example/wall.jpg"
        assert page.text == WORDS.strip()

    def test_what_plug_ins_put_between_the_paragraphs_is_none_of_it(self):
        share = '<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Twitter</a></li></ul></div>'
        assert whole(post(content={"rendered": f"<p>{WORDS}</p>{share}"})).text == WORDS.strip()

    def test_words_that_look_like_markup_stay_words(self):
        page = whole(post(title={"rendered": "&lt;script&gt; &quot;x&quot; explained"}))
        assert page.title == '<script> "x" explained'

    @pytest.mark.parametrize(
        "said",
        [
            {"code": "rest_post_invalid_id", "message": "Invalid post ID.", "data": {"status": 404}},
            [],
            None,
            post(content={"rendered": "", "protected": True}),
            post(content={"rendered": "  "}),
        ],
    )
    def test_what_is_no_post_for_everybody_is_refused(self, said):
        with pytest.raises(NoArticle):
            whole(said)

    def test_what_is_no_json_is_refused(self):
        with pytest.raises(NoArticle):
            wordpress.page(b"<html>", ROOT)


class TestAddresses:
    @pytest.mark.parametrize("root", [ROOT, "https://paper.example/wp-json", "https://paper.example/?rest_route=/"])
    def test_both_forms_of_the_route_are_served(self, root):
        address = wordpress.post_address(root, Entry(id="http://old.example/?p=7", url="https://www.paper.example/w"))
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        route = query.pop("rest_route", [parts.path.removeprefix("/wp-json")])
        assert route == ["/wp/v2/posts/7"]
        assert set(query) == {"_embed", "_fields"}

    @pytest.mark.parametrize(
        ("root", "id", "url"),
        [
            ("", "https://paper.example/?p=7", "https://paper.example/w"),
            (ROOT, "https://paper.example/2026/03/wall-7/", "https://paper.example/w"),
            (ROOT, "tag:paper,7?p=7", "https://paper.example/w"),
            (ROOT, "https://paper.example/?p=7/../../users", "https://paper.example/w"),
            (ROOT, "https://paper.example/?p=0", "https://paper.example/w"),
            (ROOT, "https://paper.example/?p=7", "https://bank.example/w"),
            (ROOT, "https://paper.example/?p=7", ""),
            ("https://paper.example/files/mine", "https://paper.example/?p=7", "https://paper.example/w"),
            ("https://paper.example/go?to=https://evil.example/wp-json/", "http://a/?p=7", "https://paper.example/w"),
        ],
    )
    def test_what_names_no_post_of_the_same_site_has_no_address(self, root, id, url):
        assert wordpress.post_address(root, Entry(id=id, url=url)) == ""
