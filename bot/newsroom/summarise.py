"""A summary in the article's own words: headline, sentences with their paragraphs, one quotation with its speaker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

import regex

from bot.core.errors import NoArticle
from bot.core.model import Kind, Page
from bot.intake.dateline import split_dateline
from bot.intake.furniture import is_furniture
from bot.intake.language import language_of
from bot.newsroom.headline import headline
from bot.newsroom.leaning import leans
from bot.newsroom.quotation import Quote, key_quotation
from bot.newsroom.selection import WINDOW, Sentence, select
from bot.newsroom.sentences import split

_FEWEST_LETTERS = 40
_ENDS = regex.compile(r"[.!?…。！？｡؟۔।॥။។][\"'”’»›)\]」』】）》]*$|[”»」』]$|[\u0e00-\u0eff\u1780-\u17ff]")
_MARKS = (".", "!", "?", ".”", '."')
"""How nearly every paragraph ends: quicker to see than all that `_ENDS` knows."""
_LONGEST_HEAD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an article says, in few of its own words."""

    headline: str
    sentences: tuple[Sentence, ...]
    quote: Quote | None = None
    language: str = ""
    method: str = "extractive"


def summarise(page: Page, *, sentences: int = 3, words: int | None = None) -> Summary:
    """Return `sentences` sentences of the article, in its order and verbatim but for a leading dateline.

    With `words` they are at most so many, within that many words: none where not one is that short. Raises
    `NoArticle` where the page is none, with the reason as its key.
    """
    if page.kind is not Kind.ARTICLE:
        raise NoArticle(f"error.no_article_{page.kind}")
    candidates = _candidates(page)
    first = [*islice(candidates, WINDOW)]
    if sum(len(sentence.text) for sentence in first) < _FEWEST_LETTERS:
        raise NoArticle("error.no_article_short")
    return Summary(
        headline=page.title or headline(first[0].text),
        sentences=select(chain(first, candidates), page, sentences, words),
        quote=key_quotation(page.paragraphs),
        language=page.language or language_of(page.text),
    )


def page_of(text: str, *, title: str = "", url: str = "", language: str = "") -> Page:
    """Return a page made from plain text: a line break is a paragraph."""
    lines = tuple(line for line in (" ".join(part.split()) for part in text.splitlines()) if line)
    return Page(title=" ".join(title.split()), url=url, language=language, paragraphs=lines)


def _candidates(page: Page) -> Iterator[Sentence]:
    """The article's sentences; its section heads only where there is nothing else.

    The standfirst says before the text what the text says: only where the text leans on it ("This comes after …") is
    it one of them.
    """
    found = False
    standfirst: list[Sentence] = []
    for index, paragraph in enumerate(page.paragraphs):
        if _is_head(paragraph) or is_furniture(paragraph):
            continue
        _, told = split_dateline(paragraph)
        for text in split(told):
            if paragraph == page.standfirst:
                standfirst.append(Sentence(text, index))
                continue
            if not found and leans(text, page.language):
                yield from standfirst
            found = True
            yield Sentence(text, index)
    if not found:
        for index, paragraph in enumerate(page.paragraphs):
            yield Sentence(paragraph, index)


def _is_head(paragraph: str) -> bool:
    """Tell a section head, byline, caption or row of a table: words that no mark ends."""
    if paragraph.startswith("|"):
        return True
    return not paragraph.endswith(_MARKS) and len(paragraph.split()) <= _LONGEST_HEAD and not _ENDS.search(paragraph)
