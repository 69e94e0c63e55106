"""Where feedparser is right by what its own tests state, our entries say the same: ids, links, titles and dates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import feedparser
import lxml.html
import pytest

from bot.core.errors import BotError
from bot.core.ports import Entry
from bot.intake import dates
from bot.intake.feeds import parse
from tests.shared import shared

STATED = re.compile(rb"Expect:\s*(.+)")
HEADER = re.compile(rb"^Header:\s+([\w-]+):(.+)$", re.MULTILINE)
HOME = "http://127.0.0.1:8097/tests/"
CUT = "illformed/rss_incomplete_cdata.xml"
"""A feed that ends within its entry, which we leave for the next look: it is half an entry."""

Case = tuple[str, Sequence[Entry], Sequence[feedparser.FeedParserDict]]


def stated(case: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield both sides of what a feed's comment says, of the form `entries[0]['title'] == 'text'` and nothing else."""
    match case:
        case ast.BoolOp(op=ast.And()):
            for part in case.values:
                yield from stated(part)
        case ast.Compare() if all(isinstance(each, ast.Eq) for each in case.ops):
            yield from pairwise((case.left, *case.comparators))


def found(place: ast.expr, within: Mapping[str, Any]) -> Any:
    """Return what stands at a place such as `entries[0]['title']`, or is written there; None where nothing is."""
    try:
        match place:
            case ast.Name():
                return within.get(place.id)
            case ast.Attribute():
                return found(place.value, within)[place.attr]
            case ast.Subscript():
                return found(place.value, within)[ast.literal_eval(place.slice)]
            case _:
                return ast.literal_eval(place)
    except (KeyError, IndexError, TypeError, ValueError):
        return None


@pytest.fixture(scope="module")
def agreed() -> list[Case]:
    """Return the entries of each feed that feedparser reads as is stated there, as we and as it have them."""
    folder, cases = shared("corpora/feeds/feedparser"), []
    for path in sorted(folder.rglob("*")):
        document = path.read_bytes() if path.is_file() else b""
        name = path.relative_to(folder).as_posix()
        if (says := STATED.search(document)) and name != CUT:
            case = ast.parse(says[1].decode(errors="replace").strip(), mode="eval").body
            told = {key.decode().lower(): value.decode().strip() for key, value in HEADER.findall(document)}
            headers = {"content-type": "application/xml", **told}
            for place in ({}, {"content-location": HOME + name}):  # as a file, and as what a server sends
                theirs = feedparser.parse(BytesIO(document), response_headers={**place, **headers})
                if all(found(one, theirs) == found(other, theirs) for one, other in stated(case)):
                    cases.append((name, entries(document, HOME + name, headers), theirs["entries"]))
                    break
    assert len(cases) > 1050
    return cases


def entries(document: bytes, url: str, headers: Mapping[str, str]) -> Sequence[Entry]:
    try:
        return parse(document, url, headers).entries
    except BotError:
        return ()


def sides(agreed: list[Case]) -> Iterator[tuple[str, Entry, feedparser.FeedParserDict]]:
    for name, ours, theirs in agreed:
        yield from ((name, one, other) for one, other in zip(ours, theirs, strict=True))


def test_as_many_entries_stand_in_each(agreed):
    assert [name for name, ours, theirs in agreed if len(ours) != len(theirs)] == []
    assert sum(len(ours) for _, ours, _ in agreed) > 580


def test_an_id_that_is_given_is_kept_and_the_others_have_their_link_or_their_words(agreed):
    for name, ours, theirs in sides(agreed):
        given = theirs.get("id") or ours.url or "sha256"
        id, _, _ = ours.id.partition("#" if "#" not in given else "\0")  # behind it, what tells apart two of one id
        assert id == given or (given == "sha256" and id.startswith("sha256:")), name


def test_links_are_the_same(agreed):
    for name, ours, theirs in sides(agreed):
        link = theirs.get("link", "")
        assert ours.url == (link and urljoin(HOME + name, link).replace(" ", "%20")), name


def test_titles_are_the_same_words(agreed):
    for name, ours, theirs in sides(agreed):
        title = theirs.get("title", "")
        assert ours.title in {folded(title), folded(words(title))}, name


def words(html: str) -> str:
    """Return the text of markup, which stands in no title of ours."""
    return lxml.html.fragment_fromstring(html, create_parent="div").text_content()


def folded(text: str) -> str:
    return " ".join(text.split())


def test_dates_are_the_same_moments(agreed):
    for name, ours, theirs in sides(agreed):
        said = {key: dict.get(theirs, f"{key}_parsed") for key in ("published", "updated", "created")}
        assert moment(ours.published) == utc(said["published"] or said["created"]), name
        assert moment(ours.updated) == utc(said["updated"]), name


def moment(text: str) -> datetime | None:
    return dates.moment(text) if text else None


def utc(parsed: struct_time | None) -> datetime | None:
    return datetime(*parsed[:6], tzinfo=UTC) if parsed else None
