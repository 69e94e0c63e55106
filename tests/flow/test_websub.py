"""WebSub over the wire: from a hub's push to the alert in one turn, and everything that hubs may do to us."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio

from bot.core.model import Chat, Poll, Subscriber
from bot.core.ports import Put
from bot.intake.subscription import Subscription
from tests.fakes import FakeClock
from tests.flow.house import House
from tests.flow.hub import PUBLIC, Hub, desk, hub_served
from tests.flow.site import Site, answer, children, served

READER = "web:reader"

pytestmark = pytest.mark.asyncio(loop_scope="module")
fixture = partial(pytest_asyncio.fixture, loop_scope="module")


def atom(site: Site, hub: str, *numbers: int, minutes: float = 0, now: object = None) -> str:
    """Return a feed of numbered stories with different words, or a part of one, which all came just before now."""
    words = ["Bridge closed", "Harbour flooded", "Mayor resigns", "Museum opens", "Strike ends", "Tunnel dug"]
    at = (now or site.now()) - timedelta(minutes=minutes)
    entries = "".join(
        f"<entry><id>tag:paper,{number}</id><title>{words[number % 6]} {'again ' * (number // 6)}</title>"
        f'<link href="{site.url(f"/{number}")}"/><updated>{at.isoformat()}</updated></entry>'
        for number in numbers
    )
    links = f'<link rel="self" href="{site.url()}"/>' + (f'<link rel="hub" href="{hub}"/>' if hub else "")
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>The Paper</title>{links}{entries}</feed>'


@fixture(scope="module")
async def parser():
    async with children("feed", "page") as parser:
        yield parser


@pytest.fixture
def clock():
    return FakeClock()


@fixture
async def hub():
    async with hub_served() as hub:
        yield hub


@fixture
async def site(clock, hub):
    async with served() as site:
        site.now = clock.now
        site.answers["/feed"] = answer(atom(site, hub.url, 1, 0), ETag='"v1"')
        yield site


@fixture
async def house(tmp_path, clock, site, hub, parser):
    async with desk(tmp_path, clock, site, hub, parser) as house:
        await follow(house)
        await house.pipeline.settle()
        await clock.advance(5)
        yield house


async def follow(house: House) -> None:
    chat = Subscriber(id=READER, chat=Chat.parse(READER), since=house.clock.now(), topics=("*",))
    await house.bot.store.commit(Put(chat))


async def subscribed(house: House, hub: Hub, **changed: str) -> None:
    assert (await hub.verify(**changed)).status == 200
    await house.pipeline.settle()


async def alerts(house: House) -> list[str]:
    return [text.split("\n")[0] for text in await house.texts(READER)]


async def known(house: House) -> list[Subscription]:
    return list(await house.bot.store.find(Subscription))


async def due(house: House, site: Site) -> float:
    """Return the seconds until the feed is looked at next."""
    job = await house.bot.store.get(Poll, site.url())
    return (job.due - house.clock.now()).total_seconds()


async def test_news_that_a_hub_pushes_is_an_alert_in_the_same_turn(house, site, hub):
    assert hub.form["hub.mode"] == "subscribe"
    assert hub.form["hub.topic"] == site.url()
    assert hub.form["hub.callback"].startswith(f"{PUBLIC}/websub/")
    assert len(hub.form["hub.secret"]) == 64
    assert hub.form["hub.secret"] not in hub.form["hub.callback"]
    await subscribed(house, hub)
    asked, before = len(site.paths), await alerts(house)
    assert (await hub.push(atom(site, hub.url, 2))).status == 202
    await house.pipeline.settle()
    assert [text for text in await alerts(house) if text not in before] == ["Mayor resigns"]
    assert "/feed" not in site.paths[asked:], "nobody had to look"
