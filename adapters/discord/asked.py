"""What was asked by an interaction: kept with its update, because Discord can't be asked for it again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.core.errors import BotError
from bot.core.model import Document
from bot.core.ports import Delete, Store

TOKEN_LIFE = timedelta(minutes=15)


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


async def forget_dead(store: Store, now: datetime) -> None:
    """Remove what can't be answered by its token any more; a store that takes nothing is asked again the next time."""
    after = ""
    with suppress(BotError):
        while some := await store.find(Asked, after=after):
            await store.commit(*(Delete(Asked, asked.id) for asked in some if not asked.alive(now)))
            after = some[-1].id
