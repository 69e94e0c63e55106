"""Corrections while the fan-out runs, twice in a row, across kills, on both platforms: the far side is the judge."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from signal import SIGKILL, SIGTERM

import pytest

from bot.core.model import Delivery, Outcome
from tests.chaos.fire import LATE, Copy, Fire, under_fire
from tests.wire.telegram.people import Person

LONG = os.environ.get("CHAOS") == "long"
CHATS = 400 if LONG else 80
"""On each platform."""

FIRST = "Five hurt in the fire"


@dataclass(frozen=True)
class Order:
    """A change, as an editor types it, and how a copy and a notice show it."""

    line: str
    shows: str
    notice: str


THREE = Order("/correct ALERT It was three, not five.\nThree hurt in the fire", "Three hurt", "It was three, not five.")
TWO = Order("/correct ALERT It was two, not three.\nTwo hurt in the fire", "Two hurt", "It was two, not three.")
WITHDRAWN = Order("/retract ALERT There was no fire.", "WITHDRAWN", "There was no fire.")

pytestmark = pytest.mark.slow
seeds = pytest.mark.parametrize("seed", range(5 if LONG else 1))


def policies(short: str) -> pytest.MarkDecorator:
    """Try both ways to deal with doubts; one of them where it must be short."""
    return pytest.mark.parametrize("policy", ["resend", "skip"] if LONG else [short])


@seeds
@pytest.mark.parametrize("changes", [[THREE], [THREE, TWO]] if LONG else [[THREE, TWO]], ids=len)
async def test_corrected_while_the_fan_out_runs_and_again_while_that_is_carried_out(tmp_path, seed, changes):
    async with under_fire(tmp_path, CHATS, seed) as fire:
        await sent_to_some(fire)
        late = Person(fire.telegram, LATE)
        await late.says("/subscribe")
        for change in changes:
            await fire.order(change.line)
            await fire.requests(fire.chance.randrange(CHATS // 2, CHATS))
        await judge(fire, changes[-1])
        assert not any("hurt" in text for text in late.texts()), "who came later was not in the audience"


@seeds
@policies("skip")
async def test_corrected_and_killed(tmp_path, seed, policy):
    async with under_fire(tmp_path, CHATS, seed, ON_UNCERTAIN=policy) as fire:
        await sent_to_some(fire)
        await fire.order(THREE.line)
        fire.light(fire.chance.randrange(1, 2 * CHATS), SIGKILL)
        await fire.restart()
        await judge(fire, THREE)


@seeds
@policies("resend")
async def test_killed_in_the_fan_out_and_withdrawn_meanwhile(tmp_path, seed, policy):
    async with under_fire(tmp_path, CHATS, seed, ON_UNCERTAIN=policy) as fire:
        await sent_to_some(fire)
        fire.light(fire.chance.randrange(1, 20), SIGKILL)
        await fire.types(WITHDRAWN.line)
        await fire.restart()
        await judge(fire, WITHDRAWN)


@seeds
@policies("resend")
async def test_corrected_and_withdrawn_across_two_kills(tmp_path, seed, policy):
    async with under_fire(tmp_path, CHATS, seed, ON_UNCERTAIN=policy) as fire:
        await sent_to_some(fire)
        fire.light(fire.chance.randrange(1, CHATS), SIGKILL)
        await fire.types(THREE.line)
        await fire.restart()
        fire.light(fire.chance.randrange(1, CHATS), SIGKILL)
        await fire.types(WITHDRAWN.line)
        await fire.restart()
        await judge(fire, WITHDRAWN)


@seeds
async def test_corrected_and_told_to_end(tmp_path, seed):
    async with under_fire(tmp_path, CHATS, seed, ON_UNCERTAIN="skip") as fire:
        await sent_to_some(fire)
        fire.light(fire.chance.randrange(1, 20), SIGTERM)
        await fire.types(THREE.line)
        await fire.restart()
        assert fire.kills[0].claimed == [], "what was under way came to its end, the rest was given back"
        await judge(fire, THREE)


async def sent_to_some(fire: Fire) -> None:
    await fire.breaking(FIRST)
    await fire.requests(fire.chance.randrange(CHATS // 4, CHATS))


# ------------------------------------------------------------------------------------------------ the judge


@dataclass
class Chat:
    """What the far side has of one chat, and what the program keeps of it."""

    key: str
    firsts: list[Copy]
    """Copies of the alert, more than one where it was repeated."""
    notices: list[Copy]
    kept: Delivery | None
    doubts: int
    """How often nobody knew after a kill whether the chat had been told."""
    doubtful_notices: int

    @property
    def keyed(self) -> bool:
        """Whether the platform can tell a repeat."""
        return self.key.startswith("discord:")

    @property
    def ours(self) -> Copy | None:
        """The copy that the program can edit."""
        receipt = self.kept.receipt if self.kept else None
        return next((copy for copy in self.firsts if receipt and copy.id == receipt.id), None)

    @property
    def orphans(self) -> list[Copy]:
        """Copies that the program never heard of."""
        return [copy for copy in self.firsts if copy is not self.ours]


async def judge(fire: Fire, last: Order) -> None:
    kept = await fire.quiet()
    chats = [chat_of(fire, key, kept) for key in fire.audience]
    sys.stdout.write(figures(fire, chats, last))
    assert {copy.chat for copy in fire.ledger.copies.values()} <= set(fire.audience), "nobody else got anything"
    assert fire.discord.refused == []
    assert "Traceback" not in fire.program.log
    for chat in chats:
        judge_copies(chat, last)
        judge_notices(chat, last)
    began = min(moment for copy in fire.ledger.copies.values() for moment in showing(copy, last))
    stale = [notice for chat in chats for notice in chat.notices if last.notice not in notice.texts[0]]
    assert all(notice.moments[0] < began for notice in stale), "nobody is told any more of what has been overtaken"


def judge_copies(chat: Chat, last: Order) -> None:
    """Whoever has a copy sees the last revision; without one a chat is listed, or the alert was withdrawn in time."""
    if chat.ours:
        assert last.shows in chat.ours.texts[-1]
        assert chat.kept.outcome is Outcome.TOLD
    elif chat.kept:
        assert chat.kept.outcome is Outcome.UNCERTAIN, "listed"
        assert chat.doubts
        assert not chat.keyed, "where the platform can tell, nobody is left in doubt"
    else:
        assert last is WITHDRAWN
    assert len(chat.firsts) <= 1 + (0 if chat.keyed else chat.doubts)
    if chat.orphans:
        assert not chat.keyed
        assert chat.doubts, "a copy out of reach is one of those of which we knew that we did not know"


def judge_notices(chat: Chat, last: Order) -> None:
    """Who was shown something wrong has one notice, of the last change, under the copy; who was not has none."""
    told = [notice for notice in chat.notices if last.notice in notice.texts[0]]
    wrong = bool(chat.ours) and any(last.shows not in text for text in chat.ours.texts)
    assert all(notice.under == chat.ours.id for notice in told)
    if chat.keyed or not chat.doubtful_notices:
        assert len(told) == wrong
    else:
        assert len(told) <= 1 + chat.doubtful_notices


def chat_of(fire: Fire, key: str, kept: dict[str, Delivery]) -> Chat:
    copies = [copy for copy in fire.ledger.copies.values() if copy.chat == key]
    claimed = [job for kill in fire.kills for job in kill.claimed if str(job.chat) == key and job.receipt is None]
    doubts = sum(job.about == fire.alert for job in claimed)
    return Chat(
        key=key,
        firsts=[copy for copy in copies if not copy.under],
        notices=[copy for copy in copies if copy.under],
        kept=kept.get(f"{fire.alert}:{key}"),
        doubts=doubts,
        doubtful_notices=len(claimed) - doubts,
    )


def showing(copy: Copy, last: Order) -> Iterable[int]:
    return (moment for moment, text in zip(copy.moments, copy.texts, strict=True) if last.shows in text)


def figures(fire: Fire, chats: list[Chat], last: Order) -> str:
    """Say what happened, for those who run the long form: repeats, and what is out of reach."""
    repeats = sum(len(chat.firsts) > 1 for chat in chats)
    out_of_reach = sum(last.shows not in copy.texts[-1] for chat in chats for copy in chat.orphans)
    listed = sum(chat.kept is not None and chat.kept.outcome is Outcome.UNCERTAIN for chat in chats)
    unheard = sum(chat.ours is None and bool(chat.kept) and not chat.firsts for chat in chats)
    alone = sum(bool(chat.ours) and len(chat.firsts) == 1 and WITHDRAWN.shows in chat.ours.texts[0] for chat in chats)
    kills = "; ".join(
        f"{kill.in_flight} in flight, {len(kill.claimed)} claimed, "
        f"sending again after {kill.seconds:.1f} s ({kill.cpu:.1f} s of computing)"
        for kill in fire.kills
    )
    return (
        f"FIRE {len(chats)} chats, {fire.ledger.requests} requests; kills: {kills or 'none'}; "
        f"repeated {repeats}, wrong and out of reach {out_of_reach}, listed {listed} ({unheard} without a copy), "
        f"a stub alone {alone}\n"
    )
