"""The desk's board: alerts by what is to be done about them, and the feeds in short."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.web.feeds import feeds_in_short
from adapters.web.shown import Reached, reach
from adapters.web.site import Site
from adapters.web.times import clock_time
from bot.core.ago import ago
from bot.core.errors import NotFound
from bot.core.foreign import harmless
from bot.core.i18n import Translator
from bot.core.model import Alert, State
from bot.core.ports import Where

_ALERTS = 20
"""Rows in each part of the board."""
_GROUPS: Mapping[str, Where] = {
    "drafts": {"state": State.DRAFT},
    "scheduled": {"state": State.SCHEDULED, "held": False},
    "held": {"held": True},
    "latest": {"state": frozenset({State.RELEASED, State.WITHDRAWN}), "held": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert as a row of the board."""

    alert: Alert
    headline: str
    by: str
    time: str
    """When it is to go out; empty where nothing is set."""
    reached: Reached
    ago: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """A part of the board: `drafts`, `scheduled`, `held` or `latest`."""

    name: str
    rows: Sequence[AlertRow]
    older: str
    """Id of the oldest of them, where there are older ones; empty where these are all."""


async def board(site: Site, say: Translator) -> Mapping[str, object]:
    """Return what the board's template needs: what waits for somebody comes first."""
    return {
        "groups": [group for name in _GROUPS if (group := await alert_group(site, name, say)).rows],
        **await feeds_in_short(site, say),
    }


async def alert_group(site: Site, name: str, say: Translator, before: str = "") -> AlertGroup:
    """Return a part of the board: its newest alerts, those older than the id `before`. Raises NotFound.

    The notices that only tell of a change of an alert are no alerts of their own.
    """
    if name not in _GROUPS:
        raise NotFound("web.status_404")
    where = {**_GROUPS[name], "notices": ""}
    found = await site.store.find(Alert, where, after=before, limit=_ALERTS + 1, newest=True)
    alerts = list(found[:_ALERTS])
    older = alerts[-1].id if len(found) > _ALERTS else ""
    if name == "scheduled":
        alerts.sort(key=lambda alert: (alert.due is None, alert.due))
    rows = await asyncio.gather(*(_alert_row(site, alert, say) for alert in alerts))
    return AlertGroup(name=name, rows=rows, older=older)


async def _alert_row(site: Site, alert: Alert, say: Translator) -> AlertRow:
    return AlertRow(
        alert=alert,
        headline=harmless(alert.current.headline),
        by=harmless(alert.author),
        time=clock_time(alert.due, site.settings.zone, say.locale) if alert.due else "",
        reached=await reach(site.store, alert),
        ago=ago(alert.log[-1].at if alert.log else alert.released, site.clock.now(), say),
    )
