"""Photos over the wire to Discord: attached to a command, shown in embeds, kept by edits, and gone from a stub."""

from contextlib import asynccontextmanager

import pytest

from bot.core.model import Alert, Chat, Delivery, Outcome, Subscriber
from bot.core.ports import Put
from tests.fakes import START
from tests.images import gif, png, taken
from tests.wire.discord.newsroom import EDITOR, newsroom
from tests.wire.discord.people import CHANNEL, Person, words
from tests.wire.discord.server import served

CHANNELS = [str(int(CHANNEL) + number) for number in range(3)]
PHOTO, OTHER = png(1280, 853), png(640, 480, shade=0x33)
STORY = {"severity": "flash", "text": "Fire in the old harbour"}


@pytest.fixture
async def discord():
    async with served() as discord:
        yield discord
    assert discord.refused == []


@asynccontextmanager
async def opened(folder, discord, **changed):
    changed = {"undo_seconds": 0, "trusted": (discord.url.split("/")[2],), **changed}
    async with newsroom(folder, discord, **changed) as house:
        for channel in CHANNELS:
            chat = Chat("discord", channel)
            await house.bot.store.commit(Put(Subscriber(id=str(chat), chat=chat, since=START, topics=("*",))))
        yield house


@pytest.fixture
async def house(discord, tmp_path):
    async with opened(tmp_path, discord) as house:
        yield house


@pytest.fixture
def editor(discord):
    """Somebody who writes to the bot in private."""
    return Person(discord, EDITOR).private


async def sent(house, editor, **more) -> str:
    """Send a breaking story and return its id."""
    await editor.slash("breaking", **STORY, **more)
    await editor.clicks("Send")
    await house.pass_time(1)
    (alert,) = await house.bot.store.find(Alert, {"notices": ""})
    return alert.id


def copies(discord) -> list:
    return [discord.standing(channel)[0] for channel in CHANNELS]


def photos(discord) -> list[bytes]:
    return [copy.photo for copy in copies(discord)]


async def outcomes(house, id: str) -> dict:
    return await house.bot.store.count(Delivery, {"about": id}, by="outcome")


async def test_what_gives_a_source_away_never_comes_back_from_discord(house, discord, editor):
    await sent(house, editor, photo=taken(PHOTO))
    assert photos(discord) == [PHOTO] * len(CHANNELS)


async def test_a_photo_attached_to_the_command_goes_with_the_story(house, discord, editor):
    draft = await editor.slash("breaking", **STORY, photo=PHOTO)
    assert draft.photo == PHOTO
    assert draft.body["attachments"][0]["description"] == "FLASH: Fire in the old harbour"
    await editor.clicks("Send")
    await house.pass_time(1)
    await house.pass_time(1)
    assert photos(discord) == [PHOTO] * 3
    assert draft.photo == PHOTO, "the report stands below the photo"
    assert discord.uploads == 4, "and is not sent again with each of its edits"
    assert draft.edits > 1


async def test_a_photo_is_kept_while_a_form_asks_for_the_words(house, discord, editor):
    draft = await editor.fills(
        "breaking", "Fire in the old harbour\nThe quay is closed.", severity="flash", photo=PHOTO
    )
    assert (draft.photo, words(draft).splitlines()[0]) == (PHOTO, "FLASH: Fire in the old harbour")
    draft = await editor.fills("breaking", "No fire in the new harbour", severity="routine")
    assert (draft.photo, words(draft).splitlines()[0]) == (b"", "No fire in the new harbour")


async def test_a_correction_keeps_the_photo_where_it_stands_and_sends_a_new_one(house, discord, editor):
    id = await sent(house, editor, photo=PHOTO)
    before = discord.uploads
    await editor.fills("correct", "It was the new harbour.\nFire in the new harbour", alert=id)
    await house.pass_time(1)
    assert photos(discord) == [PHOTO] * 3
    assert all("It was the new harbour." in words(copy) for copy in copies(discord))
    assert discord.uploads == before + 1, "the editor is shown it once more, the channels have it"
    await editor.fills("correct", "That was another fire.", alert=id, photo=OTHER)
    await house.pass_time(1)
    assert photos(discord) == [OTHER] * 3
    assert [len(copy.files) for copy in copies(discord)] == [1, 1, 1], "no file of before is left"
    assert await outcomes(house, id) == {Outcome.TOLD: 3}


