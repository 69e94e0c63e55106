"""The composition root, the only module that knows all: settings to store, adapters, and one task group."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from adapters.sample.newsroom import SampleNewsroom
from adapters.web.adapter import WebAdapter
from bot import control, operations, outlines, subscribers, terminal
from bot.commands.dispatch import Dispatcher
from bot.commands.menu import COMMANDS, registry
from bot.commands.quota import quotas
from bot.core import logs
from bot.core.clock import SystemClock, TimeIds
from bot.core.errors import BotError, StoreError, UsageError
from bot.core.i18n import translator
from bot.core.model import Feed
from bot.core.ports import Adapter, Bot, Clock, Ids, Store
from bot.core.settings import Settings
from bot.core.update import Dispatch
from bot.files import place_for
from bot.housekeeping import first_sweep
from bot.intake import websub
from bot.intake.fetch import GuardedDoor
from bot.intake.sandbox import Children
from bot.intake.watch import own_feeds
from bot.newsroom.model import LanguageModel
from bot.outreach import alarm, disk, feeds
from bot.pipeline import Pipeline
from store import open_store
from store.backup import read_backup, write_backup

_STANDBY_SECONDS = 0.5
"""Between two looks whether the other instance has ended."""
_AGAIN_SECONDS, _SELDOM_SECONDS = 300.0, 3600.0
"""After so long a platform that has stopped is tried again: at first, and where that does not help."""
_DRAIN_SECONDS = 10.0
"""What is being answered when the bot is told to end has so long."""
_LONGEST_END_SECONDS = 14.0
"""Then the process ends, whatever holds it: the look-up of a name that hangs, say. What is kept is safe at any time."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = structlog.get_logger()


async def backup(bot: Bot, *, file: str, replace: bool = False) -> Mapping[str, Any]:
    """Write everything the store has to a file, as it stands at one moment.

    Raises UsageError where it has nothing: whoever stands in the wrong folder must not take that for a backup.
    """
    path = place_for(file, replace=replace)
    if await anext(bot.store.dump(), None) is None:
        raise UsageError("backup.nothing", folder=str(bot.settings.data_dir))
    return {"documents": await write_backup(bot.store, path)}


OPERATIONS: Mapping[str, control.Operation] = {
    "command": terminal.command,
    "breaking": terminal.breaking,
    "alerts": terminal.alerts,
    "standing": terminal.standing,
    "report": terminal.report,
    "live": operations.live,
    "state": operations.state,
    "feeds": operations.feeds,
    "model": operations.model,
    "summary": operations.summary,
    "backup": backup,
    "export": subscribers.export_subscribers,
    "import": subscribers.import_subscribers,
    "listed": outlines.listed,
    "found": outlines.found,
    "taken_in": outlines.taken_in,
    "kept_alone": outlines.kept_alone,
    "exported": outlines.exported,
}


@asynccontextmanager
async def opened(
    settings: Settings, store: Store, adapters: Sequence[Adapter] = (), trusted: Sequence[str] = ()
) -> AsyncIterator[Bot]:
    """Give a bot over an open store; `trusted` are addresses of our own that the guard lets through."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        door, parser = GuardedDoor(settings, clock, trusted=trusted), Children(settings)
        stack.push_async_callback(door.close)
        stack.push_async_callback(parser.close)
        model = LanguageModel(settings, door, store, clock) if settings.model_url else None
        if model:
            stack.push_async_callback(model.close)
        yield Bot(
            settings=settings,
            store=store,
            door=door,
            parser=parser,
            clock=clock,
            ids=TimeIds(clock.now),
            quota=quotas(settings),
            adapters={adapter.platform: adapter for adapter in adapters},
            model=model,
        )


@asynccontextmanager
async def stored(settings: Settings) -> AsyncIterator[Store]:
    """Give the store that the settings name. Raises UsageError where another process has it."""
    store = await open_store(settings.database_url, settings.data_dir)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def called(settings: Settings) -> AsyncIterator[control.Call]:
    """Give the way to the running instance, or to the store itself where none runs."""
    async with AsyncExitStack() as stack:
        call = await stack.enter_async_context(control.reached(settings.data_dir))
        if call is None:
            store = await stack.enter_async_context(stored(settings))
            bot = await stack.enter_async_context(opened(settings, store))

            async def call(name: str, /, **arguments: object) -> Mapping[str, Any]:
                return await OPERATIONS[name](bot, **arguments)

        yield call


async def restored(settings: Settings, file: Path, *, replace: bool) -> int:
    """Put a backup's documents into the store, and return how many. Raises UsageError where it is not empty."""
    async with stored(settings) as store:
        if not replace and await anext(store.dump(), None) is not None:
            raise UsageError("restore.not_empty")
        return await read_backup(store, file)


