"""The reading commands as people and scripts use them: files, addresses and a pipe; one answer an item."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.pages import HEADLINE, PARAGRAPHS, URL, article
from tests.shared import ROOT

TEXT = "\n".join(PARAGRAPHS)
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Harbour Post</title>
<link>https://harbourpost.example/</link><item><guid>1</guid><title>{HEADLINE}</title><link>{URL}</link>
<description>&lt;p onclick="x()"&gt;Sails&lt;/p&gt;&lt;script&gt;evil()&lt;/script&gt;</description></item>
</channel></rss>"""


class Pages(BaseHTTPRequestHandler):
    """Serves the article and the feed."""

    def do_GET(self):
        kind, body = ("application/rss+xml", FEED) if self.path == "/feed" else ("text/html; charset=utf-8", article())
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        """Keep the terminal clean."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def dateline(tmp_path):
    def run(*arguments: str, lines: tuple[object, ...] = (), **settings: str) -> subprocess.CompletedProcess[str]:
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=text,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path / "var")} | settings,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


def answers(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_text_from_a_pipe_is_summarised(dateline):
    done = dateline(
        "summary", "-", "--sentences", "2", lines=({"id": 7, "text": TEXT, "title": HEADLINE, "language": "en"},)
    )
    (answer,) = answers(done)
    assert (done.returncode, done.stderr) == (0, "")
    assert [*answer] == ["id", "headline", "sentences", "quote", "language", "method", "reading_minutes"]
    assert answer["reading_minutes"] == 1
    assert (answer["id"], answer["headline"], answer["language"], answer["method"]) == (7, HEADLINE, "en", "extractive")
    assert len(answer["sentences"]) == 2
    assert all(told["text"] in PARAGRAPHS[told["paragraph"]] for told in answer["sentences"])
    assert answer["quote"]["speaker"] == "Ida Brenholt"


def test_a_budget_of_words_goes_over_the_number_of_sentences(dateline):
    (answer,) = answers(dateline("summary", "-", "--words", "30", lines=({"id": 1, "text": TEXT},)))
    assert sum(len(told["text"].split()) for told in answer["sentences"]) <= 30


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        (("--length", "short"), 2),
        (("--length", "normal"), 3),
        (("--length", "long"), 4),
        (("--length", "long", "--sentences", "1"), 1),
        ((), 3),
    ],
)
def test_a_summary_is_as_long_as_asked_for(dateline, options, sentences):
    (answer,) = answers(dateline("summary", "-", *options, lines=({"id": 1, "text": TEXT, "title": HEADLINE},)))
    assert len(answer["sentences"]) == sentences


def test_people_are_told_how_long_the_whole_article_takes(dateline, tmp_path):
    (tmp_path / "page.html").write_text(article(paragraphs=(*PARAGRAPHS, "The boat sails at night. " * 100)))
    done = dateline("summary", "page.html", "--length", "short")
    assert done.stdout.splitlines()[:2] == [HEADLINE, "3 min to read"]


def test_what_is_no_article_is_shown_for_what_it_is_and_not_summarised(dateline):
    gone = {"id": 1, "html": "<title>404 Not Found</title><h1>404 Not Found</h1><p>Try the front page.</p>"}
    done = dateline("extract", "-", lines=(gone,))
    (answer,) = answers(done)
    assert (done.returncode, answer["kind"], answer["title"]) == (0, "error", "404 Not Found")
    assert answer["text"]
    (answer,) = answers(dateline("summary", "-", lines=(gone,)))
    assert answer["error"]["key"] == "error.no_article_error"


def test_html_from_a_pipe_is_extracted(dateline):
    done = dateline("extract", "-", "--json", lines=({"id": "a", "html": article(), "url": URL},))
    (answer,) = answers(done)
    assert [*answer] == [
        "id", "kind", "url", "title", "byline", "authors", "dateline", "published", "updated", "language", "site",
        "image", "paragraphs", "text",
    ]  # fmt: skip
    assert (done.returncode, answer["kind"], answer["title"]) == (0, "article", HEADLINE)
    assert answer["paragraphs"] == [*PARAGRAPHS]
    assert answer["text"] == "\n\n".join(PARAGRAPHS)


def test_a_feed_from_a_pipe_is_read_and_nothing_of_a_script_survives(dateline):
    done = dateline("feed", "-", lines=({"id": 1, "base64": base64.b64encode(FEED.encode()).decode(), "base": URL},))
    (answer,) = answers(done)
    assert [*answer] == [
        "id", "feed_id", "source", "format", "title", "link", "language", "description", "authors", "published",
        "updated", "entries", "problems",
    ]  # fmt: skip
    assert (done.returncode, answer["source"], answer["title"]) == (0, URL, "The Harbour Post")
    (entry,) = answer["entries"]
    assert (entry["title"], entry["url"]) == (HEADLINE, URL)
    assert "Sails" in entry["summary"]
    assert "script" not in entry["summary"]
    assert "onclick" not in entry["summary"]


def test_each_line_is_answered_before_the_next_is_written(tmp_path):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "bot", "summary", "-"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, cwd=tmp_path, env=environment) as program:
        for number in range(3):
            program.stdin.write(json.dumps({"id": number, "text": TEXT}) + "\n")
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["id"] == number
        program.stdin.close()
        assert program.wait(30) == 0


_BAD = (
    ("not json", None, "error.line_no_json"),
    ("[1]", None, "error.line_no_object"),
    ({"id": "e"}, "e", "error.item_empty"),
    ({"id": "t", "text": 5}, "t", "error.field_no_text"),
    ({"id": "s", "text": "Boat."}, "s", "error.no_article_short"),
    ({"id": "u", "url": "ftp://harbourpost.example/"}, "u", None),
    ({"id": "i", "html": "<title>404 Not Found</title><h1>404 Not Found</h1>"}, "i", "error.no_article_error"),
)


def test_a_bad_line_has_its_error_and_the_rest_goes_on(dateline):
    good = {"id": "good", "text": TEXT}
    done = dateline("summary", "-", lines=(*(line for line, _, _ in _BAD), "", good))
    *failed, last = answers(done)
    assert done.returncode == 1
    assert [answer["id"] for answer in failed] == [id for _, id, _ in _BAD]
    for answer, (_, _, key) in zip(failed, _BAD, strict=True):
        assert key in {None, answer["error"]["key"]}
        assert answer["error"]["message"] != answer["error"]["key"]
    assert last["headline"]


def test_a_hostile_document_costs_only_its_own_line(dateline):
    hostile = "<div " + " ".join(f"a{number}=1" for number in range(60_000)) + ">"
    done = dateline("extract", "-", lines=({"id": 1, "html": hostile}, {"id": 2, "html": article()}))
    first, second = answers(done)
    assert first.get("error", {}).get("key", "").startswith("error.document_") or first["kind"] != "article"
    assert second["title"] == HEADLINE


def test_text_from_a_pipe_needs_neither_settings_nor_a_data_folder(dateline, tmp_path):
    (tmp_path / ".env").write_text("NO_SUCH_SETTING=1\n")
    done = dateline("summary", "-", lines=({"id": 1, "text": TEXT},))
    assert done.returncode == 0
    assert not (tmp_path / "var").exists()


def test_addresses_and_files_are_read_in_order(dateline, site, tmp_path):
    (tmp_path / "page.html").write_text(article())
    (tmp_path / "page.txt").write_text(TEXT)
    done = dateline("summary", f"http://{site}/night-boat", "page.html", "page.txt", "--json", TRUSTED_HOSTS=site)
    told = answers(done)
    assert done.returncode == 0, done.stdout
    assert [answer["id"] for answer in told] == [f"http://{site}/night-boat", "page.html", "page.txt"]
    assert [answer["headline"] for answer in told[:2]] == [HEADLINE] * 2
    assert len(told[2]["sentences"]) == 3


def test_what_can_not_be_read_is_said_and_the_rest_is_read(dateline, site):
    sources = ("nowhere.html", f"http://{site}/gone", "http://127.0.0.1:1/", f"http://{site}/night-boat")
    done = dateline("extract", *sources, "--json", TRUSTED_HOSTS=site)
    told = answers(done)
    assert done.returncode == 1
    assert [answer.get("error", {}).get("key") for answer in told[:1]] == ["error.no_file"]
    assert all("error" in answer for answer in told[:3])
    assert told[3]["title"] == HEADLINE


def test_a_feed_is_read_by_its_address(dateline, site):
    (answer,) = answers(dateline("feed", f"http://{site}/feed", "--json", TRUSTED_HOSTS=site))
    assert answer["source"] == f"http://{site}/feed"
    assert len(answer["entries"]) == 1


@pytest.mark.parametrize("command", ["summary", "extract"])
def test_people_get_words_and_no_control_characters(dateline, tmp_path, command):
    headline = "Ferry \u001b[31mcompany\u0007 adds [bold]night[/bold] boat"
    (tmp_path / "page.html").write_text(article(headline=headline))
    done = dateline(command, "page.html")
    assert done.returncode == 0
    assert "adds [bold]night[/bold] boat" in done.stdout
    assert "\u001b" not in done.stdout
    assert "\u0007" not in done.stdout
    assert "The ferry to Tern Island will sail at night" in done.stdout


def test_people_are_told_of_errors_on_the_error_stream(dateline):
    done = dateline("summary", "nowhere.html")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no file nowhere.html" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("summary",), ("summary", "-", "--sentences", "0"), ("extract", "--nonsense", "x")]
)
def test_wrong_use_has_the_status_2(dateline, arguments):
    assert dateline(*arguments).returncode == 2
