"""The dateline that opens a story: recognised, and told apart from its first sentence."""

from __future__ import annotations

import regex

_AGENCIES = (
    r"(?:Reuters|AP|AFP|dpa|DPA|CNN(?: Business)?|UPI|PTI|ANI|IANS|Xinhua|TASS|EFE|ANSA|APA|SID|sda|Keystone-SDA|AAP|"
    r"Bloomberg|PA(?: Media)?|The Canadian Press|Agencia EFE|EUROPA PRESS|Belga|ANP|TT|NTB|Ritzau|KUNA|MENAFN|KNA|epd|"
    r"Associated Press|The Associated Press|CP|ots|Tribune News Service|TNS|Financial|Sputnik|Interfax|Yonhap|Kyodo)"
)
_CITY = r"\p{Lu}[\p{L}.'’-]*(?:[ /]\p{L}[\p{L}.'’-]*){0,3}"
_CAPITALS = r"\p{Lu}[\p{Lu}.'’ /-]{2,40}"
_DASH = r"(?:—|–|--|―|\s-\s)"
_PATTERNS = tuple(
    regex.compile(pattern)
    for pattern in (
        # BERLIN (Reuters) - …   London, England (CNN) -- …   (AP) — …
        (
            rf"(?:{_CITY}(?:, {_CITY}){{0,2}},? )?(?:\d{{1,2}} \p{{L}}+ )?[(\[]{_AGENCIES}(?:[/,] ?[^()]{{1,30}})?[)\]]"
            rf"\s*(?:{_DASH}|-|\.|:)?\s*(?=\S|$)"
        ),
        # OTTAWA — …   WASHINGTON, March 3 — …   NEW YORK, N.Y. – …   MARLOW BAY (The Post) – …
        rf"{_CAPITALS}(?:, [\p{{L}}. ]{{2,25}}\d{{0,2}}){{0,2}}(?:\(\p{{Lu}}[^()]{{1,30}}\))?\s*{_DASH}\s*(?=\S|$)",
        # Berlin, 3. März – …
        rf"{_CITY}, \d{{1,2}}\.? \p{{L}}+(?: \d{{4}})?\s*{_DASH}\s*(?=\S|$)",
    )
)


_MARKS = ("(", "[", "—", "–", "―", "--", " - ")
"""No dateline is without one of these."""


def split_dateline(paragraph: str) -> tuple[str, str]:
    """Return the dateline (place, date and agency, without the dash) and the rest; an empty one where there is none."""
    if not any(mark in paragraph for mark in _MARKS):
        return "", paragraph
    for pattern in _PATTERNS:
        found = pattern.match(paragraph)
        if found:
            return found.group().strip().rstrip("—–-―:. ").strip(), paragraph[found.end() :]
    return "", paragraph
