"""A message as a tree of blocks, spans and actions; never markup, so that the core can't forget to escape."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar

import regex
from msgspec import Struct
from msgspec.structs import replace

Fits = Callable[["Message"], bool]
"""Whether a platform can show a message as one of its own."""

_CLUSTER = regex.compile(r"\X")
_GAPS = frozenset([*" \t\n\r\f\v\u1680\u2028\u2029\u205f\u3000", "\r\n", *map(chr, range(0x2000, 0x200B))]) - {"\u2007"}
"""The grapheme clusters between words. The no-break spaces are none."""


class Style(StrEnum):
    """How a span is set."""

    PLAIN = "plain"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"


class Span(Struct, frozen=True, gc=False):
    """A run of text, perhaps a link. `url` is http or https; adapters show others as text."""

    text: str
    style: Style = Style.PLAIN
    url: str = ""


class Form(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTATION = "quotation"
    ITEM = "item"


class Block(Struct, frozen=True, gc=False):
    """A run of spans that stands by itself: running text, a headline, somebody's words, a row of a list."""

    spans: tuple[Span, ...]
    form: Form = Form.PARAGRAPH
    speaker: str = ""
    """Whose words a quotation is."""

    @property
    def words(self) -> str:
        """The spans' text, joined."""
        return "".join(span.text for span in self.spans)

    @property
    def plain(self) -> str:
        """The words as they read without any markup."""
        words = f"• {self.words}" if self.form is Form.ITEM else self.words
        return f"{words} — {self.speaker}" if self.speaker else words


class Manner(StrEnum):
    """What pressing a button means, for its colour."""

    NEUTRAL = "neutral"
    GO = "go"
    DANGER = "danger"


class Action(Struct, frozen=True, gc=False):
    """A button. It is a command line, so that pressing and typing are the same request."""

    label: str
    line: str
    manner: Manner = Manner.NEUTRAL


class File(Struct, frozen=True, gc=False):
    """A text to be kept or taken elsewhere, as a file."""

    name: str
    """With its ending, which says what it is."""
    text: str

    type: ClassVar[str] = "text/plain"
    """Its content type: whatever is in it, nothing runs."""

    @property
    def content(self) -> bytes:
        """The bytes."""
        return self.text.encode()


class Message(Struct, frozen=True, gc=False):
    """What a person gets to see."""

    blocks: tuple[Block, ...]
    actions: tuple[Action, ...] = ()
    private: bool = False
    """Only for the person who asked, where the platform can do that."""
    photo: str = ""
    """Id of the photo above the words."""
    file: File | None = None
    """What goes along to be kept. A message with a file has no photo, and stands as it was sent: it is not edited."""

    @property
    def headline(self) -> str:
        """The words of the first block, which say in short what it is about."""
        return self.blocks[0].words if self.blocks else ""

    @property
    def plain(self) -> str:
        """The canonical text: rows of a list on lines of their own, a blank line between other blocks."""
        if not self.blocks:
            return ""
        parts = [self.blocks[0].plain]
        for before, block in pairwise(self.blocks):
            rows = before.form is block.form is Form.ITEM
            parts += ["\n" if rows else "\n\n", block.plain]
        return "".join(parts)


def text(*parts: str | Span) -> tuple[Span, ...]:
    """Return spans, plain text allowed among them."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts if part)


def paragraph(*parts: str | Span) -> Block:
    """Return running text."""
    return Block(text(*parts))


def heading(*parts: str | Span) -> Block:
    """Return a headline."""
    return Block(text(*parts), Form.HEADING)


def quotation(words: str, speaker: str = "") -> Block:
    """Return somebody's words."""
    return Block(text(words), Form.QUOTATION, speaker)


def item(*parts: str | Span) -> Block:
    """Return a row of a list."""
    return Block(text(*parts), Form.ITEM)


def link(words: str, url: str) -> Span:
    """Return a span that leads to `url`."""
    return Span(words, url=url)


def strong(words: str) -> Span:
    """Return a span set in bold."""
    return Span(words, Style.STRONG)


def code(words: str) -> Span:
    """Return a span to be typed or copied as it stands."""
    return Span(words, Style.CODE)


def message(
    *blocks: Block | str,
    actions: Iterable[Action] = (),
    private: bool = False,
    photo: str = "",
    file: File | None = None,
) -> Message:
    """Return a message; a bare string is a paragraph."""
    tree = tuple(paragraph(block) if isinstance(block, str) else block for block in blocks)
    return Message(tree, tuple(actions), private, photo, file)


def unaccompanied(whole: Message) -> Message:
    """Return the message without its photo or file, for a platform that refuses that; itself, where it has none."""
    return replace(whole, photo="", file=None) if whole.photo or whole.file else whole


