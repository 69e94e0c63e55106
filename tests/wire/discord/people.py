"""A person at Discord: gives commands, presses buttons, fills in forms, and sees what that person sees."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from tests.wire.discord.server import APPLICATION, EPHEMERAL, GUILD, Discord, Interaction, Message, dm

CHANNEL = "900000000000000020"
PATIENCE = 10.0


def words(message: Message) -> str:
    """Return a message's words as a reader sees them: markup done, escapes gone, addresses behind words left out."""
    body = message.body
    parts = [body.get("content") or ""]
    for embed in body.get("embeds") or []:
        parts += [embed.get("title", ""), embed.get("description", "")]
    return "\n\n".join(unmarked(part) for part in parts if part)


_TOKEN = re.compile(r"\\([^0-9A-Za-z\s])|`([^`]*)`|(?<=\S) <https?://[^>\s]+>|\u200b<(https?://[^>\s]+)>|\*\*?|\u200b")


def unmarked(text: str) -> str:
    """Read Discord's markup as Discord does."""
    shown = _TOKEN.sub(lambda found: found[1] or found[2] or found[3] or "", text)
    return re.sub(r"^> ?", "", shown, flags=re.MULTILINE) if re.search(r"^> ", text, re.MULTILINE) else shown


_ADDED = re.compile(r"\\[^0-9A-Za-z\s]|`[^`]*`|(?<=\S) <https?://[^>\s]+>|\u200b<https?://[^>\s]+>|^> ", re.MULTILINE)
_FOREIGN = re.compile(
    r"[_~|\[\]<>`]|@(?:everyone|here)|://|:[\w+-]+:|^\s*(?:#|[+-](?:[#\s]|$)|\d+[.)](?:\s|$))|[\u202a-\u202e]",
    re.MULTILINE,
)


def markup_of_others(text: str) -> list[str]:
    """Return what Discord would read as markup, a mention, an emoji or a link and this bot did not put there."""
    return _FOREIGN.findall(_ADDED.sub("\u200b", text))


@dataclass
class Person:
    """Somebody in a server's channel, or in a private chat with the bot."""

    discord: Discord
    id: str
    channel: str = CHANNEL
    locale: str = "en-US"

    @property
    def private(self) -> Person:
        """The same person in the private chat."""
        return Person(self.discord, self.id, dm(self.id), self.locale)

    @property
    def messages(self) -> list[Message]:
        return self.discord.standing(self.channel, self.id)

    @property
    def texts(self) -> list[str]:
        return [words(message) for message in self.messages]

    async def slash(self, name: str, /, **options: Any) -> Message:
        """Give a command and return the message that answers it."""
        return await self.answer(await self.asks(2, self.command(name, options)))

    async def fills(self, name: str, text: str, /, **options: Any) -> Message:
        """Give a command that opens a form, fill that in, and return the answer."""
        asked = await self.acknowledged(await self.asks(2, self.command(name, options)))
        assert asked.form, "no form was opened"
        field = asked.form["components"][0]["component"]
        value = {"type": 4, "custom_id": field["custom_id"], "value": text}
        data = {"custom_id": asked.form["custom_id"], "components": [{"type": 18, "id": 1, "component": value}]}
        return await self.answer(await self.asks(5, data))

    async def clicks(self, label: str) -> Message:
        """Press the newest button whose label begins so, and return what answers."""
        source, button = next(
            (message, button)
            for message in reversed(self.messages)
            for button in message.buttons
            if button["label"].startswith(label)
        )
        before = source.edits
        asked = await self.asks(3, {"custom_id": button["custom_id"], "component_type": 2}, source)
        async with asyncio.timeout(PATIENCE):
            while True:
                answers = [each for each in self.messages if each.interaction == asked.id and not each.flags & 1 << 7]
                if answers or source.edits > before:
                    return answers[-1] if answers else source
                await asyncio.sleep(0.01)

    async def menu(self, name: str, content: str = "", embeds: list[dict[str, Any]] | None = None) -> Message:
        """Open a message's menu and return the answer."""
        target = Message(self.discord.number(), self.channel, {"content": content, "embeds": embeds or []}).payload()
        data = {"type": 3, "name": name, "id": "1", "target_id": target["id"]}
        return await self.answer(await self.asks(2, {**data, "resolved": {"messages": {target["id"]: target}}}))

    async def types(self, name: str, option: str, text: str) -> list[dict[str, str]]:
        """Type into a command's option and return what is offered."""
        data = self.command(name, {option: text})
        options = data["options"][0]["options"] if data["options"][0]["type"] == 1 else data["options"]
        options[0]["focused"] = True
        asked = await self.acknowledged(await self.asks(4, data))
        assert asked.choices is not None
        return asked.choices

    async def asks(self, kind: int, data: dict[str, Any], source: Message | None = None) -> Interaction:
        """Do something and do not wait."""
        id, token = self.discord.number(), f"aW50ZXJhY3Rpb24-{self.discord.number():0>60}"
        asked = Interaction(id, token, self.channel, self.id, self.discord.now(), kind, source)
        self.discord.interactions[id] = asked
        await self.discord.dispatch("INTERACTION_CREATE", self._event(asked, data, source))
        return asked

    async def acknowledged(self, asked: Interaction) -> Interaction:
        async with asyncio.timeout(PATIENCE):
            while not asked.answered:
                await asked.changed.wait()
                asked.changed.clear()
        return asked

    async def answer(self, asked: Interaction) -> Message:
        """Wait for the answer and return it."""
        async with asyncio.timeout(PATIENCE):
            while not (found := self._answers(asked)):
                await asked.changed.wait()
                asked.changed.clear()
        return found[-1]

    def _answers(self, asked: Interaction) -> list[Message]:
        return [each for each in self.messages if each.interaction == asked.id and not each.flags & 1 << 7]

    def command(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        files = {key: self.discord.attach(value) for key, value in options.items() if isinstance(value, bytes)}
        given = [
            {"type": 11, "name": key, "value": files[key]["id"]}
            if key in files
            else {"type": 3, "name": key, "value": value}
            for key, value in options.items()
        ]
        resolved = {"resolved": {"attachments": {file["id"]: file for file in files.values()}}} if files else {}
        first, _, second = name.partition(" ")
        if second:
            given = [{"type": 1, "name": second, "options": given}]
        return {"type": 1, "id": "1", "name": first, "options": given, **resolved}

    def _event(self, asked: Interaction, data: dict[str, Any], source: Message | None) -> dict[str, Any]:
        user = {"id": self.id, "username": f"person{self.id[-2:]}", "discriminator": "0", "avatar": None}
        alone = self.channel == dm(self.id)
        event = {
            "id": asked.id,
            "application_id": APPLICATION,
            "type": asked.kind,
            "data": data,
            "channel_id": self.channel,
            "channel": {"id": self.channel, "type": 1 if alone else 0},
            "token": asked.token,
            "version": 1,
            "locale": self.locale,
            "app_permissions": "0",
            "attachment_size_limit": 10_485_760,
            "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD},
            "context": 1 if alone else 0,
        }
        if source:
            event["message"] = {**source.payload(), "flags": source.flags & EPHEMERAL}
        if alone:
            return {**event, "user": user, "channel": {"id": self.channel, "type": 1, "recipients": [user]}}
        channel = {"id": self.channel, "type": 0, "name": "news", "position": 0, "permission_overwrites": []}
        member = {
            "user": user,
            "roles": [],
            "joined_at": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": "0",
        }
        guild = {"id": GUILD, "features": [], "locale": "en-US"}
        return {**event, "guild_id": GUILD, "guild": guild, "channel": channel, "member": member}
