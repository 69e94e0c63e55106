"""Words: counted for a budget, and as terms that say what a text is about, in any script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""The letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana and Han."""

UNSPACED_RUN = re.compile(rf"[{UNSPACED}]+")
_READ = 230
"""Words a minute, silently: Brysbaert 2019 found 238 for English non-fiction, and less for longer words."""
_ALPHABETIC_RUN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
"""Thai, Lao, Burmese and Khmer, whose words are longer."""
_SHORT = 3
"""Letters of a word that says nothing of what a text is about."""
_LATER = "\u0dff"
"""Before the first letter of a script that puts no space between words."""
_WORD = re.compile(rf"[{UNSPACED}]+|[^\W{UNSPACED}]+")
_MARKS = "“”‘’„‚«»‹›–—…•·°£€\xa0"
"""What English has beside ASCII, but for letters."""
_LETTERS = [chr(code).lower() if chr(code).isalnum() or chr(code) == "_" else " " for code in range(256)]
_LOWERED = str.maketrans({chr(code): letter for code, letter in enumerate(_LETTERS[:128])})
_LOWERED_BYTES = "".join(_LETTERS).encode("latin-1")
"""What becomes of each letter: of Western Europe's as of ASCII's."""


def listed(text: str) -> frozenset[str]:
    """Return the words of a list that is written as text, for the eye."""
    return frozenset(text.split())


COMMON = listed(
    """
    a an the and or but if of to in on at by for with from as is are was were be been being it its this that these
    those he she they his her their them him i we you our your who which what when where how why not no nor so than
    then there here has have had do does did will would can could should may might must said says say mr mrs ms also
    after before over under about into out up down more most other some such only own same just now new one two
    first last year years day days time people told according
    """
)
"""English words that say nothing about what happened; those of other languages are common enough to weigh little."""

CALENDAR = listed(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar märz
    mai juni juli oktober dezember
    """
)
"""Capitalised, but nobody's name."""


def word_count(text: str) -> int:
    """Return how many words a text has; where they are not set apart, two of Han or kana, or four of Thai, are one."""
    if text.isascii() or not UNSPACED_RUN.search(text):
        return len(text.split())
    alphabetic = sum(map(len, _ALPHABETIC_RUN.findall(text)))
    letters = sum(map(len, UNSPACED_RUN.findall(text))) - alphabetic
    return len(UNSPACED_RUN.sub(" ", text).split()) + (letters + 1) // 2 + (alphabetic + 3) // 4


def is_unspaced(text: str) -> bool:
    """Tell whether most of a text is in a script that puts no space between words."""
    return not text.isascii() and 2 * sum(map(len, UNSPACED_RUN.findall(text))) > len(text)


def reading_minutes(text: str) -> int:
    """Return in how many minutes most people read a text, at least one."""
    return max(1, round(word_count(text) / _READ))


def terms(text: str) -> list[str]:
    """Return what a text is about, its longer words and its figures, pairs of letters where words are not set apart."""
    return telling(lowered(text))


def telling(words: Iterable[str]) -> list[str]:
    """Return those of some words, as `lowered` gives them, that say what a text is about: figures, and longer ones."""
    return [word for word in words if len(word) > _SHORT or word.isdecimal() or (word > _LATER and _is_pair(word))]


def repeated(text: str) -> dict[str, int]:
    """Return what a text is about more than once, and how often."""
    often = {word: count for word, count in Counter(lowered(text)).items() if count > 1}
    return {word: often[word] for word in telling(often)}


def _is_pair(word: str) -> bool:
    return bool(UNSPACED_RUN.match(word))


def lowered(text: str) -> list[str]:
    """Return a text's words in lower case, pairs of letters where they are not set apart."""
    for mark in () if text.isascii() else _MARKS:
        text = text.replace(mark, " ")
    if text.isascii():  # a fourth of the time, and with the letters of Western Europe too
        return text.translate(_LOWERED).split()
    try:
        return text.encode("latin-1").translate(_LOWERED_BYTES).decode("latin-1").split()
    except UnicodeEncodeError:
        found = _WORD.findall(text.lower())
        return [part for word in found for part in (pairs(word) if UNSPACED_RUN.match(word) else (word,))]


def pairs(run: str) -> list[str]:
    """Return the pairs of neighbouring letters, which stand for words in scripts without spaces."""
    return [run[at : at + 2] for at in range(max(1, len(run) - 1))]
