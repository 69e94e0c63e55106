"""The one door of the people's river: a recorded update becomes a request, a command, an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from msgspec.structs import replace

from bot.commands.quota import spend
from bot.commands.registry import Registry
from bot.core.errors import (
    BotError,
    ChatMoved,
    Conflict,
    DeliveryError,
    NotAllowed,
    RetryLater,
    Revoked,
    StoreError,
    Uneditable,
    UsageError,
)
from bot.core.i18n import translator
from bot.core.message import Message, message, pages
from bot.core.model import Chat, Person, Role, Subscriber
from bot.core.ports import Bot, Swap
from bot.core.settings import Access
from bot.core.update import Answer, Change, Request, Update

_CLASHES = 5
"""Times a command is decided anew because somebody else was quicker."""

_FULL_SECONDS = 10.0
"""Between two tries while the disk is full."""

T = TypeVar("T")

_log = structlog.get_logger()


async def settled(
    bot: Bot, decide: Callable[[], Awaitable[Answer]], end: Callable[[Answer], Change] | None = None
) -> Answer | None:
    """Commit what a command decides, with the end of its update, in one step; return the answer. Raises Conflict.

    Where somebody else was quicker it is decided anew. None says that another process has the update.
    """
    for _ in range(_CLASHES):
        answer = await decide()
        losers = await bot.store.commit(*answer.changes, *([end(answer)] if end else ()))
        if not losers:
            return answer
        if any(isinstance(loser, Update) for loser in losers):
            return None
    raise Conflict


class Dispatcher:
    """Handles updates. Each ends in two steps, so that a crash between them repeats nothing.

    Deciding commits the command's changes together with its answer; sending marks the update as answered. An update
    found undecided after a restart is decided, one found unanswered is answered.
    """

    def __init__(self, bot: Bot, registry: Registry) -> None:
        self._bot = bot
        self._registry = registry
        self._under_way: set[asyncio.Task[None]] = set()

    async def __call__(self, update: Update) -> None:
        """Handle one recorded update and answer it; while the store can keep nothing, it waits its turn.

        Whoever is cancelled meanwhile interrupts nothing, for the answer may be on its way: `drain` waits for it.
        """
        handling = asyncio.create_task(self._handle(update))
        self._under_way.add(handling)
        handling.add_done_callback(self._under_way.discard)
        await asyncio.shield(handling)

    async def drain(self, seconds: float) -> None:
        """Let what is under way come to its end; what takes longer stays recorded for the next start."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=seconds)
            for handling in late:
                handling.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _handle(self, update: Update) -> None:
        with structlog.contextvars.bound_contextvars(update=update.id):
            try:
                decided = update if update.reply else await self._kept(partial(self._decide, update))
                if decided is not None and await self._told(decided):
                    await self._kept(partial(self._bot.store.commit, Swap(decided, decided.done())))
            except Exception:  # noqa: BLE001  # one update must not take the river down; it stays recorded
                _log.exception("update not handled")

    async def _kept(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do what the store has to keep, again and again while its disk is full."""
        while True:
            try:
                return await step()
            except StoreError:
                _log.warning("update waits until the store can keep things again")
                await self._bot.clock.sleep(_FULL_SECONDS)

    async def left(self) -> Sequence[Update]:
        """Return what an earlier process recorded and left; asked before anybody listens, so that it is no more."""
        found: list[Update] = []
        while page := await self._bot.store.find(Update, {"answered": False}, after=found[-1].id if found else ""):
            found += page
        return found

    async def resume(self, left: Sequence[Update] | None = None) -> None:
        """Handle what an earlier process left: each chat's in order, so that one that has to wait holds up no other."""
        chats: dict[Chat, list[Update]] = {}
        for update in await self.left() if left is None else left:
            chats.setdefault(update.chat, []).append(update)
        await asyncio.gather(*map(self._in_order, chats.values()))

    async def _in_order(self, updates: Sequence[Update]) -> None:
        for update in updates:
            await self(update)

    async def _decide(self, update: Update) -> Update | None:
        """Commit what the command changes together with its answer; None where there is nothing to answer."""
        request = await self._request(update)
        if request is None:
            await self._bot.store.commit(Swap(update, update.done()))
            return None
        try:
            answer = await settled(
                self._bot, partial(self._answered, request), lambda answer: Swap(update, update.decided(answer))
            )
        except Conflict as error:
            answer = _failure(request, error)
            await self._bot.store.commit(Swap(update, update.decided(answer)))
        return update.decided(answer) if answer else None

    async def _request(self, update: Update) -> Request | None:
        """Find out who asks; None for those who get no answer."""
        bot = self._bot
        subscriber = await bot.store.get(Subscriber, str(update.chat))
        if subscriber and subscriber.gone:  # somebody speaks to us there: it has let us in again
            await bot.store.commit(Swap(subscriber, replace(subscriber, gone="")))
        locale = (subscriber and subscriber.locale) or update.locale or bot.settings.language
        person = await bot.store.get(Person, update.person)
        if not update.person or (person and person.blocked):
            return None
        role = max(bot.settings.role(update.person), person.role if person else Role.READER)
        return Request(update=update, role=role, say=translator(locale), invited=bool(person and person.invited))

    async def _answered(self, request: Request) -> Answer:
        """Run the command; whatever goes wrong becomes words."""
        try:
            spend(self._bot, request, "commands")  # first of all, so that also refusals are not given without end
            self._admit(request)
            command, arguments = self._registry.read(_command_line(request))
            _require(request, command.role)
            return await command.handler(self._bot, request, **arguments)
        except BotError as error:
            _log.info("refused", problem=error.message_key)
            return _failure(request, error)
        except Exception as error:  # noqa: BLE001  # a person gets an answer also where we are at fault
            _log.exception("command failed")
            return _failure(request, BotError(cause=type(error).__name__))

    def _admit(self, request: Request) -> None:
        """Raise NotAllowed for those the operator did not let in."""
        access = self._bot.settings.access
        welcome = access is Access.OPEN or (access is Access.INVITED and request.invited)
        if not welcome and request.role < Role.EDITOR:
            raise NotAllowed(f"error.access_{access}", person=request.person)

    async def _told(self, update: Update) -> bool:
        """Send the answer, and return whether that is settled, well or not: it is never sent a second time."""
        try:
            await self._show(update, update.reply or message())
        except Revoked:
            _log.warning("answer kept until the platform takes the bot's credentials again")
            return False
        except DeliveryError as error:
            _log.warning("answer not delivered", problem=error.message_key)
        return True

    async def _show(self, update: Update, reply: Message) -> None:
        """Show the answer in place of what was pressed, else below it, in as many messages as it takes."""
        adapter = self._bot.adapters[update.chat.platform]
        parts = pages(reply, lambda part: not adapter.preview(part).shortened)
        if update.replaces and update.origin and len(parts) == 1:
            with suppress(Uneditable):
                await self._in_time(partial(adapter.edit, update.origin, reply))
                return
        chat = update.chat
        for number, part in enumerate(parts):
            key = f"{update.id}/{number}"
            try:
                await self._in_time(partial(adapter.send, chat, part, key=key))
            except ChatMoved as error:
                chat = error.to
                await self._in_time(partial(adapter.send, chat, part, key=key))

    async def _in_time(self, show: Callable[[], Awaitable[object]]) -> None:
        """Do it as soon as the platform lets us: an answer waits, and is not lost to a busy minute."""
        while True:
            try:
                await show()
            except RetryLater as error:
                await self._bot.clock.sleep(error.seconds)
            else:
                return


def _require(request: Request, role: Role) -> None:
    if request.role < role:
        name = role.name.lower()
        raise NotAllowed("error.role", role=request.say(f"role.{name}"), line=f"/grant {request.person} {name}")


def _command_line(request: Request) -> str:
    """Return the line as a command: a bare link in a private chat asks for its summary."""
    line = request.update.line.strip()
    if line.startswith("/"):
        return line
    if line.lower().startswith(("http://", "https://")) and len(line.split()) == 1:
        return f"/summary {line}"
    raise UsageError("usage.no_command")


def _failure(request: Request, error: BotError) -> Answer:
    return Answer(message(request.say(error.message_key, **error.arguments), private=True))
