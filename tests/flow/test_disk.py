"""A disk with hardly any room left: operators hear of it while an alarm can still be kept, and when there is room."""

import shutil
from collections import namedtuple

import pytest

from bot.outreach import alarm, disk
from store import tinydb
from tests.fakes import FakeClock
from tests.flow.house import OPERATOR, opened

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  # as shutil has it


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=(OPERATOR,)) as house:
        yield house


async def alarmed(house, monkeypatch, room: int) -> bool:
    with monkeypatch.context() as patch:
        patch.setattr(tinydb, "disk_usage", lambda folder: Usage(10**12, 0, room))
        await disk.look(house.bot)
    await house.pass_time(1)
    return bool(await alarm.standing(house.bot.store))


async def test_a_disk_that_fills_up_alarms_once_until_there_is_enough_room(house, monkeypatch):
    rooms = {300_000_000: False, 199_999_999: True, 90_000_000: True, 210_000_000: True, 250_000_000: False}
    assert {room: await alarmed(house, monkeypatch, room) for room in rooms} == rooms
    told = [text for text in await house.texts() if "Alarm" in text or "Over since" in text]
    assert ["only 199 MB left" in text for text in told] == [True, True]
    assert [text.split()[0] for text in told] == ["Alarm", "Over"]


async def test_the_room_is_that_of_the_disk_where_all_is_kept(house, tmp_path):
    assert abs(house.bot.store.room() - shutil.disk_usage(tmp_path).free) < 500_000_000
