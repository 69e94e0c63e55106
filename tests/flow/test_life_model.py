"""Any life of alerts, whatever goes wrong on the way, ends with every chat shown the last word, or listed."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from bot.core.i18n import translator
from bot.core.lane import Lane
from bot.core.model import (
    Alert,
    Chat,
    Delivery,
    Document,
    FanOut,
    Outcome,
    Progress,
    Recall,
    Severity,
    State,
    Subscriber,
)
from bot.core.ports import Put, Store, Swap
from bot.core.update import Change
from bot.outreach import alerts, outbox, recall
from bot.outreach.compose import alert_message
from bot.outreach.deliver import deliver
from tests.fakes import START, FakeClock
from tests.flow.far_side import Call, FarSide, FarSideAdapter, Fault, Killed, Post, Trouble
from tests.flow.house import House, opened

LONG = os.environ.get("CHAOS") == "long"
EXAMPLES = int(os.environ.get("LIFE_EXAMPLES", "1000" if LONG else "30"))
STEPS = int(os.environ.get("LIFE_STEPS", "60"))
QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder in memory, where there is one: what this test is about is not the disk."""

READERS = ("1", "2", "3", "4", "4/7")
CANARY, REHEARSAL = "5", "6"
NEW = ("0", "9")
"""Addresses that chats move to, before and after all others in the order of the fan-out."""
LISTED = frozenset({Outcome.UNCERTAIN, Outcome.GONE, Outcome.FAILED})
WORK = (FanOut, Recall, Delivery, Progress)

severities = st.sampled_from(("flash", "urgent", "routine"))
recent = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
"""Which alert an editor means, counted from the newest."""
ORDERS = (
    "approve",
    "schedule",
    "embargo",
    "hold",
    "release",
    "undo",
    "correct",
    "refile",
    "retract",
    "uncertain",
    "test",
)
SENSIBLE = {
    "draft": ("approve", "approve", "schedule", "embargo") * 2,
    "scheduled": ("hold", "release", "release", "undo", "schedule", "embargo"),
    "released": ("hold", "correct", "correct", "correct", "refile") * 2,
    "waiting": ("release", "undo", "correct") * 3,
    "withdrawn": (),
    "rejected": (),
}
WEIGHTS = {
    "an_order": 6,
    "a_lane_turns": 6,
    "time_passes": 3,
    "trouble_comes": 3,
    "a_chat": 4,
    "all_at_once": 2,
    "an_order_while_a_call_is_answered": 2,
    "more_is_known": 2,
    "a_source_joins": 1,
    "news_breaks": 1,
    "nothing_is_done": 4,
    "it_restarts": 1,
}
CHATS = {
    "subscribes": 3,
    "unsubscribes": 2,
    "comes back": 2,
    "blocks": 1,
    "moves": 1,
    "closes": 1,
    "sleeps": 1,
    "wakes": 1,
}
turns_of_life = st.sampled_from([turn for turn, weight in CHATS.items() for _ in range(weight)])
troubles = st.sampled_from([None, None, *Trouble, *Trouble, Trouble.LATER, Trouble.LATER, Trouble.UNCERTAIN_DONE])
kinds = st.sampled_from(("", "send", "edit", "edit", "posted"))
steps = st.sampled_from([step for step, weight in WEIGHTS.items() for _ in range(weight)])
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Life:
    """What the test knows of one alert: what its editors did, and whom it is for."""

    id: str
    rehearsal: bool = False
    approved: bool = False
    earliest: datetime | None = None
    """Before that nothing of it may go out."""
    embargo: datetime | None = None
    skips: bool = False
    """Whether it was never to be repeated, from its draft on."""
    may: frozenset[Chat] = frozenset()
    """Who may get it; known from its release on."""
    must: frozenset[Chat] = frozenset()
    """Who gets it or is listed, if it is not withdrawn before."""
    addressed: bool = False


@dataclass
class Following:
    """From when to when a chat followed the news."""

    since: datetime
    until: datetime | None = None


