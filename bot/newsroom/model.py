"""The operator's language model, at any OpenAI-compatible address: asked seldom, within limits, and never believed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta, Struct

from bot.core.errors import FetchError, SummaryError, Unreachable
from bot.core.ports import Clock, Door, Store
from bot.core.settings import Settings
from bot.newsroom.spending import Purse, Tokens

_ANSWER_TOKENS = 1000
_ANSWER_BYTES = 262_144
_FRAME_TOKENS = 100
"""What a server may put around the two texts that it is sent."""
_REST_SECONDS = 300.0
_LONGEST_REST_SECONDS = 3600.0
_SHUT = frozenset({401, 402, 403, 404, 405})
"""Statuses that only the operator can do something about."""
_BUSY = frozenset({408, 425, 429})
_LIMITS = ("max_tokens", "max_completion_tokens")
"""What the length of an answer is called: by most servers, and by those that refuse the former with 400."""

_log = structlog.get_logger()


class _Text(Struct):
    content: str | None = None


class _Choice(Struct):
    message: _Text
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: Annotated[int, Meta(gt=0, le=10**9)]
    completion_tokens: Annotated[int, Meta(ge=0, le=10**9)]


class _Completion(Struct):
    choices: Annotated[list[_Choice], Meta(min_length=1)]
    usage: _Usage | None = None


class LanguageModel:
    """The `Model` that the settings name. Nothing it answers is logged, nor is the key that it is asked with."""

    def __init__(self, settings: Settings, door: Door, store: Store, clock: Clock) -> None:
        self._settings, self._door, self._clock = settings, door, clock
        self._purse = Purse(settings, store, clock)
        self._turns = asyncio.Semaphore(settings.model_at_once)
        self._asked: dict[tuple[str, str], asyncio.Task[str]] = {}
        self._rests_until = 0.0
        self._limit = 0

    async def answer(self, rules: str, material: str) -> str:
        """Return what the model writes; see the port. One question is under way for all who ask the same."""
        key = (rules, material)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._in_time(rules, material))
            task.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is being asked."""
        tasks = [*self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _answered(self, key: tuple[str, str], task: asyncio.Task[str]) -> None:
        del self._asked[key]
        if not task.cancelled():
            task.exception()  # where every reader has gone meanwhile, nobody else looks at it

    async def _in_time(self, rules: str, material: str) -> str:
        """Wait for a turn and for the answer, together no longer than a reader does."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._settings.model_seconds
        try:
            async with asyncio.timeout_at(end):
                await self._turns.acquire()
        except TimeoutError as error:
            raise SummaryError(reason="busy") from error
        try:
            return await self._paid(rules, material, end - loop.time())
        finally:
            self._turns.release()

    async def _paid(self, rules: str, material: str, seconds: float) -> str:
        if self._clock.monotonic() < self._rests_until:
            raise SummaryError(reason="resting")
        bytes_sent = len(rules.encode()) + len(material.encode())  # no token is less than a byte
        most = Tokens(bytes_sent + _FRAME_TOKENS, _ANSWER_TOKENS)
        day = await self._purse.put_aside(most)
        try:
            body = await self._posted(rules, material, seconds)
        except FetchError as error:
            if isinstance(error, Unreachable) and "status" in error.arguments:  # refused, so it costs nothing
                await self._purse.settle(day, most, Tokens())
            raise self._failed(error) from error
        told = self._read(body)
        if told.usage:
            await self._purse.settle(day, most, Tokens(told.usage.prompt_tokens, told.usage.completion_tokens))
        return self._text(told.choices[0])

    async def _posted(self, rules: str, material: str, seconds: float) -> bytes:
        """Ask, and once more where the server knows the limit of an answer by the other name."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            return await self._post(rules, material, seconds)
        except Unreachable as error:
            if error.arguments.get("status") != 400 or self._limit:
                raise
            self._limit = 1
        try:
            return await self._post(rules, material, end - loop.time())
        except FetchError:
            self._limit = 0
            raise

    async def _post(self, rules: str, material: str, seconds: float) -> bytes:
        key = self._settings.model_key
        headers: Mapping[str, str] = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        question = {
            "model": self._settings.model_name,
            "messages": [{"role": "system", "content": rules}, {"role": "user", "content": material}],
            "response_format": {"type": "json_object"},
            _LIMITS[self._limit]: _ANSWER_TOKENS,
        }
        url = f"{str(self._settings.model_url).rstrip('/')}/chat/completions"
        body = msgspec.json.encode(question)
        fetched = await self._door.consult(url, body, headers=headers, seconds=seconds, most=_ANSWER_BYTES)
        return fetched.body

    def _failed(self, error: FetchError) -> SummaryError:
        """Leave a server alone that fails, as long as it asks for or some minutes; not one that refuses this text."""
        status = int(str(error.arguments.get("status", 0)))
        if 400 <= status < 500 and status not in _SHUT | _BUSY:
            return SummaryError(reason="refused")
        asked = error.arguments.get("retry_after", _LONGEST_REST_SECONDS if status in _SHUT else _REST_SECONDS)
        seconds = min(max(float(str(asked)), 1.0), _LONGEST_REST_SECONDS)
        self._rests_until = self._clock.monotonic() + seconds
        _log.warning("the model rests", problem=error.message_key, status=status, seconds=seconds)
        return SummaryError(reason="slow" if error.message_key == "error.too_slow" else "unreachable")

    @staticmethod
    def _read(body: bytes) -> _Completion:
        try:
            return msgspec.json.decode(body, type=_Completion)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise SummaryError(reason="no_answer") from error

    def _text(self, choice: _Choice) -> str:
        """Return the text of an answer that came to its end. A key that is sent back gets no further."""
        text = choice.message.content or ""
        key = self._settings.model_key
        if not text.strip() or choice.finish_reason not in {None, "stop"} or (key and key.get_secret_value() in text):
            raise SummaryError(reason="no_answer")
        return text
