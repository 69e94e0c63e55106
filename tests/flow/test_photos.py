"""Photos in the house: linked by editors, chosen at the desk, served from the same origin, and let go in time."""

import asyncio
import dataclasses
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from aiohttp import FormData, web
from lxml import html
from msgspec.structs import replace

from bot.core.message import heading, message
from bot.core.model import Alert, Chat, Photo, Role, Subscriber
from bot.core.ports import Put
from bot.intake.photos import photo_of
from bot.outreach.photos import sweep_photos
from tests.fakes import START, FakeClock
from tests.flow.house import OPERATOR, opened
from tests.flow.site import answer, moved, served
from tests.flow.web import Browser
from tests.images import gif, jpg, png, taken

PHOTO, OTHER = png(1280, 853), jpg(640, 480)
READER = "web:reader"
EDITOR = "web:night-desk"


@pytest.fixture
async def site():
    async with served() as site:
        site.answers["/fire.png"] = answer(PHOTO, "image/png")
        site.answers["/smoke.jpg"] = answer(OTHER, "application/octet-stream")
        yield site


@asynccontextmanager
async def housed(folder, site, **changed):
    settings = {"operators": (OPERATOR,), "editors": (EDITOR,), "undo_seconds": 0, "trusted": (site.host,), **changed}
    async with opened(folder, FakeClock(), **settings) as house:
        await house.bot.store.commit(Put(Subscriber(id=READER, chat=Chat.parse(READER), since=START, topics=("*",))))
        yield house


@pytest.fixture
async def house(tmp_path, site):
    async with housed(tmp_path, site) as house:
        yield house


async def sent(house, line: str) -> str:
    """Send a breaking story and return its id."""
    await house.say(line)
    await house.press("Send")
    await house.pass_time(1)
    (alert,) = await house.bot.store.find(Alert, {"notices": ""})
    return alert.id


async def photo_at(house, who: str = READER, number: int = 0) -> bytes:
    """The photo that a post shows."""
    shown = (await house.posts(who))[number].message.photo
    return (await house.bot.store.get(Photo, shown)).content if shown else b""


# ------------------------------------------------------------------------------------------------ links


async def test_a_link_to_an_image_is_the_photo_and_another_leads_on(house, site):
    story = f"/breaking flash {site.url('/fire.png')} https://news.example.org/fire Fire in the harbour"
    assert "Fire in the harbour" in await house.say(story)
    assert await photo_at(house, OPERATOR, -1) == PHOTO
    await house.press("Send")
    await house.pass_time(1)
    assert await house.texts(READER) == ["FLASH: Fire in the harbour\n\nRead on"]
    assert await photo_at(house) == PHOTO
    (alert,) = await house.bot.store.find(Alert)
    assert alert.current.url == "https://news.example.org/fire"


async def test_an_image_is_known_by_its_bytes_whatever_the_server_calls_it(house, site):
    await sent(house, f"/breaking {site.url('/smoke.jpg')} Smoke over the harbour")
    assert await photo_at(house) == OTHER


async def test_a_correction_keeps_changes_and_drops_the_photo(house, site):
    id = await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour")
    for lines, photo in [
        ("It was the old harbour.\nFire in the old harbour", PHOTO),
        (f"Another photo.\n{site.url('/smoke.jpg')} Fire in the old harbour", OTHER),
        ("That photo is old.\n-photo", b""),
        (f"Another photo.\n-photo {site.url('/fire.png')} Fire in the old harbour", PHOTO),
        ("There is no photo of it.\n-photo A fire in the old harbour\nNobody is hurt.", b""),
    ]:
        await house.say(f"/correct {id} {lines}")
        await house.pass_time(1)
        assert await photo_at(house) == photo
    assert (await house.texts(READER))[0].endswith("\n\nNobody is hurt.")


async def test_words_stay_where_only_the_photo_was_wrong(house, site):
    id = await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour\nThe quay is closed.")
    await house.say(f"/refile {id} It showed somebody who has nothing to do with it.\n-photo")
    await house.pass_time(1)
    (told,) = await house.texts(READER)
    assert told.startswith("URGENT: Fire in the harbour\n\nCORRECTED")
    assert told.endswith("The quay is closed.")
    assert "on the lines below" in await house.say(f"/correct {id} Nothing is said to be right here.")


