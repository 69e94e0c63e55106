"""What keeps the bot in order: how it stands, who may do what."""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from bot.commands.registry import command
from bot.core.errors import UsageError
from bot.core.message import Block, heading, item, message, paragraph, strong
from bot.core.model import Alert, Delivery, Feed, Outcome, Person, Role, Story, Subscriber
from bot.core.ports import Add, Bot, Delete, Put, Swap
from bot.core.update import Answer, Request
from bot.newsroom.written import Unused
from bot.outreach.alarm import standing, words


@command("status")
async def status(bot: Bot, request: Request) -> Answer:
    """Show how the bot is: what is wrong, feeds, stories, chats, messages on their way."""
    feeds = await bot.store.count(Feed)
    stories = await bot.store.count(Story)
    chats = await bot.store.count(Subscriber)
    rows: list[Block] = [
        item(request.say("status.feeds", count=feeds.get("", 0))),
        item(request.say("status.stories", count=stories.get("", 0))),
        item(request.say("status.chats", count=chats.get("", 0))),
    ]
    if request.role >= Role.EDITOR:
        alerts = await bot.store.count(Alert, {"notices": ""}, by="state")
        deliveries = await bot.store.count(Delivery, by="outcome")
        rows.append(item(request.say("status.alerts", count=sum(alerts.values()), drafts=alerts.get("draft", 0))))
        rows.append(item(request.say("status.pending", count=deliveries.get(Outcome.PENDING, 0))))
        if deferred := deliveries.get(Outcome.DEFERRED, 0):
            rows.append(item(request.say("status.deferred", count=deferred)))
        if bot.model and await bot.store.get(Unused, Unused.ID):
            rows.append(item(request.say("model.off")))
        rows += [paragraph(strong(words(raised, request.say))) for raised in await standing(bot.store)]
    return Answer(message(heading(request.say("status.title")), *rows, private=True))


class Use(StrEnum):
    """Whether something is used."""

    ON = "on"
    OFF = "off"


@command("model", role=Role.OPERATOR)
async def model(bot: Bot, request: Request, use: Use) -> Answer:
    """Turn the language model on or off; off, nothing that it wrote is shown."""
    if bot.model is None:
        raise UsageError("model.none")
    off = Unused(id=Unused.ID, by=request.person, at=bot.clock.now())
    change = Put(off) if use is Use.OFF else Delete(Unused, Unused.ID)
    return Answer(message(request.say(f"model.{use}"), private=True), (change,))


@command("grant", role=Role.OPERATOR)
async def grant(bot: Bot, request: Request, person: str, role: str) -> Answer:
    """Make somebody a reader, editor or operator."""
    granted = {known.name.lower(): known for known in Role}.get(role.lower())
    if granted is None:
        raise UsageError("grant.unknown_role", roles=", ".join(known.name.lower() for known in Role))
    known = await _person(bot, person)
    said = request.say("grant.done", person=known.id, role=request.say(f"role.{granted.name.lower()}"))
    return Answer(message(said, private=True), (Add(known), Swap(known, replace(known, role=granted))))


@command("invite", role=Role.OPERATOR)
async def invite(bot: Bot, request: Request, person: str) -> Answer:
    """Let somebody in, where ACCESS is invited; this lifts a block too."""
    known = await _person(bot, person)
    return _decided(request, "invite.done", known, replace(known, invited=True, blocked=False))


@command("block", role=Role.OPERATOR)
async def block(bot: Bot, request: Request, person: str) -> Answer:
    """Answer somebody no more; /invite lifts it."""
    known = await _person(bot, person)
    if known.id == request.person:
        raise UsageError("block.yourself")
    if bot.settings.role(known.id) is Role.OPERATOR:
        raise UsageError("block.operator", person=known.id)
    return _decided(request, "block.done", known, replace(known, blocked=True))


def _decided(request: Request, key: str, before: Person, after: Person) -> Answer:
    """Answer a decision; where somebody decides about the same person this moment, one of the two is decided anew."""
    return Answer(message(request.say(key, person=after.id), private=True), (Add(before), Swap(before, after)))


async def _person(bot: Bot, key: str) -> Person:
    """Return what is known of an account. Raises UsageError where the key is none."""
    platform, _, account = key.partition(":")
    if not (platform.isalnum() and account.replace("_", "").replace("-", "").isalnum() and len(key) <= 64):
        raise UsageError("grant.no_person")
    return await bot.store.get(Person, key) or Person(id=key)
