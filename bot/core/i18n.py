"""Catalogs: gettext by key, read from the `.po` files beside this module when a language is first asked for."""

from __future__ import annotations

from functools import cache, lru_cache
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
        """Return the entry, filled; what it asks for and was not given stays in braces."""
        if not self.knows(key):
            return key
        count = args.get("count")
        entry = self._entries.ngettext(key, key, count) if isinstance(count, int) else key
        return (self._entries.gettext(key) if entry == key else entry).format_map(_Given(args))

    def knows(self, key: str) -> bool:
        """Tell whether there is an entry."""
        return bool(key) and self._entries.gettext(key) != key  # the empty key is the catalog's own header


@cache
def locales() -> tuple[str, ...]:
    """Return the languages there are catalogs for."""
    return tuple(sorted(path.stem for path in CATALOGS.glob("*.po")))


@lru_cache(maxsize=256)
def translator(locale: str) -> Translator:
    """Return the translator for a BCP 47 tag, its base language, or English."""
    base = locale.replace("_", "-").partition("-")[0].lower()
    return _read(base if base in locales() else DEFAULT)


@cache
def _read(locale: str) -> Translator:
    """Read a catalog; kept by language, as there is no end to the tags that people's platforms name."""
    with (CATALOGS / f"{locale}.po").open("rb") as file:
        catalog = read_po(file, locale=locale)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translator(locale, GNUTranslations(compiled))


class _Given(dict[str, object]):
    """Arguments; a missing one is shown by its name and is no crash in the middle of an error message."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"
