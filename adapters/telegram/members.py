"""Whether chats still let the bot in, as Telegram tells it without being asked."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from telegram import ChatMember, ChatMemberRestricted, ChatMemberUpdated
from telegram.constants import ChatMemberStatus

from bot.core.errors import ChatGone
from bot.core.model import Subscriber
from bot.core.ports import Store, Swap

_TOPICS = 1000
_OUT = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})


async def note_membership(store: Store, platform: str, change: ChatMemberUpdated) -> None:
    """Record that a chat with all its topics is gone, or back; whoever is back has lost nothing of what it follows."""
    gone = ChatGone.key if _shut_out(change.new_chat_member) else ""
    for known in await _subscribers(store, f"{platform}:{change.chat.id}"):
        subscriber: Subscriber | None = known
        while subscriber and subscriber.gone != gone:
            await store.commit(Swap(subscriber, replace(subscriber, gone=gone)))
            subscriber = await store.get(Subscriber, known.id)


def _shut_out(member: ChatMember) -> bool:
    return member.status in _OUT or (isinstance(member, ChatMemberRestricted) and not member.can_send_messages)


async def _subscribers(store: Store, chat: str) -> Sequence[Subscriber]:
    whole = await store.get(Subscriber, chat)
    topics = await store.find(Subscriber, after=f"{chat}/", limit=_TOPICS)
    return [*([whole] if whole else []), *(each for each in topics if each.id.startswith(f"{chat}/"))]
