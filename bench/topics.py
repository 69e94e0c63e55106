"""What topics and followed names cost: an article through 100 rules, and 100,000 chats asked, against words alone."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

from bot.core.folding import normalised
from bot.core.model import Article, Audience, Chat, Page, Subscriber
from bot.newsroom.prominent import prominent_names
from bot.newsroom.rules import parsed
from bot.newsroom.topics import Rules
from bot.outreach.match import wanted

RULES, TERMS, CHATS, CHUNK = 100, 100, 100_000, 200
START = datetime(2026, 3, 2, tzinfo=UTC)


def words(chance: random.Random, count: int) -> list[str]:
    return ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 10))) for _ in range(count)]


def article(vocabulary: list[str], chance: random.Random) -> Article:
    """An article of 5 kB in which one word in ten has a capital."""
    told = [word.title() if chance.random() < 0.1 else word for word in chance.choices(vocabulary, k=750)]
    paragraphs = tuple(" ".join(told[at : at + 50]) + "." for at in range(0, 750, 50))
    page = Page(title=" ".join(told[:9]), paragraphs=paragraphs, language="en")
    return Article(id="1", url="https://x.example/1", feed="x", source="X", received=START, page=page)


def fastest(run: Callable[[], object], times: int = 7) -> float:
    """Milliseconds of CPU time, the least of several runs."""
    spent = []
    for _ in range(times):
        began = process_time()
        run()
        spent.append(process_time() - began)
    return min(spent) * 1000


def asked(audience: Audience, chats: list[Subscriber]) -> int:
    """Ask all chats as a fan-out does, in chunks."""
    return sum(sum(map(wanted(audience), chats[at : at + CHUNK])) for at in range(0, len(chats), CHUNK))


def main() -> None:
    chance = random.Random(6)
    vocabulary = words(chance, 8_000)
    rules = Rules(
        {
            f"t{number}": parsed(", ".join(" ".join(chance.choices(vocabulary, k=1 + at % 3)) for at in range(TERMS)))
            for number in range(RULES)
        }
    )
    told = article(vocabulary, chance)
    folding = fastest(lambda: normalised(told.page.text))
    ruling = fastest(lambda: rules.topics_of(told))
    naming = fastest(lambda: prominent_names(told.page.title, told.page.paragraphs, "en"))
    print(f"an article of 5 kB: {RULES} rules of {TERMS} terms {ruling:.2f} ms, its names {naming:.2f} ms", end="; ")
    print(f"folding it alone {folding:.2f} ms")
    audience = Audience(topics=("*",), feeds=("x",), text="\n".join((told.page.title, *told.page.paragraphs[:3])))
    before, after = (
        [
            Subscriber(
                id=f"web:{number}",
                chat=Chat("web", str(number)),
                since=START,
                keywords=tuple(chance.sample(vocabulary, 4 - named)),
                names=tuple(word.title() for word in chance.sample(vocabulary, named)),
            )
            for number in range(CHATS)
        ]
        for named in (0, 2)
    )
    plain, named = fastest(lambda: asked(audience, before), 5), fastest(lambda: asked(audience, after), 5)
    print(
        f"{CHATS:,} chats with four keywords {plain:.0f} ms, with two keywords and two names {named:.0f} ms", end=", "
    )
    print(f"ratio {named / plain:.2f}")


if __name__ == "__main__":
    main()
