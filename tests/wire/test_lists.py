"""Lists of feeds over the wire: a file comes in with /import and goes out with /export, on Telegram and Discord."""

from contextlib import asynccontextmanager

import pytest

from bot.core.model import Subscriber
from bot.intake.opml import read
from tests.wire.discord.newsroom import newsroom
from tests.wire.discord.people import CHANNEL, words
from tests.wire.discord.people import Person as DiscordPerson
from tests.wire.discord.server import EPHEMERAL
from tests.wire.discord.server import served as discord_served
from tests.wire.telegram.house import adapter, connected
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import BotApi

READER, GROUP = 2001, -100500
READER_THERE = "100000000000000055"
FEEDS = ("https://news.example/feed", "https://sport.example/feed")


def opml(*feeds: str) -> bytes:
    lines = "\n".join(f'<outline type="rss" text="Paper {at}" xmlUrl="{feed}"/>' for at, feed in enumerate(feeds))
    return f'<opml version="2.0"><body>\n{lines}\n</body></opml>'.encode()


async def followed(house, chat: str) -> tuple[str, ...]:
    known = await house.bot.store.get(Subscriber, chat)
    return known.feeds if known else ()


@pytest.fixture
async def api():
    async with BotApi() as api:
        api.room(READER)
        yield api


@pytest.fixture
async def house(api, tmp_path):
    async with connected(tmp_path, api) as house:
        yield house


@pytest.fixture
def reader(api):
    return Person(api, READER)


async def test_a_file_with_import_below_it_is_taken_in_line_by_line(api, house, reader):
    said = await reader.says("/import", file=opml(*FEEDS, "http://10.0.0.1/feed"), called="feedly.opml")
    assert said.startswith(
        "2 added, 0 known already, 0 moved, 1 refused\n\n• Line 2: Paper 0 – added.\n• Line 3: Paper 1"
    )
    assert "Line 4: Paper 2 – refused. 10.0.0.1 is not on the public internet" in said
    assert await followed(house, f"telegram:{READER}") == FEEDS


@pytest.mark.parametrize("chat", [READER, GROUP])
async def test_a_reply_to_a_file_takes_that_in(api, house, reader, chat):
    file = await reader.types("", file=opml(*FEEDS), called="my feeds.xml", chat=chat)
    await reader.says("/import", under=file, chat=chat)
    assert await followed(house, f"telegram:{chat}") == FEEDS


async def test_a_list_sent_without_a_word_is_taken_in_and_other_files_are_nobody_s(api, house, reader):
    await reader.types("", file=b"%PDF", called="agenda.pdf")
    await reader.types("", file=opml(*FEEDS), called="Feeds.OPML", chat=GROUP)
    assert await reader.says("", file=opml(*FEEDS), called="Feeds.OPML")
    assert await followed(house, f"telegram:{READER}") == FEEDS
    assert await followed(house, f"telegram:{GROUP}") == ()
    assert len(api.downloads) == 1


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "send the file (OPML) itself"),
        (b"%PDF", "That is no list of feeds"),
        (b" " * 3000, "more than 2000 bytes"),
    ],
)
async def test_what_is_no_list_is_told_what_to_do(api, tmp_path, reader, file, says):
    async with connected(tmp_path, api, fetch_max_bytes=2000) as house:
        assert says in await reader.says("/import", file=file)
        assert await followed(house, f"telegram:{READER}") == ()


async def test_what_was_taken_in_is_given_out_as_a_file(api, house, reader):
    await reader.says("/import", file=opml(*FEEDS))
    assert await reader.says("/export") == "Feeds in the file: 2. Other readers take it in, and so do I, with /import."
    given = api.bot_posts(READER)[-1]
    assert given.document_name == "dateline-feeds.opml"
    outlines = read(api.files[given.document]).outlines
    assert [(each.url, each.title) for each in outlines] == [(FEEDS[0], "Paper 0"), (FEEDS[1], "Paper 1")]


async def test_a_chat_that_takes_no_files_gets_the_words(api, house, reader):
    await reader.says("/import", file=opml(*FEEDS), chat=GROUP)
    api.room(GROUP).photoless = True
    assert "Feeds in the file: 2" in await reader.says("/export", chat=GROUP)
    assert not api.bot_posts(GROUP)[-1].document


async def test_a_file_with_markup_that_telegram_refuses_has_plain_words_below(api, house, reader):
    await reader.says("/import", file=opml(*FEEDS))
    api.refuse(400, "Bad Request: can't parse entities", method="sendDocument")
    assert "Feeds in the file" in await reader.says("/export")
    assert api.bot_posts(READER)[-1].document


# ------------------------------------------------------------------------------------------------ Discord


@asynccontextmanager
async def discord_house(folder):
    async with discord_served() as discord:
        async with newsroom(folder, discord, trusted=(discord.url.split("/")[2],)) as house:
            yield discord, house
        assert discord.refused == []


async def test_on_discord_a_list_comes_as_an_option_and_goes_as_a_file_to_who_asked(tmp_path):
    async with discord_house(tmp_path) as (discord, house):
        person = DiscordPerson(discord, READER_THERE)
        report = await person.slash("import", file=opml(*FEEDS))
        assert words(report).startswith("2 added, 0 known already, 0 moved, 0 refused")
        assert await followed(house, f"discord:{CHANNEL}") == FEEDS
        given = await person.slash("export")
        assert given.flags & EPHEMERAL
        assert [*given.files] == ["dateline-feeds.opml"]
        assert [each.url for each in read(given.files["dateline-feeds.opml"]).outlines] == [*FEEDS]


async def test_on_discord_a_server_that_takes_no_files_gets_the_words(tmp_path):
    async with discord_house(tmp_path) as (discord, _):
        person = DiscordPerson(discord, READER_THERE)
        await person.slash("import", file=opml(*FEEDS))
        discord.fileless.add(CHANNEL)
        assert "Feeds in the file: 2" in words(given := await person.slash("export"))
        assert not given.files


async def test_a_file_that_telegram_does_not_give_is_asked_for_again(api, house, reader):
    api.refuse(400, "Bad Request: wrong file_id", method="getFile")
    assert "send it again" in await reader.says("/import", file=opml(*FEEDS))
    assert adapter(house).connected.is_set()
