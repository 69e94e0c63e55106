"""Chats and the people in them: where messages go, who may do what, who follows what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Self

from msgspec import Struct
from msgspec.structs import replace

from bot.core.model.document import Document


class Role(IntEnum):
    """What a person may do; each role includes those below it."""

    READER = 1
    EDITOR = 2
    OPERATOR = 3


class Chat(Struct, frozen=True, order=True, gc=False):
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
    outdated: bool = field(default=False, compare=False)
    """Whether the message was there already, by an earlier `send` of its key, and shows something else; never kept."""
    repeated: bool = field(default=False, compare=False)
    """Whether an earlier attempt, of which nobody knows, may stand in the chat as well; never kept."""


class Person(Document, frozen=True, kw_only=True):
    """An account, by the key `platform:user`, with what the operator decided about it."""

    indexes: ClassVar[frozenset[str]] = frozenset({"role", "blocked"})

    role: Role = Role.READER
    invited: bool = False
    blocked: bool = False


def same_person(one: str, other: str) -> bool:
    """Tell whether two accounts are one person's. Until people can link theirs, an account is all we know of them."""
    return one == other


EVERYTHING = "*"
"""The topic of those who want all the newsroom's news."""


class QuietHours(Struct, frozen=True, gc=False):
    """When a chat wants to be left in peace, in minutes after its midnight; over midnight where they end earlier."""

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.begin)}-{_clock(self.end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


class Folder(Struct, frozen=True, gc=False):
    """How a chat had feeds sorted in another reader. The bot has no use for it but to give it back."""

    path: tuple[str, ...]
    """The outermost folder first."""
    feeds: tuple[str, ...]


class Subscriber(Document, frozen=True, kw_only=True):
    """A chat and what it follows. The id is the chat's key."""

    indexes: ClassVar[frozenset[str]] = frozenset({"topics", "feeds"})

    chat: Chat
    since: datetime
    topics: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """People and places, as they are written."""
    folders: tuple[Folder, ...] = ()
    """Those of the lists of feeds that were taken in here."""
    locale: str = ""
    quiet: QuietHours | None = None
    zone: str = ""
    """The chat's time zone, as in Europe/Berlin; empty where that is the newsroom's."""
    gone: str = ""
    """Why the platform no longer lets us in; empty while it does."""

    @property
    def follows(self) -> int:
        """How many topics, feeds, keywords and names the chat follows."""
        return len(self.topics) + len(self.feeds) + len(self.keywords) + len(self.names)

    def joined(self, other: Self) -> Self:
        """Return the chat following what another did, too. Where it has chosen nothing, the other's choice holds."""
        return replace(
            self,
            since=min(self.since, other.since),
            topics=tuple(dict.fromkeys((*other.topics, *self.topics))),
            feeds=tuple(dict.fromkeys((*other.feeds, *self.feeds))),
            keywords=tuple(dict.fromkeys((*other.keywords, *self.keywords))),
            names=tuple(dict.fromkeys((*other.names, *self.names))),
            folders=tuple(dict.fromkeys((*other.folders, *self.folders))),
            locale=self.locale or other.locale,
            quiet=self.quiet or other.quiet,
            zone=self.zone or other.zone,
            gone="",
        )
