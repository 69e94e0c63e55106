"""The first dialogue at Telegram: typed, pressed, told, corrected, through the real library and the real core."""

import pytest
from msgspec.structs import replace

from adapters.sample.newsroom import SampleNewsroom
from bot.core.model import Alert, Chat, Delivery, Outcome, Revision, Severity, State, Subscriber
from bot.core.ports import Put, Swap
from bot.core.settings import Settings
from tests.fakes import START, FakeClock
from tests.flow.site import answer, served
from tests.wire.telegram.house import EDITOR, adapter, connected, follow
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import BotApi

READERS = [2001, 2002, 2003]


@pytest.fixture
async def api():
    async with BotApi() as api:
        yield api


@pytest.fixture
async def house(api, tmp_path):
    async with connected(tmp_path, api) as house:
        yield house


@pytest.fixture
def editor(api):
    return Person(api, EDITOR)


@pytest.fixture
def reader(api):
    return Person(api, READERS[0], "Ben")


async def told(house, api) -> None:
    """Let readers in, and tell them of a fire."""
    for id in READERS:
        api.room(id)
    await follow(house, *READERS)


# ------------------------------------------------------------------------------------------------ the dialogue


async def test_a_newcomer_is_welcomed_and_presses_on(house, api, reader):
    assert (await reader.says("/start")).startswith("News, as it happens")
    assert await reader.presses("Subscribe") == "You follow all the newsroom's news."
    chat = await house.bot.store.get(Subscriber, f"telegram:{reader.id}")
    assert chat.topics == ("*",)
    assert len(api.acknowledged) == 1, "the button stops waiting"


async def test_a_link_on_a_website_brings_its_topic_along(house, reader):
    assert (await reader.says("/start climate")).startswith("News, as it happens")
    assert "climate" in await reader.presses("Follow climate")
    assert (await house.bot.store.get(Subscriber, f"telegram:{reader.id}")).keywords == ("climate",)


async def test_subscriptions_are_listed_and_ended_by_a_button(house, reader):
    await reader.says("/subscribe climate")
    assert "climate" in await reader.says("/list")
    assert (await reader.presses("Drop climate")).startswith("You no longer follow climate.")
    assert "nothing" in await reader.says("/list")


async def test_whoever_only_talks_is_told_how(house, reader):
    assert "/help" in await reader.says("hello there")


async def test_the_app_s_language_is_answered_in(house, api):
    assert (await Person(api, 2009, language="de").says("/start")).startswith("Nachrichten")


async def test_news_come_and_are_summarised_by_a_bare_link(api, tmp_path):
    clock = FakeClock()
    sample = SampleNewsroom(Settings(_env_file=None, sample_port=0, sample_seconds=60.0), clock)
    feeds = await sample.open()
    try:
        async with connected(tmp_path, api, clock, feeds=tuple(feeds), trusted=(sample.address,)) as house:
            reader = Person(api, READERS[0])
            await reader.says("/subscribe")
            await house.pipeline.settle()
            alerts = reader.texts()[1:]
            assert len(alerts) == 6, "three of each feed"
            assert "•" in await reader.says("/latest")
            link = next(entity for entity in api.bot_posts(reader.id)[-1].entities if entity["type"] == "text_link")
            summary = await reader.says(link["url"])
            assert summary.count("•") == 3
            assert summary == await reader.presses(""), "the button asks for the same"
    finally:
        await sample.close()


async def test_a_breaking_story_is_previewed_confirmed_told_and_counted(house, api, editor):
    await told(house, api)
    preview = await editor.says("/breaking flash https://www.example.org/fire Fire & smoke <here>\nThe quay is closed.")
    assert preview.startswith("FLASH: Fire & smoke <here>\n\nThe quay is closed.")
    assert "3 chats" in preview
    assert "call it back" in await editor.presses("Send")
    await house.pipeline.settle()
    assert not any(api.texts(id) for id in READERS), "nobody is told while it can still be called back"
    await house.pass_time(10)
    for id in READERS:
        assert api.texts(id) == ["FLASH: Fire & smoke <here>\n\nThe quay is closed.\n\nRead on"]
        assert not api.bot_posts(id)[0].silent
        assert api.bot_posts(id)[0].preview == {"url": "https://www.example.org/fire"}
    await house.pass_time(1)
    assert "Told 3 of 3 chats" in editor.texts()[-1]
    id = (await house.bot.store.find(Alert))[0].id
    assert "Told 3 of 3 chats" in await editor.says(f"/report {id}")


