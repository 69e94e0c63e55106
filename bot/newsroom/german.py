"""Whether a German text has a noun in another form: inflected, as a compound's head, made from a verb of the text."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from bot.newsroom.numerals import numbers
from bot.newsroom.speech import is_body, is_title
from bot.newsroom.words import listed

OPENERS = listed(
    """
    insgesamt zudem außerdem dagegen allerdings jedoch künftig bislang bisher zuvor anschließend gleichzeitig
    unterdessen inzwischen mittlerweile demnach daher deshalb dennoch trotzdem zunächst schließlich zuletzt gemäß
    angesichts aufgrund rund etwa mehr weniger beide alle viele einige mehrere kein keine hinzu ferner ebenso
    """
) | frozenset(numbers("de"))
"""What opens a sentence and is no name, beside the words that open one in any text."""
ADJECTIVES = ("e", "en", "er", "es", "em")
_ENDINGS = ("en", "er", "es", "em", "e", "s", "n")
_SHORTEST, _SHORTEST_HEAD = 4, 5
_UNROUNDED = str.maketrans("äöü", "aou")


class Nouns:
    """The nouns and verbs of an article."""

    def __init__(self, capital: Collection[str], small: Collection[str]) -> None:
        self._stems = {stem(word) for word in capital}
        self._endings: dict[str, set[str]] = {}
        for each in self._stems:
            self._endings.setdefault(each[-_SHORTEST_HEAD:], set()).add(each)
        self._small: dict[str, set[str]] = {}
        for word in small:
            self._small.setdefault(word[:_SHORTEST_HEAD], set()).add(word)

    def have(self, noun: str) -> bool:
        """Tell whether a noun is there in another form.

        The head of a compound is (Hafenausschuss: Ausschuss), and what is made from a verb (kostet: Kosten), but no
        office and no body of people: a vice president is no president, and what is "gerichtet" is no court.
        """
        own = stem(noun)
        if own in self._stems:
            return True
        if is_title(noun) or is_body([noun]):
            return False
        compounds = self._endings.get(own[-_SHORTEST_HEAD:], ()) if len(own) >= _SHORTEST_HEAD else ()
        if any(each.endswith(own) for each in compounds):
            return True
        bare = noun.casefold()
        root = bare[: max(_SHORTEST_HEAD, len(bare) - 3)]
        return len(bare) > _SHORTEST_HEAD and any(word.startswith(root) for word in self._small.get(root[:5], ()))


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Return a word without its ending and its umlauts."""
    bare = word.casefold().translate(_UNROUNDED)
    if bare.endswith("ss"):
        return bare
    return next(
        (bare[: -len(ending)] for ending in _ENDINGS if bare.endswith(ending) and len(bare) - len(ending) >= _SHORTEST),
        bare,
    )
