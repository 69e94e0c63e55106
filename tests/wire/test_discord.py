"""The first dialogue at Discord: what people give, press and fill in, through the real library and the real core."""

import asyncio

import pytest

from bot.core.lines import Line
from bot.core.message import message
from bot.core.model import EVERYTHING, Alert, Chat, Subscriber
from bot.core.ports import Put
from bot.core.update import Update
from tests.fakes import START, FakeClock
from tests.flow.site import answer, rss
from tests.flow.site import served as site_served
from tests.wire.discord.newsroom import EDITOR, READER, newsroom, until
from tests.wire.discord.people import CHANNEL, Person, words
from tests.wire.discord.server import EPHEMERAL, TOKEN, dm, served

OTHER = "900000000000000021"
ARTICLE = """<!doctype html><html lang="en"><head><title>Bridge closed</title></head>
<body><article><h1>Bridge closed</h1>
<p>The old bridge over the Ems was closed on Monday after engineers found cracks in two of its pillars.</p>
<p>"We could not wait any longer," said Ines Brandt, who leads the town's building department.</p>
<p>Buses take the northern road until the repair is done, which the town expects in the autumn.</p>
<p>The repair will cost about two million euros, and the council votes on it next week.</p></article></body></html>"""


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord
        assert discord.refused == []


@pytest.fixture
async def house(discord, tmp_path):
    async with newsroom(tmp_path, discord, FakeClock()) as house:
        yield house


@pytest.fixture
def reader(discord):
    return Person(discord, READER)


@pytest.fixture
def editor(discord):
    return Person(discord, EDITOR)


async def follow(house, *channels: str) -> None:
    for channel in channels:
        chat = Chat("discord", channel)
        await house.bot.store.commit(Put(Subscriber(id=str(chat), chat=chat, since=START, topics=(EVERYTHING,))))


async def following(house) -> list[Subscriber]:
    return list(await house.bot.store.find(Subscriber))


async def answered(house) -> None:
    """Wait until all that was asked has had its answer."""
    async with asyncio.timeout(10):
        while await house.bot.store.find(Update, {"answered": False}):  # noqa: ASYNC110  # the store has no bell
            await asyncio.sleep(0.01)


# ------------------------------------------------------------------------------------------------ readers


async def test_a_newcomer_is_welcomed_and_presses_on(house, discord, reader):
    welcome = await reader.slash("start")
    assert welcome.flags & EPHEMERAL
    assert reader.texts[0].startswith("News, as it happens")
    await reader.clicks("Subscribe")
    assert reader.texts[-1] == "You follow all the newsroom's news."
    (chat,) = await following(house)
    assert chat.id == f"discord:{CHANNEL}"
    assert chat.topics == (EVERYTHING,)


async def test_what_only_the_asker_needs_is_seen_by_the_asker_alone(house, discord, reader):
    await reader.slash("subscribe", what="ferry")
    await reader.slash("list")
    assert len(reader.texts) == 2
    assert Person(discord, EDITOR).texts == []


async def test_in_a_private_chat_nothing_has_to_be_hidden(house, discord, reader):
    message = await reader.private.slash("subscribe", what="ferry")
    assert not message.flags & EPHEMERAL
    assert words(message).startswith("You follow the keyword ferry: you get every story with it. ")
    assert [chat.id for chat in await following(house)] == [f"discord:{dm(READER)}"]


async def test_what_is_followed_is_listed_and_dropped_by_buttons(house, reader):
    await reader.slash("subscribe", what="ferry")
    await reader.slash("subscribe", what="harbour wall")
    listed = await reader.slash("list")
    assert words(listed) == "This chat follows\n\n• keyword ferry\n• keyword harbour wall"
    dropped = await reader.clicks("Drop ferry")
    assert dropped is listed, "the answer stands in place of the list"
    assert words(dropped) == "You no longer follow ferry."
    (chat,) = await following(house)
    assert chat.keywords == ("harbour wall",)


async def test_a_value_is_completed_from_what_the_chat_follows(house, reader):
    long = "https://ferry.example/feeds/" + "x" * 100
    chat = Chat("discord", CHANNEL)
    kept = Subscriber(id=str(chat), chat=chat, since=START, feeds=(long,), keywords=("ferry", "fire"))
    await house.bot.store.commit(Put(kept))
    assert await reader.types("unsubscribe", "what", "fer") == [
        {"name": f"{long[:79]}…", "value": f"#{(await house.bot.store.find(Line))[0].id}"},
        {"name": "ferry", "value": "ferry"},
    ]
    (offered,) = await reader.types("feed remove", "url", "")
    await reader.slash("feed remove", url=offered["value"])
    assert (await following(house))[0].feeds == ()


