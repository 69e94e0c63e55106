"""Discord as a platform: slash commands, buttons and forms in; embeds that are sent, edited and withdrawn out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

import orjson
import structlog
from aiohttp.web import AbstractRouteDef

from adapters.discord.answers import Answers
from adapters.discord.asked import Asked, forget_old
from adapters.discord.declare import declare
from adapters.discord.errors import Dead
from adapters.discord.gateway import listen
from adapters.discord.history import History, said, says_the_same
from adapters.discord.interactions import PLATFORM, Interactions
from adapters.discord.photos import marked, photo_shown, shows
from adapters.discord.render import Rendered, fits, plainly, rendered
from adapters.discord.rest import Along, Rest
from bot.commands.registry import Command
from bot.core.errors import ChatGone, Rejected, RetryLater, StoreError, Uncertain, Uneditable, Unreachable
from bot.core.lines import keep
from bot.core.message import Message, shortened, unaccompanied
from bot.core.model import Chat, Photo, Receipt
from bot.core.pace import Turns
from bot.core.ports import Clock, Ids, Preview, Store
from bot.core.same import Same
from bot.core.settings import Settings
from bot.core.update import Dispatch

_log = structlog.get_logger()

_SILENT = 1 << 12
_PATIENCE = 5.0
"""Seconds that an edit waits for its place among a channel's requests; a delivery comes again later instead."""
_FULL_SECONDS = 10.0
_SPREAD = 0.2
"""Seconds by which requests overtake one another on the way; Discord counts those of any one second, as they come."""
_NONCE_SECONDS = 120.0
"""How long Discord surely knows a nonce. It promises "the past few minutes" and says no more; two are the least."""