async def test_a_story_called_back_in_time_reaches_nobody(house, api, editor):
    await told(house, api)
    await editor.says("/breaking Fire")
    await editor.presses("Send")
    assert "3 chats" in await editor.presses("Undo")
    await house.pass_time(60)
    assert not any(api.texts(id) for id in READERS)


async def test_only_editors_may_break_news_and_an_old_button_asks_again(house, api, editor, reader):
    assert "Only an editor" in await reader.says("/breaking Fire")
    await editor.says("/breaking Fire")
    post, button = editor.button("Send")
    api.room(reader.id).posts[post.id] = post
    await reader.press_data(post, button["callback_data"])
    await api.until(lambda: "Only an editor" in reader.texts()[-1])
    assert (await house.bot.store.find(Alert))[0].state is State.DRAFT


# ------------------------------------------------------------------------------------------------ what was told


async def release(house, editor) -> Alert:
    await editor.says("/breaking urgent Fire")
    await editor.presses("Send")
    await house.pass_time(10)
    return (await house.bot.store.find(Alert, newest=True, limit=1))[0]


async def correct(house, alert: Alert, revision: Revision, **changed: object) -> None:
    """Change an alert and re-arm its deliveries, as the desk will."""
    after = replace(alert, revisions=(*alert.revisions, revision), **changed)
    deliveries = await house.bot.store.find(Delivery, {"about": alert.id})
    again = [Swap(each, replace(each.rearmed(house.clock.now()), outcome=Outcome.PENDING)) for each in deliveries]
    assert not await house.bot.store.commit(Swap(alert, after), *again)
    await house.pipeline.settle()


async def test_a_correction_and_a_withdrawal_change_every_copy_where_it_stands(house, api, editor):
    await told(house, api)
    alert = await release(house, editor)
    copies = {id: api.bot_posts(id)[0].id for id in READERS}
    await editor.says(f"/correct {alert.id} It was smaller than we said.\nSmall fire")
    await house.pass_time(10)
    corrected = "CORRECTED 09:00 UTC: It was smaller than we said."
    for id in READERS:
        copy, notice = api.bot_posts(id)
        assert copy.text == f"URGENT: Small fire\n\n{corrected}"
        assert (notice.text, notice.under) == (corrected.replace(": ", "\n\n"), copy.id)
    await editor.says(f"/retract {alert.id} There was none.")
    await house.pass_time(10)
    for id in READERS:
        copy, *notices = api.bot_posts(id)
        assert copy.id == copies[id]
        assert copy.text == "WITHDRAWN 09:00 UTC\n\nThere was none."
        assert [notice.under for notice in notices] == [copy.id, copy.id]


async def test_what_can_not_be_edited_is_answered_under(house, api, editor):
    await told(house, api)
    alert = await release(house, editor)
    api.refuse(400, "Bad Request: message can't be edited", method="editMessageText", chat=READERS[0])
    await correct(house, alert, Revision(headline="Small fire"))
    first, reply = api.bot_posts(READERS[0])
    assert first.text == "URGENT: Fire"
    assert reply.text == "URGENT: Small fire"
    assert reply.under == first.id
    assert api.texts(READERS[1]) == ["URGENT: Small fire"]


@pytest.mark.parametrize("severity", Severity)
async def test_severity_decides_the_sound(house, api, editor, severity):
    await told(house, api)
    await editor.says(f"/breaking {severity} Fire")
    await editor.presses("Send")
    await house.pass_time(10)
    assert api.bot_posts(READERS[0])[0].silent is (severity is Severity.ROUTINE)


async def test_a_chat_that_shut_us_out_is_counted_and_asked_no_more(house, api, editor, reader):
    await told(house, api)
    await reader.blocks()
    await release(house, editor)
    await house.pass_time(1)
    assert api.texts(reader.id) == []
    assert (await house.bot.store.get(Subscriber, f"telegram:{reader.id}")).gone
    assert len(api.ledger) == len(set(api.ledger))


async def test_a_feed_s_story_comes_once_as_one_message(api, tmp_path):
    body = "".join(f"<p>Paragraph {number} of the story says what happened next.</p>" for number in range(12))
    page = f"<html><body><article><h1>Bridge closed after storm</h1>{body}</article></body></html>"
    async with served() as site:
        item = f"<item><title>Bridge closed after storm</title><link>{site.url('/a')}</link><guid>1</guid></item>"
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{item}</channel></rss>'
        site.answers |= {"/feed": answer(feed), "/a": answer(page, "text/html")}
        async with connected(tmp_path, api, feeds=(site.url(),), trusted=(site.host,)) as house:
            reader = Person(api, READERS[0])
            await reader.says("/subscribe")
            await house.pipeline.settle()
            assert len(reader.texts()) == 2
            assert reader.texts()[1].startswith("Bridge closed after storm")
            assert api.bot_posts(reader.id)[1].preview == {"url": site.url("/a")}


