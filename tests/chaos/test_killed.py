"""The program killed at random while the sample newsroom runs: nothing acknowledged is lost, nothing is shown twice."""

import asyncio
import random
import re
import signal
import socket
from collections import Counter
from contextlib import suppress
from datetime import UTC

import aiohttp
import pytest

from adapters.web.posts import Post
from bot.core.i18n import translator
from bot.core.model import Alert, Delivery, Outcome, Subscriber
from bot.core.update import Update
from bot.outreach.compose import alert_message
from store import open_store
from tests.browser.program import Program
from tests.flow.web import Browser

KILLS = 20
CHAT = "web:operator"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def type_until_it_dies(browser: Browser, words: list[str], acknowledged: set[str]) -> None:
    """Type a subscription after the other; those that were answered count as acknowledged."""
    with suppress(aiohttp.ClientError, OSError):
        while True:
            word = f"word{len(words)}"
            words.append(word)
            answer = await browser.say(f"/subscribe {word}", script=True, key=word)
            assert answer.status == 200
            acknowledged.add(word)
            await asyncio.sleep(0.02)


async def news_comes(program: Program, browser: Browser) -> None:
    """Wait until the page shows another story of the sample newsroom's."""
    before = stories(browser.html)
    while stories(browser.html) == before:
        await page_of(program, browser)
        await asyncio.sleep(0.05)


def stories(html: str) -> list[str]:
    """The ids of the posts that name their source."""
    return re.findall(r'<article[^>]* id="([^"]+)"(?:(?!</article>).)*?Saltmere', html, re.DOTALL)


async def killed_while_typing(program: Program, browser: Browser, seconds: float, words, acknowledged) -> None:
    typing = asyncio.create_task(type_until_it_dies(browser, words, acknowledged))
    await asyncio.sleep(seconds)
    program.process.send_signal(signal.SIGKILL)
    await typing


async def page_of(program: Program, browser: Browser) -> None:
    """Open the chat; the program prints its address before it listens."""
    while True:
        with suppress(aiohttp.ClientConnectionError):
            await browser.open()
            return
        assert program.process.poll() is None, program.log
        await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_twenty_kills_lose_nothing_and_repeat_nothing(tmp_path):
    folder = tmp_path / "var"
    chance = random.Random(20)
    settings = {"WEB_PORT": str(free_port()), "SAMPLE_PORT": str(free_port()), "SAMPLE_SECONDS": "0.5"}
    settings |= {"SUBSCRIPTIONS_PER_CHAT": "100000", "COMMANDS_PER_MINUTE": "100000", "POLL_SECONDS": "0.3"}
    words: list[str] = []
    acknowledged: set[str] = set()
    async with Browser(f"http://127.0.0.1:{settings['WEB_PORT']}") as browser:
        for number in range(KILLS):
            with Program(folder, **settings) as program:
                await page_of(program, browser)
                if number == 0:
                    await browser.sign_in(program.link)
                    await browser.say("/subscribe")
                await page_of(program, browser)
                if number % 2:  # every other process lives until it has told something, however slow the machine
                    await news_comes(program, browser)
                await killed_while_typing(program, browser, chance.uniform(0.05, 1.5), words, acknowledged)
    with Program(folder, **settings, SAMPLE_NEWSROOM="false"):
        await asyncio.sleep(3)
    await judge(folder, acknowledged)


async def judge(folder, acknowledged: set[str]) -> None:
    """Hold what is kept against what was acknowledged."""
    store = await open_store("tinydb:", folder)
    try:
        chat = await store.get(Subscriber, CHAT)
        posts = [post for post in await store.find(Post, {"chat": CHAT}, limit=100_000) if post.message]
        texts = Counter(post.message.plain for post in posts if not post.author)
        assert len(acknowledged) > KILLS
        assert acknowledged <= set(chat.keywords)
        assert await store.find(Update, {"answered": False}) == []
        for word in acknowledged:
            said = f"You follow the keyword {word}: you get every story with it. No article of the last 7 days has it."
            assert texts[said] <= 1
        say = translator("en")
        alerts = {alert.id: alert for alert in await store.find(Alert, limit=100_000)}
        deliveries = await store.find(Delivery, limit=100_000)
        sent = [alert for alert in alerts.values() if alert.released and alert.released >= chat.since]
        # what was read only after the sample newsroom was switched off is no longer the newsroom's own
        due = {alert.id for alert in sent if "*" in alert.audience.topics}
        assert len(due) > KILLS // 2
        assert due <= {delivery.about for delivery in deliveries}, "an alert was not told"
        assert {delivery.outcome for delivery in deliveries} == {Outcome.TOLD}
        assert len({delivery.receipt.id for delivery in deliveries}) == len(deliveries)
        told = Counter(alert_message(alerts[delivery.about], say, UTC).plain for delivery in deliveries)
        assert all(texts[text] <= count for text, count in told.items()), "an alert stands twice"
    finally:
        await store.close()