async def test_a_withdrawn_alert_and_the_notice_of_it_show_no_photo(house, site):
    id = await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour")
    await house.say(f"/retract {id} There was no fire.")
    await house.pass_time(1)
    assert [post.message.photo for post in await house.posts(READER)] == ["", ""]


async def test_a_rehearsal_and_a_preview_show_the_photo(tmp_path, site):
    async with housed(tmp_path, site, test_chats=("web:stage",)) as house:
        id = await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour")
        assert "With its photo." in await house.say(f"/preview {id}")
        await house.say(f"/test {id}")
        await house.pass_time(1)
        assert await photo_at(house, "web:stage") == PHOTO
        await house.say("/breaking Another story")
        assert "photo" not in await house.say(f"/preview {(await house.bot.store.find(Alert, newest=True))[0].id}")


async def test_a_photo_that_came_along_goes_before_a_linked_one_and_counts_as_given_now(house, site):
    photo = photo_of(PHOTO, START, 10_000_000)
    await house.bot.store.commit(Put(photo))
    await house.clock.advance(90_000)
    line = f"/breaking {site.url('/smoke.jpg')} Smoke over the harbour"
    update = replace(await house.record(line), photo=photo.id)
    await house.bot.store.commit(Put(update))
    await house.dispatch(update)
    (alert,) = await house.bot.store.find(Alert)
    assert (alert.current.image, alert.current.url) == (photo.id, site.url("/smoke.jpg"))
    assert (await house.bot.store.get(Photo, photo.id)).at == house.clock.now()
    assert site.asked == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/page.jpg", "JPEG, PNG, GIF or WebP"),
        ("/empty.jpg", "JPEG, PNG, GIF or WebP"),
        ("/bomb.gif", "9999 × 9999 pixels"),
        ("/large.png", "at most 0.1 MB"),
        ("/missing.png", "no page at that address"),
        ("/away.png", "TRUSTED_HOSTS"),
    ],
)
async def test_a_link_that_leads_to_no_photo_is_told_why(tmp_path, site, path, says):
    site.answers |= {
        "/page.jpg": answer("<html>no such photo</html>", "text/html"),
        "/empty.jpg": answer(b"", "image/jpeg"),
        "/bomb.gif": answer(gif(9_999, 9_999), "image/gif"),
        "/large.png": answer(png() + bytes(60_000), "image/png"),
        "/away.png": moved("http://127.0.0.1:9/inside.png"),
    }
    async with housed(tmp_path, site, photo_max_bytes=60_000) as house:
        said = await house.say(f"/breaking {site.url(path)} Fire in the harbour")
        assert says in said
        assert await house.bot.store.find(Alert) == []


async def test_a_photo_may_be_larger_than_a_page(tmp_path, site):
    async with housed(tmp_path, site, fetch_max_bytes=len(PHOTO) - 1) as house:
        await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour")
        assert await photo_at(house) == PHOTO


async def test_a_reader_has_nothing_fetched(house, site):
    assert "Only an editor" in await house.say(f"/breaking {site.url('/fire.png')} Fire", who=READER)
    assert site.asked == []


# ------------------------------------------------------------------------------------------------ the desk and browsers


@asynccontextmanager
async def browsing(house, who: str = EDITOR):
    """A browser at the house's own server, signed in."""
    adapter = house.bot.adapters["web"]
    adapter.open(house.bot)
    adapter.bind()
    serving = asyncio.create_task(adapter.run(house.dispatch))
    try:
        async with Browser(f"http://127.0.0.1:{adapter.port}") as browser:
            await browser.sign_in(await adapter.sign_in_link(who, Role.EDITOR))
            yield browser
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def filled(browser, path: str, photo: bytes | None, **fields: str) -> web.Response:
    """Fill in a form with a file field and send it as a browser does; None leaves the field empty."""
    form = FormData({"token": browser.field("token"), **fields})
    form.add_field(
        "photo", photo or b"", filename="photo.png" if photo else "", content_type="application/octet-stream"
    )
    async with browser.client.post(f"{browser.address}{path}", data=form) as answered:
        browser.html = await answered.text()
        return answered


