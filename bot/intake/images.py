"""What an image says of itself in its first bytes, its kind and its size, read without decoding a pixel."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SEGMENTS = 1000
"""Looked at in a JPEG for the one with its size."""
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that stand alone (ITU-T T.81, table B.1)."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that begin a frame and tell its size."""
_SCAN, _END = 0xDA, 0xD9


@dataclass(frozen=True, slots=True)
class Image:
    """What bytes are that begin as an image does."""

    kind: str
    """jpg, png, gif or webp."""
    width: int
    height: int


def image_of(data: bytes) -> Image | None:
    """Return what image the bytes are; None where they are none, or are cut off before they say how large it is."""
    try:
        image = _read(data)
    except struct.error:
        return None
    return image if image and image.width and image.height else None


def _read(data: bytes) -> Image | None:
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return Image("png", *struct.unpack_from(">II", data, 16))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Image("gif", *struct.unpack_from("<HH", data, 6))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(data: bytes) -> Image | None:
    """Go from segment to segment to the one that begins the frame."""
    at = 2
    for _ in range(_SEGMENTS):
        fill, marker = struct.unpack_from(">BB", data, at)
        if fill != 0xFF or marker in {_SCAN, _END, 0x00}:
            return None
        if marker == 0xFF:  # a marker may be preceded by any number of these
            at += 1
            continue
        at += 2
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return Image("jpg", width, height)
        if marker not in _NO_LENGTH:
            at += struct.unpack_from(">H", data, at)[0]
    return None


def _webp(data: bytes) -> Image | None:
    """Read the first chunk (RFC 9649, 2.5 to 2.7)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return Image("webp", width, height) if len(data) >= 30 else None
    if chunk == b"VP8L" and data[20:21] == b"\x2f":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Image("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return Image("webp", width & 0x3FFF, height & 0x3FFF)
    return None
