"""One spelling for one address: what people type becomes a URL, and tracking falls off it."""

from __future__ import annotations

import re

from yarl import URL

from bot.core.errors import UsageError

_TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|yclid|msclkid|twclid|ttclid|igshid|igsh|li_fat_id"
    r"|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|__hstc|__hsfp|__hssc|hsctatracking|vero_id|oly_anon_id|oly_enc_id"
    r"|at_(?:medium|campaign|link_.*|bbc_team|ptr_name|format)|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|smid|smtyp|cmpid|ito|xtor|wt_(?:zmc|mc)|rss_?id|s_cid|sr_share|_ga|_gl|srsltid|ref_src|ref_url",
    re.IGNORECASE,
)

_CACHED = re.compile(
    r"https://(?:[\w-]+\.cdn\.ampproject\.org/[a-z]{1,2}|www\.google\.[a-z.]{2,6}/amp)/(s/)?([\w-]+\.[^/?#]+/.*)",
    re.IGNORECASE,
)
"""An article in somebody else's cache: whether it is https, and where it really is."""
_VARIANT = re.compile(r"(?:www|m|mobile|amp)\d?\.(?=[^.]+\.)")


def canonical(url: str) -> str:
    """Return the URL with scheme and host in lower case, without default port, fragment and tracking parameters.

    What is in a cache of AMP pages becomes the page itself. The order of what stays is kept. Raises `UsageError` where
    the text is no web address, or carries a password.
    """
    cached = _CACHED.fullmatch(url.strip())
    parsed = _parsed(f"{'https' if cached[1] else 'http'}://{cached[2]}" if cached else url.strip())
    query = "&".join(part for part in parsed.raw_query_string.split("&") if not _TRACKING.fullmatch(_name(part)))
    return f"{parsed.origin()}{parsed.raw_path}" + (f"?{query}" if query else "")


def as_url(text: str) -> str:
    """Return the address a person means: `example.org/feed` and `feed://example.org/feed` are https.

    Raises `UsageError` with what to type instead.
    """
    words = text.strip().removeprefix("<").removesuffix(">").removeprefix("feed:").removeprefix("//")
    if re.search(r"\s", words):
        raise UsageError("error.bad_url")
    spelt = "://" in words
    parsed = _parsed(words if spelt else f"https://{words}")
    if not (spelt or parsed.explicit_port or re.search("[.:]", parsed.raw_host or "")):
        raise UsageError("error.bad_url")
    return canonical(str(parsed))


def same_site(one: str, other: str) -> bool:
    """Say whether two addresses are of one site: for phones and for desks, with and without `www`."""
    return _VARIANT.sub("", URL(one).raw_host or "", count=1) == _VARIANT.sub("", URL(other).raw_host or "", count=1)


def _parsed(url: str) -> URL:
    try:
        parsed = URL(url)
        parsed.origin()
    except ValueError as error:
        raise UsageError("error.bad_url") from error
    if parsed.scheme not in {"http", "https"} or parsed.raw_user is not None or parsed.raw_password is not None:
        raise UsageError("error.bad_url")
    return parsed


def _name(parameter: str) -> str:
    return parameter.partition("=")[0]
