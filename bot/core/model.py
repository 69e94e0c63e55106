"""The newsroom's own nouns: frozen documents whose methods return new values and touch nothing.

What happens (an article, an alert) has a time-ordered id; what has a natural key (a chat, a feed, a delivery)
uses it. Every time is an aware UTC `datetime`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import ClassVar, Self


class Severity(StrEnum):
    """How loud an alert is: it decides queue, sound and whether quiet hours give way."""

    FLASH = "flash"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def priority(self) -> Priority:
        """The queue an alert of this severity travels in."""
        return Priority[self.name]

    @property
    def silent(self) -> bool:
        """Whether the alert arrives without a sound."""
        return self is Severity.ROUTINE


class Priority(IntEnum):
    """Order in a lane, most urgent first."""

    FLASH = 1
    URGENT = 2
    ROUTINE = 3
    DIGEST = 4


class Role(IntEnum):
    """What a person may do; each role includes those below it."""

    READER = 1
    EDITOR = 2
    OPERATOR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Anything the store keeps, by kind and id."""

    indexes: ClassVar[frozenset[str]] = frozenset()
    """Fields that `Store.find` and `Store.count` may ask for; a tuple field is indexed by each of its members."""

    id: str

    def searchable(self) -> str:
        """Return the text that `Store.search` finds this document by; empty keeps it out of the index."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Document):
    """Something that happens later. Settling is a `Swap` of the job as it was claimed, which is its fence."""

    lane: str
    due: datetime | None
    """When it may be claimed; None once it is settled and kept only as a record."""
    priority: Priority = Priority.ROUTINE
    lease: datetime | None = None
    """Until when a worker holds it."""
    attempts: int = 0
    """Claims since it was last settled well."""
    abandoned: bool = False
    """Set by the claim that took it from a worker whose lease ran out: what that worker did is unknown."""

    def rearmed(self, due: datetime | None, *, attempts: int = 0) -> Self:
        """Return the job released, to be claimed again at `due` (None: never)."""
        return replace(self, due=due, lease=None, attempts=attempts, abandoned=False)


# ------------------------------------------------------------------------------------------------ chats and people


@dataclass(frozen=True, slots=True, order=True)
class Chat:
    """Where messages go: a private chat, group, forum topic, channel or thread. `str()` is its key."""

    platform: str
    id: str
    topic: str | None = None

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}" + (f"/{self.topic}" if self.topic else "")

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read `platform:id[/topic]`; raises ValueError where it is none."""
        platform, _, rest = key.partition(":")
        id, _, topic = rest.partition("/")
        if not (platform.isalnum() and id):
            raise ValueError(key)
        return cls(platform, id, topic or None)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that a message stands in a chat, and the handle by which it is edited."""

    chat: Chat
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Document):
    """An account, by the key `platform:user`, with what the operator decided about it."""

    indexes: ClassVar[frozenset[str]] = frozenset({"role", "blocked"})

    role: Role = Role.READER
    invited: bool = False
    blocked: bool = False


INTAKE = "intake"  # the lane of polls and readings
EVERYTHING = "*"
"""The topic of those who want all the newsroom's news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber(Document):
    """A chat and what it follows. The id is the chat's key."""

    indexes: ClassVar[frozenset[str]] = frozenset({"topics", "feeds"})

    chat: Chat
    since: datetime
    topics: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    locale: str = ""
    gone: str = ""
    """Why the platform no longer lets us in; empty while it does."""

    @property
    def follows(self) -> int:
        """How many topics, feeds and keywords the chat follows."""
        return len(self.topics) + len(self.feeds) + len(self.keywords)