def bare(whole: Message) -> Message:
    """Return the message as words alone, for a platform that refuses all else: no photo, file, link, style, button."""
    return Message((paragraph(whole.plain),), private=whole.private)


def shortened(whole: Message, fits: Fits) -> Message:
    """Return the message with as many leading blocks as fit; an alert is one platform message in each chat.

    Whole blocks go, the last first. A single block that still does not fit is cut between words.
    """
    if not whole.blocks or fits(whole):
        return whole
    cut = replace(whole, blocks=whole.blocks[: max(1, _fitting(whole, fits))])
    return cut if fits(cut) else _first_page(cut, fits)[0]


def pages(whole: Message, fits: Fits) -> list[Message]:
    """Cut a message into as many as the platform needs, between blocks, then words, then grapheme clusters.

    Nothing but white space is lost: the pages' words in order are the message's. The photo, or the file,
    stands on the first page, the actions on the last.
    """
    done: list[Message] = []
    rest = whole
    while rest.blocks and not fits(rest):
        page, rest = _first_page(rest, fits)
        rest = unaccompanied(rest)
        if page.plain.strip():
            done.append(replace(page, actions=()))
    return [*done, rest] if rest.blocks or not done else [*done[:-1], replace(done[-1], actions=whole.actions)]


def _fitting(whole: Message, fits: Fits) -> int:
    """Return how many leading blocks fit, of a message that does not as a whole; more blocks never take less room."""
    counts = range(1, len(whole.blocks))
    return bisect_left(counts, True, key=lambda count: not fits(replace(whole, blocks=whole.blocks[:count])))


def _first_page(whole: Message, fits: Fits) -> tuple[Message, Message]:
    """Split off the longest beginning that fits; it is never empty, so that paging ends."""
    if count := _fitting(whole, fits):
        return replace(whole, blocks=whole.blocks[:count]), replace(whole, blocks=whole.blocks[count:])
    return _cut_block(whole, fits)


def _cut_block(whole: Message, fits: Fits) -> tuple[Message, Message]:
    """Cut the first block so that its beginning fits; where nothing does, one character is cut all the same."""
    block, *others = whole.blocks
    if block.speaker and not block.words:
        block = _remainder(block, 0)

    def too_long(at: int) -> bool:
        return not fits(replace(whole, blocks=(_beginning(block, at),)))

    end, start = _seam(block.words, too_long)
    rest = (_remainder(block, start),) if start < len(block.words) or block.speaker else ()
    return replace(whole, blocks=(_beginning(block, end),)), replace(whole, blocks=(*rest, *others))


def _seam(words: str, too_long: Callable[[int], bool]) -> tuple[int, int]:
    """Return where the longest beginning ends and what follows starts; the white space between is on neither side.

    The cut is made between words, else between grapheme clusters, and inside one that is too long alone.
    """
    room = bisect_left(range(1, len(words) + 1), True, key=too_long)
    clusters = list(_clusters(words, room))
    fitting = sum(end <= room for _, end in clusters)
    if fitting == len(clusters):
        return len(words), len(words)
    if not fitting:
        return max(1, room), max(1, room)
    gaps = {at for at, span in enumerate(clusters) if words[slice(*span)] in _GAPS}
    first_word = min(set(range(fitting)) - gaps, default=fitting)
    cut = max((at for at in gaps if at > first_word), default=fitting)
    last = max((at for at in range(cut) if at not in gaps), default=cut - 1)
    end = start = clusters[last][1]
    while (cluster := _CLUSTER.match(words, start)) and cluster[0] in _GAPS:
        start = cluster.end()
    return end, start


def _clusters(words: str, room: int) -> Iterator[tuple[int, int]]:
    """The grapheme clusters' offsets, up to the first that ends beyond `room`."""
    for cluster in _CLUSTER.finditer(words):
        yield cluster.span()
        if cluster.end() > room:
            return


def _beginning(block: Block, at: int) -> Block:
    """The block's first `at` characters; a speaker is named where the quotation ends."""
    return replace(block, spans=tuple(_slices(block.spans, 0, at)), speaker="")


def _remainder(block: Block, at: int) -> Block:
    """What follows: a quotation goes on as one, a speaker left over and everything else as running text."""
    spans = tuple(_slices(block.spans, at, None))
    if not spans:
        return paragraph(f"— {block.speaker}")
    form = Form.QUOTATION if block.form is Form.QUOTATION else Form.PARAGRAPH
    return replace(block, spans=spans, form=form)


def _slices(spans: Iterable[Span], start: int, stop: int | None) -> Iterator[Span]:
    """The spans' part between two offsets of their joined text."""
    position = 0
    for span in spans:
        end = None if stop is None else max(0, stop - position)
        part = span.text[max(0, start - position) : end]
        position += len(span.text)
        if part:
            yield replace(span, text=part)
