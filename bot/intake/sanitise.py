"""What foreign markup becomes before anybody sees it: harmless HTML, plain text, paragraphs, web links."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from urllib.parse import urljoin, urlsplit

import nh3

LONGEST_ADDRESS = 2000
"""Characters of an address; what is longer is none."""

_SCHEMES = frozenset({"http", "https", "mailto"})
_BLOCKS = (
    frozenset({"address", "article", "aside", "blockquote", "center", "div", "footer", "header", "main", "nav"})
    | frozenset({"p", "pre", "section", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "figure", "figcaption"})
    | frozenset({"dd", "dl", "dt", "li", "ol", "ul", "details", "summary"})
    | frozenset({"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
)
_DROPPED = frozenset({"frameset", "iframe", "noembed", "noframes", "noscript", "script", "style", "template"})
"""Elements whose content goes with them: it is code, or is read differently by the next parser."""

_TAG = re.compile(r"""</?([a-zA-Z][a-zA-Z0-9]*)[^>"]*(?:"[^"]*"[^>"]*)*>""")
"""A tag as nh3 writes it: `<` stands nowhere else, and values are in double quotes."""
_FOREIGN = re.compile(
    r"</?(?:svg|math|m(?:[inos]|row|text|frac|sqrt|root|su[bp]|subsup|under|over|underover|style|table|t[rd]))\b"
    r"[^>]{0,2000}>",
    re.IGNORECASE,
)
"""What leads into other grammars than HTML's, which nh3 drops with all it holds; so the text of a formula stays."""
_MARKED_UP = re.compile(r"</[a-zA-Z]\w{0,20}>|<br\s*/?>|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,31});")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""Control characters, those that turn the direction of other people's text, and halves of characters."""
_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,7});?")
_TITLE = 1000


def clean(html: str, base: str = "") -> str:
    """Return HTML without anything that acts: no script, style, event handler, comment, frame or `data:` image.

    Relative links are resolved against `base`, an http(s) address; without one they go.
    """
    return _cleaner(base).clean(_html(html)).strip()


def marked_up(text: str) -> bool:
    """Tell whether what calls itself plain text is HTML all the same: sloppy feeds say nothing about its type."""
    return bool(_MARKED_UP.search(text))


def as_html(text: str) -> str:
    """Return plain text as HTML, an empty line between paragraphs."""
    blocks = re.split(r"\n\s*\n", _seen(text).strip())
    if len(blocks) == 1:
        return escape(blocks[0], quote=False)
    return "".join(f"<p>{escape(block.strip(), quote=False)}</p>" for block in blocks)


def plain(html: str) -> str:
    """Return one line of text from HTML: no tags, entities decoded, white space folded, nothing unseen."""
    return folded(" ".join(paragraphs(_bare(html))))


def folded(text: str) -> str:
    """Return text as one line of at most 1000 characters."""
    return " ".join(_seen(text).split())[:_TITLE]


def paragraphs(html: str) -> tuple[str, ...]:
    """Return the text of sanitised HTML, block by block."""
    broken = _TAG.sub(lambda tag: "\n\n" if tag[1].lower() in _BLOCKS else "", html.replace("\n", " "))
    texts = (" ".join(_seen(unescape(block)).split()) for block in broken.split("\n\n"))
    return tuple(text for text in texts if text)


def web_link(url: str, base: str = "") -> str:
    """Return an absolute http or https address, or nothing."""
    url = re.sub(r"[\t\r\n]", "", _seen(url)).strip()
    try:
        joined = urljoin(base, url) if url else ""
        parts = urlsplit(joined)
        sound = parts.scheme in {"http", "https"} and parts.hostname and len(joined) <= LONGEST_ADDRESS
    except ValueError:
        return ""
    return parts.geturl().replace(" ", "%20") if sound else ""


@lru_cache(maxsize=16)
def _cleaner(base: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS - _DROPPED,
        clean_content_tags=set(_DROPPED),
        url_schemes=set(_SCHEMES),
        url_relative=("rewrite_with_base", base) if base else "deny",
    )


def _bare(html: str) -> str:
    """Keep the text and the blocks it stands in."""
    if "<" not in html:
        return html
    return _bare_cleaner().clean(_html(html))


@lru_cache(maxsize=1)
def _bare_cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(tags=set(_BLOCKS), clean_content_tags=set(_DROPPED), attributes={}, link_rel=None)


def _html(html: str) -> str:
    """Take out what no sanitiser should have to know of: characters nobody sees, also as references, and grammars."""
    return _FOREIGN.sub("", _REFERENCE.sub(lambda it: "" if _UNSEEN.search(unescape(it[0])) else it[0], _seen(html)))


def _seen(text: str) -> str:
    return _UNSEEN.sub("", text)
