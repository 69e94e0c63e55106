"""What pages say around their articles, in the languages read most: patterns for whole paragraphs, one a line."""

from __future__ import annotations

import regex


def _any(lines: str) -> str:
    """Return the pattern for any one of the lines."""
    return f"(?:{'|'.join(line.strip() for line in lines.strip().splitlines())})"


_LINKS = _any(r"""
    related
    related (?:articles?|stories|topics|posts?|links|content|coverage)
    read (?:more|also|next|this next)
    also read
    see (?:also|more)
    more
    more (?:on this (?:story|topic)|stories|news|from .{2,40}|coverage)
    don'?t miss
    you (?:may|might) (?:also )?like
    you may be interested in
    recommended(?: (?:videos?|stories|for you|reading))?
    popular on .{2,30}
    most (?:read|popular)(?: in .{2,30})?
    trending(?: now)?
    explore further
    up next
    watch(?: also| now)?
    also on .{2,30}
    mehr zum thema
    mehr dazu
    lesen sie (?:auch|mehr|hier)
    auch interessant
    das könnte sie auch interessieren
    ähnliche
    zum thema
    passend dazu
    (?:à )?lire (?:aussi|également)
    à voir aussi
    sur le même sujet
    lee también
    le puede interesar
    más información
    te puede interesar
    noticias relacionadas
    leia (?:também|mais)
    veja também
    leggi anche
    lees ook
    lees meer
    läs (?:också|även|mer)
    læs også
    les også
    lue myös
    czytaj (?:też|także|również)
    zobacz (?:też|także)
    čtěte také
    читайте также
    читайте також
    関連(?:記事|キーワード)
    あわせて読みたい
    おすすめ(?:情報|記事)?
    相关阅读
    延伸閱讀
    관련 ?기사
""")

_FORMS = _any(r"""
    leave a (?:reply|comment)
    post (?:a )?comment
    add (?:a )?comment
    (?:view |show |see )?(?:all )?comments?(?: \(?\d+\)?)?
    \d+ comments?
    join the (?:conversation|discussion)
    reply
    cancel reply
    log ?in
    sign in
    your email address will not be published.*
    required fields are marked.*
    name \*?
    e-?mail \*?
    website
    save my name, email.*
    notify me of .*
    kommentare?(?: \(\d+\))?
    kommentar (?:schreiben|hinterlassen|abgeben)
    antworten
    laisser un commentaire
    deja un comentario
    deixe um comentário
    lascia un commento
    评论
    关注
    分享让更多人看到
""")

_SERVICE = (
    r"(?:facebook|twitter|x|whatsapp|telegram|linkedin|reddit|pinterest|threads|bluesky|e-?mail|tweet|print|copy link)"
)
_SHARING = _any(r"""
    (?:share|teilen|partager|compartir|condividi|delen|dela|del)(?: (?:this|on|via))?(?: (?:article|story|post))?:?
    (?:(?:share|teilen|partager)(?: this| on| via)?\W*)?{service}(?:\W+(?:{service}|share))*
    print(?: (?:this )?article)?
    copy link
    link kopieren
    drucken
    order reprints
    bookmark
    save
    click to tweet
    like this story\?.*
""").replace("{service}", _SERVICE)

_ASKING = _any(r"""
    (?:sign up|subscribe)\b.{0,100}
    get (?:the|our|all|breaking|more)\b.{0,100}\b(?:inbox|newsletter|on the go)\b.{0,80}
    thanks? (?:you )?for (?:signing up|subscribing).*
    there was an error processing your subscription.*
    keep an eye on your inbox.*
    (?:follow|like|find) (?:us|@|.{2,60} on (?:twitter|facebook|instagram|x|tiktok|youtube)).{0,160}
    have a (?:news )?tip\?.*
    download (?:the|our) .{0,40}app.*
    (?:to )?(?:continue|keep) reading.{0,120}
    already a subscriber.*
    click here.{0,120}
    support (?:our|independent) journalism.{0,200}
    この記事は(?:会員|有料)限定.*
    有料会員になると.*
""")

