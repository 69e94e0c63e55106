"""Reading foreign documents in child processes that can be killed: a document costs at most itself."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import orjson
import structlog

from bot.core.codec import decode
from bot.core.errors import BotError, NoArticle, NotAFeed, Unparsable, UsageError
from bot.core.model import Page
from bot.core.ports import ParsedFeed
from bot.core.settings import Settings
from bot.intake.child import FUNCTIONS, LENGTHS, frame

T = TypeVar("T")

_CHILDREN = 2
_LONGEST_SECONDS = 60.0
"""Time for a child to import what it needs, or to answer, on a machine that is busy."""
_LONGEST_ANSWER = 32 * 2**20
"""Bytes of an answer that are read at all: a child that was taken over may claim any length."""
_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""What a child gets of our environment: nothing secret."""
_ERRORS: Mapping[str, type[BotError]] = {kind.__name__: kind for kind in (UsageError, NotAFeed, NoArticle, Unparsable)}

_log = structlog.get_logger()


class Children:
    """The `Parser`: at most two children, started when first needed and used again while they behave."""

    def __init__(self, settings: Settings, functions: Mapping[str, str] = FUNCTIONS) -> None:
        self._settings = settings
        self._functions = functions
        self._places = asyncio.Semaphore(_CHILDREN)
        self._idle: list[_Child] = []
        self._alive: set[_Child] = set()
        self._burials: set[asyncio.Task[None]] = set()

    async def page(self, body: bytes, url: str, *, content_type: str = "") -> Page:
        """Return what the page says; always, with its kind, whatever the page is."""
        return await self.read(Page, "page", body, url, content_type)

    async def feed(self, body: bytes, url: str, *, headers: Mapping[str, str] | None = None) -> ParsedFeed:
        """Return the feed's entries, newest as the feed orders them."""
        return await self.read(ParsedFeed, "feed", body, url, dict(headers or {}))

    async def read(self, kind: type[T], function: str, body: bytes, /, *arguments: object) -> T:
        """Have a child call `function(body, *arguments)`; return the `kind` it makes, or raise its error.

        Raises `Unparsable`, saying whether it was time or memory, where the child had to be killed.
        """
        try:
            question = frame({"function": function, "arguments": arguments}, body)
            async with self._places:
                answer, result = await self._asked(question)
            if "error" in answer:
                raise _ERRORS.get(answer["error"], Unparsable)(str(answer["key"]), **answer["arguments"])
            return decode(kind, result)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unparsable("error.document_crash") from error

    async def close(self) -> None:
        """End the children and wait until none is left."""
        self._idle.clear()
        for child in tuple(self._alive):
            self._dismiss(child)
        await asyncio.gather(*self._burials)

    async def _asked(self, question: bytes) -> tuple[Mapping[str, Any], bytes]:
        child = self._spare() or await self._start()
        try:
            answer, result = await child.ask(question, 2 * self._settings.parser_seconds)
        except BaseException:  # cancelled too: a child in the middle of a document answers nobody else
            self._dismiss(child)
            raise
        if answer.get("last"):
            self._dismiss(child)
        else:
            self._idle.append(child)
        return answer, result

    def _spare(self) -> _Child | None:
        """Return an idle child that still lives."""
        while self._idle:
            child = self._idle.pop()
            if child.lives:
                return child
            self._dismiss(child)
        return None

    async def _start(self) -> _Child:
        limits = str(self._settings.parser_seconds), str(self._settings.parser_megabytes)
        child = await _Child.start(orjson.dumps(self._functions).decode(), *limits)
        self._alive.add(child)
        try:
            await child.ready()
        except BaseException:
            self._dismiss(child)
            raise
        return child

    def _dismiss(self, child: _Child) -> None:
        """Kill a child and see that it is buried, without waiting for it."""
        if child in self._alive:
            self._alive.remove(child)
            burial = asyncio.create_task(child.end())
            self._burials.add(burial)
            burial.add_done_callback(self._burials.discard)


