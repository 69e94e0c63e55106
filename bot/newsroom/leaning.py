"""Whether a sentence leans on the one before it: opens with a pronoun or with a word that goes on ("But", "Also")."""

from __future__ import annotations

from functools import cache

import regex

_OPENERS = {
    "en": "he|she|it|they|his|her|hers|its|their|theirs|them|this|that|these|those|but|and|so|yet|however|meanwhile"
    "|also|instead|nevertheless|still|then",
    "de": "er|sie|es|ihr|ihre|sein|seine|dies|diese[rsmn]?|dabei|dazu|damit|dafür|aber|und|doch|jedoch|auch|außerdem"
    "|zudem",
    "fr": r"il(?!\sy\sa|\sfaut)|elle|ils|elles|cela|ce|cette|ces|mais|et|pourtant",
    "es": r"él|ella|ellos|ellas|esto|esta|este|pero|también|sin\sembargo",
    "it": "lui|lei|essi|questo|questa|ma|anche",
    "pt": "ele|ela|eles|elas|isso|mas|também",
    "nl": "hij|zij|ze|dit|maar|ook",
    "sv": "han|hon|men|också|dessutom",
    "da": "han|hun|men|også|desuden",
    "no": "han|hun|men|også|dessuten",
    "pl": "on|ona|oni|one|ale|jednak|także|również|ponadto",
    "ru": "он|она|они|но|однако|также|это|этот|эти|при этом",
    "tr": "ancak|ama|ayrıca|bu",
}
_UNSPACED = (
    "他|她|它|但|这|這|此外|不过|不過|然而|彼|彼女|しかし|また|その|これ|それ|그는|그녀는|그러나|하지만|وأضاف|وقال|لكن|كما"
    "|เขา|เธอ|แต่|และ|ซึ่ง|โดย|จึง|ทำให้|เพราะ|เนื่องจาก|หลังจาก|ขณะที่|เพื่อ|รวมถึง|นอกจาก"
)
"""Thai ends no sentence, so that its clauses are looked at: some open with a word that joins them."""
_MARKS = r"[\s\"'“‘„«»‹(—–-]*"


def leans(sentence: str, language: str) -> bool:
    """Tell whether a sentence can't stand without the one before; `language` is a BCP 47 tag, or empty.

    What opens a sentence so in one language ("Men" in Danish) is another's noun; without a language all count.
    """
    known = language[:2].lower()
    return bool(_pattern(known if known in _OPENERS else "").match(sentence))


@cache
def _pattern(language: str) -> regex.Pattern[str]:
    openers = _OPENERS.get(language) or "|".join(_OPENERS.values())
    return regex.compile(rf"{_MARKS}(?:(?:{openers})\b|{_UNSPACED})", regex.IGNORECASE)
