"""Photos as they are kept: whatever a device put in beside the picture is gone, and the picture is the same bytes."""

import struct
import zlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import UsageError
from bot.intake.bare import bare_of
from bot.intake.photos import photo_of
from tests.fakes import START
from tests.images import png

LIMIT = 1_000_000
PLACE = (b"N", b"E", b"Camera 3000", b"SN-00417", b"A. Person")
ICC = bytes(range(200))
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxl"
    "Z2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAQABgDASIA"
    "AhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAEF/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABUBAQEAAAAAAAAAAAAAAAAAAAQA/8QAGhEAAgIDAAAA"
    "AAAAAAAAAAAAAAEEERIUIv/aAAwDAQACEQMRAD8AjLAZsdEia2XV2AEOP//Z"
)
LOSSY = b64decode("0AIAnQEqGAAQAD7RVKNLqCSjIbAIAQAaCUAToAWkgAD+5Ged0O/0DDbFX8H8b/ez8KD2geAAAA==")
LOSSLESS = b64decode("LxfAAwAP8ETVz9zdrHn+Iw1iwSR/6b0hRPQ/YgIAAAA=")
GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUQAOw==")
LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
CONTROL = b"!\xf9\x04\x01\x0a\0\0\0"
XMP = b'<x:xmpmeta><exif:GPSLatitude>51,30.5N</exif:GPSLatitude><aux:SerialNumber>"SN-00417"</aux:SerialNumber>'


def exif(way: int = 0, order: str = "<") -> bytes:
    """Exif as a camera writes it: its name and number, who owns it, where it was, a thumbnail; which way up it was."""
    words = [b"Camera 3000\0", b"SN-00417\0", b"A. Person\0"]
    entries, blob = [], b""
    first = 8 + 2 + 12 * (5 if way else 4) + 4
    if way:
        entries.append(struct.pack(f"{order}HHIHH", 0x112, 3, 1, way, 0))
    for tag, word in zip((0x110, 0xC62F, 0x13B), words, strict=True):
        entries.append(struct.pack(f"{order}HHII", tag, 2, len(word), first + len(blob)))
        blob += word
    entries.append(struct.pack(f"{order}HHII", 0x8825, 4, 1, first + len(blob)))
    gps = struct.pack(f"{order}HHHI4sHHI4sI", 2, 1, 2, 2, b"N\0\0\0", 3, 2, 2, b"E\0\0\0", 0)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    return head + b"".join(entries) + bytes(4) + blob + gps + JPEG


