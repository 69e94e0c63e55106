"""All faults of the wire at once: an alert, a correction and a withdrawal through a storm, judged by the far sides."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from bot.core.model import Alert, Chat, Delivery, OnUncertain, Outcome, Subscriber
from tests.fakes import FakeClock
from tests.wire.discord import server as discord_server
from tests.wire.far import Newsroom, newsroom
from tests.wire.telegram import server as telegram_server

CHATS = 160
"""Chats on each platform."""
WRONG = "It was smaller than we said."
SHOWS = {
    "Fire": ("URGENT: Small fire", "CORRECTED"),
    "Flood": ("WITHDRAWN",),
}
"""What a copy shows in the end: a text that begins like the first, and says the second."""
LISTED = {Outcome.GONE, Outcome.UNCERTAIN, Outcome.FAILED}
POSTS = ("flood:1", "flood:35", "500", "lost:reset", "lost:502", "unheard:reset", "unheard:502")
LASTING = ("gone", "moved", "topic", "poison")
EDITS = (*POSTS, "uneditable", "refused")


class Patient(FakeClock):
    """A clock that goes on by itself once nobody has anything to do but wait for it."""

    @property
    def next(self) -> float | None:
        return (self._sleepers[0][0] - self._now).total_seconds() if self._sleepers else None


@dataclass
class Storm:
    """One chance in a hundred for each kind of failure at each request, the same for the same seed."""

    seed: int
    calls: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    unsure: set[str] = field(default_factory=set)
    """Chats of which a request went unanswered."""
    shut: set[str] = field(default_factory=set)
    poisoned: set[str] = field(default_factory=set)
    uneditable: set[str] = field(default_factory=set)

    def strikes(self, chat: str, *, edit: bool, kinds: Sequence[str]) -> str:
        """Return what becomes of this request; nothing, mostly."""
        if edit and chat in self.uneditable:
            return "uneditable"
        if not edit and chat in self.poisoned:
            return "refused"
        self.calls[chat] += 1
        drawn = int(Random(f"{self.seed} {chat} {self.calls[chat]}").random() * 100)
        kind = kinds[drawn] if drawn < len(kinds) else ""
        self.met[kind] += 1
        if kind.startswith(("lost", "unheard")):
            self.unsure.add(chat)
        if kind == "poison":
            self.poisoned.add(chat)
            return "refused"
        if kind == "uneditable":
            self.uneditable.add(chat)
        return kind


def over_telegram(storm: Storm, api: telegram_server.BotApi) -> None:
    """Let the storm loose at Telegram."""

    def strike(method: str, body: dict[str, Any]) -> telegram_server.Fault | None:
        if method not in {"sendMessage", "editMessageText"}:
            return None
        room, edit = api.room(body["chat_id"]), method == "editMessageText"
        kinds = EDITS if edit else (*POSTS, "refused", "unread", *LASTING)
        kind, _, how = storm.strikes(str(room.id), edit=edit, kinds=kinds).partition(":")
        said: dict[str, tuple[int, str]] = {
            "flood": (429, f"Too Many Requests: retry after {how}"),
            "500": (500, "Internal Server Error: restart"),
            "refused": (400, "Bad Request: BUTTON_DATA_INVALID"),
            "unread": (400, "Bad Request: can't parse entities: nobody knows why"),
            "uneditable": (400, "Bad Request: message can't be edited"),
        }
        if kind in said:
            more = {"retry_after": int(how)} if kind == "flood" else {}
            return telegram_server.Fault("refuse", refusal=telegram_server.Refusal(*said[kind], **more))
        if kind in {"lost", "unheard"}:
            return telegram_server.Fault("after" if kind == "lost" else "before", how=how)
        if kind == "gone":
            storm.shut.add(str(room.id))
            room.shut = "bot was kicked from the group chat"
        if kind == "moved" and room.type == "group":
            room.moved_to = api.room(int(f"-100{abs(room.id)}")).id
        if kind == "topic":
            room.topics.clear()
        return None

    api.storm = strike


def over_discord(storm: Storm, discord: discord_server.Discord) -> None:
    """Let the storm loose at Discord."""

    def strike(request: str) -> discord_server.Fault | None:
        found = re.match(r"(POST|PATCH|GET) /channels/(\d+)/messages(?:/(\d+))?", request)
        if not found:
            return None
        verb, channel, id = found.groups()
        kinds = {"POST": (*POSTS, "refused", *LASTING), "PATCH": (*EDITS, "deleted"), "GET": POSTS}[verb]
        kind, _, how = storm.strikes(channel, edit=verb == "PATCH", kinds=kinds).partition(":")
        broken = {"kind": "html", "status": 502} if how == "502" else {"kind": how}
        made: dict[str, dict[str, Any]] = {
            "flood": {"kind": "429", "retry_after": float(how or 0) if kind == "flood" else 0.0},
            "500": {"kind": "error", "status": 500},
            "refused": {"kind": "error", "status": 400, "code": 50035},
            "uneditable": {"kind": "error", "status": 403, "code": 50005},
            "topic": {"kind": "error", "status": 400, "code": 50083},
            "moved": {"kind": "429", "retry_after": 2.0, "scope": "global"},
            "lost": {"kind": "lost", "how": how},
            "unheard": broken,
        }
        if kind in {"gone", "topic"}:  # a locked thread takes nothing either
            storm.shut.add(channel)
        if kind == "gone":
            discord.gone.add(channel)
        if kind == "deleted":
            discord.messages[id].deleted = True
        return discord_server.Fault(**made[kind]) if kind in made else None

    discord.storm = strike


async def turned(room: Newsroom) -> None:
    """Do what is due, as many at once as the bot does; time goes on where everybody waits for it."""
    bot, clock = room.house.bot, room.house.clock

    async def worked() -> None:
        while True:
            claims = [
                (lane, await bot.store.claim(lane.kind, lane.name, bot.clock.now(), lane.lease, 64))
                for lane in room.house.pipeline.lanes
            ]
            if not any(jobs for _, jobs in claims):
                return
            await asyncio.gather(*(lane.handle(job) for lane, jobs in claims for job in jobs))

    working = asyncio.create_task(worked())
    while not working.done():
        await asyncio.wait({working}, timeout=0.02)
        if not working.done() and clock.next is not None:
            await clock.advance(max(0.0, clock.next))
    working.result()


async def passed(room: Newsroom, seconds: int, step: float = 1.0) -> None:
    for _ in range(int(seconds / step)):
        await room.house.clock.advance(step)
        await turned(room)


async def over(room: Newsroom) -> None:
    """Let time pass until nothing is owed to anybody."""
    for step in (*[2.0] * 30, *[10.0] * 30, *[60.0] * 30):
        if not [each for each in await room.house.bot.store.find(Delivery, limit=10_000) if each.due]:
            return
        await passed(room, step, step)
    raise AssertionError("something is owed for ever")


async def through(room: Newsroom) -> dict[str, Alert]:
    """Tell of a fire and a flood, correct the one and withdraw the other, each while the one before is on its way."""
    fire = await room.release("Fire", settle=False)
    await turned(room)
    flood = await room.release("Flood", settle=False)
    await passed(room, 2)
    await room.house.say(f"/correct {fire.id} {WRONG}\nSmall fire")
    await room.house.say(f"/retract {flood.id} There was none.")
    await passed(room, 2)
    await over(room)
    return {"Fire": fire, "Flood": flood}


@dataclass
class Ledger:
    """What the far sides say of one chat, at whatever addresses it had."""

    shown: list[str]
    """Our messages as they stand."""
    said: Counter[str]
    """How often each text was accepted as a new message."""


def ledger(room: Newsroom, api, discord, chat: Chat) -> Ledger:
    if chat.platform == "discord":
        posts = [each for each in discord.messages.values() if each.channel == chat.id]
        said = Counter(posted_words(each) for each in posts)
        return Ledger(room.sides["discord"].standing(chat), said)
    ids = [int(chat.id), *([api.room(int(chat.id)).moved_to] if api.room(int(chat.id)).moved_to else [])]
    shown = [text for id in ids for text in api.texts(id)]
    return Ledger(shown, Counter(text for id, text in api.ledger if id in ids))


def posted_words(message: discord_server.Message) -> str:
    embed = (message.said.get("embeds") or [{}])[0]
    return message.said.get("content") or "\n\n".join(filter(None, (embed.get("title"), embed.get("description"))))


@pytest.fixture
async def api():
    async with telegram_server.BotApi() as api:
        yield api


@pytest.fixture
async def discord():
    async with discord_server.served() as discord:
        yield discord
        assert discord.refused == []


def audience(room: Newsroom, api) -> list[Chat]:
    """People, groups and topics at Telegram, channels at Discord."""
    people = room.sides["telegram"].chats(CHATS // 2)
    groups = [Chat("telegram", str(api.room(-4000 - number).id)) for number in range(CHATS // 4)]
    topics = []
    for number in range(CHATS // 4):
        forum = api.room(-1005000 - number, "supergroup")
        forum.topics[7] = True
        topics.append(Chat("telegram", str(forum.id), "7"))
    return [*people, *groups, *topics, *room.sides["discord"].chats(CHATS)]


@pytest.mark.parametrize("choice", OnUncertain)
@pytest.mark.parametrize("seed", [1, 2])
async def test_whoever_is_not_listed_shows_what_is_right_and_was_told_once(api, discord, tmp_path, seed, choice):
    storm = Storm(seed)
    async with newsroom(tmp_path, api, discord, Patient(), on_uncertain=choice) as room:
        chats = audience(room, api)
        await room.follow(*chats)
        over_telegram(storm, api)
        over_discord(storm, discord)
        alerts = await through(room)
        told = {name: await room.outcomes(alert) for name, alert in alerts.items()}
        problems = {each.id: each.problem for each in await room.house.bot.store.find(Delivery, limit=10_000)}
        kept = {chat.id for chat in await room.house.bot.store.find(Subscriber, limit=10_000)}
    assert set(storm.met) >= {*POSTS, *LASTING, "refused", "uneditable"}, "every fault was met"
    for chat in chats:
        seen, now = ledger(room, api, discord, chat), _address(api, chat)
        unsure = bool({chat.id, now.id} & storm.unsure)
        for name, alert in alerts.items():
            here = next((told[name][str(at)] for at in (chat, now, _whole(chat)) if str(at) in told[name]), None)
            _judge_what_stands(name, seen, here, chat)
            if here in LISTED:
                assert any(problems.get(f"{alert.id}:{at}") for at in (chat, now, _whole(chat)))
                skipped = unsure and chat.platform == "telegram" and choice is OnUncertain.SKIP
                excused = {
                    Outcome.GONE: {chat.id, now.id} & storm.shut,
                    Outcome.FAILED: {chat.id, now.id} & storm.poisoned,
                    Outcome.UNCERTAIN: skipped,
                }
                assert excused[here], f"{chat} is listed as {here}, for nothing"
            times = seen.said[f"URGENT: {name}"]
            may_repeat = chat.platform == "telegram" and choice is OnUncertain.RESEND and unsure
            assert times <= 1 or may_repeat, f"{chat} was told {times} times"
        assert len({str(chat), str(now), str(_whole(chat))} & kept) == 1, "one subscription"


def _judge_what_stands(name: str, seen: Ledger, outcome: str | None, chat: Chat) -> None:
    right = [text for text in seen.shown if all(part in text for part in SHOWS[name])]
    if outcome == Outcome.TOLD:
        assert right, f"{chat} does not show what became of {name}: {seen.shown}"
    elif outcome is None:  # withdrawn before it got there
        assert name == "Flood"
        assert not seen.said[f"URGENT: {name}"], f"{chat} is not listed, and was told of {name}"
    else:
        assert outcome in LISTED


def _address(api, chat: Chat) -> Chat:
    moved = api.room(int(chat.id)).moved_to if chat.platform == "telegram" else None
    return Chat(chat.platform, str(moved), chat.topic) if moved else chat


def _whole(chat: Chat) -> Chat:
    return Chat(chat.platform, chat.id)
