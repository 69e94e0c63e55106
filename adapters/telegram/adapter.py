"""Telegram as a platform: what people say comes by the poll, what they are told goes by the lean path."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from aiohttp.web import AbstractRouteDef

from adapters.telegram.api import Along, Api
from adapters.telegram.errors import Refused, Unchanged, Unread, Wordless, meaning
from adapters.telegram.flood import Flood
from adapters.telegram.incoming import PICTURED, PLATFORM, handle
from adapters.telegram.keyboard import keyboard
from adapters.telegram.listen import Listener
from adapters.telegram.photos import Photos, plate
from adapters.telegram.render import CAPTION, MEASURE, Rendered, cut, pictured, rendered
from bot.commands.registry import Command
from bot.core.errors import ChatGone, Rejected, RetryLater, Uncertain, Uneditable
from bot.core.lines import keep
from bot.core.message import File, Message
from bot.core.model import Chat, Photo, Receipt
from bot.core.ports import Clock, Ids, Preview, Store
from bot.core.same import Same
from bot.core.settings import Settings
from bot.core.turn import in_turn
from bot.core.update import Dispatch

_RIVALLED_SECONDS = 10.0
"""Between two looks whether we may send again, while another program has the account."""

_log = structlog.get_logger()

_NUMBER = re.compile(r"-?[0-9]{1,16}")

Body = dict[str, object]


class TelegramAdapter:
    """One bot's account, by the token in the settings. `commands` are shown in Telegram's own menus."""

    platform = PLATFORM
    account = PLATFORM

    def __init__(self, settings: Settings, store: Store, clock: Clock, _ids: Ids, commands: Sequence[Command]) -> None:
        self.rate = settings.telegram_rate
        self.routes: Sequence[AbstractRouteDef] = ()
        self.connected = asyncio.Event()
        self.rivalled = asyncio.Event()
        self._settings = settings
        self._store = store
        self._clock = clock
        self._commands = commands
        self._api = Api(settings)
        self._flood = Flood(clock, settings.telegram_rate)
        self.pace = self._flood.pace
        self._photos = Photos(self._api, store)
        self._rendered = lru_cache(maxsize=32)(_rendered)

    async def run(self, dispatch: Dispatch, /) -> None:
        """Listen until cancelled; what is being answered then is answered to the end. Raises Revoked."""
        listener = Listener(
            self._api,
            dispatch,
            settings=self._settings,
            store=self._store,
            clock=self._clock,
            commands=self._commands,
            connected=self.connected,
            rivalled=self.rivalled,
        )
        await listener.run()

    async def forget(self) -> None:
        """Forget the file ids of photos that we no longer have."""
        await self._photos.forget()

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
        body = _address(chat) | await self._markup(message)
        if silent:
            body["disable_notification"] = True
        if under and under.chat.id == chat.id and (parent := _message_id(under)):
            body["reply_parameters"] = {"message_id": parent, "allow_sending_without_reply": True}
        if message.file:
            with suppress(Rejected):  # this chat takes no files
                return await self._hand_over(chat, body, message, message.file)
        photo = await self._photo(message) if pictured(message) else None
        if photo:
            with suppress(Rejected):  # nobody takes this photo, or this chat takes none: the words go alone
                posted = await self._show("sendPhoto", chat, body, rendered(message), photo)
                return handle(chat, posted["message_id"], pictured=True)
        posted = await self._say("sendMessage", chat, body, self._rendered(Same(message)))
        return handle(chat, posted["message_id"], pictured=False)

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
        """Make a posted message show something else; that it does already is no error.

        A message with a photo keeps having one: in the place of a photo that is withdrawn comes a plain plate, and its
        words are cut to what a caption holds.
        """
        body = _posted(receipt) | await self._markup(message)
        has_photo = receipt.id.endswith(PICTURED)
        photo = await self._photo(message) if has_photo or pictured(message) else None
        if photo:
            with suppress(Rejected):
                return await self._recaption(receipt.chat, body, message, photo)
        if not has_photo:
            with suppress(Wordless):  # raised where an edit before, whose answer was lost, has given it a photo
                with suppress(Unchanged):
                    await self._say("editMessageText", receipt.chat, body, self._rendered(Same(message)))
                return receipt
        return await self._recaption(receipt.chat, body, message, plate())

    async def delete(self, receipt: Receipt, /) -> None:
        """Take a posted message away. Raises Uneditable where it is not there, or too old."""
        await self._call("deleteMessage", receipt.chat, _posted(receipt))

    async def attachment(self, name: str, most: int, /) -> bytes:
        """Return what somebody sent, by its file id. Raises Unreachable and TooLarge."""
        return await self._api.sent(name, most)

    async def private_chat(self, person: str, /) -> Chat:
        """Return the chat of a person alone, which has the person's id. They have to have begun it."""
        return Chat.parse(person)

    def preview(self, message: Message, /) -> Preview:
        """Return the HTML that `send` would post, as a photo's caption or as a text of its own."""
        if pictured(message):
            text = rendered(message)
            return Preview(text=text.html, used=text.used, left=CAPTION - text.used, photo=message.photo)
        measure = CAPTION if message.file else MEASURE
        shown = cut(message, measure)
        text = rendered(shown)
        shorter = shown.blocks != message.blocks
        return Preview(text=text.html, used=text.used, left=measure - text.used, shortened=shorter)

    async def _photo(self, message: Message) -> Photo | None:
        return await self._store.get(Photo, message.photo) if message.photo else None

    async def _markup(self, message: Message) -> Body:
        """Return a message's buttons, once the lines that they stand for are kept."""
        if not message.actions:
            return {}
        rows, lines = keyboard(message.actions)
        await keep(self._store, lines, self._clock.now())
        return {"reply_markup": {"inline_keyboard": rows}}

    async def _recaption(self, chat: Chat, body: Body, message: Message, photo: Photo) -> Receipt:
        """Show a photo and words in a message's place.

        The photo goes along each time, by its file id: an edit whose answer was lost may have put another there.
        """
        text = rendered(cut(message, CAPTION))
        shown = handle(chat, body["message_id"], pictured=True)
        with suppress(Unchanged):
            await self._show("editMessageMedia", chat, body, text, photo)
        return shown

    async def _hand_over(self, chat: Chat, body: Body, message: Message, file: File) -> Receipt:
        """Post a file with words below it."""

        async def call(words: Body) -> Any:
            return await self._call("sendDocument", chat, body | words, file)

        posted = await _captioned(rendered(cut(message, CAPTION)), call)
        return handle(chat, posted["message_id"], pictured=False)

    async def _show(self, method: str, chat: Chat, body: Body, text: Rendered, photo: Photo) -> Any:
        """Show words below a photo."""

        async def shown(file: str | Photo) -> Any:
            upload = file if isinstance(file, Photo) else None

            async def call(words: Body) -> Any:
                return await self._call(method, chat, body | _pictured(method, words, "" if upload else file), upload)

            return await _captioned(text, call)

        return await self._photos.shown(photo, shown)

    async def _say(self, method: str, chat: Chat, body: Body, text: Rendered) -> Any:
        """Show words alone.

        A single link of the message's own is shown with its picture. Where there are several, or none, addresses in
        foreign words must not put theirs below an alert.
        """
        preview: Body = {"url": text.links[0]} if len(text.links) == 1 else {"is_disabled": True}
        whole = body | {"link_preview_options": preview}
        try:
            return await self._call(method, chat, {**whole, "text": text.html, "parse_mode": "HTML"})
        except Unread:
            _log.warning("markup refused")
        return await self._call(method, chat, {**whole, "text": text.plain})

    async def _call(self, method: str, chat: Chat, body: Body, along: Along = None) -> Any:
        """Make a call about a chat in its turn. Raises the DeliveryError that Telegram's refusal amounts to."""
        if method.startswith("send"):
            await self._flood.admit(chat)
        else:
            await in_turn(self._clock, self.pace)
        if self.rivalled.is_set():
            raise RetryLater(_RIVALLED_SECONDS, everywhere=True)
        try:
            return await self._api.call(method, body, along=along)
        except Refused as refused:
            _log.info("telegram refused", method=method, status=refused.status, description=refused.description)
            if refused.status == 429:
                raise self._flood.refused(chat, refused.retry_after or 1.0) from None
            raise meaning(refused, chat) from refused


