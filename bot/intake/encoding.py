"""Bytes of a page to text, whatever they claim to be."""

from __future__ import annotations

import codecs

import regex

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER = regex.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", regex.IGNORECASE)
_META = regex.compile(rb"<(?:meta|\?xml)[^>]{0,400}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", regex.IGNORECASE)
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "euc_kr": "cp949", "tis-620": "cp874", "iso8859-11": "cp874", "big5": "big5hkscs",
}  # fmt: skip
"""What browsers read in place of a label (WHATWG Encoding), where Python's codec is the narrower one."""
_UNSAFE = regex.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def decoded(body: bytes, content_type: str = "") -> str:
    """Return the text of a document: by its byte order mark, as UTF-8 where it is that, as declared, or as guessed.

    Bytes without meaning become U+FFFD and characters that no XML may hold go, so that this never raises.
    """
    return _UNSAFE.sub("", _text(body, content_type))


def _text(body: bytes, content_type: str) -> str:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _declared(body, content_type)
    if not declared.startswith(("iso2022", "utf-16", "utf-7", "hz")):
        try:
            return body.decode()
        except UnicodeDecodeError:
            pass
    return body.decode(declared, "replace") if declared else _guessed(body)


def _declared(body: bytes, content_type: str) -> str:
    """Name the codec that the header or the page's head claims; empty where neither is known to Python."""
    header, meta = _HEADER.search(content_type), _META.search(body[:4096])
    for label in (header[1] if header else "", meta[1].decode("ascii", "replace") if meta else ""):
        try:
            name = codecs.lookup(label).name
            b"".decode(name)
        except (LookupError, ValueError):
            continue
        if meta and name.startswith("utf-16") and b"\0" not in body[:64]:
            continue
        return _WIDER.get(name, name)
    return ""


def _guessed(body: bytes) -> str:
    """Guess from the bytes; nearly UTF-8 counts as that, as one broken character must not spoil a page."""
    lenient = body.decode(errors="replace")
    if lenient.count("�") * 500 < len(lenient):
        return lenient
    from trafilatura.utils import decode_file  # noqa: PLC0415  # costs a third of a second that few pages need

    guess: str = decode_file(body)
    return guess
