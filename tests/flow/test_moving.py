"""People who move in and out."""

import json

import pytest

from bot import subscribers
from bot.core.errors import UsageError
from bot.core.model import Feed, Poll, Subscriber
from tests.fakes import FakeClock
from tests.flow.house import opened


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path / "var", FakeClock()) as house:
        yield house


def written(path, *rows: object):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return str(path)


async def test_people_move_in_and_out_as_they_were(house, tmp_path):
    rows = [
        {
            "chat": "discord:9",
            "topics": [],
            "feeds": ["https://a.example/feed"],
            "keywords": ["night ferry"],
            "locale": "de",
            "quiet": "22:00-07:00",
            "zone": "Europe/Berlin",
            "folders": [{"path": ["News", "Local"], "feeds": ["https://a.example/feed"]}],
        },
        {"chat": "telegram:-100123/7", "topics": ["*"], "feeds": [], "keywords": []},
    ]
    taken = await subscribers.import_subscribers(house.bot, file=written(tmp_path / "in", *rows))
    assert taken == {"subscribers": 2, "errors": []}
    assert await house.bot.store.get(Feed, "https://a.example/feed")
    assert await house.bot.store.get(Poll, "https://a.example/feed")
    out = tmp_path / "out"
    assert await subscribers.export_subscribers(house.bot, file=str(out)) == {"subscribers": 2}
    assert [json.loads(line) for line in out.read_text().splitlines()] == rows
    assert out.stat().st_mode & 0o777 == 0o600


async def test_an_export_over_a_file_is_refused_unless_it_is_to_be_replaced_and_is_its_owner_s_alone(house, tmp_path):
    await house.say("/subscribe ferry", who="web:1")
    out = tmp_path / "out"
    out.write_text("something older")
    with pytest.raises(UsageError, match="taken"):
        await subscribers.export_subscribers(house.bot, file=str(out))
    assert out.read_text() == "something older"
    await subscribers.export_subscribers(house.bot, file=str(out), replace=True)
    assert json.loads(out.read_text())["chat"] == "web:1"
    assert out.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out"]


async def test_a_chat_alone_follows_everything(house, tmp_path):
    await subscribers.import_subscribers(house.bot, file=written(tmp_path / "in", {"chat": "telegram:1"}))
    assert (await house.bot.store.get(Subscriber, "telegram:1")).topics == ("*",)


async def test_who_is_known_keeps_its_quiet_hours_where_the_file_names_none(house, tmp_path):
    await house.say("/quiet 22-7", who="web:1")
    file = written(tmp_path / "in", {"chat": "web:1"}, {"chat": "web:1", "zone": "Asia/Tokyo"})
    await subscribers.import_subscribers(house.bot, file=file)
    chat = await house.bot.store.get(Subscriber, "web:1")
    assert (str(chat.quiet), chat.zone, chat.topics) == ("22:00-07:00", "Asia/Tokyo", ("*",))


async def test_who_is_known_keeps_what_it_followed(house, tmp_path):
    await house.say("/subscribe ferry", who="web:1")
    file = written(tmp_path / "in", {"chat": "web:1", "topics": ["Harbour"]}, {"chat": "web:1", "keywords": ["Fire"]})
    assert (await subscribers.import_subscribers(house.bot, file=file))["subscribers"] == 1
    chat = await house.bot.store.get(Subscriber, "web:1")
    assert (chat.topics, chat.keywords) == (("harbour",), ("ferry", "fire"))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("not json", "JSON"),
        ([1], "object"),
        ({}, "chat is missing"),
        ({"chat": "nonsense"}, "PLATFORM:ID"),
        ({"chat": "telegram:1", "topics": "x"}, "topics is not a list"),
        ({"chat": "telegram:1", "topics": [1]}, "topics is not a list"),
        ({"chat": "telegram:1", "keywords": ["a b c d"]}, "at most 3 words"),
        ({"chat": "telegram:1", "feeds": ["::"]}, ""),
        ({"chat": "telegram:1", "tpoics": []}, "no field tpoics"),
        ({"chat": "telegram:1", "locale": "xx"}, "de, en"),
        ({"chat": "telegram:1", "quiet": "at night"}, "can't read “at night” as quiet hours"),
        ({"chat": "telegram:1", "quiet": ["22:00-07:00"]}, "as quiet hours"),
        ({"chat": "telegram:1", "folders": "News"}, "Folders are a list"),
        ({"chat": "telegram:1", "folders": [{"path": "News"}]}, "path is not a list"),
        ({"chat": "telegram:1", "zone": "Mars/Olympus"}, "no time zone “Mars/Olympus”"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_half_done(house, tmp_path, row, says):
    taken = await subscribers.import_subscribers(house.bot, file=written(tmp_path / "in", {"chat": "telegram:5"}, row))
    assert taken["subscribers"] == 0
    assert [error["line"] for error in taken["errors"]] == [2]
    assert says in taken["errors"][0]["message"]
    assert await house.bot.store.find(Subscriber) == []


async def test_a_file_that_can_not_be_written_is_named(house, tmp_path):
    with pytest.raises(UsageError) as refusal:
        await subscribers.export_subscribers(house.bot, file=str(tmp_path))
    assert refusal.value.arguments["file"] == str(tmp_path)
