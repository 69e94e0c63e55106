"""Telegram's updates as ours: who typed or pressed what, and whether it was meant for us."""

from __future__ import annotations

import re
from collections.abc import Iterable

import telegram
from telegram.constants import ChatType

from bot.core.lines import line_of
from bot.core.model import Chat, Receipt
from bot.core.ports import Clock, Store
from bot.core.update import Update

PLATFORM = "telegram"
_NOBODY = frozenset({1087968824, 777000, 136817688})
"""Accounts that stand for many: every anonymous administrator, forwards from channels, people writing as a channel."""
PICTURED = "+photo"
"""Ends the handle of a message with a photo."""
_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?", re.ASCII)


class Incoming:
    """Reads updates for one bot. `names` are the commands' names, with spaces."""

    def __init__(self, store: Store, clock: Clock, me: telegram.User, names: Iterable[str]) -> None:
        self._store = store
        self._clock = clock
        self._me = me
        self._underscored = {name.replace(" ", "_"): name for name in names}
        self._first_words = {name.split()[0] for name in self._underscored.values()}

    async def read(self, update: telegram.Update) -> Update | None:
        """Return what somebody wants of us, or None: other people's talk, an edit, a button unknown by now."""
        if update.message:
            return self._typed(update.update_id, update.message)
        if update.callback_query:
            return await self._pressed(update.update_id, update.callback_query)
        return None

    def _typed(self, id: int, message: telegram.Message) -> Update | None:
        private = message.chat.type == ChatType.PRIVATE
        text = (message.text or message.caption or "").strip()
        line = (self._spelt(text) or _wish(message)) if private else self._addressed(text, message)
        if not line:
            return None
        user = message.from_user
        return Update(
            id=f"{PLATFORM}:{id}",
            chat=_chat(message.chat, message),
            person="" if message.sender_chat else _person(user),
            line=line,
            at=self._clock.now(),
            private=private,
            locale=(user and user.language_code) or "",
            quoted=_quoted(message.reply_to_message),
            photo=_photo(message),
            file=_file(message) or _file(message.reply_to_message),
        )

    async def _pressed(self, id: int, query: telegram.CallbackQuery) -> Update | None:
        message = query.message
        line = await line_of(self._store, query.data or "")
        if message is None or not line:
            return None
        known = message if isinstance(message, telegram.Message) else None
        chat = _chat(message.chat, known)
        return Update(
            id=f"{PLATFORM}:{id}",
            chat=chat,
            person=_person(query.from_user),
            line=line,
            at=self._clock.now(),
            private=message.chat.type == ChatType.PRIVATE,
            locale=query.from_user.language_code or "",
            origin=handle(chat, message.message_id, pictured=bool(known and known.photo)),
        )

    def _addressed(self, text: str, message: telegram.Message) -> str:
        """Return what a group's member says to us; nothing where it is other people's talk.

        To us is a command that names us, or one that we know and that names nobody; what begins or ends with our name;
        and a bare link in reply to us. Any other reply is people talking about the news.
        """
        if command := _COMMAND.match(text):
            name, at = command[1].lower(), (command[2] or "").lower()
            known = name in self._first_words or name in self._underscored
            return self._spelt(text) if at == self._name or (known and not at) else ""
        mention = f"@{self._name}"
        words = text.split()
        if mention in {word.lower().rstrip(",:") for word in (*words[:1], *words[-1:])}:
            return self._spelt(" ".join(word for word in words if word.lower().rstrip(",:") != mention)) or "/help"
        link = len(words) == 1 and text.lower().startswith(("http://", "https://"))
        return text if link and self._is_reply(message) else ""

    def _is_reply(self, message: telegram.Message) -> bool:
        to = message.reply_to_message
        return bool(to and to.from_user and to.from_user.id == self._me.id)

    def _spelt(self, text: str) -> str:
        """Return a line with a menu's `/feed_add` as the `/feed add` it stands for."""
        command = _COMMAND.match(text)
        name = self._underscored.get(command[1].lower()) if command else None
        return f"/{name}{text[command.end() :]}" if command and name else text

    @property
    def _name(self) -> str:
        return (self._me.username or "").lower()


def handle(chat: Chat, id: object, *, pictured: bool) -> Receipt:
    """Return the handle of a message, which says whether it has a photo: that is edited in another way."""
    return Receipt(chat, f"{id}{PICTURED if pictured else ''}")


def _chat(chat: telegram.Chat, message: telegram.Message | None) -> Chat:
    topic = message.message_thread_id if message and message.is_topic_message else None
    return Chat(PLATFORM, str(chat.id), str(topic) if topic else None)


def _person(user: telegram.User | None) -> str:
    return "" if user is None or user.is_bot or user.id in _NOBODY else f"{PLATFORM}:{user.id}"


def _photo(message: telegram.Message) -> str:
    """Return what Telegram knows a message's photo by: its largest size, or the image that was sent as a file."""
    if message.photo:
        return message.photo[-1].file_id
    file = message.document
    return file.file_id if file and (file.mime_type or "").startswith("image/") else ""


def _file(message: telegram.Message | None) -> str:
    """Return what Telegram knows a message's file by, where that is no image."""
    file = message.document if message else None
    return file.file_id if file and not (file.mime_type or "").startswith("image/") else ""


def _wish(message: telegram.Message) -> str:
    """Return the line that a file sent without a word stands for: a list of feeds wants to be taken in."""
    name = (message.document and message.document.file_name) or ""
    return "/import" if name.lower().endswith(".opml") else ""


def _quoted(message: telegram.Message | None) -> str:
    """Return a message's text and the addresses behind its links."""
    if message is None:
        return ""
    links = [entity.url for entity in (*message.entities, *message.caption_entities) if entity.url]
    return "\n".join(filter(None, (message.text or message.caption or "", *links)))