# ------------------------------------------------------------------------------------------------ the news


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Document):
    """A feed that is polled. The id is its address, as it was given and found."""

    indexes: ClassVar[frozenset[str]] = frozenset({"own"})

    address: str = ""
    """Where it lives now, once permanent redirects have agreed often enough; empty while that is the id."""
    moving: tuple[str, ...] = ()
    """Where the last permanent redirects led, as long as they agree."""
    title: str = ""
    site: str = ""
    own: bool = False
    """One of the newsroom's own: its news is for everybody who follows a topic."""
    etag: str = ""
    modified: str = ""
    digest: str = ""
    """SHA-256 of the last body, for servers that never answer 304."""
    polled: datetime | None = None
    fresh: datetime | None = None
    """When it last brought something new."""
    failures: int = 0
    problem: str = ""
    """Catalog key of the last failure; empty when the last poll went well."""
    ended: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
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
    paragraphs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The paragraphs, a blank line between them."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Document):
    """One page as one feed brought it (or a reader asked for it)."""

    indexes: ClassVar[frozenset[str]] = frozenset({"feed", "story", "url", "aliases", "topics"})

    url: str
    """Canonical: the same article has one address. Empty for an entry of a feed that links nowhere."""
    aliases: tuple[str, ...] = ()
    """Addresses that led there by redirects."""
    feed: str
    """Id of the feed; empty where a reader asked."""
    source: str
    """Who published it, for people: the site's or the feed's name."""
    received: datetime
    page: Page
    read: datetime | None = None
    """When the page itself was read; None while this is what the feed said of it."""
    topics: tuple[str, ...] = ()
    story: str = ""

    def searchable(self) -> str:
        """Find an article by its title and text."""
        return f"{self.page.title}\n{self.page.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Document):
    """One event, told by one or more articles."""

    headline: str
    articles: tuple[str, ...]
    """Ids in order of arrival; the first is the lead."""
    sources: tuple[str, ...]
    updated: datetime
    alert: str = ""

    def searchable(self) -> str:
        """Find a story by its headline."""
        return self.headline

    def joined(self, article: Article) -> Self:
        """Return the story with one more article."""
        sources = self.sources if article.source in self.sources else (*self.sources, article.source)
        return replace(self, articles=(*self.articles, article.id), sources=sources, updated=article.received)


# ------------------------------------------------------------------------------------------------ alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom an alert is for."""

    everyone: bool = False
    topics: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    text: str = ""
    """Where keywords are looked for; empty where keywords do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an alert says, from a moment on."""

    headline: str
    text: tuple[str, ...] = ()
    url: str = ""
    image: str = ""
    sources: tuple[str, ...] = ()
    note: str = ""
    """What was wrong, in a correction or withdrawal; shown to readers."""


class State(StrEnum):
    """The life of an alert."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of an alert's log: who did what, and when."""

    at: datetime
    by: str
    did: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Document):
    """A message to many, with its revisions and its log. `bot.outreach.alerts` holds its transitions."""

    indexes: ClassVar[frozenset[str]] = frozenset({"state", "author", "story"})

    severity: Severity
    state: State
    author: str
    audience: Audience
    revisions: tuple[Revision, ...]
    log: tuple[Act, ...] = ()
    story: str = ""
    released: datetime | None = None
    """The stamp that fixes the audience: chats that followed before it."""
    addressed: bool = False
    """Whether the fan-out has been through the whole audience."""

    @property
    def number(self) -> int:
        """The current revision's number, from 1."""
        return len(self.revisions)

    @property
    def current(self) -> Revision:
        """What every copy should show."""
        return self.revisions[-1]


class Outcome(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    TOLD = "told"
    UNCERTAIN = "uncertain"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Job):
    """What one chat shows of one thing. Id: `about:chat`. Make `shown` equal the thing's current revision."""

    indexes: ClassVar[frozenset[str]] = frozenset({"about", "outcome", "chat"})

    about: str
    chat: Chat
    outcome: Outcome = Outcome.PENDING
    shown: int = 0
    """The revision's number; 0 before the first."""
    receipt: Receipt | None = None
    problem: str = ""
    """Catalog key of what went wrong last."""
    under: Receipt | None = None
    told: datetime | None = None
    """When the first copy was accepted by the platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut(Job):
    """Turns an alert's audience into deliveries, in order of chat. The id is the alert's."""

    cursor: str = ""
    """The last chat key that has been through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll(Job):
    """Looks at a feed again. The id is the feed's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Job):
    """Reads the page of a new article and finds its story. The id is the article's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Job):
    """Keeps a message in an editor's chat showing how a fan-out stands. Id: `alert:chat`."""

    alert: str
    chat: Chat
    receipt: Receipt | None = None
    """The message that shows it; None until it was posted."""
    locale: str = ""
    shown: str = ""
    """What it shows, as plain text, so that nothing is edited for nothing."""
