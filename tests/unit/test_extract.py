"""What is read of a page: the article, what it says of itself, and nothing of what stands around it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from bot.core.model import Kind
from bot.intake.dateline import split_dateline
from bot.intake.encoding import decoded
from bot.intake.extract import extract
from bot.intake.furniture import is_furniture
from bot.intake.moments import best, day_in
from bot.intake.printed import printed_day
from tests.pages import FURNITURE, HEADLINE, PARAGRAPHS, URL, article


def read(html: str, url: str = URL):
    return extract(html.encode(), url, "text/html; charset=utf-8")


def test_an_article_is_its_own_paragraphs_and_nothing_around_them():
    page = read(article())
    assert page.kind is Kind.ARTICLE
    assert page.paragraphs == PARAGRAPHS


@pytest.mark.parametrize("noise", FURNITURE)
def test_nothing_of_the_page_around_the_article_is_in_its_text(noise):
    assert noise.casefold() not in read(article()).text.casefold()


def test_a_page_says_who_wrote_it_when_and_for_whom():
    page = read(article())
    assert (page.title, page.authors, page.byline, page.site) == (
        HEADLINE,
        ("Runa Holt",),
        "Runa Holt",
        "The Harbour Post",
    )
    assert (page.published, page.updated) == ("2026-03-02T18:05:00+01:00", "2026-03-02T19:20:00+01:00")
    assert (page.language, page.dateline, page.url) == ("en-GB", "MARLOW BAY", URL)
    assert page.image == "https://harbourpost.example/kittiwake.jpg"


@pytest.mark.parametrize(
    "title",
    [
        "{0} | The Harbour Post",
        "{0} - Harbour Post",
        "The Harbour Post: {0}",
        "{0} – The Harbour Post",
        "{0}｜The Harbour Post",
    ],
)
def test_the_sites_name_is_cut_off_the_title(title):
    html = f"<title>{title.format(HEADLINE)}</title><meta property='og:site_name' content='The Harbour Post'><p>x</p>"
    assert read(html).title == HEADLINE


def test_a_title_that_is_only_the_sites_name_is_none():
    html = "<title>The Harbour Post</title><meta property='og:site_name' content='The Harbour Post'><h1>Boat sails</h1>"
    assert read(html).title == "Boat sails"


def test_a_shared_title_that_names_the_site_is_made_by_a_template():
    shared = "<meta property='og:title' content='{0}'><meta property='og:site_name' content='The Harbour Post'>"
    other = "Islanders had waited eleven years"
    page = article(linked_data={"headline": HEADLINE}).replace("<head>", f"<head>{shared.format(other)}", 1)
    assert read(page).title == other
    made = page.replace(f"'{other}'", f"'{other} | The Harbour Post'")
    assert read(made).title == HEADLINE
    assert read(made.replace(f">{HEADLINE}</h1>", ">Night boat</h1>")).title == other


def test_what_stands_behind_a_headline_in_the_linked_data_too_is_part_of_it():
    headline = f"{HEADLINE} - as planned"
    assert read(article(linked_data={"headline": headline})).title == HEADLINE
    head = f"<head><meta property='og:title' content='{headline}'>"
    assert read(article(linked_data={"headline": headline}).replace("<head>", head, 1)).title == headline


@pytest.mark.parametrize(
    ("byline", "author", "names"),
    [
        ("<a href='/authors/runa-holt'>Runa Holt</a>", "The Harbour Post", ("Runa Holt",)),
        ("<a href='/autor/r.holt/'>Runa Holt</a> <a href='/autor/aas/'>Per Aas</a>", "THP", ("Runa Holt", "Per Aas")),
        ("<b>By:</b> <i>Runa Holt</i>, <i>Per Aas</i>", "The Harbour Post", ("Runa Holt", "Per Aas")),
        ("<b>Autorin/Autor</b><br>Runa Holt", "The Harbour Post", ("Runa Holt",)),
        ("<b>By</b> <i>our readers</i>", "The Harbour Post", ("The Harbour Post",)),
        ("<a href='/authors/runa-holt'>Runa Holt</a>", "Per Aas", ("Per Aas",)),
        ("<a href='/authors/'>Runa Holt</a>", "The Harbour Post", ("The Harbour Post",)),
        ("<a href='/authors/thp'>Thp News Service</a>", "THP", ("THP",)),
        ("<p class='author'>Quelle: Nordlicht</p>", "The Harbour Post", ("The Harbour Post",)),
        ("<a href='/authors/runa-holt'>Runa Holt</a>", "t-kanal", ("t-kanal",)),
    ],
)
def test_where_only_the_paper_signs_the_byline_on_the_page_is_read(byline, author, names):
    page = article(linked_data={"author": author}).replace('<p class="byline">By Runa Holt</p>', f"<p>{byline}</p>")
    assert page != article(linked_data={"author": author})
    assert read(page).authors == names


def test_a_person_in_the_byline_goes_before_the_paper_in_the_linked_data():
    html = article(linked_data={"author": {"@type": "Organization", "name": "The Harbour Post"}}).replace(
        '<p class="byline">By Runa Holt</p>', '<p class="byline">By <a rel="author" href="/runa">Runa Holt</a></p>'
    )
    assert read(html).authors == ("Runa Holt",)


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("By Runa Holt and Per Aas", ("Runa Holt", "Per Aas")),
        ([{"name": ["Runa Holt", "Per Aas"]}], ("Runa Holt", "Per Aas")),
        ({"@type": "Person", "name": "Runa Holt (Tern Island)"}, ("Runa Holt",)),
        (["Runa Holt", "Runa Holt"], ("Runa Holt",)),
    ],
)
def test_authors_come_in_every_shape(author, names):
    assert read(article(linked_data={"author": author})).authors == names


def test_the_address_is_canonical_only_within_the_same_host():
    html = article().replace(URL, "https://elsewhere.example/stolen")
    assert (
        read(html, "https://www.harbourpost.example/x?utm_source=a").url
        == "https://www.harbourpost.example/x?utm_source=a"
    )


@pytest.mark.parametrize(
    ("stamps", "siblings", "expected"),
    [
        (["2026-03-02T18:05:00+01:00"], [], "2026-03-02T18:05:00+01:00"),
        (["2026-03-02", "2026-03-02T18:05:00Z"], [], "2026-03-02T18:05:00+00:00"),
        (["2026-03-02T18:05:00"], [], "2026-03-02"),
        (["2026-03-02T18:05:00"], ["2026-03-02T19:00:00+01:00"], "2026-03-02T18:05:00+01:00"),
        (["Mon, 02 Mar 2026 18:05:00 GMT"], [], "2026-03-02T18:05:00+00:00"),
        (["1772471100"], [], "2026-03-02T17:05:00+00:00"),
        (["2026-03-03T03:05:12Z", "2026-03-02 22:05:12"], [], "2026-03-02T22:05:12-05:00"),
        (["2026-03-02T23:05:00Z", "Tue, 03 Mar 2026 00:05:00 +0100"], [], "2026-03-03T00:05:00+01:00"),
        (["2026-03-02T18:05:12Z", "2026-03-02 18:07:40"], [], "2026-03-02T18:05:12+00:00"),
        (["03/02/2026 18:05 GMT", "2026-03-01"], [], "2026-03-01"),
        (["03.02.2026 18:05 GMT"], [], "2026-02-03T18:05:00+00:00"),
        (["13/02/2026 18:05 GMT"], [], "2026-02-13T18:05:00+00:00"),
        (["tomorrow", "0001-01-01", ""], [], ""),
        (["2026-03-02T18:05:00+99:99"], [], "2026-03-02"),
        (["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1e400"], [], ""),
    ],
)
def test_a_time_is_as_precise_as_the_page_and_never_more(stamps, siblings, expected):
    assert best(stamps, siblings) == expected


@pytest.mark.parametrize(
    ("path", "stamps", "expected"),
    [
        ("/2026/03/02/night-boat", ["2026-03-02T18:05:00+01:00"], "2026-03-02T18:05:00+01:00"),
        ("/2026/3/2/night-boat", ["2026-03-03T01:05:00Z"], "2026-03-03T01:05:00+00:00"),
        ("/2019/03/02/night-boat", ["2026-03-02T18:05:00+01:00"], "2019-03-02"),
        ("/20190302/night-boat", ["2026-03-02T18:05:00+01:00"], "2019-03-02"),
        ("/2019/03/3-questions", ["2026-03-02T18:05:00+01:00"], "2026-03-02T18:05:00+01:00"),
        ("/2019/02/31/night-boat", ["2026-03-02T18:05:00+01:00"], "2026-03-02T18:05:00+01:00"),
        ("/night-boat?day=/2019/03/02/", ["2026-03-02T18:05:00+01:00"], "2026-03-02T18:05:00+01:00"),
    ],
)
def test_the_day_of_the_address_goes_before_stamps_that_were_renewed(path, stamps, expected):
    assert best(stamps, (), day_in(f"https://harbourpost.example{path}")) == expected


MENU = "<p>3 May 2026</p>" + "<p>News</p>" * 5
BARE = f"<html lang='{{language}}'><body>{MENU}{{before}}<h1>The night boat sails from April</h1>{{after}}</body>"
TEASERS = "<p>More of the day</p>" * 30 + "<p>The old market</p><p>14 January 2026</p>"


@pytest.mark.parametrize(
    ("before", "after", "language", "day"),
    [
        ("", "<p>By Runa Holt</p><p>Monday, 2 March 2026, 18:05</p>", "en", "2026-03-02"),
        ("<p>2. März 2026 // Runa Holt</p>", "<p>Mehr</p>" * 9 + "<p>4. Januar 2026</p>", "de", "2026-03-02"),
        ("", "<p>Updated: 5 March 2026</p><p>Posted on 2 March 2026</p>", "en", "2026-03-02"),
        ("", "<p>4 March 2026</p><p>Published:</p><p>2 March 2026</p>", "en", "2026-03-02"),
        ("", "<p>The boat that sailed by night on 3 March 2026</p><p>02.03.2026</p>", "en", "2026-03-02"),
        ("", "<p>Weekend 12.02. - 15.02.2026</p><p>2 mars 2026</p>", "fr", "2026-03-02"),
        ("", "<p>2026年3月2日</p>", "ja", "2026-03-02"),
        ("", "<p>02/03/2026</p>", "es", "2026-03-02"),
        ("", "<p>Text</p>" * 40 + "<li><b>Datum</b> 02.03.2026</li>", "de", "2026-03-02"),
    ],
)  # fmt: skip
def test_a_page_that_states_no_time_prints_its_day_beside_its_headline(before, after, language, day):
    html = BARE.format(before=before, after=after + TEASERS, language=language)
    assert read(html, "https://harbourpost.example/night-boat").published == day


@pytest.mark.parametrize("line", ["02/03/2026", "Joined 2 March 2026", "© 2 March 2026", "31 February 2026", "2026"])
def test_what_may_be_another_day_is_not_taken_for_the_printed_one(line):
    tree = html.document_fromstring(BARE.format(before="", after=f"<p>{line}</p>", language="en"))
    assert not printed_day(tree, ["The night boat sails from April"], "en")


def test_a_time_in_the_text_adds_the_hour_of_a_day_that_is_known_and_is_no_day_of_its_own():
    comment, own = ("<time datetime='2026-03-09T07:00:00+01:00'></time>", "<time datetime='2026-03-02T18:05:00+01:00'>")
    after = f"<p>2 March 2026</p><article>{comment}{own}</time></article>"
    html = BARE.format(before="", after=after, language="en")
    assert read(html, "https://harbourpost.example/night-boat").published == "2026-03-02T18:05:00+01:00"


def test_a_readers_review_is_not_the_article_and_a_recipe_has_its_day():
    review = {"@type": "Review", "datePublished": "2026-04-12", "author": {"name": "Per Aas"}, "reviewBody": "Good."}
    data = {"@type": "Recipe", "name": "Fish soup", "datePublished": "2026-03-02", "review": [review]}
    html = f"<script type='application/ld+json'>{json.dumps(data)}</script><h1>Fish soup</h1><p>Boil the fish.</p>"
    page = read(html)
    assert (page.published, page.authors) == ("2026-03-02", ())


@pytest.mark.parametrize(
    ("paragraph", "dateline", "rest"),
    [
        ("OTTAWA — The bridge opened.", "OTTAWA", "The bridge opened."),
        ("BERLIN (Reuters) - The bridge opened.", "BERLIN (Reuters)", "The bridge opened."),
        ("London, England (CNN) -- The bridge opened.", "London, England (CNN)", "The bridge opened."),
        ("(AP) — The bridge opened.", "(AP)", "The bridge opened."),
        ("NEW YORK, March 3 – The bridge opened.", "NEW YORK, March 3", "The bridge opened."),
        ("Berlin (dpa) – Die Brücke ist offen.", "Berlin (dpa)", "Die Brücke ist offen."),
        ("MARLOW BAY (The Post) – The bridge opened.", "MARLOW BAY (The Post)", "The bridge opened."),
        ("TERN ISLAND, Vt. (WTIV) — The bridge opened.", "TERN ISLAND, Vt. (WTIV)", "The bridge opened."),
        ("NATO (North Atlantic) members — all — met.", "", "NATO (North Atlantic) members — all — met."),
        ("The bridge — a long one — opened.", "", "The bridge — a long one — opened."),
        ("NATO said the bridge was open.", "", "NATO said the bridge was open."),
    ],
)
def test_a_dateline_is_told_from_the_first_sentence(paragraph, dateline, rest):
    assert split_dateline(paragraph) == (dateline, rest)


def test_a_line_of_nothing_but_the_dateline_is_not_text():
    page = read(article(paragraphs=("MARLOW BAY (Reuters) —", *PARAGRAPHS[1:])))
    assert page.paragraphs == PARAGRAPHS[1:]


@pytest.mark.parametrize(
    "paragraph",
    [
        "Voters must register by Friday, officials said in a briefing.",
        "Copyright law is to be changed, ministers said.",
        "Reporting by the Post showed that the board knew.",
        "More than 20 people were on board.",
        "In 1999.",
        "See more of the island, she said.",
        "Anzeige erstattete der Mann am Montag.",
        "He shared the letter on Facebook.",
        "The comments of the minister were deleted from the minutes by the clerk, who would not say why.",
        "Islanders can read the plan at the town hall from Monday.",
        "This copy is for the island's school, which has asked for one since the winter.",
        "12:30 Mayor opens the bridge.",
    ],
)
def test_a_sentence_of_the_article_is_no_furniture(paragraph):
    assert not is_furniture(paragraph)


@pytest.mark.parametrize(
    "paragraph",
    [
        "Leave a Reply",
        "Lesen Sie auch: Die Fähre fährt nachts",
        "2. März 2026, 18:05 Uhr",
        "5 min read",
        "This copy is for your personal, non-commercial use only. Order reprints from the Post.",
        "02:57 Min.. Verfügbar bis 06.05.2026.",
        "Foto: Runa Holt",
        "© 2026 The Harbour Post",
        "À lire aussi",
        "Tags: ferry, night",
        "https://harbourpost.example/x",
        "Updated at 1:23 p.m.",
        "(Reporting by Runa Holt; editing by Per Aas)",
        "関連記事",
        "Story continues below advertisement",
        "The boats are painted every spring. Sign up for the harbour's daily newsletter.",
        "Get the Tide Table delivered every month. Twelve issues for £9. Click here for more information.",
        "You can read last year's report here.",
        "Please note that comments are moderated and may take an hour to show.",
        "ACHTUNG: Kommentare mit Beleidigungen werden gelöscht.",
        "Los comentarios ofensivos serán eliminados por el moderador.",
    ],
)
def test_furniture_is_known_in_many_languages(paragraph):
    assert is_furniture(paragraph)


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (
            (
                '<div class="contributor-about"><p>Runa Holt is a reporter of the Post and has sailed all her life '
                "on the boats of which she writes.</p></div>"
            ),
            "",
        ),
        (
            (
                '<p>Mayor <span class="rollover-people"><a href="/ida">Ida Brenholt</a><span class="rollover-people-'
                'block"><img src="/i.jpg"><a href="/ida">Ida Brenholt</a><a href="/1">Mayor opens</a></span></span>'
                " was on board when the boat sailed on Monday.</p>"
            ),
            "Mayor Ida Brenholt was on board when the boat sailed on Monday.",
        ),
        (
            (
                '<p>The <span class="tooltip">charter</span> was signed by the board, as the '
                '<a href="/minutes">minutes<span class="vh"> (opens in a new window)</span></a> show.</p>'
            ),
            "The charter was signed by the board, as the minutes show.",
        ),
        (
            (
                '<figure class="wp-block-pullquote"><blockquote><p>Tonight the answer was yes</p><cite>Ida Brenholt'
                "</cite></blockquote></figure>"
            ),
            "",
        ),
        (
            '<div class="pull-quote"><p>Tonight the answer was yes.</p></div>',
            "",
        ),
        (
            (
                '<blockquote class="wp-block-quote"><p>An island is not a suburb.</p><p>It keeps its own hours.</p>'
                "<cite>Councillor Nell Varga, who voted against</cite></blockquote>"
            ),
            "“An island is not a suburb. It keeps its own hours.” — Councillor Nell Varga, who voted against",
        ),
        (
            "<blockquote><p>„An island is not a suburb.“ — <cite>Nell Varga</cite></p></blockquote>",
            "„An island is not a suburb.“ — Nell Varga",
        ),
        (
            "<blockquote><p>The <cite>Tide Tables</cite> have it at midnight.</p></blockquote>",
            "The Tide Tables have it at midnight.",
        ),
        (
            "<table><tr><td><p>The crew was hired on Tuesday.</p><p>It has seven members.</p></td></tr></table>",
            "The crew was hired on Tuesday.\n\nIt has seven members.",
        ),
    ],
    ids=[
        "biography",
        "card over a name",
        "screen reader",
        "pull quote",
        "pull quote in a box",
        "quotation by its markup",
        "quotation in marks",
        "a work cited",
        "layout table",
    ],
)
def test_what_stands_within_the_text_and_is_none_of_it_goes_and_no_word_with_it(inside, text):
    page = read(article(around=False).replace(f"<p>{PARAGRAPHS[-1]}</p>", f"{inside}<p>{PARAGRAPHS[-1]}</p>"))
    assert page.text == "\n\n".join(filter(None, (*PARAGRAPHS[:-1], text, PARAGRAPHS[-1])))


_STANDFIRST = "Islanders wanted it for eleven years; a late boat home comes in April."


@pytest.mark.parametrize(
    ("opening", "told"),
    [
        ('<span class="initial-letter"><span class="initial">T</span></span> <span>he</span> ferry sails', "The ferry"),
        ('<span class="drop-cap">T</span> he ferry sails', "The ferry"),
        ('<span class="drop-cap">„T</span>\nhe ferry sails', "„The ferry"),
        ('<span class="drop-cap">T</span>he ferry sails', "The ferry"),
        ('<span class="drop-cap">A</span> ferry sails', "A ferry"),
        ('<span class="drop-cap">T</span> <b>Bone ferry</b> sails', "T Bone ferry"),
        ('<span class="shirt">T</span> he ferry sails', "T he ferry"),
    ],
)
def test_a_drop_cap_is_the_first_letter_of_its_word(opening, told):
    page = article(paragraphs=("{opening}", *PARAGRAPHS[1:])).replace("{opening}", f"{opening} at night from April.")
    assert read(page).paragraphs[0] == f"{told} sails at night from April."


def test_a_heading_that_sums_the_text_up_is_the_standfirst():
    page = read(article().replace("</h1>", f"</h1><h2>{_STANDFIRST}</h2>"))
    assert page.standfirst == _STANDFIRST
    assert page.paragraphs == (_STANDFIRST, *PARAGRAPHS)


@pytest.mark.parametrize("opening", ["<h2>What was decided</h2>", f"<p>{_STANDFIRST}</p>"])
def test_neither_a_section_head_nor_a_paragraph_is_a_standfirst(opening):
    html = article().replace(f"<p>{HEADLINE}</p>", opening)
    assert opening in html
    assert read(html).standfirst == ""


def test_the_text_for_machines_stands_in_where_only_a_piece_was_found():
    whole = "\n".join(PARAGRAPHS * 4)
    page = read(article(paragraphs=PARAGRAPHS[:2], linked_data={"articleBody": whole}, around=False))
    assert len(page.text) > 1000


_KINDS = {
    Kind.ERROR: "<title>404 - Page not found</title><h1>Page not found</h1><p>We looked everywhere for it.</p>",
    Kind.SCRIPT: "<title>Boat</title><div id=root></div><script src=/app.js></script>"
    "<noscript>You need to enable JavaScript to run this app.</noscript>",
    Kind.LIVE: article(linked_data={"@type": "LiveBlogPosting"}),
    Kind.PAYWALL: article(paragraphs=PARAGRAPHS[:2], linked_data={"isAccessibleForFree": "False"}, around=False),
    Kind.GALLERY: article(paragraphs=PARAGRAPHS[:1], linked_data={"@type": "ImageGallery"}, around=False),
    Kind.VIDEO: "<title>Boat sails</title><meta property='og:type' content='video.other'>"
    "<h1>Boat sails</h1><p>Watch it sail.</p>",
    Kind.INDEX: "<title>The Harbour Post</title>"
    + "".join(
        f"<article><h2><a href=/{n}>Ferry company adds night boat number {n}</a></h2></article>" for n in range(12)
    ),
}


_BRIEF_WORDS = "The water main on Mast Lane was mended overnight, and the pressure is back in all of the houses there."
_DATED = f"<time datetime=2026-03-02></time><p>{_BRIEF_WORDS * 3}</p>"
_SIDEBAR = "".join(f"<li><a href=/{n}>Ferry company adds night boat number {n}</a></li>" for n in range(12))


def post(inside: str, classes: str = "single single-post", head: str = "") -> str:
    """Return a WordPress post in a theme that has an article around it, with the latest posts beside."""
    return (
        f"<html><head>{head}</head><body class='{classes}'><main><article class='hentry'><header><h1>Main mended</h1>"
        f"</header><div class='entry-content'>{inside}</div><footer>By <a href=/author/rh rel=author>Runa Holt</a>"
        f"</footer></article></main><aside><ul>{_SIDEBAR}</ul></aside></body></html>"
    )


@pytest.mark.parametrize(
    "paragraphs",
    [
        (_BRIEF_WORDS,),
        (_BRIEF_WORDS, "Customers may see brown water for a day."),
        ("港町の新しい魚市場が月曜日に開き、初日に約三千人が訪れたと市役所が発表した。", "市場には四十の店が入る。"),
    ],
    ids=["one paragraph", "two", "Japanese"],
)
def test_a_brief_is_its_paragraphs_and_no_lump_of_all_that_stands_beside_them(paragraphs):
    page = read(post("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)), "https://harbourpost.example/x")
    assert (page.kind, page.paragraphs) == (Kind.ARTICLE, paragraphs)


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        (
            post(
                "<p>This content is password protected. Please enter a password to view.</p>"
                "<form action='https://harbourpost.example/wp-login.php?action=postpass' method='post'>"
                "<label>Password</label><input name='post_password' type='password'></form>"
                + "<p>Share this: click to share on all the networks that there are in the world.</p>" * 4
            ),
            Kind.PAYWALL,
        ),
        (
            "<title>Log in</title><h1>The Post</h1><form><p><label>User name or e-mail address</label><input></p><p>"
            "<label>Password</label><input type='password'></p><p><label>Remember me</label></p></form><select>"
            + "".join(f"<option>{language}</option>" for language in ("Deutsch", "Français", "Español") * 15),
            Kind.PAYWALL,
        ),
        (article(around=False).replace("<main>", "<form><input type='password'></form><main>"), Kind.ARTICLE),
        (post(f"<p>{_BRIEF_WORDS}</p><form><input type='password'></form>"), Kind.ARTICLE),
        (post(_DATED, "archive category category-town"), Kind.INDEX),
        (post(_DATED, "archive author author-holt"), Kind.INDEX),
        (post(_DATED, "search search-results"), Kind.INDEX),
        (post(_DATED, "article archive"), Kind.ARTICLE),
        (
            post("".join(f"<figure><img src=/i><figcaption>{text}</figcaption></figure>" for text in PARAGRAPHS[:4])),
            Kind.GALLERY,
        ),
    ],
    ids=[
        "a post that asks for a password", "a page to log in", "an article beside one", "a brief beside one",
        "a section", "an author", "a search", "no WordPress", "a gallery",
    ],
)  # fmt: skip
def test_a_page_of_a_wordpress_site_is_taken_for_what_it_is(html, kind):
    assert read(html, "https://harbourpost.example/x").kind is kind


def test_a_site_without_another_name_is_called_what_its_feed_is_called_and_that_is_no_headline():
    feed = "<link rel='alternate' type='application/rss+xml' title='The Harbour Post » Feed' href='/feed/'>"
    page = read(
        post(f"<p>{_BRIEF_WORDS}</p>", head=f"{feed}<title>The Harbour Post</title>").replace("Main mended", "")
    )
    assert (page.site, page.title) == ("The Harbour Post", "")


def test_a_theme_without_an_article_element_has_the_hour_of_a_post_in_its_main_one():
    said = "<div class='wp-block-post-date'><time datetime='2026-03-02T18:05:00+01:00'>2 March</time></div>"
    page = read(f"<body><main><h1>{HEADLINE}</h1>{''.join(f'<p>{text}</p>' for text in PARAGRAPHS)}{said}</main>")
    assert page.published == "2026-03-02T18:05:00+01:00"


@pytest.mark.parametrize("kind", _KINDS)
def test_a_page_that_is_no_article_is_known_for_what_it_is(kind):
    assert read(_KINDS[kind], "https://harbourpost.example/x").kind is kind


def test_a_front_page_with_teasers_and_a_feed_are_lists():
    front = "".join(
        f"<h2><a href=/{n}>Ferry adds night boat number {n}</a></h2><p>{PARAGRAPHS[0]}</p>" for n in range(12)
    )
    assert read(f"<html><body>{front}", "https://harbourpost.example/").kind is Kind.INDEX
    feed = "<rss><channel><title>Post</title>" + f"<item><description>{PARAGRAPHS[0]}</description></item>" * 9
    assert read(feed, "https://harbourpost.example/feed").kind is Kind.INDEX


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Käse für 5 €".encode(), ""),
        ("Käse für 5 €".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ('<meta charset="windows-1252">Käse für 5 €'.encode("cp1252"), ""),
        ("Käse für 5 €".encode(), "text/html; charset=iso-8859-1"),
        (b"\xef\xbb\xbf" + "Käse für 5 €".encode(), "text/html; charset=ascii"),
        ("\ufeffKäse für 5 €".encode("utf-16-le"), ""),
    ],
)
def test_a_text_is_read_whatever_its_encoding_claims(body, content_type):
    assert "Käse für 5 €" in decoded(body, content_type)


@pytest.mark.parametrize("name", ["shift_jis", "euc_jp", "iso2022_jp", "gb18030", "big5", "koi8_r"])
def test_a_declared_codec_is_used(name):
    text = "本日、船が出ました。" if name != "koi8_r" else "Сегодня вечером пароход ушёл."
    text = text if name not in {"gb18030", "big5"} else "今天船出發了"
    assert decoded(text.encode(name), f"text/html; charset={name}") == text


@given(st.binary(max_size=400), st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset=nonsense", URL]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_it_raise(body, content_type):
    page = extract(body, "http://[", content_type)
    assert page.kind in Kind


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    _LD := (
                        "@type",
                        "@id",
                        "headline",
                        "author",
                        "name",
                        "datePublished",
                        "publisher",
                        "image",
                        "url",
                        "articleBody",
                        "wordCount",
                        "isAccessibleForFree",
                        "mainEntityOfPage",
                        "@graph",
                        "inLanguage",
                    )
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_linked_data_makes_it_raise(data):
    story = {"@type": "NewsArticle", **(data if isinstance(data, dict) else {"headline": data})}
    assert read(article(linked_data=story, around=False)).kind in Kind
