"""Photos over the wire to Telegram: sent by editors, shown to everybody, corrected, and gone from a stub."""

import asyncio
import struct
from traceback import format_exception

import pytest

from adapters.telegram.photos import Uploaded, plate
from bot.core.errors import Unreachable
from bot.core.message import heading, message, paragraph
from bot.core.model import Alert, Chat, Delivery, Outcome, Photo, Subscriber
from bot.core.ports import Delete, Put
from bot.intake.photos import photo_of
from tests.fakes import START
from tests.images import gif, png, taken
from tests.wire.telegram.house import EDITOR, adapter, connected, follow
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import TOKEN, UNPROCESSED, BotApi, Post

READERS = (2001, 2002, 2003)
PHOTO, OTHER = png(1280, 853), png(640, 480, shade=0x33)
FIRE = "/breaking flash Fire in the old harbour\nThe quay is closed."
SAID = "FLASH: Fire in the old harbour\n\nThe quay is closed."


@pytest.fixture
async def api():
    async with BotApi() as api:
        yield api


@pytest.fixture
async def house(api, tmp_path):
    async with connected(tmp_path, api, undo_seconds=0) as house:
        for reader in READERS:
            api.room(reader)
        await follow(house, *READERS)
        yield house


@pytest.fixture
def editor(api):
    return Person(api, EDITOR)


async def sent(house, editor, line: str = FIRE, photo: bytes = PHOTO) -> str:
    """Send a breaking story with a photo and return its id."""
    await editor.says(line, photo=photo)
    await editor.presses("Send")
    await house.pass_time(1)
    (alert,) = await house.bot.store.find(Alert, {"notices": ""})
    return alert.id


def photo_in(api, post: Post) -> bytes:
    """The photo that a message shows."""
    return api.files[post.photo] if post.photo else b""


def first_posts(api) -> list[Post]:
    return [api.bot_posts(reader)[0] for reader in READERS]


async def test_what_gives_a_source_away_never_comes_back_from_telegram(api, house, editor):
    await sent(house, editor, photo=taken(PHOTO))
    assert [photo_in(api, post) for post in first_posts(api)] == [PHOTO] * len(READERS)


async def photo_kept(house, data: bytes = PHOTO) -> str:
    photo = photo_of(data, START, 10_000_000)
    await house.bot.store.commit(Put(photo))
    return photo.id


async def test_a_photo_with_a_caption_is_a_breaking_story_with_a_photo(api, house, editor):
    assert await editor.says(FIRE, photo=PHOTO) == f"{SAID}\n\nFlash for 3 chats. Send it?"
    (draft,) = api.bot_posts(EDITOR)
    assert photo_in(api, draft) == PHOTO
    await editor.presses("Send")
    await house.pass_time(1)
    for post in first_posts(api):
        assert (post.text, photo_in(api, post), post.silent) == (SAID, PHOTO, False)
    assert api.uploads == 1, "it is uploaded once, for the draft, and shown by its file id after that"
    assert photo_in(api, draft) == PHOTO, "the report stands below the photo that the draft had"


async def test_an_image_that_was_sent_as_a_file_is_a_photo_too(api, house, editor):
    await editor.says(FIRE, file=PHOTO)
    assert photo_in(api, api.bot_posts(EDITOR)[0]) == PHOTO


async def test_a_group_s_talk_below_a_photo_is_other_people_s(api, house, editor):
    await editor.types("look at this", photo=PHOTO, chat=-100500)
    await editor.says("/breaking@news_test_bot Fire", photo=PHOTO, chat=-100500)
    assert [photo_in(api, post) for post in api.bot_posts(-100500)] == [PHOTO]
    assert len(api.downloads) == 1


async def test_first_copies_at_the_same_time_upload_a_photo_once(api, house):
    what = message("Fire", photo=await photo_kept(house))
    chats = [Chat("telegram", str(api.room(3000 + number).id)) for number in range(40)]
    receipts = await asyncio.gather(*(adapter(house).send(chat, what, key="a") for chat in chats))
    assert api.uploads == 1
    assert {photo_in(api, api.bot_posts(int(chat.id))[0]) for chat in chats} == {PHOTO}
    assert all(receipt.id.endswith("+photo") for receipt in receipts)


