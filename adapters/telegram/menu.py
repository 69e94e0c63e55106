"""The commands in Telegram's own menus: by language, and for editors and operators in their private chats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog
from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeDefault
from telegram.error import TelegramError

from bot.commands.registry import Command
from bot.core.i18n import locales, translator
from bot.core.model import Person, Role
from bot.core.ports import Store
from bot.core.settings import Settings

_DESCRIPTION = 256
_MOST = 100

_log = structlog.get_logger()


async def show_menus(bot: Bot, settings: Settings, store: Store, commands: Sequence[Command]) -> None:
    """Set every menu. They are only a convenience: a refused one (of an editor who never wrote to us) is left."""
    for scope, role in [(BotCommandScopeDefault(), Role.READER), *await _chats_of_staff(settings, store)]:
        allowed = [command for command in commands if command.role <= role][:_MOST]
        for code, entries in _by_language(allowed, settings.language):
            try:
                await bot.set_my_commands(entries, scope=scope, language_code=code)
            except TelegramError as error:
                _log.info("menu not set", scope=scope.type, problem=type(error).__name__)
                break


async def _chats_of_staff(settings: Settings, store: Store) -> list[tuple[BotCommandScope, Role]]:
    granted = await store.find(Person, {"role": frozenset({Role.EDITOR, Role.OPERATOR})}, limit=1000)
    accounts = {account: settings.role(account) for account in (*settings.editors, *settings.operators)}
    for person in granted:
        accounts[person.id] = max(person.role, accounts.get(person.id, Role.READER))
    ids = {account.removeprefix("telegram:"): role for account, role in accounts.items() if _is_ours(account)}
    return [(BotCommandScopeChat(int(id)), role) for id, role in ids.items()]


def _is_ours(account: str) -> bool:
    platform, _, id = account.partition(":")
    return platform == "telegram" and id.isdecimal()


def _by_language(commands: Sequence[Command], default: str) -> Iterator[tuple[str | None, list[BotCommand]]]:
    """Yield the menu for everybody, then for those whose app speaks one of our languages."""
    for code in (None, *locales()):
        say = translator(code or default)
        yield (
            code,
            [
                BotCommand(command.name.replace(" ", "_"), say(command.summary_key)[:_DESCRIPTION])
                for command in commands
            ],
        )
