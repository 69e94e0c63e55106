"""Lists of feeds at the desk: an operator takes one in and sees what came of each line, an editor gets one out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import FormData
from lxml import html

from bot.core.model import Feed, Role
from bot.core.ports import Put
from bot.intake.fetch import GuardedDoor
from bot.intake.opml import read
from tests.flow.site import children
from tests.flow.web import Browser, Running, running

LIST = b"""<opml version="2.0"><body>
<outline text="Local"><outline type="rss" text="The &lt;Paper&gt;" xmlUrl="https://paper.example/feed"/></outline>
<outline type="rss" text="Inside" xmlUrl="http://10.0.0.1/feed"/>
</body></opml>"""


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, fetch_max_bytes=5000) as served, children("outlines") as parser:
        site = served.adapter._site
        door = GuardedDoor(site.settings, served.clock)
        site.open(replace(site.bot, door=door, parser=parser))
        yield served
        await door.close()


@pytest.fixture
async def operator(served: Running) -> AsyncIterator[Browser]:
    async with Browser(served.address) as browser:
        await browser.sign_in(await served.adapter.sign_in_link())
        await browser.open("/desk/feeds")
        yield browser


@pytest.fixture
async def editor(served: Running) -> AsyncIterator[Browser]:
    async with Browser(served.address) as browser:
        await browser.sign_in(await served.adapter.sign_in_link("web:night-desk", Role.EDITOR))
        await browser.open("/desk/feeds")
        yield browser


async def post(browser: Browser, document: bytes, **fields: str) -> tuple[int, str]:
    """Post a list, and return the status and the text of the page that answers."""
    form = FormData({"token": browser.field("token"), **fields})
    form.add_field("list", document, filename="feeds.opml", content_type="text/xml")
    async with browser.client.post(f"{browser.address}/desk/feeds", data=form) as answer:
        page = await answer.text()
        return answer.status, " ".join(html.fromstring(page).find(".//main").text_content().split())


async def test_an_operator_takes_a_list_in_and_sees_what_came_of_each_line(served: Running, operator: Browser):
    status, said = await post(operator, LIST)
    assert status == 200
    assert "1 added, 0 known already, 0 moved, 1 refused" in said
    assert "The <Paper> https://paper.example/feed Line 2: added." in said
    assert "Line 3: refused. 10.0.0.1 is not on the public internet" in said
    (feed,) = await served.store.find(Feed)
    assert (feed.own, feed.kept, feed.folder) == (True, True, ("Local",))


@pytest.mark.parametrize(
    ("document", "status", "says"),
    [
        (b"", 422, "Choose the file"),
        (b"words", 422, "no list of feeds (OPML)"),
        (b"<opml><body>" + b" " * 30_000, 422, "more than 5000 bytes"),
        (b"<opml><body/></opml>", 200, "There was no feed in it."),
        (LIST[:-20], 200, "is no XML any more"),
    ],
)
async def test_what_is_no_list_is_told_and_keeps_nothing_back(operator: Browser, document, status, says):
    got, said = await post(operator, document)
    assert (got, says in said) == (status, True)


async def test_an_editor_gets_the_list_out_and_takes_none_in(served: Running, editor: Browser):
    assert 'type="file"' not in editor.html
    await served.store.commit(Put(Feed(id="https://paper.example/feed", title="Paper", own=True, folder=("Local",))))
    async with editor.client.get(f"{editor.address}/desk/feeds.opml") as answer:
        given = await answer.read()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="feeds.opml"'
    (outline,) = read(given).outlines
    assert (outline.title, outline.url, outline.folders) == ("Paper", "https://paper.example/feed", ("Local",))
    async with Browser(served.address) as operator:
        await operator.sign_in(await served.adapter.sign_in_link())
        await operator.open("/desk/feeds")
        assert 'type="file"' in operator.html
    form = FormData({"token": await token(editor)})
    form.add_field("list", LIST, filename="feeds.opml")
    async with editor.client.post(f"{editor.address}/desk/feeds", data=form) as answer:
        assert answer.status == 403
        assert "Only an operator" in await answer.text()
    assert await served.count(Feed) == 1


async def token(browser: Browser) -> str:
    """Return the token of the forms on another page of the same browser."""
    await browser.open("/desk")
    return browser.field("token")


async def test_a_form_of_another_session_and_a_reader_change_nothing(served: Running, operator: Browser):
    assert (await post(operator, LIST))[0] == 200
    form = FormData({"token": "forged"})
    form.add_field("list", LIST.replace(b"paper", b"other"), filename="feeds.opml")
    async with operator.client.post(f"{operator.address}/desk/feeds", data=form) as answer:
        assert answer.status >= 400
    async with Browser(served.address) as reader:
        assert (await reader.open("/desk/feeds")).status == 401
        assert (await reader.open("/desk/feeds.opml")).status == 401
    assert await served.count(Feed) == 1


async def test_without_feeds_there_is_nothing_to_give_out(operator: Browser):
    assert (await operator.open("/desk/feeds.opml")).status == 404
    assert "There are no feeds here" in operator.html
