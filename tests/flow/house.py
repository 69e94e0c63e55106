"""The whole house over a real store, a real web chat and the real parsers; only the clock is the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.web.adapter import WebAdapter
from adapters.web.posts import Post
from bot.commands.dispatch import Dispatcher
from bot.commands.menu import COMMANDS, registry
from bot.commands.quota import quotas
from bot.core.clock import TimeIds
from bot.core.model import Chat
from bot.core.ports import Add, Bot
from bot.core.settings import Settings
from bot.core.update import Update
from bot.intake.fetch import GuardedDoor
from bot.intake.sandbox import Children
from bot.intake.watch import own_feeds
from bot.newsroom.model import LanguageModel
from bot.pipeline import Pipeline
from store import open_store
from tests.fakes import FakeClock

OPERATOR = "web:operator"

Platform = Callable[..., Any]
"""An adapter's class, for houses with more than the web: it takes settings, store, clock, ids and commands."""


@dataclass
class House:
    """A bot that a test talks to and whose clock it turns."""

    bot: Bot
    pipeline: Pipeline
    dispatch: Dispatcher
    clock: FakeClock

    async def record(self, line: str, who: str = OPERATOR, origin: Post | None = None) -> Update:
        """Record an update as the adapter does before it tells the browser that it has it."""
        chat = Chat.parse(who)
        at = self.clock.now()
        id = f"web:{self.bot.ids.new()}"
        update = Update(id=id, chat=chat, person=who, line=line, at=at, origin=origin.receipt if origin else None)
        await self.bot.store.commit(Add(update))
        return update

    async def say(self, line: str, who: str = OPERATOR) -> str:
        """Type a line and return the text of the last message in the chat."""
        await self.dispatch(await self.record(line, who))
        return (await self.posts(who))[-1].message.plain

    async def press(self, label: str, who: str = OPERATOR) -> str:
        """Press the newest button whose label begins so; return what its message then says, or a new one's text."""
        shown = [(post, action) for post in reversed(await self.posts(who)) for action in post.message.actions]
        post, action = next(pair for pair in shown if pair[1].label.startswith(label))
        await self.dispatch(await self.record(action.line, who, post))
        after = await self.bot.store.get(Post, post.id)
        return (await self.texts(who))[-1] if after.message == post.message else after.message.plain

    async def posts(self, who: str = OPERATOR) -> list[Post]:
        """Return what stands in a chat, oldest first."""
        return [post for post in await self.bot.store.find(Post, {"chat": who}, limit=1000) if post.message]

    async def texts(self, who: str = OPERATOR) -> list[str]:
        """Return the texts of what stands in a chat."""
        return [post.message.plain for post in await self.posts(who)]

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything that is due then happen."""
        await self.clock.advance(seconds)
        await self.pipeline.settle()


@asynccontextmanager
async def opened(
    folder: Path,
    clock: FakeClock,
    *,
    feeds: tuple[str, ...] = (),
    trusted: tuple[str, ...] = (),
    platforms: Sequence[Platform] = (),
    **changed: object,
) -> AsyncIterator[House]:
    """Open the house in a folder; opening it again there is a restart."""
    settings = Settings(_env_file=None, data_dir=folder, **changed)
    async with AsyncExitStack() as stack:
        store = await open_store(settings.database_url, folder)
        stack.push_async_callback(store.close)
        ids = TimeIds(clock.now)
        web = WebAdapter(settings, store, clock, ids)
        others = [platform(settings, store, clock, ids, COMMANDS) for platform in platforms]
        for other in others:
            stack.push_async_callback(other.close)
        door, parser = GuardedDoor(settings, clock, trusted=trusted), Children(settings)
        stack.push_async_callback(door.close)
        stack.push_async_callback(parser.close)
        model = LanguageModel(settings, door, store, clock) if settings.model_url else None
        if model:
            stack.push_async_callback(model.close)
        bot = Bot(
            settings=settings,
            store=store,
            door=door,
            parser=parser,
            clock=clock,
            ids=ids,
            quota=quotas(settings),
            adapters={adapter.platform: adapter for adapter in (web, *others)},
            model=model,
        )
        web.open(bot)
        await store.commit(*await own_feeds(bot, feeds))
        pipeline = Pipeline(bot)
        await pipeline.open()
        yield House(bot, pipeline, Dispatcher(bot, registry()), clock)
