"""The chat in the browser: lines are recorded before they are taken, answers arrive, nothing is missed or lost."""

from __future__ import annotations

import asyncio
import errno
import socket
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientError, ClientSession, FormData

from adapters.web import posts
from adapters.web.adapter import WebAdapter
from adapters.web.live import Live
from adapters.web.posts import Conversation, Post
from adapters.web.sessions import READER_IDLE, Session, SignIn
from bot.core.clock import TimeIds
from bot.core.errors import ChatGone, RetryLater, TooLarge, UsageError
from bot.core.message import Action, heading, link, message, paragraph
from bot.core.model import Chat, Feed, Subscriber
from bot.core.ports import Put
from bot.core.update import Update
from store import open_store
from tests.fakes import START, FakeClock
from tests.flow.web import Browser, Running, running, settings_for, until

OPERATOR = Chat("web", "operator")


@pytest.fixture
async def served(tmp_path: Path):
    async with running(tmp_path) as served:
        yield served


@pytest.fixture
async def browser(served: Running):
    async with Browser(served.address) as browser:
        await browser.open()
        yield browser


@pytest.fixture
async def operator(served: Running):
    async with Browser(served.address) as browser:
        await browser.sign_in(await served.adapter.sign_in_link())
        yield browser


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("store.journal.write_all", no_space)


# ------------------------------------------------------------------------------------------------ newcomers


async def test_a_newcomer_is_welcomed_and_nothing_is_kept_of_a_mere_look(served: Running, browser: Browser):
    await browser.open()
    assert "/subscribe" in browser.html
    assert await served.kept() == ""


async def test_the_first_line_opens_a_private_chat(served: Running, browser: Browser):
    answer = await browser.say("/help")
    assert answer.status == 200
    assert browser.posts[0] == "/help"
    await browser.reads("echo /help")
    [update] = served.handled
    assert update.private
    assert update.chat == Chat.parse(update.person)
    assert len(update.chat.id) == 16


async def test_two_newcomers_do_not_see_one_another(served: Running, browser: Browser):
    async with Browser(served.address) as other:
        await other.open()
        await browser.say("mine")
        await other.say("theirs")
        await browser.reads("echo mine")
        await other.reads("echo theirs")
        assert browser.posts == ["mine", "echo mine"]
        assert other.posts == ["theirs", "echo theirs"]
    assert served.handled[0].chat != served.handled[1].chat


async def test_the_browser_s_language_is_spoken_and_passed_on(served: Running):
    async with Browser(served.address, {"Accept-Language": "fr, de-AT;q=0.9, en;q=0.8, *;q=x"}) as browser:
        await browser.open()
        assert '<html lang="de">' in browser.html
        assert "Neueste Schlagzeilen" in browser.html
        await browser.say("/help")
        await browser.reads("echo")
    assert served.handled[0].locale == "de"


# ------------------------------------------------------------------------------------------------ taking


async def test_a_line_is_recorded_before_it_is_said_to_be_taken(served: Running, operator: Browser):
    served.hold = asyncio.Event()
    answer = await operator.say("/breaking", script=True)
    assert answer.status == 200
    [update] = await served.store.find(Update, {"answered": False})
    assert (update.line, update.person, update.chat) == ("/breaking", "web:operator", OPERATOR)
    assert served.handled == []


async def test_lines_of_one_chat_are_handled_in_order_and_none_waits_for_another_chat(
    served: Running, operator: Browser
):
    async with Browser(served.address) as other:
        await other.open()
        await operator.say("first", script=True)
        await until(lambda: true_of(served.handled))
        served.hold = asyncio.Event()
        for line in ("second", "third"):
            await operator.say(line, script=True)
        served.hold, held = None, served.hold
        await other.say("theirs", script=True)
        await until(lambda: true_of(len(served.handled) == 2))
        assert served.handled[-1].line == "theirs"
        held.set()
        await operator.reads("echo third")
    assert [update.line for update in served.handled if update.chat == OPERATOR] == ["first", "second", "third"]


async def true_of(value: object) -> bool:
    return bool(value)


async def test_a_form_sent_twice_is_taken_once(served: Running, operator: Browser):
    key = operator.field("key")
    for _ in range(3):
        assert (await operator.say("/help", key=key, script=True)).status == 200
    await operator.reads("echo /help")
    assert operator.posts == ["/help", "echo /help"]
    assert await served.count(Update) == 1


