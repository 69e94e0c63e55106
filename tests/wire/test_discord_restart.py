"""What a restart, a broken connection and a dead token do to an answer at Discord: it is given once."""

import asyncio
from contextlib import suppress

import pytest

from adapters.discord.asked import KEPT, Asked
from bot.core.errors import Revoked
from bot.core.message import message
from bot.core.model import Article, Chat, Feed, Page, Story, Subscriber
from bot.core.ports import Put
from bot.core.update import Update
from tests.fakes import FakeClock
from tests.wire.discord.newsroom import EDITOR, READER, newsroom, until
from tests.wire.discord.people import CHANNEL, Person, words
from tests.wire.discord.server import EPHEMERAL, dm, served

FOLLOWED = "You follow the keyword ferry: you get every story with it. No article of the last 7 days has it."


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord
        assert discord.refused == []


@pytest.fixture
def reader(discord):
    return Person(discord, READER)


async def asked_and_left(folder, discord, person: Person, clock: FakeClock, line: str, **options) -> None:
    """Let an interaction be recorded and deferred by a process that ends before it is handled."""

    async def never(_update: Update) -> None:
        await asyncio.Event().wait()

    async with newsroom(folder, discord, clock, dispatch=never):
        await person.acknowledged(await person.asks(2, person.command(line, options)))


async def test_what_was_deferred_is_answered_by_its_token_once(discord, reader, tmp_path):
    clock = FakeClock()
    await asked_and_left(tmp_path, discord, reader, clock, "subscribe", what="ferry")
    for _ in range(3):
        async with newsroom(tmp_path, discord, clock) as house:
            await house.dispatch.resume()
            assert [chat.keywords for chat in await house.bot.store.find(Subscriber)] == [("ferry",)]
    assert reader.texts == [FOLLOWED]
    assert reader.messages[0].flags & EPHEMERAL


async def test_an_answer_for_everybody_goes_to_the_channel_once_its_token_is_dead(discord, reader, tmp_path):
    clock = FakeClock()
    await asked_and_left(tmp_path, discord, reader, clock, "story", words="ferry")
    discord.lag = 901
    await clock.advance(901)
    async with newsroom(tmp_path, discord, clock, listening=False) as house:
        now, feed = clock.now(), Feed(id="https://paper.example/feed", own=True)
        page = Page(title="Ferry late")
        article = Article(id="1", url="", feed=feed.id, source="The Paper", received=now, page=page, story="1")
        story = Story(id="1", headline="Ferry late", articles=("1",), sources=("The Paper",), updated=now)
        await house.bot.store.commit(Put(feed), Put(article), Put(story))
        await house.dispatch.resume()
    assert [words(message).partition("\n")[0] for message in discord.standing(CHANNEL) if message.body] == [
        "Ferry late"
    ]


async def test_a_private_answer_goes_to_the_asker_once_its_token_is_dead(discord, reader, tmp_path):
    clock = FakeClock()
    await asked_and_left(tmp_path, discord, reader, clock, "subscribe", what="ferry")
    discord.lag = 901
    await clock.advance(901)
    async with newsroom(tmp_path, discord, clock, listening=False) as house:
        await house.dispatch.resume()
        await house.dispatch.resume()
        assert await house.bot.store.find(Update, {"answered": False}) == []
    assert reader.private.texts == [FOLLOWED]
    (awaited,) = reader.messages
    assert not awaited.body, "nobody else sees anything"


async def test_an_asker_who_takes_no_messages_is_no_reason_to_try_for_ever(discord, reader, tmp_path):
    clock = FakeClock()
    await asked_and_left(tmp_path, discord, reader, clock, "list")
    discord.lag = 901
    discord.unreachable.add(READER)
    await clock.advance(901)
    async with newsroom(tmp_path, discord, clock, listening=False) as house:
        await house.dispatch.resume()
        assert await house.bot.store.find(Update, {"answered": False}) == []
    assert dm(READER) not in {message.channel for message in discord.messages.values()}


async def test_what_was_recorded_and_never_deferred_is_answered_at_once_after_a_quick_restart(
    discord, reader, tmp_path
):
    clock = FakeClock()
    discord.fault("reset", "POST /interactions")
    async with newsroom(tmp_path, discord, clock):
        answer = await reader.slash("subscribe", what="ferry")
        assert words(answer).startswith("You follow the keyword ferry")
        assert answer.flags & EPHEMERAL