_NOTICES = _any(r"""
    ©.{0,160}
    (?:copyright|\(c\))\s*(?:\d|©|\(c\)|by\b|:|ⓒ).{0,160}
    advertisement.{0,60}
    advert
    ad
    anzeige
    werbung
    publicité
    publicidad
    pubblicità
    article content
    story continues below.*
    hauptinhalt
    (?:this|the) (?:article|story) (?:was )?(?:originally|first) (?:appeared|published).{0,140}
    this (?:copy|material|article) is for (?:your )?personal,? (?:and )?non-?commercial use\b.{0,200}
    (?:\d{1,2}:)?\d{1,2}:\d\d (?:min|std|h)\b.{0,60}
    \(?(?:additional )?reporting by [^.]{2,200}(?:;|editing by).*
    \((?:additional )?reporting by .*
    \(?editing by .{2,200}
    with files from .{2,120}
    \(?(?:source|quelle|sources|fuente|fonte|bron|kilde|출처)\s*:.{1,120}
    mit agenturmaterial\W*
    externer inhalt nicht verfügbar
    accept (?:all )?cookies
    fehler gefunden\?.*
    (?:tags?|topics?|themen|etiquetas|filed under|categories)\s*:.{0,200}
    tags
    topics
    an error (?:has )?occurred.{0,60}
    thank you\W?
    (?:photo|image|picture|foto|bild|credit|photograph|video)s?\s?(?:by|:).{0,120}
    \d+ min(?:ute)?s?\.? (?:de lecture|read(?:ing time)?)
    \d+ minuten (?:lesezeit|lesedauer)
    lese(?:zeit|dauer)\W.*
    tempo de leitura\W.*
    temps de lecture\W.*
    tiempo de lectura\W.*
    https?://\S+
    www\.\S+
""")

PHRASES = regex.compile(rf"\W*{_LINKS}\W*|{_FORMS}|{_SHARING}|{_ASKING}|{_NOTICES}", regex.IGNORECASE)
"""A paragraph that is wholly one of these is not the article's."""

_HELD = {
    "newsletter": r"""
        .{0,40}newsletter
        .{0,40}\b(?:sign up|subscribe)\b.{0,120}\bnewsletters?\b.{0,120}
        .{0,40}\b(?:anmelden|abonnieren|inscrivez-vous|abonnez-vous|suscr[ií]bete|iscriviti)\b.{0,120}\bnewsletter.*
        .{0,140}\bnewsletters?\b.{0,80}\b(?:sign up|subscribe|hier entlang|anmelden|abonnieren|here)\b.{0,60}
        .{0,300}[.!?] (?:sign up|subscribe)\b.{0,60}\bnewsletters?\b.{0,40}
    """,
    "click here": r".{0,300}[.!?] click here (?:for|to)\b.{0,60}",
    "here.": r"(?:you can|to) (?:view|read|see|find|watch|listen to|download)\b.{1,80}\bhere\.",
    "comment": r"""
        .{0,60}\bcomments (?:are|may be|will be|must be) (?:moderated|deleted|removed|reviewed).{0,100}
        .{0,60}\bcomments\b.{0,100}\bwill (?:not )?be (?:deleted|removed|published|approved).{0,60}
        .{0,40}\bcommentaires\b.{0,120}\bseront (?:pas |modérés|supprimés|publiés).{0,60}
    """,
    "comentários": r".{0,40}\bcomentários\b.{0,160}\bserão (?:aprovados|moderados|excluídos|publicados).{0,60}",
    "comentarios": r".{0,40}\bcomentarios\b.{0,160}\bserán (?:aprobados|moderados|eliminados|publicados).{0,60}",
    "kommentare": r".{0,40}\bkommentare\b.{0,60}\bwerden\b.{0,60}\b(?:gelöscht|moderiert|freigeschaltet).{0,60}",
    "inbox": r"""
        .{0,40}\b(?:sign up|subscribe)\b.{0,120}\binbox\b.{0,120}
        .{0,140}\binbox\b.{0,80}\b(?:sign up|subscribe|hier entlang|anmelden|abonnieren|here)\b.{0,60}
    """,
    "commission": r".{0,80}(?:earn|get) (?:us )?a (?:small )?commission.{0,80}",
    "有料記事読み放題": r".{0,20}有料記事読み放題.*",
    "testen": r".{0,30}(?:kostenlos|gratis) testen",
    "all rights reserved": r".{0,120}\ball rights reserved\b.{0,80}",
    "alle rechte vorbehalten": r".{0,80}alle rechte vorbehalten.{0,40}",
    "무단": r".{0,60}무단.{0,10}전재.*",
    "contributed": r".{0,120}\bcontributed (?:reporting|to this (?:report|story|article)).{0,80}",
    "privatsphäre-einstellungen": r".{0,200}privatsphäre-einstellungen.{0,120}",
    "cookies": r"""
        .{0,60}(?:we|this site) uses? cookies.{0,300}
        .{0,40}cookies akzeptieren.{0,80}
    """,
    "getty images": r".{0,60}(?:/|via |by )?getty images\W{0,3}(?:/.{0,30})?",
    "shutterstock": r".{0,60}(?:/|via |by )?shutterstock\W{0,3}(?:/.{0,30})?",
    "reuters pictures": r".{0,60}(?:/|via |by )?reuters pictures\W{0,3}(?:/.{0,30})?",
    "picture alliance": r".{0,60}picture alliance(?:/.{0,30})?",
    "unsplash": r".{0,60}unsplash(?:/.{0,30})?",
    "istock": r".{0,60}istock(?:/.{0,30})?",
}
HELD = tuple((word, regex.compile(_any(lines), regex.IGNORECASE)) for word, lines in _HELD.items())
"""The same for what may begin with anything, which is slow to look for: each by a word that it always holds."""