def only(way: int) -> bytes:
    """Exif that says which way up a picture is, and nothing else."""
    return struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, 0x112, 3, 1, way, 0, 0)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(struct.pack("<4sI", kind, len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def extended(flags: int) -> tuple[bytes, bytes]:
    return b"VP8X", bytes((flags, 0, 0, 0, 23, 0, 0, 15, 0, 0))


def frame(*chunks: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return b"ANMF", bytes(16) + riff(*chunks)[12:]


KEPT = segment(0xE2, b"ICC_PROFILE\0\x01\x01" + ICC) + segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01")
NOT_KEPT = (
    segment(0xE0, b"JFXX\0\x10" + JPEG)
    + segment(0xE1, b"Exif\0\0" + exif())
    + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    + segment(0xE2, b"MPF\0" + exif())
    + segment(0xEB, b"JP\0\x01" + XMP)
    + segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04A. Person")
    + segment(0xFE, b"taken by A. Person at N 51 E 13")
    + segment(0xEE, b"SN-00417")
)
PROFILE = zlib.compress(ICC)
AFTER = b"MotionPhoto" + exif() + JPEG


@pytest.mark.parametrize(
    ("kind", "given_", "kept"),
    [
        ("jpg", JPEG[:20] + NOT_KEPT + KEPT + JPEG[20:] + AFTER, JPEG[:20] + KEPT + JPEG[20:]),
        ("jpg", JPEG[:2] + NOT_KEPT + b"\xff\xff" + JPEG[20:], JPEG[:2] + JPEG[20:]),
        (
            "jpg",
            JPEG[:2] + segment(0xE0, JPEG[6:18] + b"\x09\x09" + XMP) + JPEG[20:],
            JPEG[:20] + JPEG[20:],
        ),
        (
            "jpg",
            JPEG[:20] + segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01SN-00417") + JPEG[20:],
            JPEG[:20] + KEPT[-16:] + JPEG[20:],
        ),
        ("jpg", JPEG[:20] + segment(0xE1, b"Exif\0\0" + exif(1)) + JPEG[20:], JPEG),
        (
            "jpg",
            JPEG[:2] + segment(0xE1, b"Exif\0\0" + exif(6, ">")) + NOT_KEPT + JPEG[2:],
            JPEG[:2] + segment(0xE1, b"Exif\0\0" + only(6)) + JPEG[2:],
        ),
        ("jpg", JPEG[:-2] + b"\xff\xfe\0\x0a" + b"SN-00417" + b"\xff\xd9", JPEG),
        ("jpg", JPEG[:-2] + JPEG[:20] + NOT_KEPT, JPEG),
        (
            "png",
            png()[:33]
            + chunk(b"iCCP", b"sRGB\0\0" + PROFILE)
            + chunk(b"eXIf", exif())
            + chunk(b"tEXt", b"Author\0A. Person")
            + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"N 51 E 13"))
            + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
            + chunk(b"tIME", bytes(7))
            + chunk(b"caBX", b"SN-00417")
            + png()[33:]
            + AFTER,
            png()[:33] + chunk(b"iCCP", b"sRGB\0\0" + PROFILE) + png()[33:],
        ),
        ("png", png()[:33] + chunk(b"eXIf", exif(3)) + png()[33:], png()[:33] + chunk(b"eXIf", only(3)) + png()[33:]),
        (
            "webp",
            riff(extended(0x3C), (b"ICCP", ICC), (b"VP8 ", LOSSY), (b"EXIF", exif()), (b"XMP ", XMP), (b"SERI", b"17"))
            + AFTER[:-1],
            riff(extended(0x30), (b"ICCP", ICC), (b"VP8 ", LOSSY)),
        ),
        (
            "webp",
            riff(extended(0x08), (b"VP8L", LOSSLESS), (b"EXIF", b"Exif\0\0" + exif(8, ">"))),
            riff(extended(0x08), (b"VP8L", LOSSLESS), (b"EXIF", only(8))),
        ),
        (
            "webp",
            riff(extended(0x06), (b"ANIM", bytes(6)), frame((b"ALPH", b"\0"), (b"VP8 ", LOSSY), (b"XMP ", XMP))),
            riff(extended(0x02), (b"ANIM", bytes(6)), frame((b"ALPH", b"\0"), (b"VP8 ", LOSSY))),
        ),
        ("webp", riff((b"VP8L", LOSSLESS)), riff((b"VP8L", LOSSLESS))),
        (
            "gif",
            GIF[:19]
            + LOOP
            + b"!\xfe\x09A. Person\0"
            + b"!\xff\x0bXMP DataXMP\x08SN-00417\0"
            + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\x08SN-00417\0"
            + b"!\x01\x0c"
            + bytes(12)
            + b"\x01N\0"
            + CONTROL
            + GIF[19:]
            + AFTER,
            GIF[:19] + LOOP + CONTROL + GIF[19:],
        ),
        ("gif", GIF[:-1], GIF),
    ],
)
def test_what_a_device_put_in_is_gone_and_the_picture_is_the_same(kind, given_, kept):
    assert bare_of(given_, kind) == kept
    assert bare_of(kept, kind) == kept
    assert not [word for word in PLACE[2:] if word in kept]


@pytest.mark.parametrize(
    "given_",
    [
        JPEG[:2] + segment(0xE1, b"Exif\0\0" + exif(6)) + JPEG[2:],
        png()[:33] + chunk(b"eXIf", exif(6)) + png()[33:],
        riff(extended(0x08), (b"VP8 ", LOSSY), (b"EXIF", exif(6))),
        GIF[:19] + b"!\xfe\x08SN-00417\0" + GIF[19:],
    ],
)
def test_no_photo_is_let_in_with_what_may_give_a_source_away(given_):
    assert b"SN-00417" in given_
    photo = photo_of(given_, START, LIMIT)
    assert b"SN-00417" not in photo.content
    assert b"Camera" not in photo.content


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("jpg", JPEG[:100]),
        ("jpg", JPEG[:20] + b"\xff\xfe"),
        ("png", png()[:-1]),
        ("png", png()[:-12]),
        ("png", png()[:33] + struct.pack(">I4s", 2**31, b"IDAT") + bytes(50)),
        ("webp", riff((b"VP8L", LOSSLESS)) + b"EXI"),
        ("webp", riff((b"VP8X", b""))),
        ("gif", GIF[:19] + b"SN-00417"),
        ("gif", GIF[:5]),
        ("gif", GIF[:-2]),
        ("png", png()[:33] + chunk(b"tEXt", b"") * 100_000 + png()[33:]),
        ("jpg", JPEG[:20] + segment(0xFE, b"") * 100_000 + JPEG[20:]),
        ("webp", riff((b"VP8L", LOSSLESS)) + riff((b"XMP ", b""))[12:] * 100_000),
        ("gif", GIF[:19] + b"!\xfe" + b"\1A" * 100_000 + b"\0" + GIF[19:]),
    ],
)
def test_an_image_in_which_nobody_can_tell_what_is_what_is_refused(kind, data):
    with pytest.raises(ValueError, match=kind):
        bare_of(data, kind)


def test_a_photo_that_can_not_be_bared_is_none():
    with pytest.raises(UsageError) as refused:
        photo_of(png()[:-12], START, LIMIT)
    assert refused.value.message_key == "photo.none"


@given(st.sampled_from(["jpg", "png", "gif", "webp"]), st.binary(max_size=200), st.data())
def test_no_bytes_make_baring_fail_otherwise(kind, rest, data):
    whole = {"jpg": JPEG, "png": png(), "gif": GIF, "webp": riff(extended(0x08), (b"EXIF", exif(6)))}[kind]
    at = data.draw(st.integers(0, len(whole)))
    try:
        bare = bare_of(whole[:at] + rest + whole[at:], kind)
    except ValueError:
        return
    assert bare_of(bare, kind) == bare