async def test_a_correction_takes_a_photo_away_or_brings_the_first(house, discord, editor):
    id = await sent(house, editor)
    assert photos(discord) == [b""] * 3
    for text, photo, shown in [("One came.", PHOTO, PHOTO), ("It is old.\n-photo", b"", b""), ("Now.", OTHER, OTHER)]:
        await editor.fills("correct", text, alert=id, **({"photo": photo} if photo else {}))
        await house.pass_time(1)
        assert photos(discord) == [shown] * 3
        assert [len(copy.files) for copy in copies(discord)] == [bool(shown)] * 3


async def test_a_withdrawn_photo_is_gone_with_its_file(house, discord, editor):
    id = await sent(house, editor, photo=PHOTO)
    await editor.slash("retract", alert=id, why="There was no fire.")
    await house.pass_time(1)
    for copy in copies(discord):
        assert words(copy) == "WITHDRAWN 09:00 UTC\n\nThere was no fire."
        assert copy.files == {}


async def test_an_update_has_a_photo_of_its_own_under_the_first(house, discord, editor):
    id = await sent(house, editor, photo=PHOTO)
    await editor.slash("update", alert=id, severity="urgent", text="The fire is out", photo=OTHER)
    await editor.clicks("Send")
    await house.pass_time(2)
    for channel in CHANNELS:
        first, second = discord.standing(channel)
        assert (first.photo, second.photo, second.under) == (PHOTO, OTHER, first.id)


async def test_a_channel_that_takes_no_files_gets_the_words_and_stays(house, discord, editor):
    discord.fileless.add(CHANNELS[1])
    id = await sent(house, editor, photo=PHOTO)
    assert photos(discord) == [PHOTO, b"", PHOTO]
    await editor.fills("correct", "Another photo.", alert=id, photo=OTHER)
    await house.pass_time(1)
    assert photos(discord) == [OTHER, b"", OTHER]
    assert all("Another photo." in words(copy) for copy in copies(discord))
    assert await outcomes(house, id) == {Outcome.TOLD: 3}
    assert (await house.bot.store.get(Subscriber, f"discord:{CHANNELS[1]}")).gone == ""


@pytest.mark.parametrize("kind", ["reset", "lost"])
async def test_an_answer_that_is_lost_while_a_photo_changes_costs_nothing(house, discord, editor, kind):
    id = await sent(house, editor, photo=PHOTO)
    discord.fault(kind, match=f"PATCH /channels/{CHANNELS[0]}", times=2)
    await editor.fills("refile", "Another photo.", alert=id, photo=OTHER)
    await house.pass_time(1)
    await editor.fills("refile", "The first was right.", alert=id, photo=PHOTO)
    await house.pass_time(60)
    assert photos(discord) == [PHOTO] * 3
    assert await outcomes(house, id) == {Outcome.TOLD: 3}


async def test_a_first_copy_whose_answer_is_lost_stands_once_with_its_photo(house, discord, editor):
    discord.fault("lost", match=f"POST /channels/{CHANNELS[0]}/messages", times=2)
    await sent(house, editor, photo=PHOTO)
    await house.pass_time(60)
    assert photos(discord) == [PHOTO] * 3
    assert [len(discord.standing(channel)) for channel in CHANNELS] == [1, 1, 1]


async def test_a_photo_is_an_option_where_one_may_come_along(house, discord):
    taking = [
        command["name"]
        for command in discord.commands
        if any((option["type"], option["name"]) == (11, "photo") for option in command.get("options", ()))
    ]
    assert sorted(taking) == ["breaking", "correct", "refile", "update"]


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (b"%PDF-1.7 not at all", "JPEG, PNG, GIF or WebP"),
        (gif(9_999, 9_999), "9999 × 9999 pixels"),
        (png() + bytes(60_000), "at most 0.1 MB"),
    ],
    ids=["no image", "a bomb", "too large"],
)
async def test_what_is_no_photo_is_told_why_and_drafts_nothing(discord, tmp_path, editor, photo, says):
    async with opened(tmp_path, discord, photo_max_bytes=60_000) as house:
        assert says in words(await editor.slash("breaking", **STORY, photo=photo))
        assert await house.bot.store.find(Alert) == []


async def test_an_attachment_is_had_by_the_guarded_door(discord, tmp_path, editor):
    async with opened(tmp_path, discord, trusted=()) as house:
        told = words(await editor.slash("breaking", **STORY, photo=PHOTO))
        assert await house.bot.store.find(Alert) == []
        assert "Draft" not in told
        assert "Send" not in told
    assert discord.given, "it was there"
