"""Quiet hours over the wire: the sound that Telegram is asked for, and what waits through a flood and a move."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import Delivery, Outcome, Subscriber
from tests.fakes import FakeClock
from tests.wire.telegram.house import connected
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import BotApi

NIGHT, HOUR = datetime(2026, 3, 2, 23, tzinfo=UTC), 3600
GROUP, SUPERGROUP = -500, -1000000000500


@pytest.fixture
async def api():
    async with BotApi() as api:
        yield api


async def told(house, line: str) -> None:
    await house.say(line)
    await house.press("Send")
    await house.pass_time(1)


async def test_severity_decides_the_sound_that_telegram_makes(api, tmp_path):
    ann = Person(api, 7)
    async with connected(tmp_path, api, FakeClock(NIGHT), undo_seconds=0) as house:
        await ann.says("/subscribe")
        await ann.says("/quiet 22:00-07:00")
        for severity in ("flash", "urgent", "routine"):
            await told(house, f"/breaking {severity} Dam {severity}")
        sounds = {post.text.split()[-1]: post.silent for post in api.bot_posts(7) if "Dam" in post.text}
        assert sounds == {"flash": False, "urgent": True}
        await house.pass_time(8 * HOUR)
        assert api.bot_posts(7)[-1].text == "Dam routine"


async def test_what_waited_and_meets_a_flood_in_the_morning_is_on_its_way_and_comes_once(api, tmp_path):
    ann = Person(api, 7)
    async with connected(tmp_path, api, FakeClock(NIGHT), undo_seconds=0) as house:
        await ann.says("/subscribe")
        await ann.says("/quiet 22:00-07:00")
        await told(house, "/breaking routine Bread is dearer")
        api.refuse(429, "Too Many Requests: retry after 30", parameters={"retry_after": 30})
        await house.pass_time(8 * HOUR)
        (waiting,) = await house.bot.store.find(Delivery)
        assert waiting.outcome is Outcome.PENDING
        await house.pass_time(60)
        assert [text for _, text in api.ledger].count("Bread is dearer") == 1


async def test_quiet_hours_and_zone_move_along_with_a_group(api, tmp_path):
    ann = Person(api, 7)
    async with connected(tmp_path, api, FakeClock(NIGHT), undo_seconds=0) as house:
        await ann.says("/subscribe", chat=GROUP)
        await ann.says("/quiet 22:00-07:00", chat=GROUP)
        await ann.says("/timezone Europe/Berlin", chat=GROUP)
        await told(house, "/breaking routine Bread is dearer")
        api.room(GROUP).moved_to = SUPERGROUP
        api.room(SUPERGROUP)
        await told(house, "/breaking flash Dam broken")
        await house.pass_time(1)
        moved = await house.bot.store.get(Subscriber, f"telegram:{SUPERGROUP}")
        assert (str(moved.quiet), moved.zone) == ("22:00-07:00", "Europe/Berlin")
        assert api.texts(SUPERGROUP) == ["FLASH: Dam broken"]
        await house.pass_time(7 * HOUR)
        assert api.texts(SUPERGROUP) == ["FLASH: Dam broken", "Bread is dearer"]