class _Child:
    """One process, its pipes, and what it says on standard error."""

    def __init__(self, process: Process) -> None:
        self._process = process
        assert process.stdin and process.stdout and process.stderr  # noqa: S101, PT018  # for the types: all are pipes
        self._questions, self._answers, self._mutter = process.stdin, process.stdout, process.stderr
        self._tell = _log.error
        """How its words are logged: as an error until it is ready, as hardly anything afterwards."""
        self._listening = asyncio.create_task(self._listen())
        self._answering: asyncio.Task[tuple[Mapping[str, Any], bytes]] | None = None

    @classmethod
    async def start(cls, *arguments: str) -> Self:
        """Start the process in a session of its own, so that a terminal's Ctrl-C is not for it."""
        environment = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "bot.intake.child", *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
            start_new_session=True,
        )
        return cls(process)

    @property
    def lives(self) -> bool:
        """Whether the process has not ended, as far as is known."""
        return self._process.returncode is None

    async def ready(self) -> None:
        """Wait until it has imported what it needs and given up the rest."""
        await self._within(_LONGEST_SECONDS)
        self._tell = _log.debug

    async def ask(self, question: bytes, seconds: float) -> tuple[Mapping[str, Any], bytes]:
        """Put one document; return the answer's head and body. After an `Unparsable` the child is of no more use.

        `seconds` are how long it may be without an answer and without having worked, and how much work it may be.
        """
        self._questions.write(question)
        return await self._within(seconds)

    async def _within(self, seconds: float) -> tuple[Mapping[str, Any], bytes]:
        answer = self._answering = asyncio.create_task(self._answer())
        try:
            await self._watch(answer, seconds)
            return answer.result()
        except (ValueError, TypeError) as error:
            raise Unparsable("error.document_crash") from error
        finally:
            answer.cancel()
            await asyncio.wait({answer})

    async def _watch(self, answer: asyncio.Task[Any], seconds: float) -> None:
        """Wait for the answer as long as the child works at it: that the machine is busy is no document's fault."""
        began = before = self._worked()
        for _ in range(max(1, round(_LONGEST_SECONDS / seconds))):
            done, _ = await asyncio.wait({answer}, timeout=seconds)
            if done:
                return
            worked = self._worked()
            if worked == before or worked - began > seconds:
                break
            before = worked
        raise Unparsable("error.document_time")

    def _worked(self) -> float:
        """Return the seconds of processor time the process has had; 0 where the system does not say."""
        with suppress(OSError):
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    async def _answer(self) -> tuple[Mapping[str, Any], bytes]:
        try:
            await self._questions.drain()
            lengths = await self._answers.readexactly(2 * LENGTHS)
            longest = int.from_bytes(lengths[:LENGTHS]), int.from_bytes(lengths[LENGTHS:])
            if sum(longest) > _LONGEST_ANSWER:
                raise ValueError(longest)
            head, body = [await self._answers.readexactly(length) for length in longest]
        except (EOFError, ConnectionError) as error:
            raise Unparsable(_cause(await self._process.wait())) from error
        answer = orjson.loads(head)
        if not isinstance(answer, dict):
            raise TypeError(answer)
        return answer, body

    async def _listen(self) -> None:
        """Pass on what libraries print, a bounded piece at a time."""
        while piece := await self._mutter.read(4096):
            self._tell("parsing child", said=piece.decode(errors="replace"))

    async def end(self) -> None:
        """Kill the process and all it may have started, and let go of its pipes."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._answering:
            await asyncio.wait({self._answering})  # whoever still reads comes to the end now
        while await self._answers.read(2**16):
            pass  # else its pipe stays full and open, and for that asyncio waits before it tells the end
        await self._process.wait()
        self._questions.close()
        with suppress(ConnectionError):
            await self._questions.wait_closed()
        await self._listening


def _cause(status: int) -> str:
    """Return the catalog key for how a child ended by itself."""
    if status == -signal.SIGPROF:
        return "error.document_time"
    return "error.document_memory" if status == -signal.SIGKILL else "error.document_crash"
