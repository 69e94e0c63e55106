"""The words by which a turn of events is known, in English, German and French: tolls, arrests, verdicts, all-clears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import regex

LANGUAGES = ("en", "de", "fr")

_COUNTED: Mapping[str, str] = {
    "en": """
        dead | killed | died | deaths | fatalities // killed | kills | killing | kill | claimed // death toll | toll
        injured | wounded | hurt | injuries // injured | injures | injuring | wounded | wounds | wounding
        missing | unaccounted
        evacuated | displaced | homeless | stranded | trapped // evacuated | evacuates | displaced | displaces | traps
        arrested | detained | arrests // arrested | arrests | detained | detains
        without power | without electricity | without water
        """,
    "de": r"""
        tote[nr]? | todesopfern? | tot | getötet | gestorben | ums leben | leichen // tötete // zahl der (?:toten|opfer)
        (?:schwer)?verletzten? | verletzt // verletzte // zahl der verletzten
        vermissten? | vermisst // // zahl der vermissten
        evakuiert | in sicherheit gebracht | obdachlos | eingeschlossen
        festgenommen | festnahmen | verhaftet
        ohne strom | ohne wasser
        """,
    "fr": """
        morts? | mortes? | tuée?s? | décès | décédée?s? // tue | tué | tuant // bilan
        blessée?s? // blesse | blessé | blessant
        disparue?s?
        évacuée?s? | déplacée?s? | sans-abri | bloquée?s?
        arrêtée?s? | interpellée?s? | arrestations? | interpellations?
        sans électricité | sans courant | sans eau
        """,
}
"""A line a kind, the dead first: words that follow a number // verbs it follows // what rises to it."""

_TURNS: Mapping[str, str] = {
    "en": r"""
        dies | died | dead | killed | kills | deaths? // fatal\p{L}* | murder\p{L}* | killing | deadly | body | bodies
        arrested | arrests | detained | detains // arrest | custody | captur\p{L}+ | caught | nab\p{L}* | apprehen\p{L}+
        charged with | indicted // charg\p{L}+ | indictment
        convicted | found guilty | acquitted | sentenced | jailed // guilty | convict\p{L}* | sentenc\p{L}+ | verdict
        resigns | resigned | steps down | stepped down | quits | sacked | ousted // resign\p{L}* | dismiss\p{L}* | fired
        found (?:alive|dead|safe|unharmed) | rescued // found | saved | pulled
        declares? (?:a )?(?:state of )?emergency | emergency declared // emergency
        evacuated | evacuates | evacuation (?:ordered|begins) // evacuat\p{L}+ | fle[ed]\p{L}* | shelters?
        under control | contained | extinguished // control | put out | doused | tamed
        red (?:alert|warning) // red | highest
        cancell?ed | called off | postponed // cancel\p{L}* | scrapped | delayed
        reopens | reopened // reopen\p{L}* | open again
        ceasefire (?:agreed|begins|declared|takes effect) | agree (?:to )?a (?:ceasefire|truce) // ceasefire | truce
        """,
    "de": r"""
        tot | tote[nr]? | stirbt | starb | getötet | todesopfer\p{L}* | ums leben // tödlich\p{L}* | leichen? | opfer
        festgenommen | verhaftet | in untersuchungshaft // \p{L}*haftung | festn\p{L}+ | gefasst | haft\p{L}*
        angeklagt | anklage erhoben // \p{L}*anklage\p{L}*
        verurteilt | freigesprochen | schuldig gesprochen // urteil\p{L}* | schuldig | haftstrafe | freispruch
        tritt zurück | zurückgetreten | trat zurück | entlassen | abgesetzt // rücktritt\p{L}* | entlass\p{L}+
        gerettet | lebend gefunden | wohlbehalten | tot gefunden // gefunden | rett\p{L}+ | geborgen
        (?:ruft|rief) (?:\p{L}+ )*(?:notstand|katastrophenfall) aus | notstand ausgerufen // notstand | katastrophenfall
        evakuiert // evakuier\p{L}+ | in sicherheit
        unter kontrolle | gelöscht | eingedämmt // kontrolle | lösch\p{L}+
        höchste warnstufe | rote warnstufe | alarmstufe rot // höchste | rote?n?
        abgesagt | verschoben // absage\p{L}* | fällt aus
        wieder (?:geöffnet|freigegeben|offen|frei) // öffnet | freigabe
        (?:waffenruhe|feuerpause) (?:vereinbart|beginnt|in kraft) // waffenruhe | feuerpause | waffenstillstand
        """,
    "fr": r"""
        morts? | mortes? | tuée?s? | décédée?s? | meurt | meurent // décès | victimes? | mortel\p{L}* | corps
        arrêtée?s? | interpellée?s? | garde à vue // arrest\p{L}+ | interpell\p{L}+ | captur\p{L}+ | suspects?
        mise?s? en examen | inculpée?s? // mise en examen | inculp\p{L}+
        condamnée?s? | acquittée?s? | relaxée?s? // condamn\p{L}+ | verdict | prison | acquitt\p{L}+
        démissionne | démissionné | limogée?s? | destituée?s? // démission\p{L}* | limog\p{L}+
        retrouvée?s? (?:vivant\p{L}*|mort\p{L}*|saine?s? et sau\p{L}+) | secourue?s? | sauvée?s? // retrouv\p{L}+
        (?:décrète|déclare) l['’]état d['’]urgence | état d['’]urgence (?:décrété|déclaré) // urgence
        évacuée?s? // évacu\p{L}+
        maîtrisée?s? | éteinte?s? | circonscrite?s? | sous contrôle // maîtris\p{L}+ | étein\p{L}+
        (?:vigilance|alerte) rouge // rouge
        annulée?s? | reportée?s? // annul\p{L}+ | report\p{L}*
        rouvre | rouvrent | rouverte?s? // réouverture | rouvr\p{L}+
        cessez-le-feu (?:conclu|décrété|accepté) // cessez-le-feu | trêve
        """,
}
"""A line a kind of turn: what opens a new chapter // what else shows that the kind was told of before."""

