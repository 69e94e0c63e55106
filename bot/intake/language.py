"""A light guess at a text's language, by its script and its commonest words."""

from __future__ import annotations

import re
from collections import Counter

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("fa", re.compile(r"[\u067e\u0686\u0698\u06af\u06cc]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("uk", re.compile(r"[іїєґ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
_SHARE = 0.1
"""How much of a text its script must be."""
_COMMON = {
    "en": "the of and to in that is was for on with as it at by from has said were be",
    "de": "der die das und in den von zu mit dem nicht auf ist ein eine im für sich auch wird",
    "fr": "le la les de des et en un une du est pour dans que qui sur par au pas plus",
    "es": "el la los las de que y en un una por con para del se su es al como más",
    "it": "il la di che e in un per del della con non sono una è dei al nel le gli",
    "pt": "o a os de que e do da em um uma para com não no na por se dos mais",
    "nl": "de het een van en in is dat op te voor met zijn niet aan er om ook bij door",
    "sv": "och i att det som en på är av för med till den har inte om ett var men",
    "da": "og i at det er en til på som af for med den har ikke der et af fra",
    "no": "og i det er en til på som av for med at har ikke den et fra om så",
    "pl": "w i na z do się nie że jest to o po od za przez dla jak ale są ich",
    "tr": "ve bir bu için ile de da olarak olan daha çok sonra kadar gibi ise en ne",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_WORD = re.compile(r"[^\W\d_]+")
_FEWEST = 3


def language_of(text: str) -> str:
    """Return the language as two letters, or nothing where it can't be told."""
    sample = text[:2000]
    letters = sum(map(str.isalpha, sample))
    for language, script in _SCRIPTS:
        if len(script.findall(sample)) > _SHARE * letters / (5 if language in {"uk", "fa", "ja"} else 1):
            return language
    counts = Counter(_WORD.findall(sample.casefold()))
    scores = {language: sum(counts[word] for word in words) for language, words in _WORDS.items()}
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] >= _FEWEST else ""
