"""The editor's overview: what waits for an editor, the latest alerts and how far they got, the report of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.commands.editing import check_second, found
from bot.commands.registry import command
from bot.core.errors import NotAllowed, NotFound
from bot.core.message import Action, Block, Manner, code, heading, item, message
from bot.core.model import Alert, Delivery, Outcome, Role, State
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.outreach.report import report as report_of
from bot.outreach.report_message import number, report_message, state_of

_WAITING, _LATEST = 5, 10
"""Drafts and scheduled alerts shown at most, and others: with their buttons they fit into one message everywhere."""


@command("alerts", role=Role.EDITOR)
async def alerts_(bot: Bot, request: Request) -> Answer:
    """Show the latest alerts and how they stand, first of all those that wait for an editor or for their time."""
    waiting, others = await _waiting(bot), await _latest(bot)
    if not (waiting or others):
        raise NotFound("alerts.none")
    blocks: list[Block] = []
    for title, alerts in (("alerts.waiting", waiting), ("alerts.title", others)):
        if alerts:
            blocks += [heading(request.say(title)), *[await _row(bot, request, alert) for alert in alerts]]
    actions = [action for alert in (*waiting, *others) for action in _actions(bot, request, alert)]
    return Answer(message(*blocks, actions=actions, private=True))


@command("report", role=Role.EDITOR)
async def report(bot: Bot, request: Request, alert: str) -> Answer:
    """Show how an alert has arrived: told and how soon, late, failed and why, gone, uncertain, waiting."""
    asked = await found(bot, alert)
    shown = report_message(asked, await report_of(bot, asked), request.say, bot.settings.zone)
    return Answer(replace(shown, private=True))


async def _waiting(bot: Bot) -> Sequence[Alert]:
    """The newest alerts that are not out yet; the newsroom's own are on their way by themselves."""
    states = frozenset({State.DRAFT, State.SCHEDULED})
    return await bot.store.find(Alert, {"state": states, "notices": ""}, newest=True, limit=_WAITING)


async def _latest(bot: Bot) -> Sequence[Alert]:
    """The newest of the others. What only tells of a change is no alert of its own."""
    states = frozenset({State.RELEASED, State.WITHDRAWN, State.REJECTED})
    return await bot.store.find(Alert, {"state": states, "notices": ""}, newest=True, limit=_LATEST)


async def _row(bot: Bot, request: Request, alert: Alert) -> Block:
    say = request.say
    said = [state_of(alert, say, bot.settings.zone)]
    if alert.state is State.DRAFT and bot.settings.second_editor:
        said = [say("state.unapproved")]
    if alert.released:
        of, told, failed = await _reach(bot, alert)
        said.append(say("alerts.told", told=number(told, say), of=number(of, say)))
        said += [say("alerts.failed", number=number(failed, say))] if failed else []
    test = f"{say('alert.test')}: " if alert.test else ""
    return item(code(alert.id), f" {' · '.join(said)} · {test}{alert.current.headline}")


async def _reach(bot: Bot, alert: Alert) -> tuple[int, int, int]:
    """The chats that an alert is for, those told, and those that failed; counted, not looked at one by one."""
    if alert.archived:
        kept = (await report_of(bot, alert)).audience
        return kept.chats, kept.told, kept.failures
    shown = await bot.store.count(Delivery, {"about": alert.id}, by="shown")
    outcomes = await bot.store.count(Delivery, {"about": alert.id}, by="outcome")
    chats = sum(shown.values())
    return chats, chats - shown.get("0", 0), outcomes.get(Outcome.FAILED, 0)


def _actions(bot: Bot, request: Request, alert: Alert) -> Iterator[Action]:
    """Yield what can be done with an alert in the list: a draft is looked at and approved by whoever may."""
    say, headline = request.say, alert.current.headline
    if alert.released:
        yield Action(say("alerts.report", headline=headline), f"/report {alert.id}")
    if alert.state is not State.DRAFT:
        return
    yield Action(say("alerts.preview", headline=headline), f"/preview {alert.id}")
    try:
        check_second(bot, request, alert)
    except NotAllowed:
        return
    yield Action(say("alerts.approve", headline=headline), f"/approve {alert.id}", Manner.GO)