async def test_what_was_asked_is_known_as_long_as_it_may_have_to_be_answered(discord, reader, tmp_path):
    clock = FakeClock()
    async with newsroom(tmp_path, discord, clock) as house:
        await reader.slash("start")
        for seconds, known in ((901, 1), (KEPT.total_seconds(), 0)):
            await clock.advance(seconds)
            await house.bot.adapters["discord"].forget()
            assert len(await house.bot.store.find(Asked)) == known


async def test_a_draft_that_only_its_editor_sees_can_be_sent_after_a_restart(discord, tmp_path):
    clock, editor = FakeClock(), Person(discord, EDITOR)
    async with newsroom(tmp_path, discord, clock) as house:
        await Person(discord, READER, "900000000000000021").slash("subscribe")
        await editor.fills("breaking", "Fire")
    async with newsroom(tmp_path, discord, clock) as house:
        await editor.clicks("Send")
        await house.pass_time(10)
        await house.pass_time(1)
        assert "Told 1 of 1 chat" in editor.texts[-1]
        assert len(editor.texts) == 1, "it is the same message all the way"
        await clock.advance(901)
        discord.lag = 901
        assert await house.bot.store.get(Subscriber, str(Chat("discord", "900000000000000021")))


# ------------------------------------------------------------------------------------------------ the gateway


@pytest.mark.parametrize("how", ["reconnect", "drop"])
async def test_a_broken_connection_is_resumed_and_what_was_missed_is_answered(discord, reader, tmp_path, how):
    async with newsroom(tmp_path, discord) as house:
        await reader.slash("start")
        await discord.disturb(how)
        answer = await reader.slash("subscribe", what="ferry")
        assert words(answer).startswith("You follow")
        assert discord.resumed == 1
        assert len(discord.identified) == 1
        assert len(await house.bot.store.find(Update)) == 2


@pytest.mark.slow
async def test_a_session_that_is_over_begins_anew_at_the_same_address(discord, reader, tmp_path):
    async with newsroom(tmp_path, discord):
        await discord.disturb("invalid")
        await until(lambda: len(discord.identified) == 2)
        assert words(await reader.slash("start"))


async def test_a_token_that_is_not_accepted_ends_the_platform(discord, tmp_path):
    async with newsroom(tmp_path, discord, listening=False, discord_token="somebody.else.s") as house:
        with pytest.raises(Revoked):
            await house.bot.adapters["discord"].run(house.dispatch)


async def test_sending_goes_on_while_the_gateway_is_away(discord, tmp_path):
    async with newsroom(tmp_path, discord, listening=False) as house:
        await house.bot.adapters["discord"].send(Chat("discord", CHANNEL), message("words"), key="a")
    assert len(discord.standing(CHANNEL)) == 1


async def test_sending_goes_on_when_the_gateway_lets_us_in_no_more(discord, tmp_path):
    async with newsroom(tmp_path, discord, listening=False) as house:
        adapter = house.bot.adapters["discord"]
        running = asyncio.create_task(adapter.run(house.dispatch))
        await until(lambda: discord.listening, running)
        await adapter.send(Chat("discord", CHANNEL), message("words"), key="a")
        await discord.disturb("4004")
        with pytest.raises(Revoked):
            await running
        await adapter.send(Chat("discord", CHANNEL), message("more words"), key="b")
    assert len(discord.standing(CHANNEL)) == 2


async def test_a_discord_that_can_not_be_reached_is_tried_again_and_may_be_left_at_any_time(tmp_path):
    async with served() as discord:
        port = int(discord.url.split(":")[2].partition("/")[0])
    clock = FakeClock()
    async with newsroom(tmp_path, discord, clock, listening=False) as house:
        running = asyncio.create_task(house.bot.adapters["discord"].run(house.dispatch))
        await until(lambda: clock._sleepers, running)
        async with served(port, discord):
            await clock.advance(5)
            await until(lambda: discord.listening, running)
            assert words(await Person(discord, READER).slash("start"))
        await until(lambda: not discord.listening)
        running.cancel()
        async with asyncio.timeout(10):
            with suppress(asyncio.CancelledError):
                await running
