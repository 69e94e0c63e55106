"""Stories in one pass: an article's cost and the memory held with 1,000 to 100,000 stories, against their bars."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

import psutil

sys.path.pop(0)  # this folder, where this file goes by the package's name
from bot.newsroom.cluster import Stories

SIZES = (1_000, 10_000, 100_000)
"""Stories in the window."""
MEASURED, ROUNDS = 200, 5
"""Articles whose time is taken at each size, and how often: the quickest round counts."""
TOLD_AGAIN = 4
"""Of so many articles one tells of an event that is known."""
WORDS, NAMES = 60_000, 30_000
SENTENCES, LENGTH = 12, 21
"""Of an article, which is longer than what is compared."""
RATIO, MEBIBYTES = 2.0, 1_024
WINDOW = timedelta(hours=72)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"

Told = tuple[str, str]


class Wire:
    """Made-up articles from a seed: words as frequent as in a language (Zipf's law), names and figures."""

    def __init__(self, seed: int = 6) -> None:
        self._random = Random(seed)
        self._words = self._made(WORDS)
        self._names = [word.capitalize() for word in self._made(NAMES)]
        self._word_weights = list(accumulate(1 / rank for rank in range(3, WORDS + 3)))
        self._name_weights = list(accumulate(1 / rank**0.7 for rank in range(10, NAMES + 10)))

    def event(self) -> Callable[[], Told]:
        """Return who tells of one event, each time in other words: its twenty words, six names and four figures."""
        random = self._random
        about = [word for word in random.choices(self._words, cum_weights=self._word_weights, k=60) if len(word) > 4]
        names = random.choices(self._names, cum_weights=self._name_weights, k=6)
        figures = [str(random.randrange(2, 5_000)) for _ in range(4)]
        return lambda: self._told(about[:20], names, figures)

    def _told(self, about: Sequence[str], names: Sequence[str], figures: Sequence[str]) -> Told:
        random, text = self._random, []
        for _ in range(SENTENCES):
            words = random.choices(self._words, cum_weights=self._word_weights, k=LENGTH)
            for place in random.sample(range(1, LENGTH), 4):
                words[place] = random.choice(about)
            words[random.randrange(1, LENGTH)] = random.choice(names)
            words[random.randrange(1, LENGTH)] = random.choice(figures)
            text.append(" ".join([words[0].capitalize(), *words[1:]]) + ".")
        return " ".join([*random.sample(about, 5), random.choice(names)]), " ".join(text)

    def _made(self, count: int) -> list[str]:
        """Words that can be spoken, the short ones first, each once."""
        made: dict[str, None] = {}
        while len(made) < count:
            syllables = 2 + (len(made) > 2_000) + (len(made) > 30_000)
            made["".join(self._random.choice(CONSONANTS) + self._random.choice(VOWELS) for _ in range(syllables))] = (
                None
            )
        return list(made)


class Window:
    """Stories under way, and who tells of their events."""

    def __init__(self) -> None:
        self.stories = Stories(WINDOW)
        self.moment = NOW
        self._wire, self._random = Wire(), Random(1)
        self._events: list[Callable[[], Told]] = []

    def fill(self, size: int) -> None:
        """Let so many events happen, one in four told twice."""
        while len(self._events) < size:
            self._add(*self._new())
            if not len(self._events) % (TOLD_AGAIN - 1):
                self._add(*self._again())

    def tell(self) -> tuple[float, float, int]:
        """Tell of known and new events by turns: CPU seconds an article, share of known ones found, wrongly joined."""
        best, found, wrong = float("inf"), 0, 0
        for _ in range(ROUNDS):
            told = [one for _ in range(MEASURED // 2) for one in (self._again(), self._new())]
            answers: list[str | None] = []
            began = time.process_time()
            for id, article in told:
                answers.append(self.stories.match(*article, self.moment, "en"))
                self._add(id, article)
            best = min(best, time.process_time() - began)
            found += sum(answer == id for (id, _), answer in zip(told, answers, strict=True))
            wrong += sum(answer not in {id, None} for (id, _), answer in zip(told, answers, strict=True))
        return best / MEASURED, 2 * found / (ROUNDS * MEASURED), wrong

    def _new(self) -> tuple[str, Told]:
        self.moment += WINDOW / (2 * SIZES[-1])
        self._events.append(self._wire.event())
        return str(len(self._events) - 1), self._events[-1]()

    def _again(self) -> tuple[str, Told]:
        number = self._random.randrange(len(self._events))
        return str(number), self._events[number]()

    def _add(self, id: str, article: Told) -> None:
        self.stories.add(id, *article, self.moment, "en")


def main() -> None:
    """Print the figures; leave with status 1 where a bar is missed."""
    window, process = Window(), psutil.Process()
    before = process.memory_info().rss
    costs, held = [], 0.0
    for size in SIZES:
        window.fill(size)
        held = (process.memory_info().rss - before) / 2**20
        cost, found, wrong = window.tell()
        costs.append(cost)
        print(
            f"{size:,} stories: {cost * 1e3:.2f} ms an article ({cost / costs[0]:.2f} x, bar: {RATIO}), "
            f"{held:,.0f} MiB (bar: {MEBIBYTES:,}), {found:.1%} of the known found, {wrong} wrongly joined",
            flush=True,
        )
    before, longest, more = window.moment - (window.moment - NOW) * 0.98, 0.0, True
    while more:
        began = time.process_time()
        more = window.stories.forget(before)
        longest = max(longest, time.process_time() - began)
    print(f"the oldest of them forgotten, for at most {longest * 1e3:.1f} ms at once")
    sys.exit(costs[-1] > RATIO * costs[0] or held > MEBIBYTES)


if __name__ == "__main__":
    main()