class DiscordAdapter:
    """Sends and edits by REST, listens at the gateway."""

    platform = PLATFORM
    account = PLATFORM
    routes: Sequence[AbstractRouteDef] = ()

    def __init__(self, settings: Settings, store: Store, clock: Clock, _ids: Ids, commands: Sequence[Command]) -> None:
        self.rate = settings.discord_rate
        self.pace = Turns(settings.discord_rate, spread=_SPREAD)
        self.connected, self.rivalled = asyncio.Event(), asyncio.Event()
        self._settings = settings
        self._store = store
        self._clock = clock
        self._commands = commands
        self._rest = Rest(str(settings.discord_api_url), settings.discord_token, clock, self.pace)
        self._answers = Answers(store, clock, self._rest)
        self._history = History(self._rest)
        self._rendered = lru_cache(maxsize=32)(_rendered)
        self._interactions = Interactions(store, clock, self._rest, commands)

    async def run(self, dispatch: Dispatch, /) -> None:
        """Listen until cancelled; sending goes on. Raises Revoked where Discord does not accept the token."""
        async with asyncio.TaskGroup() as turns:
            take = partial(self._interactions.begin, turns, dispatch)
            ended = await listen(self._settings, self._clock, self._rest.turn, self._known, take)
        raise ended

    async def close(self) -> None:
        """Let go of the connections."""
        await self._rest.close()

    async def send(
        self, chat: Chat, message: Message, /, *, key: str, under: Receipt | None = None, silent: bool = False
    ) -> Receipt:
        """Post a message, or answer what the key names; for some minutes the same `key` in the same chat posts once."""
        asked, number = await self._asked(key)
        if asked is None:
            return await self._post(chat, message, key, under, silent=silent)
        try:
            return await self._plainer(message, partial(self._give, chat, asked, number))
        except Dead:
            return await self._post(await self._elsewhere(chat, asked, message), message, key, None)

    async def posted(self, chat: Chat, versions: Sequence[Message], /, *, key: str, since: datetime) -> Receipt | None:
        """Return what stands of an earlier attempt, by the channel's history; None while Discord knows the key itself.

        Raises Uncertain where the history can't tell.
        """
        if (self._clock.now() - since).total_seconds() < _NONCE_SECONDS or not _snowflake(chat.id):
            return None
        texts = [self._texts(version) for version in versions]
        found = await self._history.find(chat.id, frozenset().union(*texts), _nonce(chat, key), since)
        if found is None:
            return None
        handle = marked(str(found["id"]), photo_shown(found.get("embeds", ())))
        return Receipt(chat, handle, outdated=said(found) not in texts[0])

    async def edit(self, receipt: Receipt, message: Message, /) -> Receipt:
        """Show something else in a message's place. Raises Uneditable where that can't be done (any more)."""
        return await self._plainer(message, partial(self._edit, receipt))

    async def delete(self, receipt: Receipt, /) -> None:
        """Take a message away."""
        asked, id = await self._shown_to_one(receipt)
        if asked is None:
            await self._change("DELETE", receipt.chat, id)
        else:
            with _uneditable_where_dead():
                await self._answers.delete(asked, id)

    async def attachment(self, _name: str, _most: int, /) -> bytes:
        """Raise Unreachable: Discord gives what is attached an address, and that is had by the one door to the web."""
        raise Unreachable("attachment.gone")

    async def private_chat(self, person: str, /) -> Chat:
        """Open the channel in which the bot writes to one person alone; it is the same each time."""
        who = {"recipient_id": person.removeprefix(f"{PLATFORM}:")}
        opened = await self._rest.call("POST", "/users/@me/channels", who, patience=_PATIENCE)
        return Chat(PLATFORM, str(opened.get("id", "")))

    async def forget(self) -> None:
        """Forget what was asked long ago."""
        await forget_old(self._store, self._clock.now())

    def preview(self, message: Message, /) -> Preview:
        """Return the JSON that would be posted."""
        cut, shown = self._rendered(Same(message))
        text = orjson.dumps(shown.body).decode()
        return Preview(text=text, used=shown.used, left=shown.left, shortened=cut != message, photo=cut.photo)

    def _texts(self, message: Message) -> frozenset[str]:
        """Return what a message says here, as it is and as words alone."""
        cut, whole = self._rendered(Same(message))
        return frozenset({said(whole.body), said(plainly(cut))})

    async def _known(self, application: str) -> None:
        """Be ready for people: the commands are known."""
        self._rest.let_in()
        await declare(self._store, self._rest, self._commands, application)
        self.connected.set()

    async def _plainer(self, message: Message, show: Callable[[Message, Along], Awaitable[Receipt]]) -> Receipt:
        """Show a message; what is refused with what goes along, by a channel that takes no files, is shown without."""
        along = await self._store.get(Photo, message.photo) if message.photo else message.file
        if along:
            try:
                return await show(message, along)
            except Dead:
                raise
            except (Rejected, ChatGone) as error:
                _log.info("upload refused", problem=error.message_key)
        return await show(unaccompanied(message), None)

    async def _give(self, chat: Chat, asked: Asked, number: int, message: Message, along: Along) -> Receipt:
        """Answer an interaction."""
        _, shown = await self._made(message)
        handle = await self._answers.give(asked, number, message, shown.body, along)
        return Receipt(chat, marked(handle, message.photo))

    async def _edit(self, receipt: Receipt, message: Message, along: Along) -> Receipt:
        """Show something in a message's place. A photo that stands there already is not sent again.

        Files stay where an edit says nothing of them; the answer tells whether the photo is among them.
        """
        _, shown = await self._made(message)
        body = {"attachments": [], **shown.body, "content": None}
        if isinstance(along, Photo) and shows(receipt.id, along.id):
            kept = {name: part for name, part in body.items() if name != "attachments"}
            changed = await self._changed(receipt, kept, None)
            if photo_shown(changed.get("embeds", ())) == along.id:
                return receipt
        await self._changed(receipt, body, along)
        return Receipt(receipt.chat, marked(receipt.id, message.photo))

    async def _changed(self, receipt: Receipt, body: dict[str, Any], along: Along) -> Mapping[str, Any]:
        asked, id = await self._shown_to_one(receipt)
        if asked is None:
            return await self._change("PATCH", receipt.chat, id, body, along)
        with _uneditable_where_dead():
            return await self._answers.edit(asked, id, body, along)

    async def _post(
        self, chat: Chat, message: Message, key: str, under: Receipt | None, *, silent: bool = False
    ) -> Receipt:
        """Post to a channel. A body that Discord refuses goes out once more, as words alone."""
        if not _snowflake(chat.id):
            raise ChatGone
        further = _further(chat, key, under, silent=silent)
        path = f"/channels/{chat.id}/messages"

        async def post(message: Message, along: Along) -> Receipt:
            _, shown = await self._made(message)
            answer = await self._rest.call("POST", path, {**shown.body, **further}, along=along, bucket=chat.id)
            return _receipt(chat, shown.body, answer, message.photo)

        try:
            return await self._plainer(message, post)
        except Rejected:
            bare = plainly(message)
            bare["flags"] |= further.pop("flags", 0)
            answer = await self._rest.call("POST", path, {**bare, **further}, bucket=chat.id)
            return _receipt(chat, bare, answer)

    async def _made(self, message: Message) -> tuple[Message, Rendered]:
        """Return a message as one of Discord's, once the lines of its buttons are kept."""
        cut, shown = self._rendered(Same(message))
        await self._keep(shown)
        return cut, shown

    async def _change(
        self, method: str, chat: Chat, id: str, body: dict[str, Any] | None = None, along: Along = None
    ) -> Mapping[str, Any]:
        if not (_snowflake(chat.id) and _snowflake(id)):
            raise Uneditable
        path = f"/channels/{chat.id}/messages/{id}"
        changed: Mapping[str, Any] = await self._rest.call(
            method, path, body, along=along, bucket=f"{chat.id}/edit", patience=_PATIENCE
        )
        return changed

    async def _elsewhere(self, chat: Chat, asked: Asked, message: Message) -> Chat:
        """Return where an answer goes whose token is dead: what only one person may see, to that person."""
        if not asked.direct and (asked.ephemeral or message.private):
            return await self.private_chat(f"{PLATFORM}:{asked.person}")
        return chat

    async def _asked(self, key: str) -> tuple[Asked | None, int]:
        """Return the interaction that a key names, and the number of the answer's page."""
        id, _, number = key.rpartition("/")
        if not (id.startswith(f"{PLATFORM}:") and number.isdigit()):
            return None, 0
        return await self._store.get(Asked, id), int(number)

    async def _shown_to_one(self, receipt: Receipt) -> tuple[Asked | None, str]:
        """Return the interaction by which a message is changed that only one person sees, and the message's id."""
        id, _, interaction = marked(receipt.id, "").partition("@")
        if not interaction:
            return None, id
        asked = await self._store.get(Asked, f"{PLATFORM}:{interaction}")
        if asked is None:
            raise Uneditable
        return asked, id

    async def _keep(self, shown: Rendered) -> None:
        """Keep the lines that buttons only carry the ids of, before anybody can press them."""
        try:
            await keep(self._store, shown.lines, self._clock.now())
        except StoreError as error:
            raise RetryLater(_FULL_SECONDS, everywhere=True) from error


