"""An image without what it says beside its picture: no place, device, names or smaller copies; no pixel is changed."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from zlib import crc32

_PARTS = 100_000
"""Looked at in one image: it must not take all day."""

_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
"""What ends a JPEG's segment, or the coded data of a scan, in which 0xFF alone means nothing (ITU-T T.81, B.1.1)."""
_JPEG_START, _JPEG_END, _SCAN, _JFIF, _EXIF, _ICC, _ADOBE = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
_PICTURE = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, _SCAN})
"""Markers of a JPEG's tables, frames and scans."""

_PNG_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs acTL fcTL fdAT".split()
)
_WEBP_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM"})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
"""Flags of a WebP's header."""
_LOOPS = re.compile(rb"!\xff\x0b(?:NETSCAPE2|ANIMEXTS1)\.0\x03\x01..\0", re.DOTALL)
"""The one extension of GIF that is needed: how often an animation is repeated."""
_COMMENT_OR_MORE, _GIF_IMAGE, _GIF_END, _CONTROL = 0x21, 0x2C, 0x3B, 0xF9

_ORIENTATION = 0x0112


def bare_of(data: bytes, kind: str) -> bytes:
    """Return an image of that kind (jpg, png, gif, webp) with its picture, its colours and which way up it is, only.

    Nothing is decoded: what is kept stays as it is, byte by byte. Raises ValueError where it isn't laid out as its kind
    is, so that nobody can tell what is in it.
    """
    parts = {"jpg": _jpeg, "png": _png, "gif": _gif, "webp": _webp}[kind]
    walk = parts(data)
    try:
        kept = b"".join(islice(walk, _PARTS))
        if next(walk, None) is not None:
            raise ValueError(kind)
    except (struct.error, IndexError) as error:
        raise ValueError(kind) from error
    return b"RIFF" + struct.pack("<I", len(kept)) + kept if kind == "webp" else kept


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Go from segment to segment, and from scan to scan, to the end of the picture; more images may follow it."""
    yield data[:2]
    at, marker = 2, 0
    while found := _MARKER.search(data, at):
        if marker == _SCAN:
            yield data[at : found.start()]
        marker, start = found[1][0], found.end()
        if marker in {_JPEG_END, _JPEG_START}:
            break
        (size,) = struct.unpack_from(">H", data, start)
        at = start + size
        yield _segment(marker, data[start + 2 : at])
    else:
        if marker != _SCAN:
            raise ValueError("jpg")
        yield data[at:]  # cut off: what is there can be shown
    yield bytes((0xFF, _JPEG_END))


def _segment(marker: int, body: bytes) -> bytes:
    """Return a segment; an application's own, only as far as a picture is shown differently without it."""
    if marker == _JFIF and body.startswith(b"JFIF\0"):
        body = body[:12] + bytes(2)  # no thumbnail
    elif marker == _EXIF and body.startswith(b"Exif\0\0") and (turned := _turned(body[6:])):
        body = body[:6] + turned
    elif marker == _ADOBE and body.startswith(b"Adobe"):
        body = body[:12]
    elif not (marker in _PICTURE or (marker == _ICC and body.startswith(b"ICC_PROFILE\0"))):
        return b""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("png")
        if kind in _PNG_CHUNKS:
            yield data[at:end]
        elif kind == b"eXIf" and (turned := _turned(data[at + 8 : end - 4])):
            yield struct.pack(">I", len(turned)) + kind + turned + struct.pack(">I", crc32(kind + turned))
        else:
            yield b""
        at = end


def _webp(data: bytes) -> Iterator[bytes]:
    """Go through the chunks (RFC 9649, 2.7); what the file begins with is said when its length is known."""
    yield b"WEBP"
    chunks = tuple(islice(_chunks(data, 12), _PARTS))
    turned = next((_turned(body.removeprefix(b"Exif\0\0")) for kind, body in chunks if kind == b"EXIF"), b"")
    for kind, body in chunks:
        if kind == b"VP8X":
            flags = body[0] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if turned else 0)
            yield _chunk(kind, bytes((flags,)) + body[1:])
        elif kind == b"ANMF":
            frame = (_chunk(part, inner) for part, inner in _chunks(body, 16) if part in _WEBP_CHUNKS)
            yield _chunk(kind, body[:16] + b"".join(frame))
        else:
            yield _chunk(kind, body) if kind in _WEBP_CHUNKS else b""
    if turned:
        yield _chunk(b"EXIF", turned)


def _chunks(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) % 2)


def _gif(data: bytes) -> Iterator[bytes]:
    """Go from block to block (GIF89a, appendix A)."""
    data += bytes((_GIF_END,))  # some have none
    at = 13 + _colours(data[10])
    yield data[:at]
    while (block := data[at]) != _GIF_END:
        start = at
        if block == _GIF_IMAGE:
            at += 11 + _colours(data[at + 9])
        elif block == _COMMENT_OR_MORE:
            at += 2
        else:
            raise ValueError("gif")
        for end in _blocks(data, at):
            at = end
            yield b""
        whole = data[start:at]
        needed = block == _GIF_IMAGE or whole[1] == _CONTROL or _LOOPS.fullmatch(whole)
        yield whole if needed else b""
    yield bytes((_GIF_END,))


def _colours(packed: int) -> int:
    """Return how many bytes a table of colours has."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _blocks(data: bytes, at: int) -> Iterator[int]:
    """Give where each of a row of blocks ends; an empty one is the last."""
    while data[at]:
        at += 1 + data[at]
        yield at
    yield at + 1


def _turned(exif: bytes) -> bytes:
    """Return which way up an image is held, as Exif that says nothing else; nothing where it is as it stands."""
    with suppress(struct.error):
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4], "")
        (at,) = struct.unpack_from(f"{order}I", exif, 4) if order else (len(exif),)
        (entries,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * entries, 12):
            tag, _, _, way = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == _ORIENTATION and 2 <= way <= 8:
                return struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, _ORIENTATION, 3, 1, way, 0, 0)
    return b""
