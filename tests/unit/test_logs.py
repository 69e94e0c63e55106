"""Log lines: secrets taken out, foreign text made harmless, on the console and for machines."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.logs import redacted
from tests.shared import ROOT

TELEGRAM = "123456789:" + "Ab-c_" * 7
DISCORD = "M" * 24 + ".Cl2FMQ." + "Zn-_j" * 6
WEBHOOK = "223704706495545344/" + "3d89-b_7" * 8
LINK = "q8Zr0wXk3mN5pT7vYb2cD4fG6hJ9lQsE"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TELEGRAM, "[secret]"),
        (f"https://api.telegram.org/bot{TELEGRAM}/sendMessage", "https://api.telegram.org/bot[secret]/sendMessage"),
        (f"/file/bot{TELEGRAM}/x.jpg", "/file/bot[secret]/x.jpg"),
        (f"token={TELEGRAM!r}", "token='[secret]'"),
        (f"Authorization: Bot {DISCORD}", "Authorization: Bot [secret]"),
        (f"https://discord.com/api/webhooks/{WEBHOOK}?wait=1", "https://discord.com/api[secret]?wait=1"),
        (f"/interactions/{WEBHOOK}/callback", "[secret]/callback"),
        (f"http://127.0.0.1:8080/sign-in/{LINK}", "http://127.0.0.1:8080/sign-in/[secret]"),
        ("postgresql://bot:hunter2@db:5432/x", "postgresql://[secret]@db:5432/x"),
        ("https://bot:p@ss:w@rd@db/x", "https://[secret]@db/x"),
        ("https://ghp_token@example.org/feed", "https://[secret]@example.org/feed"),
        ("Authorization: Bearer abc.DEF-123_xyz=", "Authorization: [secret]"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: [secret]"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text, shown):
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:00:00+00:00 polled https://example.org/feed?a=b@c in 0.2 s",
        "telegram:110201543 said: Brücke 🌉 gesperrt",
        "mail to desk@example.org",
        "bot.intake.sandbox: 12:30:45",
        "story 06f2k3m4n5p6q7r8",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redacted(text) == text


@given(st.text())
def test_no_control_character_reaches_a_log(text):
    assert redacted(text).isprintable()


@pytest.mark.parametrize(
    ("char", "shown"),
    [("\n", "\\n"), ("\r", "\\r"), ("\x1b", "\\x1b"), ("\x00", "\\x00"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800")],
)
def test_control_characters_are_made_visible(char, shown):
    assert redacted(f"a{char}b") == f"a{shown}b"


PROGRAM = f"""
import logging, sys, structlog
from bot.core.logs import configure

configure("INFO", sys.argv[1])
log = structlog.get_logger()
log.debug("not said")
log.info("fetched\\n2026-01-01 [error] forged", title="Bridge\\n2026-01-01 [error] forged", url="https://a:hunter2@b/",
         nested={{"token": ["{TELEGRAM}"]}}, error=ValueError("{TELEGRAM}"), count=3, missing=None)
secret = "{LINK}"
for name in (log, logging.getLogger("library")):
    try:
        raise ValueError("bad {TELEGRAM}\\n2026-01-01 [error] forged")
    except ValueError:
        name.exception("failed")
logging.getLogger("library").warning("asked %s", "https://api.telegram.org/bot{TELEGRAM}/getMe")
logging.getLogger("aiohttp.access").info("not said either")
"""


@pytest.fixture(scope="module", params=["console", "json"])
def said(request):
    """What a program of its own writes to standard error, for logging is set up once in a process."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, request.param], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == ""
    return request.param, run.stderr


def test_no_secret_is_logged_by_us_or_by_a_library(said):
    _, lines = said
    assert TELEGRAM not in lines
    assert "hunter2" not in lines
    assert LINK not in lines, "tracebacks show no local variables"
    assert lines.count("[secret]") >= 6
    assert "not said" not in lines


def test_foreign_text_begins_no_line(said):
    _, lines = said
    assert "forged" in lines
    assert not any(line.startswith("2026-01-01") for line in lines.splitlines())


def test_lines_for_machines_are_json_one_an_event(said):
    style, lines = said
    if style == "json":
        events = [json.loads(line) for line in lines.splitlines()]
        assert [event["level"] for event in events] == ["info", "error", "error", "warning"]
        assert (events[0]["count"], events[0]["missing"], events[0]["error"]) == (3, None, "[secret]")
        assert all(event["timestamp"].endswith("Z") for event in events)
    else:
        assert sum(line[:1].isdigit() for line in lines.splitlines()) == 4
