"""Settings: a misspelt key is named, lists are read, secrets stay hidden."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.core.model import Role
from bot.core.settings import Access, Settings


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No `.env` and no variable of whoever runs the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def write(text):
    Path(".env").write_text(text, encoding="utf-8")


def test_everything_has_a_default_and_says_why_one_would_change_it():
    assert Settings().web_port == 8080
    assert all(field.description for field in Settings.model_fields.values())


def test_a_misspelt_key_is_an_error_that_names_it_and_not_its_value():
    write("WEB_PROT=hunter2\n")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "web_prot" in str(caught.value).lower()
    assert "hunter2" not in str(caught.value)


def test_a_wrong_value_is_an_error_that_names_the_key_and_not_the_value():
    write("WEB_PORT=hunter2\nDATABASE_URL=postgresql://user:hunter2@db/x\n")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "web_port" in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_the_environment_goes_before_the_file(monkeypatch):
    write("WEB_PORT=1\nLANGUAGE=de\n")
    monkeypatch.setenv("WEB_PORT", "2")
    assert (Settings().web_port, Settings().language) == (2, "de")


def test_an_empty_line_means_the_default(monkeypatch):
    write("PUBLIC_URL=\nSAMPLE_NEWSROOM=\nFEEDS=\n")
    monkeypatch.setenv("WEB_PORT", "")
    settings = Settings()
    assert (settings.public_url, settings.sample_newsroom, settings.feeds, settings.web_port) == (None, None, (), 8080)


def test_lists_are_read_from_commas():
    write(
        "EDITORS= telegram:1 , discord:2,\nTRUSTED_HOSTS=intranet.example:8080,[fd00::1]:80\n"
        "FETCH_PORTS=80,8000\nFEEDS=https://example.org/a?b=1;2, https://example.org/c\n"
    )
    settings = Settings()
    assert settings.editors == ("telegram:1", "discord:2")
    assert settings.trusted_hosts == ("intranet.example:8080", "[fd00::1]:80")
    assert settings.fetch_ports == (80, 8000)
    assert list(map(str, settings.feeds)) == ["https://example.org/a?b=1;2", "https://example.org/c"]


@pytest.mark.parametrize(
    "line",
    [
        "EDITORS=ann",
        "EDITORS=telegram:",
        "OPERATORS=telegram:a b",
        "TRUSTED_HOSTS=intranet.example",
        "TRUSTED_HOSTS=intranet.example:99999",
        "TRUSTED_HOSTS=https://intranet.example:80",
        "FEEDS=file:///etc/passwd",
        "FEEDS=example.org",
        "FETCH_PORTS=http",
        "FETCH_PORTS=99999",
        "WEB_PORT=65536",
        "ACCESS=everybody",
        "UNDO_SECONDS=-1",
        "LOG_LEVEL=LOUD",
        "LANGUAGE=tlh",
    ],
)
def test_what_makes_no_sense_is_refused(line):
    write(line)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert line.partition("=")[0].lower() in str(caught.value)


@pytest.mark.parametrize(
    "lines", ["POLL_LONGEST_SECONDS=299", "POLL_SECONDS=86400", "POLL_SECONDS=60\nPOLL_LONGEST_SECONDS=59"]
)
def test_what_fails_is_not_looked_at_more_often_than_what_is_well(lines):
    write(f"{lines}\n")
    with pytest.raises(ValidationError, match="at least POLL_SECONDS, which is") as caught:
        Settings()
    assert "poll_longest_seconds" in str(caught.value)


def test_the_longest_pause_may_be_the_usual_one():
    write("POLL_SECONDS=600\nPOLL_LONGEST_SECONDS=600\n")
    assert Settings().poll_longest_seconds == 600


def test_the_sample_newsroom_runs_until_there_are_feeds():
    assert Settings().samples
    assert not Settings(feeds="https://example.org/feed").samples
    assert Settings(feeds="https://example.org/feed", sample_newsroom=True).samples
    assert not Settings(sample_newsroom=False).samples


def test_roles_come_from_the_accounts():
    settings = Settings(editors="telegram:1,telegram:2", operators="telegram:2", access="invited")
    people = ("telegram:1", "telegram:2", "discord:1", "")
    assert [settings.role(person) for person in people] == [Role.EDITOR, Role.OPERATOR, Role.READER, Role.READER]
    assert settings.access is Access.INVITED


def test_settings_can_not_be_changed_on_the_way():
    with pytest.raises(ValidationError):
        Settings().web_port = 1


class WithToken(Settings):
    """As the settings of a platform will look."""

    telegram_token: SecretStr = SecretStr("")


def test_a_secret_is_hidden_in_repr_and_dumps_and_errors():
    write("TELEGRAM_TOKEN=hunter2\n")
    settings = WithToken()
    assert settings.telegram_token.get_secret_value() == "hunter2"
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hunter2" not in shown
    write("TELEGRAM_TOKEN=hunter2\nWEB_PORT=x\n")
    with pytest.raises(ValidationError) as caught:
        WithToken()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.endswith(("_seconds", "_hours"))])
@pytest.mark.parametrize("endless", ["inf", "nan", "1e18"])
def test_a_time_without_end_is_refused(name, endless):
    write(f"{name.upper()}={endless}\n")
    with pytest.raises(ValidationError, match=name):
        Settings()


MODEL = {"model_url": "https://api.example/v1", "model_name": "small"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"model_name": ""}, "MODEL_NAME"),
        ({"model_url": "https://user:hunter2@api.example/v1"}, "MODEL_KEY"),
        ({"model_url": "https://api.example/v1?key=hunter2"}, "MODEL_KEY"),
        ({"model_url": "http://api.example/v1", "model_key": "hunter2"}, "https"),
        ({"model_url": "http://8.8.8.8/v1", "model_key": "hunter2"}, "https"),
        ({"model_daily_cost": 1, "model_question_price": 2}, "MODEL_ANSWER_PRICE"),
        ({"model_seconds": 0}, "model_seconds"),
        ({"model_daily_cost": "nan"}, "model_daily_cost"),
        ({"model_question_price": -1}, "model_question_price"),
    ],
)
def test_a_model_that_would_cost_or_give_away_more_than_meant_is_refused(changed, problem):
    with pytest.raises(ValidationError) as caught:
        Settings(**MODEL | changed)
    assert problem in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000/v1", "http://[::1]/v1", "http://10.1.2.3/v1", "http://ollama:11434/v1", MODEL["model_url"]],
)
def test_a_key_may_go_to_ones_own_network_and_over_https(url):
    assert Settings(**MODEL | {"model_url": url, "model_key": "hunter2"}).model_key == SecretStr("hunter2")
