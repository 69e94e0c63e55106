"""Our loopback Bot API server: that it refuses what Telegram refuses, so that what it accepts means something."""

import asyncio

import pytest
from aiohttp import ClientSession

from tests.wire.telegram.markup import Unreadable, bounded, read_html
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import TOKEN, BotApi

CHAT = 2001


@pytest.fixture
async def api():
    async with BotApi() as api:
        api.room(CHAT)
        yield api


@pytest.fixture
async def call(api):
    async with ClientSession() as session:

        async def call(method, token=TOKEN, /, **body):
            async with session.post(f"{api.url}/bot{token}/{method}", json=body) as answer:
                return answer.status, await answer.json()

        yield call


async def refused(answering) -> str:
    status, body = await answering
    assert (body["ok"], body["error_code"]) == (False, status)
    return f"{status} {body['description'].partition(': ')[2] or body['description']}"


async def test_a_message_is_kept_with_its_markup_read(api, call):
    status, body = await call("sendMessage", chat_id=CHAT, text="<b>𝄞 Fire</b> &amp; more", parse_mode="HTML")
    assert status == 200
    assert body["result"]["text"] == "𝄞 Fire & more"
    assert body["result"]["entities"] == [{"type": "bold", "offset": 0, "length": 7}]
    assert api.ledger == [(CHAT, "𝄞 Fire & more")]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"chat_id": 7}, "400 chat not found"),
        ({"chat_id": "x"}, "400 chat not found"),
        ({"text": ""}, "400 message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "400 message text is empty"),
        ({"text": "𝄞" * 2049}, "400 message is too long"),
        ({"text": "<b>" + "x" * 4097 + "</b>", "parse_mode": "HTML"}, "400 message is too long"),
        ({"text": "&amp;" * 6554, "parse_mode": "HTML"}, "400 text is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "400 can't parse entities: Can't find end tag corresponding to"),
        ({"text": "<script>x</script>", "parse_mode": "HTML"}, "400 can't parse entities: Unsupported start tag"),
        ({"text": "x</b>", "parse_mode": "HTML"}, "400 can't parse entities: Unexpected end tag"),
        ({"text": "x", "parse_mode": "BBCode"}, "400 unsupported parse_mode"),
        ({"text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]}, "400 ENTITY_BOUNDS_INVALID"),
        ({"text": "𝄞", "entities": [{"type": "bold", "offset": 1, "length": 1}]}, "400 ENTITY_BOUNDS_INVALID"),
        ({"message_thread_id": 9}, "400 message thread not found"),
        ({"reply_parameters": {"message_id": 99}}, "400 message to be replied not found"),
    ],
)
async def test_what_telegram_refuses_is_refused(api, call, changed, says):
    given = {"chat_id": CHAT, "text": "Fire", **changed}
    assert (await refused(call("sendMessage", **given))).startswith(says)
    assert api.ledger == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([[{"text": "x", "callback_data": "ä" * 33}]], "400 BUTTON_DATA_INVALID"),
        ([[{"text": "x", "callback_data": ""}]], "400 BUTTON_DATA_INVALID"),
        ([[{"text": " ", "callback_data": "x"}]], "400 button text is empty"),
        ([[{"text": "x", "callback_data": "x"}] * 9], "400 reply markup is too long"),
        ([[{"text": "x", "callback_data": "x"}]] * 101, "400 reply markup is too long"),
        ([[{"text": "x", "callback_data": "x", "style": "loud"}]], "400 invalid button style specified"),
    ],
)
async def test_buttons_keep_to_their_limits(call, rows, says):
    markup = {"inline_keyboard": rows}
    assert await refused(call("sendMessage", chat_id=CHAT, text="x", reply_markup=markup)) == says


async def test_only_our_own_message_that_changes_is_edited(api, call):
    ours = (await call("sendMessage", chat_id=CHAT, text="a"))[1]["result"]["message_id"]
    theirs = (await Person(api, CHAT).types("b")).id
    edit = {"chat_id": CHAT, "message_id": ours, "text": "a"}
    assert (await refused(call("editMessageText", **edit))).startswith("400 message is not modified")
    assert (await call("editMessageText", **edit | {"text": "c"}))[0] == 200
    assert await refused(call("editMessageText", **edit | {"message_id": 99})) == "400 message to edit not found"
    assert await refused(call("editMessageText", **edit | {"message_id": theirs})) == "400 message can't be edited"
    assert (await call("deleteMessage", chat_id=CHAT, message_id=ours))[0] == 200
    assert await refused(call("deleteMessage", chat_id=CHAT, message_id=ours)) == "400 message to delete not found"
    assert api.texts(CHAT) == []


