"""The reading room of the command line: the door and the parsing children, opened when first needed."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.control import Call
    from bot.core.ports import Door, Parser
    from bot.core.settings import Settings


class ReadingRoom:
    """Opens nothing until it is asked, so that text from a pipe needs no settings, children or network."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._door: Door | None = None
        self._parser: Parser | None = None
        self._house = AsyncExitStack()
        self._call: Call | None = None

    async def door(self) -> Door:
        """Return the guarded way to the web."""
        from bot.core.clock import SystemClock  # noqa: PLC0415
        from bot.intake.fetch import GuardedDoor  # noqa: PLC0415

        if self._door is None:
            self._door = GuardedDoor(self.settings(), SystemClock())
        return self._door

    async def parser(self) -> Parser:
        """Return the children that read foreign documents."""
        from bot.intake.sandbox import Children  # noqa: PLC0415

        if self._parser is None:
            self._parser = Children(self.settings())
        return self._parser

    async def call(self) -> Call:
        """Return the way to the running bot, or to the store where none runs."""
        from bot.main import called  # noqa: PLC0415

        if self._call is None:
            self._call = await self._house.enter_async_context(called(self.settings()))
        return self._call

    def settings(self) -> Settings:
        """Return the operator's settings."""
        from bot.core.settings import Settings  # noqa: PLC0415

        if self._settings is None:
            self._settings = Settings()
        return self._settings

    async def close(self) -> None:
        """Close what was opened."""
        await self._house.aclose()
        for opened in (self._door, self._parser):
            if opened is not None:
                await opened.close()
