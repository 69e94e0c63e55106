"""Telegram as a platform: what people say comes by the poll, what they are told goes by the lean path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from aiohttp.web import AbstractRouteDef

from adapters.telegram.api import Api
from adapters.telegram.errors import Refused, Unchanged, Unread, meaning
from adapters.telegram.flood import Flood
from adapters.telegram.incoming import PLATFORM
from adapters.telegram.keyboard import keyboard
from adapters.telegram.listen import Listener
from adapters.telegram.render import MEASURE, cut, rendered
from bot.commands.registry import Command
from bot.core.errors import ChatGone, Uncertain, Uneditable
from bot.core.message import Message
from bot.core.model import Chat, Receipt
from bot.core.ports import Add, Clock, Ids, Preview, Store
from bot.core.settings import Settings
from bot.core.update import Dispatch

_log = structlog.get_logger()

Body = dict[str, object]


class TelegramAdapter:
    """One bot's account, by the token in the settings. `commands` are shown in Telegram's own menus."""

    platform = PLATFORM
    account = PLATFORM

    def __init__(self, settings: Settings, store: Store, clock: Clock, _ids: Ids, commands: Sequence[Command]) -> None:
        self.rate = settings.telegram_rate
        self.routes: Sequence[AbstractRouteDef] = ()
        self._settings = settings
        self._store = store
        self._clock = clock
        self._commands = commands
        self._api = Api(settings)
        self._flood = Flood(clock, settings.telegram_rate)

    async def run(self, dispatch: Dispatch, /) -> None:
        """Listen until cancelled; what is being answered then is answered to the end. Raises Revoked."""
        listener = Listener(
            self._api,
            dispatch,
            settings=self._settings,
            store=self._store,
            clock=self._clock,
            commands=self._commands,
        )
        await listener.run()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.request.shutdown()

    async def send(
        self,
        chat: Chat,
        message: Message,
        /,
        *,
        key: str,  # noqa: ARG002  # Telegram has no use for it
        under: Receipt | None = None,
        silent: bool = False,
    ) -> Receipt:
        """Post a message. Telegram knows no keys: whether a lost answer is asked again is the caller's to decide."""
        body = _address(chat) | await self._content(message)
        if silent:
            body["disable_notification"] = True
        if under and under.chat.id == chat.id and (parent := _number(under.id)):
            body["reply_parameters"] = {"message_id": parent, "allow_sending_without_reply": True}
        self._flood.admit(chat)
        posted = await self._post("sendMessage", chat, body, message)
        return Receipt(chat, str(posted["message_id"]))

    async def posted(
        self,
        _chat: Chat,
        _versions: Sequence[Message],
        /,
        *,
        key: str,  # noqa: ARG002  # nothing helps to tell
        since: datetime,  # noqa: ARG002  # nothing helps to tell
    ) -> Receipt | None:
        """Raise Uncertain: Telegram knows no keys, and a bot can't read what stands in a chat."""
        raise Uncertain

    async def edit(self, receipt: Receipt, message: Message, /) -> Receipt:
        """Make a posted message show something else; that it does already is no error."""
        body = _posted(receipt) | await self._content(message)
        with suppress(Unchanged):
            await self._post("editMessageText", receipt.chat, body, message)
        return receipt

    async def delete(self, receipt: Receipt, /) -> None:
        """Take a posted message away. Raises Uneditable where it is not there, or too old."""
        await self._call("deleteMessage", receipt.chat, _posted(receipt))

    def preview(self, message: Message, /) -> Preview:
        """Return the HTML that `send` would post."""
        shown = cut(message)
        text = rendered(shown)
        shorter = shown.blocks != message.blocks
        return Preview(text=text.html, used=text.used, left=MEASURE - text.used, shortened=shorter)

    async def _content(self, message: Message) -> Body:
        """Return what is shown, once the lines that its buttons stand for are kept.

        A single link of the message's own is shown with its picture. Where there are several, or none, addresses in
        foreign words must not put theirs below an alert.
        """
        text = rendered(cut(message))
        preview: Body = {"url": text.links[0]} if len(text.links) == 1 else {"is_disabled": True}
        content: Body = {"text": text.html, "parse_mode": "HTML", "link_preview_options": preview}
        if message.actions:
            rows, lines = keyboard(message.actions)
            content["reply_markup"] = {"inline_keyboard": rows}
            if lines:
                await self._store.commit(*map(Add, lines))
        return content

    async def _post(self, method: str, chat: Chat, body: Body, message: Message) -> Any:
        """Post a text; one whose markup is refused all the same is posted without any."""
        try:
            return await self._call(method, chat, body)
        except Unread:
            _log.warning("markup refused", method=method)
        bare = {name: value for name, value in body.items() if name != "parse_mode"}
        return await self._call(method, chat, bare | {"text": rendered(cut(message)).plain})

    async def _call(self, method: str, chat: Chat, body: Body) -> Any:
        """Make a call about a chat. Raises the DeliveryError that Telegram's refusal amounts to."""
        try:
            return await self._api.call(method, body)
        except Refused as refused:
            _log.info("telegram refused", method=method, status=refused.status, description=refused.description)
            if refused.status == 429:
                raise self._flood.refused(chat, refused.retry_after or 1.0) from None
            raise meaning(refused, chat) from refused


def _address(chat: Chat) -> Body:
    """Return where a message goes. Raises ChatGone for what is no address of Telegram's."""
    id = chat.id if chat.id.startswith("@") else _number(chat.id)
    topic = _number(chat.topic) if chat.topic else 0
    if not id or topic is None:
        raise ChatGone
    return {"chat_id": id, "message_thread_id": topic} if topic else {"chat_id": id}


def _posted(receipt: Receipt) -> Body:
    """Return which message is meant. Raises Uneditable for what is no receipt of Telegram's."""
    id = _number(receipt.id)
    if not id:
        raise Uneditable
    return {"chat_id": _address(receipt.chat)["chat_id"], "message_id": id}


def _number(text: str) -> int | None:
    """Read one of Telegram's identifiers, which have at most 52 bits."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,16}", text) else None