async def test_menus_are_shown_by_language_and_editors_see_theirs(house, api, editor):
    await editor.says("/start")
    await api.until(lambda: ("chat:1001", "en") in api.commands or len(api.commands) >= 3)
    names = [command["command"] for command in api.commands["default", ""]]
    assert "feed_add" in names
    assert "breaking" not in names
    assert api.commands["default", "de"] != api.commands["default", "en"]
    assert adapter(house).rate == 0


async def test_an_editor_s_menu_comes_and_goes_with_the_role(house, api, editor, reader):
    def drafts() -> bool:
        return "breaking" in [command["command"] for command in api.commands.get((f"chat:{reader.id}", "de"), ())]

    await reader.says("/start")
    for role, so in [("editor", True), ("reader", False), ("operator", True)]:
        await editor.says(f"/grant telegram:{reader.id} {role}")
        await house.clock.advance(60)
        await api.until(lambda so=so: drafts() is so)


async def test_a_menu_s_command_of_two_words_is_understood(house, reader):
    assert "URL is missing" in await reader.says("/feed_add")


async def test_an_answer_too_long_for_one_message_comes_in_several(house, api, reader):
    chat = Subscriber(
        id=f"telegram:{reader.id}",
        chat=replace((await _chat(house, reader)).chat),
        since=START,
        keywords=tuple(f"{'long' * 12} {number}" for number in range(95)),
    )
    await house.bot.store.commit(Put(chat))
    await reader.says("/list")
    await api.until(lambda: len(reader.texts()) == 3)
    text = "\n".join(reader.texts()[1:])
    assert all(f" {number}" in text for number in range(95))
    assert len(api.bot_posts(reader.id)[-1].rows) > 90, "the buttons stand on the last"


async def _chat(house, reader) -> Subscriber:
    await reader.says("/subscribe")
    return await house.bot.store.get(Subscriber, f"telegram:{reader.id}")


# ------------------------------------------------------------------------------------------------ chats that move


async def test_a_group_that_became_a_supergroup_is_told_there_once_with_all_it_follows(house, api, editor):
    old, new = -700, -100700
    api.room(old).moved_to = new
    api.room(new)
    await follow(house, old)
    await house.bot.store.commit(
        Put(Subscriber(id=f"telegram:{new}", chat=Chat("telegram", str(new)), since=START, keywords=("zebra",)))
    )
    await release(house, editor)
    assert api.texts(new) == ["URGENT: Fire"]
    assert await house.bot.store.get(Subscriber, f"telegram:{old}") is None
    moved = await house.bot.store.get(Subscriber, f"telegram:{new}")
    assert (moved.topics, moved.keywords) == (("*",), ("zebra",))
    await release(house, editor)
    assert api.texts(new) == ["URGENT: Fire"] * 2


async def test_a_topic_that_is_gone_is_told_in_its_group(house, api, editor):
    api.room(-100800).topics[6] = False
    await follow(house, "-100800/5", "-100800/6")
    await release(house, editor)
    assert api.texts(-100800) == ["URGENT: Fire"], "once, though two topics are gone"
    assert [chat.id for chat in await house.bot.store.find(Subscriber)] == ["telegram:-100800"]


async def test_a_correction_follows_a_group_to_its_new_address(house, api, editor):
    api.room(-700)
    await follow(house, -700)
    alert = await release(house, editor)
    api.room(-700).moved_to = -100700
    api.room(-100700)
    await correct(house, alert, Revision(headline="Small fire"))
    assert api.texts(-100700) == ["URGENT: Small fire"]


async def test_a_refused_token_leaves_every_delivery_pending(house, api, editor):
    await told(house, api)
    api.refuse(401, "Unauthorized", times=1000)
    await editor.types("/start")
    for _ in range(10):
        await release_by_store(house)
        await house.pass_time(30)
    assert set(await house.bot.store.count(Delivery, by="outcome")) == {Outcome.PENDING}
    api.faults.clear()
    await house.pass_time(61)
    assert len(api.texts(READERS[0])) == 10


async def release_by_store(house) -> None:
    """Release an alert without a word from Telegram."""
    await house.say("/breaking Fire")
    await house.press("Send")
    await house.clock.advance(10)
