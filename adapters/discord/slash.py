"""The commands as Discord's own, and what is given, chosen or pressed there as a command line again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord

from bot.commands.registry import Command, Parameter
from bot.core.i18n import DEFAULT, locales, translator
from bot.core.model import Role

SUMMARISE = "/summary"
FOR_EVERYBODY = frozenset({"summary", "latest", "story"})
"""Commands whose answer is worth a channel's room; the others answer in front of the person who asks."""
_COMPLETED = frozenset({("unsubscribe", "what"), ("feed remove", "url")})
"""Parameters whose values are among what the chat follows."""

_CHAT_INPUT, _MESSAGE_MENU = 1, 3
_GROUP, _STRING, _INTEGER, _ATTACHMENT = 1, 3, 4, 11
PHOTO = "photo"
"""The option of commands that a photo may come along with."""
FILE = "file"
"""The option of those that a file may."""
_EDITORS = str(discord.Permissions(manage_messages=True).value)
"""Who sees an editor's command at first; a server can decide otherwise. Rights are checked where a line is handled."""
_EVERYWHERE = {"contexts": [0, 1], "integration_types": [0]}
"""In servers and in private chats with the bot, where a server has installed it."""
_ROOM = 100


def declared(commands: Sequence[Command]) -> list[dict[str, Any]]:
    """Return all commands as Discord takes them in one request; those of two words are grouped under the first."""
    alone = [_declared(command) for command in commands if " " not in command.name]
    groups = dict.fromkeys(command.name.partition(" ")[0] for command in commands if " " in command.name)
    grouped = [_group(name, [each for each in commands if each.name.startswith(f"{name} ")]) for name in groups]
    return [*alone, *grouped, _menu()]


class Syntax:
    """The commands by the names Discord gives them."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = {command.name: command for command in commands}

    def command(self, data: Mapping[str, Any]) -> tuple[Command, Mapping[str, str]] | None:
        """Return the command that was given, and its options by name; None for one that is known no more."""
        name, options = str(data.get("name", "")), data.get("options", ())
        if options and options[0].get("type") == _GROUP:
            name, options = f"{name} {options[0]['name']}", options[0].get("options", ())
        found = self._commands.get(name)
        return (found, {each["name"]: str(each.get("value", "")) for each in options}) if found else None

    def by_line(self, line: str) -> Command | None:
        """Return the command of a line that we wrote ourselves."""
        words = line.removeprefix("/").split(maxsplit=2)
        return self._commands.get(" ".join(words[:2])) or self._commands.get(words[0] if words else "")


def line(command: Command, given: Mapping[str, str]) -> str:
    """Return the line that says the same; what was left out before something given is filled in with its default."""
    last = max((at for at, parameter in enumerate(command.parameters) if parameter.name in given), default=-1)
    words = [given.get(each.name) or str(each.default) for each in command.parameters[: last + 1]]
    return " ".join((f"/{command.name}", *words))


def asks_for_text(command: Command, given: Mapping[str, str]) -> Parameter | None:
    """Return the parameter that a form has to ask for."""
    return next((each for each in command.parameters if _wants_form(each) and each.name not in given), None)


def _wants_form(parameter: Parameter) -> bool:
    return parameter.rest is not None and parameter.rest.lines


def begun(command: Command, text: Parameter, given: Mapping[str, str]) -> str:
    """Return the line of a command as far as it was given without its long text."""
    return line(
        command, {each.name: given.get(each.name) or str(each.default) for each in command.parameters if each != text}
    )


def form(id: str, command: Command, text: Parameter, locale: str) -> dict[str, Any]:
    """Return the form that asks for a long text, with the id by which it is known when it is filled in."""
    say = translator(locale)
    field = {"type": 4, "style": 2, "custom_id": text.name, "required": True, "max_length": 4000}
    label = {"type": 18, "label": say(f"option.{text.name}")[:45], "component": field}
    return {"custom_id": id, "title": say(command.summary_key)[:45], "components": [label]}


def submitted(data: Mapping[str, Any]) -> str:
    """Return what a form was filled in with."""
    return " ".join(str(field.get("value", "")) for field in _fields(data.get("components", ())))


def attached(data: Mapping[str, Any], given: Mapping[str, str], option: str) -> str:
    """Return the address of what was given with a command as one of these options; empty without one."""
    known = data.get("resolved", {}).get("attachments", {}).get(given.get(option, ""), {})
    return str(known.get("url", ""))


def focused(command: Command, data: Mapping[str, Any]) -> str | None:
    """Return what was typed so far of a value that can be completed."""
    options = data.get("options", ())
    if options and options[0].get("type") == _GROUP:
        options = options[0].get("options", ())
    for option in options:
        if option.get("focused") and (command.name, option["name"]) in _COMPLETED:
            return str(option.get("value", ""))
    return None


def _fields(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for each in components:
        if "value" in each:
            yield each
        inner = each.get("components") or ([each["component"]] if "component" in each else [])
        yield from _fields(inner)


def _declared(command: Command) -> dict[str, Any]:
    options = [_option(command, parameter) for parameter in command.parameters]
    along = [name for name, may in ((PHOTO, command.pictured), (FILE, command.filed)) if may]
    options += [{"type": _ATTACHMENT, "name": name, **_described(f"option.{name}")} for name in along]
    named = _named(command.name, command.summary_key, command.role)
    return named | {"options": options} if options else named


def _group(name: str, commands: Sequence[Command]) -> dict[str, Any]:
    role = min(command.role for command in commands)
    options = []
    for command in commands:
        inner = _declared(command)
        shown = {key: inner[key] for key in ("description", "description_localizations", "options") if key in inner}
        options.append({"type": _GROUP, "name": command.name.partition(" ")[2]} | shown)
    return _named(name, f"group.{name}", role) | {"options": options}


def _named(name: str, key: str, role: Role) -> dict[str, Any]:
    hidden = {"default_member_permissions": _EDITORS} if role > Role.READER else {}
    return {"type": _CHAT_INPUT, "name": name, **_described(key), **hidden, **_EVERYWHERE}


def _menu() -> dict[str, Any]:
    key = "discord.summarise"
    return {
        "type": _MESSAGE_MENU,
        "name": translator(DEFAULT)(key),
        "name_localizations": _translations(key),
        **_EVERYWHERE,
    }


def _option(command: Command, parameter: Parameter) -> dict[str, Any]:
    choices = [{"name": value, "value": value} for value in parameter.choices]
    return {
        "type": _INTEGER if parameter.kind is int else _STRING,
        "name": parameter.name,
        **_described(f"option.{parameter.name}"),
        **({"choices": choices} if choices else {}),
        **({"autocomplete": True} if (command.name, parameter.name) in _COMPLETED else {}),
        **({"required": True} if parameter.required and not _wants_form(parameter) else {}),
    }


def _described(key: str) -> dict[str, Any]:
    return {"description": translator(DEFAULT)(key)[:_ROOM], "description_localizations": _translations(key)}


def _translations(key: str) -> dict[str, str]:
    """Return an entry in every other language there is a catalog for, by Discord's names of them."""
    return {
        known.value: translator(language)(key)[:_ROOM]
        for language in locales()
        if language != DEFAULT
        for known in discord.Locale
        if known.value.partition("-")[0] == language
    }