async def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM; a second one ends the process at once."""
    logs.configure(settings.log_level, settings.log_format)
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # we are in one
    for name in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(name, _end, task)
    with suppress(asyncio.CancelledError):
        await _run(settings)


def spare_the_collector() -> None:
    """Have the garbage collector leave alone what was read from the store: a look at all of it stops everything else.

    Documents hold no cycles, so what becomes of them needs no collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _end(task: asyncio.Task[None]) -> None:
    """Have what is under way come to its end, within some seconds."""
    _log.info("ending: what is under way is finished first; a second signal ends it at once")
    for name in _SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(name)
        signal.signal(name, signal.SIG_DFL)
    deadline = threading.Timer(_LONGEST_END_SECONDS, lambda: os._exit(0 if task.done() else 1))
    deadline.daemon = True
    deadline.start()
    task.cancel()


async def _ours(settings: Settings, clock: Clock) -> Store:
    """Open the store; while another process has it, stand by: the kernel takes it from that one when it ends."""
    stands_by = False
    while True:
        try:
            store = await open_store(settings.database_url, settings.data_dir)
        except StoreError as error:
            if error.message_key != "error.store_in_use":
                raise
            if not stands_by:
                _print(translator(settings.language)("standby.waits", **error.arguments))
            stands_by = True
            await clock.sleep(_STANDBY_SECONDS)
        else:
            if stands_by:
                _print(translator(settings.language)("standby.over"))
            return store


async def has_samples(settings: Settings, store: Store) -> bool:
    """Tell whether the sample newsroom runs: unless it is asked for, not where a list has brought feeds of our own."""
    return settings.samples and (settings.sample_newsroom is True or not await store.find(Feed, {"kept": True}))


async def _run(settings: Settings) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await _ours(settings, clock)
        stack.push_async_callback(store.close)
        feeds = [str(url) for url in settings.feeds]
        trusted: tuple[str, ...] = ()
        samples = await has_samples(settings, store)
        if samples:
            newsroom = SampleNewsroom(settings, clock)
            feeds += await newsroom.open()
            stack.push_async_callback(newsroom.close)
            trusted = (newsroom.address,)
            settings = newsroom.paced(settings)
        ids = TimeIds(clock.now)
        others = tuple(_platforms(settings, store, clock, ids))
        web = WebAdapter(settings, store, clock, ids, others)
        for adapter in (web, *others):
            stack.push_async_callback(adapter.close)
        address = web.bind()
        bot = await stack.enter_async_context(opened(settings, store, (web, *others), trusted))
        web.open(bot)
        await bot.store.commit(first_sweep(bot), *await own_feeds(bot, feeds))
        websub.tell(settings)
        pipeline = Pipeline(bot)
        await pipeline.open()
        spare_the_collector()
        _announce(address, await web.sign_in_link(), sample=samples)
        await _turn(bot, pipeline)


