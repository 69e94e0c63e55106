"""The commands in Telegram's own menus: by language, and for editors and operators in their private chats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import structlog
from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeDefault
from telegram.error import TelegramError

from bot.commands.registry import Command
from bot.core.i18n import locales, translator
from bot.core.model import Person, Role
from bot.core.ports import Clock, Store
from bot.core.settings import Settings

_DESCRIPTION = 256
_MOST = 100
_SECONDS = 60.0

_log = structlog.get_logger()


async def keep_menus(bot: Bot, settings: Settings, store: Store, clock: Clock, commands: Sequence[Command]) -> None:
    """Set every menu, and within a minute that of whoever is given another role, until cancelled.

    They are only a convenience: a refused one (of an editor who never wrote to us) is left.
    """
    await _show(bot, settings, commands, BotCommandScopeDefault(), Role.READER)
    shown: Mapping[str, Role] = {}
    while True:
        staff = await _staff(settings, store)
        for id in sorted(shown.keys() | staff.keys()):
            role = staff.get(id, Role.READER)
            if role is not shown.get(id):
                await _show(bot, settings, commands, BotCommandScopeChat(int(id)), role)
        shown = staff
        await clock.sleep(_SECONDS)


async def _show(bot: Bot, settings: Settings, commands: Sequence[Command], scope: BotCommandScope, role: Role) -> None:
    allowed = [command for command in commands if command.role <= role][:_MOST]
    for code, entries in _by_language(allowed, settings.language):
        try:
            await bot.set_my_commands(entries, scope=scope, language_code=code)
        except TelegramError as error:
            _log.info("menu not set", scope=scope.type, problem=type(error).__name__)
            break


async def _staff(settings: Settings, store: Store) -> Mapping[str, Role]:
    """Return the editors and operators on Telegram by their ids, which are those of their private chats, too."""
    granted = await store.find(Person, {"role": frozenset({Role.EDITOR, Role.OPERATOR})}, limit=1000)
    accounts = {account: settings.role(account) for account in (*settings.editors, *settings.operators)}
    for person in granted:
        accounts[person.id] = max(person.role, accounts.get(person.id, Role.READER))
    return {account.removeprefix("telegram:"): role for account, role in accounts.items() if _is_ours(account)}


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
