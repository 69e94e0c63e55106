"""The web's locks: who gets in, for how long, from where, and what the answers give away."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession, DummyCookieJar, web

from adapters.web import guard
from adapters.web.posts import Post
from adapters.web.sessions import LINK_LIFE, READER_LIFE, STAFF_IDLE, STAFF_LIFE, Session, SignIn
from bot.core.errors import ChatGone
from bot.core.message import message
from bot.core.model import Person, Role
from bot.core.ports import Put
from bot.core.update import Update
from tests.flow.hostile import packed
from tests.flow.web import Browser, Running, running

HTTPS = {"public_url": "https://news.example/", "web_host": "127.0.0.1"}


@pytest.fixture
async def served(tmp_path: Path):
    async with running(tmp_path) as served:
        yield served


@pytest.fixture
async def browser(served: Running):
    async with Browser(served.address) as browser:
        await browser.open()
        yield browser


# ------------------------------------------------------------------------------------------------ signing in


async def test_the_link_signs_in_once(served: Running, browser: Browser):
    link = await served.adapter.sign_in_link()
    assert (await browser.sign_in(link)).url.path == "/desk"
    assert await served.store.get(Person, "web:operator") == Person(id="web:operator", role=Role.OPERATOR)
    async with Browser(served.address) as other:
        answer = await other.sign_in(link)
        assert answer.status == 403
        assert "has been used already" in other.html
        assert (await other.open("/desk")).status == 401


async def test_opening_the_link_changes_nothing(served: Running, browser: Browser):
    link = await served.adapter.sign_in_link()
    before = await served.kept()
    for _ in range(3):
        assert (await browser.open("/" + link.split("/", 3)[3])).status == 200
    assert await served.kept() == before
    assert (await browser.post("/sign-in", secret=browser.field("secret"))).status == 200


async def test_the_link_works_for_fifteen_minutes(served: Running, browser: Browser):
    link = await served.adapter.sign_in_link()
    await served.clock.advance(LINK_LIFE.total_seconds() + 1)
    assert (await browser.sign_in(link)).status == 403


async def test_of_two_who_use_the_link_at_once_one_gets_in(served: Running, browser: Browser):
    link = await served.adapter.sign_in_link()
    async with Browser(served.address) as other:
        answers = await asyncio.gather(browser.sign_in(link), other.sign_in(link))
    assert sorted(answer.status for answer in answers) == [200, 403]
    assert await served.count(Session) == 1


async def test_a_link_for_an_editor_gives_the_editor_s_rights_and_chat(served: Running, browser: Browser):
    await browser.sign_in(await served.adapter.sign_in_link("web:night-desk", Role.EDITOR))
    await browser.open()
    await browser.say("/list")
    await browser.reads("echo /list")
    assert served.handled[0].person == "web:night-desk"


async def test_the_cookie_changes_at_the_first_line_and_at_sign_in_and_the_old_ones_are_worth_nothing(
    served: Running, browser: Browser
):
    cookies = [browser.cookie]
    await browser.say("hello")
    cookies.append(browser.cookie)
    await browser.sign_in(await served.adapter.sign_in_link())
    cookies.append(browser.cookie)
    assert len(set(cookies)) == 3
    assert await served.count(Session) == 1
    for old in cookies[:2]:
        stolen = {"Cookie": f"dateline-{served.adapter.port}={old}"}
        async with ClientSession(cookie_jar=DummyCookieJar(), headers=stolen) as thief:
            answer = await thief.get(f"{served.address}/desk")
            assert answer.status == 401


async def test_a_reader_who_signs_in_leaves_no_chat_behind_that_is_told_the_news(served: Running, browser: Browser):
    await browser.say("/subscribe")
    await browser.reads("echo")
    await browser.sign_in(await served.adapter.sign_in_link())
    with pytest.raises(ChatGone):
        await served.adapter.send(served.handled[0].chat, message("news"), key="a")
    assert await served.count(Post) == 0


async def test_only_hashes_are_kept(served: Running, browser: Browser):
    await browser.say("hello")
    link = await served.adapter.sign_in_link()
    visitor = browser.cookie
    kept = await served.kept()
    await browser.sign_in(await served.adapter.sign_in_link("web:editor", Role.EDITOR))
    kept += await served.kept()
    for secret in (visitor, browser.cookie, link.rpartition("/")[2]):
        assert len(secret) == 43
        assert secret not in kept


async def test_signing_out_ends_the_session_on_both_sides(served: Running, browser: Browser):
    await browser.sign_in(await served.adapter.sign_in_link())
    old = browser.cookie
    await browser.post("/sign-out")
    assert await served.count(Session) == 0
    assert browser.cookie not in {"", old}
    assert (await browser.open("/desk")).status == 401


@pytest.mark.parametrize("pause", [STAFF_IDLE, STAFF_LIFE / 2])
async def test_a_signed_in_session_ends_when_it_is_left_alone(served: Running, browser: Browser, pause):
    await browser.sign_in(await served.adapter.sign_in_link())
    await served.clock.advance(pause.total_seconds() + 1)
    assert (await browser.open("/desk")).status == 401


@pytest.mark.parametrize(
    ("staff", "life", "step"), [(True, STAFF_LIFE, STAFF_IDLE / 2), (False, READER_LIFE, READER_LIFE / 8)]
)
async def test_a_session_in_use_ends_too_in_the_end(served: Running, browser: Browser, staff, life, step):
    if staff:
        await browser.sign_in(await served.adapter.sign_in_link())
    else:
        await browser.say("hello")
    count = int(life / step)
    for _ in range(count):
        await served.clock.advance(step.total_seconds())
        assert "data-since" in await page(browser)
    await served.clock.advance(step.total_seconds())
    assert "data-since" not in await page(browser)


async def page(browser: Browser) -> str:
    await browser.open()
    return browser.html


async def test_a_role_that_is_taken_back_is_gone_at_once(served: Running, browser: Browser):
    await browser.sign_in(await served.adapter.sign_in_link())
    await served.store.commit(Put(Person(id="web:operator", role=Role.READER)))
    assert (await browser.open("/desk")).status == 403
    await served.store.commit(Put(Person(id="web:operator", role=Role.OPERATOR, blocked=True)))
    assert (await browser.open("/desk")).status == 403


# ------------------------------------------------------------------------------------------------ forms


POSTS = ["/say", "/sign-in", "/sign-out", "/desk/compose", "/desk/alerts/a1", "/desk/feeds"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_s_form_is_refused_even_with_the_right_token(
    served: Running, browser: Browser, path: str, headers: dict[str, str]
):
    await browser.sign_in(await served.adapter.sign_in_link())
    before = await served.kept()
    answer = await browser.post(path, line="/block web:x", headline="x", severity="flash", headers=headers, script=True)
    assert answer.status == 403
    assert await served.kept() == before


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_this_session_s_token_is_refused(served: Running, browser: Browser, path: str):
    await browser.sign_in(await served.adapter.sign_in_link())
    before = await served.kept()
    for token in ("", "0" * 64, "é"):
        answer = await browser.post(path, token=token, line="/help", headline="x", severity="flash", script=True)
        assert answer.status == 403
    async with Browser(served.address) as other:
        await other.open()
        answer = await browser.post(path, token=other.field("token"), line="/help", script=True)
        assert answer.status == 403
    assert await served.kept() == before


async def test_what_was_typed_on_a_page_that_is_out_of_date_is_shown_again_and_not_sent(
    served: Running, browser: Browser
):
    before = browser.field("token")
    await browser.say("hello")
    answer = await browser.post("/say", token=before, line="/help me")
    assert answer.status == 403
    assert "This page is out of date" in browser.html
    assert "/help me</textarea>" in browser.html
    assert (await browser.say("/help me")).status == 200
    assert await served.count(Update) == 2


async def test_our_own_form_is_taken_with_our_origin_and_with_none(served: Running, browser: Browser):
    await browser.say("hello")
    for origin in (served.address, "null"):
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        assert (await browser.say("/help", headers=headers)).status == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
async def test_what_is_no_form_is_refused(served: Running, browser: Browser, kind: str):
    url = f"{served.address}/say"
    async with browser.client.post(url, data=b'{"line": "/help"}', headers={"Content-Type": kind}) as answer:
        assert answer.status == 422
    assert await served.count(Update) == 0


PLAIN, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
NAMED = b'--x\r\nContent-Disposition: form-data; name="line"\r\n'


async def endless(piece: bytes):
    while True:
        yield piece


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("kind", "encoding", "body"),
    [
        (PLAIN, "", b"line=\xff\xfe"),
        (f"{PLAIN}; charset=nonsense", "", b"line=x"),
        (PLAIN, "gzip", b"line=x"),
        (PLAIN, "br", packed(64)),
        (PLAIN, "gzip", packed(512)),
        (PLAIN, "deflate", packed(512, zlib.compressobj(9))),
        (PARTS, "gzip", packed(512)),
        (PLAIN, "", b"a&" * 30_000),
        (PLAIN, "", endless(bytes(2**18))),
        (PARTS, "", endless(bytes(2**18))),
        (PARTS, "", endless((NAMED + b"\r\n\r\n") * 1000)),
        (PARTS, "", NAMED + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\nx\r\n--x--"),
        (PARTS, "", NAMED + b"Content-Transfer-Encoding: nonsense\r\n\r\nx\r\n--x--"),
        (PARTS, "", b"--x\r\n\r\nx\r\n--x--"),
        (PARTS, "", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--"),
        ("multipart/form-data", "", b"--x--"),
    ],
)
async def test_a_hostile_body_is_refused_and_nothing_fails(
    served: Running, browser: Browser, path: str, kind: str, encoding: str, body: object
):
    await browser.sign_in(await served.adapter.sign_in_link())
    headers = {"Content-Type": kind, **({"Content-Encoding": encoding} if encoding else {})}
    before = await served.kept()
    with suppress(ClientConnectionError):  # cut off while it still sends
        async with browser.client.post(f"{served.address}{path}", data=body, headers=headers) as answer:
            assert 400 <= answer.status < 500
    assert await served.kept() == before
    assert (await browser.open("/health")).status == 200


@pytest.mark.parametrize("kind", [PLAIN, PARTS])
async def test_a_body_that_never_ends_is_given_up(served: Running, browser: Browser, monkeypatch, kind: str):
    for name in ("_FORM_SECONDS", "_PHOTO_SECONDS"):
        monkeypatch.setattr(guard, name, 0.2)
    await browser.sign_in(await served.adapter.sign_in_link())
    hanging = asyncio.Event()

    async def drip():
        yield b"--x\r\n"
        await hanging.wait()

    url = f"{served.address}/desk/compose"
    async with browser.client.post(url, data=drip(), headers={"Content-Type": kind}) as answer:
        assert answer.status == 408
    hanging.set()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_connects_and_asks_for_nothing_is_sent_away_and_nobody_else(
    served: Running, browser: Browser, begun: bytes
):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.adapter.port)
    writer.write(begun)
    await browser.say("hello")
    async with browser.stream() as stream:
        await browser.open("/health")
        for _ in range(2):
            await served.clock.advance(31)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        assert await stream.next()
    writer.close()


@pytest.mark.parametrize("path", ["/say", "/sign-in", "/sign-out", "/desk/compose"])
async def test_nothing_is_done_by_opening_an_address(served: Running, browser: Browser, path: str):
    answer = await browser.open(path)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


# ------------------------------------------------------------------------------------------------ hosts, limits


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "192.168.1.20:{port}"])
async def test_the_machine_s_own_names_are_known(served: Running, host: str):
    assert await status(served, host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "localhost", "localhost:1", "127.0.0.1.evil.example:{port}", "[", "a:b:c"],
)
async def test_another_name_for_this_machine_is_turned_away(served: Running, host: str):
    assert await status(served, host) == 421


async def test_the_public_name_is_known(tmp_path: Path):
    async with running(tmp_path, **HTTPS) as served:
        assert [await status(served, host) for host in ("news.example", "news.example:443", "localhost:{port}")] == [
            200
        ] * 3
        assert await status(served, "news.example:8443") == 421


async def status(served: Running, host: str) -> int:
    headers = {"Host": host.format(port=served.adapter.port)}
    async with ClientSession() as client, client.get(served.address, headers=headers) as answer:
        return answer.status


async def test_new_sessions_are_limited_by_address(served: Running):
    statuses = []
    for _ in range(32):
        async with Browser(served.address) as newcomer:
            await newcomer.open()
            statuses.append((await newcomer.say("hello", script=True)).status)
    assert statuses == [200] * 30 + [429] * 2
    assert await served.count(Session) == 30


async def test_behind_the_proxy_the_address_is_the_one_that_the_proxy_names(tmp_path: Path):
    async with running(tmp_path, public_url=f"http://127.0.0.1:{80}/") as served:
        statuses = []
        for number in range(40):
            async with Browser(
                served.address, {"X-Forwarded-For": f"203.0.113.1, 2001:db8:0:{number:x}::1"}
            ) as newcomer:
                await newcomer.open()
                statuses.append((await newcomer.say("hello", script=True)).status)
    assert statuses == [200] * 40


# ------------------------------------------------------------------------------------------------ answers


STAFF = ["/desk", "/desk/board", "/desk/older/latest", "/desk/alerts/a1", "/desk/alerts/a1/standing"]
PAGES = ["/", "/nothing", "/desk", "/events", "/static/style.css", "/health", "/sign-in/x", "/static/../adapter.py"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_carries_the_same_guards(served: Running, browser: Browser, path: str):
    headers = (await browser.open(path)).headers
    policy = headers["Content-Security-Policy"]
    for rule in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers


async def test_the_policy_lets_in_nothing_but_what_carries_this_page_s_nonce(served: Running, browser: Browser):
    nonces = []
    for _ in range(2):
        policy = (await browser.open()).headers["Content-Security-Policy"]
        nonce = browser.attribute("nonce")
        assert f"script-src 'nonce-{nonce}'" in policy
        assert "style=" not in browser.html
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


async def test_by_http_the_cookie_is_out_of_reach_of_scripts_and_other_sites(served: Running):
    async with ClientSession() as client, client.get(served.address) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"dateline-{served.adapter.port}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


async def test_by_https_the_cookie_is_bound_to_the_host_and_the_transport_is_strict(tmp_path: Path):
    async with running(tmp_path, **HTTPS) as served:
        async with ClientSession() as client, client.get(served.address) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert "max-age=" in answer.headers["Strict-Transport-Security"]
        assert cookie.startswith("__Host-dateline=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert (await served.adapter.sign_in_link()).startswith("https://news.example/sign-in/")


async def test_who_is_not_signed_in_and_who_may_not_are_told_apart(served: Running, browser: Browser):
    for path in (*STAFF, "/events"):
        answer = await browser.open(path)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"]
    await browser.open()
    await browser.say("hello")
    for path in STAFF:
        assert (await browser.open(path)).status == 403
        assert "sign" in browser.html.lower()


class Broken:
    """Another adapter, whose page fails with a secret in its hands."""

    platform = account = "broken"

    @property
    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return (web.get("/broken", self.page), web.post("/broken", self.hook))

    async def page(self, _request: web.Request) -> web.Response:
        raise RuntimeError("the token is 123456:ABC")

    async def hook(self, request: web.Request) -> web.Response:
        return web.json_response(await request.json())


async def test_an_error_page_gives_nothing_away_and_another_adapter_s_routes_are_served(tmp_path: Path):
    async with running(tmp_path, others=(Broken(),)) as served, Browser(served.address) as browser:
        answer = await browser.open("/broken")
        assert answer.status == 500
        assert "it has been noted" in browser.html
        assert not {"RuntimeError", "123456", "Traceback"} & set(browser.html.replace(":", " ").split())
        async with browser.client.post(f"{served.address}/broken", json={"update_id": 1}) as hook:
            assert await hook.json() == {"update_id": 1}


@pytest.mark.parametrize(
    "path", ["/static/%2e%2e/adapter.py", "/static/..%2fadapter.py", "/static/nothing.css", "/static/.py"]
)
async def test_no_file_but_the_static_ones_is_served(served: Running, browser: Browser, path: str):
    assert (await browser.open(path)).status == 404


async def test_a_static_file_is_not_sent_again_while_it_is_the_same(served: Running, browser: Browser):
    tag = (await browser.open("/static/page.js")).headers["ETag"]
    headers = {"If-None-Match": tag}
    async with browser.client.get(f"{served.address}/static/page.js", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


async def test_a_used_or_lapsed_link_is_not_kept(served: Running, browser: Browser):
    await browser.sign_in(await served.adapter.sign_in_link())
    assert await served.count(SignIn) == 0
