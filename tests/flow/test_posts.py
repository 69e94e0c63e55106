"""WordPress sites: articles come as data where the site gives them so, and by their pages where it does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.core.model import Article, Feed
from bot.intake.discover import find_feed
from tests.fakes import FakeClock
from tests.flow.house import House, opened
from tests.flow.site import Site, answer, moved, served

TEXT = "The wall gave way at six, the council said on Monday, and nobody was hurt as the quay was cleared. "
POSTS = "/wp-json/wp/v2/posts"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site whose feed has excerpts alone, and whose pages have other words than its posts."""
    async with served() as site:
        site.answers["/feed/"] = feed(site, 1)
        for number in range(1, 5):
            site.answers[f"/wall-{number}"] = page(number)
            site.answers[f"{POSTS}/{number}"] = post(site, number)
        yield site


@pytest.fixture
async def house(tmp_path, site: Site) -> AsyncIterator[House]:
    async with opened(tmp_path, FakeClock(), trusted=(site.host,), feeds=(site.url("/feed/"),)) as house:
        yield house


def feed(site: Site, *numbers: int, root: str = "/wp-json/"):
    items = "".join(
        f"<item><title>Wall {number}</title><link>{site.url(f'/wall-{number}')}</link>"
        f'<guid isPermaLink="false">http://old.example/?p={number}</guid><description>In brief.</description></item>'
        for number in numbers
    )
    headers = {"Link": f'<{root}>; rel="https://api.w.org/"'} if root else {}
    return answer(f"<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>", **headers)


def page(number: int):
    words = f"<p>Page {number}. {TEXT * 5}</p>"
    return answer(f"<html><head><title>Wall</title></head><body><article>{words}</article></body></html>", "text/html")


def said(site: Site, number: int, **changed: object) -> dict[str, object]:
    return {
        "id": number,
        "date_gmt": "2026-03-02T09:00:00",
        "guid": {"rendered": f"http://old.example/?p={number}"},
        "link": site.url(f"/wall-{number}"),
        "title": {"rendered": f"Wall {number}"},
        "excerpt": {"rendered": "In brief."},
        "content": {"rendered": f"<p>Post {number}. {TEXT * 5}</p>"},
    } | changed


def post(site: Site, number: int, **changed: object):
    return answer(json.dumps(said(site, number, **changed)), "application/json")


async def texts(house: House) -> list[str]:
    """Return how the articles begin: by their posts, or by their pages."""
    return [article.page.text[:6] for article in await house.bot.store.find(Article)]


async def bring(house: House, site: Site, *numbers: int) -> None:
    site.answers["/feed/"] = feed(site, *numbers)
    await house.pass_time(7200)


async def test_an_article_is_read_as_the_post_it_is_and_its_page_is_not_asked_for(house, site):
    await house.pass_time(1)
    assert await texts(house) == ["Post 1"]
    assert site.paths == ["/feed/", f"{POSTS}/1"]
    (article,) = await house.bot.store.find(Article)
    assert (article.url, article.page.site, article.read) == (site.url("/wall-1"), "Paper", house.clock.now())


@pytest.mark.parametrize(
    "refusal",
    [
        answer('{"code": "rest_forbidden"}', "application/json", status=401),
        answer(status=404),
        answer("<html>Checking your browser</html>", "text/html"),
    ],
    ids=["401", "404", "a page"],
)
async def test_a_site_that_refuses_is_not_asked_again_for_a_while_and_its_pages_are_read(house, site, refusal):
    site.answers |= {f"{POSTS}/{number}": refusal for number in (1, 2)}
    await house.pass_time(1)
    site.answers["/feed/"] = feed(site, 2, 1)
    await house.pass_time(1200)
    assert await texts(house) == ["Page 1", "Page 2"]
    assert [path for path in site.paths if path.startswith(POSTS)] == [f"{POSTS}/1"]
    await bring(house, site, 3, 2, 1)
    assert (await texts(house))[2] == "Post 3"


@pytest.mark.parametrize(
    "changed",
    [
        {"link": "https://elsewhere.example/wall-1"},
        {"link": "https://elsewhere.example/", "title": {}},
        {"content": {"rendered": "", "protected": True}},
        {"content": {"rendered": "<p>Read on at our site.</p>"}},
        {"content": 5},
    ],
)
async def test_a_post_that_is_another_or_not_all_of_it_gives_way_to_the_page(house, site, changed):
    site.answers[f"{POSTS}/1"] = post(site, 1, **changed)
    await house.pass_time(1)
    assert await texts(house) == ["Page 1"]
    await bring(house, site, 2, 1)
    assert await texts(house) == ["Page 1", "Post 2"], "the next is asked for all the same"


