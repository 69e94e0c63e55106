"""Parsing children: real processes, hostile documents, and what is left of them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager

import psutil
import pytest
from structlog.testing import capture_logs

from bot.core.errors import NoArticle, NotAFeed, Unparsable
from bot.core.model import Page
from bot.core.ports import ParsedFeed
from bot.core.settings import Settings
from bot.intake.sandbox import Children
from tests.flow import documents
from tests.shared import ROOT

FUNCTIONS = {
    name: f"{documents.__name__}:{name}"
    for name, value in vars(documents).items()
    if getattr(value, "__module__", "") == documents.__name__
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")


@pytest.fixture
async def start():
    """Make parsers that are closed when the test ends."""
    started = []

    def children(functions=FUNCTIONS, **changes):
        started.append(Children(Settings(_env_file=None, **changes), functions))
        return started[-1]

    yield children
    for parser in started:
        await parser.close()


async def read(parser, function, body=b"", *arguments):
    return await parser.read(Page, function, body, *arguments)


async def test_a_document_goes_through_with_its_arguments(start):
    page = await read(start(), "echo", "Brücke gesperrt".encode(), "https://example.org/", {"etag": "7"})
    assert page == Page(title="Brücke gesperrt", authors=("https://example.org/", "{'etag': '7'}"))


async def test_a_child_is_used_again(start):
    parser = start()
    pids = {(await read(parser, "pid")).title for _ in range(20)}
    assert len(pids) == 1


async def test_two_children_at_most_work_side_by_side(start):
    parser = start()
    pages = await asyncio.gather(*[read(parser, "awake", b"0.05") for _ in range(8)])
    assert len({page.title for page in pages}) == 2


@pytest.mark.parametrize(
    ("function", "body", "key"),
    [
        ("burn", b"", "error.document_time"),
        ("burn_in_c", b"", "error.document_time"),
        ("doze", b"60", "error.document_time"),
        ("leave", b"", "error.document_crash"),
        ("crash", b"", "error.document_crash"),
        ("garble", b"\0" * 4096, "error.document_crash"),
        ("garble", b"x" * 4096, "error.document_crash"),
        ("garble", b"\0\0\0\x02\0\0\0\0[]", "error.document_crash"),
        ("garble", b'\0\0\0\x0d\0\0\0\0{"error": {}}', "error.document_crash"),
        ("garble", b"\0\0\0\x02\0\0\0\x02{}[]", "error.document_crash"),
        pytest.param("hog", b"4000", "error.document_memory", marks=linux),
    ],
)
async def test_a_hostile_document_costs_itself_alone(start, function, body, key):
    parser = start(parser_seconds=1)
    before = (await read(parser, "pid")).title
    neighbour = asyncio.create_task(read(parser, "awake", b"0.1"))
    with pytest.raises(Unparsable) as caught:
        await read(parser, function, body)
    assert caught.value.message_key == key
    assert (await neighbour).title != before
    assert (await read(parser, "echo", b"next")).title == "next"


async def test_the_time_counts_for_each_document_anew(start):
    parser = start(parser_seconds=1)
    pids = {(await read(parser, "work", b"0.25")).title for _ in range(6)}
    assert len(pids) == 1


@asynccontextmanager
async def at_work(place):
    """Keep one processor busy, in a session of its own: systems may share time between sessions first."""
    work = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    process = await asyncio.create_subprocess_exec(*work, stdout=asyncio.subprocess.PIPE, start_new_session=True)
    try:
        os.sched_setaffinity(process.pid, place)
        await process.stdout.readline()
        yield
    finally:
        process.kill()
        await process.communicate()


@linux
async def test_a_document_is_not_blamed_for_a_busy_machine(start):
    """Four others work where the child does, so that half a second's work takes it several."""
    parser = start(parser_seconds=0.6)
    child = int((await read(parser, "pid")).title)
    place = {min(os.sched_getaffinity(child))}
    os.sched_setaffinity(child, place)
    async with AsyncExitStack() as others:
        for _ in range(4):
            await others.enter_async_context(at_work(place))
        assert (await read(parser, "work", b"0.5")).title == str(child)


@linux
async def test_a_child_that_keeps_much_memory_is_let_go_before_it_fails_somebody(start):
    parser = start(parser_megabytes=128)
    pids = [(await read(parser, "keep", b"30")).title for _ in range(6)]
    assert len(set(pids)) == 2


async def test_our_errors_come_through_as_they_are(start):
    parser = start()
    with pytest.raises(NotAFeed) as caught:
        await read(parser, "refuse")
    assert caught.value.arguments == {"url": "x", "count": 3}
    with pytest.raises(NoArticle, match="no_article"):
        await read(parser, "refuse_article")


async def test_an_error_of_a_library_is_unparsable_and_its_words_reach_only_the_log(start):
    parser = start()
    with capture_logs() as lines:
        before = (await read(parser, "pid")).title
        with pytest.raises(Unparsable, match="unparsable") as caught:
            await read(parser, "fail")
        assert (await read(parser, "pid")).title == before
        await parser.close()
    assert "failed" not in str(caught.value)
    assert any("ZeroDivisionError" in line["said"] and line["log_level"] == "debug" for line in lines)


async def test_what_a_library_prints_is_no_answer(start):
    parser = start()
    assert (await read(parser, "chatter")).title == "said"
    assert (await read(parser, "echo", b"next")).title == "next"


