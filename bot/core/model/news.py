"""The news as it comes in: feeds, pages, articles, and the stories they tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct, field

from bot.core.model.document import Document, Job

INTAKE = "intake"
"""The lane of polls and readings."""


class Timetable(Struct, frozen=True, kw_only=True, gc=False):
    """What a feed's document says about when it is worth a look."""

    ttl: float = 0.0
    """Seconds for which it need not be asked for again."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, in UTC, at which nothing new comes."""
    skip_days: tuple[int, ...] = ()
    """Such days of the week, Monday 0."""


class Rhythm(Struct, frozen=True, kw_only=True, gc=False):
    """How often news came, as of a moment. The older, the less it counts."""

    since: datetime
    """From when on all news is counted."""
    at: datetime
    hours: tuple[float, ...] = (0.0,) * 24
    """News in each hour of the day, in UTC."""
    days: tuple[float, ...] = (0.0,) * 7
    """News on each day of the week, Monday first."""


class Feed(Document, frozen=True, kw_only=True):
    """A feed that is polled. The id is its address, as it was given and found."""

    indexes: ClassVar[frozenset[str]] = frozenset({"own", "kept", "address", "ill"})

    address: str = ""
    """Where it lives now, by permanent redirects that have agreed, or by an operator; empty while that is the id."""
    given: bool = False
    """Whether an operator said that address, which is then believed also while it fails."""
    moving: tuple[str, ...] = ()
    """Where the last permanent redirects led, as long as they agree."""
    title: str = ""
    site: str = ""
    own: bool = False
    """One of the newsroom's own: its news is for everybody who follows a topic."""
    kept: bool = False
    """Own by a list that an operator has taken in, whatever the settings name."""
    folder: tuple[str, ...] = ()
    """Where that list has it, the outermost folder first."""
    hushed: bool = False
    """Taken in with many others: what stands in it at the first look only counts as seen."""
    etag: str = ""
    modified: str = ""
    digest: str = ""
    """SHA-256 of the last body, for servers that never answer 304."""
    hub: str = ""
    """Where it can be subscribed to by WebSub, under the address in `topic`; empty for nowhere."""
    topic: str = ""
    posts: str = ""
    """Root of the REST route by which its site, a WordPress, gives posts as data; empty where it does not say so."""
    timetable: Timetable = Timetable()
    rhythm: Rhythm | None = None
    """Learned from the times of its news; None until its first document was read."""
    quarantine: str = ""
    """SHA-256 of a document that could not be parsed, or only by too much time or memory."""
    quarantined: datetime | None = None
    polled: datetime | None = None
    read: datetime | None = None
    """When its document was last read, and not only said to be as it was."""
    fresh: datetime | None = None
    """When it last brought something new."""
    hurried: int = 0
    """Looks in a row that came at once, as the one before had brought more than one look may."""
    strange: int = 0
    """Documents in a row in which no entry had an id that was known."""
    failures: int = 0
    problem: str = ""
    """Catalog key of the last failure; empty when the last poll went well."""
    details: Mapping[str, str | int | float] = field(default_factory=dict)
    """What fills the entry of that key."""
    ended: bool = False

    @property
    def ill(self) -> bool:
        """Whether somebody should look into it: its last look failed, or its publisher has ended it."""
        return bool(self.problem) or self.ended


class Kind(StrEnum):
    """What a page is. Only an article has a summary."""

    ARTICLE = "article"
    PAYWALL = "paywall"
    SCRIPT = "script"
    GALLERY = "gallery"
    VIDEO = "video"
    LIVE = "live"
    INDEX = "index"
    ERROR = "error"


class Page(Struct, frozen=True, kw_only=True, gc=False):
    """What was read of one page: only the article, nothing of what stands around it."""

    kind: Kind = Kind.ARTICLE
    url: str = ""
    title: str = ""
    byline: str = ""
    authors: tuple[str, ...] = ()
    dateline: str = ""
    published: str = ""
    """ISO 8601 with offset, or a date alone, as precise as the page is."""
    updated: str = ""
    language: str = ""
    site: str = ""
    image: str = ""
    standfirst: str = ""
    """What stands as a heading between headline and text, and sums it up; it is one of the paragraphs too."""
    paragraphs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The paragraphs, a blank line between them."""
        return "\n\n".join(self.paragraphs)


class Article(Document, frozen=True, kw_only=True):
    """One page as one feed brought it (or a reader asked for it)."""

    indexes: ClassVar[frozenset[str]] = frozenset({"feed", "story", "url", "aliases", "topics"})

    url: str
    """Canonical: the same article has one address. Empty for an entry of a feed that links nowhere."""
    aliases: tuple[str, ...] = ()
    """Addresses that led there by redirects."""
    post: str = ""
    """Where its site gives it as data, without all that stands around it on the page; empty for nowhere."""
    feed: str
    """Id of the feed; empty where a reader asked."""
    source: str
    """Who published it, for people: the site's or the feed's name."""
    received: datetime
    page: Page
    read: datetime | None = None
    """When the page itself was read; None while this is what the feed said of it."""
    topics: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()
    """Those of its topics that only the newsroom's rules have given it; the others are its feed's categories."""
    names: tuple[str, ...] = ()
    """People and places that it is about, the most prominent first."""
    story: str = ""
    strand: str = ""
    """The story among whose words its own are compared, where an editor has merged that one into `story`."""

    @property
    def compared(self) -> str:
        """Id of the story among whose words its own are compared with those of later articles."""
        return self.strand or self.story

    def searchable(self) -> str:
        """Find an article by its title and text."""
        return f"{self.page.title}\n{self.page.text}"


class Poll(Job, frozen=True, kw_only=True):
    """Looks at a feed again. The id is the feed's."""


class Reading(Job, frozen=True, kw_only=True):
    """Reads the page of a new article and finds its story. The id is the article's."""
