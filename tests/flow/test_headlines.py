"""The headline of an alert: as it was typed, its page's, or cut out of the text that was pasted."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace

from bot.core.i18n import translator
from bot.core.model import Alert
from bot.core.ports import Put
from bot.outreach.compose import alert_message
from tests.fakes import FakeClock
from tests.flow.house import OPERATOR, opened
from tests.flow.site import answer, served

FIRST = "The harbour wall at Fishgate fell in the early hours of Monday, an hour before the tide was at its highest."
SECOND = "Nobody was hurt, and eleven houses stand empty."
STORY = """<html lang=en><head><title>Harbour wall falls | The Courier</title><meta property="og:title"
content="Harbour wall falls"><meta property="og:site_name" content="The Courier"></head><body><article>
<h1>Harbour wall falls</h1><p>{0}</p><p>{0}</p><p>{0}</p></article></body></html>"""


@pytest.fixture
async def house(tmp_path):
    async with opened(tmp_path, FakeClock(), operators=(OPERATOR,)) as house:
        yield house


async def drafted(house, text: str) -> Alert:
    await house.say(f"/breaking {text}")
    (alert,) = await house.bot.store.find(Alert)
    return alert


async def test_of_a_link_alone_the_headline_is_its_pages_title_without_the_sites_name(tmp_path):
    async with served() as site, opened(tmp_path, FakeClock(), operators=(OPERATOR,), trusted=(site.host,)) as house:
        site.answers["/wall"] = answer(STORY.format(f"{FIRST} {SECOND}"), "text/html")
        alert = await drafted(house, f"flash {site.url('/wall')}\nFishgate is being cleared.")
        assert alert.current.headline == "Harbour wall falls"
        assert alert.current.text == ("Fishgate is being cleared.",)
        assert (alert.current.url, alert.current.sources) == (site.url("/wall"), ("The Courier",))


async def test_a_link_whose_page_says_nothing_asks_for_a_headline(tmp_path):
    async with served() as site, opened(tmp_path, FakeClock(), operators=(OPERATOR,), trusted=(site.host,)) as house:
        site.answers["/none"] = answer("<html><body></body></html>", "text/html")
        said = await house.say(f"/breaking {site.url('/none')}")
        assert "The headline is missing, and the page behind the link has none" in said
        site.answers["/lost"] = answer("<html><head><title>404 Not Found</title></head></html>", "text/html")
        said = await house.say(f"/breaking {site.url('/lost')}")
        assert "The headline is missing, and the page behind the link has none" in said
        said = await house.say(f"/breaking {site.url('/gone')}")
        assert said.startswith("The headline is missing, and the page behind the link gave none: ")
        assert await house.bot.store.find(Alert) == []


async def test_pasted_text_has_its_first_sentence_as_headline_and_the_rest_stays_the_text(house):
    alert = await drafted(house, f"{FIRST} {SECOND}\nRain is forecast.")
    assert alert.current.headline == FIRST.removesuffix(".")
    assert alert.current.text == (SECOND, "Rain is forecast.")


async def test_a_sentence_longer_than_a_headline_is_cut_at_a_clause_and_goes_on_in_the_text(house):
    start = "The harbour wall at Fishgate fell in the early hours of Monday"
    long = f"{start}, {'which the harbour office had long said that it would do one day ' * 4}and nobody was hurt."
    alert = await drafted(house, long)
    assert alert.current.headline.startswith(start)
    assert len(alert.current.headline) <= 250
    assert alert.current.text[0].startswith("… ")
    whole = f"{alert.current.headline} {alert.current.text[0].removeprefix('… ')}"
    assert "".join(filter(str.isalnum, whole)) == "".join(filter(str.isalnum, long))


@pytest.mark.parametrize("line", ["Ferry sinks. All are safe.", FIRST, f"{FIRST[:-1]} – {FIRST[:100]}"])
async def test_what_was_typed_as_a_headline_stays_one(house, line):
    alert = await drafted(house, line)
    assert (alert.current.headline, alert.current.text) == (line, ())


async def test_a_correction_with_a_link_alone_leaves_the_words(house):
    alert = await drafted(house, "Wall falls https://paper.example/wrong\nRain is forecast.")
    await house.press("Send")
    await house.pass_time(20)
    await house.say(f"/correct {alert.id} The link was wrong.\nhttps://paper.example/right")
    await house.pass_time(20)
    right = (await house.bot.store.get(Alert, alert.id)).current
    assert (right.headline, right.text) == ("Wall falls", ("Rain is forecast.",))
    assert right.url == "https://paper.example/right"


async def test_a_correction_takes_the_link_away(house):
    alert = await drafted(house, "Wall falls https://paper.example/wrong\nRain is forecast.")
    await house.press("Send")
    await house.pass_time(20)
    await house.say(f"/correct {alert.id} That page was about another wall.\n-link")
    await house.pass_time(20)
    right = (await house.bot.store.get(Alert, alert.id)).current
    assert (right.headline, right.text, right.url) == ("Wall falls", ("Rain is forecast.",), "")
    await house.say(f"/refile {alert.id} A letter.\n-photo -link Wall fell -link")
    await house.pass_time(20)
    right = (await house.bot.store.get(Alert, alert.id)).current
    assert (right.headline, right.text, right.url) == ("Wall fell -link", (), "")


async def test_a_link_to_another_page_is_not_named_after_the_source_of_the_first(house):
    alert = await drafted(house, "Wall falls https://paper.example/wrong")
    sourced = replace(alert.current, sources=("The Paper", "The Herald"))
    await house.bot.store.commit(Put(replace(alert, revisions=(sourced,))))
    await house.press("Send")
    await house.pass_time(20)
    await house.say(f"/correct {alert.id} The link was wrong.\nhttps://harbour.example/wall")
    await house.pass_time(20)
    right = await house.bot.store.get(Alert, alert.id)
    said = alert_message(right, translator("en"), UTC).plain
    assert "The Paper" not in said
    assert "The Herald" in said
    assert right.current.url == "https://harbour.example/wall"
