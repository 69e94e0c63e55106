"""Who speaks to the bot and where: private chats, groups, topics, channels, and people who are none."""

import asyncio

import pytest

from bot.core.model import Chat, Subscriber
from bot.core.ports import Put
from bot.core.update import Update
from tests.fakes import START
from tests.wire.telegram.house import EDITOR, connected, follow
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import BotApi

GROUP, FORUM = -100700, -100800


@pytest.fixture
async def api():
    async with BotApi() as api:
        api.room(GROUP)
        api.room(FORUM).topics.update({5: True, 6: True})
        yield api


@pytest.fixture
async def house(api, tmp_path):
    async with connected(tmp_path, api) as house:
        yield house


@pytest.fixture
def ann(api):
    return Person(api, EDITOR)


async def heard(house, api, ann) -> list[Update]:
    """Let everything that was typed be seen to, and return what was recorded."""
    await ann.says("/start")
    return [update for update in await house.bot.store.find(Update) if update.chat.id != str(ann.id)]


# ------------------------------------------------------------------------------------------------ groups


@pytest.mark.parametrize(
    "line",
    [
        "/list",
        "/LIST",
        "/list@news_test_bot",
        "/list@News_Test_Bot",
        "/feed list",
        "/feed_list@news_test_bot",
        "@news_test_bot /list",
        "@news_test_bot, hello",
        "what is new @news_test_bot",
        "@news_test_bot",
        "/nonsense@news_test_bot",
    ],
)
async def test_a_group_s_member_is_answered_who_speaks_to_us(house, ann, line):
    assert await ann.says(line, chat=GROUP)


@pytest.mark.parametrize(
    "line",
    [
        "good morning",
        "/list@another_bot",
        "/weather",
        "/news_test_bot",
        "https://paper.example/story",
        "mail me@news_test_bot.example",
        "/",
        "",
    ],
)
async def test_other_people_s_talk_is_neither_answered_nor_recorded(house, api, ann, line):
    await ann.types(line, chat=GROUP)
    assert await heard(house, api, ann) == []
    assert api.texts(GROUP) == []


async def test_a_link_in_reply_to_us_asks_for_its_summary_and_other_replies_are_talk(house, api, ann):
    await ann.says("/list", chat=GROUP)
    ours = api.bot_posts(GROUP)[0]
    await ann.types("how sad", chat=GROUP, under=ours)
    assert len(await heard(house, api, ann)) == 1, "the first command alone"
    assert "port" in await ann.says("http://127.0.0.1:9/x", chat=GROUP, under=ours)


async def test_a_command_in_reply_to_a_link_has_the_link_even_behind_words(house, api, ann):
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "http://127.0.0.1:9/hidden"}
    post = await ann.types("this is worth reading", chat=GROUP, entities=[link])
    assert await ann.says("/summary", chat=GROUP, under=post)
    (update,) = await heard(house, api, ann)
    assert update.answered


async def test_a_quoted_message_is_recorded_with_its_links(house, api, ann):
    recorded = []
    commit = house.bot.store.commit

    async def watched(*changes):
        recorded.extend(change.document for change in changes if hasattr(change, "document"))
        return await commit(*changes)

    house.bot.store.commit = watched
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "http://127.0.0.1:9/hidden"}
    post = await ann.types("this is worth reading", chat=GROUP, entities=[link])
    await ann.says("/summary", chat=GROUP, under=post)
    update = next(each for each in recorded if isinstance(each, Update))
    assert update.quoted == "this is worth reading\nhttp://127.0.0.1:9/hidden"
    assert (update.person, update.private, update.locale) == (f"telegram:{EDITOR}", False, "en")


