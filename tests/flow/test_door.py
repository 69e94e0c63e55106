"""The guarded door against a hostile web server."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp.abc import AbstractResolver

from bot.core.clock import SystemClock
from bot.core.errors import FetchError, Forbidden, TooLarge, Unreachable
from bot.core.settings import Settings
from bot.intake.fetch import GuardedDoor
from bot.intake.guard import is_public
from tests.fakes import FakeClock
from tests.flow.hostile import INSIDE, PAGE, Hostile, Spy
from tests.shared import ROOT, shared

PUBLIC = "93.184.215.14"


class Script(AbstractResolver):
    """A resolver that gives its answers one after the other, and the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=0):
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        rest = {"hostname": host, "port": port, "family": family, "proto": 0, "flags": 0}
        return [{"host": address, **rest} for address in addresses]

    async def close(self):
        pass


@pytest.fixture
async def server():
    async with Hostile() as hostile:
        yield hostile


@pytest.fixture
async def open_door(server):
    """Make doors, which trust the hostile server unless told otherwise."""
    doors = []

    def opened(*, trusted=(server.host,), resolver=None, clock=None, **changes):
        settings = Settings(_env_file=None, **changes)
        doors.append(GuardedDoor(settings, clock or SystemClock(), trusted=trusted, resolver=resolver))
        return doors[-1]

    yield opened
    for door in doors:
        await door.close()


@pytest.fixture
async def diverted(server, monkeypatch):
    """Lead every connection to a public address to the hostile server; hear which addresses were asked for."""
    loop = asyncio.get_running_loop()
    connect, heard = loop.sock_connect, []

    async def divert(sock, address):
        heard.append(address[0])
        await connect(sock, ("127.0.0.1", server.port))

    monkeypatch.setattr(loop, "sock_connect", divert)
    return heard


# ------------------------------------------------------------------------------------------------ what goes well


async def test_a_page_comes_whole_with_its_headers(server, open_door):
    fetched = await open_door().fetch(server.url("/page#top"), accept=("text/html",))
    assert (fetched.url, fetched.status, fetched.body) == (server.url("/page"), 200, PAGE)
    assert fetched.headers["etag"] == 'W/"7"'
    assert fetched.headers["link"] == "<a>, <b>"
    assert fetched.permanent == ""


async def test_the_door_says_who_asks_and_where_to_complain(server, open_door):
    await open_door(public_url="https://news.example.org/desk").fetch(server.url("/page"))
    agent = server.asked[0].headers["user-agent"]
    assert agent.startswith("Dateline/")
    assert agent.endswith("(+https://news.example.org/desk)")


async def test_conditional_headers_are_sent_and_304_is_an_answer(server, open_door):
    fetched = await open_door().fetch(server.url("/status?is=304"), headers={"If-None-Match": '"7"'}, accept=("x/y",))
    assert fetched.status == 304
    assert server.asked[0].headers["if-none-match"] == '"7"'


