"""What gives a text away that speaks of itself, to its reader or to a machine in place of telling the news."""

from __future__ import annotations

import regex

_PERSONS = {
    "en": r"\bI\b|\b(?i:we|you|your|yours|my|our|ours)\b|\b(?:us|me)\b",
    "de": r"\b(?i:ich|wir|du|mein(?:e[mnrs]?)?|unser(?:e[mnrs]?)?|dein(?:e[mnrs]?)?|euch|mir|dir)\b",
    "fr": r"\b(?i:je|nous|vous|notre|nos|votre|vos|moi|tu|toi)\b|\b[Jj]['’](?=\p{L})",
    "es": r"\b(?i:yo|nosotros|ustedes|usted|nuestr[oa]s?|vosotros)\b",
    "it": r"\b(?i:io|noi|voi|nostr[oaie]|vostr[oaie]|tu|tuo|mio)\b",
    "pt": r"\b(?i:eu|nós|você|vocês|noss[oa]s?|meu|minha)\b",
    "nl": r"\b(?i:ik|wij|we|jij|je|jouw|jullie|onze|mijn|u|uw)\b",
}
_PERSON = {language: regex.compile(pattern) for language, pattern in _PERSONS.items()}
_MACHINE = regex.compile(
    r"\b(?:language model|ai (?:model|assistant|language)|an? ai\b|assistant|system prompt|the user|as requested"
    r"|(?:the|this) (?:article|text|passage|document) (?:says|does|is|contains|provides|asks)|the provided"
    r"|summary|summari[sz]e|sprachmodell|ki-modell|zusammenfassung|(?:der|dieser) (?:artikel|text) (?:ist|enthält)"
    r"|modèle de langage|modelo de lenguaje|modello linguistico|modelo de linguagem|taalmodel"
    r"|unable to (?:summari|comply|assist)|sorry|leider kann|tut mir leid|désolé|lo siento|mi dispiace|desculpe)\b",
    regex.IGNORECASE,
)
_ADDRESSED = regex.compile(
    r"(?:^|[.!?:;]\s+)(?:(?:please|click|visit|send|subscribe|follow|download|buy|pay|donate|ignore|remember|scan"
    r"|bitte|klicken|besuchen|senden|kaufen|cliquez|visitez|appelez|haga|visite|llame|clicca|clique|klik|bezoek)\b"
    r"|(?:call|text|rufen)\s+[\d+])",
    regex.IGNORECASE,
)
_TO_MACHINES = regex.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|all|these|your)\b.{0,40}"
    r"\b(?:instruction|prompt|rule|direction|message)s?\b"
    r"|\b(?:system|developer) (?:prompt|message)\b|\byou are (?:now|an? (?:ai|assistant|language model|helpful))\b"
    r"|\b(?:as|to|dear|hello|hey|attention,?) (?:an? |the |any |all )?(?:ai|llms?|language models?|chatbots?)\b"
    r"|\b(?:ignorier|vergiss|vergessen sie)\w*\b.{0,40}\b(?:anweisung|vorgabe|regel)\w*"
    r"|\bignore[zr]?\b.{0,40}\b(?:instructions|consignes|instrucciones|istruzioni|instruções)\b"
    r"|<\|?/?(?:im_start|im_end|system|assistant|user|endoftext)\b|\[/?INST\]|^\s*(?:system|assistant|user)\s*:",
    regex.IGNORECASE,
)


def speaks_up(text: str, language: str = "") -> bool:
    """Tell whether a text, without what it quotes, says "I" or "we", addresses its reader, or tells of its own making.

    Without a language pronouns are left aside: in each they are other words of the next.
    """
    person = _PERSON.get(language)
    return bool(_MACHINE.search(text) or _ADDRESSED.search(text) or (person and person.search(text)))


def speaks_to_machines(text: str) -> bool:
    """Tell whether a text openly gives orders to a language model. Others don't: nothing may rest on this alone."""
    return bool(_TO_MACHINES.search(text))
