"""What the language model may cost in a day: put aside before it is asked, settled by what it says it used."""

from __future__ import annotations

from datetime import datetime

import structlog
from msgspec import Struct
from msgspec.structs import replace

from bot.core.errors import StoreError, SummaryError
from bot.core.model import Document
from bot.core.ports import Add, Clock, Store, Swap
from bot.core.settings import Settings

_log = structlog.get_logger()


class Tokens(Struct, frozen=True):
    """Tokens of questions and of answers."""

    questions: int = 0
    answers: int = 0


class Spent(Document, frozen=True, kw_only=True):
    """What was used on one day of the newsroom's. The id is the day, YYYY-MM-DD."""

    tokens: Tokens = Tokens()
    at: datetime


async def spent_today(settings: Settings, store: Store, clock: Clock) -> Tokens:
    """Return what counts as spent since midnight in the newsroom's zone."""
    known = await store.get(Spent, _day(settings, clock.now()))
    return known.tokens if known else Tokens()


def _day(settings: Settings, now: datetime) -> str:
    return f"{now.astimezone(settings.zone):%Y-%m-%d}"


class Purse:
    """The day's budget, kept in the store, so that a restart gives no second one.

    What was put aside and never settled, as the program died or the answer told nothing, counts as spent.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings, self._store, self._clock = settings, store, clock

    async def put_aside(self, most: Tokens) -> str:
        """Take the most that a question can cost, and return the day it is taken from. Raises SummaryError."""
        now = self._clock.now()
        day = _day(self._settings, now)
        try:
            await self._store.commit(Add(Spent(id=day, at=now)))
            await self._add(day, most, within=True)
        except StoreError as error:  # what can't be counted is not spent
            raise SummaryError(reason="store") from error
        return day

    async def settle(self, day: str, most: Tokens, used: Tokens) -> None:
        """Count what a question has used in place of what was put aside for it."""
        try:
            await self._add(day, Tokens(used.questions - most.questions, used.answers - most.answers), within=False)
        except StoreError:
            _log.warning("what a summary cost could not be settled, the most it may cost stands", day=day)

    async def _add(self, day: str, more: Tokens, *, within: bool) -> None:
        while before := await self._store.get(Spent, day):
            spent = Tokens(before.tokens.questions + more.questions, before.tokens.answers + more.answers)
            if within and not self._affords(spent):
                raise SummaryError(reason="budget")
            if not await self._store.commit(Swap(before, replace(before, tokens=spent))):
                return

    def _affords(self, spent: Tokens) -> bool:
        limits = self._settings
        cost = spent.questions * limits.model_question_price + spent.answers * limits.model_answer_price
        dear = limits.model_daily_cost is not None and cost > limits.model_daily_cost * 1_000_000
        return spent.questions + spent.answers <= limits.model_daily_tokens and not dear
