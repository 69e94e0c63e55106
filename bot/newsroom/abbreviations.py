"""Words that a dot does not end, words that may, and words that open a sentence, in the languages we read most."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER_ENDING = _words(
    """
    mr mrs ms dr prof sr st gen col lt sgt capt cpl maj rep sen gov hon rev pres vs fig figs est approx dept
    no nos vol pp adm supt det insp msgr fr hr frau dipl ing bzw ca evtl ggf vgl inkl zzgl sog nr str tel abb bd
    mme mlle mm av bld m art sra srta sres dña dott sig dra exmo núm pág gob
    jan feb mar apr jun jul aug sep sept oct nov dec januar okt dez
    e.g i.e z.b d.h u.a o.ä s.o v.a m.e p.ej ej ph.d
    """
)
"""Always followed by what they belong to."""

ENDING = _words(
    """
    u.s u.k u.n e.u d.c l.a a.m p.m inc ltd co corp bros jr etc plc ave blvd dept usw mio mrd tsd bn
    ee.uu mon tue wed thu fri sat sun
    """
)
"""These end a sentence where the next word can only open one."""

OPENERS = _words(
    """
    The A An He She It They We I You This That These Those There Here In On At By For From With As But And So Or If
    When While After Before Since His Her Its Their Our My However Meanwhile Not No What Who Why How Where
    Der Die Das Ein Eine Er Sie Es Wir Ich In Im Am Auf Mit Nach Vor Bei Für Aber Und Doch Auch Wenn Als Da Dies Diese
    Le La Les Un Une Des Il Elle Ils Elles On Nous Ce Cette Ces Dans En Sur Pour Par Avec Mais Et Selon
    El Los Las Una Unos Este Esta Estos Con Por Para Pero Y Según No Se Su
    """
)

MONTHS = _words(
    """
    Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
    januar februar marts april maj juni juli august september oktober november december
    Jahrhundert Liga Runde Platz Mal Klasse Etage Stock Bundesliga Geburtstag Spieltag Minute Jahrestag
    """
)
"""What a German or Danish ordinal stands before."""