def _platforms(settings: Settings, store: Store, clock: Clock, ids: Ids) -> Iterator[Adapter]:
    """Build the platforms that have a token. Their libraries cost a second and 30 MB: only who uses them pays."""
    if settings.telegram_token:
        from adapters.telegram.adapter import TelegramAdapter  # noqa: PLC0415

        yield TelegramAdapter(settings, store, clock, ids, COMMANDS)
    if settings.discord_token:
        from adapters.discord.adapter import DiscordAdapter  # noqa: PLC0415

        yield DiscordAdapter(settings, store, clock, ids, COMMANDS)


def _announce(address: str, link: str, *, sample: bool) -> None:
    """Print where the desk is, each on a line of its own. Its port answers a moment later; who comes at once waits."""
    lines = ["Dateline is ready. The desk and its chat:", f"  {address}"]
    lines += ["Sign in as operator; the link works once, within 15 minutes:", f"  {link}"]
    if sample:
        lines.append("No feed is configured: the sample newsroom brings a new story now and then.")
    _print(*lines)


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def _turn(bot: Bot, pipeline: Pipeline) -> None:
    """Let both rivers run until cancelled."""
    dispatch = Dispatcher(bot, registry())
    left = await dispatch.left()
    await alarm.clear_of_others(bot)
    await feeds.clear_of_others(bot)
    async with asyncio.TaskGroup() as group:
        group.create_task(pipeline.run())
        ends: dict[str, BotError] = {}
        for adapter in bot.adapters.values():
            group.create_task(_listen(bot, adapter, dispatch, ends))
        group.create_task(disk.watch(bot))

        async def platforms(bot: Bot) -> Mapping[str, Any]:
            say = translator(bot.settings.language)
            out = {name: end for name, end in ends.items() if not bot.adapters[name].connected.is_set()}
            out |= {name: BotError("error.rivalled") for name in bot.adapters if bot.adapters[name].rivalled.is_set()}
            return dict.fromkeys(bot.adapters, "") | {
                name: say(end.message_key, **end.arguments) for name, end in out.items()
            }

        group.create_task(control.serve(bot, {**OPERATIONS, "platforms": platforms}))
        group.create_task(dispatch.resume(left))
        group.create_task(_drained(dispatch))


async def _drained(dispatch: Dispatcher) -> None:
    """Let what is being answered at the end be answered, while the connections still stand."""
    try:
        await asyncio.Event().wait()
    finally:
        await dispatch.drain(_DRAIN_SECONDS)


async def _listen(bot: Bot, adapter: Adapter, dispatch: Dispatch, ends: dict[str, BotError]) -> None:
    """Let one platform listen, and again some minutes after it has stopped, seldom in the end, until cancelled.

    What it has stopped for stands in `ends` by its name, and alarms the operators until it is let in again.
    """
    pause = _AGAIN_SECONDS
    while True:
        began = bot.clock.monotonic()
        error = ends[adapter.platform] = await _listened(bot, adapter, dispatch)
        adapter.connected.clear()
        with suppress(StoreError):  # it stands in the log
            await bot.store.commit(*alarm.stopped(bot, adapter.platform, error))
        await bot.clock.sleep(pause)
        stable = bot.clock.monotonic() - began > _SELDOM_SECONDS
        pause = _AGAIN_SECONDS if stable else min(2 * pause, _SELDOM_SECONDS)


async def _listened(bot: Bot, adapter: Adapter, dispatch: Dispatch) -> BotError:
    """Let one platform listen until whatever goes wrong with it ends it alone, and return that."""
    watch = asyncio.create_task(alarm.watch(bot, adapter))
    error = BotError()
    try:
        await adapter.run(dispatch)
    except BotError as refusal:
        error = refusal
        _log.error("platform stopped", platform=adapter.platform, problem=error.message_key)
    except Exception:  # noqa: BLE001  # the other platforms go on
        _log.exception("platform stopped", platform=adapter.platform)
    else:
        _log.error("platform stopped", platform=adapter.platform)
    finally:
        watch.cancel()
    return error
