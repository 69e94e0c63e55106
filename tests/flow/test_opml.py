"""Lists of feeds from the terminal: in, line by line and as often as one likes, and out again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import pytest
import pytest_asyncio
from aiohttp import web
from lxml import etree
from msgspec.structs import replace

from bot import operations
from bot.core.model import Article, Chat, Feed, Folder, Poll, Subscriber
from bot.core.ports import Bot, Put
from bot.intake.opml import read
from bot.intake.poll import Polled
from bot.intake.sandbox import Children
from bot.intake.watch import own_feeds
from bot.main import has_samples
from bot.outreach import alarm, feeds
from tests.fakes import FakeClock
from tests.flow.site import Site, answer, children, intake, rss, served, turn
from tests.flow.test_desk_cli import Terminal
from tests.flow.test_desk_cli import served as reached

CHAT = "telegram:4711"

pytestmark = pytest.mark.asyncio(loop_scope="module")
fixture = partial(pytest_asyncio.fixture, loop_scope="module")


@fixture
async def site() -> AsyncIterator[Site]:
    async with served() as site:
        site.answers |= {f"/{name}": answer(rss(3, 2, 1, title=name)) for name in ("news", "sport", "sea")}
        yield site


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA_DIR": tmp_path / "var", "WIDTH": 200}.items():
        monkeypatch.setenv(name, str(value))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))


@fixture(scope="module")
async def parser() -> AsyncIterator[Children]:
    async with children("feed", "outlines") as parser:
        yield parser


@fixture
async def bot(tmp_path, clock, site: Site, parser: Children) -> AsyncIterator[Bot]:
    changed = {"subscriptions_per_chat": 5, "fetch_max_bytes": 20_000}
    async with intake(tmp_path / "var", clock, site, parser, **changed) as bot:
        yield bot


@fixture
async def dateline(tmp_path, bot: Bot) -> AsyncIterator[Terminal]:
    terminal = Terminal(tmp_path / "var")
    async with reached(bot, terminal):
        yield terminal


async def later(bot: Bot, clock: FakeClock, seconds: float) -> None:
    await clock.advance(seconds)
    await turn(bot)


def opml(*outlines: str) -> bytes:
    return "\n".join(('<opml version="2.0"><body>', *outlines, "</body></opml>")).encode()


def line(url: str, title: str = "", **more: str) -> str:
    said = {"type": "rss", "text": title, "xmlUrl": url, **more}
    attributes = " ".join(f'{name}="{value}"' for name, value in said.items() if value)
    return f"<outline {attributes}/>"


async def kept(bot: Bot) -> dict[str, Feed]:
    return {feed.title or feed.id: feed for feed in await bot.store.find(Feed)}


async def chat(bot: Bot) -> Subscriber | None:
    return await bot.store.get(Subscriber, CHAT)


async def test_each_line_of_a_list_is_told_what_came_of_it(dateline, bot, clock, site):
    folder = f'<outline text="Local">{line(site.url("/news"), "News")}</outline>'
    document = opml(
        folder,
        line(site.url("/news"), "Once more"),
        line("http://10.0.0.1/feed", "Inside"),
        line("http://localhost/feed", "Here"),
        line("no address", "Mistyped"),
        line("", "Nothing"),
        line(site.url("/sport").replace("http:", "feed:http:"), "Sport"),
        '<outline type="include" text="More" url="https://m.example/l.opml"/>',
    )
    ran = await dateline("opml", "import", "-", pipe=document)
    said = ran.out.splitlines()
    assert said[0] == f"-:2: added: News {site.url('/news')}"
    assert said[1] == f"-:3: known: Once more {site.url('/news')}"
    assert said[2].startswith("-:4: refused: Inside http://10.0.0.1/feed: 10.0.0.1 is not on the public internet")
    assert said[3].startswith("-:5: refused: Here")
    assert said[4].startswith("-:6: refused: Mistyped no address: That is no web address. Please type it like this")
    assert said[5].startswith("-:7: refused: Nothing: This line names neither")
    assert said[6].startswith("-:8: added: Sport")
    assert said[7].startswith("-:9: refused: More https://m.example/l.opml: That is another list")
    assert said[8] == "2 added, 1 known, 0 moved, 5 refused"
    assert ran.status == 1
    assert set(await kept(bot)) == {"News", "Sport"}
    assert site.asked == []


async def test_a_list_for_the_newsroom_makes_feeds_its_own_over_every_restart(dateline, bot, clock, site):
    folder = f'<outline text="Local"><outline text="Deep">{line(site.url("/news"), "News")}</outline></outline>'
    assert (await dateline("opml", "import", "-", pipe=opml(folder, line(site.url("/sport"))))).status == 0
    await bot.store.commit(*await own_feeds(bot, ()))
    news = (await kept(bot))["News"]
    assert (news.own, news.kept, news.folder) == (True, True, ("Local", "Deep"))
    await later(bot, clock, 1)
    assert sorted(site.paths) == ["/news", "/sport"]


async def test_what_stands_in_imported_feeds_is_no_news_and_what_comes_is(dateline, bot, clock, site):
    await dateline("opml", "import", "-", pipe=opml(line(site.url("/news"))))
    await later(bot, clock, 1)
    assert await bot.store.find(Article) == []
    site.answers["/news"] = answer(rss(4, 3, 2, 1, title="news"))
    await later(bot, clock, 7200)
    assert [article.page.title for article in await bot.store.find(Article)] == ["Story 4"]


async def test_a_chat_follows_what_its_list_has_in_its_folders(dateline, bot, clock, site):
    folder = f'<outline text="Local">{line(site.url("/news"), "News")}</outline>'
    ran = await dateline("opml", "import", "-", "--chat", CHAT, pipe=opml(folder, line(site.url("/sport"), "Sport")))
    assert ran.out.splitlines()[-1] == "2 added, 0 known, 0 moved, 0 refused"
    known = await chat(bot)
    assert known.feeds == (site.url("/news"), site.url("/sport"))
    assert known.folders == (Folder(("Local",), (site.url("/news"),)),)
    assert [feed.own for feed in (await kept(bot)).values()] == [False, False]
    assert len(await bot.store.find(Poll)) == 2


async def test_repeating_a_list_changes_nothing(dateline, bot, clock, site):
    document = opml(f'<outline text="Local">{line(site.url("/news"), "News")}</outline>', line(site.url("/sport")))
    for who in ((), ("--chat", CHAT)):
        await dateline("opml", "import", "-", *who, pipe=document)
        before = await kept(bot), await chat(bot)
        ran = await dateline("opml", "import", "-", *who, pipe=document)
        assert ran.out.splitlines()[-1] == "0 added, 2 known, 0 moved, 0 refused"
        assert (await kept(bot), await chat(bot)) == before


async def test_a_chat_takes_in_no_more_than_it_may_follow(dateline, bot, clock, site):
    document = opml(*(line(site.url(f"/{number}")) for number in range(7)))
    ran = await dateline("opml", "import", "-", "--chat", CHAT, pipe=document)
    assert "-:7: refused" in ran.out.splitlines()[5]
    assert "A chat can follow 5 things" in ran.out.splitlines()[5]
    assert ran.out.splitlines()[-1] == "5 added, 0 known, 0 moved, 2 refused"
    assert (await chat(bot)).follows == 5
    assert len(await bot.store.find(Feed)) == 5, "nobody watches what nobody follows"


async def test_a_feed_that_has_moved_is_known_by_both_its_addresses(dateline, bot, clock, site):
    await bot.store.commit(Put(Feed(id="https://old.example/feed", address=site.url("/news"), own=True)))
    document = opml(line("http://old.example/feed", "Old"), line(site.url("/news"), "New"))
    ran = await dateline("opml", "import", "-", pipe=document)
    assert ran.out.splitlines() == [
        f"-:2: known: Old http://old.example/feed, moved to {site.url('/news')}",
        f"-:3: known: New {site.url('/news')}",
        "0 added, 1 known, 1 moved, 0 refused",
    ]
    assert len(await bot.store.find(Feed)) == 1


async def test_a_site_without_a_feeds_address_is_looked_at(dateline, bot, clock, site):
    site.answers["/"] = answer(f'<link rel=alternate type=application/rss+xml href="{site.url("/sea")}">', "text/html")
    site.answers["/none"] = answer("<html><p>News</p></html>", "text/html")
    document = opml(line("", "Sea", htmlUrl=site.url("/")), line("", "None", htmlUrl=site.url("/none")))
    ran = await dateline("opml", "import", "-", pipe=document)
    assert ran.out.splitlines()[0] == f"-:2: added: Sea {site.url('/')}, moved to {site.url('/sea')}"
    assert "-:3: refused: None" in ran.out
    assert "names no feed of its own" in ran.out
    assert list(await kept(bot)) == ["Sea"]


async def test_sites_are_looked_for_several_at_once_and_told_in_their_order(dateline, bot, clock, site):
    both = asyncio.Barrier(2)

    async def home(request):
        await both.wait()  # answers only while another is asked for, too
        page = f'<link rel=alternate type=application/rss+xml href="{site.url(request.path.replace("home", "feed"))}">'
        return web.Response(text=page, content_type="text/html")

    for number in range(4):
        site.answers |= {f"/home{number}": home, f"/feed{number}": answer(rss(1, title=f"Paper {number}"))}
    sites = [line("", f"Site {number}", htmlUrl=site.url(f"/home{number}")) for number in range(4)]
    document = opml(" ".join([*sites[:2], line(site.url("/news"), "News"), *sites[2:]]))
    ran = await dateline("opml", "import", "-", "--chat", CHAT, pipe=document)
    assert [said.split()[2:4] for said in ran.out.splitlines()[:5]] == [
        ["Site", "0"],
        ["Site", "1"],
        ["News", site.url("/news")],
        ["Site", "2"],
        ["Site", "3"],
    ]
    followed = (site.url(path) for path in ("/feed0", "/feed1", "/news", "/feed2", "/feed3"))
    assert (await chat(bot)).feeds == tuple(followed)


async def test_what_is_no_feed_is_said_when_it_is_looked_at(dateline, bot, clock, site):
    site.answers["/page"] = answer("<html><p>News</p></html>", "text/html")
    await dateline("opml", "import", "-", pipe=opml(line(site.url("/page"), "Page")))
    await later(bot, clock, 1)
    assert (await kept(bot))["Page"].problem == "error.feed_is_page"


async def test_a_feed_that_had_ended_is_looked_at_again(dateline, bot, clock, site):
    for who in ((), ("--chat", CHAT)):
        site.answers["/news"] = answer(status=410)
        await dateline("opml", "import", "-", *who, pipe=opml(line(site.url("/news"), "News")))
        await later(bot, clock, 7200)
        assert (await bot.store.get(Feed, site.url("/news"))).ended
        site.answers["/news"] = answer(rss(1))
        await dateline("opml", "import", "-", *who, pipe=opml(line(site.url("/news"), "News")))
        await later(bot, clock, 1)
        assert (await bot.store.get(Feed, site.url("/news"))).polled == clock.now()


async def test_a_list_may_take_the_place_of_earlier_ones(dateline, bot, clock, site):
    await bot.store.commit(*await own_feeds(bot, [site.url("/sea")]))
    await dateline("opml", "import", "-", pipe=opml(line(site.url("/news")), line(site.url("/sport"))))
    ran = await dateline("opml", "import", "-", "--replace", pipe=opml(line(site.url("/sport"))))
    assert ran.out.splitlines()[1:] == [f"let go: {site.url('/news')}", "0 added, 1 known, 0 moved, 0 refused"]
    assert {feed.id for feed in (await kept(bot)).values()} == {site.url("/sport"), site.url("/sea")}
    refused = await dateline("opml", "import", "-", "--replace", "--chat", CHAT, pipe=opml())
    assert refused.status == 2


async def test_a_feed_that_is_let_go_of_alarms_nobody_any_more(dateline, bot, clock, site):
    await dateline("opml", "import", "-", pipe=opml(line(site.url("/news"))))
    await later(bot, clock, 1)
    feed = await bot.store.get(Feed, site.url("/news"))
    await feeds.watch(bot, Polled(replace(feed, ended=True), 0))
    assert len(await alarm.standing(bot.store)) == 1
    await dateline("opml", "import", "-", "--replace", pipe=opml(line(site.url("/sport"))))
    assert await alarm.standing(bot.store) == []


async def test_a_broken_list_lets_go_of_nothing(dateline, bot, clock, site):
    await dateline("opml", "import", "-", pipe=opml(line(site.url("/news"))))
    ran = await dateline("opml", "import", "-", "--replace", pipe=opml(line(site.url("/sport"))) + b"<")
    assert ran.status == 1
    assert "this is no XML any more" in ran.out
    assert len(await kept(bot)) == 2


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "That is no list of feeds"),
        (b"<rss/>", "That is no list of feeds"),
        (opml(*("x" * 1000 for _ in range(30))), "more than 20000 bytes"),
    ],
)
async def test_what_is_no_list_or_too_large_a_one_is_refused_whole(dateline, document, says):
    ran = await dateline("opml", "import", "-", pipe=document)
    assert ran.status == 1
    assert says in ran.err


async def test_a_chat_and_a_file_have_to_be_there(dateline):
    assert (
        "PLATFORM:ID"
        in (await dateline("opml", "import", "-", "--chat", "me", pipe=opml(line("https://a.example")))).out
    )
    assert "nowhere.opml" in (await dateline("opml", "import", "nowhere.opml")).err
    assert "no feeds here" in (await dateline("opml", "export")).err
    assert "no feeds here" in (await dateline("opml", "export", "--chat", CHAT)).err


@pytest.mark.parametrize("who", [(), ("--chat", CHAT)], ids=["the newsroom", "a chat"])
async def test_what_goes_out_comes_in_again(dateline, bot, clock, site, tmp_path, who):
    news = line(site.url("/news?a=1&amp;b=2"), "N &lt;1&gt;")
    folder = f'<outline text="A &amp; B"><outline text="C">{news}</outline></outline>'
    document = opml(folder, line(site.url("/sport"), "Sport", htmlUrl=site.url("/")))
    await dateline("opml", "import", "-", *who, pipe=document)
    ran = await dateline("opml", "export", str(tmp_path / "feeds.opml"), *who)
    assert ran.out == f"2 feeds written to {tmp_path / 'feeds.opml'}\n"
    given = (tmp_path / "feeds.opml").read_bytes()
    assert etree.fromstring(given).get("version") == "2.0"
    out = {(each.title, each.url, each.site, each.folders) for each in read(given).outlines}
    assert out == {
        ("N <1>", site.url("/news?a=1&b=2"), "", ("A & B", "C")),
        ("Sport", site.url("/sport"), site.url("/"), ()),
    }
    before = await kept(bot), await chat(bot)
    await dateline("opml", "import", str(tmp_path / "feeds.opml"), *who)
    assert (await kept(bot), await chat(bot)) == before


async def test_a_chat_that_moves_takes_its_folders_along(clock):
    one, other = (
        Subscriber(id=key, chat=Chat.parse(key), since=clock.now(), folders=(Folder((name,), (name,)),))
        for key, name in ((CHAT, "a"), ("telegram:-1", "b"))
    )
    assert {folder.path for folder in one.joined(other).folders} == {("a",), ("b",)}


async def test_without_a_running_bot_the_store_itself_is_asked(tmp_path, site, monkeypatch):
    monkeypatch.setenv("TRUSTED_HOSTS", site.host)
    terminal = Terminal(tmp_path / "var")
    assert (await terminal("opml", "import", "-", pipe=opml(line(site.url("/news"), "News")))).status == 0
    assert f'xmlUrl="{site.url("/news")}"' in (await terminal("opml", "export")).out


async def test_feeds_that_a_list_has_brought_are_checked_and_keep_the_sample_newsroom_away(dateline, bot, site):
    assert await has_samples(bot.settings, bot.store)
    await dateline("opml", "import", "-", pipe=opml(line(site.url("/news"), "News")))
    assert not await has_samples(bot.settings, bot.store)
    assert await has_samples(bot.settings.model_copy(update={"sample_newsroom": True}), bot.store)
    assert [feed["url"] for feed in (await operations.feeds(bot))["feeds"]] == [site.url("/news")]
