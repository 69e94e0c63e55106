"""Feeds from the terminal: chosen, listed, looked at, moved and let go of, without a bot that runs."""

from __future__ import annotations

import pytest

from tests.flow.site import answer, rss, served
from tests.flow.test_desk_cli import Terminal


@pytest.fixture
def dateline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    return Terminal(tmp_path / "var")


async def test_a_feed_is_made_the_newsroom_s_shown_moved_and_let_go_of(dateline, monkeypatch):
    async with served() as site:
        monkeypatch.setenv("TRUSTED_HOSTS", site.host)
        site.answers |= {path: answer(rss(2, 1, title="Courier")) for path in ("/courier", "/new")}
        owned = await dateline("feeds", "own", site.url("/courier"))
        assert (owned.status, owned.err) == (0, "")
        assert "Courier is one of the newsroom's own feeds now" in owned.out
        assert f"Courier — not looked at yet {site.url('/courier')}" in (await dateline("feeds", "list")).out
        shown = await dateline("feeds", "status", "cour")
        assert "Looked at: never" in shown.out
        assert f"dateline feeds look {site.url('/courier')}" in shown.out
        assert "Courier is being looked at" in (await dateline("feeds", "look", "courier")).out
        assert site.url("/new") in (await dateline("feeds", "move", "courier", site.url("/new"))).out
        assert "It lives at another address now" in (await dateline("feeds", "status", "courier")).out
        assert "none of the newsroom's own" in (await dateline("feeds", "disown", "courier")).out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list"], "There are no feeds yet"),
        (["status", "gazette"], "No feed here goes by"),
        (["own", "http://10.0.0.1/feed"], "10.0.0.1"),
        (["look", "a\x1b"], "control character"),
    ],
)
async def test_what_is_wrong_is_one_clear_line(dateline, words, says):
    done = await dateline("feeds", *words)
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert says in done.err