async def test_a_file_id_outlives_a_restart_and_is_forgotten_with_its_photo(api, tmp_path):
    api.room(2001)
    chat = Chat("telegram", "2001")
    async with connected(tmp_path, api) as house:
        what = message("Fire", photo=await photo_kept(house))
        await adapter(house).send(chat, what, key="a")
    async with connected(tmp_path, api) as house:
        await adapter(house).send(chat, what, key="b")
        assert (api.uploads, len(await house.bot.store.find(Uploaded))) == (1, 1)
        await house.bot.store.commit(Delete(Photo, what.photo))
    api.calls.clear()
    async with connected(tmp_path, api) as house:
        await api.until(lambda: [call for call in api.calls if call[0] == "getUpdates"])
        await adapter(house).forget()
        assert await house.bot.store.find(Uploaded) == []
        await adapter(house).send(chat, what, key="c")
        assert not api.bot_posts(2001)[-1].photo, "a photo that is no more is left out"


async def test_a_file_id_that_telegram_has_lost_is_made_anew(api, house):
    what = message("Fire", photo=await photo_kept(house))
    chat = Chat("telegram", "2001")
    await adapter(house).send(chat, what, key="a")
    api.files.clear()
    await adapter(house).send(chat, what, key="b")
    await adapter(house).send(chat, what, key="c")
    assert api.uploads == 2
    assert photo_in(api, api.bot_posts(2001)[-1]) == PHOTO


async def test_a_correction_keeps_the_photo_and_a_new_one_takes_its_place(api, house, editor):
    id = await sent(house, editor)
    await editor.says(f"/correct {id} It was the new harbour.\nFire in the new harbour")
    await house.pass_time(1)
    for post in first_posts(api):
        assert "CORRECTED 09:00 UTC: It was the new harbour." in post.text
        assert photo_in(api, post) == PHOTO
    await editor.says(f"/correct {id} That was another fire.", photo=OTHER)
    await house.pass_time(1)
    for post in first_posts(api):
        assert post.text.startswith("FLASH: Fire in the new harbour\n\nCORRECTED 09:00 UTC: That was another fire.")
        assert photo_in(api, post) == OTHER
    assert api.uploads == 2
    assert await house.bot.store.count(Delivery, {"about": id}, by="outcome") == {Outcome.TOLD: 3}


async def test_a_correction_can_take_the_photo_away_and_bring_one(api, house, editor):
    id = await sent(house, editor)
    await editor.says(f"/correct {id} The photo was an old one.\n-photo")
    await house.pass_time(1)
    for post in first_posts(api):
        assert post.text.startswith("FLASH: Fire in the old harbour\n\nCORRECTED")
        assert photo_in(api, post) == plate().content, "a message with a photo can't become one without"
    await editor.says(f"/refile {id} Here is a new one.", photo=OTHER)
    await house.pass_time(1)
    assert [photo_in(api, post) for post in first_posts(api)] == [OTHER] * 3


async def test_a_text_gets_a_photo_by_a_correction(api, house, editor):
    id = await sent(house, editor, photo=b"")
    await editor.says(f"/correct {id} There is a photo now.", photo=PHOTO)
    await house.pass_time(1)
    assert [photo_in(api, post) for post in first_posts(api)] == [PHOTO] * 3
    await editor.says(f"/correct {id} Two are hurt.\nTwo hurt in a fire")
    await house.pass_time(1)
    for post in first_posts(api):
        assert (post.text.partition("\n")[0], photo_in(api, post)) == ("FLASH: Two hurt in a fire", PHOTO)


