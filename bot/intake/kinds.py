"""Whether a page is an article at all, and what it is if it is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import regex
from lxml.html import HtmlElement

from bot.core.model import Kind
from bot.intake.metadata import Metadata
from bot.intake.metatags import clean
from bot.intake.wordpress import LOCKED

_ENOUGH = 250
"""Characters from which on a text can be an article, if only a brief one."""
_SHORT = 1500
"""Characters below which a page's other signs weigh more than its text."""
_ERROR = regex.compile(
    r"^\W*(?:error\W*)?(?:40[0-9]|410|429|50[0-4])\b|\b(?:page|article|story) (?:was |could )?not (?:be )?found\b"
    r"|access denied|^not found$|^forbidden$|something went wrong|service unavailable|bad gateway|too many requests"
    r"|seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata"
    r"|pagina niet gevonden|^just a moment|attention required|are you a (?:robot|human)|security check",
    regex.IGNORECASE,
)
_SCRIPTS = regex.compile(
    r"(?:enable|activate|turn on|requires?|needs?|without|aktivier\w+|activer|habilit\w+)\W.{0,40}java ?script"
    r"|java ?script.{0,40}(?:disabled|required|enabled|aktivier|deaktiviert|désactivé)",
    regex.IGNORECASE,
)
_WALLS = (
    "subscribe to continue", "subscribe to read", "subscribe to keep", "to continue reading", "to keep reading",
    "already a subscriber", "subscribers only", "subscriber only", "for subscribers", "exclusive to subscribers",
    "create a free account to", "weiterlesen mit", "jetzt weiterlesen", "nur für abonnent", "mit abo lesen",
    "im abo lesen", "réservé à nos abonnés", "réservé aux abonnés", "contenido exclusivo para suscriptores",
    "solo para suscriptores", "conteúdo exclusivo para assinantes", "contenuto riservato agli abbonati",
    "会員限定です", "続きは会員",
)  # fmt: skip
_REMAINING = regex.compile(r"il vous reste .{1,20} de cet article")
_LIVE = regex.compile(
    r"\blive[ -]?(?:blog|ticker|updates?)\b|\bnews[ -]?ticker\b|^\W*live\b\s*[:|–-]|\bas it happened\b",
    regex.IGNORECASE,
)
_GALLERY = regex.compile(
    r"/(?:photo-?)?galler(?:y|ies|ia)\b|/fotostrecken?\b|/bildergalerien?\b|/diaporamas?\b|/slideshows?\b|/fotogaler",
    regex.IGNORECASE,
)
_VIDEO = regex.compile(r"/(?:videos?|watch|mediathek|av)(?:/|$)", regex.I)
_LISTING = frozenset({"collectionpage", "searchresultspage"})
_GALLERIES = frozenset({"imagegallery", "mediagallery"})
_VIDEOS = frozenset({"video", "video.other", "video.movie"})
_ARCHIVES = frozenset({"category", "tag", "author", "date", "post-type-archive"})
"""What WordPress calls a page beside "archive"; "search-results" stands alone."""
_PICTURES = 3
_LINE = 40
"""Letters of a line up to which it may be the label of a field."""
_HEADLINE, _MANY = 25, 8
"""Letters of a link that reads like a headline, and how many of them make a list."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is seen of a page as a whole, before anything is taken from it."""

    headlines: int
    """Links that read like headlines."""
    linked: int
    """Letters in such links."""
    listing: bool
    """Whether it is a feed, a site map, or what WordPress calls an archive: a page for each section, tag and author."""
    post: bool
    """Whether WordPress calls it a single post."""
    captions: frozenset[str]
    walled: bool
    locked: bool
    """Whether a form stands in place of its text that asks for a post's password."""
    signed_out: bool
    """Whether it asks for somebody's password."""
    scripted: bool
    """Whether it asks for scripts, or holds nothing but them."""


