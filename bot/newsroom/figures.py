"""The figures of a text, however they are written: 1,200 as 1200, twelve as 12, 2m as two million."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from decimal import Decimal

import regex

from bot.newsroom.numerals import JOINERS, numbers, short_months, sizes, times

_FIGURE = regex.compile(
    r"(?P<tag>\p{L}+[-–]?\d[\p{L}\d]*(?:-\d+)*)"  # G7, COVID-19, F-16
    r"|(?P<joined>\d+(?:[-–:/⁄]\d+)+|\d{1,2}\.\d{1,2}\.\d{2,4}(?!\d))"  # a score, a time, a span, a date
    r"|(?P<number>(?:(?<![\w.,)])[-−])?(?:\d{1,3}(?:[ \u00a0\u202f\u2009'’]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*))"
    r"(?P<suffix>\p{L}*)(?:(?=[\s-]?(?P<word>\p{L}+)))?"
)
_DIGITS = regex.compile(r"\d+")
_WORD = regex.compile(r"\p{L}+(?:['’]\p{L}+)?")
_JOINING = regex.compile(r"[\s-]{1,2}")
_AFTER_DIGITS = regex.compile(r"\d[\s-]?$")
_PER_CENT = regex.compile(r"\s?\b(?:per ?cent|prozent|pour cent|por cien?to|per cento|procent)\b", regex.IGNORECASE)
_SPACES = regex.compile(r"[ \u00a0\u202f\u2009'’]")
_SIGNS = (
    ("%", regex.compile("%")),
    ("$", regex.compile(r"\$|\bdollars?\b|\bdólares\b|\bdollari\b")),
    ("€", regex.compile(r"€|\beuros?\b")),
    ("£", regex.compile(r"£|\bpounds?\b|\bpfund\b|\blivres\b|\bponden?\b")),
)
_OTHER_SIGN = regex.compile(r"(?![$€£])\p{Sc}")
_POWERS = frozenset({10**3, 10**6, 10**9, 10**12})
_GROUPED = {"en": ","}
"""What parts thousands; a dot in the other languages."""
_DATE = regex.compile(
    r"(?<!\d)(?:\d{4}-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"|(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?\d{2,4})?)(?!\d)"
)
_DAY_AND_MONTH = regex.compile(
    r"(?<![\d.,])(?P<day>\d{1,2})(?:\p{L}{1,3}|\.)?\s(?:(?:de|of)\s)?(?P<month>\p{L}{3,})"
    r"|(?P<month>\p{L}{3,})\.?\s(?P<day>\d{1,2})(?![\d:]|[.,]\d)"
)


def figures(text: str, language: str) -> frozenset[str]:
    """Return what a text claims in figures: numbers in their plainest form, signs, months and days.

    `language` is one of `numerals.LANGUAGES`. What belongs together stays together: a score, a date, F-16.
    """
    plain = _normalised(text)
    numbers_told = (*_in_digits(plain, language), *_in_words(plain, language), *_signs(plain))
    return frozenset((*numbers_told, *_times(plain, language), *_dates(plain, language)))


def stated(text: str, language: str) -> frozenset[str]:
    """Return what a text bears out: its figures, the parts of those that are joined, months in short and in numbers."""
    plain = _normalised(text)
    parts = (part for found in _FIGURE.finditer(plain) if found["joined"] for part in _parts(found))
    short = short_months(language)
    months = (short[word] for word in _WORD.findall(plain) if word in short)
    dated = (tag for found in _DATE.finditer(plain) for tag in _date(found["day"], f"month {int(found['month'])}"))
    sized = (_plain(_value(found["number"], language)) for found in _FIGURE.finditer(plain) if found["suffix"])
    return figures(text, language).union(parts, months, dated, sized)


def _normalised(text: str) -> str:
    """Return the text with each sign in its plainest form, per cent as one too."""
    return _PER_CENT.sub("%", unicodedata.normalize("NFKC", text))


def _in_digits(text: str, language: str) -> Iterator[str]:
    for found in _FIGURE.finditer(text):
        if found["tag"]:
            yield regex.sub(r"[-–]", "", found["tag"]).casefold()
        elif found["joined"]:
            yield ":".join(_parts(found))
        else:
            known = sizes(language)
            size = known.get(found["suffix"].casefold()) if found["suffix"] else None
            size = size or (not found["suffix"] and known.get((found["word"] or "").casefold())) or 1
            yield _plain(_value(found["number"], language) * size)


def _parts(found: regex.Match[str]) -> list[str]:
    return [_whole(digits) for digits in _DIGITS.findall(found["joined"])]


def _value(number: str, language: str) -> Decimal:
    """Read digits and marks: groups of three after the language's mark are thousands, else the last mark is decimal."""
    digits = _SPACES.sub("", number.replace("−", "-"))
    group = _GROUPED.get(language, ".")
    if regex.fullmatch(rf"-?\d{{1,3}}(?:{regex.escape(group)}\d{{3}})+(?:[.,]\d+)?", digits):
        whole, _, rest = digits.partition(",."[group == ","])
        return Decimal(f"{whole.replace(group, '')}.{rest or 0}")
    whole, mark, rest = digits.replace(",", ".").partition(".")
    return Decimal(f"{whole}{mark}{rest.replace('.', '')}")  # 3.4.2: no number, but the same as itself


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _whole(digits: str) -> str:
    return str(int(digits))


