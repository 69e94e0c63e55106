"""The newsroom's own topics: which of them an article belongs to, by rules that are looked up word by word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from itertools import chain
from urllib.parse import unquote, urlsplit

import regex
from msgspec.structs import replace

from bot.core.errors import UsageError
from bot.core.folding import folded
from bot.core.model import Article, Topic
from bot.core.ports import Bot
from bot.newsroom.named import Named
from bot.newsroom.prominent import prominent_names
from bot.newsroom.rules import Field, Rule, Term, forms, parsed
from bot.newsroom.words import UNSPACED_RUN

MOST_TOPICS = 100
"""Topics with a rule that a newsroom may have."""
_MOST_CHARACTERS = 40_000
"""Of an article's title and text."""
_MOST_PLACES = 200
"""At which a phrase's first word is looked at."""
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}_]+")


class Rules:
    """Topics made ready: each article asks for its own words, and not for every word of every rule."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        """Make rules ready, by topic."""
        self._rules = rules
        self._having = defaultdict[Term, list[str]](list)
        """The topics that have a term among their alternatives."""
        for topic, rule in rules.items():
            for term in dict.fromkeys(term for alternative in rule.alternatives for term in alternative):
                self._having[term].append(topic)
        terms = dict.fromkeys(term for rule in rules.values() for term in rule.terms)
        self._phrases = _Phrases(term for term in terms if term.field is Field.TEXT)
        self._others = [term for term in terms if term.field is not Field.TEXT]

    def topics_of(self, article: Article) -> Sequence[str]:
        """Return the topics whose rule takes an article, in the order of the rules."""
        met = set(self._met(article))
        touched = {topic for term in met for topic in self._having.get(term, ())}
        return [topic for topic in self._rules if topic in touched and _takes(self._rules[topic], met)]

    def why(self, topic: str, article: Article) -> Sequence[Term]:
        """Return by what a topic's rule takes an article: the terms of the alternatives that it has whole."""
        met = set(self._met(article))
        whole = filter(met.issuperset, self._rules[topic].alternatives)
        return [*dict.fromkeys(chain.from_iterable(whole))]

    def _met(self, article: Article) -> Iterator[Term]:
        """Yield the terms that are true of an article."""
        text = f"{article.page.title}\n{article.page.text}"[:_MOST_CHARACTERS]
        yield from self._phrases.found_in(folded(text))
        if not self._others:
            return
        named = Named(text) if any(term.field is Field.NAME for term in self._others) else None
        path = f"{folded(unquote(urlsplit(article.url).path))}/"
        feeds = f"{folded(article.source)}\n{article.feed.lower()}"
        for term in self._others:
            if (
                (term.field is Field.NAME and named and named.has(term.value))
                or (term.field is Field.FEED and term.value in feeds)
                or (term.field is Field.CATEGORY and term.value in article.topics and term.value not in article.ruled)
                or (term.field is Field.SECTION and f"/{term.value}/" in path)
            ):
                yield term


class _Phrases:
    """Words and phrases, by the words that they begin with."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._by_word = defaultdict[str, list[tuple[Term, Sequence[frozenset[str]]]]](list)
        self._by_beginning = defaultdict[str, list[tuple[Term, Sequence[frozenset[str]]]]](list)
        self._unspaced = defaultdict[str, list[Term]](list)
        for term in terms:
            if UNSPACED_RUN.search(term.value):
                bare = term.value.replace("*", "")
                self._unspaced[bare[:2]].append(term)
                continue
            first, *rest = term.value.split()
            known = term, [_spellings(word, exactly=term.exactly) for word in rest]
            if first.endswith("*"):
                self._by_beginning[first[:-1]].append(known)
            else:
                for spelling in _spellings(first, exactly=term.exactly):
                    self._by_word[spelling].append(known)
        self._lengths = sorted({*map(len, self._by_beginning)})

    def found_in(self, text: str) -> Iterator[Term]:
        """Yield what stands in a folded text."""
        words = _WORD.findall(text)
        places = defaultdict[str, list[int]](list)
        for at, word in enumerate(words):
            places[word].append(at)
        for word, its in places.items():
            for term, rest in self._beginning_at(word):
                if all(map(partial(_is_among, places), rest)) and (
                    not rest or any(_goes_on(words, place + 1, rest) for place in its[:_MOST_PLACES])
                ):
                    yield term
        if self._unspaced and UNSPACED_RUN.search(text):
            for pair in {text[at : at + 2] for at in range(len(text))} | set(text):
                yield from (term for term in self._unspaced.get(pair, ()) if term.value.replace("*", "") in text)

    def _beginning_at(self, word: str) -> Iterator[tuple[Term, Sequence[frozenset[str]]]]:
        yield from self._by_word.get(word, ())
        for length in self._lengths:
            if length > len(word):
                break
            yield from self._by_beginning.get(word[:length], ())


def _spellings(word: str, *, exactly: bool) -> frozenset[str]:
    """Return how a word of a phrase may be written; one with any ending is its beginning with the `*`."""
    return frozenset({word}) if exactly or word.endswith("*") else forms(word)


def _is_among(places: dict[str, list[int]], allowed: frozenset[str]) -> bool:
    """Tell whether a word is anywhere in a text, in one of its spellings: most phrases end here."""
    return not places.keys().isdisjoint(allowed) or any(each.endswith("*") for each in allowed)


def _goes_on(words: Sequence[str], at: int, rest: Sequence[frozenset[str]]) -> bool:
    """Tell whether a phrase goes on from a place to its end."""
    if at + len(rest) > len(words):
        return False
    return all(
        word in allowed or any(each.endswith("*") and word.startswith(each[:-1]) for each in allowed)
        for word, allowed in zip(words[at:], rest, strict=False)
    )


def _takes(rule: Rule, met: set[Term]) -> bool:
    return met.isdisjoint(rule.barred) and any(met.issuperset(alternative) for alternative in rule.alternatives)


async def rules_of(bot: Bot) -> Rules:
    """Return the newsroom's rules, made ready when they were last changed."""
    topics = await bot.store.find(Topic, limit=MOST_TOPICS)
    return _made_ready(tuple((topic.id, topic.rule) for topic in topics))


@lru_cache(maxsize=2)
def _made_ready(topics: tuple[tuple[str, str], ...]) -> Rules:
    rules = {}
    for id, rule in topics:
        with suppress(UsageError):  # it was read when it was kept; what is no rule any more takes nothing
            rules[id] = parsed(rule)
    return Rules(rules)


async def classified(bot: Bot, article: Article) -> Article:
    """Return an article with the topics that the newsroom's rules give it, and the names it is about."""
    page = article.page
    named = replace(article, names=prominent_names(page.title, page.paragraphs, page.language))
    return ruled(named, (await rules_of(bot)).topics_of(article))


def ruled(article: Article, topics: Iterable[str]) -> Article:
    """Return an article with its feed's categories and these topics, in the place of those that rules gave before."""
    categories = tuple(topic for topic in article.topics if topic not in article.ruled)
    given = tuple(topic for topic in topics if topic not in categories)
    return replace(article, topics=(*categories, *given), ruled=given)
