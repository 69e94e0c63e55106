"""Whether a page is an article at all, and what it is if it is none."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.html import HtmlElement

from bot.core.model import Kind
from bot.intake.metadata import Metadata

_ENOUGH = 250


def kind_of(tree: HtmlElement, found: Metadata, paragraphs: Sequence[str]) -> Kind:
    """Tell what a page is, by what it says of itself and by how much text there is."""
    size = sum(map(len, paragraphs))
    if "liveblogposting" in found.types:
        return Kind.LIVE
    if not found.free and size < 1500:
        return Kind.PAYWALL
    if size >= _ENOUGH:
        return Kind.ARTICLE
    if found.types & {"videoobject", "video", "video.other"}:
        return Kind.VIDEO
    if found.types & {"imagegallery", "mediagallery"}:
        return Kind.GALLERY
    return Kind.ARTICLE if paragraphs else Kind.SCRIPT if tree.xpath("//noscript | //script[@src]") else Kind.ERROR
