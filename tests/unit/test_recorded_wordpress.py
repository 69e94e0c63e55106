"""One post of a WordPress 6.1, in words of ours, as it gives it: by two themes, by its REST route and in its feed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.model import Kind, Page
from bot.intake import wordpress
from bot.intake.entries import page as told_by_feed
from bot.intake.extract import extract
from bot.intake.feeds import parse
from bot.intake.offers import Rank, offered
from bot.newsroom.summarise import summarise

# It has what newsrooms put into posts: headline and byline again, pictures, a gallery, a film, a pull quote, buttons;
# and what themes and plug-ins put around them: comments and their form, share bars, related posts, who wrote it.
FOLDER = Path(__file__).parents[1] / "recorded" / "wordpress"
URL = "https://gazette.example/2026/03/02/pumps-fail-as-storm-tide-floods-wharf-street/"
ROOT = "https://gazette.example/wp-json/"
HEADLINE = "Pumps fail as storm tide floods Wharf Street"
THEMES = ("twentytwentyone", "twentytwentythree")
PARAGRAPHS = (
    (
        "PORT ELSA, March 2 — Two of the harbour’s three pumps stopped at the height of Monday’s storm tide, and water "
        "stood knee-deep in forty cellars along Wharf Street, the port office said."
    ),
    (
        "The first pump failed at 4:10 a.m. and the second 25 minutes later. Crews started the third by hand, and by "
        "noon the water had fallen by half a metre."
    ),
    (
        "“We had asked for new switchgear in three budgets running, and three times we were told to wait,” said "
        "Harbour Master Oda Fenwick."
    ),
    "Cellars and cold stores",
    (
        "Nine cold stores lost power, and with them about 60 tonnes of fish. Owners put the damage at 1.4 million "
        "crowns."
    ),
    (
        "Mayor Tobin Ashgrove said the town would pay for emergency repairs from its reserve. “Nobody will be sent a "
        "bill for a pump we should have replaced,” he told reporters on the quay."
    ),
    "What happens next",
    (
        "The council meets on Thursday to decide on 3.2 million crowns for two new pumps. Until then a mobile pump "
        "from the neighbouring district stands by."
    ),
)


def recorded(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def by(way: str) -> Page:
    if way == "REST":
        return wordpress.page(recorded("post.json"), f"{ROOT}wp/v2/posts/63")
    return extract(recorded(f"{way}.html"), URL, "text/html; charset=UTF-8")


@pytest.mark.parametrize("way", [*THEMES, "REST"])
def test_a_post_is_its_own_paragraphs_whichever_way_it_comes(way):
    page = by(way)
    assert page.kind is Kind.ARTICLE
    assert page.paragraphs == PARAGRAPHS
    assert (page.title, page.authors, page.url) == (HEADLINE, ("Ilse Marrow",), URL)
    assert page.dateline == "PORT ELSA, March 2"
    assert page.published in {"2026-03-02T13:33:00+01:00", "2026-03-02T12:33:00+00:00"}


@pytest.mark.parametrize("way", [*THEMES, "REST"])
def test_its_summary_has_the_quotation_with_whoever_said_it(way):
    told = summarise(by(way), sentences=7)
    assert told.quote
    assert (told.quote.speaker, told.quote.text[:22]) == ("Harbour Master Oda Fenwick", "We had asked for new s")


@pytest.mark.parametrize("way", THEMES)
def test_the_site_is_called_what_its_feed_is_called(way):
    assert by(way).site == "Quayside Gazette"


@pytest.mark.parametrize("way", THEMES)
def test_a_page_offers_the_news_and_sets_its_comments_aside(way):
    news, *others, posts = offered(recorded(f"{way}.html"), URL)
    assert (news.url, news.rank) == ("https://gazette.example/feed/", Rank.NEWS)
    assert {offer.rank for offer in others} == {Rank.ASIDE}
    assert (posts.url, posts.rank) == (wordpress.posts_address(ROOT), Rank.POSTS)


def test_the_feed_names_the_post_by_its_number_and_has_all_of_it():
    feed = parse(recorded("feed.xml"), "https://gazette.example/tag/flood/feed/")
    (entry,) = feed.entries
    assert (feed.problems, entry.id, entry.url) == ((), "https://gazette.example/?p=63", URL)
    assert wordpress.post_address(ROOT, entry).startswith(f"{ROOT}wp/v2/posts/63?")
    page = told_by_feed(entry, feed)
    assert (page.title, page.authors, page.published) == (HEADLINE, ("Ilse Marrow",), "2026-03-02T12:33:00+00:00")
    assert {*PARAGRAPHS} <= {*page.paragraphs}
