"""What an alert's page shows: how the alert stands, its copies on each platform, its log, and its story's others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from markupsafe import Markup
from msgspec.structs import replace

from adapters.web.photos import shown
from adapters.web.render import message_html
from adapters.web.site import Site
from adapters.web.times import clock_time
from bot.core.foreign import harmless
from bot.core.i18n import Translator, translator
from bot.core.message import Block, Message, message, shortened
from bot.core.model import Act, Alert, Delivery, Outcome, State
from bot.core.ports import Adapter, Bot, Store
from bot.outreach import alerts, progress
from bot.outreach.compose import alert_message, moment
from bot.outreach.preview import PlatformPreview, previews
from bot.outreach.report import Report, all_said

_NOTED_TIME = "%Y-%m-%d %H:%M UTC"
"""How the log notes a time that an editor set."""


_FEW = 2000
"""Chats whose deliveries can be looked through again and again without holding up anybody's."""
_LISTED = (Outcome.PENDING, Outcome.UNCERTAIN, Outcome.GONE, Outcome.FAILED)
"""What is named beside those who were told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far an alert has come in its audience."""

    told: int
    of: int
    others: Sequence[tuple[Outcome, int]]
    """Where those stand who were not told, by outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An alert on one platform: what would be sent, to the letter, and how that reads."""

    platform: str
    payload: str
    html: Markup
    used: int
    limit: int
    shortened: bool
    chats: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of an alert's log."""

    at: datetime
    time: str
    by: str
    did: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """Another alert of the same story."""

    id: str
    headline: str
    first: bool
    """Whether it is the one that this alert updates."""


async def reach(store: Store, alert: Alert) -> Reached:
    """Count whom an alert has reached by now; of an archived one, what was kept."""
    kept = await store.get(Report, alert.id) if alert.archived else None
    if kept is not None:
        tally = kept.audience
        numbers: Mapping[str, int] = {
            Outcome.GONE: tally.gone,
            Outcome.FAILED: tally.failures,
            Outcome.UNCERTAIN: tally.uncertain,
        }
        return _reached(tally.told, tally.chats, numbers)
    shown = await store.count(Delivery, {"about": alert.id}, by="shown")
    outcomes = await store.count(Delivery, {"about": alert.id}, by="outcome")
    return _reached(sum(shown.values()) - shown.get("0", 0), sum(shown.values()), outcomes)


def _reached(told: int, of: int, numbers: Mapping[str, int]) -> Reached:
    return Reached(told=told, of=of, others=[(name, numbers[name]) for name in _LISTED if numbers.get(name)])


async def standing(site: Site, alert: Alert, say: Translator) -> Mapping[str, object]:
    """Return how an alert stands: the whole report, but of many chats only their counts while it is under way."""
    bot = site.bot
    said = await all_said(bot, alert)
    reached = await reach(site.store, alert)
    notes = _draft_notes(alert, say, site.settings.zone)
    told: Sequence[Block] = ()
    if alert.state is not State.DRAFT:
        told = (await progress.standing(bot, alert, say, said=said or reached.of <= _FEW)).blocks[1:]
    return {
        "alert": alert,
        "headline": harmless(alert.current.headline),
        "words": message_html(message(*notes, *told)),
        "reached": reached,
        "busy": not said and not alert.waits and alert.released is not None,
        "said": said,
    }


async def what_is_shown(bot: Bot, alert: Alert) -> Mapping[str, object]:
    """Return what every copy shows, and what each connected platform would be sent."""
    say = translator(bot.settings.language)
    whole = alert_message(alert, say, bot.settings.zone)
    platforms = [_shown(bot.adapters[each.platform], whole, each) for each in await previews(bot, alert)]
    after = alerts.amended(alert, alert.id, at=bot.clock.now())[0] if alert.amendment else None
    return {
        "shows": "never" if alert.state is State.REJECTED else "now" if alert.released else "first",
        "copy": await shown(bot.store, whole),
        "coming": await shown(bot.store, alert_message(after, say, bot.settings.zone)) if after else "",
        "platforms": platforms,
        "chats": sum(each.chats for each in platforms),
    }


def log_rows(alert: Alert, zone: tzinfo, say: Translator) -> Sequence[LogRow]:
    """Return the alert's log in words, the first line first."""
    return [
        LogRow(
            at=act.at,
            time=clock_time(act.at, zone, say.locale),
            by=harmless(act.by),
            did=_did(act, say),
            note=_note(act, zone, say),
        )
        for act in alert.log
    ]


async def stories(site: Site, alert: Alert) -> Sequence[StoryRow]:
    """Return the alert that this one updates, and the updates under it."""
    first = await site.store.get(Alert, alert.follows) if alert.follows else None
    others = [first] if first else []
    others += await site.store.find(Alert, {"follows": alert.id})
    return [StoryRow(id=other.id, headline=harmless(other.current.headline), first=other is first) for other in others]


def _draft_notes(alert: Alert, say: Translator, zone: tzinfo) -> Sequence[str]:
    """What is set before the release."""
    if alert.state not in {State.DRAFT, State.SCHEDULED}:
        return ()
    draft = alert.state is State.DRAFT
    notes = [say("desk.awaits", person=harmless(alert.author))] if draft else []
    notes += [say("breaking.due", time=moment(alert.due, zone))] if draft and alert.due else []
    notes += [say("breaking.embargo", time=moment(alert.embargo, zone))] if alert.embargo else []
    return notes


def _shown(adapter: Adapter, whole: Message, each: PlatformPreview) -> Shown:
    cut = shortened(whole, lambda part: not adapter.preview(part).shortened)
    return Shown(
        platform=each.platform.capitalize(),
        payload=each.preview.text,
        html=message_html(replace(cut, photo=each.preview.photo)),
        used=each.preview.used,
        limit=each.preview.used + each.preview.left,
        shortened=each.preview.shortened,
        chats=each.chats,
        seconds=max(1, round(each.seconds)),
    )


def _did(act: Act, say: Translator) -> str:
    key = f"desk.did_{act.did.replace(' ', '_')}"
    return say(key) if say.knows(key) else act.did


def _note(act: Act, zone: tzinfo, say: Translator) -> str:
    if act.did == "on uncertain":
        return say(f"desk.uncertain_{act.note}")
    try:
        noted = datetime.strptime(act.note, _NOTED_TIME).replace(tzinfo=UTC)
    except ValueError:
        return harmless(act.note)
    return clock_time(noted, zone, say.locale)
