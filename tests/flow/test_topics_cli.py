"""Topics from the terminal: tried, kept, listed and dropped, with or without a bot that runs."""

from __future__ import annotations

import pytest

from tests.flow.test_desk_cli import Terminal


@pytest.fixture
def dateline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    return Terminal(tmp_path / "var")


async def test_a_topic_is_tried_kept_listed_and_dropped(dateline):
    tried = await dateline("topic", 'climate = warming, "net zero" -astrology')
    assert tried.status == 0
    assert "• any of: warming · “net zero”\n• none of: astrology" in tried.out
    assert "dateline topic keep climate" in tried.out
    assert "There are no topics yet" in (await dateline("topics")).err, "trying keeps nothing"
    kept = await dateline("topic", "keep", 'climate = warming, "net zero" -astrology')
    assert "The topic climate stands." in kept.out
    assert "subscribe" not in kept.out, "who follows is a matter of chats"
    assert 'climate = warming, "net zero" -astrology' in (await dateline("topics")).out
    assert "The topic climate is dropped." in (await dateline("topic", "drop", "climate")).out


async def test_words_without_quotes_around_them_are_one_rule(dateline):
    tried = await dateline("topic", "climate", "=", "warming", "-astrology")
    assert "• none of: astrology" in tried.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["climate ="], "The rule says nothing yet"),
        (["climate"], "no topic climate with a rule"),
        (["drop", "climate"], "no topic climate with a rule"),
        (["climate = \x1b"], "control character"),
    ],
)
async def test_what_is_wrong_is_one_clear_line(dateline, words, says):
    done = await dateline("topic", *words)
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert says in done.err
