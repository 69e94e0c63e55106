"""Numbers as words, the words for sizes, days and months: what a figure may be called in the languages checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale

from bot.newsroom.words import listed

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Those in which a figure is known by its words too."""

_ONES: Mapping[str, str] = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen",
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
    " dix-huit dix-neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete"
    " dezoito dezenove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
    " achttien negentien",
}
_TENS: Mapping[str, str] = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
}
_MORE: Mapping[str, Mapping[str, int]] = {
    "en": {"third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10},
    "de": {"eins": 1, "dreissig": 30, "zwo": 2},
    "fr": {"vingts": 20, "une": 1},
    "es": {
        "veintiuno": 21, "veintiún": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25,
        "veintiséis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29, "doscientos": 200, "doscientas": 200,
        "trescientos": 300, "trescientas": 300, "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600,
        "setecientos": 700, "ochocientos": 800, "novecientos": 900,
    },
    "it": {"duemila": 2000, "tremila": 3000},
    "pt": {"duas": 2, "dezasseis": 16, "dezassete": 17, "dezanove": 19, "duzentos": 200, "trezentos": 300},
    "nl": {"één": 1},
}  # fmt: skip
_SIZES: Mapping[str, Mapping[int, str]] = {
    "en": {12: "dozen dozens", 100: "hundred hundreds", 10**3: "thousand thousands k", 10**6: "million millions m mn",
           10**9: "billion billions bn", 10**12: "trillion trillions tn"},
    "de": {12: "dutzend dutzende dutzenden", 100: "hundert hunderte hunderten", 10**3: "tausend tausende tausenden",
           10**6: "million millionen mio", 10**9: "milliarde milliarden mrd", 10**12: "billion billionen"},
    "fr": {12: "douzaine", 100: "cent cents centaine centaines", 10**3: "mille millier milliers",
           10**6: "million millions", 10**9: "milliard milliards"},
    "es": {12: "docena docenas", 100: "cien ciento cientos", 10**3: "mil miles", 10**6: "millón millones"},
    "it": {12: "dozzina", 100: "cento", 10**3: "mille mila", 10**6: "milione milioni", 10**9: "miliardo miliardi"},
    "pt": {12: "dúzia dúzias", 100: "cem cento", 10**3: "mil", 10**6: "milhão milhões", 10**9: "bilhão bilhões"},
    "nl": {12: "dozijn", 100: "honderd honderden", 10**3: "duizend duizenden", 10**6: "miljoen", 10**9: "miljard"},
}  # fmt: skip
_RELATIVE: Mapping[str, str] = {
    "en": "yesterday today tomorrow tonight",
    "de": "gestern heute morgen vorgestern übermorgen",
    "fr": "hier aujourd'hui demain",
    "es": "ayer hoy mañana",
    "it": "ieri oggi domani",
    "pt": "ontem hoje amanhã",
    "nl": "gisteren vandaag morgen",
}
_PARTS_OF_DAYS = listed("früh morgen vormittag mittag nachmittag abend nacht")
JOINERS = listed("and et y e")
"""What may stand inside a number: two hundred and six."""


@cache
def numbers(language: str) -> Mapping[str, int]:
    """Return the words for whole numbers below a hundred, and more that are one word, in lower case."""
    ones, tens = _ONES[language].split(), _TENS[language].split()
    found = {word: value for value, word in enumerate(ones)}
    found |= {word: 10 * value for value, word in enumerate(tens, 2)}
    for ten, value in zip(tens, range(20, 100, 10), strict=True):
        found |= {word: value + one for one in range(1, 10) for word in _compounds(language, ones[one], ten)}
    found |= _MORE[language]
    if language in {"de", "nl"}:
        found |= {f"{found_word}{hundred}": value * 100
                  for found_word, value in tuple(found.items()) if 2 <= value <= 9
                  for hundred in ("hundert", "honderd")}  # fmt: skip
    return found


@cache
def sizes(language: str) -> Mapping[str, int]:
    """Return the words that multiply what stands before them, in lower case."""
    return {word: size for size, words in _SIZES[language].items() for word in words.split()}


@cache
def times(language: str) -> Mapping[str, str]:
    """Return the names of months and days, and the words for the days around today, each with what it means."""
    locale = Locale(language)
    months = {name: f"month {at}" for at, name in locale.months["format"]["wide"].items()}
    days = {name: f"day {at}" for at, name in locale.days["format"]["wide"].items()}
    relative = {word: word for word in _RELATIVE[language].split()}
    names = {**months, **days}
    if language == "de":
        names |= {each: day for name, day in days.items() for each in _of_day(name)}
    if language in {"en", "de"}:  # as they are written: "may" and "march" are other words
        return names | relative | {word.capitalize(): word for word in relative}
    return {name.casefold(): meaning for name, meaning in names.items()} | relative


@cache
def short_months(language: str) -> Mapping[str, str]:
    """Return how months are shortened, where that can be taken for nothing else."""
    if language not in {"en", "de"}:
        return {}
    short = Locale(language).months["format"]["abbreviated"]
    return {name.rstrip("."): f"month {at}" for at, name in short.items()} | {"Sept": "month 9"}


def _of_day(name: str) -> Iterator[str]:
    """Yield what a German day is called beside its name: freitags, Freitagen, Freitagabend."""
    yield f"{name.casefold()}s"
    yield f"{name}e"
    yield f"{name}en"
    yield from (f"{name}{part}" for part in _PARTS_OF_DAYS)


def _compounds(language: str, one: str, ten: str) -> Iterator[str]:
    """Yield how a ten and a one are written as one word."""
    if language == "de":
        yield f"{one}und{ten}"
    elif language == "nl":
        yield f"{one}en{ten}"
        yield f"{one}ën{ten}"
    elif language == "it":
        yield f"{ten[:-1] if one[0] in 'uo' else ten}{one.replace('tre', 'tré')}"
        yield f"{ten[:-1] if one[0] in 'uo' else ten}{one}"
