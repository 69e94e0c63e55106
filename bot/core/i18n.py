"""Catalogs: gettext by key, read from the `.po` files beside this module when a language is first asked for."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGS = Path(__file__).with_name("catalogs")
DEFAULT = "en"


class Translator:
    """Says things in one language: `say("story.none", topic="climate")`.

    An entry with a plural takes its form from the argument `count`. A key without an entry is shown as it is, so that a
    missing translation is seen and not a crash; `tests/house` keeps the catalogs complete.
    """

    def __init__(self, locale: str, entries: GNUTranslations) -> None:
        self.locale = locale
        self._entries = entries

    def __call__(self, key: str, /, **args: object) -> str:
        """Return the entry, filled."""
        count = args.get("count")
        entry = self._entries.ngettext(key, key, count) if isinstance(count, int) else key
        return (self._entries.gettext(key) if entry == key else entry).format(**args)

    def knows(self, key: str) -> bool:
        """Tell whether there is an entry."""
        return self._entries.gettext(key) != key


@cache
def locales() -> tuple[str, ...]:
    """Return the languages there are catalogs for."""
    return tuple(sorted(path.stem for path in CATALOGS.glob("*.po")))


@cache
def translator(locale: str) -> Translator:
    """Return the translator for a BCP 47 tag, its base language, or English."""
    base = locale.replace("_", "-").partition("-")[0].lower()
    known = base if base in locales() else DEFAULT
    with (CATALOGS / f"{known}.po").open("rb") as file:
        catalog = read_po(file, locale=known)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translator(known, GNUTranslations(compiled))
