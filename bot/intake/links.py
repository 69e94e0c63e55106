"""Reads the links that stand in the headers of an answer (RFC 8288)."""

from __future__ import annotations

import re

from bot.intake.sanitise import web_link

_NAME = r"[\w!#$%&'*+.^`|~-]+"
_PARAMETER = rf'\s*;\s*({_NAME})(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?'
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_EACH = re.compile(_PARAMETER)


def linked(header: str, relation: str, base: str) -> tuple[str, ...]:
    """Return the http(s) addresses that a `Link` header names as a relation (`hub`) of the document at `base`.

    Links of something else than that document, which carry an anchor, are left aside.
    """
    found = (_target(target, _parameters(rest), relation, base) for target, rest, *_ in _LINK.findall(header))
    return tuple(dict.fromkeys(filter(None, found)))


def _target(target: str, parameters: dict[str, str], relation: str, base: str) -> str:
    relations = parameters.get("rel", "").lower().split()
    return web_link(target, base) if relation in relations and "anchor" not in parameters else ""


def _parameters(text: str) -> dict[str, str]:
    """Return a link's parameters by their names in lower case; of one that stands there twice, the first."""
    said: dict[str, str] = {}
    for name, quoted, bare in _EACH.findall(text):
        said.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else bare)
    return said
