"""Lets go of photos that no alert shows any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.model import Alert, Photo, State
from bot.core.ports import Bot, Swap
from bot.outreach.compose import photo_shown

_PAGE = 1000
_PHOTOS = 20
"""Looked at in one go: they are large."""
_FRESH = timedelta(days=1)
"""What was given so lately may belong to a command that is still to be handled."""


async def sweep_photos(bot: Bot, now: datetime) -> int:
    """Remove photos that no draft of late, and no alert whose copies can still be changed, shows; return how many.

    One that is given again meanwhile is kept: it is no longer the one that was looked at.
    """
    shown = await _shown(bot, now - timedelta(days=bot.settings.receipt_days))
    count, after = 0, ""
    while page := await bot.store.find(Photo, after=after, limit=_PHOTOS):
        for photo in page:
            if photo.id not in shown and photo.at < now - _FRESH:
                count += not await bot.store.commit(Swap(photo, None))
        after = page[-1].id
    return count


async def _shown(bot: Bot, since: datetime) -> set[str]:
    """Return the ids of the photos of alerts that may still be sent or edited."""
    found, after = set[str](), ""
    alive = {"state": frozenset({State.DRAFT, State.SCHEDULED, State.RELEASED}), "archived": False}
    while page := await bot.store.find(Alert, alive, after=after, limit=_PAGE):
        for alert in page:
            ordered = alert.amendment and alert.amendment.revision
            if alert.state is not State.DRAFT or alert.log[-1].at > since:
                found |= {photo_shown(alert), ordered.image if ordered else ""}
        after = page[-1].id
    return found
