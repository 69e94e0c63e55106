"""A newsroom's page of our own writing, with everything that stands around an article on a WordPress site."""

from __future__ import annotations

import json

HEADLINE = "Ferry company adds night boat to Tern Island"
URL = "https://harbourpost.example/2026/03/night-boat/"
PARAGRAPHS = (
    (
        "MARLOW BAY — The ferry to Tern Island will sail at night from April, the harbour board said on Monday, after "
        "212 islanders signed a petition for a late boat home."
    ),
    (
        "The new crossing leaves the quay at 11:40 p.m. on Fridays and Saturdays. It takes 35 minutes and costs $7.50, "
        "the same as by day."
    ),
    "Ida Brenholt, the board's chair, opened the meeting with the petition in her hand.",
    "“We have asked for this boat for eleven years, and tonight the answer was yes,” she said.",
    "A boat with fewer seats",
    (
        "The board will charter the Kittiwake, which carries 48 passengers, for six months. Dr. Amund Vik, who runs "
        "the island's clinic, told the meeting that two nurses had turned down jobs because of the timetable."
    ),
    "If at least 20 people sail on an average night, the crossing stays.",
)


def article(
    *,
    headline: str = HEADLINE,
    paragraphs: tuple[str, ...] = PARAGRAPHS,
    linked_data: dict[str, object] | None = None,
    head: str = "",
    around: bool = True,
) -> str:
    """Return the page as HTML; `linked_data` is laid over what its JSON-LD says."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": headline,
        "author": [{"@type": "Person", "name": "Runa Holt"}],
        "datePublished": "2026-03-02T18:05:00+01:00",
        "dateModified": "2026-03-02T19:20:00+01:00",
        "publisher": {"@type": "NewsMediaOrganization", "name": "The Harbour Post"},
        "image": "https://harbourpost.example/kittiwake.jpg",
    } | (linked_data or {})
    heads = ("A boat with fewer seats",)
    body = "\n".join(f"<h2>{text}</h2>" if text in heads else f"<p>{text}</p>" for text in paragraphs)
    return f"""<!doctype html><html lang="en-GB"><head><meta charset="utf-8">
<title>{headline} | The Harbour Post</title>
<meta property="og:title" content="{headline} - The Harbour Post"><meta property="og:type" content="article">
<meta property="og:site_name" content="The Harbour Post"><link rel="canonical" href="{URL}">
<script type="application/ld+json">{json.dumps(data)}</script>{head}</head><body>
<header><nav><a href="/">Home</a> <a href="/council">Council</a> <a href="/sport">Sport</a></nav></header>
<main><article class="post"><header><h1>{headline}</h1><p class="byline">By Runa Holt</p>
<p class="meta">2 March 2026</p></header><div class="entry-content"><p>{headline}</p>{body}
{_INSIDE if around else ""}</div></article>{_BELOW if around else ""}</main>
<footer><p>© 2026 The Harbour Post. All rights reserved.</p></footer></body></html>"""


_INSIDE = """
<p><a href="/2026/02/quay-lights/">Harbour lights to stay on until midnight, board decides</a></p>
<div class="share"><p>Share this: <a href="#">Facebook</a> <a href="#">X</a> <a href="#">WhatsApp</a></p></div>
<p>Read more: What the islanders wrote to the board</p>
<div class="newsletter"><p>Sign up for our newsletter and get the harbour in your inbox every morning.</p></div>
"""
_BELOW = """
<section class="related"><h3>Related stories</h3><ul>
<li><a href="/a/">Kittiwake back from the yard with a new engine</a></li>
<li><a href="/b/">Island school gets its second teacher</a></li></ul></section>
<section id="respond" class="comment-respond"><h3>Leave a Reply</h3><form><p>Your email address will not be published.
Required fields are marked *</p><textarea></textarea><input type="submit" value="Post Comment"></form></section>
<div class="cookie-banner"><p>We use cookies to make this site better. Accept all cookies</p></div>
"""

FURNITURE = (
    "Leave a Reply",
    "Post Comment",
    "Share this",
    "WhatsApp",
    "Related stories",
    "Kittiwake back from the yard",
    "newsletter",
    "cookies",
    "Read more",
    "All rights reserved",
    "By Runa Holt",
    "Required fields",
    "until midnight",
)
