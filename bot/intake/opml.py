"""Reads lists of feeds as other readers write them (OPML 1.0, 1.1 and 2.0), and writes such a list for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from html.entities import html5

from lxml import etree

from bot.core.errors import UsageError
from bot.intake import sanitise, xmltext

_AMPERSAND = re.compile(rb"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};)(?:([A-Za-z][A-Za-z0-9]{1,30});)?")
"""A reference that XML may not know, or an ampersand that should have been one: addresses are full of them."""
_KNOWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NO_XML = re.compile("[\ufffe\uffff]")
_DEEPEST = 32
"""Folders in folders that are told apart; those below count as the last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in a list, as the list has it: nothing of it was judged yet."""

    line: int = 0
    title: str = ""
    url: str = ""
    """The feed's address; empty where only its site is given."""
    site: str = ""
    folders: tuple[str, ...] = ()
    """The folders it is in, the outermost first."""
    list: bool = False
    """Whether it leads to another list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """A list of feeds."""

    title: str = ""
    outlines: tuple[Outline, ...] = ()
    broken: int = 0
    """The line at which the document stops being XML; 0 where it is whole."""


def read(document: bytes) -> Outlines:
    """Return the feeds of a list, in its order. Raises `UsageError` for what is none.

    Pure, but slow on hostile documents: call it where it can be killed. Of a broken document it reads what it can.
    """
    _, text = xmltext.as_utf8(document, {})
    _, harmless = xmltext.undeclared(text)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = _root(_AMPERSAND.sub(_reference, harmless), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UsageError("opml.none") from error
    if _name(tree) != "opml":
        raise UsageError("opml.none")
    title = next((element.text or "" for element in tree.iter("*") if _name(element) == "title"), "")
    broken = next((problem.line for problem in parser.error_log if problem.level_name == "FATAL"), 0)
    added = harmless.count(b"\n") - document.count(b"\n")  # lines that reading the declarations has put in front
    return Outlines(
        title=sanitise.folded(title),
        outlines=tuple(replace(outline, line=outline.line - added) for outline in _outlines(tree)),
        broken=broken and broken - added,
    )


def _root(text: bytes, parser: etree.XMLParser) -> etree._Element:
    root = etree.fromstring(text, parser)
    if root is None:  # where there is no element at all
        raise ValueError
    return root


def _reference(found: re.Match[bytes]) -> bytes:
    """Return a reference as XML knows it, for a name that only HTML knows, or for no name at all."""
    name = (found[1] or b"").decode()
    if name in _KNOWN:
        return found[0]
    meant = html5.get(f"{name};")
    return meant.encode() if meant else b"&amp;" + found[0][1:]


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()


def _outlines(tree: etree._Element) -> Iterator[Outline]:
    folders: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if _name(element) != "outline":
            continue
        if event == "end":
            folders.pop()
            continue
        said = {etree.QName(name).localname.lower(): str(value).strip() for name, value in element.attrib.items()}
        yield from _feed(said, element, tuple(filter(None, folders[:_DEEPEST])))
        folders.append(_title(said))


def _feed(said: Mapping[str, str], element: etree._Element, folders: tuple[str, ...]) -> Iterator[Outline]:
    """Yield what an outline says if it is a feed: it has an address, if only (with nothing below it) that of a site."""
    kind, url, site = said.get("type", "").lower(), said.get("xmlurl", ""), said.get("htmlurl", "")
    linked = kind in {"link", "include"} or said.get("url", "").lower().endswith(".opml")
    if not (url or linked or kind in {"rss", "atom"} or (site and len(element) == 0)):
        return
    other = said.get("url", "")
    yield Outline(
        line=int(element.sourceline or 0),  # type: ignore[call-overload,truthy-bool]  # its stubs leave it open
        title=_title(said),
        url=sanitise.folded(url)[: sanitise.LONGEST_ADDRESS],
        site=sanitise.folded(site or (other if linked else ""))[: sanitise.LONGEST_ADDRESS],
        folders=folders or _category(said.get("category", "")),
        list=not url and other.lower().endswith(".opml"),
    )


def _title(said: Mapping[str, str]) -> str:
    return sanitise.folded(said.get("title") or said.get("text", ""))


def _category(words: str) -> tuple[str, ...]:
    """Return the first of the categories of OPML 2.0 (`/News/Local,/Harbour`) as folders."""
    return tuple(filter(None, map(sanitise.folded, words.partition(",")[0].split("/"))))[:_DEEPEST]


def written(title: str, outlines: Iterable[Outline], at: datetime) -> bytes:
    """Return a list of feeds as OPML 2.0, which readers take in: UTF-8, a feed a line, folders as they are."""
    root = etree.Element("opml", version="2.0")
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    etree.SubElement(head, "title").text = _text(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(at)
    places: dict[tuple[str, ...], etree._Element] = {(): body}
    for outline in outlines:
        name = _text(outline.title) or outline.url
        said = {
            "type": "rss",
            "text": name,
            "title": name,
            "xmlUrl": _text(outline.url),
            "htmlUrl": _text(outline.site),
        }
        etree.SubElement(_place(places, outline.folders), "outline", {key: said[key] for key in said if said[key]})
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _place(places: dict[tuple[str, ...], etree._Element], folders: tuple[str, ...]) -> etree._Element:
    """Return the folder a feed goes into, made where it is not there yet."""
    for depth in range(1, len(folders) + 1):
        if folders[:depth] not in places:
            name = _text(folders[depth - 1])
            places[folders[:depth]] = etree.SubElement(places[folders[: depth - 1]], "outline", text=name, title=name)
    return places[folders]


def _text(words: str) -> str:
    """Return words without what no XML may hold."""
    return _NO_XML.sub("", sanitise.folded(words))