async def test_a_withdrawn_photo_is_gone_from_every_copy(api, house, editor):
    id = await sent(house, editor)
    await editor.says(f"/retract {id} There was no fire.")
    await house.pass_time(1)
    for reader in READERS:
        stub, notice = api.bot_posts(reader)
        assert (stub.text, photo_in(api, stub)) == ("WITHDRAWN 09:00 UTC\n\nThere was no fire.", plate().content)
        assert (notice.under, notice.photo) == (stub.id, "")
    assert api.uploads == 2, "the plate too is uploaded once"


async def test_an_update_has_a_photo_of_its_own(api, house, editor):
    id = await sent(house, editor)
    await editor.says(f"/update {id} urgent The fire is out", photo=OTHER)
    await editor.presses("Send")
    await house.pass_time(2)
    for reader in READERS:
        first, second = api.bot_posts(reader)
        assert (photo_in(api, first), photo_in(api, second)) == (PHOTO, OTHER)
        assert second.under == first.id


async def test_a_discarded_draft_loses_its_photo(api, house, editor):
    await editor.says(FIRE, photo=PHOTO)
    await editor.presses("Discard")
    (draft,) = api.bot_posts(EDITOR)
    assert photo_in(api, draft) == plate().content
    assert "editMessageText" not in {method for method, _ in api.calls}, "what is pressed tells that it has a photo"


@pytest.mark.parametrize(("length", "shown"), [(1016, True), (1017, False)])
async def test_the_preview_is_what_is_sent_and_no_word_goes_for_a_picture(api, house, length, shown):
    what = message(heading("Fire"), paragraph("x" * (length + 2)), photo=await photo_kept(house))
    receipt = await adapter(house).send(Chat("telegram", "2001"), what, key="a")
    (post,) = api.bot_posts(2001)
    preview = adapter(house).preview(what)
    assert (post.source, bool(post.photo)) == (preview.text, shown)
    assert bool(preview.photo) is shown
    assert (preview.shortened, post.text) == (False, what.plain)
    assert receipt.id == (f"{post.id}+photo" if shown else str(post.id))


async def test_the_preview_says_whether_the_photo_goes_with_it(api, house, editor):
    id = await sent(house, editor)
    assert "With its photo." in await editor.says(f"/preview {id}")
    await editor.says(FIRE + "\n" + "many words " * 100, photo=PHOTO)
    (draft,) = await house.bot.store.find(Alert, {"state": "draft"})
    assert "Without its photo" in await editor.says(f"/preview {draft.id}")


async def test_words_too_many_for_a_caption_are_cut_where_the_photo_stands_already(api, house, editor):
    id = await sent(house, editor)
    await editor.says(f"/correct {id} It grew.\nA great fire\nShort.\n" + "many words " * 100)
    await house.pass_time(1)
    for post in first_posts(api):
        assert post.text == "FLASH: A great fire\n\nCORRECTED 09:00 UTC: It grew.\n\nShort."
        assert photo_in(api, post) == PHOTO


async def test_a_photo_that_telegram_refuses_costs_nobody_the_words(api, house, editor):
    profile = struct.pack(">I", len(UNPROCESSED)) + b"iCCP" + UNPROCESSED + bytes(4)
    await sent(house, editor, photo=PHOTO[:33] + profile + PHOTO[33:])
    for post in first_posts(api):
        assert (post.text, post.photo) == (SAID, "")
    assert api.uploads == 1, "it is not uploaded for each chat only to hear it again"
    assert len(api.ledger) == 1 + len(READERS)


async def test_a_chat_that_takes_no_photos_gets_the_words_and_stays(api, house, editor):
    api.room(READERS[1]).photoless = True
    id = await sent(house, editor)
    assert [bool(post.photo) for post in first_posts(api)] == [True, False, True]
    subscriber = await house.bot.store.get(Subscriber, f"telegram:{READERS[1]}")
    assert subscriber.gone == ""
    await editor.says(f"/correct {id} It was the new harbour.\nFire in the new harbour")
    await house.pass_time(1)
    assert [post.text.partition("\n")[0] for post in first_posts(api)] == ["FLASH: Fire in the new harbour"] * 3


