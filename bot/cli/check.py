"""What `dateline check` looks at: settings, store, platforms, feeds, the model, and one chat if asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from pydantic import ValidationError

from bot.cli.upkeep import setting_problems
from bot.core.errors import BotError
from bot.core.i18n import translator
from bot.core.settings import Settings
from bot.intake.websub import obstacle
from bot.main import called


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
            for feed in (await call("feeds"))["feeds"]:
                yield Finding(fine=feed["fine"], text=f"feed {feed['url']}: {feed['text']}")
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