async def test_other_words_in_a_form_that_was_not_answered_are_taken_too(served: Running, operator: Browser):
    key = operator.field("key")
    await operator.say("/help", key=key, script=True)
    await operator.say("/latest", key=key, script=True)
    await operator.reads("echo /latest")
    assert await served.count(Update) == 2


async def test_nothing_typed_and_too_much_typed_are_told_apart_and_the_text_stays_in_the_box(
    served: Running, operator: Browser
):
    assert (await operator.say("  \n ")).status == 422
    assert "There is nothing to send yet" in operator.html
    assert (await operator.say("/help " + "x" * 4000)).status == 422
    assert "4006 characters" in operator.html
    assert "/help " + "x" * 4000 + "</textarea>" in operator.html
    assert (await operator.say("x" * 70_000, script=True)).status == 413
    assert await served.count(Update) == 0


async def test_too_many_waiting_lines_are_refused_before_they_are_taken(served: Running, operator: Browser):
    served.hold = asyncio.Event()
    statuses = [(await operator.say(f"line {number}", script=True)).status for number in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    assert await served.count(Update) == 20


async def test_a_full_disk_is_said_and_nothing_is_lost(
    served: Running, operator: Browser, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        full_disk(patch)
        answer = await operator.say("/help with my words")
        assert answer.status == 503
        assert "Nothing was changed" in operator.html
        assert "/help with my words</textarea>" in operator.html
        with pytest.raises(RetryLater):
            await served.adapter.send(OPERATOR, message("hello"), key="a")
        assert (await operator.open("/")).status == 200
    assert (await operator.say("/help")).status == 200
    await operator.reads("echo /help")
    assert len(served.handled) == 1


# ------------------------------------------------------------------------------------------------ buttons


async def test_a_pressed_button_is_its_line_and_knows_its_message(served: Running, operator: Browser):
    receipt = await served.adapter.send(OPERATOR, message("Go?", actions=(Action("Yes", "/approve 1"),)), key="a")
    await operator.open()
    assert (await operator.say("/approve 1", on=receipt.id)).status == 200
    await operator.reads("echo /approve 1")
    assert served.handled[0].origin == receipt
    assert operator.posts == ["Go?Yes", "echo /approve 1"]


async def test_only_what_a_message_offers_can_be_pressed(served: Running, operator: Browser):
    receipt = await served.adapter.send(OPERATOR, message("Go?", actions=(Action("Yes", "/approve 1"),)), key="a")
    elsewhere = await served.adapter.send(
        Chat("web", "other"), message("Go?", actions=(Action("Yes", "/approve 2"),)), key="a"
    )
    assert (await operator.say("/approve 2", on=receipt.id, script=True)).status == 409
    assert (await operator.say("/approve 2", on=elsewhere.id, script=True)).status == 409
    assert (await operator.say("/approve 1", on="nothing", script=True)).status == 409
    await served.adapter.edit(receipt, message("Gone."))
    assert (await operator.say("/approve 1", on=receipt.id, script=True)).status == 409
    assert await served.count(Update) == 0


# ------------------------------------------------------------------------------------------------ live


async def test_the_stream_brings_posts_edits_and_what_was_taken_away(served: Running, operator: Browser):
    async with operator.stream() as stream:
        receipt = await served.adapter.send(OPERATOR, message("one"), key="a")
        posted = await stream.next()
        assert (posted["event"], posted["id"]) == ("post", receipt.id)
        assert "one" in posted["html"]
        await served.adapter.edit(receipt, message("two"))
        edited = await stream.next()
        assert edited["id"] == receipt.id
        assert "two" in edited["html"]
        await served.adapter.delete(receipt)
        assert await stream.next() == {"event": "post", "change": "3", "id": receipt.id, "html": ""}


async def test_nothing_is_missed_between_the_page_and_the_stream_nor_between_two_streams(
    served: Running, operator: Browser
):
    await served.adapter.send(OPERATOR, message("on the page"), key="0")
    await operator.open()
    since = int(operator.attribute("data-since"))
    await served.adapter.send(OPERATOR, message("before the stream"), key="1")
    async with operator.stream(since) as stream:
        first = await stream.next()
        assert "before the stream" in first["html"]
    sends = [served.adapter.send(OPERATOR, message(f"number {number}"), key=f"n{number}") for number in range(30)]
    task = asyncio.gather(*sends)
    async with operator.stream(0, **{"Last-Event-ID": first["change"]}) as stream:
        events = [await stream.next() for _ in range(30)]
    receipts = await task
    assert {event["id"] for event in events} == {receipt.id for receipt in receipts}
    assert [int(event["change"]) for event in events] == list(range(3, 33))


async def test_several_tabs_see_the_same(served: Running, operator: Browser):
    async with operator.stream() as one, operator.stream() as two:
        await operator.say("hello", script=True)
        for stream in (one, two):
            assert ["hello" in (await stream.next())["html"] for _ in range(2)] == [True, True]


async def test_a_tab_too_many_gets_what_there_is_and_is_told_to_come_again(served: Running, operator: Browser):
    await served.adapter.send(OPERATOR, message("hello"), key="a")
    async with operator.stream() as one, operator.stream(), operator.stream(), operator.stream():
        await one.next()
        async with operator.stream() as fifth:
            assert "hello" in (await fifth.next())["html"]
            assert (await fifth.next())["event"] == "later"
            with pytest.raises(EOFError):
                await fifth.next()
    assert fifth.retry == "15000"


async def test_open_streams_end_when_the_program_does(tmp_path: Path):
    async with running(tmp_path) as served, Browser(served.address) as operator:
        await operator.sign_in(await served.adapter.sign_in_link())
        async with operator.stream() as stream:
            await served.adapter.send(OPERATOR, message("hello"), key="a")
            await stream.next()
            served.stop()
            with pytest.raises((EOFError, ClientError)):
                await stream.next()


async def test_two_processes_put_what_they_post_in_one_order(served: Running):
    processes = [posts.Posts(served.store, served.clock, Live()) for _ in range(2)]
    same = [process.add(OPERATOR, message("same"), key="a") for process in processes]
    own = [process.add(OPERATOR, message("own"), key=f"{id(process)} {n}") for n in range(10) for process in processes]
    added = await asyncio.gather(*same, *own)
    assert sorted({post.change for post in added}) == list(range(1, 22))
    assert len({post.id for post in added}) == 21
    changed = await processes[0].changed(OPERATOR, 0)
    assert [post.id for post in changed] == sorted({post.id for post in added})


# ------------------------------------------------------------------------------------------------ what lasts


async def test_the_chat_and_the_session_survive_a_restart(tmp_path: Path):
    async with running(tmp_path) as served, Browser(served.address) as browser:
        await browser.open()
        await browser.say("/help")
        await browser.reads("echo /help")
        port, cookies = served.adapter.port, browser.client.cookie_jar
    async with running(tmp_path, web_port=port) as served, Browser(served.address) as again:
        again.client.cookie_jar.update_cookies({cookie.key: cookie.value for cookie in cookies})
        await again.open()
        assert again.posts == ["/help", "echo /help"]


async def test_a_reply_says_what_it_replies_to_with_the_links_in_it(served: Running, operator: Browser):
    story = message(heading("Harbour"), paragraph(link("the Courier", "https://courier.example/harbour")))
    receipt = await served.adapter.send(OPERATOR, story, key="a")
    await operator.open(f"/?reply={quote(receipt.id, safe='')}")
    assert operator.field("under") == receipt.id
    assert '<q dir="auto">Harbour' in operator.html
    await operator.say("/summary", under=operator.field("under"))
    await operator.reads("echo /summary")
    (update,) = served.handled
    assert update.quoted == "Harbour\n\nthe Courier\nhttps://courier.example/harbour"
    assert (await served.store.find(Post, {"chat": str(OPERATOR)}))[1].under == receipt.id
    assert f'<a class="under" href="#{receipt.id}">' in operator.html
    assert operator.field("under") == "", "what is typed next is no reply any more"


async def test_a_file_comes_along_with_its_line_and_goes_with_it(served: Running, operator: Browser):
    await operator.open()
    form = FormData({"token": operator.field("token"), "key": operator.field("key"), "line": "/import"})
    form.add_field("list", b"<opml/>", filename="feeds.opml", content_type="text/x-opml")
    async with operator.client.post(f"{served.address}/say", data=form) as answer:
        assert answer.status == 200
    await operator.reads("echo /import")
    (update,) = served.handled
    assert await served.adapter.attachment(update.file, 7) == b"<opml/>"
    with pytest.raises(TooLarge):
        await served.adapter.attachment(update.file, 6)
    assert update.done().file == ""


async def test_a_file_too_large_is_said_and_the_line_kept(served: Running, operator: Browser):
    await operator.open()
    form = FormData({"token": operator.field("token"), "line": "/import"})
    form.add_field("list", bytes(600_000), filename="feeds.opml")
    async with operator.client.post(f"{served.address}/say", data=form) as answer:
        assert "more than 500000 bytes" in await answer.text()
    assert served.handled == []


async def test_a_reply_to_what_is_gone_or_somebody_else_s_is_a_line_like_any_other(served: Running, operator: Browser):
    other = await served.adapter.send(Chat("web", "other"), message("secret"), key="a")
    for under in (other.id, "nothing"):
        await operator.open(f"/?reply={quote(under, safe='')}")
        assert "secret" not in operator.html
        await operator.post("/say", line=f"/help {under}", token=operator.field("token"), under=under)
    assert [update.quoted for update in served.handled] == ["", ""]


async def test_only_the_newest_posts_are_kept(served: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(posts, "KEPT", 5)
    for number in range(12):
        await served.adapter.send(OPERATOR, message(f"number {number}"), key=f"{number}")
    assert await served.count(Post) == 5


async def test_a_reader_s_chat_ends_with_its_session(served: Running, browser: Browser):
    await browser.say("hello")
    await browser.reads("echo hello")
    await served.adapter.sign_in_link()
    chat = served.handled[0].chat
    await served.clock.advance(READER_IDLE.total_seconds() + 1)
    await served.adapter.forget()
    assert [await served.count(kind) for kind in (Session, SignIn, Post)] == [0, 0, 0]
    with pytest.raises(ChatGone):
        await served.adapter.send(chat, message("news"), key="b")
    await browser.open()
    assert browser.posts == []


async def test_who_can_not_come_back_follows_nothing_and_is_forgotten_with_the_receipts(served: Running):
    async with Browser(served.address) as reader:
        await reader.open()
        await reader.say("hello")
        await reader.reads("echo hello")
        chat = served.handled[0].chat
        follower = Subscriber(id=str(chat), chat=chat, since=START, feeds=("https://a.example/feed",))
        await served.store.commit(Put(follower), Put(Feed(id="https://a.example/feed")))
        await reader.sign_in(await served.adapter.sign_in_link())
    assert [await served.count(kind) for kind in (Session, Subscriber, Feed, Post)] == [1, 0, 0, 0]
    with pytest.raises(ChatGone):
        await served.adapter.send(chat, message("news"), key="b")
    await served.clock.advance(timedelta(days=31).total_seconds())
    await served.adapter.forget()
    assert await served.count(Conversation) == 0


async def test_the_operator_s_chat_outlives_its_session(served: Running, operator: Browser):
    await served.adapter.send(OPERATOR, message("hello"), key="a")
    await served.clock.advance(READER_IDLE.total_seconds())
    await served.adapter.forget()
    assert await served.count(Session) == 0
    assert (await served.adapter.send(OPERATOR, message("news"), key="b")).chat == OPERATOR
    assert await served.count(Conversation) == 1


# ------------------------------------------------------------------------------------------------ the port


async def test_who_comes_before_it_answers_waits_and_is_not_refused(tmp_path: Path):
    clock = FakeClock()
    store = await open_store("tinydb:", tmp_path)
    adapter = WebAdapter(settings_for(tmp_path), store, clock, TimeIds(clock.now))
    assert adapter.bind() == f"http://127.0.0.1:{adapter.port}"
    reader, writer = await asyncio.open_connection("127.0.0.1", adapter.port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    async def nobody_asks(_update: Update) -> None:
        raise AssertionError

    serving = asyncio.create_task(adapter.run(nobody_asks))
    assert (await reader.read()).endswith(b"\r\n\r\nok")
    writer.close()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await adapter.close()
    await store.close()


async def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path):
    clock = FakeClock()
    store = await open_store("tinydb:", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        adapter = WebAdapter(settings_for(tmp_path, web_port=port), store, clock, TimeIds(clock.now))
        with pytest.raises(UsageError) as caught:
            adapter.bind()
    assert caught.value.message_key == "web.port_taken"
    assert caught.value.arguments["port"] == port
    await store.close()


async def test_health_is_answered_under_any_name(served: Running):
    async with (
        ClientSession() as client,
        client.get(f"{served.address}/health", headers={"Host": "10.0.0.7:80"}) as answer,
    ):
        assert (answer.status, await answer.text()) == (200, "ok")
