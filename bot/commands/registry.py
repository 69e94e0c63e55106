"""Commands declared once: a function's signature is its syntax on every platform, in the help and in the checks."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bot.core.errors import UsageError
from bot.core.model import Role
from bot.core.update import Answer

Handler = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Rest:
    """Marks a parameter that takes everything that is left, line breaks included."""

    lines: bool = False
    """Whether it wants room for several lines: a form, where the platform has one."""


Words = Annotated[str, Rest()]
"""A parameter's type: the rest of the line as it was typed."""
Lines = Annotated[str, Rest(lines=True)]
"""A parameter's type: a text of several lines."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a command takes, read off its signature."""

    name: str
    kind: type
    required: bool
    rest: Rest | None = None
    """Where it takes all that is left."""
    default: object = ""
    """What it is when it is left out."""

    @property
    def usage(self) -> str:
        """How it is shown in the help: `NAME`, `[NAME]`, `[flash|urgent|routine]`."""
        shown = "|".join(self.choices) or self.name.upper()
        return shown if self.required else f"[{shown}]"

    @property
    def choices(self) -> tuple[str, ...]:
        """The words it may be; empty where it may be any."""
        return tuple(str(choice.value) for choice in self.kind) if issubclass(self.kind, Enum) else ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name (of one or two words), the names people know it by elsewhere, and who may give it."""

    name: str
    aliases: tuple[str, ...]
    role: Role
    handler: Handler
    parameters: tuple[Parameter, ...]
    pictured: bool = False
    """Whether a photo may come along."""
    filed: bool = False
    """Whether a file may."""

    @property
    def usage(self) -> str:
        """The line as it is to be typed."""
        return " ".join((f"/{self.name}", *(parameter.usage for parameter in self.parameters)))

    @property
    def summary_key(self) -> str:
        """The catalog key of its one-line description."""
        return f"command.{self.name.replace(' ', '_')}"


def command(
    name: str, *aliases: str, role: Role = Role.READER, pictured: bool = False, filed: bool = False
) -> Callable[[Handler], Command]:
    """Declare the function below as a command; it takes (bot, request, and what its signature says)."""

    def declare(handler: Handler) -> Command:
        return Command(name, aliases, role, handler, tuple(_parameters(handler)), pictured, filed)

    return declare


class Registry:
    """The commands by all their names."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self.commands = tuple(commands)
        self._by_name = {name: command for command in self.commands for name in (command.name, *command.aliases)}

    def read(self, line: str) -> tuple[Command, Mapping[str, Any]]:
        """Return the command that a line gives and its arguments. Raises UsageError, saying what to type instead."""
        first, rest = _next_word(line.strip().removeprefix("/"))
        first = first.partition("@")[0].lower()
        second, further = _next_word(rest)
        two = f"{first} {second.lower()}"
        if two in self._by_name:
            return self._bound(self._by_name[two], further)
        if first in self._by_name:
            return self._bound(self._by_name[first], rest)
        raise self._unknown(first)

    def given(self, name: str, words: Mapping[str, str]) -> tuple[Command, Mapping[str, Any]]:
        """Return a command and its arguments where each is named: no word of one is taken for another's.

        An empty one is left out. Raises UsageError.
        """
        command = self._by_name.get(name)
        if command is None:
            raise self._unknown(name)
        arguments: dict[str, Any] = {}
        for parameter in command.parameters:
            word = words.get(parameter.name, "").strip()
            value = _value(parameter, word)
            if value is not None:
                arguments[parameter.name] = value
            elif word:
                raise UsageError("usage.extra", usage=command.usage)
            elif parameter.required:
                raise UsageError("usage.missing", name=parameter.name.upper(), usage=command.usage)
        return command, arguments

    def _bound(self, command: Command, rest: str) -> tuple[Command, Mapping[str, Any]]:
        arguments: dict[str, Any] = {}
        for parameter in command.parameters:
            word, further = (rest.strip(), "") if parameter.rest else _next_word(rest)
            value = _value(parameter, word)
            if value is not None:
                arguments[parameter.name], rest = value, further
            elif parameter.required:
                raise UsageError("usage.missing", name=parameter.name.upper(), usage=command.usage)
        if rest.strip():
            raise UsageError("usage.extra", usage=command.usage)
        return command, arguments

    def _unknown(self, name: str) -> UsageError:
        group = {full: command.role for full, command in self._by_name.items() if full.startswith(f"{name} ")}
        groups = sorted(full for full, role in group.items() if role == min(group.values()))  # what most may give
        if groups:
            return UsageError("usage.group", choices=", ".join(f"/{full}" for full in groups))
        close = get_close_matches(name, self._by_name, n=1)
        return UsageError("usage.close", close=f"/{close[0]}") if close else UsageError("usage.unknown")


def _parameters(handler: Handler) -> Iterable[Parameter]:
    hints = get_type_hints(handler, include_extras=True)
    for parameter in list(inspect.signature(handler).parameters.values())[2:]:
        hint = hints[parameter.name]
        marked = get_origin(hint) is Annotated
        kind = get_args(hint)[0] if marked else hint
        rest = next((mark for mark in get_args(hint)[1:] if isinstance(mark, Rest)), None) if marked else None
        required = parameter.default is inspect.Parameter.empty
        yield Parameter(parameter.name, kind, required, rest, "" if required else parameter.default)


def _value(parameter: Parameter, word: str) -> object | None:
    """Read one word as what the parameter is; None where it is not that."""
    if not word:
        return None
    if parameter.choices:
        return _choice(parameter, word)
    if parameter.kind is int:
        return int(word) if word.isascii() and word.isdigit() else None
    return word


def _choice(parameter: Parameter, word: str) -> object | None:
    """Read one of the words it may be.

    Where it may be left out, `Flash floods hit the coast` is a headline: only `flash` and `FLASH` are the choice.
    """
    meant = word.lower() if parameter.required or word.islower() or word.isupper() else ""
    return parameter.kind(meant) if meant in parameter.choices else None


def _next_word(text: str) -> tuple[str, str]:
    """Split off the first word; what follows keeps its line breaks."""
    text = text.lstrip()
    word = text.split(maxsplit=1)[0] if text else ""
    return word, text[len(word) :].lstrip(" \t")
