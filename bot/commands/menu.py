"""The list of all commands, and the two that show it: /start and /help."""

from __future__ import annotations

from bot.commands import (
    corrections,
    desk,
    feeds,
    finding,
    following,
    lists,
    reading,
    reports,
    settings,
    stories,
    topics,
    upkeep,
)
from bot.commands.registry import Command, Registry, Words, command
from bot.core.errors import NotFound
from bot.core.message import Action, Manner, code, heading, item, message, paragraph
from bot.core.ports import Bot
from bot.core.update import Answer, Request


@command("start")
async def start(_bot: Bot, request: Request, topic: Words = "") -> Answer:
    """Say what this is, and offer the first steps; a link from a website may have named a topic."""
    say = request.say
    first = say("start.subscribe_topic", topic=topic) if topic else say("start.subscribe")
    actions = (
        Action(first, f"/subscribe {topic}".strip(), Manner.GO),
        Action(say("start.latest"), "/latest"),
        Action(say("start.help"), "/help"),
    )
    return Answer(message(heading(say("start.title")), say("start.text"), actions=actions))


@command("help")
async def help_(_bot: Bot, request: Request, name: Words = "") -> Answer:
    """Show the commands, or how to use one."""
    allowed = [known for known in COMMANDS if known.role <= request.role]
    if not name:
        rows = [item(code(known.usage), f" — {request.say(known.summary_key)}") for known in allowed]
        return Answer(message(heading(request.say("help.title")), *rows, request.say("help.more"), private=True))
    asked = name.lower().removeprefix("/")
    found = [known for known in allowed if asked in {known.name, *known.aliases} or known.name.startswith(f"{asked} ")]
    if not found:
        raise NotFound("help.unknown", name=name[:40])
    rows = [item(code(known.usage), f" — {request.say(known.summary_key)}") for known in found]
    aliases = ", ".join(f"/{alias}" for known in found for alias in known.aliases)
    also = [paragraph(request.say("help.aliases", names=aliases))] if aliases else []
    return Answer(message(*rows, *also, private=True))


COMMANDS: tuple[Command, ...] = (
    start,
    help_,
    following.subscribe,
    following.unsubscribe,
    following.list_,
    settings.quiet_,
    settings.timezone,
    topics.topics,
    finding.latest,
    reading.summary,
    finding.story,
    finding.search,
    following.feed_add,
    following.feed_remove,
    feeds.feed_list,
    feeds.feed_status,
    feeds.feed_look,
    feeds.feed_move,
    feeds.feed_own,
    feeds.feed_disown,
    lists.import_,
    lists.export,
    upkeep.status,
    desk.breaking,
    desk.update,
    desk.preview,
    desk.test,
    desk.approve,
    desk.reject,
    desk.schedule,
    desk.embargo,
    desk.hold,
    desk.release,
    desk.undo,
    desk.uncertain,
    corrections.correct,
    corrections.refile,
    corrections.retract,
    corrections.history,
    stories.merge,
    stories.split,
    reports.alerts_,
    reports.report,
    topics.topic_set,
    topics.topic_keep,
    topics.topic_drop,
    upkeep.model,
    upkeep.grant,
    upkeep.invite,
    upkeep.block,
)


def registry() -> Registry:
    """Return the commands by all their names."""
    return Registry(COMMANDS)