def _rendered(known: Same[Message]) -> Rendered:
    """Return a message as a text of its own; the adapter remembers the last ones, as an alert goes to many chats."""
    return rendered(cut(known.it))


async def _captioned(text: Rendered, show: Callable[[Body], Awaitable[Any]]) -> Any:
    """Show something with words below, as HTML or, where Telegram can't read that, as they are."""
    try:
        return await show({"caption": text.html, "parse_mode": "HTML"})
    except Unread:
        _log.warning("markup refused")
    return await show({"caption": text.plain})


def _pictured(method: str, words: Body, file: object) -> Body:
    """Return a photo and its caption as a method takes them; without a file id the photo is uploaded as `photo`."""
    if method == "editMessageMedia":
        return {"media": {"type": "photo", "media": file or "attach://photo", **words}}
    return {"photo": file, **words} if file else words


def _address(chat: Chat) -> Body:
    """Return where a message goes. Raises ChatGone for what is no address of Telegram's."""
    id = chat.id if chat.id.startswith("@") else _number(chat.id)
    topic = _number(chat.topic) if chat.topic else 0
    if not id or topic is None:
        raise ChatGone
    return {"chat_id": id, "message_thread_id": topic} if topic else {"chat_id": id}


def _posted(receipt: Receipt) -> Body:
    """Return which message is meant. Raises Uneditable for what is no receipt of Telegram's."""
    id = _message_id(receipt)
    if not id:
        raise Uneditable
    return {"chat_id": _address(receipt.chat)["chat_id"], "message_id": id}


def _message_id(receipt: Receipt) -> int | None:
    return _number(receipt.id.removesuffix(PICTURED))


def _number(text: str) -> int | None:
    """Read one of Telegram's identifiers, which have at most 52 bits."""
    return int(text) if _NUMBER.fullmatch(text) else None