async def test_a_document_that_can_not_be_put_to_a_child_is_unparsable(start):
    with pytest.raises(Unparsable):
        await read(start(), "echo", b"", "lone \ud800 surrogate")


async def test_a_result_that_can_not_be_told_is_unparsable(start):
    with pytest.raises(Unparsable):
        await read(start(), "surrogate")


async def test_a_long_answer_is_read_whole_and_an_endless_one_is_not(start):
    parser = start()
    assert len((await read(parser, "long", b"1000000")).title) == 1_000_000
    with pytest.raises(Unparsable, match="document_crash"):
        await read(parser, "long", b"40000000")


async def test_a_document_that_is_called_off_takes_its_child_with_it(start):
    parser = start()
    before = (await read(parser, "pid")).title
    hanging = asyncio.create_task(read(parser, "doze", b"60"))
    await asyncio.sleep(0.05)
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    answers = [(await read(parser, "echo", str(number).encode())).title for number in range(5)]
    assert answers == ["0", "1", "2", "3", "4"]
    assert (await read(parser, "pid")).title != before


async def test_a_child_is_buried_however_much_of_its_answer_nobody_has_read(start):
    parser = start()
    pids = set()
    for number in range(12):
        pids.add(int((await read(parser, "pid")).title))  # a child is ready
        answering = asyncio.create_task(read(parser, "long", b"20000000"))
        await asyncio.sleep(0.02 + 0.01 * number)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
    async with asyncio.timeout(20):
        await parser.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_child_that_died_while_idle_is_replaced(start):
    parser = start()
    before = int((await read(parser, "pid")).title)
    os.kill(before, signal.SIGKILL)
    await parser._idle[0]._process.wait()
    assert int((await read(parser, "pid")).title) != before


async def test_a_child_knows_none_of_our_secrets(start, monkeypatch):
    monkeypatch.setenv("TELEGRAM_TOKEN", "123456:secret")
    names = (await read(start(), "environment")).authors
    assert set(names) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH"}


async def test_a_child_calls_nobody_and_starts_nothing(start):
    knocks = []
    server = await asyncio.start_server(lambda *_: knocks.append(1), "127.0.0.1", 0)
    async with server:
        with pytest.raises(Unparsable):
            await read(start(), "call_home", str(server.sockets[0].getsockname()[1]).encode())
    with pytest.raises(Unparsable):
        await read(start(), "run_program")
    assert knocks == []


async def test_a_child_writes_no_file(start, tmp_path):
    with pytest.raises(Unparsable):
        await read(start(), "write", str(tmp_path / "note").encode())
    assert [path.read_bytes() for path in tmp_path.iterdir()] in ([], [b""])


async def test_a_child_that_can_not_start_says_so(start):
    with capture_logs() as lines, pytest.raises(Unparsable):
        await read(start({"page": "bot.intake.nowhere:extract"}), "page")
    assert any("nowhere" in line.get("said", "") and line["log_level"] == "error" for line in lines)


async def test_no_child_is_left_when_the_parser_is_closed(start):
    parser = start()
    pids = {int(page.title) for page in await asyncio.gather(*[read(parser, "awake", b"0.05") for _ in range(2)])}
    hanging = asyncio.create_task(read(parser, "doze", b"60"))
    await asyncio.sleep(0.05)
    await parser.close()
    with pytest.raises(Unparsable):
        await hanging
    assert not any(psutil.pid_exists(pid) for pid in pids)


def _gone(pid):
    """Wait until a process that is not ours has ended, buried or not."""
    for _ in range(1000):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


PARENT = """
import asyncio, sys
from bot.core.model import Page
from bot.core.ports import ParsedFeed
from bot.core.settings import Settings
from bot.intake.sandbox import Children

async def main():
    parser = Children(Settings(_env_file=None, parser_seconds=60), {"pid": "tests.flow.documents:pid"})
    print((await parser.read(Page, "pid", b"")).title, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_the_children_end_when_the_parent_is_killed():
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    child = int(await parent.stdout.readline())
    assert os.getsid(child) == child, "a Ctrl-C at the terminal is not for the children"
    parent.kill()
    await parent.communicate()
    assert await asyncio.to_thread(_gone, child)


# ------------------------------------------------------------------------------------------------ the real functions


async def test_monstrous_pages_and_feeds_end_within_the_limits():
    attributes = b" ".join(b"a%d=1" % number for number in range(50_000))
    author = b"<author>" + b"a@" * 30_000 + b"</author>"
    parser = Children(Settings(_env_file=None, parser_seconds=1))
    monsters = [
        parser.page(b"<html><body><p " + attributes + b">x</p></body></html>", "https://example.org/"),
        parser.page(b"<div>" * 400_000, "https://example.org/"),
        parser.page(b"<a href=/x>more</a> " * 100_000, "https://example.org/"),
        parser.feed(b"<rss><channel><item><title>x</title>" + author + b"</item></channel></rss>", "https://e.org/"),
    ]
    for outcome in await asyncio.gather(*monsters, return_exceptions=True):
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, Unparsable)
            assert outcome.message_key in {"error.unparsable", "error.document_time", "error.document_memory"}
        else:
            assert isinstance(outcome, Page | ParsedFeed)
    small = await parser.page(b"<html><title>Small</title><p>Small.</p></html>", "https://example.org/")
    assert small.title == "Small"
    await parser.close()
