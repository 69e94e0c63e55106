"""The operator at the terminal: the editor's commands, carried out as in a chat and answered in plain values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from bot.commands import desk
from bot.commands.dispatch import settled
from bot.commands.editing import found, revision_typed
from bot.commands.menu import registry
from bot.commands.photos import IN_PLACE
from bot.core.errors import Conflict, NotAllowed
from bot.core.i18n import translator
from bot.core.model import (
    Alert,
    Chat,
    Delivery,
    Document,
    FanOut,
    OnUncertain,
    Outcome,
    Recall,
    Role,
    Severity,
    State,
    same_person,
)
from bot.core.ports import Add, Bot, Put, Swap
from bot.core.update import Answer, Request, Update
from bot.intake.canonical import as_url
from bot.outreach.compose import alert_message
from bot.outreach.preview import audience_by_platform, preview_message, previews
from bot.outreach.report import all_said
from bot.outreach.report import report as arrival

PERSON = "terminal:operator"
"""Who acts, in an alert's log, when the command line does."""
_LISTED = 10

Values = Mapping[str, Any]
"""What can be said in JSON."""


async def command(bot: Bot, *, name: str, words: Mapping[str, str], photo: str = "") -> Values:
    """Run a command with its arguments by name, and return its `text`, the `actions` it offers, what it `made`.

    A `photo` comes along in base64.
    """
    asked, arguments = registry().given(name, words)
    return _told(bot, await _settled(bot, partial(asked.handler, bot, _request(bot, photo), **arguments)))


async def breaking(
    bot: Bot,
    *,
    text: str,
    severity: str,
    url: str = "",
    on_uncertain: str = "",
    at: str = "",
    embargo: str = "",
    photo: str = "",
    release: bool = False,
    dry: bool = False,
) -> Values:
    """Draft an alert, or with `at` or `release` send it on its way, and return how it stands; `dry` keeps nothing.

    A `photo` comes along in base64.
    """
    request = _request(bot, photo)
    revision, along = await revision_typed(bot, request, text)
    if url:
        revision = replace(revision, url=as_url(url))
    draft = desk.first_draft(bot, request, Severity(severity), revision)
    if on_uncertain:
        draft = replace(draft, on_uncertain=OnUncertain(on_uncertain))
    post = partial(desk.posted, bot, request, draft, *along, time=at, until=embargo, release=release)
    try:
        answer = await post() if dry else await _settled(bot, post)
    except NotAllowed:
        raise NotAllowed("terminal.no_release") from None
    alert = next(_alerts(answer))
    chats = await audience_by_platform(bot, alert.audience)
    shown = await _rehearsed(bot, alert, chats) if dry else {}
    stands = {"chats": sum(chats.values()), "running": bool(bot.adapters)}
    return {**_facts(alert), **stands, **_told(bot, answer), **shown}


async def alerts(bot: Bot) -> Values:
    """Return the latest alerts, newest first."""
    latest = await bot.store.find(Alert, {"notices": ""}, newest=True, limit=_LISTED)
    return {"alerts": [_facts(alert) for alert in latest]}


async def standing(bot: Bot, *, id: str) -> Values:
    """Return how far an alert has come: its deliveries by outcome, whether all is `done`, which platforms it awaits."""
    alert = await found(bot, id)
    counts = await bot.store.count(Delivery, {"about": alert.id}, by="outcome")
    outcomes = {outcome.value: counts.get(outcome, 0) for outcome in Outcome}
    return {
        **_facts(alert),
        **outcomes,
        "chats": sum(outcomes.values()),
        "addressed": alert.addressed,
        "done": await all_said(bot, alert),
        "waiting": sorted(await _platforms_waited_for(bot, alert)),
    }


async def report(bot: Bot, *, id: str) -> Values:
    """Return how an alert has arrived by now. Times are seconds from its release."""
    alert = await found(bot, id)
    arrived = await arrival(bot, alert)
    return {
        **_facts(alert),
        "audience": asdict(arrived.audience),
        "late": arrived.late,
        "times": asdict(arrived.times) if arrived.times else None,
        "copies": asdict(arrived.copies),
        "notices": asdict(arrived.notices),
        "listed": [asdict(chat) for chat in arrived.listed],
    }