@contextmanager
def listening() -> Iterator[list[BaseException]]:
    """Keep whatever the house caught and did not expect, and let it log nothing else."""
    caught: list[BaseException] = []

    def listen(_logger: object, _method: str, entry: dict[str, Any]) -> NoReturn:
        if entry.get("exc_info") and (problem := sys.exc_info()[1]):
            caught.append(problem)
        raise structlog.DropEvent

    processors = structlog.get_config()["processors"]
    before = processors.copy()
    processors[:] = [listen]
    try:
        yield caught
    finally:
        processors[:] = before


class Meddling:
    """A real store in which something happens once, just before the next commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.happens: Callable[[], Awaitable[None]] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, *changes: Change) -> Sequence[Document]:
        if self.happens is not None:
            happens, self.happens = self.happens, None
            await happens()
        return await self._store.commit(*changes)


class Lives(RuleBasedStateMachine):
    keyed: bool
    unexpected: list[BaseException]
    """What the house caught and did not expect; the judge's complaints are among it."""

    @initialize(undo_seconds=st.sampled_from((0, 10)), severity=severities, skips=st.booleans())
    def open(self, undo_seconds: int, severity: str, skips: bool) -> None:  # noqa: FBT001
        self.folder = Path(mkdtemp(dir=QUICK))
        self.runner = asyncio.Runner()
        self.clock = FakeClock()
        self.name = "keyed" if self.keyed else "plain"
        self.far = FarSide(self.name, self.clock, keyed=self.keyed)
        self.far.begun = self.judge
        self.undo = undo_seconds
        self.lives: dict[str, Life] = {}
        self.following: dict[Chat, list[Following]] = {}
        self.flagged: set[Chat] = set()
        self.written = 0
        self.doubted: set[str] = set()
        """Deliveries of which the bot could not tell at some time whether they had been made."""
        self.broken = self.disturbed = False
        self.turning = 0
        self.run(self.reopen())
        for reader in READERS[:4]:
            self.run(self.follow(self.chat(reader)))
        self.run(self.draft(f"/breaking {severity} {self.fresh()}", skips=skips))
        self.run(self.order("approve", self.newest()))

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            if not self.broken:
                self.run(self.finish())
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            shutil.rmtree(self.folder)

    @rule(step=steps, data=st.data())
    def something_happens(self, step: str, data: st.DataObject) -> None:
        """One rule with weights: what makes news is to happen more often than what makes trouble."""
        getattr(self, step)(data.draw)

    # ---------------------------------------------------------------------------------- the machinery

    def run(self, doing: Awaitable[Any]) -> None:
        """Do something in the house; where that kills it, it is opened again."""

        async def done() -> None:
            self.disturbed, self.turning = False, len(self.far.ledger)
            self.unexpected.clear()
            try:
                await doing
            except Killed:
                await self.reopen()

        self.broken = True  # until it is done
        self.runner.run(done())
        for problem in self.unexpected:
            raise problem
        self.broken = False

    async def reopen(self) -> None:
        """Restart on the same folder; whoever was under way left its lease behind."""
        if hasattr(self, "stack"):
            await self.mark_untold()
            await self.stack.aclose()
        self.stack = AsyncExitStack()
        self.house: House = await self.stack.enter_async_context(
            opened(
                self.folder,
                self.clock,
                platforms=(lambda *_: FarSideAdapter(self.far),),
                operators=("web:operator",),
                undo_seconds=self.undo,
                canary_chats=f"{self.name}:{CANARY}",
                test_chats=f"{self.name}:{REHEARSAL}",
                commands_per_minute=100_000,
            )
        )
        self.store = self.house.bot.store
        self.meddling = Meddling(self.store)
        self.lanes = [self.meddled(lane) for lane in self.house.pipeline.lanes if lane.kind in WORK]

    def meddled(self, lane: Lane[Any]) -> Lane[Any]:
        """Return a lane in which something may happen just before a delivery is settled."""
        if lane.name != self.name:
            return lane
        bot = dataclasses.replace(self.house.bot, store=self.meddling)
        adapter = bot.adapters[self.name]
        return dataclasses.replace(lane, handle=partial(deliver, bot, adapter, adapter.pace))

    async def mark_untold(self) -> None:
        """Whatever was accepted since the turn began, and is not settled, the bot never heard of."""
        known = {delivery.receipt for delivery in await self.store.find(Delivery, limit=10_000)}
        for post in self.far.ledger[self.turning :]:
            post.untold = post.untold or post.receipt not in known

    async def turn(self, lane: Lane[Any], count: int = 64, left: int = 0) -> int:
        """Take a lane's jobs, and do them one by one but for the last ones, which are left to their lease."""
        jobs = await self.claimed(lane, count)
        for job in jobs[: len(jobs) - left]:
            self.disturbed = False
            await lane.handle(job)
        return len(jobs)

    async def claimed(self, lane: Lane[Any], count: int) -> Sequence[Any]:
        return await self.store.claim(lane.kind, lane.name, self.clock.now(), lane.lease, count)

    async def settle(self) -> None:
        for _ in range(200):
            if not sum([await self.turn(lane) for lane in self.lanes]):
                return
        raise AssertionError("something is due again and again")

    async def talk(self, line: str, who: str = "web:operator") -> None:
        with self.far.without_faults():
            await self.house.dispatch(await self.house.record(line, who))

    async def follow(self, chat: Chat) -> None:
        await self.talk("/subscribe", str(chat))
        times = self.following.setdefault(chat, [])
        if not times or times[-1].until:
            times.append(Following(self.clock.now()))

    async def leave(self, chat: Chat) -> None:
        if self.now_following(chat):
            await self.talk("/unsubscribe", str(chat))
            self.following[chat][-1].until = self.clock.now()

    async def sleep(self, chat: Chat) -> None:
        await self.talk("/quiet 09:00-09:30", str(chat))

    async def wake(self, chat: Chat) -> None:
        await self.talk("/quiet off", str(chat))

    def chat(self, id: str) -> Chat:
        return Chat.parse(f"{self.name}:{id}")

    def chain(self, chat: Chat) -> list[Chat]:
        """Every address that a chat ever had, the last one last."""
        chain = [chat]
        while (after := self.next_address(chain[-1])) != chain[-1]:
            chain.append(after)
        return chain

    def next_address(self, chat: Chat) -> Chat:
        if chat in self.far.moved:
            return self.far.moved[chat]
        return replace(chat, topic=None) if chat in self.far.closed else chat

    def is_entangled(self, chat: Chat) -> bool:
        """Whether a chat has moved, or another one moved there: nobody speaks in it any more."""
        away = {*self.far.moved, *self.far.closed}
        return chat in away or any(chat in self.chain(one) for one in away)

    def fresh(self) -> str:
        self.written += 1
        return f"Headline {self.written}"

    def now_following(self, chat: Chat) -> bool:
        times = self.following.get(chat)
        return bool(times) and times[-1].until is None

    # ---------------------------------------------------------------------------------- chats

    def a_chat(self, draw: Draw) -> None:
        """Something happens to a chat, or the person in it does something."""
        what = draw(turns_of_life)
        blocked = [one for one in (*READERS, CANARY, REHEARSAL) if self.chat(one) in self.far.blocked]
        ones = {"blocks": (*READERS, CANARY, REHEARSAL), "comes back": blocked or READERS}
        one = draw(st.sampled_from(ones.get(what, READERS)))
        chat = self.chat(one)
        if what == "blocks":
            self.far.blocked.add(chat)
        elif what == "moves":
            self.move(chat, self.chat(draw(st.sampled_from((*NEW, *READERS[:3])))))
        elif what == "closes" and self.chat("4/7") not in self.far.moved:
            self.far.closed.add(self.chat("4/7"))
        elif what == "comes back" and chat in self.far.blocked:
            self.far.blocked.remove(chat)
        elif chat not in self.far.blocked and not self.is_entangled(chat) and one in READERS:
            does = {"unsubscribes": self.leave, "sleeps": self.sleep, "wakes": self.wake}
            self.run(does.get(what, self.follow)(chat))

    def move(self, chat: Chat, to: Chat) -> None:
        if chat not in self.chain(to) and not {chat, to} & {*self.far.moved, *self.far.closed}:
            self.far.moved[chat] = to

    # ---------------------------------------------------------------------------------- editors

    def news_breaks(self, draw: Draw) -> None:
        if len(self.lives) < 4:
            self.run(self.draft(f"/breaking {draw(severities)} {self.fresh()}", skips=draw(st.booleans())))
            if draw(st.booleans()):
                self.run(self.order("approve", self.newest()))

    def more_is_known(self, draw: Draw) -> None:
        released = [life for life in self.lives.values() if life.may and not life.rehearsal]
        if released and len(self.lives) < 6:
            first, count = draw(st.sampled_from(released)), len(self.lives)
            self.run(self.draft(f"/update {first.id} {draw(severities)} {self.fresh()}", skips=first.skips))
            if len(self.lives) > count and draw(st.sampled_from((True, True, False))):
                self.run(self.order("approve", self.newest()))

    def a_source_joins(self, draw: Draw) -> None:
        self.run(self.join(self.newest(draw(recent))))

    async def join(self, life: Life) -> None:
        """Name a further source, as the news river does."""
        alert = await self.store.get(Alert, life.id)
        if not alerts.adds_a_source(alert, source := f"Paper {self.fresh()}"):
            return
        again = () if alert.amendment else (Put(recall.recall(alert, self.clock.now())),)
        assert not await self.store.commit(Swap(alert, alerts.joined(alert, source)), *again)

    def an_order(self, draw: Draw) -> None:
        life, what = self.chosen(draw)
        self.run(self.order(what, life, draw(st.integers(1, 25))))

    def an_order_while_a_call_is_answered(self, draw: Draw) -> None:
        """An editor's order, and what comes of it, between a call and its answer, or just before that is kept."""
        life, what = self.chosen(draw)
        turns, settling = draw(st.sampled_from((0, 1, 8))), draw(st.booleans())

        async def happens() -> None:
            self.disturbed = True
            await self.order(what, life)
            for lane in self.lanes[:2] * turns:
                for job in await self.claimed(lane, 1):
                    await lane.handle(job)

        if settling:
            self.meddling.happens = happens
        else:
            self.far.meanwhile = happens

    def chosen(self, draw: Draw) -> tuple[Life, str]:
        """Choose an alert, and an order that makes sense for it, more often than not."""
        life = self.newest(draw(recent))
        alert = self.runner.run(self.store.get(Alert, life.id))
        state = "waiting" if alert.waits else str(alert.state)
        return life, draw(st.sampled_from((*SENSIBLE[state] * 2, *ORDERS)))

    def newest(self, back: int = 0) -> Life:
        return list(self.lives.values())[-1 - back % len(self.lives)]

    async def draft(self, line: str, *, skips: bool = False, rehearsal: bool = False) -> None:
        await self.talk(line)
        known = {*self.lives}
        fresh = [one for one in await self.store.find(Alert, limit=1000) if one.id not in known and not one.notices]
        for alert in fresh:
            life = self.lives[alert.id] = Life(alert.id, rehearsal=rehearsal, skips=skips)
            if rehearsal:
                life.approved, life.earliest = True, self.clock.now()
            elif skips:
                await self.talk(f"/uncertain {alert.id} skip")

    async def order(self, what: str, life: Life, minutes: int = 1) -> None:
        """Type an order, and note what it should mean if it is taken."""
        if what == "test":
            if len(self.lives) < 8:
                await self.draft(f"/test {life.id}", rehearsal=True)
            return
        now = self.clock.now()
        time = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        lines = {
            "schedule": f"/schedule {life.id} {time:%Y-%m-%d %H:%M}",
            "embargo": f"/embargo {life.id} {time:%Y-%m-%d %H:%M}",
            "correct": f"/correct {life.id} It was {self.written}\n{self.fresh()}",
            "refile": f"/refile {life.id} A slip\n{self.fresh()}",
            "retract": f"/retract {life.id} It is not so {self.fresh()}",
            "uncertain": f"/uncertain {life.id} {'skip' if minutes % 2 else 'resend'}",
        }
        before = await self.store.get(Alert, life.id)
        await self.talk(lines.get(what, f"/{what} {life.id}"))
        after = await self.store.get(Alert, life.id)
        if after == before:
            return
        undone = now + timedelta(seconds=self.undo)
        if what == "approve" or (what == "schedule" and before.state is State.DRAFT):
            life.approved = True
            life.earliest = max(
                one for one in (undone, life.embargo, time if what == "schedule" else before.due) if one
            )
        elif what == "schedule":
            life.earliest = time
        elif what == "embargo":
            life.embargo = time
            life.earliest = max(life.earliest, time) if life.earliest else None
        elif what == "release" and not before.held:
            life.earliest = max(now, life.embargo or now)
        elif what == "undo" and before.state is State.SCHEDULED:
            life.approved, life.earliest = False, None
        elif what == "uncertain" and minutes % 2 == 0:
            life.skips = False

    # ---------------------------------------------------------------------------------- time and trouble

    def time_passes(self, draw: Draw) -> None:
        seconds = draw(st.sampled_from((1, 1, 2, 2, 11, 11, 31, 61, 301)))

        async def passes() -> None:
            await self.clock.advance(seconds)
            await self.settle()

        self.run(passes())

    def nothing_is_done(self, draw: Draw) -> None:
        self.run(self.clock.advance(draw(st.sampled_from((1, 1, 1, 11, 11, 11, 61, 301)))))

    def a_lane_turns(self, draw: Draw) -> None:
        lane = self.lanes[draw(st.sampled_from((0, 1, -1, -1, -1)))]
        self.run(self.turn(lane, draw(st.integers(1, 4)), draw(st.sampled_from((0, 0, 1)))))

    def all_at_once(self, draw: Draw) -> None:
        self.run(self.together(draw(st.integers(2, 8))))

    async def together(self, count: int) -> None:
        """Do jobs of all lanes at the same time; where one of them kills the process, it ends for all."""
        tasks = []
        for lane in self.lanes:
            tasks += [asyncio.ensure_future(lane.handle(job)) for job in await self.claimed(lane, count)]
        if not tasks:
            return
        self.disturbed = True
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end

    def it_restarts(self, _draw: Draw) -> None:
        self.run(self.reopen())

    def trouble_comes(self, draw: Draw) -> None:
        if not (trouble := draw(troubles)):
            self.far.faults.clear()
            return
        one = draw(st.none() | st.sampled_from((*READERS, CANARY)))
        times = 1 if trouble in {Trouble.KILLED_DONE, Trouble.KILLED_UNDONE} else draw(st.sampled_from((1, 1, 2, 6)))
        kind, seconds = draw(kinds), draw(st.sampled_from((1, 5, 40, 400)))
        if self.keyed and trouble is Trouble.UNCERTAIN_UNDONE and kind in {"", "posted"}:
            kind = "send"  # where a chat can't be read, an alert is repeated, as its editor chose
        self.far.faults.append(Fault(trouble, self.chat(one) if one else None, times, kind, seconds))

    # ---------------------------------------------------------------------------------- the judge of each call

    async def judge(self, call: Call) -> None:
        """Look at every call as it begins: may it be made at all, now, with these words?"""
        about, _, _ = call.key.partition(":")
        if about == "web":
            return  # an answer to somebody's command
        alert = await self.store.get(Alert, about)
        assert alert is not None, call
        root = await self.store.get(Alert, alert.notices) if alert.notices else alert
        life = self.lives[root.id]
        await self.observe()
        assert life.approved, f"{call} was never approved"
        assert self.clock.now() >= life.earliest, f"{call} is too early"
        assert any(call.chat in self.chain(chat) for chat in life.may), f"{call} is for nobody"
        delivery = await self.store.get(Delivery, call.key.partition("#")[0])
        if delivery and (delivery.doubt or delivery.abandoned):
            self.doubted.add(delivery.id)
        if call.kind == "posted" or self.disturbed:
            return
        assert not alert.waits, f"{call} while it waits"
        assert not root.waits, f"{call} while what it tells of waits"
        assert call.message.plain == self.text(alert), f"{call} is not what should be said now: {self.text(alert)}"
        if call.kind == "send":
            await self.judge_post(call, alert, root)

    async def judge_post(self, call: Call, alert: Alert, root: Alert) -> None:
        """Look at a new post: its place, its sound, its order."""
        assert call.silent == await self.is_silent(call.chat, alert), call
        if call.key != f"{alert.id}:{call.chat}":
            return  # a reply under a copy that can't be edited
        delivery = await self.store.get(Delivery, call.key)
        if root is alert and delivery.told is None and delivery.id not in self.doubted:
            assert alert.state is State.RELEASED, f"{call} of what was withdrawn"
        if root is not alert:
            assert root.notice == alert.id, f"{call} tells of a change that was changed again"
        over = alert.notices or alert.follows
        first = await self.store.get(Delivery, f"{over}:{call.chat}") if over else None
        if first and first.receipt and first.receipt.chat == call.chat:
            parent = next((post.key for post in self.far.standing(call.chat) if post.id == call.under), "")
            assert parent.startswith(f"{over}:{call.chat}"), f"{call} stands under {parent or 'nothing'}"
        if root is alert and not any(self.posts(alert, chat) for chat in self.addresses(call.chat)):
            for post in self.far.standing(call.chat):
                update = await self.store.get(Alert, post.key.partition(":")[0])
                assert update is None or update.follows != alert.id, f"{call} after its update"

    async def is_silent(self, chat: Chat, alert: Alert) -> bool:
        """Whether an alert makes no sound in a chat now: they sleep from nine to half past."""
        subscriber = await self.store.get(Subscriber, str(chat))
        asleep = bool(subscriber and subscriber.quiet) and self.clock.now() < START + timedelta(minutes=30)
        return alert.severity is Severity.ROUTINE or (asleep and alert.severity is not Severity.FLASH)

    def addresses(self, chat: Chat) -> list[Chat]:
        """Every address of a chat, and of those that came to it."""
        return [one for one in {chat, *self.far.moved, *self.far.closed} if chat in self.chain(one)]

    def posts(self, alert: Alert, chat: Chat) -> list[Post]:
        """Every post in a chat that was a copy of an alert, or answered one."""
        key = f"{alert.id}:{chat}"
        return [post for post in self.far.ledger if post.chat == chat and post.key.partition("#")[0] == key]

    def text(self, alert: Alert, number: int | None = None) -> str:
        """What a copy says of an alert, or said when it had so many revisions."""
        version = replace(alert, revisions=alert.revisions[:number], state=State.RELEASED) if number else alert
        return alert_message(version, translator("en"), self.house.bot.settings.zone).plain

    # ---------------------------------------------------------------------------------- after each step

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "house"):
            self.run(self.look())

    async def look(self) -> None:
        await self.observe()
        await self.look_at_repeats()
        self.flagged = {one.chat for one in await self.store.find(Subscriber, limit=1000) if one.gone}

    async def observe(self) -> None:
        """Note whom each alert is for, once it is released; and who is bound to be addressed."""
        for life in self.lives.values():
            alert = await self.store.get(Alert, life.id)
            if alert.released is None:
                continue
            assert life.approved
            first_seen, life.may = not life.may, life.may | self.audience(alert)
            if first_seen:
                life.must = frozenset(chat for chat in life.may if self.followed_before(alert, chat))
            if not life.addressed:
                life.must = frozenset([chat for chat in life.must if await self.is_bound(alert, chat)])
                life.addressed = alert.addressed
            if life.addressed and alert.state is State.RELEASED:
                for chat in life.must:
                    kept = [await self.store.get(Delivery, f"{alert.id}:{one}") for one in self.chain(chat)]
                    assert any(kept), f"{chat} is neither told of {alert.id} nor listed"

    def audience(self, alert: Alert) -> frozenset[Chat]:
        """Return who may get an alert: who followed at its release, to the second."""
        if alert.test:
            return frozenset(map(Chat.parse, alert.audience.chats))
        followers = {
            chat
            for chat, spans in self.following.items()
            for span in spans
            if span.since <= alert.released and (span.until is None or span.until >= alert.released)
        }
        return frozenset({*followers, self.chat(CANARY)})

    def followed_before(self, alert: Alert, chat: Chat) -> bool:
        """Tell whether a chat is in the audience without any doubt."""
        spans = self.following.get(chat, [])
        return alert.test or chat == self.chat(CANARY) or (spans[-1].since < alert.released and not spans[-1].until)

    async def is_bound(self, alert: Alert, chat: Chat) -> bool:
        """Whether a chat that followed at the release is still to be told when the fan-out comes to it."""
        if alert.test or chat == self.chat(CANARY):
            return True
        gone = {one.chat for one in await self.store.find(Subscriber, limit=1000) if one.gone} | self.flagged
        return self.now_following(chat) and not {*self.chain(chat)} & (gone | self.far.blocked)

    async def look_at_repeats(self) -> None:
        for key in {post.key for post in self.far.ledger}:
            about, _, _ = key.partition(":")
            copies = self.far.copies(key)
            assert len(copies) <= 1 or not self.keyed, f"told twice: {copies}"
            if about == "web" or len(copies) <= 1:
                continue
            alert = await self.store.get(Alert, about)
            life = self.lives[alert.notices or alert.id]
            assert not life.skips, f"told twice, though it was never to be: {copies}"
            assert len(copies) <= 1 + sum(post.untold for post in copies), f"repeated without need: {copies}"

    # ---------------------------------------------------------------------------------- the end

    async def finish(self) -> None:
        """Let all go well and time pass until nothing more happens, then look at every chat."""
        self.far.faults.clear()
        self.far.meanwhile = self.meddling.happens = None
        for life in self.lives.values():
            if (await self.store.get(Alert, life.id)).held:
                await self.talk(f"/release {life.id}")
        for _ in range(12):
            await self.clock.advance(301)
            await self.settle()
        due = [job for kind in WORK for job in await self.store.find(kind, limit=1000) if job.due is not None]
        assert due == [], "quiet in the end"
        await self.look()
        for delivery in await self.store.find(Delivery, limit=10_000):
            assert delivery.outcome is Outcome.TOLD or (delivery.outcome in LISTED and delivery.problem), delivery
        for life in self.lives.values():
            alert = await self.store.get(Alert, life.id)
            chats = {post.chat for post in self.far.ledger if post.key.startswith(f"{alert.id}:")} | life.must
            for chat in chats - {*self.far.moved, *self.far.closed}:
                await self.look_at_copy(alert, chat)

    async def look_at_copy(self, alert: Alert, chat: Chat) -> None:
        """What a chat shows of an alert in the end, and whether it was told what was wrong."""
        delivery = await self.store.get(Delivery, f"{alert.id}:{chat}")
        posts = self.posts(alert, chat)
        if delivery is None:
            assert not posts, f"nobody remembers {posts}"
            return
        if delivery.outcome is Outcome.TOLD:
            copy = next(post for post in self.far.ledger if post.receipt == delivery.receipt)
            assert copy in posts, delivery
            assert copy.shown[-1] == self.text(alert), delivery
            assert delivery.shown == alert.number
        if not alert.notice or chat in self.far.blocked:
            return
        notice = await self.store.get(Alert, alert.notice)
        wrong = {self.text(alert, number) for number in range(1, alert.noticed)}
        known = [post for post in posts if self.keyed or not post.untold]
        misled = any(wrong & {*post.shown} for post in known)
        told = [post for post in self.far.ledger if post.key == f"{notice.id}:{chat}"]
        if misled and delivery.receipt and delivery.outcome is not Outcome.GONE:
            kept = await self.store.get(Delivery, f"{notice.id}:{chat}")
            assert kept, f"{chat} was never told that {alert.id} was wrong: {posts}"
            assert told or kept.outcome in LISTED, kept
        if not any(wrong & {*post.shown} for one in self.addresses(chat) for post in self.posts(alert, one)):
            assert not told or delivery.id in self.doubted, f"{chat} is told of a mistake it never saw: {told}"


@pytest.mark.parametrize("keyed", [True, False], ids=["with keys", "without keys"])
def test_in_the_end_every_chat_shows_the_last_word_or_is_listed(keyed: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    class Machine(Lives):
        pass

    Machine.keyed = keyed
    for module in (outbox, recall):
        monkeypatch.setattr(module, "CHUNK", 2)
    monkeypatch.setattr(outbox, "_LOOKS", 1, raising=False)
    limits = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with listening() as Machine.unexpected:
        run_state_machine_as_test(Machine, settings=limits)