def _in_words(text: str, language: str) -> Iterator[str]:
    """Yield the numbers that are spelled out. A lone "one" is an article in most languages, and left aside."""
    for run in _runs(text, language):
        yield from (_whole(str(value)) for value in _composed(run) if value != 1)


def _runs(text: str, language: str) -> Iterator[list[int]]:
    """Yield the values of number words that stand in a row, multipliers as they are."""
    known, large = numbers(language), sizes(language)
    run: list[int] = []
    end, joined = 0, False
    for found in _WORD.finditer(text):
        word, gap = found.group().casefold(), text[end : found.start()]
        value = known.get(word, large.get(word) if len(word) > 2 else None)
        close = bool(_JOINING.fullmatch(gap))
        if value is not None:
            if run and not close:
                yield run
                run = []
            if run or not _AFTER_DIGITS.search(text, max(0, found.start() - 3), found.start()):
                run.append(value)
            joined = False
        elif not (run and close and word in JOINERS and run[-1] >= 20 and not joined):
            if run:
                yield run
            run = []
        else:
            joined = True
        end = found.end()
    if run:
        yield run


def _composed(run: list[int]) -> Iterator[int]:
    """Yield the numbers that a row of values makes: 2, 100, 6 is 206; 2, 3 are two."""
    total = current = 0
    for value in run:
        if value == 100:
            current = (current or 1) * 100
        elif value in _POWERS:
            total, current = total + (current or 1) * value, 0
        elif current == 4 and value == 20:  # quatre-vingts
            current = 80
        elif not current or _fits(current, value):
            current += value
        else:
            yield total + current
            total, current = 0, value
    if run:
        yield total + current


def _fits(current: int, value: int) -> bool:
    """Whether a value goes on a number: a one after a ten, a ten after a hundred, dix after soixante."""
    if value < 10:
        return current % 10 == 0
    return value < 100 and (current % 100 == 0 or (value < 20 and current % 100 in {60, 80}))


def _signs(text: str) -> Iterator[str]:
    lower = text.casefold()
    yield from (sign for sign, known in _SIGNS if known.search(lower))
    yield from _OTHER_SIGN.findall(text)


def _times(text: str, language: str) -> Iterator[str]:
    known = times(language)
    exact = language in {"en", "de"}
    for found in _WORD.findall(text):
        word = found if exact else found.casefold()
        if meaning := known.get(word) or known.get(word.removesuffix("s")):
            yield meaning


def _dates(text: str, language: str) -> Iterator[str]:
    """Yield the days of months, in either order."""
    known = {**times(language), **short_months(language)}
    for found in _DAY_AND_MONTH.finditer(text, overlapped=True):
        word = found["month"] if language in {"en", "de"} else found["month"].casefold()
        if known.get(word, "").startswith("month"):
            yield from _date(found["day"], known[word])


def _date(day: str, month: str) -> tuple[str, str]:
    return month, f"{month}, day {int(day)}"
