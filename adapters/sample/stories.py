"""The sample newsroom's pieces as their authors filed them, and which of them is printed when."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

STORIES = Path(__file__).with_name("stories")
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One of the two titles the house prints."""

    name: str
    motto: str
    root: str
    """Path of its front page."""
    posts: bool = False
    """Whether it gives its stories as data too, by the REST route of WordPress."""


COURIER = Paper(name="The Saltmere Courier", motto="News from the harbour town since 1874", root="/")
EVENING_POST = Paper(
    name="Saltmere Evening Post", motto="Saltmere and the Wend valley, every day", root="/evening-post/", posts=True
)
PAPERS = {"courier": COURIER, "evening-post": EVENING_POST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece as it was filed: paragraphs with gaps (`{votes}`) that each printing fills in its own way."""

    slug: str
    paper: str
    section: str
    headline: str
    author: str
    dateline: str
    text: str
    gaps: dict[str, list[str]] = field(default_factory=dict)
    """Name to the values it takes in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A piece as it appeared: its number is its identity, for good."""

    number: int
    piece: Piece
    at: datetime
    headline: str
    blocks: tuple[str, ...]
    """Paragraphs; a section head begins with `## `."""

    @property
    def paper(self) -> Paper:
        """The title it appeared in."""
        return PAPERS[self.piece.paper]

    @property
    def path(self) -> str:
        """Its address on the server, in the manner of a blog's permanent links."""
        return f"{self.paper.root}{self.at:%Y/%m/%d}/{self.piece.slug}-{self.number}/"

    @property
    def id(self) -> str:
        """Its id in every feed; it names no host, so that it outlives a change of port."""
        return f"https://saltmere.example/?p={self.number}"

    @property
    def excerpt(self) -> str:
        """Its first paragraph, for feeds and front pages."""
        return self.blocks[0]


class Press:
    """Prints one piece after the other, for ever, by the clock alone: a restart repeats none and skips none.

    Where all pieces were printed the next round begins: the same affairs with other figures and days, under other ids.
    """

    def __init__(self, seconds: float, pieces: Sequence[Piece] = ()) -> None:
        self._pause = timedelta(seconds=seconds)
        self._pieces = pieces or filed()

    @property
    def round_seconds(self) -> float:
        """Seconds until the same affairs come round again."""
        return self._pause.total_seconds() * len(self._pieces)

    def latest(self, paper: Paper, now: datetime) -> list[Printed]:
        """Return what the paper printed in the round that ends now, newest first."""
        last = self._number(now)
        round_ = (self.printed(number) for number in range(last, last - len(self._pieces), -1))
        return [story for story in round_ if story.paper is paper]

    def find(self, path: str, now: datetime) -> Printed | None:
        """Return the story at an address, however old; None where nothing was printed there so far."""
        number = path.rstrip("/").rpartition("-")[2]
        story = self.numbered(int(number), now) if number.isascii() and number.isdigit() and len(number) < 15 else None
        return story if story and story.path == path else None

    def numbered(self, number: int, now: datetime) -> Printed | None:
        """Return the story with this number; None where it is not printed yet."""
        return self.printed(number) if number <= self._number(now) else None

    def printed(self, number: int) -> Printed:
        """Return the story with this number."""
        round_, place = divmod(number, len(self._pieces))
        piece, at = self._pieces[place], EPOCH + number * self._pause
        words = {name: values[round_ % len(values)] for name, values in piece.gaps.items()}
        words |= {"today": f"{at:%A}", "yesterday": f"{at - timedelta(days=1):%A}"}
        blocks = tuple(" ".join(block.split()) for block in piece.text.format_map(words).split("\n\n"))
        return Printed(number=number, piece=piece, at=at, headline=piece.headline.format_map(words), blocks=blocks)

    def _number(self, now: datetime) -> int:
        return (now - EPOCH) // self._pause


def filed(folder: Path = STORIES) -> tuple[Piece, ...]:
    """Read all pieces, in the order in which they are printed: that of their file names."""
    return tuple(Piece(**tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml")))