async def test_what_gives_a_source_away_is_kept_of_no_photo_that_is_linked_or_uploaded(tmp_path, site):
    site.answers["/fire.png"] = answer(taken(PHOTO), "image/png")
    async with housed(tmp_path, site, web_port=0) as house, browsing(house) as browser:
        await house.say(f"/breaking {site.url('/fire.png')} Fire")
        assert [photo.content for photo in await house.bot.store.find(Photo)] == [PHOTO]
        await browser.open("/desk")
        assert (await filled(browser, "/desk/compose", taken(png(shade=1)), **STORY)).status == 200
        kept = [photo.content for photo in await house.bot.store.find(Photo)]
        assert sorted(kept) == sorted([PHOTO, png(shade=1)])


def images(browser) -> list[tuple[str, str]]:
    """Addresses and words of the photos on the page."""
    return [(image.get("src"), image.get("alt")) for image in html.fromstring(browser.html).iter("img")]


STORY = {"severity": "flash", "headline": 'Fire "in" the <old> harbour', "text": "", "url": ""}


async def test_the_desk_s_form_takes_a_photo_and_everybody_s_page_shows_it(tmp_path, site):
    async with housed(tmp_path, site, web_port=0) as house, browsing(house) as browser:
        await browser.open("/desk")
        assert (await filled(browser, "/desk/compose", PHOTO, **STORY)).status == 200
        source, alt = images(browser)[-1]
        assert alt == 'FLASH: Fire "in" the <old> harbour', "who can't see it is told the headline"
        async with browser.client.get(f"{browser.address}{source}") as photo:
            assert await photo.read() == PHOTO
            assert photo.content_type == "image/png"
            assert photo.headers["Cache-Control"] == "private, max-age=31536000, immutable"
            assert photo.headers["X-Content-Type-Options"] == "nosniff"
            assert photo.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "img-src" not in photo.headers["Content-Security-Policy"], "the rule for everything holds"
            assert "default-src 'self';" in photo.headers["Content-Security-Policy"]
        assert len(images(browser)) == 2, "in the editor's own words, and in the draft"


async def test_an_alert_s_page_corrects_with_a_photo_and_takes_it_away(tmp_path, site):
    async with housed(tmp_path, site, web_port=0) as house, browsing(house) as browser:
        id = await sent(house, "/breaking Fire in the harbour")
        story = {"headline": "Fire in the harbour", "text": "", "url": ""}
        for photo, more, shown in [(PHOTO, {}, PHOTO), (None, {}, PHOTO), (None, {"unpictured": "yes"}, b"")]:
            await browser.open(f"/desk/alerts/{id}")
            assert ('name="unpictured"' in browser.html) is bool(await photo_at(house))
            fields = {"act": "refile", "note": "The photo.", **story, **more}
            assert (await filled(browser, f"/desk/alerts/{id}", photo, **fields)).status == 200
            await house.pass_time(1)
            assert await photo_at(house) == shown


@pytest.mark.parametrize(
    ("photo", "status", "says"),
    [
        (b"%PDF-1.7", 422, "JPEG, PNG, GIF or WebP"),
        (gif(9_999, 9_999), 422, "9999 × 9999 pixels"),
        (png() + bytes(60_000), 422, "at most 0.1 MB"),
        (png() + bytes(200_000), 422, "at most 0.1 MB"),
    ],
    ids=["no image", "a bomb", "too large", "larger than is read"],
)
async def test_what_the_desk_can_not_show_is_told_why(tmp_path, site, photo, status, says):
    async with housed(tmp_path, site, web_port=0, photo_max_bytes=60_000) as house, browsing(house) as browser:
        await browser.open("/desk")
        answered = await filled(browser, "/desk/compose", photo, **STORY)
        assert (answered.status, says in browser.html) == (status, True)
        assert await house.bot.store.find(Photo) == await house.bot.store.find(Alert) == []


async def test_nobody_else_s_form_brings_a_photo(tmp_path, site):
    async with housed(tmp_path, site, web_port=0) as house, browsing(house) as browser:
        await browser.open("/desk")
        browser.html = browser.html.replace('name="token" value="', 'name="token" value="x')
        assert (await filled(browser, "/desk/compose", PHOTO, **STORY)).status == 403
        async with Browser(browser.address) as stranger:
            await stranger.open("/")
            assert (await filled(stranger, "/desk/compose", PHOTO, **STORY)).status == 401
        assert await house.bot.store.find(Photo) == []


