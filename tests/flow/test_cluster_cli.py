"""`dateline cluster` as scripts use it: an article a line, answered with its story before the next is read."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.flow.test_program import CommandLine
from tests.unit.test_cluster import FERRY, FERRY_AGAIN, NOW, QUAKE_NORTH, QUAKE_SOUTH

KEYS = ("title", "text")


@pytest.fixture
def line(tmp_path):
    return CommandLine(tmp_path / "var")


def article(id, words, **more):
    return {"id": id, **dict(zip(KEYS, words, strict=True)), "published": None, "language": "en", "source": "x"} | more


def told(line, *rows, options=()):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    done = line("cluster", "-", *options, text=text)
    return done, [json.loads(answer) for answer in done.stdout.splitlines()]


def test_each_article_is_answered_with_the_story_it_tells(line, tmp_path):
    done, answers = told(line, article("a", FERRY), article(2, QUAKE_NORTH), article("c", FERRY_AGAIN))
    assert (done.returncode, done.stderr) == (0, "")
    assert answers == [{"id": "a", "story": "a"}, {"id": 2, "story": "2"}, {"id": "c", "story": "a"}]
    assert not (tmp_path / "var").exists(), "no bot, no store"


def test_a_file_has_the_same_answers_as_a_pipe(line, tmp_path):
    rows = [article("a", FERRY), article("b", QUAKE_SOUTH), article("c", FERRY_AGAIN)]
    (tmp_path / "articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done, _ = told(line, *rows)
    assert line("cluster", "articles.jsonl").stdout == done.stdout
    missing = line("cluster", "nowhere.jsonl")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "nowhere.jsonl" in missing.stderr


def test_what_is_no_article_has_the_number_of_its_line_and_the_rest_goes_on(line):
    bad = (
        ("not json", None, "error.line_no_json"),
        ("[1]", None, "error.line_no_object"),
        ("", None, None),
        ({"text": "Boat."}, None, "error.field_no_id"),
        ({"id": True, "text": "Boat."}, True, "error.field_no_id"),
        ({"id": "e", "title": " ", "text": None}, "e", "error.no_words"),
        ({"id": "t", "text": 5}, "t", "error.field_no_text"),
        ({"id": "p", "text": "Boat.", "published": "yesterday"}, "p", "error.field_no_time"),
        ({"id": "q", "text": "Boat.", "published": "0001-01-01T00:00:00+14:00"}, "q", "error.field_no_time"),
    )
    done, answers = told(line, article("a", FERRY), *(row for row, _, _ in bad), article("c", FERRY_AGAIN))
    assert done.returncode == 1
    assert (answers[0], answers[-1]) == ({"id": "a", "story": "a"}, {"id": "c", "story": "a"})
    expected = [(number, id, key) for number, (_, id, key) in enumerate(bad, 2) if key]
    assert [(answer["line"], answer["id"], answer["error"]["key"]) for answer in answers[1:-1]] == expected
    assert all(answer["error"]["message"] != answer["error"]["key"] for answer in answers[1:-1])


def test_the_window_goes_by_the_times_of_the_articles(line):
    def rows(hours):
        later = NOW + timedelta(hours=hours)
        return article("a", FERRY, published=NOW.isoformat()), article("b", FERRY_AGAIN, published=later.isoformat())

    assert told(line, *rows(71))[1][1]["story"] == "a"
    assert told(line, *rows(73))[1][1]["story"] == "b"
    assert told(line, *rows(73), options=("--hours", "100"))[1][1]["story"] == "a"


def test_an_article_without_a_time_is_of_now_and_one_wrong_year_does_not_change_what_now_is(line):
    dated = [article(str(number), QUAKE_NORTH, published="2026-03-02T09:00Z") for number in range(3)]
    odd = article("odd", QUAKE_SOUTH, published=datetime(2099, 1, 1, tzinfo=UTC).isoformat())
    _, answers = told(line, *dated, article("f", FERRY, published="2026-03-02"), odd, article("g", FERRY_AGAIN))
    assert answers[-1] == {"id": "g", "story": "f"}


def test_two_stories_are_told_apart_where_their_articles_have_one_id(line):
    _, answers = told(line, article("x", FERRY), article("x", QUAKE_NORTH), article("x", FERRY_AGAIN))
    assert [answer["story"] for answer in answers] == ["x", "x#2", "x"]


def test_each_line_is_answered_before_the_next_is_written(line):
    command = [sys.executable, "-m", "bot", "cluster", "-"]
    with subprocess.Popen(
        command, stdin=-1, stdout=-1, text=True, cwd=line.folder, env=line.environment, encoding="utf-8"
    ) as program:
        for id, words in (("a", FERRY), ("b", QUAKE_NORTH), ("c", FERRY_AGAIN)):
            program.stdin.write(json.dumps(article(id, words)) + "\n")
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["id"] == id
        program.stdin.close()
        assert program.wait(30) == 0
