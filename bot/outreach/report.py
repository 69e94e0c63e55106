"""How an alert has arrived: told how soon, late, failed and why, and how far what is current has come in its copies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles

from msgspec.structs import replace

from bot.core.errors import DeliveryError, Uncertain
from bot.core.model import Alert, Delivery, Document, Outcome, Recall, State
from bot.core.ports import Bot

_PAGE = 1000
_AHEAD = frozenset({Outcome.PENDING, Outcome.DEFERRED, Outcome.TOLD})
"""Where a chat stands that is owed something and has not failed to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of some chats were told what they are owed, and where the others stand."""

    chats: int = 0
    told: int = 0
    pending: int = 0
    deferred: int = 0
    """Until the chat's quiet hours end."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """By platform: chats that nobody is on the way to, as their platform is not connected."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """By catalog key of the reason."""
    gone: int = 0
    uncertain: int = 0

    @property
    def failures(self) -> int:
        """How many failed, for whatever reason."""
        return sum(self.failed.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds from the release, or a chat's quiet hours, until the first was told, half of them, 95 %, the last."""

    first: float
    p50: float
    p95: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A chat by its key, which an editor should know by name, and why: uncertain, failed, or told twice perhaps."""

    chat: str
    outcome: Outcome
    problem: str
    """Catalog key."""


class Report(Document, frozen=True, kw_only=True):
    """How an alert has arrived. The id is the alert's; it is kept in place of receipts that are past their time."""

    audience: Tally
    """The first copies."""
    late: int = 0
    """How many of those told were told later than the newsroom allows itself."""
    times: Times | None = None
    """None while nobody was told."""
    copies: Tally
    """What is current, in the chats that have a copy: edited where it stands, or said under it."""
    notices: Tally
    """What tells of the last change of substance, under the copies that showed what was wrong."""
    listed: tuple[Listed, ...] = ()
    """Uncertain ones first; none in what is kept, which is counts alone."""


async def report(bot: Bot, alert: Alert) -> Report:
    """Return how an alert has arrived by now; of an archived one, what was kept."""
    kept = await bot.store.get(Report, alert.id) if alert.archived else None
    if kept is not None:
        return kept
    copies = await _deliveries(bot, alert.id)
    notices = await _deliveries(bot, alert.notice) if alert.notice else ()
    moving = alert.waits or await _is_recalled(bot, alert)
    count = partial(counted, platforms=frozenset(bot.adapters), late_seconds=bot.settings.late_seconds, moving=moving)
    return await asyncio.to_thread(count, alert, copies, notices)  # a second for 100,000, while others go on


def counted(
    alert: Alert,
    copies: Sequence[Delivery],
    notices: Sequence[Delivery],
    *,
    platforms: Collection[str],
    late_seconds: float,
    moving: bool = False,
) -> Report:
    """Return what an alert's deliveries, and those of its notice, come to.

    `platforms` are those connected; `moving` says that deliveries may be put by only for now. Apart from that, one that
    is due never again and was not settled is one that nobody could handle.
    """
    copies = [copy if moving else _given_up(copy) for copy in copies if not _is_let_go(alert, copy)]
    told = [copy for copy in copies if copy.told]
    seconds = _seconds(alert, told)
    return Report(
        id=alert.id,
        audience=_tally(copies, lambda copy: copy.told is not None, platforms),
        late=sum(late_seconds < after for after in seconds),
        times=_times(seconds),
        copies=_tally(told, lambda copy: copy.shown == alert.number, platforms),
        notices=_tally(notices, lambda notice: notice.told is not None, platforms),
        listed=_listed(copies),
    )


async def all_said(bot: Bot, alert: Alert) -> bool:
    """Tell whether nothing more of an alert is on its way, neither copies nor changes nor notices.

    What waits for a platform that is not connected, or for the end of quiet hours, or was given up, is not on its way.
    """
    if alert.state is State.SCHEDULED or (alert.waits and not alert.archived):
        return False
    if alert.released is None or alert.archived:
        return True
    if alert.state is State.RELEASED and not alert.addressed:
        return False
    if await _is_recalled(bot, alert):
        return False
    return not (await _under_way(bot, alert.id) or (alert.notice and await _under_way(bot, alert.notice)))


async def times(bot: Bot, alert: Alert) -> Times | None:
    """Return how soon those were told who were told by now; None while nobody was."""
    copies = await _deliveries(bot, alert.id)
    return await asyncio.to_thread(lambda: _times(_seconds(alert, copies)))


async def _deliveries(bot: Bot, about: str) -> Sequence[Delivery]:
    found: list[Delivery] = []
    while page := await bot.store.find(Delivery, {"about": about}, after=found[-1].id if found else "", limit=_PAGE):
        found += page
        await asyncio.sleep(0)  # the fan-out goes on meanwhile
    return found


async def _is_recalled(bot: Bot, alert: Alert) -> bool:
    """Whether a change is still making its way to the deliveries."""
    recall = await bot.store.get(Recall, alert.id)
    return recall is not None and recall.due is not None


async def _under_way(bot: Bot, about: str) -> bool:
    """Whether something is pending that will be tried again: delivery ids begin with what they are about, and where."""
    pending = {"about": about, "outcome": Outcome.PENDING}
    if not (await bot.store.count(Delivery, {"about": about}, by="outcome")).get(Outcome.PENDING):
        return False
    for platform in bot.adapters:
        after = prefix = f"{about}:{platform}:"
        while page := await bot.store.find(Delivery, pending, after=after, limit=_PAGE // 10):
            here = [delivery for delivery in page if delivery.id.startswith(prefix)]
            if any(delivery.due for delivery in here):
                return True
            if len(here) < len(page):
                break
            after = page[-1].id
    return False


def _is_let_go(alert: Alert, copy: Delivery) -> bool:
    """Whether a chat will not be told any more, as the alert was withdrawn in time."""
    return alert.state is State.WITHDRAWN and not (copy.told or copy.doubt) and copy.outcome in _AHEAD


def _given_up(copy: Delivery) -> Delivery:
    """A delivery that is due never again, and pending all the same, as what it is: failed."""
    if copy.outcome is not Outcome.PENDING or copy.due is not None:
        return copy
    return replace(copy, outcome=Outcome.FAILED, problem=copy.problem or DeliveryError.key)


def _tally(deliveries: Sequence[Delivery], has: Callable[[Delivery], bool], platforms: Collection[str]) -> Tally:
    others = [delivery for delivery in deliveries if not has(delivery)]
    outcomes = Counter(delivery.outcome for delivery in others)
    ahead = [delivery for delivery in others if delivery.outcome in _AHEAD]
    waiting = Counter(delivery.chat.platform for delivery in ahead if delivery.chat.platform not in platforms)
    deferred = sum(each.outcome is Outcome.DEFERRED and each.chat.platform in platforms for each in ahead)
    return Tally(
        chats=len(deliveries),
        told=len(deliveries) - len(others),
        pending=len(ahead) - waiting.total() - deferred,
        deferred=deferred,
        waiting=dict(waiting),
        failed=dict(Counter(other.problem for other in others if other.outcome is Outcome.FAILED)),
        gone=outcomes[Outcome.GONE],
        uncertain=outcomes[Outcome.UNCERTAIN],
    )


def _seconds(alert: Alert, copies: Sequence[Delivery]) -> Sequence[float]:
    """Return how long after the release, or their quiet hours, those chats were told that were."""
    return [
        (copy.told - max(alert.released, copy.deferred or alert.released)).total_seconds()
        for copy in copies
        if copy.told and alert.released
    ]


def _times(seconds: Sequence[float]) -> Times | None:
    if not seconds:
        return None
    p95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return Times(first=min(seconds), p50=median(seconds), p95=p95, last=max(seconds))


def _listed(copies: Sequence[Delivery]) -> tuple[Listed, ...]:
    troubled = tuple(
        Listed(chat=str(copy.chat), outcome=outcome, problem=copy.problem or Uncertain.key)
        for outcome in (Outcome.UNCERTAIN, Outcome.FAILED)
        for copy in copies
        if copy.outcome is outcome
    )
    twice = (copy for copy in copies if copy.repeated and copy.outcome is Outcome.TOLD)
    return (*troubled, *(Listed(chat=str(copy.chat), outcome=Outcome.TOLD, problem="report.twice") for copy in twice))
