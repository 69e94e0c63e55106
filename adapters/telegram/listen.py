"""The listening side: updates are read, recorded, acknowledged, and handed to dispatch in order of their chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
import telegram
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, ExtBot, TypeHandler

from adapters.telegram.api import Api
from adapters.telegram.errors import Refused
from adapters.telegram.incoming import PLATFORM, Incoming
from adapters.telegram.members import note_membership
from adapters.telegram.menu import keep_menus
from adapters.telegram.poll import Poll
from adapters.telegram.rival import Rivalry
from adapters.telegram.turns import Turns
from bot.commands.registry import Command
from bot.core.errors import DeliveryError, Revoked, StoreError, Uncertain
from bot.core.i18n import translator
from bot.core.ports import Add, Clock, Store
from bot.core.settings import Settings
from bot.core.update import Dispatch, Update

_DRAIN_SECONDS = 3.0

_log = structlog.get_logger()


class Listener:
    """One run of the poll."""

    def __init__(
        self,
        api: Api,
        dispatch: Dispatch,
        *,
        settings: Settings,
        store: Store,
        clock: Clock,
        commands: Sequence[Command],
        connected: asyncio.Event,
        rivalled: asyncio.Event,
    ) -> None:
        self._api = api
        self._settings = settings
        self._store = store
        self._clock = clock
        self._commands = commands
        self._connected = connected
        self._application = _application(api, dispatch)
        self._turns = Turns(self._application.process_update)
        self._poll = Poll(api, clock, Rivalry(connected, rivalled))
        self._asides: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen until cancelled; what is being answered then is answered to the end. Raises Revoked."""
        try:
            await self._poll.persist(self._introduce)
            await self._poll.persist(lambda: self._api.call("deleteWebhook", {}))
            bot = self._application.bot
            self._aside(keep_menus(bot, self._settings, self._store, self._clock, self._commands))
            names = [name for command in self._commands for name in (command.name, *command.aliases)]
            self._incoming = Incoming(self._store, self._clock, bot.bot, names)
            _log.info("telegram connected", account=f"@{bot.username}")
            self._connected.set()
            await self._poll.run(self._take)
        finally:
            await self._turns.close(_DRAIN_SECONDS)
            for aside in self._asides:
                aside.cancel()
            await asyncio.gather(*self._asides, return_exceptions=True)

    async def _introduce(self) -> None:
        """Ask who we are. The library's errors stop here: the one for a refused token shows it."""
        try:
            await self._application.initialize()
        except InvalidToken:
            raise Revoked from None
        except TelegramError as error:
            _log.info("no answer to getMe", problem=type(error).__name__)
            raise Uncertain from None

    async def _take(self, batch: Sequence[dict[str, Any]]) -> None:
        """Record what is for us, then have it handled. Raises StoreError where nothing could be kept."""
        said = [update for raw in batch if (update := await self._read(raw))]
        fresh = {update.id: update for update in said if not await self._store.get(Update, update.id)}
        taken = list(self._turns.admitted(fresh.values()))
        if taken:
            await self._store.commit(*map(Add, taken))
        for update in taken:
            self._turns.put(update)

    async def _read(self, raw: dict[str, Any]) -> Update | None:
        """Read one update; one that can't be read must not hold up those behind it."""
        try:
            update = telegram.Update.de_json(raw, self._application.bot)
            if update.my_chat_member:
                await note_membership(self._store, PLATFORM, update.my_chat_member)
            said = await self._incoming.read(update)
            if update.callback_query:
                self._aside(self._acknowledge(update.callback_query, known=said is not None))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # a foreign document: whatever is wrong with it is wrong with it alone
            _log.warning("update not read", update=str(raw.get("update_id")), problem=type(error).__name__)
            return None
        else:
            return said

    async def _acknowledge(self, query: telegram.CallbackQuery, *, known: bool) -> None:
        """End the button's waiting; say so where nobody knows any more what it stood for."""
        body: dict[str, object] = {"callback_query_id": query.id}
        if not known:
            say = translator(query.from_user.language_code or self._settings.language)
            body |= {"text": say("telegram.stale_button"), "show_alert": True}
        try:
            await self._api.call("answerCallbackQuery", body)
        except (Refused, DeliveryError) as error:
            _log.info("press not acknowledged", problem=type(error).__name__)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)


def _application(api: Api, dispatch: Dispatch) -> Application[Any, Any, Any, Any, Any, Any]:
    """Build the library's application: one handler, no updater, our own requests."""
    logging.getLogger("telegram").setLevel(logging.INFO)  # below that it logs addresses, and the token in them
    bot = ExtBot(
        api.token, base_url=api.base, base_file_url=api.files, request=api.request, get_updates_request=api.request
    )

    async def handle(update: Update, _context: object) -> None:
        await dispatch(update)

    built = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    built.add_handler(TypeHandler(Update, handle))
    return built
