"""What `dateline check` looks at: settings, store, platforms, feeds, the model, and one chat if asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.cli.upkeep import setting_problems
from bot.core.errors import BotError
from bot.core.i18n import translator
from bot.core.settings import Settings
from bot.intake.websub import obstacle
from bot.main import called

_EACH = 30
"""Feeds up to which each has a line of its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and how it is."""

    fine: bool
    text: str


async def findings(chat: str) -> AsyncIterator[Finding]:
    """Look at one thing after another; what builds on a broken one is not looked at."""
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in setting_problems(error):
            yield Finding(fine=False, text=problem)
        return
    yield Finding(fine=True, text="settings")
    say = translator(settings.language)
    try:
        async with called(settings) as call:
            state = await call("state")
            runs = "the bot is running" if state["running"] else "the bot is not running"
            yield Finding(fine=True, text=f"store: {state['chats']} chats; {runs}")
            for platform, problem in (await call("platforms") if state["running"] else {}).items():
                text = f"platform {platform}: {problem or 'it listens'}"
                yield Finding(fine=not problem, text=text)
            for found in _of_feeds((await call("feeds"))["feeds"]):
                yield found
            nobody = obstacle(settings)
            pushed = f"only polled, as {nobody}" if nobody else "pushed by their hubs, where they have one"
            yield Finding(fine=True, text=f"feeds are {pushed}")
            if settings.model_url:
                asked = await call("model")
                yield Finding(fine=asked["fine"], text=f"model: {asked['text']}")
            if chat:
                tried = await call("live", chat=chat)
                text = f"live in {chat}: {', '.join(tried['done']) or 'nothing'} worked. {tried['problem']}"
                yield Finding(fine=not tried["problem"], text=text.strip())
    except BotError as error:
        yield Finding(fine=False, text=say(error.message_key, **error.arguments))


def _of_feeds(feeds: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what there is to say of each feed; of many that are fine, only their number."""
    many = len(feeds) > _EACH
    for feed in feeds:
        if not (many and feed["fine"]):
            yield Finding(fine=feed["fine"], text=f"feed {feed['url']}: {feed['text']}")
    if many:
        well = sum(feed["fine"] for feed in feeds)
        yield Finding(fine=well == len(feeds), text=f"feeds: {well} of {len(feeds)} are fine")
