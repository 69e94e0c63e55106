"""Whether what was written about an article says only what stands there: its names, figures, quotations, language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import regex

from bot.core.model import Page
from bot.intake.furniture import is_furniture
from bot.intake.language import language_of
from bot.newsroom.figures import figures, stated
from bot.newsroom.naming import Names, names_of
from bot.newsroom.numerals import LANGUAGES
from bot.newsroom.selection import Sentence
from bot.newsroom.sentences import split
from bot.newsroom.voices import speaks_to_machines, speaks_up
from bot.newsroom.words import terms, word_count


class Objection(StrEnum):
    """Why a text is refused."""

    LENGTH = "length"
    PARAGRAPH = "paragraph"
    MARKUP = "markup"
    LINK = "link"
    VOICE = "voice"
    LANGUAGE = "language"
    FIGURE = "figure"
    QUOTATION = "quotation"
    NAME = "name"
    SUPPORT = "support"


_LONGEST_TEXT = 12_000
"""Characters of an article that are told; the rest is not known to who writes about it, nor here."""
_LONGEST_SENTENCE, _MOST_CHARACTERS = 60, 600
_SHARED, _SHARED_NEAR = 0.6, 0.3
"""How much of a sentence's longer words the article, and the paragraph it names, must have."""
_STEM = 5

_PLAIN = regex.compile(r"[\p{L}\p{M}\p{N}\p{Sc} \u00a0\u202f.,;:!?…'’‘\"“”„«»‹›()\-–—−/%&+°§¡¿]*")
_LINK = regex.compile(r"https?:|www\.|//|\p{L}{2,}\.\p{L}{2,}|&#?\w+;", regex.IGNORECASE)
_QUOTED = regex.compile(
    r"“(?P<w>[^“”]*)”|„(?P<w>[^„“”]*)[“”]|«(?P<w>[^«»]*)»|»(?P<w>[^«»]*)«|\"(?P<w>[^\"]*)\""
    r"|‹(?P<w>[^‹›]*)›|(?<!\w)[‘'](?P<w>(?:[^‘’']|(?<=\w)[’'](?=\w))*)[’'](?!\w)"
)
_MARK = regex.compile(r"[“”„«»\"‹›‘]|(?<![\p{L}\p{N}])['’]|(?<![sxzß])['’](?!\p{L})")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "\u00a0": " ", "\u202f": " "})


def material(page: Page) -> dict[int, str]:
    """Return the paragraphs that may be written about, by index: the top, without furniture.

    A paragraph that speaks to machines is none of the article, whoever put it there.
    """
    told: dict[int, str] = {}
    room = _LONGEST_TEXT
    for index, paragraph in enumerate(page.paragraphs):
        if room <= 0:
            break
        top = paragraph[:room]
        if not is_furniture(paragraph) and not speaks_to_machines(top):
            told[index] = top
            room -= len(top)
    return told


def title(page: Page) -> str:
    """Return the headline, unless it speaks to machines."""
    return "" if speaks_to_machines(page.title) else page.title


def checked_language(page: Page) -> str:
    """Return the article's language where what is written in it can be checked, otherwise nothing."""
    language = language_of(page.text)
    return language if language in LANGUAGES else ""


def objection(sentences: Sequence[Sentence], page: Page, *, most: int, words: int) -> Objection | None:
    """Return why a text about an article is refused as a whole: one sentence is enough. None lets it in.

    `most` is how many sentences it may have, `words` how many words in all. It sees what is not in the article; it does
    not see a part that was swapped, or a "not" that was dropped.
    """
    told, language = material(page), checked_language(page)
    texts = [sentence.text for sentence in sentences]
    if not texts or len(texts) > most or len({text.casefold() for text in texts}) < len(texts):
        return Objection.LENGTH
    if any(map(_is_too_long, texts)) or sum(map(word_count, texts)) > words:
        return Objection.LENGTH
    if any(sentence.paragraph not in told for sentence in sentences):
        return Objection.PARAGRAPH
    if not language or language_of(" ".join(texts)) not in {language, ""}:
        return _first(_form(text, "") for text in texts) or Objection.LANGUAGE
    article = _Article(title(page), told, language)
    return _first(_form(sentence.text, language) or article.objection(sentence) for sentence in sentences)


def _is_too_long(text: str) -> bool:
    return len(text) > _MOST_CHARACTERS or word_count(text) > _LONGEST_SENTENCE


def _first(found: Iterable[Objection | None]) -> Objection | None:
    return next((each for each in found if each), None)


def _form(text: str, language: str) -> Objection | None:
    """Return what is wrong with a text whatever the article says."""
    if not text.strip() or text != text.strip() or not _PLAIN.fullmatch(text):
        return Objection.MARKUP
    if _LINK.search(text):
        return Objection.LINK
    if text.startswith("/") or speaks_up(_QUOTED.sub(" ", text), language):
        return Objection.VOICE
    return None


class _Article:
    """What an article has, looked up once for all sentences about it."""

    def __init__(self, title: str, told: dict[int, str], language: str) -> None:
        self._title, self._told, self._language = title, told, language
        self._names = Names([title, *told.values()], language)
        self._stems = _stems(" ".join([title, *told.values()]))

    def objection(self, sentence: Sentence) -> Objection | None:
        """Return what a sentence has that the article, or the paragraph that it rests on, has not."""
        near = (self._title, self._told[sentence.paragraph])
        if not figures(sentence.text, self._language) <= self._figures_beside(sentence):
            return Objection.FIGURE
        if not self._quotes_well(sentence.text, near):
            return Objection.QUOTATION
        quoting = _QUOTED.search(sentence.text)
        known = Names(near, self._language) if quoting else self._names
        if any(not known.bear_out(run) for run in names_of(sentence.text, self._language)):
            return Objection.NAME
        return None if self._supports(sentence) else Objection.SUPPORT

    def _figures_beside(self, sentence: Sentence) -> frozenset[str]:
        """Return the figures of the headline, and of what in the paragraph speaks of the same: a share of two words."""
        own = _stems(sentence.text)
        parts = [part for part in split(self._told[sentence.paragraph]) if len(own & _stems(part)) >= min(2, len(own))]
        return frozenset[str]().union(*(stated(text, self._language) for text in (self._title, *parts)))

    @staticmethod
    def _quotes_well(text: str, near: Iterable[str]) -> bool:
        """Whether each quotation stands within quotation marks there, to the letter, and no mark is left over."""
        said = [_even(found["w"]) for paragraph in near for found in _QUOTED.finditer(paragraph)]
        quoted = [_even(found["w"]).rstrip(",.!?") for found in _QUOTED.finditer(text)]
        left = _QUOTED.sub("x", text)
        return not _MARK.search(left) and all(
            words and any(_within(words, whole) for whole in said) for words in quoted
        )

    def _supports(self, sentence: Sentence) -> bool:
        own = _stems(sentence.text)
        near = _stems(self._told[sentence.paragraph])
        return len(own & self._stems) >= _SHARED * len(own) and len(own & near) >= _SHARED_NEAR * len(own)


def _stems(text: str) -> frozenset[str]:
    return frozenset(term[:_STEM] for term in terms(text) if not term.isdigit())


def _even(words: str) -> str:
    return " ".join(words.translate(_APOSTROPHES).split())


def _within(words: str, whole: str) -> bool:
    """Whether words stand in a quotation as they are, from the beginning of a word to the end of one."""
    return bool(regex.search(rf"(?<!\w){regex.escape(words)}(?!\w)", whole))