_DOUBTS: Mapping[str, str] = {
    "en": r"""
        feared? | fears? | may | might | could | would | should | if | unless | up to | reportedly | rumou?rs?
        unconfirmed | expected | threat\p{L}* | calls? for | urge[sd]? | demand(?:s|ed)? | wants? | plans? | no one
        nobody | no | not | never | none | den(?:y|ies|ied) | drill | exercise | anniversary | remember\p{L}* | ago
        since | previous\p{L}* | histor\p{L}* | how | why | what | who | explain\p{L}* | analysis | opinion | live
        in pictures | timeline | profile | obituary | last (?:year|month) | decades? | worst | deadliest | film
        series | book | risk\p{L}* | avoid\p{L}* | prevent\p{L}* | narrowly | wrongly
        """,
    "de": r"""
        befürcht\p{L}* | fürcht\p{L}* | könnten? | dürften? | möglicherweise | womöglich | vermutlich | angeblich
        bis zu | wenn | falls | solle?n? | sollten? | würden? | wille? | wollen | forder[nt] | forderung\p{L}*
        verlang\p{L}* | droht? | drohen | keine?[nrms]? | nicht | nie | niemand | übung | jahrestag
        vor \p{L}+ jahren | seit | damals | warum | wieso | weshalb | wie | wer | analyse | kommentar | \p{L}*ticker
        chronik | porträt | überblick | schwerste\p{L}* | risiko | plan | plant | planen | film | serie | buch
        """,
    "fr": r"""
        craint | craignent | crainte | pourrai\p{L}+ | devrai\p{L}+ | aurai\p{L}+ | serai\p{L}+ | jusqu['’]à
        peut-être | si | appell?ent? à | demandent? | réclament? | exigent? | veut | veulent | menacent? | aucune?
        pas | jamais | personne | exercice | anniversaire | il y a | depuis | pourquoi | comment | qui | analyse
        chronologie | portrait | en direct | pire | risques? | projet | prévoi\p{L}+ | film | série | livre
        """,
}
"""What makes a sentence no news of the day: doubt, denial, wishes, looks back, explanations, fiction."""

_RAISED: Mapping[str, str] = {
    "en": r"""rais(?:e|es|ed) | increas(?:es|ed) | rises? | lift(?:s|ed) | doubl(?:es|ed) | boosts? | boosted | climbs?
        sweetens? | cuts? | lowers? | slash(?:es|ed)""",
    "de": r"erhöht\p{L}* | steigt | hebt | stockt | verdoppelt | senkt | sinkt",
    "fr": r"relève | augmente | porte | portée? | double | grimpe | réduit",
}
"""What says of an amount that it is another now."""

_MODIFIERS = r"(?:at|least|more|than|about|some|nearly|an|estimated|over|around|the|only|just|another"
_MODIFIERS += r"|mindestens|rund|etwa|mehr|als|über|fast|knapp|auf|au|moins|plus|de|environ|près|à)"
_BETWEEN = r"(?!and\b|und\b|et\b|or\b|oder\b|ou\b|\p{N})[\p{L}'’-]+"


@cache
def tolls(language: str, number: str) -> Sequence[regex.Pattern[str]]:
    """Return what finds a count of each kind in lower case, as its group `number`, which is written as given."""
    return [
        regex.compile("|".join(_counted(number, *(part.strip() for part in f"{line}////".split("//")[:3]))))
        for line in _lines(_COUNTED[language])
    ]


def _counted(number: str, after: str, before: str, rising: str) -> Sequence[str]:
    figure = (
        rf"(?<![\p{{L}}\p{{N}}.,$€£])(?P<number>{number})(?![-–]?\s?(?:year|jähr|ans\b)|\p{{L}}|[.,:]?\p{{N}}|\s?%)"
    )
    ways = [rf"{figure}(?:[\s-]{_BETWEEN}){{0,4}}?[\s-](?:{_either(after)})\b"]
    ways += [rf"\b(?:{_either(before)})(?:\s{_MODIFIERS}){{0,3}}\s{figure}"] if before else []
    ways += [rf"\b(?:{_either(rising)})(?:\s{_BETWEEN}){{0,7}}?\s{figure}"] if rising else []
    return ways


@cache
def words_for_tolls(language: str) -> Sequence[regex.Pattern[str]]:
    """Return what finds the words of each kind of count, with or without a number."""
    return [_any_of(line.split("//")[0]) for line in _lines(_COUNTED[language])]


@cache
def turns(language: str) -> Sequence[tuple[regex.Pattern[str], regex.Pattern[str]]]:
    """Return what finds each kind of turn in lower case, and what finds that anything of the kind was told."""
    lines = _lines(_TURNS[language])
    return [(_any_of(line.split("//")[0]), _any_of(line.replace("//", "|"))) for line in lines]


@cache
def doubts(language: str) -> regex.Pattern[str]:
    """Return what finds doubt, denial, wishes and looks back in lower case."""
    return _any_of(" | ".join(_lines(_DOUBTS[language])))


@cache
def raised(language: str) -> regex.Pattern[str]:
    """Return what finds that an amount has become another, in lower case."""
    return _any_of(" | ".join(_lines(_RAISED[language])))


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.strip().splitlines()]


def _either(words: str) -> str:
    return "|".join(word.strip() for word in words.split("|"))


def _any_of(words: str) -> regex.Pattern[str]:
    return regex.compile(rf"\b(?:{_either(words)})\b")
