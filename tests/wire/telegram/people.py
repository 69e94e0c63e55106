"""The people on the other side of the Bot API: they type, press, block, and read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.wire.telegram.server import ME, BotApi, Post

_presses = count(1)


@dataclass
class Person:
    """Somebody with an account, in a private chat with the bot unless a chat is named."""

    api: BotApi
    id: int = 1001
    name: str = "Ann"
    language: str = "en"

    @property
    def json(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language}

    async def types(
        self,
        text: str,
        *,
        chat: int = 0,
        topic: int | None = None,
        under: Post | None = None,
        entities: list[dict[str, Any]] | None = None,
        photo: bytes = b"",
        file: bytes = b"",
        called: str = "",
        **more: Any,
    ) -> Post:
        """Post a message, below a photo or a file perhaps, which is called something; the bot may ask for it."""
        room = self.api.room(chat or self.id)
        post = Post(next(room.ids), self.json, text, under=under.id if under else None, topic=topic)
        post.photo = self.api.keep_file(photo) if photo else ""
        post.document = self.api.keep_file(file) if file else ""
        post.document_name = called
        post.entities = entities if entities is not None else _commands_in(text)
        room.posts[post.id] = post
        await self.api.push("message", self.api.message_json(room, post) | more)
        return post

    async def says(self, text: str, *, chat: int = 0, **more: Any) -> str:
        """Type and wait for the answer."""
        before = self._seen(chat)
        await self.types(text, chat=chat, **more)
        return await self._answer(chat, before)

    async def presses(self, label: str, *, chat: int = 0) -> str:
        """Press the newest button whose label begins so, and wait for what comes of it."""
        before = self._seen(chat)
        post, button = self.button(label, chat=chat)
        await self.press_data(post, button["callback_data"], chat=chat)
        return await self._answer(chat, before)

    def button(self, label: str, *, chat: int = 0) -> tuple[Post, dict[str, Any]]:
        """The newest message with such a button, and the button."""
        posts = reversed(self.api.bot_posts(chat or self.id))
        shown = [(post, button) for post in posts for row in post.rows for button in row]
        return next(pair for pair in shown if pair[1]["text"].startswith(label))

    async def press_data(self, post: Post, data: str, *, chat: int = 0) -> str:
        """Press a button by what it carries, also one that is not there; return the press's id."""
        room = self.api.room(chat or self.id)
        id = f"press-{next(_presses)}"
        self.api.press_waits(id)
        query = {"id": id, "from": self.json, "message": self.api.message_json(room, post), "data": data}
        await self.api.push("callback_query", query | {"chat_instance": "1"})
        return id

    async def blocks(self) -> None:
        """Block the bot."""
        self.api.room(self.id).shut = "bot was blocked by the user"
        await self.member("member", "kicked")

    async def unblocks(self) -> None:
        """Let the bot write again."""
        self.api.room(self.id).shut = ""
        await self.member("kicked", "member")

    async def member(self, old: str, new: str, *, chat: int = 0, **more: Any) -> None:
        """Change what the bot is in a chat."""
        until = {"until_date": 0}
        was = until if old == "kicked" else more if old == "restricted" else {}
        now = until if new == "kicked" else more
        body = {
            "chat": self.api.room(chat or self.id).json,
            "from": self.json,
            "date": 1_772_000_000,
            "old_chat_member": {"status": old, "user": ME, **was},
            "new_chat_member": {"status": new, "user": ME, **now},
        }
        await self.api.push("my_chat_member", body)

    def texts(self, chat: int = 0) -> list[str]:
        """What the bot's messages say now."""
        return self.api.texts(chat or self.id)

    def _seen(self, chat: int) -> list[tuple[int, int]]:
        return [(post.id, post.edits) for post in self.api.bot_posts(chat or self.id)]

    async def _answer(self, chat: int, before: list[tuple[int, int]]) -> str:
        """Wait for a message that is new or changed, and return its text."""

        def fresh() -> list[Post]:
            return [post for post in self.api.bot_posts(chat or self.id) if (post.id, post.edits) not in before]

        return (await self.api.until(fresh))[-1].text


def _commands_in(text: str) -> list[dict[str, Any]]:
    return (
        [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}] if text.startswith("/") else []
    )
