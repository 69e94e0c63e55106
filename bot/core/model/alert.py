"""Alerts: what they say, whom they are for, and what each chat shows of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from bot.core.model.document import Document, Job, Priority
from bot.core.model.people import Chat, Receipt


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


class Audience(Struct, frozen=True, kw_only=True, gc=False):
    """Whom an alert is for."""

    everyone: bool = False
    topics: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    text: str = ""
    """Where keywords are looked for; empty where keywords do not count."""
    chats: tuple[str, ...] = ()
    """Keys of the test chats, where this is a rehearsal: these and nobody else."""
    told: tuple[str, ...] = ()
    """Ids of alerts: only chats that have a copy of one of them. Empty where that does not matter."""


class Revision(Struct, frozen=True, kw_only=True, gc=False):
    """What an alert says, from a moment on."""

    headline: str
    text: tuple[str, ...] = ()
    url: str = ""
    image: str = ""
    """Id of the photo."""
    """Id of the photo."""
    sources: tuple[str, ...] = ()
    note: str = ""
    """What was wrong, in a correction or withdrawal; shown to readers."""
    corrected: datetime | None = None
    """When this was said in place of something wrong."""


class OnUncertain(StrEnum):
    """What to do about a chat of which nobody can tell whether it was told: repeat it, or list the chat."""

    RESEND = "resend"
    SKIP = "skip"


class Amendment(Struct, frozen=True, kw_only=True, gc=False):
    """A change of a released alert that an editor has ordered and can still call back."""

    by: str
    note: str = ""
    """What was wrong, or why it is withdrawn."""
    revision: Revision | None = None
    """What is right; None withdraws the alert."""
    noticed: bool = True
    """Whether a notice goes under each copy: for substance, not for a slip of the pen."""


class State(StrEnum):
    """The life of an alert."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class Act(Struct, frozen=True, kw_only=True, gc=False):
    """One line of an alert's log: who did what, and when."""

    at: datetime
    by: str
    did: str
    note: str = ""


class Alert(Document, frozen=True, kw_only=True):
    """A message to many, with its revisions and its log. `bot.outreach.alerts` holds its transitions."""

    indexes: ClassVar[frozenset[str]] = frozenset(
        {"state", "author", "story", "follows", "held", "notices", "archived"}
    )

    severity: Severity
    state: State
    author: str
    audience: Audience
    revisions: tuple[Revision, ...]
    log: tuple[Act, ...] = ()
    story: str = ""
    held: bool = False
    """Stopped by an editor: nothing more goes out, no correction either, until it is let go."""
    due: datetime | None = None
    """When it is to go out, once it is approved."""
    embargo: datetime | None = None
    """Before that it may not go out."""
    on_uncertain: OnUncertain = OnUncertain.RESEND
    amendment: Amendment | None = None
    """The change that waits out its undo time; meanwhile nothing of what it replaces goes out."""
    follows: str = ""
    """Id of the first alert, where this one is an update that goes under it."""
    released: datetime | None = None
    """The stamp that fixes the audience: chats that followed before it."""
    widened: datetime | None = None
    """When it was last let go to more people after its release: they could not be told before."""
    addressed: bool = False
    """Whether the fan-out has been through the whole audience."""
    notices: str = ""
    """Id of the alert whose change this one tells, under its copies; empty for an alert of its own."""
    notice: str = ""
    """Id of the alert that tells of the last change of substance of this one."""
    noticed: int = 0
    """The revision that notice is about: whoever was shown an earlier one is told."""
    merged: tuple[str, ...] = ()
    """Ids of alerts of the same story, which an editor has merged: whoever has one of them is told no second one."""
    parted: tuple[str, ...] = ()
    """Ids of other alerts of what is or was its story: whoever has one of them is not told by itself."""
    archived: bool = False
    """Whether its receipts are past their time: what is left of them are the counts."""

    @property
    def number(self) -> int:
        """The current revision's number, from 1."""
        return len(self.revisions)

    @property
    def current(self) -> Revision:
        """What every copy should show."""
        return self.revisions[-1]

    @property
    def over(self) -> str:
        """Id of the alert under whose copies this one stands: the one it updates, or tells a change of."""
        return self.follows or self.notices

    @property
    def waits(self) -> bool:
        """Whether nothing of it may go out now."""
        return self.held or self.amendment is not None

    @property
    def test(self) -> bool:
        """Whether it is a rehearsal, for the test chats alone."""
        return bool(self.audience.chats)


class Outcome(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DEFERRED = "deferred"
    TOLD = "told"
    UNCERTAIN = "uncertain"
    GONE = "gone"
    FAILED = "failed"

    __hash__ = str.__hash__  # what an enumeration has of its own is slow, and it counts in the index of deliveries


class Delivery(Job, frozen=True, kw_only=True):
    """What one chat shows of one thing. Id: `about:chat`. Make `shown` equal the thing's current revision."""

    indexes: ClassVar[frozenset[str]] = frozenset({"about", "outcome", "chat"})
    counted: ClassVar[frozenset[str]] = frozenset({"shown", "lane", "queue"})

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
    deferred: datetime | None = None
    """Before this the first copy could not come: until then the chat's quiet hours put it off, or the alert was not for
    it. Kept when it is told; None where it could come at once."""
    repeated: bool = False
    """Whether the chat may have been told twice: an attempt was repeated of which nobody could tell the outcome."""
    doubt: datetime | None = None
    """Since when nobody knows whether a copy that was sent stands in the chat; None while there is no doubt."""

    @property
    def queue(self) -> tuple[str, ...]:
        """Where it waits to be sent: lane, priority and alert, parted by blanks; nothing where it does not wait.

        What quiet hours put off, or its alert's hold put by, does not wait so. An index, so that a whole fan-out is
        counted at a glance.
        """
        if self.due is None or self.outcome is not Outcome.PENDING:
            return ()
        return (f"{self.lane} {int(self.priority)} {self.about}",)


class FanOut(Job, frozen=True, kw_only=True):
    """Turns an alert's audience into deliveries, in order of chat. The id is the alert's."""

    cursor: str = ""
    """The last chat key that has been through."""


class Recall(Job, frozen=True, kw_only=True):
    """Brings every delivery of an alert in line with it, in order of chat. The id is the alert's.

    An amendment takes effect with its first turn: until then it can be called back.
    """

    cursor: str = ""
    """The last delivery that has been through."""


class Progress(Job, frozen=True, kw_only=True):
    """Keeps a message in an editor's chat showing how an alert stands. Id: `alert:chat#message`."""

    alert: str
    chat: Chat
    personal: bool = False
    """Whether `chat` only names a person, whose chat is looked up when the message is first posted."""
    receipt: Receipt | None = None
    """The message that shows it; None until it was posted."""
    pictured: bool = False
    """Whether it goes on with a message that shows the alert's photo: on Telegram such a one can't become a text."""
    shared: bool = False
    """Whether others than the editor read along there: then it names no chat."""
    locale: str = ""
    shown: str = ""
    """What it shows, as plain text, so that nothing is edited for nothing."""
    looks: int = 0
    """How often it was looked at already: the longer it takes, the less often."""