async def test_410_is_an_answer(server, open_door):
    assert (await open_door().fetch(server.url("/status?is=410"), accept=("x/y",))).status == 410


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (400, "error.status"),
        (401, "error.status_refused"),
        (403, "error.status_refused"),
        (404, "error.status_missing"),
        (429, "error.status_busy"),
        (500, "error.status_broken"),
        (599, "error.status_broken"),
    ],
)
async def test_an_error_status_is_an_error_that_names_it(server, open_door, status, key):
    with pytest.raises(Unreachable) as caught:
        await open_door().fetch(server.url(f"/status?is={status}"))
    assert caught.value.message_key == key
    assert caught.value.arguments == {"status": status}


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 02 Mar 2026 09:05:00 GMT", 300.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("9" * 5000, 999999999.0),
        ("soon", None),
        ("Mon, 99 Mar 99999 99:99:99 GMT", None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_date(server, open_door, after, seconds):
    with pytest.raises(Unreachable) as caught:
        await open_door(clock=FakeClock()).fetch(server.url(f"/status?is=503&after={quote(after)}"))
    assert caught.value.arguments.get("retry_after") == seconds


async def test_headers_that_are_no_utf8_can_still_be_kept(server, open_door):
    fetched = await open_door().fetch(server.url("/latin"))
    assert fetched.headers["etag"] == '"café"'


@pytest.mark.parametrize("kind", ["text/html", "TEXT/HTML; charset=x", ""])
async def test_a_wanted_or_unnamed_type_is_let_in(server, open_door, kind):
    url = server.url(f"/type?is={quote(kind)}")
    assert (await open_door().fetch(url, accept=("text/*", "application/xml"))).body == PAGE


@pytest.mark.parametrize("kind", ["application/pdf", "video/mp4", "texthtml", "x" * 5000])
async def test_another_type_is_refused_before_its_body_is_read(server, open_door, kind):
    with pytest.raises(Forbidden, match="wrong_type") as caught:
        await open_door().fetch(server.url(f"/type?is={quote(kind)}"), accept=("text/*", "application/xml"))
    assert len(caught.value.arguments["type"]) <= 80


# ------------------------------------------------------------------------------------------------ redirects


async def test_a_chain_of_redirects_is_followed_as_far_as_the_settings_say(server, open_door):
    door = open_door(fetch_redirects=3)
    assert (await door.fetch(server.url("/chain?left=3"))).url == server.url("/chain?left=0")
    with pytest.raises(Unreachable, match="too_many_redirects"):
        await door.fetch(server.url("/chain?left=4"))


async def test_a_loop_ends(server, open_door):
    with pytest.raises(Unreachable, match="too_many_redirects"):
        await open_door().fetch(server.url("/loop"))
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("first", "second", "permanent"),
    [(301, 308, "/page"), (308, 302, "/to?is=302&where=/page"), (302, 301, ""), (307, 303, "")],
)
async def test_permanent_says_where_permanent_redirects_alone_lead(server, open_door, first, second, permanent):
    then = quote(f"/to?is={second}&where=/page")
    fetched = await open_door().fetch(server.url(f"/to?is={first}&where={then}"))
    assert fetched.url == server.url("/page")
    assert fetched.permanent == (server.url(permanent) if permanent else "")


async def test_a_redirect_to_nowhere_is_an_error(server, open_door):
    with pytest.raises(FetchError) as caught:
        await open_door().fetch(server.url("/to?where="))
    assert caught.value.message_key == "error.bad_redirect"


@pytest.mark.parametrize(
    ("target", "key"),
    [
        *((url, None) for url in INSIDE),
        ("http://127.0.0.1:1/", "error.forbidden_port"),
        ("https://example.org:8443/", "error.forbidden_port"),
        ("file:///etc/passwd", "error.forbidden_scheme"),
        ("ftp://example.org/", "error.forbidden_scheme"),
        ("javascript:alert(1)", "error.forbidden_scheme"),
        ("data:text/html,x", "error.forbidden_scheme"),
        ("http://user:secret@example.org/", "error.forbidden_credentials"),
        ("http://example.org@127.0.0.1/", "error.forbidden_credentials"),
        ("//127.0.0.1/", "error.forbidden_address"),
        ("http://[::1", "error.bad_redirect"),
    ],
)
async def test_no_redirect_leads_inside(server, open_door, target, key):
    with Spy() as connected, pytest.raises(FetchError) as caught:
        await open_door().fetch(server.url(f"/to?where={quote(target)}"))
    assert connected == [("127.0.0.1", server.port)], "only the first hop, to the trusted server, is connected"
    assert "secret" not in str(caught.value)
    assert key in {None, caught.value.message_key}


async def test_secrets_stay_with_the_origin_they_were_meant_for(server, open_door):
    async with Hostile() as other:
        door = open_door(trusted=(server.host, other.host))
        secret = {"Authorization": "Bearer x", "Cookie": "a=b", "If-None-Match": '"7"'}
        await door.fetch(server.url(f"/to?where={quote(other.url('/page'))}"), headers=secret)
        assert server.asked[0].headers["authorization"] == "Bearer x"
        assert other.asked[0].headers.keys().isdisjoint({"authorization", "cookie"})
        assert other.asked[0].headers["if-none-match"] == '"7"'


async def test_cookies_are_not_kept(server, open_door):
    door = open_door()
    await door.fetch(server.url("/cookie"))
    await door.fetch(server.url("/page"))
    assert all("cookie" not in request.headers for request in server.asked)


# ------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize("url", INSIDE)
async def test_no_spelling_of_an_internal_address_is_connected(open_door, url):
    with Spy() as connected, pytest.raises(FetchError):
        await open_door().fetch(url)
    assert connected == []


