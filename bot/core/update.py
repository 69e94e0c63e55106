"""The people's river: what a person did (Update), as a question (Request), and what comes back (Answer)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from msgspec import Struct
from msgspec.structs import replace

from bot.core.i18n import Translator
from bot.core.message import Message
from bot.core.model import Chat, Document, Receipt, Role


class Update(Document, frozen=True, kw_only=True):
    """Something a person typed or pressed, recorded before the platform is told that we have it.

    The id is the platform's own (`telegram:4711`), so that an update that comes twice is one.
    """

    indexes: ClassVar[frozenset[str]] = frozenset({"answered"})

    chat: Chat
    person: str
    """The account's key, `platform:user`; empty for somebody who is no person (an anonymous admin)."""
    line: str
    """The command line: typed, or carried by the button."""
    at: datetime
    private: bool = True
    """Whether only this person and the bot are in the chat."""
    locale: str = ""
    """The platform's guess at the person's language."""
    origin: Receipt | None = None
    """The message whose button was pressed."""
    quoted: str = ""
    """The text of the message it replies to, links included."""
    photo: str = ""
    """A photo that came along: its address, our id of it, or the name that the adapter's `attachment` knows."""
    file: str = ""
    """A file that came along: its address, or the name that the adapter's `attachment` knows."""
    reply: Message | None = None
    """The answer, kept from the step that made its changes until the platform has it."""
    replaces: bool = False
    """Whether the reply is shown in place of `origin`."""
    answered: bool = False

    def decided(self, answer: Answer) -> Self:
        """Return the update with what it will be answered."""
        return replace(self, reply=answer.message, replaces=answer.replaces)

    def done(self) -> Self:
        """Return the update as one that has had its answer; what it said need not be kept any longer."""
        return replace(self, answered=True, reply=None, line="", quoted="", photo="", file="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An update with what dispatch found out about who asks."""

    update: Update
    role: Role
    say: Translator
    invited: bool = False

    @property
    def id(self) -> str:
        """Ids made from it are the same when the update is handled again after a crash."""
        return self.update.id

    @property
    def chat(self) -> Chat:
        """Where it was asked and will be answered."""
        return self.update.chat

    @property
    def person(self) -> str:
        """Who asks: the account's key."""
        return self.update.person


class Change(Struct, frozen=True, gc=False):
    """Marker of the four changes that `Store.commit` takes."""


class Answer(Struct, frozen=True, gc=False):
    """What a command returns: words for the person, and changes committed in one step with the update's end.

    A command decides and returns; it sends nothing and commits nothing, so that handling it twice is handling it once.
    """

    message: Message
    changes: tuple[Change, ...] = ()
    replaces: bool = False
    """Show it in place of the message whose button was pressed."""


Dispatch = Callable[[Update], Awaitable[None]]
"""Handle one recorded update and answer it. Raises nothing but cancellation."""
