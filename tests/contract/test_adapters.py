"""What every adapter promises: the sentences of the port, one by one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from bot.core.errors import FetchError, Uneditable
from bot.core.message import File, Message, message, pages
from bot.core.model import Photo, Receipt
from bot.core.ports import Delete, Put
from bot.intake.photos import photo_of
from tests.contract.adapters import PLATFORMS, FarSide, Platform
from tests.contract.messages import HOSTILE, PLAIN, RICH, everywhere, messages
from tests.fakes import START
from tests.images import png
from tests.shared import shared

LONG = message(*(f"Paragraph {number}: " + "the ferry is late again. " * 20 for number in range(40)))


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> Platform:
    return request.param


@pytest.fixture
async def far(platform: Platform, tmp_path: Path) -> AsyncIterator[FarSide]:
    async with platform.start(tmp_path / "data") as far:
        yield far


@pytest.fixture
def tells_repeats(platform: Platform) -> None:
    if not platform.tells_repeats:
        pytest.skip("the platform has no key by which it could tell a repeat")


def letters(text: str) -> str:
    """Letters and digits alone: platforms set bullets, dashes, gaps and invisible characters in different ways."""
    return re.sub(r"[\W_]+", "", text)


async def shown(far: FarSide, receipt: Receipt) -> str:
    return far.read((await far.payloads(receipt.chat))[receipt.id])


# ------------------------------------------------------------------------------------------------ send


async def test_it_names_its_platform_and_account(far: FarSide):
    assert far.adapter.platform == far.chat.platform
    assert far.adapter.account


@pytest.mark.parametrize("what", [PLAIN, RICH], ids=["plain", "rich"])
async def test_what_is_sent_stands_in_its_chat_alone(far: FarSide, what: Message):
    receipt = await far.adapter.send(far.chat, what, key="a")
    assert receipt.chat == far.chat
    assert letters(await shown(far, receipt)) == letters(what.plain)
    assert await far.payloads(far.other) == {}


async def test_messages_stand_in_the_order_of_their_sending(far: FarSide):
    receipts = [
        await far.adapter.send(far.chat, message(f"number {number}"), key=f"z{-number}") for number in range(12)
    ]
    assert list(await far.payloads(far.chat)) == [receipt.id for receipt in receipts]


@pytest.mark.usefixtures("tells_repeats")
async def test_the_same_key_posts_once(far: FarSide):
    first = await far.adapter.send(far.chat, PLAIN, key="a")
    again = await far.adapter.send(far.chat, RICH, key="a")
    assert again == first
    assert list(await far.payloads(far.chat)) == [first.id]
    assert again.outdated, "it does not show what was to be sent this time"
    assert not first.outdated
    assert not (await far.adapter.send(far.chat, PLAIN, key="a")).outdated


@pytest.mark.usefixtures("tells_repeats")
async def test_the_same_key_posts_once_also_when_all_come_at_once(far: FarSide):
    receipts = await asyncio.gather(*(far.adapter.send(far.chat, PLAIN, key="a") for _ in range(25)))
    assert len(set(receipts)) == 1
    assert len(await far.payloads(far.chat)) == 1


@pytest.mark.usefixtures("tells_repeats")
async def test_the_same_key_posts_once_across_a_restart(platform: Platform, tmp_path: Path):
    async with platform.start(tmp_path / "data") as far:
        before = await far.adapter.send(far.chat, PLAIN, key="a")
    async with platform.start(tmp_path / "data") as far:
        assert await far.adapter.send(far.chat, PLAIN, key="a") == before
        assert list(await far.payloads(far.chat)) == [before.id]


async def test_different_keys_that_come_at_once_all_post(far: FarSide):
    sends = (far.adapter.send(far.chat, message(f"number {number}"), key=f"{number}") for number in range(25))
    receipts = await asyncio.gather(*sends)
    assert {receipt.id for receipt in receipts} == set(await far.payloads(far.chat))
    assert len(receipts) == 25


async def test_a_key_belongs_to_its_chat(far: FarSide):
    here = await far.adapter.send(far.chat, PLAIN, key="a")
    there = await far.adapter.send(far.other, PLAIN, key="a")
    assert here != there
    assert list(await far.payloads(far.other)) == [there.id]


async def test_a_reply_stands_also_where_what_it_answers_is_gone(far: FarSide):
    first = await far.adapter.send(far.chat, PLAIN, key="a")
    await far.adapter.send(far.chat, RICH, key="b", under=first, silent=True)
    await far.adapter.delete(first)
    orphan = await far.adapter.send(far.chat, RICH, key="c", under=first)
    assert letters(await shown(far, orphan)) == letters(RICH.plain)


# ------------------------------------------------------------------------------------------------ edit, delete


async def test_an_edit_shows_something_else_in_the_same_place(far: FarSide):
    receipt = await far.adapter.send(far.chat, PLAIN, key="a")
    last = await far.adapter.send(far.chat, PLAIN, key="b")
    edited = await far.adapter.edit(receipt, RICH)
    assert letters(await shown(far, edited)) == letters(RICH.plain)
    assert list(await far.payloads(far.chat)) == [edited.id, last.id]
    again = await far.adapter.edit(edited, PLAIN)
    assert letters(await shown(far, again)) == letters(PLAIN.plain)


async def test_an_edit_that_changes_nothing_is_no_error(far: FarSide):
    receipt = await far.adapter.send(far.chat, RICH, key="a")
    assert letters(await shown(far, await far.adapter.edit(receipt, RICH))) == letters(RICH.plain)


@pytest.mark.usefixtures("tells_repeats")
async def test_a_repeated_send_does_not_undo_an_edit(far: FarSide):
    receipt = await far.adapter.send(far.chat, PLAIN, key="a")
    await far.adapter.edit(receipt, RICH)
    await far.adapter.send(far.chat, PLAIN, key="a")
    assert letters(await shown(far, receipt)) == letters(RICH.plain)


async def test_a_deleted_message_is_gone_and_can_not_be_edited(far: FarSide):
    receipt = await far.adapter.send(far.chat, PLAIN, key="a")
    await far.adapter.delete(receipt)
    assert await far.payloads(far.chat) == {}
    with pytest.raises(Uneditable):
        await far.adapter.edit(receipt, RICH)


async def test_what_stands_is_not_forgotten(far: FarSide):
    receipt = await far.adapter.send(far.chat, RICH, key="a")
    await far.adapter.forget()
    assert letters(await shown(far, receipt)) == letters(RICH.plain)
    await far.adapter.edit(receipt, PLAIN)
    assert letters(await shown(far, receipt)) == letters(PLAIN.plain)


async def test_a_receipt_that_is_none_can_not_be_edited_or_deleted(far: FarSide):
    unknown = Receipt(far.chat, "4711")
    with pytest.raises(Uneditable):
        await far.adapter.edit(unknown, PLAIN)
    with pytest.raises(Uneditable):
        await far.adapter.delete(unknown)


async def test_a_receipt_does_not_open_another_chat(far: FarSide):
    receipt = await far.adapter.send(far.chat, PLAIN, key="a")
    with pytest.raises(Uneditable):
        await far.adapter.edit(Receipt(far.other, receipt.id), RICH)
    assert letters(await shown(far, receipt)) == letters(PLAIN.plain)


# ------------------------------------------------------------------------------------------------ preview


@pytest.mark.parametrize("what", [PLAIN, RICH, LONG, everywhere(HOSTILE[0])], ids=["plain", "rich", "long", "hostile"])
async def test_the_preview_is_exactly_what_is_sent(far: FarSide, what: Message):
    receipt = await far.adapter.send(far.chat, what, key="a")
    assert (await far.payloads(far.chat))[receipt.id] == far.adapter.preview(what).text


async def test_a_long_message_is_shortened_by_whole_blocks_to_one(far: FarSide):
    receipt = await far.adapter.send(far.chat, LONG, key="a")
    assert list(await far.payloads(far.chat)) == [receipt.id]
    text = letters(await shown(far, receipt))
    assert letters(LONG.plain).startswith(text)
    assert text.endswith("again")
    preview = far.adapter.preview(LONG)
    assert preview.shortened
    assert preview.left >= 0


async def test_a_message_that_fits_is_not_shortened(far: FarSide):
    preview = far.adapter.preview(RICH)
    assert not preview.shortened
    assert preview.used > 0
    assert preview.left > 0


async def test_an_answer_over_several_messages_loses_no_word(far: FarSide):
    parts = pages(LONG, lambda part: not far.adapter.preview(part).shortened)
    for number, part in enumerate(parts):
        await far.adapter.send(far.chat, part, key=f"{number}")
    text = " ".join([far.read(payload) for payload in (await far.payloads(far.chat)).values()])
    assert letters(text) == letters(LONG.plain)


# ------------------------------------------------------------------------------------------------ photos


async def kept(far: FarSide, data: bytes) -> str:
    photo = photo_of(data, START, 1_000_000)
    await far.store.commit(Put(photo))
    return photo.id


@pytest.mark.parametrize("what", [PLAIN, RICH], ids=["plain", "rich"])
async def test_a_photo_stands_above_the_words_as_the_preview_says(far: FarSide, what: Message):
    pictured = replace(what, photo=await kept(far, png()))
    receipt = await far.adapter.send(far.chat, pictured, key="a")
    preview = far.adapter.preview(pictured)
    assert await far.photo(receipt) == png()
    assert letters(await shown(far, receipt)) == letters(what.plain)
    assert (await far.payloads(far.chat))[receipt.id] == preview.text
    assert (preview.photo, preview.shortened) == (pictured.photo, False)
    assert far.adapter.preview(what).photo == ""


async def test_a_photo_comes_changes_stays_and_goes_by_edits(far: FarSide):
    one, other = await kept(far, png()), await kept(far, png(shade=3))
    receipt = await far.adapter.send(far.chat, PLAIN, key="a")
    for what, photo in [
        (replace(PLAIN, photo=one), png()),
        (replace(RICH, photo=one), png()),
        (replace(RICH, photo=other), png(shade=3)),
        (PLAIN, b""),
        (RICH, b""),
        (replace(PLAIN, photo=one), png()),
        (replace(PLAIN, photo=one), png()),
    ]:
        receipt = await far.adapter.edit(receipt, what)
        assert await far.photo(receipt) == photo
        assert letters(await shown(far, receipt)) == letters(what.plain)
    await far.adapter.delete(receipt)
    assert await far.payloads(far.chat) == {}


async def test_an_edit_of_a_reply_finds_what_it_answers_though_that_has_a_photo(far: FarSide):
    first = await far.adapter.send(far.chat, replace(PLAIN, photo=await kept(far, png())), key="a")
    receipt = await far.adapter.send(far.chat, RICH, key="b", under=first)
    assert letters(await shown(far, await far.adapter.edit(receipt, PLAIN))) == letters(PLAIN.plain)


async def test_a_photo_that_is_kept_no_longer_is_left_out(far: FarSide):
    id = await kept(far, png())
    await far.store.commit(Delete(Photo, id))
    receipt = await far.adapter.send(far.chat, replace(PLAIN, photo=id), key="a")
    assert await far.photo(receipt) == b""
    assert letters(await shown(far, receipt)) == letters(PLAIN.plain)


@pytest.mark.parametrize("name", ["", "nothing", "https://127.0.0.1/x.png", "../../../etc/passwd"])
async def test_an_attachment_that_nobody_sent_can_not_be_had(far: FarSide, name: str):
    with pytest.raises(FetchError):
        await far.adapter.attachment(name, 1_000_000)


@pytest.mark.parametrize("what", [PLAIN, RICH], ids=["plain", "rich"])
async def test_a_file_goes_along_with_the_words_as_the_preview_says(far: FarSide, what: Message):
    filed = replace(what, file=File("feeds.opml", '<opml version="2.0">Zeitung – 新聞</opml>\r\n'))
    receipt = await far.adapter.send(far.chat, filed, key="a")
    alone = await far.adapter.send(far.chat, what, key="b")
    assert await far.file(receipt) == (filed.file.name, filed.file.content)
    assert await far.file(alone) == ("", b"")
    assert letters(await shown(far, receipt)) == letters(what.plain)
    assert (await far.payloads(far.chat))[receipt.id] == far.adapter.preview(filed).text


async def test_of_a_long_answer_with_a_file_the_first_message_has_it(far: FarSide):
    whole = replace(LONG, file=File("import.txt", "all of it"))
    receipts = [
        await far.adapter.send(far.chat, part, key=f"{number}")
        for number, part in enumerate(pages(whole, lambda part: not far.adapter.preview(part).shortened))
    ]
    assert [(await far.file(receipt))[0] for receipt in receipts] == ["import.txt", *[""] * (len(receipts) - 1)]
    text = " ".join([far.read(payload) for payload in (await far.payloads(far.chat)).values()])
    assert letters(text) == letters(LONG.plain)


# ------------------------------------------------------------------------------------------------ hostile texts


@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_hostile_becomes_markup(far: FarSide, text: str):
    receipt = await far.adapter.send(far.chat, everywhere(text), key="a")
    assert letters(await shown(far, receipt)) == letters(everywhere(text).plain)


async def test_no_naughty_string_becomes_markup(far: FarSide):
    for text in filter(str.strip, json.loads(shared("corpora/strings/blns.json").read_text())):
        assert letters(far.read(far.adapter.preview(everywhere(text)).text)) == letters(everywhere(text).plain)


@given(what=messages)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_message_becomes_markup(far: FarSide, what: Message):
    preview = far.adapter.preview(what)
    assert letters(far.read(preview.text)) == letters(what.plain)


async def test_a_hostile_key_or_receipt_changes_nothing(far: FarSide):
    await far.adapter.send(far.chat, PLAIN, key="a")
    await far.adapter.send(far.chat, PLAIN, key="../a\n\x00\ud7ff'\"")
    with pytest.raises(Uneditable):
        await far.adapter.edit(Receipt(far.chat, "../../a\n\x00"), RICH)
    assert len(await far.payloads(far.chat)) == 2