_ANNOUNCING = _any(r"""
    related
    read (?:more|also|next)
    also read
    see (?:also|more)
    more(?: news| from [\p{L} ]{2,30})?
    recommended
    watch(?: also)?
    don'?t miss
    also on [\w.]{2,20}
    also
    lesen sie (?:auch|mehr|hier)
    auch interessant
    mehr zum thema
    (?:à )?lire aussi
    lee también
    leia (?:também|mais)
    veja também
    leggi anche
    lees ook
    läs (?:också|även)
    læs også
    les også
    czytaj (?:też|także)
    читайте также
""")

OPENING = regex.compile(rf"\W*{_ANNOUNCING}(?:\s?[:|]|\s?[–—-]\s).{{1,200}}", regex.IGNORECASE)
"""A line that names another article: “Read more: …”."""

_DATE_WORDS = _any(r"""
    published|updated|posted|last updated|first published|modified|created|edited|date|at|on|um|uhr|am|pm
    a\.m\.|p\.m\.|stand|veröffentlicht|aktualisiert|erstellt|publié|mis à jour|le|à|publicado|actualizado
    atualizado|el|de|às|em|do|pubblicato|aggiornato|gepubliceerd|op|mon|tue|wed|thu|fri|sat|sun
    (?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|samstag
    sonnabend|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves
    viernes|sábado|domingo|(?:segunda|terça|quarta|quinta|sexta)-feira|jan(?:uary|uar|vier|eiro)?|enero
    feb(?:ruary|ruar)?|février|febrero|fevereiro|mar(?:ch|s|zo|ço)?|märz|apr(?:il)?|avril|abril|may|mai
    mayo|maio|jun[ei]?|juni|juin|junio|junho|jul[iy]?|juli|juillet|julio|julho|aug(?:ust)?|août|agosto
    sep(?:t|tember|tembre|tiembre)?|setembro|o[ck]t(?:ober|obre|ubre)?|outubro
    nov(?:ember|embre|iembre|embro)?|de[cz](?:ember|embre|iembre|embro)?|décembre|diciembre|gmt|utc
    [ecmp][sd]t|cest?|ist|bst|h|기사입력|입력|수정|更新|配信|公開
""")

DATED = regex.compile(rf"(?:\b{_DATE_WORDS}\b|(?:[ap]\.m\.)|[\d\W_年月日時分]++)++", regex.IGNORECASE)
"""A line of nothing but date and time."""