@pytest.mark.parametrize(
    "who",
    [
        {
            "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
            "sender_chat": {"id": GROUP, "type": "group"},
        },
        {"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}},
        {"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}},
        {"sender_chat": {"id": -100999, "type": "channel", "title": "Paper"}},
        {"from": {"id": 99, "is_bot": True, "first_name": "Another bot"}},
    ],
)
async def test_who_is_no_person_gets_no_answer(house, api, ann, who):
    await ann.types("/list@news_test_bot", chat=GROUP, **who)
    (update,) = await heard(house, api, ann)
    assert update.person == ""
    assert update.answered
    assert api.texts(GROUP) == []


async def test_channels_and_edits_command_nothing(house, api, ann):
    post = await ann.types("/nothing@another_bot", chat=GROUP)
    await api.push("edited_message", api.message_json(api.room(GROUP), post) | {"text": "/list"})
    await api.push("channel_post", api.message_json(api.room(-100900, "channel"), post) | {"text": "/list"})
    assert await heard(house, api, ann) == []


# ------------------------------------------------------------------------------------------------ topics


async def test_a_topic_is_a_chat_of_its_own(house, api, ann):
    await ann.says("/subscribe", chat=FORUM, topic=5)
    assert api.bot_posts(FORUM)[0].topic == 5
    chat = Chat("telegram", str(FORUM), "5")
    assert (await house.bot.store.get(Subscriber, str(chat))).chat == chat
    await ann.says("/breaking Fire", chat=FORUM, topic=6)
    await ann.presses("Send", chat=FORUM)
    await house.pass_time(10)
    assert [post.text for post in api.bot_posts(FORUM) if post.topic == 5][1:] == ["URGENT: Fire"]


async def test_pressing_in_a_topic_answers_there(house, api, ann):
    await ann.says("/subscribe", chat=FORUM, topic=5)
    await ann.presses("Latest", chat=FORUM)
    assert [post.topic for post in api.bot_posts(FORUM)] == [5, 5]


# ------------------------------------------------------------------------------------------------ coming and going


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_a_chat_that_turned_us_out_is_gone_with_its_topics_until_we_are_back(house, api, ann, status):
    await follow(house, FORUM, f"{FORUM}/5", f"{FORUM}/6", GROUP, f"{FORUM}1")
    await ann.member("member", status, chat=FORUM)
    await ann.says("/start")
    assert await gone(house) == {f"telegram:{FORUM}", f"telegram:{FORUM}/5", f"telegram:{FORUM}/6"}
    await ann.member(status, "administrator", chat=FORUM, **RIGHTS)
    await ann.says("/help")
    assert await gone(house) == set()


async def test_whoever_blocks_us_is_gone_and_comes_back_with_all_they_followed(house, api, ann):
    await house.bot.store.commit(
        Put(Subscriber(id="telegram:2001", chat=Chat("telegram", "2001"), since=START, keywords=("zebra",)))
    )
    ben = Person(api, 2001)
    await ben.blocks()
    await ann.says("/start")
    assert await gone(house) == {"telegram:2001"}
    await ben.unblocks()
    assert "zebra" in await ben.says("/list")
    assert await gone(house) == set()


async def test_where_the_bot_is_muted_it_is_gone(house, api, ann):
    await follow(house, GROUP)
    rights = dict.fromkeys(MUTED, False) | {"is_member": True, "until_date": 0}
    await ann.member("member", "restricted", chat=GROUP, **rights)
    await ann.says("/start")
    assert await gone(house) == {f"telegram:{GROUP}"}
    await ann.member("restricted", "restricted", chat=GROUP, **rights | {"can_send_messages": True})
    await ann.says("/help")
    assert await gone(house) == set()


async def gone(house) -> set[str]:
    return {chat.id for chat in await house.bot.store.find(Subscriber) if chat.gone}


MUTED = [
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
    *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages"),
    *("can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics"),
    *("can_react_to_messages", "can_edit_tag"),
]
RIGHTS = dict.fromkeys(
    [
        *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
        *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
        *("can_edit_stories", "can_delete_stories"),
    ],
    False,
)


async def test_a_flood_from_one_chat_leaves_the_others_their_turn(house, api, ann):
    flooded = asyncio.Event()

    async def slow(method, body):
        if method == "sendMessage" and body["chat_id"] == 2002:
            await flooded.wait()

    api.gate = slow
    mallory = Person(api, 2002)
    for _ in range(80):
        await mallory.types("/start")
    assert await ann.says("/start")
    flooded.set()
    await api.until(lambda: len(mallory.texts()) >= 30)
    assert len(await house.bot.store.find(Update, limit=1000)) < 40