async def test_a_trusted_host_is_trusted_with_its_name_and_port_only(server, open_door):
    with Spy() as connected:
        for url in (f"http://localhost:{server.port}/page", f"http://127.0.0.1:{server.port + 1}/page"):
            with pytest.raises(Forbidden, match="forbidden_port"):
                await open_door().fetch(url)
        with pytest.raises(Forbidden, match="forbidden_address"):
            await open_door(fetch_ports=(server.port,), trusted=()).fetch(server.url("/page"))
        with pytest.raises(Forbidden, match="forbidden_address"):
            await open_door(fetch_ports=(server.port,)).fetch(f"http://localhost:{server.port}/page")
    assert connected == []


async def test_a_name_that_turns_inward_is_not_followed(server, open_door, diverted):
    door = open_door(trusted=(), resolver=Script([PUBLIC], ["127.0.0.1"]))
    assert (await door.fetch("http://rebind.example:80/page")).body == PAGE
    with pytest.raises(Forbidden, match="forbidden_address"):
        await door.fetch("http://rebind.example:443/page")  # another port, so that no cached answer serves
    assert diverted == [PUBLIC]


async def test_of_a_name_with_inner_and_public_addresses_only_the_public_is_connected(server, open_door, diverted):
    door = open_door(trusted=(), resolver=Script(["127.0.0.1", "10.0.0.1", PUBLIC]))
    assert (await door.fetch("http://mixed.example/page")).body == PAGE
    assert diverted == [PUBLIC]


async def test_a_name_with_inner_addresses_alone_is_refused_with_the_reason(open_door):
    door = open_door(resolver=Script(["127.0.0.1", "10.0.0.1", "169.254.169.254"]))
    with Spy() as connected, pytest.raises(Forbidden) as caught:
        await door.fetch("http://inner.example/")
    assert connected == []
    assert (caught.value.message_key, caught.value.arguments) == ("error.forbidden_address", {"host": "inner.example"})


async def test_names_that_hang_hold_up_no_other(open_door, monkeypatch):
    look_up, let_go = socket.getaddrinfo, threading.Event()

    def hang(host, *arguments):
        if host.startswith("hanging"):
            let_go.wait(30)
            raise socket.gaierror
        return look_up(host, *arguments)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    door = open_door()
    hanging = [asyncio.create_task(door.fetch(f"http://hanging{number}.example/")) for number in range(20)]
    await asyncio.sleep(0)
    with pytest.raises(Forbidden, match="forbidden_address"):
        await door.fetch("http://localhost/")
    assert not any(task.done() for task in hanging)
    let_go.set()
    outcomes = await asyncio.gather(*hanging, return_exceptions=True)
    assert {outcome.message_key for outcome in outcomes} == {"error.unknown_host"}


async def test_a_name_without_address_is_named(open_door):
    with pytest.raises(Unreachable) as caught:
        await open_door().fetch("http://nowhere.invalid/")
    assert caught.value.arguments == {"host": "nowhere.invalid"}


