"""The way in of the people's river: an interaction is recorded, deferred within its three seconds, and handled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
import structlog
from discord import InteractionType

from adapters.discord import slash
from adapters.discord.asked import Asked
from adapters.discord.photos import marked, photo_shown
from adapters.discord.render import NO_MENTIONS, choice
from adapters.discord.rest import Rest
from bot.commands.registry import Command
from bot.core.errors import BotError, DeliveryError, StoreError
from bot.core.i18n import translator
from bot.core.lines import carried, keep, line_of
from bot.core.model import EVERYTHING, Chat, Receipt, Subscriber
from bot.core.ports import Add, Clock, Store
from bot.core.update import Dispatch, Update

PLATFORM = "discord"
EPHEMERAL = 1 << 6
_SHOWN = 25
_VALUE = 100
_SAID, _LATER, _LATER_IN_PLACE, _CHOICES, _FORM = 4, 5, 6, 8, 9
"""Ways to acknowledge an interaction."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Question:
    """What an interaction asks, as a line."""

    line: str
    command: Command | None
    quoted: str = ""
    photo: str = ""
    file: str = ""
    origin: Receipt | None = None


class Interactions:
    """Takes what people give, fill in, choose and press."""

    def __init__(self, store: Store, clock: Clock, rest: Rest, commands: Sequence[Command]) -> None:
        self._store = store
        self._clock = clock
        self._rest = rest
        self._syntax = slash.Syntax(commands)

    def begin(self, turns: asyncio.TaskGroup, dispatch: Dispatch, interaction: discord.Interaction) -> None:
        """Handle an interaction in a task of its own: a slow answer holds up nobody."""
        turns.create_task(self._handle(dispatch, interaction))

    async def _handle(self, dispatch: Dispatch, interaction: discord.Interaction) -> None:
        try:
            update = await self.take(interaction)
        except Exception:  # noqa: BLE001  # one interaction must not take the others down
            _log.exception("interaction not taken", interaction=interaction.id)
            return
        if update is not None:
            await dispatch(update)

    async def take(self, interaction: discord.Interaction) -> Update | None:
        """Acknowledge an interaction; return the update to be handled, None where there is nothing (more) to do."""
        data: Mapping[str, Any] = interaction.data or {}
        if interaction.channel_id is None or interaction.type is InteractionType.ping:
            return None
        if interaction.type is InteractionType.autocomplete:
            await self._complete(interaction, data)
            return None
        if interaction.type is InteractionType.application_command and await self._asked_for_text(interaction, data):
            return None
        question = await self._question(interaction, data)
        if question is None:
            await self._refuse(interaction, BotError("discord.button_gone"))
            return None
        return await self._recorded(interaction, question)

    async def _recorded(self, interaction: discord.Interaction, question: _Question) -> Update | None:
        """Keep the update and what it takes to answer it in one step, then tell Discord that the answer will come."""
        asked, update = self._asked(interaction, question), self._update(interaction, question)
        if await self._store.get(Update, update.id):
            return None  # a reconnected gateway repeats what it is not sure we have
        try:
            await self._store.commit(Add(update), Add(asked))
        except StoreError as error:
            await self._refuse(interaction, error)
            return None
        later = {"type": _LATER if asked.awaited else _LATER_IN_PLACE}
        hidden = {"data": {"flags": EPHEMERAL}} if asked.awaited and asked.ephemeral else {}
        await self._acknowledge(asked.callback, later | hidden)
        return update

    async def _question(self, interaction: discord.Interaction, data: Mapping[str, Any]) -> _Question | None:
        """Return what is asked; None for a button whose line is known no more."""
        if interaction.type is InteractionType.modal_submit:
            return await self._filled_in(data)
        if interaction.type is InteractionType.component:
            return await self._pressed(interaction, str(data.get("custom_id", "")))
        if "target_id" in data:
            return _Question(slash.SUMMARISE, self._syntax.by_line(slash.SUMMARISE), quoted=_target_text(data))
        found = self._syntax.command(data)
        if found is None:
            return _Question(f"/{data.get('name', '')}", None)
        given = {name: await line_of(self._store, value) or value for name, value in found[1].items()}
        photo, file = (slash.attached(data, given, option) for option in (slash.PHOTO, slash.FILE))
        return _Question(slash.line(found[0], given), found[0], photo=photo, file=file)

    async def _filled_in(self, data: Mapping[str, Any]) -> _Question | None:
        """Return what a form asks: the line it was opened for, with what stands in it now, and the photo on it."""
        known = await line_of(self._store, str(data.get("custom_id", "")))
        if known is None:
            return None
        begun, _, photo = known.partition("\n")
        line = f"{begun} {slash.submitted(data)}"
        return _Question(line, self._syntax.by_line(line), photo=photo)

    async def _pressed(self, interaction: discord.Interaction, id: str) -> _Question | None:
        """Return a button's line. A message that only one person sees can be changed by that press alone."""
        line, message = await line_of(self._store, id), interaction.message
        if line is None or message is None:
            return None
        handle = f"{message.id}@{interaction.id}" if message.flags.ephemeral else str(message.id)
        handle = marked(handle, photo_shown(embed.to_dict() for embed in message.embeds))
        return _Question(line, self._syntax.by_line(line), origin=Receipt(_chat(interaction), handle))

    def _asked(self, interaction: discord.Interaction, question: _Question) -> Asked:
        shared = question.command is not None and question.command.name in slash.FOR_EVERYBODY
        return Asked(
            id=_id(interaction),
            application=str(interaction.application_id),
            token=interaction.token,
            at=self._clock.now(),
            ephemeral=interaction.guild_id is not None and not shared,
            awaited=question.origin is None or shared,
            person=str(interaction.user.id),
            direct=interaction.guild_id is None,
        )

    def _update(self, interaction: discord.Interaction, question: _Question) -> Update:
        return Update(
            id=_id(interaction),
            chat=_chat(interaction),
            person=f"{PLATFORM}:{interaction.user.id}",
            line=question.line,
            at=self._clock.now(),
            private=interaction.guild_id is None,
            locale=interaction.locale.value,
            origin=question.origin,
            quoted=question.quoted,
            photo=question.photo,
            file=question.file,
        )

    async def _asked_for_text(self, interaction: discord.Interaction, data: Mapping[str, Any]) -> bool:
        """Open the form for a command's long text where it was not given. Nothing is asked yet."""
        found = None if "target_id" in data else self._syntax.command(data)
        text = slash.asks_for_text(*found) if found else None
        if found is None or text is None:
            return False
        begun = "\n".join(
            filter(None, (slash.begun(found[0], text, found[1]), slash.attached(data, found[1], slash.PHOTO)))
        )
        id, kept = carried(begun, _VALUE)
        if kept:
            await keep(self._store, [kept], self._clock.now())
        form = slash.form(id, found[0], text, interaction.locale.value)
        await self._acknowledge(_callback(interaction), {"type": _FORM, "data": form})
        return True

    async def _complete(self, interaction: discord.Interaction, data: Mapping[str, Any]) -> None:
        """Offer what the chat follows and what begins or goes on as typed."""
        found = self._syntax.command(data)
        typed = slash.focused(found[0], data) if found else None
        chat = await self._store.get(Subscriber, str(_chat(interaction)))
        names = _followed(chat, feeds_only=bool(found and found[0].name != "unsubscribe")) if chat else ()
        wanted = [name for name in names if typed is not None and typed.lower() in name.lower()][:_SHOWN]
        values = [carried(name, _VALUE) for name in wanted]
        await keep(self._store, [line for _, line in values if line], self._clock.now())
        choices = [{"name": choice(name), "value": value} for name, (value, _) in zip(wanted, values, strict=True)]
        await self._acknowledge(_callback(interaction), {"type": _CHOICES, "data": {"choices": choices}})

    async def _refuse(self, interaction: discord.Interaction, error: BotError) -> None:
        """Say at once why an interaction is not taken."""
        words = translator(interaction.locale.value)(error.message_key, **error.arguments)
        said = {"content": words, "flags": EPHEMERAL, "allowed_mentions": NO_MENTIONS}
        await self._acknowledge(_callback(interaction), {"type": _SAID, "data": said})

    async def _acknowledge(self, path: str, body: Mapping[str, Any]) -> None:
        """Answer within the three seconds; where that fails, what was recorded is answered all the same."""
        try:
            await self._rest.call("POST", path, body, again=False)
        except DeliveryError as error:
            _log.warning("interaction not acknowledged", problem=error.message_key)


def _id(interaction: discord.Interaction) -> str:
    return f"{PLATFORM}:{interaction.id}"


def _chat(interaction: discord.Interaction) -> Chat:
    return Chat(PLATFORM, str(interaction.channel_id))


def _callback(interaction: discord.Interaction) -> str:
    return f"/interactions/{interaction.id}/{interaction.token}/callback"


def _followed(chat: Subscriber, *, feeds_only: bool) -> tuple[str, ...]:
    topics = tuple(topic for topic in chat.topics if topic != EVERYTHING)
    return chat.feeds if feeds_only else (*topics, *chat.feeds, *chat.names, *chat.keywords)


def _target_text(data: Mapping[str, Any]) -> str:
    """Return the text of the message that a menu was opened on, with the addresses of its embeds."""
    message = data.get("resolved", {}).get("messages", {}).get(str(data["target_id"]), {})
    parts = [message.get("content", "")]
    for embed in message.get("embeds", ()):
        parts += [embed.get("url", ""), embed.get("title", ""), embed.get("description", "")]
    return "\n".join(str(part) for part in parts if part)
