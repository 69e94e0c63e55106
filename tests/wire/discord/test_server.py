"""The loopback's Discord keeps the rules that it is there for."""

import aiohttp
import pytest

from tests.wire.discord.people import CHANNEL, Person, markup_of_others, unmarked
from tests.wire.discord.server import EPHEMERAL, TOKEN, served

NOBODY = {"parse": []}
MESSAGES = f"/channels/{CHANNEL}/messages"


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord


@pytest.fixture
async def call(discord):
    headers = {"Authorization": f"Bot {TOKEN}", "User-Agent": "DiscordBot (test, 1)"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def call(method: str, path: str, body=None, **more):
            async with session.request(method, discord.url + path, json=body, **more) as answer:
                assert answer.status == 204 or answer.headers["Content-Type"] == "application/json"
                return answer.status, await answer.json() if answer.status != 204 else None

        yield call


def says(content: str = "words", **more):
    return {"content": content, "allowed_mentions": NOBODY, **more}


async def test_a_message_is_posted_edited_deleted_and_then_unknown(discord, call):
    status, posted = await call("POST", MESSAGES, says())
    assert status == 200
    assert (await call("PATCH", f"{MESSAGES}/{posted['id']}", says("other")))[1]["content"] == "other"
    assert await call("DELETE", f"{MESSAGES}/{posted['id']}") == (204, None)
    assert discord.standing(CHANNEL) == []
    assert (await call("PATCH", f"{MESSAGES}/{posted['id']}", says()))[1]["code"] == 10008


async def test_a_nonce_posts_once_for_five_minutes(discord, call):
    body = says(nonce="a", enforce_nonce=True)
    first, second = [(await call("POST", MESSAGES, body))[1]["id"] for _ in range(2)]
    assert first == second
    discord.lag = 301
    assert (await call("POST", MESSAGES, body))[1]["id"] != first


@pytest.mark.parametrize(
    "body",
    [
        {"content": "words"},
        {"content": "words", "allowed_mentions": {"parse": ["everyone"]}},
        says(""),
        says("x" * 2001),
        says(nonce="n" * 26),
        says(embeds=[{"title": "x" * 257}]),
        says(embeds=[{"description": "x" * 4097}]),
        says(embeds=[{"description": "x" * 4000}, {"description": "x" * 2001}]),
        says(embeds=[{"title": " "}]),
        says(embeds=[{"title": "x", "url": "javascript:alert(1)"}]),
        says(components=[{"type": 1, "components": []}]),
        says(components=[{"type": 1, "components": [{"type": 2, "style": 2, "label": "", "custom_id": "a"}]}]),
        says(components=[{"type": 1, "components": [{"type": 2, "style": 2, "label": "a", "custom_id": "a"}] * 2}]),
        says(components=[{"type": 1, "components": [{"type": 2, "style": 2, "label": "a", "custom_id": "a" * 101}]}]),
        says(message_reference={"message_id": "1"}),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_noted(discord, call, body):
    status, answer = await call("POST", MESSAGES, body)
    assert (status, answer["code"]) == (400, 50035)
    assert len(discord.refused) == 1


async def test_only_the_token_opens_it(discord, call):
    status, _ = await call("POST", MESSAGES, says(), headers={"Authorization": "Bot nonsense"})
    assert status == 401
    assert discord.invalid == 1


async def test_a_channel_takes_so_many_and_its_headers_say_so(discord, call):
    discord.limit = 2, 60.0
    assert [(await call("POST", MESSAGES, says()))[0] for _ in range(3)] == [200, 200, 429]
    assert (await call("POST", "/channels/900000000000000021/messages", says()))[0] == 200


async def test_faults_come_as_often_as_they_were_asked_for(discord, call):
    discord.fault("error", "POST", status=403, code=50013, times=2)
    discord.fault("lost", "POST")
    assert [(await call("POST", MESSAGES, says()))[1]["code"] for _ in range(2)] == [50013, 50013]
    with pytest.raises(aiohttp.ClientError):
        await call("POST", MESSAGES, says())
    assert len(discord.standing(CHANNEL)) == 1, "only its answer was lost"


# ------------------------------------------------------------------------------------------------ interactions


async def test_an_interaction_is_acknowledged_once_and_in_three_seconds(discord, call):
    reader = Person(discord, "900000000000000102")
    asked = await reader.asks(2, reader.command("start", {}))
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    assert await call("POST", path, {"type": 5}) == (204, None)
    assert (await call("POST", path, {"type": 5}))[1]["code"] == 40060
    late = await reader.asks(2, reader.command("start", {}))
    discord.lag = 4
    assert (await call("POST", f"/interactions/{late.id}/{late.token}/callback", {"type": 5}))[1]["code"] == 10062


async def test_its_token_answers_for_fifteen_minutes_and_what_is_ephemeral_is_seen_by_one(discord, call):
    reader = Person(discord, "900000000000000102")
    asked = await reader.asks(2, reader.command("start", {}))
    webhook = f"/webhooks/1/{asked.token}"
    assert (await call("PATCH", f"{webhook}/messages/@original", says()))[1]["code"] == 10015
    await call("POST", f"/interactions/{asked.id}/{asked.token}/callback", {"type": 5, "data": {"flags": EPHEMERAL}})
    await call("PATCH", f"{webhook}/messages/@original", says("for you"))
    assert reader.texts == ["for you"]
    assert Person(discord, "900000000000000103").texts == []
    assert (await call("PATCH", f"{MESSAGES}/{reader.messages[0].id}", says()))[1]["code"] == 10008
    discord.lag = 901
    assert (await call("PATCH", f"{webhook}/messages/@original", says()))[1]["code"] == 50027


async def test_the_first_followup_takes_the_awaited_place_hidden_or_not(discord, call):
    reader = Person(discord, "900000000000000102")
    asked = await reader.asks(2, reader.command("start", {}))
    await call("POST", f"/interactions/{asked.id}/{asked.token}/callback", {"type": 5})
    await call("POST", f"/webhooks/1/{asked.token}", says("secret", flags=EPHEMERAL))
    assert Person(discord, "900000000000000103").texts == ["secret"]


# ------------------------------------------------------------------------------------------------ reading


@pytest.mark.parametrize(
    ("text", "shown", "foreign"),
    [
        ("**bold** \\*not\\* `x*y`", "bold *not* x*y", []),
        ("> said\n> — by", "said\n— by", []),
        ("words <https://a.example/>", "words", []),
        ("[a](https://b.example)", "[a](https://b.example)", ["[", "]", "://"]),
        ("<@1> @everyone", "<@1> @everyone", ["<", ">", "@everyone"]),
        ("# big", "# big", ["#"]),
    ],
)
def test_markup_is_read_as_discord_reads_it(text, shown, foreign):
    assert unmarked(text) == shown
    assert markup_of_others(text) == foreign