async def test_a_site_that_can_not_prove_itself_is_not_read(open_door):
    async def plain(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as impostor:
        host = f"127.0.0.1:{impostor.sockets[0].getsockname()[1]}"
        with pytest.raises(Unreachable, match="bad_certificate"):
            await open_door(trusted=(host,)).fetch(f"https://{host}/")


async def test_the_environment_s_proxy_is_not_asked(server, open_door, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{server.host}")
    with pytest.raises(Forbidden):
        await open_door(resolver=Script(["127.0.0.1"])).fetch("http://inner.example/")
    assert server.asked == []


async def test_no_url_of_the_corpus_gets_inside_or_breaks_the_door(open_door):
    cases = [case for case in json.loads(shared("corpora/urls/urltestdata.json").read_text()) if isinstance(case, dict)]
    urls = {case["input"] for case in cases} | {case["href"] for case in cases if "href" in case}
    door = open_door(trusted=(), resolver=Script(["127.0.0.1", "::1", "169.254.169.254"]), fetch_ports=range(1, 65536))
    with Spy() as connected:
        for url in urls:
            with pytest.raises(FetchError):
                await door.fetch(url)
    assert len(urls) > 1000
    assert [address for address in connected if not is_public(address[0])] == []


# ------------------------------------------------------------------------------------------------ too slow, too much


@pytest.mark.parametrize("path", ["headers", "body", "informational", "never"])
async def test_slow_answers_are_cut_and_others_are_not_kept_waiting(server, open_door, path):
    door = open_door(fetch_seconds=1)
    slow = asyncio.create_task(door.fetch(server.url(f"/slow/{path}")))
    assert (await door.fetch(server.url("/page"))).body == PAGE
    assert not slow.done()
    with pytest.raises(TooLarge, match="too_slow"):
        await slow


@pytest.mark.parametrize(
    "path",
    ["/endless", "/endless/unframed", "/bomb/gzip", "/bomb/deflate", "/bomb/br"],
)
async def test_too_much_is_cut_at_the_cap(server, open_door, path):
    with pytest.raises(TooLarge, match="too_large"):
        await open_door().fetch(server.url(path))


async def test_a_swarm_of_gzip_members_is_an_error(server, open_door):
    with pytest.raises(FetchError):
        await open_door().fetch(server.url("/bomb/members"))


@pytest.mark.parametrize("path", ["/headers/long", "/headers/many", "/headers/reason"])
async def test_headers_without_measure_are_an_error(server, open_door, path):
    with pytest.raises(Unreachable):
        await open_door().fetch(server.url(path))


@pytest.mark.parametrize(
    "path",
    ["short", "chunk", "negative", "two-lengths", "encoding", "protocol", "reset"],
)
async def test_a_broken_answer_is_an_error_and_not_half_a_page(server, open_door, path):
    with pytest.raises(Unreachable):
        await open_door().fetch(server.url(f"/wrong/{path}"))


async def test_a_packed_body_that_lacks_its_end_is_read_as_far_as_it_goes(server, open_door):
    fetched = await open_door().fetch(server.url("/wrong/cut"))
    assert fetched.body
    assert (bytes(range(256)) * 64).startswith(fetched.body)


async def test_a_body_of_exactly_the_cap_is_let_in(server, open_door):
    assert (await open_door(fetch_max_bytes=len(PAGE)).fetch(server.url("/page"))).body == PAGE
    with pytest.raises(TooLarge):
        await open_door(fetch_max_bytes=len(PAGE) - 1).fetch(server.url("/page"))


async def test_the_door_serves_on_after_everything_that_went_wrong(server, open_door):
    door = open_door(fetch_seconds=1)
    for path in ("/bomb/br", "/wrong/short", "/slow/body", "/endless", "/wrong/reset", "/headers/many"):
        with pytest.raises(FetchError):
            await door.fetch(server.url(path))
    assert (await door.fetch(server.url("/page"))).body == PAGE


async def test_two_requests_at_a_time_go_to_one_host_and_waiting_is_not_held_against_it(server, open_door):
    door = open_door(fetch_per_host=2, fetch_seconds=1.5)
    urls = [server.url("/busy?seconds=0.35")] * 10
    fetched = await asyncio.gather(*map(door.fetch, urls))
    assert [page.body for page in fetched] == [PAGE] * 10
    assert server.most_at_once == 2


async def test_a_fetch_that_is_called_off_gives_its_turn_back(server, open_door):
    door = open_door(fetch_per_host=1)
    hanging = asyncio.create_task(door.fetch(server.url("/slow/never")))
    await server.wait_asked()
    hanging.cancel()
    assert (await door.fetch(server.url("/page"))).body == PAGE


WEIGH = """
import asyncio, re, sys
from pathlib import Path
from bot.core.clock import SystemClock
from bot.core.errors import FetchError
from bot.core.settings import Settings
from bot.intake.fetch import GuardedDoor

def peak():  # not ru_maxrss, which a child inherits from whoever started it
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

async def main(host, *paths):
    door = GuardedDoor(Settings(_env_file=None, fetch_seconds=5), SystemClock(), trusted=(host,))
    await door.fetch(f"http://{host}/page")
    before = peak()
    outcomes = await asyncio.gather(*[door.fetch(f"http://{host}{path}") for path in paths], return_exceptions=True)
    assert all(isinstance(outcome, FetchError) for outcome in outcomes), outcomes
    await door.close()
    print(peak() - before)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
async def test_bombs_and_endless_streams_take_little_memory(server):
    paths = ["/bomb/gzip", "/bomb/deflate", "/bomb/br", "/bomb/members", "/endless", "/headers/many", "/headers/reason"]
    weighing = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WEIGH, server.host, *paths, stdout=subprocess.PIPE, cwd=ROOT
    )
    said, _ = await weighing.communicate()
    assert weighing.returncode == 0
    assert int(said) < 64 * 1024, "KiB of resident memory above that of one small page"