def _rendered(known: Same[Message]) -> tuple[Message, Rendered]:
    """Return a message as one of Discord's; the adapter remembers the last ones, as an alert goes to many chats."""
    cut = shortened(known.it, fits)
    return cut, rendered(cut)


def _further(chat: Chat, key: str, under: Receipt | None, *, silent: bool) -> dict[str, Any]:
    """Return what goes with a message: a nonce made of chat and key, how loud it is, and what it answers."""
    further: dict[str, Any] = {"nonce": _nonce(chat, key), "enforce_nonce": True}
    if silent:
        further["flags"] = _SILENT
    if under and under.chat == chat and _snowflake(parent := marked(under.id, "")):
        further["message_reference"] = {"message_id": parent, "fail_if_not_exists": False}
    return further


def _receipt(chat: Chat, body: Mapping[str, Any], answer: Mapping[str, Any], photo: str = "") -> Receipt:
    """Return the receipt of a message as Discord has it. Raises Uncertain for a success that is not in its words."""
    if "id" not in answer:
        raise Uncertain
    return Receipt(chat, marked(str(answer["id"]), photo), outdated=not says_the_same(answer, body))


def _nonce(chat: Chat, key: str) -> str:
    """Return the same word for the same key in the same chat, also after a restart; at most 25 characters."""
    return blake2b(f"{chat}\n{key}".encode(errors="replace"), digest_size=12).hexdigest()


def _snowflake(id: str) -> bool:
    """Tell whether an id may stand in a path; what was tampered with leads nowhere."""
    return id.isascii() and id.isdigit() and len(id) <= 20


@contextmanager
def _uneditable_where_dead() -> Iterator[None]:
    try:
        yield
    except Dead as error:
        raise Uneditable from error