async def test_the_latest_stories_and_a_feed_of_ones_own(discord, tmp_path):
    async with site_served() as site:
        site.answers["/feed"] = answer(rss(1, 2, host=f"http://{site.host}"))
        async with newsroom(tmp_path, discord, trusted=(site.host,), feeds=(site.url(),)) as house:
            reader = Person(discord, READER)
            await house.pipeline.settle()
            latest = await reader.slash("latest")
            assert not latest.flags & EPHEMERAL, "news is for everybody"
            assert "— The Paper" in words(latest)
            assert f"<http://{site.host}/" in latest.body["embeds"][0]["description"], "where a row leads can be seen"
            await reader.slash("feed add", url=site.url())
            assert reader.texts[-1].startswith("You follow The Paper")
            assert "The Paper — fine" in words(await reader.slash("feed list"))


@pytest.mark.parametrize("how", ["given", "menu"])
async def test_an_article_is_summarised_for_the_whole_channel(discord, tmp_path, how):
    async with site_served() as site:
        site.answers["/bridge"] = answer(ARTICLE, "text/html; charset=utf-8")
        async with newsroom(tmp_path, discord, trusted=(site.host,)):
            reader = Person(discord, READER)
            if how == "given":
                summary = await reader.slash("summary", source=site.url("/bridge"))
            else:
                summary = await reader.menu("Summarise", f"have you seen {site.url('/bridge')} already?")
            assert not summary.flags & EPHEMERAL
            (embed,) = summary.body["embeds"]
            assert (embed["title"], embed["url"]) == ("Bridge closed", site.url("/bridge"))
            assert "• The old bridge over the Ems was closed on Monday" in words(summary)


async def test_a_refusal_is_told_to_the_asker_where_the_answer_would_have_been_for_all(house, discord, reader):
    await reader.slash("summary", source="http://127.0.0.1/")
    await answered(house)
    (refusal,) = reader.messages
    assert refusal.flags & EPHEMERAL
    assert Person(discord, EDITOR).texts == [], "nothing is left of what was awaited"


async def test_a_german_is_answered_in_german(house, discord):
    german = Person(discord, READER, locale="de")
    assert words(await german.slash("list")).startswith("Dieser Chat hat noch nichts abonniert.")


async def test_a_long_answer_runs_over_several_messages(house, discord, reader):
    chat = Chat("discord", CHANNEL)
    keywords = tuple(f"keyword number {number} {'x' * 40}" for number in range(99))
    await house.bot.store.commit(Put(Subscriber(id=str(chat), chat=chat, since=START, keywords=keywords)))
    await reader.slash("list")
    await answered(house)
    assert len(reader.messages) == 2
    assert all(message.flags & EPHEMERAL for message in reader.messages)
    assert "".join(reader.texts).count("keyword number") == 99
    assert len(reader.messages[-1].buttons) == 25
    await reader.clicks("Drop keyword number 3")
    assert len((await following(house))[0].keywords) == 98


# ------------------------------------------------------------------------------------------------ editors


async def test_a_breaking_story_is_written_in_a_form_confirmed_told_counted(house, discord, editor):
    await follow(house, CHANNEL, OTHER)
    draft = await editor.fills("breaking", "Fire in the old harbour\nThe quay is closed.", severity="flash")
    assert draft.flags & EPHEMERAL
    assert words(draft).startswith("FLASH: Fire in the old harbour\n\nThe quay is closed.")
    assert "call it back" in words(await editor.clicks("Send"))
    await house.pass_time(10)
    for channel in (CHANNEL, OTHER):
        (copy,) = discord.standing(channel)
        assert words(copy) == "FLASH: Fire in the old harbour\n\nThe quay is closed."
        assert not copy.silent
        assert copy.body["allowed_mentions"] == {"parse": []}
        assert len(copy.nonce) == 24
    await house.pass_time(1)
    assert "Told 2 of 2 chats" in words(draft)


async def test_a_story_called_back_in_time_reaches_nobody(house, discord, editor):
    await follow(house, CHANNEL)
    await editor.fills("breaking", "Fire")
    await editor.clicks("Send")
    assert "URGENT: Fire" in words(await editor.clicks("Undo"))
    await house.pass_time(60)
    assert discord.standing(CHANNEL) == []


async def test_a_text_given_at_once_needs_no_form(house, editor):
    draft = await editor.slash("breaking", text="Flash floods in the valley")
    assert words(draft).startswith("URGENT: Flash floods in the valley"), "its first word is not a severity"


