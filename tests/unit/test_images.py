"""What an image says of itself: every kind, and bytes that only begin like one."""

import struct
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import UsageError
from bot.intake.images import Image, image_of
from bot.intake.photos import is_photo_address, photo_of
from tests.fakes import START
from tests.images import gif, jpg, png, png_header, webp

LIMIT = 100_000
EXIF = b"\xff\xe1" + struct.pack(">H", 40) + b"Exif\0\0" + bytes(32)
THUMBNAIL = b"\xff\xe2" + struct.pack(">H", 2 + len(jpg(9, 9))) + jpg(9, 9)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(1280, 853), "png"),
        (gif(1280, 853), "gif"),
        (jpg(1280, 853), "jpg"),
        (jpg(1280, 853, EXIF), "jpg"),
        (jpg(1280, 853, EXIF + THUMBNAIL), "jpg"),
        (jpg(1280, 853, b"\xff\xff\xff" + EXIF), "jpg"),
        (jpg(1280, 853, b"\xff\xc4" + struct.pack(">H", 4) + b"\x07\x08"), "jpg"),
        (webp(1280, 853, b"VP8X"), "webp"),
        (webp(1280, 853, b"VP8L"), "webp"),
        (webp(1280, 853, b"VP8 "), "webp"),
    ],
)
def test_an_image_says_what_it_is_and_how_large(data, kind):
    assert image_of(data) == Image(kind, 1280, 853)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>not found</body></html>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xda\0\x08" + bytes(20),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\0" + bytes(20),
        b"\xff\xd8" + b"\xff" * 4000,
        b"\xff\xd8" + b"\xff\xd0" * 4000,
        jpg(0, 40),
        jpg(40, 0),
        png_header(0, 5),
        gif(0, 0),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 13, b"IHDR"),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"CgBI", 9, 9),
        b"RIFF\0\0\0\0WEBPVP9 " + bytes(40),
        b"RIFF\0\0\0\0WAVEfmt " + bytes(40),
        webp(5, 5, b"VP8 ").replace(b"\x9d\x01\x2a", b"\0\0\0"),
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"BM" + bytes(60),
    ],
)
def test_what_is_no_image_or_does_not_say_its_size_is_none(data):
    assert image_of(data) is None


@pytest.mark.parametrize("whole", [png(), gif(), jpg(), *(webp(chunk=kind) for kind in (b"VP8X", b"VP8L", b"VP8 "))])
def test_what_is_cut_off_anywhere_is_whole_or_none(whole):
    known = image_of(whole)
    assert known
    for end in range(len(whole)):
        assert image_of(whole[:end]) in {None, known}


@given(
    st.binary(max_size=80), st.sampled_from([jpg()[:4], png()[:16], gif()[:6], webp()[:16], webp(chunk=b"VP8L")[:16]])
)
def test_no_bytes_make_it_fail(rest, beginning):
    image = image_of(beginning + rest)
    assert image is None or (image.width > 0 < image.height)


def test_a_photo_is_known_by_its_bytes():
    photo = photo_of(png(), START, LIMIT)
    assert photo == photo_of(png(), START, LIMIT)
    assert photo.id != photo_of(png(shade=3), START, LIMIT).id
    assert (photo.type, photo.content, b64decode(photo.data)) == ("image/png", png(), png())
    assert photo_of(jpg(), START, LIMIT).type == "image/jpeg"
    assert photo_of(webp(), START, LIMIT).type == "image/webp"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"%PDF-1.7", "photo.none"),
        (png_header(65_535, 65_535), "photo.odd_size"),
        (png_header(9_000, 1_001), "photo.odd_size"),
        (png_header(2_100, 100), "photo.odd_size"),
        (gif(1, 21), "photo.odd_size"),
        (png() + bytes(LIMIT), "photo.too_large"),
    ],
)
def test_what_can_not_be_shown_everywhere_is_refused(data, key):
    with pytest.raises(UsageError) as refused:
        photo_of(data, START, LIMIT)
    assert refused.value.message_key == key


def test_the_largest_that_can_be_shown_is_let_in():
    assert photo_of(png(8_000, 2_000), START, LIMIT).width == 8_000
    assert photo_of(png(2_000, 100), START, LIMIT).height == 100


@pytest.mark.parametrize(
    ("url", "so"),
    [
        ("https://a.example/fire.jpg", True),
        ("https://a.example/FIRE.JPEG?w=3#top", True),
        ("https://a.example/fire.webp", True),
        ("https://a.example/fire.html?photo=a.jpg", False),
        ("https://a.example/jpg", False),
    ],
)
def test_an_address_looks_like_a_photo_or_not(url, so):
    assert is_photo_address(url) is so