async def test_updates_are_given_until_they_are_acknowledged(api, call):
    first, second = [await api.push("message", {}) for _ in range(2)]
    for _ in range(2):
        ids = [update["update_id"] for update in (await call("getUpdates"))[1]["result"]]
        assert ids == [first, second]
    ids = [update["update_id"] for update in (await call("getUpdates", offset=second))[1]["result"]]
    assert ids == [second]
    assert (await call("getUpdates", offset=second + 1))[1]["result"] == []


async def test_a_poll_waits_for_news_and_only_for_what_was_wanted(api, call):
    polling = asyncio.create_task(call("getUpdates", timeout=50, allowed_updates=["message"]))
    await api.until(lambda: api.calls)
    await asyncio.sleep(0.02)
    await api.push("edited_message", {})
    assert not polling.done()
    id = await api.push("message", {})
    assert [update["update_id"] for update in (await polling)[1]["result"]] == [id]


async def test_a_second_poller_ends_the_first(api, call):
    first = asyncio.create_task(call("getUpdates", timeout=50))
    await api.until(lambda: api.calls)
    await asyncio.sleep(0.02)
    second = asyncio.create_task(call("getUpdates", timeout=50))
    await api.until(lambda: len(api.calls) == 2)
    await asyncio.sleep(0.02)
    await api.push("message", {})
    assert "terminated by other getUpdates" in await refused(first)
    assert (await second)[0] == 200
    await call("setWebhook", url="https://x.example")
    assert "webhook is active" in await refused(call("getUpdates"))


async def test_a_wrong_token_and_an_unknown_method_are_refused(call):
    assert await refused(call("getMe", "1:X")) == "401 Unauthorized"
    assert (await refused(call("sendNothing"))).startswith("404")


async def test_a_press_is_acknowledged_once(api, call):
    ann = Person(api, CHAT)
    post = await ann.types("x")
    id = await ann.press_data(post, "/list")
    assert (await call("answerCallbackQuery", callback_query_id=id))[0] == 200
    assert (await refused(call("answerCallbackQuery", callback_query_id=id))).startswith("400 query is too old")


async def test_faults_come_when_and_where_they_are_told_to(api, call):
    api.refuse(429, "Too Many Requests", parameters={"retry_after": 3}, chat=CHAT, skip=1)
    statuses = [(await call("sendMessage", chat_id=CHAT, text="x"))[0] for _ in range(3)]
    assert statuses == [200, 429, 200]
    api.room(CHAT).moved_to = -100
    status, body = await call("sendMessage", chat_id=CHAT, text="x")
    assert (status, body["parameters"]) == (400, {"migrate_to_chat_id": -100})
    api.room(CHAT).moved_to, api.room(CHAT).shut = None, "bot was blocked by the user"
    assert await refused(call("sendMessage", chat_id=CHAT, text="x")) == "403 bot was blocked by the user"


async def test_messages_of_private_chats_are_counted_together_and_a_supergroup_s_alone(api, call):
    api.room(2002), api.room(-100500)
    ids = [(await call("sendMessage", chat_id=id, text="x"))[1]["result"]["message_id"] for id in (CHAT, 2002, -100500)]
    assert ids == [1, 2, 1]


def test_markup_is_read_as_telegram_reads_it():
    text, entities = read_html('<b>a<i>b</i></b> <a href="https://x.example/?a&amp;b">c</a> <a>d</a>')
    assert text == "ab c d"
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in entities] == [
        ("bold", 0, 2),
        ("italic", 1, 1),
        ("text_link", 3, 1),
    ]
    assert entities[2]["url"] == "https://x.example/?a&b"
    assert not bounded("a", [{"offset": 0, "length": 2}])


@pytest.mark.parametrize("source", ["<b>", "</b>", "<b><i></b></i>", "<!-- x -->", "<p>x</p>", '<b class="x">x</b>'])
def test_markup_that_telegram_can_not_read_is_none(source):
    with pytest.raises(Unreadable):
        read_html(source)
