"""Words that a dot does not end, words that it may, and words that open a sentence, in the languages read most."""

from __future__ import annotations

from bot.newsroom.words import listed

NEVER_ENDING = listed(
    """
    mr mrs ms mx dr drs prof sr st ste gen col lt sgt capt cmdr cpl spc pfc maj adm brig rep reps sen sens gov hon rev
    fr pres vs fig figs est approx dept no nos vol pp p ed eds supt det insp msgr mt ft cf al dist atty
    hr hrn frau dipl ing mag bzw ca evtl ggf vgl inkl zzgl exkl sog nr str tel abb bd jh jhd chr geb gest ev kath
    mme mlle mm mgr me av bld boul art env sra srta sres dña dn dott sig sig.ra dra exmo núm pág gob lic cap
    jan feb mar apr jun jul aug sep sept oct nov dec janv févr avr juil déc okt dez ene abr ago dic gen mag giu lug ott
    e.g i.e z.b d.h u.a u.u o.ä s.o s.u v.a m.e i.d i.r a.d p.ej ej ph.d c.f n.b p.a bl.a f.eks t.ex dvs bijv resp
    """
)
"""Always followed by what they belong to."""

ENDING = listed(
    """
    u.s u.s.a u.k u.n e.u d.c l.a n.y a.m p.m b.c a.d inc ltd co corp bros jr etc plc ave blvd rd llc
    usw mio mrd tsd bn mln mld ee.uu mon tue tues wed thu thur thurs fri sat sun n.chr v.chr u.a.m
    """
)
"""These end a sentence where the next word can only open one."""

OPENERS = listed(
    """
    The A An He She It They We I You This That These Those There Here In On At By For From With As But And So Or If
    When While After Before Since His Her Its Their Our My However Meanwhile Not No What Who Why How Where Some Many
    Yesterday Today Tomorrow Now Then Later Still Also Even Once Although Though Because During Despite According
    Like Yet
    Just Only Both Each Such Last Next Every Under Between Among Through Without Against Over Until Instead Earlier
    Der Die Das Ein Eine Er Sie Es Wir Ich Im Am Auf Mit Nach Vor Bei Für Aber Und Doch Auch Wenn Als Da Dies Diese
    Warum Wie Was Wer Wo Wann Wovor Wofür Denn Zudem Dabei Damit Dazu Danach Dann Nun Jetzt Heute Gestern Laut
    Selbst Sogar
    Schon Erst Noch Nur So Zwar Weil Obwohl Während Seit Bis Trotz Wegen Statt Gegen Ohne Unter Über Zwischen
    Nachdem Beim
    Le La Les Un Une Des Il Elle Ils Elles Nous Ce Cette Ces Dans En Sur Pour Par Avec Mais Et Selon Au Aux Hier
    Depuis Lors Alors Ainsi Quand Si Comme
    El Los Las Una Unos Este Esta Estos Con Por Para Pero Y Según Se Su Ayer Hoy Cuando Como Desde Durante Lo Gli I
    Il Nel Nella Per Ma Di Da
    De Het Een Hij Zij Ze Maar Voor Met Op Den Det En Et Han Hun Men På Og Och Som Selvom Når Hvis
    """
)

AFTER_ORDINALS = listed(
    """
    Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
    Jahrhundert Jahrhunderts Liga Runde Platz Mal Male Klasse Etage Stock Bundesliga Geburtstag Spieltag Minute
    Jahrestag Weltkrieg Weltkriegs Auflage Ausgabe Bezirk Senat Kammer Halbzeit Lebensjahr Tag Todestag FC FSV
    """
)
"""What a German ordinal stands before, beside words in lower case."""
