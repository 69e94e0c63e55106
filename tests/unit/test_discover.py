"""Which feeds a page offers, told from its markup alone."""

from __future__ import annotations

import pytest

from bot.intake.offers import Rank, offered

URL = "https://paper.example/news/today"


def feeds(document: bytes, url: str) -> list[str]:
    return [offer.url for offer in offered(document, url)]


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


@pytest.mark.parametrize(
    "title",
    [
        "Diario » El muro RSS de los comentarios", "Jornal » O muro Feed de comentários", "Krant » Muur Reacties feed",
        "Газета » Лента комментариев к «Стена»", "新聞 » 壁 のコメントのフィード", "报 » 墙评论Feed",
        "신문 » 벽 댓글 피드", "Κανάλι σχολίων Τείχος", "Gazeta » Mur Kanał z komentarzami",
        "Gazete » Duvar Yorum Beslemesi",
    ],
)  # fmt: skip
def test_the_feed_of_a_posts_comments_is_none_of_news_in_any_of_wordpresss_languages(title):
    (offer,) = offered(page(link("/wall/feed/", title=title)), URL)
    assert offer.rank is Rank.ASIDE


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


def named(*links: str, **headers: str) -> list[tuple[str, str, Rank]]:
    return [(offer.url.rpartition("/")[2], offer.title, offer.rank) for offer in offered(page(*links), URL, headers)]


def test_the_same_feed_in_another_format_is_no_second_one():
    atom = link("/atom", "application/atom+xml", title="The Paper (Atom 1.0)")
    found = named(link("/rss", title="The Paper » RSS Feed"), atom, link("/sport", title="The Paper » Sport"))
    assert found == [
        ("rss", "The Paper » RSS Feed", Rank.NEWS),
        ("sport", "The Paper » Sport", Rank.NEWS),
        ("atom", "The Paper (Atom 1.0)", Rank.AGAIN),
    ]


def test_feeds_of_one_format_are_different_ones_whatever_they_are_called():
    assert [rank for _, _, rank in named(link("/a"), link("/b"), link("/c", title="RSS"))] == [Rank.NEWS] * 3


def test_a_link_header_names_feeds_too_and_each_once():
    header = '</rss>; rel="alternate"; type="application/rss+xml"; title="Na\\"me", <https://b.example/x>; rel=next, <'
    assert named(link("/rss", title="other"), link=header) == [("rss", 'Na"me', Rank.NEWS)]


@pytest.mark.parametrize("root", ["https://paper.example/wp-json/", "https://paper.example/index.php?rest_route=/"])
@pytest.mark.parametrize("by_header", [True, False])
def test_a_wordpress_site_offers_its_posts_after_all_feeds(root, by_header):
    head = f'<link rel="https://api.w.org/" href="{root}">'
    headers = {"link": f'<{root}>; rel="https://api.w.org/"'} if by_header else {}
    first, last = offered(page(link("/feed/"), *(() if by_header else (head,))), URL, headers)
    assert first.url == "https://paper.example/feed/"
    assert last.rank is Rank.POSTS
    assert last.url.startswith(f"{root}wp/v2/posts{'&' if '?' in root else '?'}per_page=")
