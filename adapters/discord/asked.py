"""What was asked by an interaction: kept with its update, because Discord can't be asked for it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from bot.core.model import Document
from bot.core.ports import Delete, Store

TOKEN_LIFE = timedelta(minutes=15)
KEPT = timedelta(days=3)
"""As long as its update: an answer that comes after the token's death must still know who alone may see it."""


class Asked(Document, frozen=True, kw_only=True):
    """An interaction that was taken, with what it takes to answer it. The id is its update's."""

    application: str
    token: str
    """Whoever has it may answer, for fifteen minutes."""
    at: datetime
    ephemeral: bool
    """Whether only the person who asks may see the answer."""
    awaited: bool
    """Whether Discord shows that an answer is on its way, in a message of its own that becomes the answer."""
    person: str
    """Discord's id of the person."""
    direct: bool = False
    """Whether it was asked where nobody else is."""
    told: tuple[str, ...] = ()
    """Ids of the messages that answer it so far."""

    def alive(self, now: datetime) -> bool:
        """Tell whether the token still answers."""
        return now < self.at + TOKEN_LIFE

    @property
    def callback(self) -> str:
        """Where it is acknowledged, within three seconds."""
        return f"/interactions/{self.id.partition(':')[2]}/{quote(self.token, safe='')}/callback"

    @property
    def webhook(self) -> str:
        """Where it is answered."""
        return f"/webhooks/{self.application}/{quote(self.token, safe='')}"

    def message(self, id: str) -> str:
        """Return where one of its messages is changed; `@original` is the awaited one."""
        return f"{self.webhook}/messages/{id}"


async def forget_old(store: Store, now: datetime) -> None:
    """Remove what was asked so long ago that nobody waits for an answer."""
    after = ""
    while some := await store.find(Asked, after=after):
        await store.commit(*(Delete(Asked, asked.id) for asked in some if now >= asked.at + KEPT))
        after = some[-1].id