def _request(bot: Bot, photo: str = "") -> Request:
    """Return the request of whoever sits at the terminal: it is the operator's own machine."""
    update = Update(
        id=f"terminal:{bot.ids.new()}",
        chat=Chat.parse(PERSON),
        person=PERSON,
        line="",
        photo=f"{IN_PLACE}{photo}" if photo else "",
        at=bot.clock.now(),
    )
    return Request(update=update, role=Role.OPERATOR, say=translator(bot.settings.language))


async def _settled(bot: Bot, decide: Callable[[], Awaitable[Answer]]) -> Answer:
    answer = await settled(bot, decide)
    if answer is None:
        raise Conflict
    return answer


def _told(bot: Bot, answer: Answer) -> Values:
    """Return an answer in plain values."""
    alert = next(_alerts(answer), None)
    jobs = any(isinstance(document, FanOut | Recall) for document in _kept(answer))
    mine = alert is not None and alert.state is State.DRAFT and same_person(alert.author, PERSON)
    return {
        "text": answer.message.plain,
        "actions": [{"label": action.label, "line": action.line} for action in answer.message.actions],
        "made": next((alert.id for alert in _alerts(answer, Add)), ""),
        "second": mine and bot.settings.second_editor,
        "idle": jobs and not bot.adapters,
    }


def _kept(answer: Answer, *kinds: type) -> Iterator[Document]:
    """Yield the documents that an answer keeps."""
    for change in answer.changes:
        if kinds and not isinstance(change, kinds):
            continue
        if isinstance(change, Add | Put):
            yield change.document
        elif isinstance(change, Swap) and change.new:
            yield change.new


def _alerts(answer: Answer, *kinds: type) -> Iterator[Alert]:
    return (document for document in _kept(answer, *kinds) if isinstance(document, Alert))


def _facts(alert: Alert) -> Values:
    """Return what an alert is, by names that stay."""
    return {
        "id": alert.id,
        "state": alert.state.value,
        "held": alert.held,
        "severity": alert.severity.value,
        "headline": alert.current.headline,
        "author": alert.author,
        "follows": alert.follows,
        "on_uncertain": alert.on_uncertain.value,
        "due": _stamp(alert.due),
        "embargo": _stamp(alert.embargo),
        "released": _stamp(alert.released),
    }


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


async def _rehearsed(bot: Bot, alert: Alert, chats: Mapping[str, int]) -> Values:
    """Return what would be sent, to whom, and what goes with it."""
    shown, say = await previews(bot, alert), translator(bot.settings.language)
    whole = preview_message(alert, shown, say) if shown else alert_message(alert, say, bot.settings.zone)
    return {
        "id": "",
        "made": "",
        "actions": [],
        "text": whole.plain,
        "sound": not alert.severity.silent,
        "canaries": list(bot.settings.canary_chats),
        "canary_seconds": bot.settings.canary_seconds,
        "undo_seconds": bot.settings.undo_seconds,
        "platforms": [
            {
                "platform": each.platform,
                "chats": each.chats,
                "seconds": each.seconds,
                "text": each.preview.text,
                "used": each.preview.used,
                "left": each.preview.left,
                "shortened": each.preview.shortened,
            }
            for each in shown
        ],
        "unconnected": {platform: count for platform, count in chats.items() if platform not in bot.adapters},
    }


async def _platforms_waited_for(bot: Bot, alert: Alert) -> Collection[str]:
    """Return the platforms some of whose chats are still owed something: a look at the first of each."""
    platforms = set[str]()
    for about in filter(None, (alert.id, alert.notice)):
        after = ""
        while page := await bot.store.find(
            Delivery, {"about": about, "outcome": Outcome.PENDING}, after=after, limit=1
        ):
            platforms.add(page[0].chat.platform)
            after = f"{about}:{page[0].chat.platform};"  # past all its chats: a semicolon follows the colon
    return platforms
