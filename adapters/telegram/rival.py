"""Another program that takes this account's updates: waited out at first, then given way to until it is gone."""

from __future__ import annotations

import asyncio

import structlog

from adapters.telegram.errors import soon

_SURE_SECONDS = 45.0
"""Polls that were left alone for so long have no rival: whoever lost to them asks again sooner. Less than one takes."""
_NEWCOMER_SECONDS = 30.0
"""A bot that has just been started waits so long for the one before it to end; then it is the one too many."""
_SETTLED_SECONDS = 90.0
"""A bot that polled undisturbed before stays so much longer that it is the newcomer who gives way."""
_LOOK_SECONDS = 120.0
"""Between two looks whether the rival is gone. Each costs it one refused poll, which is no quarrel of any length."""

_log = structlog.get_logger()


class Rivalry:
    """Decides, by the refusals that two pollers of one token give each other in turn, which of them is to stop.

    Times are seconds of one monotonic clock, passed in. `connected` is cleared and `rivalled` set when we give way; the
    other way round when a look was left alone for long enough.
    """

    def __init__(self, connected: asyncio.Event, rivalled: asyncio.Event) -> None:
        self._connected = connected
        self._rivalled = rivalled
        self._settled = False
        self._alone_since = 0.0
        """Since when polls go on that nobody refused; lies ahead while none is made."""
        self._quarrel_since: float | None = None

    def begin(self, at: float) -> None:
        """Note that polling goes on at a time, after none was made for a while."""
        self._alone_since = at

    def answered(self, now: float) -> None:
        """Note that a poll was answered. Where polls have been left alone for long enough, there is no rival."""
        if now - self._alone_since < _SURE_SECONDS:
            return
        self._settled, self._quarrel_since = True, None
        if self._rivalled.is_set():
            _log.warning("telegram is this program's again: the other one has ended")
            self._rivalled.clear()
            self._connected.set()

    def refused(self, now: float) -> float:
        """Note that a poll was refused for another's sake, and return the seconds until the next may be made."""
        if now - self._alone_since >= _SURE_SECONDS:
            self.answered(now)
        if self._quarrel_since is None:
            self._quarrel_since = now
        pause = _LOOK_SECONDS if self._gives_way(now - self._quarrel_since) else soon()
        self._alone_since = now + pause
        _log.warning("another program takes this bot's updates", again_in=round(pause, 1))
        return pause

    def _gives_way(self, quarrelled: float) -> bool:
        """Tell whether we are silent, from now on or as before."""
        if self._rivalled.is_set():
            return True
        if quarrelled < (_SETTLED_SECONDS if self._settled else _NEWCOMER_SECONDS):
            return False
        _log.error("telegram is left to another program; stop it, or give one of the two another token")
        self._settled, self._quarrel_since = False, None
        self._connected.clear()
        self._rivalled.set()
        return True
