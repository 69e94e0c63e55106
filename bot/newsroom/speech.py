"""The words by which newsrooms say who spoke: verbs, pronouns, titles, and the names of bodies that are no person."""

from __future__ import annotations

from functools import lru_cache

from bot.newsroom.words import listed

VERBS = (
    r"(?:said|says|added|adds|told|asked|asks|wrote|writes|argued|warned|explained|insisted|replied|noted|stressed|posted"
    r"|tweeted|recalled|announced|declared|stated|admitted|conceded|continued|acknowledged|claimed|urged|testified"
    r"|sagte|sagt|erklärte|erklärt|betonte|meinte|meint|schrieb|warnte|kritisierte|äußerte|so|ergänzte|fragte|forderte"
    r"|a\sdit|a\sdéclaré|a\saffirmé|a\sajouté|a\sexpliqué|a\sassuré|a\sestimé|a\sindiqué|déclare|explique|affirme|assure"
    r"|estime|souligne|ajoute|raconte|dijo|afirmó|declaró|explicó|señaló|añadió|aseguró|agregó|sostuvo|dice|afirma"
    r"|ha\sdetto|ha\sdichiarato|ha\sspiegato|ha\saggiunto|spiega|disse|afirmou|declarou|explicou|acrescentou|diz"
    r"|zei|zegt|aldus|vertelde|sade|säger|sier|sa|siger|sagde|fortæller|powiedział|powiedziała|mówi)"
)
"""Verbs of speech, as a pattern."""

SPEAKING = frozenset(VERBS.removeprefix("(?:").removesuffix(")").split("|"))
"""Those of one word, as they stand before a name."""

PRONOUNS = {
    **dict.fromkeys(("he", "er", "il", "él", "lui", "ele", "hij", "han"), "m"),
    **dict.fromkeys(("she", "sie", "elle", "ella", "lei", "ela", "zij", "ze", "hun", "hon"), "f"),
}
"""Pronouns that may stand for a speaker, with their gender."""

GENDERED = {
    **dict.fromkeys(("mr", "sir", "lord", "herr", "herrn", "monsieur", "señor", "king", "prince", "father"), "m"),
    **dict.fromkeys(
        ("mrs", "ms", "miss", "lady", "dame", "frau", "mme", "madame", "señora", "queen", "princess", "sister"), "f"
    ),
}
"""Titles that tell a person's gender."""

_TITLES = listed(
    """
    dr drs prof professor president vice mayor mayoress minister chancellor premier governor gov senator sen rep
    congressman congresswoman chief chairman chairwoman chair director manager coach captain capt general gen colonel
    col sergeant sgt lieutenant lt officer inspector judge justice secretary ambassador councillor
    councilman councilwoman commissioner superintendent detective spokesman spokeswoman spokesperson
    reverend rev pope bishop archbishop rabbi
    imam doctor sheriff attorney prosecutor mp lead head deputy prime foreign finance interior former
    präsident präsidentin minister ministerin kanzler kanzlerin bürgermeister bürgermeisterin sprecher sprecherin chef
    chefin direktor direktorin leiter leiterin trainer trainerin richter richterin professorin bundeskanzler landrat
    président présidente ministre maire directeur directrice porte-parole presidente ministro ministra alcalde alcaldesa
    sindaco sindaca presidenta director directora
    """
)
_TITLE_ENDINGS = (
    "minister", "ministerin", "präsident", "präsidentin", "sprecher", "sprecherin", "meister", "meisterin", "chef",
    "chefin", "direktor", "direktorin", "leiter", "leiterin", "kanzler", "kanzlerin", "trainer", "trainerin",
    "vorsitzende", "vorsitzender", "abgeordnete", "abgeordneter", "experte", "expertin", "forscher", "forscherin",
    "anwalt", "anwältin", "inhaber", "inhaberin", "gründer", "gründerin", "experten", "arzt", "ärztin", "loge", "login",
    "wissenschaftler", "wissenschaftlerin", "kapitän", "soldat", "ökonom", "ökonomin", "analyst", "analystin",
)  # fmt: skip
_BODIES = listed(
    """
    police ministry department university college school bank court house party office agency council union group inc
    ltd corp company watch times press post news committee commission association institute center centre club united
    city county state states street road avenue park bridge river lake north south east west new san great board
    authority service services hospital church museum airport army navy force forces government parliament congress
    senate assembly federation league foundation fund society network media television radio agence reuters monday
    tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december montag dienstag mittwoch donnerstag freitag samstag sonntag universität polizei partei
    behörde amt ministerium gericht verein stadt bundesrat bundestag landtag regierung université ministère parti
    gouvernement universidad partido gobierno ministerio policía policia kingdom republic national international
    supreme high first world twitter facebook
    """
)
_BODY_ENDINGS = (
    "gesellschaft", "verband", "amt", "ministerium", "agentur", "bank", "partei", "kammer", "gericht", "verein",
    "stiftung", "institut", "universität", "behörde", "gewerkschaft", "konzern", "organisation",
)  # fmt: skip


@lru_cache(maxsize=4096)
def is_title(word: str) -> bool:
    """Tell whether a word before a name is an office or a form of address."""
    bare = word.casefold().rstrip(".")
    return bare in _TITLES or bare in GENDERED or bare.endswith(_TITLE_ENDINGS)


def is_body(words: list[str]) -> bool:
    """Tell whether capitalised words name a body, a place or a day and no person."""
    return any(map(_of_body, words))


@lru_cache(maxsize=4096)
def _of_body(word: str) -> bool:
    bare = word.casefold().rstrip(".")
    return bare in _BODIES or bare.endswith(_BODY_ENDINGS)
