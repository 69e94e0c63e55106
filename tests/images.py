"""Images made by hand: a PNG that can be shown, and the first bytes of every kind."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 64, height: int = 40, shade: int = 0x80) -> bytes:
    """A grey PNG of some size; another shade makes another photo."""
    rows = (b"\0" + bytes([shade]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def taken(photo: bytes) -> bytes:
    """A PNG with what a camera writes beside the picture; `SN-00417` is among it."""
    words = b"Comment\0Camera 3000, SN-00417, 51.5 N 13.3 E"
    text = struct.pack(">I", len(words)) + b"tEXt" + words + struct.pack(">I", zlib.crc32(b"tEXt" + words))
    return photo[:33] + text + photo[33:] + b"SN-00417"


def png_header(width: int, height: int) -> bytes:
    """What a PNG of any size begins with."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(5)


def jpg(width: int = 64, height: int = 40, before: bytes = b"") -> bytes:
    """A JPEG's beginning: `before` are segments in front of the one that tells the size."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return b"\xff\xd8" + app + before + frame + b"\xff\xda\0\x08" + bytes(20) + b"\xff\xd9"


def gif(width: int = 64, height: int = 40) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(10)


def webp(width: int = 64, height: int = 40, chunk: bytes = b"VP8X") -> bytes:
    """A WebP: `VP8X` extended, `VP8L` lossless, `VP8 ` lossy."""
    bodies = {
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14),
        b"VP8 ": bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height),
    }
    body = bodies[chunk]
    return b"RIFF" + struct.pack("<I", len(body) + 12) + b"WEBP" + chunk + struct.pack("<I", len(body)) + body