async def test_a_photo_that_is_kept_no_longer_leaves_the_words(tmp_path, site):
    async with housed(tmp_path, site, web_port=0) as house, browsing(house) as browser:
        photo = photo_of(PHOTO, START, 10_000_000)
        what = message(heading("Fire"), photo=photo.id)
        receipt = await house.bot.adapters["web"].send(Chat.parse(EDITOR), what, key="a")
        await browser.open("/")
        assert (images(browser), browser.posts) == ([], ["Fire"])
        async with browser.client.get(f"{browser.address}/photos/{photo.id}") as answered:
            assert answered.status == 404
        await house.bot.store.commit(Put(photo))
        async with browser.stream(0) as stream:
            event = await stream.next()
            assert (event["id"], f'<img src="/photos/{photo.id}" alt="Fire">' in event["html"]) == (receipt.id, True)


# ------------------------------------------------------------------------------------------------ keeping


async def swept(house) -> list[bytes]:
    """Sweep, and return the photos that are left."""
    await sweep_photos(house.bot, house.clock.now())
    return [photo.content for photo in await house.bot.store.find(Photo)]


async def test_a_photo_is_kept_while_an_alert_shows_it_and_then_let_go(house, site):
    id = await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour")
    await house.clock.advance(27 * 86_400)
    assert await swept(house) == [PHOTO]
    await house.say(f"/correct {id} Another photo.\n{site.url('/smoke.jpg')} Fire in the harbour")
    await house.clock.advance(2 * 86_400)
    assert sorted(await swept(house)) == sorted([PHOTO, OTHER]), "one is shown, the other is ordered"
    await house.pass_time(1)
    await house.clock.advance(86_401)
    assert await swept(house) == [OTHER]
    alert = await house.bot.store.get(Alert, id)
    await house.bot.store.commit(Put(replace(alert, archived=True)))
    assert await swept(house) == []


async def test_a_photo_of_a_withdrawn_or_discarded_story_goes_after_a_day(house, site):
    id = await sent(house, f"/breaking {site.url('/fire.png')} Fire in the harbour")
    await house.say(f"/breaking {site.url('/smoke.jpg')} Another")
    await house.press("Discard")
    await house.say(f"/retract {id}")
    await house.pass_time(1)
    assert len(await swept(house)) == 2, "a command that is still to be handled may need it"
    await house.clock.advance(86_401)
    assert await swept(house) == []


async def test_a_draft_keeps_its_photo_for_as_long_as_receipts_are_kept_and_a_scheduled_alert_until_it_is_sent(
    house, site
):
    await house.say(f"/breaking {site.url('/fire.png')} Fire in the harbour")
    await house.clock.advance(29 * 86_400)
    assert await swept(house) == [PHOTO]
    (draft,) = await house.bot.store.find(Alert)
    await house.say(f"/schedule {draft.id} {house.clock.now() + timedelta(days=90):%Y-%m-%d} 07:00")
    await house.clock.advance(80 * 86_400)
    assert await swept(house) == [PHOTO]
    await house.say(f"/undo {draft.id}")
    await house.clock.advance(30 * 86_400)
    assert await swept(house) == []


class Meddling:
    """A real store in which a photo is given again just before it is let go."""

    def __init__(self, store, photo) -> None:
        self._store = store
        self._photo = photo

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    async def commit(self, *changes):
        await self._store.commit(Put(self._photo))
        return await self._store.commit(*changes)


async def test_a_photo_that_is_given_again_while_it_is_let_go_stays(house):
    photo = photo_of(PHOTO, START, 10_000_000)
    await house.bot.store.commit(Put(photo))
    await house.clock.advance(90_000)
    again = replace(photo, at=house.clock.now())
    meddled = dataclasses.replace(house.bot, store=Meddling(house.bot.store, again))
    assert await sweep_photos(meddled, house.clock.now()) == 0
    assert await house.bot.store.find(Photo) == [again]
