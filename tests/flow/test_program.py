"""The program by its command line: started, asked, backed up, restored, and told when something is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.program import Program
from tests.shared import ROOT


class CommandLine:
    """`python -m bot ...` with a data folder, beside a running program or alone."""

    def __init__(self, data: Path, **settings: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {**kept, "PYTHONPATH": str(ROOT), "DATA_DIR": str(data), **settings}
        self.folder = data.parent

    def __call__(self, *arguments: str, text: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=text,
            env=self.environment | settings,
            cwd=self.folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )


@pytest.fixture
def line(tmp_path):
    return CommandLine(tmp_path / "var")


@pytest.fixture
def program(tmp_path):
    with Program(tmp_path / "var") as program:
        yield program


def test_a_breaking_story_goes_out_and_is_reported(program, line):
    made = line("breaking", "Fire in the old harbour", "--severity", "flash", "--release", "--wait")
    assert made.returncode == 0, made.stderr
    id, headline, _, report = made.stdout.splitlines()
    assert len(id) == 16
    assert headline == "Fire in the old harbour"
    assert "nobody" in report.lower()
    assert not made.stderr, "quiet in a pipe"


def test_a_breaking_story_without_a_running_bot_waits_for_one(line):
    made = line("breaking", "Fire in the old harbour", "--release", "--wait")
    assert made.returncode == 1
    assert "No bot is running" in made.stderr
    with Program(line.folder / "var"):
        again = line("breaking", "Second", "--release", "--wait")
        assert again.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("breaking", ""), 1, "headline is missing"),
        (("breaking", "x", "--severity", "loud"), 2, "severity"),
        (("breaking", "x", "--url", "ftp://x"), 1, ""),
        (("breaking",), 2, "TEXT"),
        (("nonsense",), 2, "No such command"),
        (("restore", "nonsense.jsonl"), 2, "nonsense.jsonl"),
        (("summary",), 2, "SOURCE"),
    ],
)
def test_wrong_use_is_told_in_a_line_and_by_the_exit_status(line, arguments, status, says):
    done = line(*arguments)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backup_of_the_running_bot_is_restored_elsewhere(program, line, tmp_path):
    draft = line("breaking", "Kept for good")
    assert draft.returncode == 0
    assert f"dateline approve {draft.stdout.strip()}" in draft.stderr
    file = tmp_path / "backup.jsonl.gz"
    file.write_text("something older")
    refused = line("backup", str(file))
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    made = line("backup", "--replace", str(file))
    assert made.returncode == 0, made.stderr
    elsewhere = CommandLine(tmp_path / "elsewhere")
    restored = elsewhere("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.split()[0] == made.stdout.split()[0]
    again = elsewhere("restore", str(file))
    assert again.returncode == 1
    assert "--replace" in again.stderr
    assert elsewhere("restore", "--replace", str(file)).returncode == 0
    journal = b"".join(path.read_bytes() for path in (tmp_path / "elsewhere").rglob("*") if path.is_file())
    assert b"Kept for good" in journal


def test_nothing_is_no_backup_and_nobody_no_export(line, tmp_path):
    for what in ("backup", "export"):
        refused = line(what, str(tmp_path / what))
        assert (refused.returncode, "Check DATA_DIR" in refused.stderr) == (1, True)
        assert not (tmp_path / what).exists()


def test_a_restore_leaves_alone_a_store_that_has_anything_in_it_feeds_or_none(line, tmp_path):
    assert line("breaking", "From the backup").returncode == 0
    file = tmp_path / "backup.jsonl"
    assert line("backup", str(file)).returncode == 0
    elsewhere = CommandLine(tmp_path / "elsewhere" / "var")
    elsewhere.folder.mkdir()
    assert elsewhere("breaking", "Kept here").returncode == 0
    refused = elsewhere("restore", str(file))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    kept = tmp_path / "kept.jsonl"
    assert elsewhere("backup", str(kept)).returncode == 0
    assert b"Kept here" in kept.read_bytes()


def test_a_port_that_is_taken_is_named(program, line, tmp_path):
    port = program.address.rpartition(":")[2]
    second = CommandLine(tmp_path / "other")("run", WEB_PORT=port, SAMPLE_NEWSROOM="false")
    assert second.returncode == 1
    assert "WEB_PORT" in second.stderr


def test_wrong_settings_are_named_and_their_values_are_not_shown(line):
    (line.folder / ".env").write_text("WEB_PROT=8080\nOPERATORS=secret-of-mine\n")
    done = line("check")
    assert done.returncode == 1
    assert "WEB_PROT: there is no such setting" in done.stdout
    assert "OPERATORS" in done.stdout
    assert "secret-of-mine" not in done.stdout + done.stderr
    run = line("run")
    assert run.returncode == 2
    assert "WEB_PROT: there is no such setting" in run.stderr
    assert "Traceback" not in run.stderr


def test_check_looks_at_settings_store_platforms_feeds_and_a_chat(program, line):
    done = line("check", "--live", "web:operator")
    assert done.returncode == 0, done.stdout
    assert "the bot is running" in done.stdout
    assert "ok      platform web: it listens" in done.stdout
    assert done.stdout.count("ok      feed http://127.0.0.1:") == 2
    assert "ok      feeds are only polled, as PUBLIC_URL is not set" in done.stdout
    assert "live in web:operator: send, edit, withdraw worked." in done.stdout
    wrong = line("check", "--live", "telegram:1")
    assert wrong.returncode == 1
    assert "telegram is not connected" in wrong.stdout


def test_check_without_a_bot_names_the_feed_that_does_not_answer(line):
    done = line("check", FEEDS="http://127.0.0.1:9/feed")
    assert done.returncode == 1
    assert "the bot is not running" in done.stdout
    assert "PROBLEM feed http://127.0.0.1:9/feed" in done.stdout


def test_check_names_those_of_many_feeds_that_do_not_answer(line):
    feeds = ",".join(f"http://127.0.0.1:9/{number}" for number in range(40))
    done = line("check", FEEDS=feeds)
    assert done.stdout.count("PROBLEM feed http://127.0.0.1:9/") == 40
    assert "PROBLEM feeds: 0 of 40 are fine" in done.stdout


def test_a_terminal_without_the_letters_of_a_headline_shows_the_others(line):
    line("breaking", "Fire 🔥 at the quay")
    done = line("alerts", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0, done.stderr
    assert "Fire ? at the quay" in done.stdout


def test_a_pipe_gets_each_answer_in_order(line):
    rows = [{"id": 1, "text": "One thing happened. Then another did. It rained."}, {"id": 2}]
    done = line("summary", "-", "--json", text="".join(json.dumps(row) + "\n" for row in rows))
    answers = [json.loads(answer) for answer in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert "error" in answers[1]
    assert done.returncode == 1


def test_the_address_and_the_link_are_printed_before_the_port_answers(tmp_path):
    with Program(tmp_path / "var") as program:
        assert program.address.startswith("http://127.0.0.1:")
        assert program.link.startswith(f"{program.address}/sign-in/")
        secret = program.link.rpartition("/")[2]
        assert len(secret) >= 22, "at least 128 bits"
    assert secret not in program.log


def test_the_program_ends_soon_when_told_to(tmp_path):
    with Program(tmp_path / "var") as program:
        pass
    assert program.process.returncode == 0, program.log
    assert "Traceback" not in program.log