def signs(tree: HtmlElement) -> Signs:
    """Look at a whole page."""
    texts = tree.xpath("//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]")
    seen = " ".join(part for text in texts if (part := text.strip()))
    links = [size for link in tree.iter("a") if (size := len("".join(link.itertext()).strip())) >= _HEADLINE]
    without = " ".join("".join(element.itertext()) for element in tree.iter("noscript"))[:5000]
    scripts = sum(1 for _ in tree.iter("script"))
    scripted = bool(_SCRIPTS.search(without) or _SCRIPTS.search(seen[:2000])) or (len(seen) < _ENOUGH and scripts > 0)
    lowered = seen.lower()
    walled = any(wall in lowered for wall in _WALLS) or bool(_REMAINING.search(lowered))
    feed = tree.xpath("boolean(/html/body/*[1][self::rss or self::feed or self::urlset or self::sitemapindex])")
    classes = {name for body in tree.iter("body") for name in body.get("class", "").split()}
    return Signs(
        headlines=len(links),
        linked=sum(links),
        listing=bool(feed)
        or "search-results" in classes
        or ("archive" in classes and not classes.isdisjoint(_ARCHIVES)),
        post="single-post" in classes,
        captions=frozenset(clean(caption.text_content()) for caption in tree.iter("figcaption")) - {""},
        walled=walled,
        locked=bool(tree.xpath(f"boolean(//form[contains(@action, '{LOCKED}')])")),
        signed_out=bool(tree.xpath("boolean(//input[@type='password'])")),
        scripted=scripted,
    )


def kind_of(seen: Signs, found: Metadata, paragraphs: Sequence[str], url: str) -> Kind:
    """Tell what a page is, by what it says of itself and by how much text there is: the first that holds."""
    size = sum(map(len, paragraphs))
    path = urlsplit(url).path if "[" not in url else ""
    titles = [title for title in (found.title, *found.headings) if title]
    story = found.story or seen.post
    judged = (
        (Kind.ERROR, size < _SHORT and any(map(_ERROR.search, titles))),
        (Kind.LIVE, "liveblogposting" in found.types or any(map(_LIVE.search, titles))),
        (Kind.PAYWALL, seen.locked or _is_cut(seen, found, paragraphs, size)),
        (Kind.GALLERY, len(seen.captions) >= _PICTURES and size - _captioned(seen, paragraphs) < _ENOUGH),
        (Kind.GALLERY, size < _SHORT and (found.types & _GALLERIES or _GALLERY.search(path))),
        (Kind.VIDEO, size < _SHORT / 2 and (found.types & _VIDEOS or _VIDEO.search(path))),
        (Kind.INDEX, _is_index(seen, found, size, path)),
        (Kind.PAYWALL, seen.signed_out and not story and not (size >= _ENOUGH and max(map(len, paragraphs)) >= _LINE)),
        (Kind.ARTICLE, size >= _ENOUGH or (story and paragraphs)),
        (Kind.VIDEO, "videoobject" in found.types),
        (Kind.SCRIPT, seen.scripted),
        (Kind.INDEX, seen.headlines >= _MANY),
        (Kind.ERROR, not size),
    )
    return next((kind for kind, holds in judged if holds), Kind.ARTICLE)


def _captioned(seen: Signs, paragraphs: Sequence[str]) -> int:
    """Return how many letters of a text are its pictures' captions."""
    text = "\n".join(paragraphs)
    return sum(len(caption) for caption in seen.captions if caption in text)


def _is_cut(seen: Signs, found: Metadata, paragraphs: Sequence[str], size: int) -> bool:
    """Tell a beginning behind which a paywall stands: by the page's word, and by how much of the text is there."""
    if found.words and found.words > 1.6 * sum(len(paragraph.split()) for paragraph in paragraphs) and not found.free:
        return True
    return size < _SHORT and (not found.free or (seen.walled and size < _SHORT / 2))


def _is_index(seen: Signs, found: Metadata, size: int, path: str) -> bool:
    """Tell a front page or section: headlines that lead elsewhere, and little text of its own."""
    if found.story or seen.post or seen.headlines < _MANY:
        return seen.listing
    listing = bool(found.types & _LISTING) or (size < _SHORT and not found.published)
    return seen.listing or path in {"", "/"} or (listing and seen.linked > size / 2)