async def test_a_post_that_another_site_gives_in_the_end_is_not_believed(house, site):
    async with served() as other:
        house.bot.door._guard._trusted |= {other.host}
        other.answers["/"] = post(site, 1)
        site.answers[f"{POSTS}/1"] = moved(f"http://{other.host.replace('127.0.0.1', 'localhost')}/")
        house.bot.door._guard._trusted |= {other.host.replace("127.0.0.1", "localhost")}
        await house.pass_time(1)
        assert other.paths == ["/"]
    assert await texts(house) == ["Page 1"]


async def test_garbage_gives_way_to_the_page(house, site):
    site.answers[f"{POSTS}/1"] = answer(b"\0{[", "application/json")
    await house.pass_time(1)
    assert await texts(house) == ["Page 1"]


@pytest.mark.parametrize("root", ["", "https://elsewhere.example/wp-json/"], ids=["none", "another host"])
async def test_a_feed_that_names_no_route_of_its_own_site_has_its_pages_read(house, site, root):
    site.answers["/feed/"] = feed(site, 1, root=root)
    await house.pass_time(1)
    assert await texts(house) == ["Page 1"]
    assert site.paths == ["/feed/", "/wall-1"]


async def test_a_route_that_is_known_is_not_forgotten_when_a_cache_leaves_it_out(house, site):
    await house.pass_time(1)
    site.answers["/feed/"] = feed(site, 2, 1, root="")
    await house.pass_time(7200)
    assert await texts(house) == ["Post 1", "Post 2"]


@pytest.mark.parametrize("by", ["header", "page"])
async def test_a_site_without_any_feed_is_followed_by_its_posts(house, site, by):
    del site.answers["/feed/"]
    link = '<link rel="https://api.w.org/" href="/wp-json/">' if by == "page" else ""
    headers = {"Link": '</wp-json/>; rel="https://api.w.org/"'} if by == "header" else {}
    site.answers["/"] = answer(f"<html><head>{link}</head><p>News</p></html>", "text/html", **headers)
    site.answers[POSTS] = lists(site, 2, 1)
    url, found = await find_feed(house.bot, site.url("/"))
    assert url.startswith(site.url(f"{POSTS}?per_page="))
    assert found.format == "wordpress"
    assert "You follow" in await house.say(f"/feed add {site.url('/')}")
    await house.pass_time(1)
    assert await texts(house) == ["Post 1", "Post 2"]
    site.answers[POSTS] = lists(site, 3, 2, 1)
    await house.pass_time(7200)
    assert await texts(house) == ["Post 1", "Post 2", "Post 3"]


async def test_a_list_whose_header_names_only_its_next_page_has_its_posts_read_as_such(house, site):
    """So WordPress answers where there are more posts than one look asks for."""
    del site.answers["/feed/"]
    site.answers["/"] = answer('<link rel="https://api.w.org/" href="/wp-json/">', "text/html")
    site.answers[POSTS] = lists(site, 2, 1, link=f'<{POSTS}?page=2>; rel="next"')
    assert "You follow 127.0.0.1." in await house.say(f"/feed add {site.url('/')}")
    await house.pass_time(1)
    assert await texts(house) == ["Post 1", "Post 2"]


async def test_a_feed_that_turns_into_a_list_of_posts_tells_nothing_twice_and_loses_nothing(house, site):
    await house.pass_time(1)
    site.answers["/feed/"] = lists(site, 2, 1)
    await house.pass_time(7200)
    site.answers["/feed/"] = feed(site, 3, 2, 1)
    await house.pass_time(7200)
    articles = await house.bot.store.find(Article)
    assert [article.page.title for article in articles] == ["Wall 1", "Wall 2", "Wall 3"]
    assert (await house.bot.store.get(Feed, site.url("/feed/"))).problem == ""


def lists(site: Site, *numbers: int, link: str = '</wp-json/>; rel="https://api.w.org/"'):
    """Answer with posts without their bodies, as a list has them, and with the header that WordPress sends."""
    posts = [{name: value for name, value in said(site, number).items() if name != "content"} for number in numbers]
    body = json.dumps(posts).encode()
    headers = {"Content-Type": "application/json", "Link": link}
    return lambda _: web.Response(body=body, headers=headers)
