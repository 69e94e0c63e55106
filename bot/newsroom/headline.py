"""A headline out of running text: its first sentence, or the part of it up to a clause; what follows stays the text."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bot.newsroom.sentences import QUOTED, split
from bot.newsroom.words import listed

LONGEST = 100
"""Characters of a headline that nobody wrote as one."""
_CLAUSE = regex.compile(
    r"\s*[,;:،؛](?=\s)|\s*[，；：、]|\s[–—-](?=\s)|—(?=\w)"
    r"|\s(?=(?:who|which|that|after|as|when|while|because|following|amid|but|and|or|before|although|despite|since|until"
    r"|qui|que|après|alors|mais|et|avant|tandis|parce|lorsque|dass|weil|nachdem|und|aber|oder|obwohl|während|bevor|ehe"
    r"|pero|porque|tras|y|mientras|antes|aunque|ma|perché|mentre|dopo|mas|depois|enquanto|maar|terwijl|omdat|nadat"
    r"|но|и|что|который|которая|которые|когда|после|а|як|але|ancak|ama|ve|ale|oraz|który|która|że|när|men|och|når|og"
    r"|في|بعد|حيث|لكن|بينما|قبل|أن)\s)"
    r"|(?<=[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f])\s+(?=[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f])"
)
"""Where a clause may end."""
_GAP = regex.compile(r"(?<![\d.])\s+(?!\d)|(?<=\d[.,]?)\s+(?=\p{Lu}\p{Ll})")
"""A space between words; not behind an abbreviation, within a figure, or between a figure and what it counts."""
_OPENING = regex.compile(r"[“„«‹「『（(\[]|(?<!\w)[\"'‘](?=\w)")
_CLOSED = {"“": "”“", "„": "“”", "«": "»", "‹": "›", "「": "」", "『": "』", "（": "）", "(": ")", "[": "]", "‘": "’"}
_MARKS = " ,;:،؛，；：、–—-"
_LAST_WORD = regex.compile(r"\p{L}+$")
_LEANING = listed(
    """
    a an the of in on at to for by with from and or but that who which der die das den dem des ein eine und oder im am
    auf zu von mit le la les un une de du des à et en el los las y del il lo di e o
    """
)
"""No headline ends with one of these."""


def headline(sentence: str, longest: int = LONGEST) -> str:
    """Return a sentence cut at a clause to at most `longest` characters, without its full stop."""
    if len(sentence) <= longest:
        return sentence.rstrip(".。 ")
    at = clause_end(sentence, longest) or sentence.rfind(" ", 0, longest)
    return sentence[: at if at > 0 else longest].rstrip(_MARKS)


def divided(text: str, longest: int) -> tuple[str, str]:
    """Return a line of running text as a headline and what is left of it; nothing is lost.

    The first sentence is the headline where it has room, else the part of it that ends with a clause; what is left
    then begins with an ellipsis. The headline is empty where the line can be cut nowhere.
    """
    first = next(split(text), "")
    if first and len(first) <= longest:
        return first, text[text.index(first) + len(first) :].strip()
    at = clause_end(text, longest)
    left = text[at:].lstrip()
    return (text[:at].rstrip(_MARKS), f"… {left.lstrip(_MARKS)}") if at else ("", text)


def clause_end(text: str, longest: int) -> int:
    """Return where the last clause ends that has room, else the last word; 0 where that is nowhere.

    It is never within a word, a figure, a quotation or a bracket, nor behind a word that goes on.
    """
    least = longest // 3
    barred = [*_quoted(text)]
    for pattern in (_CLAUSE, _GAP):
        cuts = [cut.start() for cut in pattern.finditer(text, 0, longest + 1) if least < cut.start() <= longest]
        for at in reversed(cuts):
            if not any(start < at < end for start, end in barred) and _may_end(text, at):
                return at
    return 0


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """Yield where quotations and brackets stand; one that is not closed lasts to the end."""
    end = 0
    for found in QUOTED.finditer(text):
        yield found.span()
        end = found.end()
    for opening in _OPENING.finditer(text, end):
        closing = _CLOSED.get(opening.group(), opening.group())
        if not any(mark in text[opening.end() :] for mark in closing):
            yield opening.start(), len(text)


def _may_end(text: str, at: int) -> bool:
    """Tell whether a headline may end here: not between the parts of a figure, nor with what needs another word."""
    before, after = text[:at].rstrip(), text[at:].lstrip(" ")
    if before[-1:].isdigit() and after[:1] in {",", "，", ":"} and after[1:].lstrip()[:1].isdigit():
        return False
    word = _LAST_WORD.search(before)
    return word is None or word.group().casefold() not in _LEANING
