"""Lists of feeds: what other readers write, what is broken or hostile, and what we write ourselves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bot.core.errors import BotError, UsageError
from bot.intake.opml import Outline, read, written

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def body(outlines: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n<opml version="2.0"><head>{head}</head><body>\n{outlines}</body></opml>'.encode()


def feeds(outlines: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(each.title, each.url, each.site, each.folders) for each in read(body(outlines)).outlines]


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", ""])
def test_a_list_of_any_version_is_read_with_its_folders(version):
    document = f"""<opml version="{version}"><head><title>My feeds</title></head><body>
        <outline text="News" title="News">
            <outline text="Local"><outline type="rss" text="Paper" xmlUrl="https://paper.example/rss"/></outline>
            <outline type="rss" text="t" title="Other" xmlUrl="https://other.example/" htmlUrl="https://o.example"/>
        </outline>
        <outline text="Alone" xmlUrl="https://alone.example/feed"/></body></opml>"""
    found = read(document.encode())
    assert (found.title, found.broken) == ("My feeds", 0)
    assert found.outlines == (
        Outline(line=3, title="Paper", url="https://paper.example/rss", folders=("News", "Local")),
        Outline(line=4, title="Other", url="https://other.example/", site="https://o.example", folders=("News",)),
        Outline(line=6, title="Alone", url="https://alone.example/feed"),
    )


def test_names_are_read_in_any_case():
    assert feeds('<OUTLINE TEXT="a" XMLURL="https://a.example/" HTMLurl="https://h.example/"/>') == [
        ("a", "https://a.example/", "https://h.example/", ())
    ]


def test_a_site_alone_and_another_list_are_feeds_to_be_found_and_an_empty_folder_is_none():
    found = read(
        body(
            '<outline text="Site" htmlUrl="https://s.example/"/><outline text="Empty"/>'
            '<outline type="link" text="Page" url="https://p.example/"/>'
            '<outline type="include" text="More" url="https://m.example/list.opml"/>'
            '<outline type="rss" text="Nowhere"/>'
        )
    ).outlines
    assert [(each.title, each.site, each.list) for each in found] == [
        ("Site", "https://s.example/", False),
        ("Page", "https://p.example/", False),
        ("More", "https://m.example/list.opml", True),
        ("Nowhere", "", False),
    ]


def test_a_feed_with_others_below_it_is_both_a_feed_and_a_folder():
    outlines = '<outline text="a" xmlUrl="https://a.example/"><outline text="b" xmlUrl="https://b.example/"/></outline>'
    assert [(title, folders) for title, _, _, folders in feeds(outlines)] == [("a", ()), ("b", ("a",))]


def test_the_category_of_a_feed_in_no_folder_is_its_folder():
    assert feeds('<outline xmlUrl="https://a.example/" category="/News/Local,/Sea"/>')[0][3] == ("News", "Local")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://a.example/?a=1&amp;b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/?a=1&b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/?copy=1&copy=2&", "https://a.example/?copy=1&copy=2&"),
        ("https://a.example/caf&eacute;", "https://a.example/café"),
        ("https://a.example/&#233;&#xe9;", "https://a.example/éé"),
        ("https://a.example/&nosuch;", "https://a.example/&nosuch;"),
        ("  https://a.example/\n", "https://a.example/"),
    ],
)
def test_ampersands_that_are_not_escaped_and_names_of_html_mean_what_they_say(written, meant):
    assert [url for _, url, _, _ in feeds(f'<outline xmlUrl="{written}"/>')] == [meant]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_it_is_read_in_the_encoding_it_names(encoding):
    document = f'<?xml version="1.0" encoding="{encoding}"?>\n<opml><body>\n<outline text="Föhr" xmlUrl="https://a/"/>'
    (found,) = read(f"{document}</body></opml>".encode(encoding)).outlines
    assert (found.title, found.line) == ("Föhr", 3)


@pytest.mark.parametrize("document", [b"", b"\0", b"words", b"<rss/>", b"<html><p>x", b"{}", b"<", b"&"])
def test_what_is_no_list_is_refused(document):
    with pytest.raises(UsageError) as refused:
        read(document)
    assert refused.value.message_key == "opml.none"


def test_of_a_broken_list_is_read_what_can_be_and_said_where_it_breaks():
    found = read(body('<outline xmlUrl="https://a.example/"/>\n<outline xmlUrl="https://b.example/"/>\n</outline'))
    assert [outline.url for outline in found.outlines] == ["https://a.example/", "https://b.example/"]
    assert found.broken >= 4


class TestHostile:
    def test_nothing_that_a_document_declares_is_expanded_or_fetched(self, tmp_path: Path):
        secret = tmp_path / "secret"
        secret.write_text("the secret")
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        document = (
            f'<!DOCTYPE opml [<!ENTITY l0 "ha">{laughs}<!ENTITY x SYSTEM "file://{secret}">]>'
            '<opml><head><title>&x;</title></head><body><outline text="&l11;" xmlUrl="https://a.example/&x;"/>'
            "</body></opml>"
        )
        found = read(document.encode())
        assert "secret" not in str(found)
        assert found.outlines == (Outline(line=1, title="&l11;", url="https://a.example/&x;"),)

    def test_declarations_are_not_even_read(self):
        bombs = "".join(f'<!ENTITY % p{n} "{f"%p{n - 1};" * 20}">%p{n};' for n in range(1, 9))
        declared = f'<!ENTITY % p0 "<!ENTITY x &#39;y&#39;>">{bombs}<!ATTLIST outline xmlUrl CDATA "https://b/">'
        document = f'<!DOCTYPE opml [{declared}]><opml><outline text="b"/><outline xmlUrl="https://a/"/></opml>'
        found = read(document.encode())
        assert ([outline.url for outline in found.outlines], found.broken) == (["https://a/"], 0)

    @pytest.mark.parametrize("depth", [300, 50_000])
    def test_folders_without_end_end_the_document(self, depth):
        assert read(body('<outline text="d">' * depth + "</outline>" * depth)).broken > 0

    def test_folders_that_are_deep_but_sound_are_told_apart_to_a_depth(self):
        deep = "".join(f'<outline text="{n}">' for n in range(100))
        (found,) = read(body(f'{deep}<outline xmlUrl="https://a.example/"/>{"</outline>" * 100}')).outlines
        assert found.folders == tuple(str(n) for n in range(32))

    def test_an_address_or_title_without_end_is_cut(self):
        (found,) = read(body(f'<outline text="{"x" * 100_000}" xmlUrl="https://a.example/{"y" * 100_000}"/>')).outlines
        assert len(found.title) + len(found.url) <= 3000

    @settings(deadline=None)
    @given(st.binary(max_size=300) | st.text(max_size=300).map(body))
    def test_nothing_raises_anything_else(self, document):
        try:
            read(document)
        except BotError as error:
            assert error.message_key == "opml.none"


words = st.text(max_size=40)
names = st.text(min_size=1, max_size=20).map(lambda text: text.strip()).filter(str.isprintable).filter(bool)
addresses = st.from_regex(r"https://[a-z]{1,9}\.example/[a-zA-Z0-9?&=%/;.,'\"<>_-]{0,30}", fullmatch=True)
outlines = st.builds(
    Outline, title=names, url=addresses, site=st.just("") | addresses, folders=st.lists(names, max_size=4).map(tuple)
)


class TestWritten:
    @settings(deadline=None)
    @given(st.lists(outlines, max_size=20), words)
    def test_what_we_write_is_read_as_it_was(self, wanted, title):
        found = read(written(title, wanted, NOW))
        bare = [Outline(title=it.title, url=it.url, site=it.site, folders=it.folders) for it in found.outlines]
        assert found.broken == 0
        assert sorted(bare, key=repr) == sorted(wanted, key=repr)

    @settings(deadline=None)
    @given(words, words, words)
    def test_any_words_make_a_sound_document(self, title, name, folder):
        document = written(title, [Outline(title=name, url="https://a.example/", folders=(folder,))], NOW)
        root = etree.fromstring(document)
        assert (root.tag, root.get("version")) == ("opml", "2.0")
        assert [each.get("xmlUrl") for each in root.iter("outline") if each.get("type")] == ["https://a.example/"]

    def test_it_is_a_feed_a_line_as_the_standard_has_it(self):
        document = written("Mine", [Outline(title="A", url="https://a.example/", site="https://s.example/")], NOW)
        assert (
            b'<outline type="rss" text="A" title="A" xmlUrl="https://a.example/" htmlUrl="https://s.example/"/>'
            in document
        )
        assert b"<dateCreated>Mon, 02 Mar 2026 09:00:00 +0000</dateCreated>" in document
