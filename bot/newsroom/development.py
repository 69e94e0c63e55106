"""Whether an article brings something materially new to its story, and in which of its sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice

import regex

from bot.core.model import Article, Page
from bot.newsroom import turning
from bot.newsroom.figures import figures
from bot.newsroom.numerals import numbers, sizes
from bot.newsroom.sentences import split

_LATER = timedelta(minutes=15)
"""What is told so soon after the first article is how others tell the same."""
_LEDE = 3
"""Sentences below the headline in which news stands."""
_GROWN = (1.05, 1.25)
"""How many times as many the dead have to be, and others who are counted."""
_ANOTHER = 1.1
"""How much an amount has to differ from each one told before."""
_GRAVE = 3
"""The kinds of counts, the dead, the hurt and the missing, the first of which is news by itself."""
_QUAKE = 0.3
"""How much a magnitude has to."""
_YEAR = regex.compile(r"\b(?:1[5-9]|20)\d\d\b")
_MAGNITUDE = regex.compile(
    r"\b(?:magnitude|stärke)(?:\s(?:of|von|de))?\s(?P<value>\d(?:[.,]\d)?)\b|\b(?P<value>\d[.,]\d)[- ]magnitude\b"
)
_AFTERSHOCK = regex.compile(r"\b(?:aftershock|nachbeben|réplique)")
_MONEY = regex.compile(
    r"(?P<sign>[$€£])\s?(?P<number>\d+(?:[.,]\d+)?)\s?(?P<size>\p{L}+)?"
    r"|\b(?P<number>\d+(?:[.,]\d+)?)\s(?P<size>\p{L}+)\s(?:de\s|d['’])?(?P<sign>[$€£]|euros?|dollars?|pounds?|pfund)"
)
_SIGNS = {"euro": "€", "dollar": "$", "pound": "£", "pfund": "£"}


def development(earlier: Sequence[Article], article: Article, said: Sequence[str] = ()) -> str:
    """Return the article's own sentence that carries what is materially new in its story; empty where nothing is.

    That is a higher toll, a stronger quake, another amount, or a first arrest, death, verdict or all-clear: told later
    than everything in `earlier`, in the headline or lede, as a fact. Better a missed one than one that is none.
    Known are the words of `turning.LANGUAGES`.
    """
    language = article.page.language[:2].lower()
    if language not in turning.LANGUAGES or not earlier or not _is_later(earlier, article):
        return ""
    title, *lede = _news(article.page)
    told = [_plain(text) for text in (*(f"{each.page.title}\n{each.page.text}" for each in earlier), *said)]
    for find in (_toll, _turn, _magnitude, _amount):
        for sentence in (title, *lede) if find is _toll else (title,):
            if _is_fact(sentence, language) and (new := find(told, _plain(sentence), language)):
                return next((each for each in lede if new.search(_plain(each)) and _is_fact(each, language)), title)
    return ""


def _news(page: Page) -> Sequence[str]:
    """Return the headline and the first sentences below it."""
    sentences = (sentence for paragraph in page.paragraphs for sentence in split(paragraph))
    return page.title, *islice(sentences, _LEDE)


def _is_later(earlier: Sequence[Article], article: Article) -> bool:
    """Whether an article is the newest of its story, and not of its first minutes."""
    at, times = _time(article), [_time(each) for each in earlier]
    return at >= max(times) and at - min(times) >= _LATER


def _time(article: Article) -> datetime:
    """Return when an article was published, or when it came where only the day is known."""
    try:
        published = datetime.fromisoformat(article.page.published)
    except ValueError:
        return article.received
    return published if published.tzinfo and "T" in article.page.published else article.received


def _is_fact(sentence: str, language: str) -> bool:
    """Whether a sentence tells something of today as a fact."""
    plain = _plain(sentence)
    return not (plain.endswith("?") or _YEAR.search(plain) or turning.doubts(language).search(plain))


def _plain(text: str) -> str:
    return text.lower()


def _toll(told: Sequence[str], sentence: str, language: str) -> regex.Pattern[str] | None:
    """Find a count that is higher than all that were told, or the first of the dead, the hurt, the missing."""
    kinds = zip(_tolls(language), turning.words_for_tolls(language), strict=True)
    for kind, (pattern, words) in enumerate(kinds):
        now, written = max(_counts(pattern, sentence, language), default=(0, ""))
        known = _written(now, language)
        if not now or any(known.search(text) for text in told):
            continue
        most = max((count for text in told for count, _ in _counts(pattern, text, language)), default=0)
        first = kind < _GRAVE and not any(words.search(text) for text in told)
        if first or 0 < most * _GROWN[kind > 0] <= now:
            return _exactly(written)
    return None


def _counts(pattern: regex.Pattern[str], text: str, language: str) -> Iterator[tuple[int, str]]:
    """Yield each count with how it is written."""
    for found in pattern.finditer(text):
        written = found["number"]
        yield max((int(each) for each in figures(written, language) if each.isdecimal()), default=1), written


@cache
def _tolls(language: str) -> Sequence[regex.Pattern[str]]:
    spelt = "|".join(sorted((*numbers(language), *sizes(language)), key=len, reverse=True))
    number = rf"\d{{1,3}}(?:[.,\u00a0\u202f ]\d{{3}})+|\d+|(?:{spelt})(?:[\s-](?:{spelt}))*"
    return turning.tolls(language, number)


def _turn(told: Sequence[str], sentence: str, language: str) -> regex.Pattern[str] | None:
    """Find a turn of a kind that was not told of. One word that opens it says who is meant: “Sacked worker”."""
    for turn, kind in turning.turns(language):
        found = (match for match in turn.finditer(sentence) if match.start() or " " in match.group())
        if any(found) and not any(kind.search(text) for text in told):
            return turn
    return None


def _magnitude(told: Sequence[str], sentence: str, _language: str) -> regex.Pattern[str] | None:
    """Find a magnitude that is another than each one told."""
    before = [float(found["value"].replace(",", ".")) for text in told for found in _MAGNITUDE.finditer(text)]
    now = _MAGNITUDE.search(sentence)
    if now is None or not before or _AFTERSHOCK.search(sentence):
        return None
    value = float(now["value"].replace(",", "."))
    return _exactly(now["value"]) if all(abs(value - each) >= _QUAKE for each in before) else None


def _amount(told: Sequence[str], sentence: str, language: str) -> regex.Pattern[str] | None:
    """Find an amount of money that is said to have become another than each one told."""
    if not turning.raised(language).search(sentence):
        return None
    before = {amount for text in told for amount, _ in _amounts(text, language)}
    for (sign, now), written in _amounts(sentence, language):
        known = [each for currency, each in before if currency == sign]
        if known and all(max(now, each) >= min(now, each) * _ANOTHER for each in known):
            return _exactly(written)
    return None


def _amounts(text: str, language: str) -> Iterator[tuple[tuple[str, float], str]]:
    """Yield each amount, as its currency and number, with how the number is written."""
    for found in _MONEY.finditer(text):
        sign = _SIGNS.get(found["sign"].rstrip("s"), found["sign"])
        number = float(found["number"].replace(",", "."))
        yield (sign, number * sizes(language).get(found["size"] or "", 1)), found["number"]


def _written(number: int, language: str) -> regex.Pattern[str]:
    """Return what finds a number however it is written: 1200, 1,200 or 1.200, seven."""
    forms = {str(number), *(f"{number:,}".replace(",", mark) for mark in ",. \u00a0\u202f")}
    forms |= {word for word, value in numbers(language).items() if value == number}
    return regex.compile(
        rf"(?<![\p{{L}}\p{{N}}])(?:{'|'.join(map(regex.escape, sorted(forms)))})(?!\p{{L}}|[.,]?\p{{N}})"
    )


def _exactly(written: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?<![\p{{L}}\p{{N}}]){regex.escape(written)}(?![\p{{L}}\p{{N}}])")