async def test_a_text_that_begins_like_a_severity_stays_whole_in_a_form(house, editor):
    draft = await editor.fills("breaking", "routine checks at the dam")
    assert words(draft).startswith("URGENT: routine checks at the dam")


async def test_the_report_is_shown_to_its_editor(house, discord, editor):
    await follow(house, OTHER)
    await editor.fills("breaking", "Fire")
    await editor.clicks("Send")
    await house.pass_time(10)
    report = await editor.slash("report", alert=(await house.bot.store.find(Alert))[0].id)
    assert "Told 1 of 1 chat" in words(report)


async def test_a_report_where_others_read_along_names_no_chat(house, discord, editor):
    await follow(house, OTHER)
    discord.fault("error", f"POST /channels/{OTHER}", status=400, code=50035, times=999)
    await editor.fills("breaking", "Fire")
    await editor.clicks("Send")
    for _ in range(20):  # in the meantime what only the editor sees can't be edited any more
        await house.pass_time(60)
    said = next(text for text in reversed(editor.texts) if "failed 1" in text)
    alert = (await house.bot.store.find(Alert))[0].id
    assert f"Which chats those are: /report {alert}" in said
    assert not any(OTHER in text for text in editor.texts)
    report = await editor.slash("report", alert=alert)
    assert f"discord:{OTHER}" in words(report)
    assert report.flags & EPHEMERAL


async def test_whoever_is_no_editor_is_refused_although_discord_showed_the_command(house, reader):
    assert "Only an editor" in words(await reader.fills("breaking", "Fire"))


# ------------------------------------------------------------------------------------------------ what is declared


async def test_the_commands_are_declared_once_and_again_only_when_they_changed(discord, tmp_path):
    for _ in range(2):
        async with newsroom(tmp_path, discord):
            assert discord.declared == 1
    names = {(command["name"], command.get("type", 1)) for command in discord.commands}
    assert {("start", 1), ("feed", 1), ("breaking", 1), ("Summarise", 3)} <= names
    assert ("sub", 1) not in names, "aliases would fill the list"
    by_name = {command["name"]: command for command in discord.commands}
    assert {"add", "remove", "list"} <= {option["name"] for option in by_name["feed"]["options"]}
    assert by_name["list"]["description_localizations"] == {"de": "was dieser Chat abonniert hat"}
    assert by_name["breaking"]["default_member_permissions"]
    assert "default_member_permissions" not in by_name["summary"]
    severity = by_name["breaking"]["options"][0]
    assert [choice["value"] for choice in severity["choices"]] == ["flash", "urgent", "routine"]
    assert by_name["Summarise"]["name_localizations"] == {"de": "Zusammenfassen"}


async def test_no_privileged_intent_is_asked_for(house, discord):
    (identified,) = discord.identified
    assert identified["intents"] & (1 << 1 | 1 << 8 | 1 << 15) == 0
    assert identified["shard"] == [0, 1]


async def test_no_secret_reaches_the_log(discord, tmp_path, caplog):
    caplog.set_level("DEBUG")
    async with newsroom(tmp_path, discord) as house:
        await Person(discord, READER).slash("start")
        await house.bot.adapters["discord"].send(Chat("discord", CHANNEL), message("words"), key="a")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "static token" in said
    assert TOKEN not in said
    assert not [asked for asked in discord.interactions.values() if asked.token in said]


async def test_an_old_button_says_what_to_do(house, discord, reader):
    await reader.slash("start")
    source = reader.messages[0]
    asked = await reader.asks(3, {"custom_id": f"#{'0' * 32}", "component_type": 2}, source)
    await until(lambda: asked.original)
    assert words(asked.original).startswith("That button no longer works.")
    assert asked.ephemeral


async def test_an_interaction_is_recorded_before_it_is_deferred(house, discord, reader, tmp_path):
    kept = []

    def look(request: str) -> None:
        if request.endswith("/callback"):
            kept.append(b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()))

    discord.on_request = look
    asked = await reader.acknowledged(await reader.asks(2, reader.command("start", {})))
    assert asked.token.encode() in kept[0]
    assert f"discord:{asked.id}".encode() in kept[0]
    await answered(house)


async def test_an_interaction_that_comes_twice_is_handled_once(house, discord, reader):
    await reader.slash("subscribe", what="ferry")
    (event,) = [each for session in discord.sessions for each in session.events if each["t"] == "INTERACTION_CREATE"]
    await discord.dispatch("INTERACTION_CREATE", event["d"])
    await reader.slash("list")
    assert len(reader.texts) == 2
    assert len(await house.bot.store.find(Update)) == 2
