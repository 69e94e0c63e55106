"""Everything that can go wrong, as a catalog key for people and a cause for the log."""

from __future__ import annotations

from typing import ClassVar

from bot.core.model import Chat


class BotError(Exception):
    """Base of all: `key` names a catalog entry, `args` fill it. Raise from the library's exception, the cause."""

    key: ClassVar[str] = "error.unknown"

    def __init__(self, key: str = "", /, **args: object) -> None:
        self.message_key = key or self.key
        self.arguments = args
        super().__init__(self.message_key, *args.items())

    @property
    def plain_arguments(self) -> dict[str, str | int | float]:
        """The arguments that can be kept with the key."""
        return {name: value for name, value in self.arguments.items() if isinstance(value, str | int | float)}


class UsageError(BotError):
    """What was typed can't be understood; the message says what to type instead."""

    key = "error.usage"


class NotAllowed(BotError):
    """The person may not do this, or not so often."""

    key = "error.not_allowed"


class NotFound(BotError):
    """No such thing."""

    key = "error.not_found"


class Conflict(BotError):
    """The thing has moved on since the person looked at it."""

    key = "error.conflict"


class FetchError(BotError):
    """A page or feed could not be had."""

    key = "error.fetch"


class Unreachable(FetchError):
    """No answer, a broken one, or an error status."""

    key = "error.unreachable"


class TooLarge(FetchError):
    """Larger, or slower, than the settings let in."""

    key = "error.too_large"


class Forbidden(FetchError):
    """An address the guard does not let through."""

    key = "error.forbidden"


class NotAFeed(FetchError):
    """The document is no feed, and its site offers none."""

    key = "error.not_a_feed"


class NoArticle(FetchError):
    """The page can be read, but there is no article on it."""

    key = "error.no_article"


class Unparsable(FetchError):
    """The document made the parser give up, or was killed for the time or memory it took."""

    key = "error.unparsable"


class StoreError(BotError):
    """The store can't take this change now (a full disk, say). Nothing of it was kept."""

    key = "error.store"


class SummaryError(BotError):
    """No summary by the optional model; fall back to the extractive one."""

    key = "error.summary"


class DeliveryError(BotError):
    """A message did not arrive; each class says what to do next."""

    key = "error.delivery"


class RetryLater(DeliveryError):
    """The platform asks to wait `seconds`; `everywhere` when that holds for the whole account."""

    key = "error.retry_later"

    def __init__(self, seconds: float, *, everywhere: bool = False) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds
        self.everywhere = everywhere


class ChatMoved(DeliveryError):
    """The chat has a new address."""

    key = "error.chat_moved"

    def __init__(self, to: Chat) -> None:
        super().__init__(to=str(to))
        self.to = to


class ChatGone(DeliveryError):
    """Blocked, kicked, deleted: out of the next audience."""

    key = "error.chat_gone"


class TopicGone(DeliveryError):
    """The forum topic or thread is no more: send to the chat itself."""

    key = "error.topic_gone"


class Rejected(DeliveryError):
    """The platform refuses this message as it is."""

    key = "error.rejected"


class Uneditable(DeliveryError):
    """The copy can't be changed any more: say it in a reply under it."""

    key = "error.uneditable"


class Uncertain(DeliveryError):
    """No answer came: the message may or may not stand in the chat."""

    key = "error.uncertain"


class Revoked(DeliveryError):
    """The platform no longer accepts our credentials: stop that account."""

    key = "error.revoked"
