"""A summary in the article's own words: headline, sentences with their paragraphs, one quotation with its speaker."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from bot.core.errors import NoArticle
from bot.core.model import Kind, Page
from bot.intake.dateline import split_dateline
from bot.newsroom.quotation import Quote, key_quotation
from bot.newsroom.sentences import split

_LEANING = regex.compile(
    r"[\s\"'“‘„«]*(?:he|she|it|they|his|her|their|but|and|so|however|meanwhile|also|this|that|these|those|er|sie|aber|und|doch|il|elle|ils|elles|mais)\b",
    regex.IGNORECASE,
)
_HEADLINE = 100
_FEWEST_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the article, verbatim, and the index of its paragraph in `Page.paragraphs`."""

    text: str
    paragraph: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an article says, in few of its own words."""

    headline: str
    sentences: tuple[Sentence, ...]
    quote: Quote | None = None
    language: str = ""
    method: str = "extractive"


def summarise(page: Page, *, sentences: int = 3, words: int | None = None) -> Summary:
    """Return `sentences` sentences of the article, in its order, within `words` words where that is given.

    Raises `NoArticle` where the page is none, with the reason as its key.
    """
    if page.kind is not Kind.ARTICLE:
        raise NoArticle(f"error.no_article_{page.kind}")
    candidates = _candidates(page)
    if sum(len(sentence.text) for sentence in candidates) < _FEWEST_LETTERS:
        raise NoArticle("error.no_article_short")
    chosen = _from_the_top(candidates, sentences, words)
    return Summary(
        headline=page.title or headline(candidates[0].text),
        sentences=tuple(chosen),
        quote=key_quotation(page),
        language=page.language,
    )


def page_of(text: str, *, title: str = "", url: str = "", language: str = "") -> Page:
    """Return a page made from plain text: a line break is a paragraph."""
    lines = tuple(line for line in (" ".join(part.split()) for part in text.splitlines()) if line)
    return Page(title=title.strip(), url=url, language=language, paragraphs=lines)


def word_count(text: str) -> int:
    """Return the number of words."""
    return len(text.split())


def headline(sentence: str, longest: int = _HEADLINE) -> str:
    """Return a sentence cut at a clause to at most `longest` characters, without its full stop."""
    if len(sentence) <= longest:
        return sentence.rstrip(".。 ")
    cuts = [
        found.start()
        for found in regex.finditer(r"\s*(?:[,;:，；：、]|\s[–—-]\s)", sentence)
        if longest // 3 <= found.start() <= longest
    ]
    at = cuts[-1] if cuts else sentence.rfind(" ", 0, longest)
    return sentence[: at if at > 0 else longest].rstrip()


def _candidates(page: Page) -> list[Sentence]:
    found: list[Sentence] = []
    for index, paragraph in enumerate(page.paragraphs):
        _, rest = split_dateline(paragraph)
        found.extend(Sentence(text, index) for text in split(rest))
    return found


def _from_the_top(candidates: list[Sentence], count: int, words: int | None) -> list[Sentence]:
    chosen: list[Sentence] = []
    used = 0
    for sentence in candidates:
        size = word_count(sentence.text)
        if len(chosen) == count:
            break
        if words is not None and used + size > words:
            continue
        chosen.append(sentence)
        used += size
    return chosen