@pytest.mark.parametrize("kind", ["before", "after"])
async def test_an_answer_that_is_lost_while_a_photo_is_put_in_place_costs_nothing(api, house, editor, kind):
    id = await sent(house, editor, photo=b"")
    api.fail(kind, method="editMessageMedia", chat=READERS[0])
    await editor.says(f"/refile {id} There is a photo now.", photo=PHOTO)
    await house.pass_time(1)
    await editor.says(f"/refile {id} It is the wrong one.\n-photo The fire is out")
    await house.pass_time(30)
    posts = first_posts(api)
    assert [post.text.partition("\n")[0] for post in posts] == ["FLASH: The fire is out"] * 3
    assert all(photo_in(api, post) in {b"", plate().content} for post in posts)
    assert await house.bot.store.count(Delivery, {"about": id}, by="outcome") == {Outcome.TOLD: 3}


async def test_an_upload_whose_answer_is_lost_is_made_again_by_the_next(api, house):
    what = message("Fire", photo=await photo_kept(house))
    api.fail("after", method="sendPhoto", chat=2001)
    chats = [Chat("telegram", str(reader)) for reader in READERS]
    done = await asyncio.gather(*(adapter(house).send(chat, what, key="a") for chat in chats), return_exceptions=True)
    assert [type(each).__name__ for each in done] == ["Uncertain", "Receipt", "Receipt"]
    assert api.uploads == 2


async def test_markup_that_is_refused_is_left_out_below_a_photo_as_well(api, house):
    what = message(heading("Fire"), photo=await photo_kept(house))
    api.refuse(400, "Bad Request: can't parse entities: unexpected end", method="sendPhoto")
    await adapter(house).send(Chat("telegram", "2001"), what, key="a")
    (post,) = api.bot_posts(2001)
    assert (post.text, post.entities, photo_in(api, post)) == ("Fire", [], PHOTO)


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (b"%PDF-1.7 not at all", "JPEG, PNG, GIF or WebP"),
        (gif(9_999, 9_999), "9999 × 9999 pixels"),
        (png() + bytes(60_000), "at most 0.1 MB"),
        (png() + bytes(21_000_000), "at most 0.1 MB"),
    ],
    ids=["no image", "a bomb", "too large", "too large to be had"],
)
async def test_what_is_no_photo_is_told_why_and_drafts_nothing(api, tmp_path, editor, photo, says):
    async with connected(tmp_path, api, photo_max_bytes=60_000) as house:
        assert says in await editor.says(FIRE, photo=photo)
        assert await house.bot.store.find(Alert) == []
        assert len(photo) < 60_000 or api.downloads == []


async def test_a_photo_that_telegram_does_not_give_is_asked_for_again(api, house, editor):
    api.refuse(400, "Bad Request: wrong file_id", method="getFile")
    assert "send it again" in await editor.says(FIRE, photo=PHOTO)
    assert await house.bot.store.find(Alert) == []


async def test_a_reader_s_photo_is_not_even_fetched(api, house):
    assert "Only an editor" in await Person(api, 2001).says(FIRE, photo=PHOTO)
    assert api.downloads == []


async def test_the_token_in_a_file_s_address_is_never_told(api, house, editor, capsys):
    await sent(house, editor)
    known = api.keep_file(PHOTO)
    api.fail("after", method="getFile")
    api.fail("before", method="file", times=2)  # the library asks a second time by itself
    api.fail("before", method="file", how="502")
    for _ in range(4):
        with pytest.raises(Unreachable) as lost:
            await adapter(house).attachment(known, 1_000_000)
        assert TOKEN not in "".join(format_exception(lost.value))
        if not any(fault.times for fault in api.faults):
            api.refuse(400, "Bad Request: wrong file_id or the file is temporarily unavailable", method="getFile")
    await api.__aexit__()
    with pytest.raises(Unreachable) as lost:
        await adapter(house).attachment(known, 1_000_000)
    told = capsys.readouterr()
    assert TOKEN not in "".join(format_exception(lost.value)) + told.out + told.err
