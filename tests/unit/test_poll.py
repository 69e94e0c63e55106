"""Every turn a feed can take, decided without a network, a store or a clock."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.clock import TimeIds
from bot.core.model import INTAKE, Article, Feed, Poll, Priority, Reading
from bot.core.ports import Add, Entry, ParsedFeed, Put, Swap
from bot.core.settings import Settings
from bot.intake.entries import Known, Sighting, considered, sifted, sighting_id
from bot.intake.look import MOST, PAUSE, Brought, Failed, Gone, Look, Occasion, Unchanged, decide
from tests.fakes import START

URL = "https://paper.example/feed"
SETTINGS = Settings(_env_file=None, poll_seconds=300, poll_longest_seconds=3600, poll_first_entries=3)
POLLED = Feed(id=URL, title="Paper", polled=START - timedelta(minutes=5), etag="old", digest="old")
JOB = Poll(id=URL, lane=INTAKE, due=START, lease=START + timedelta(minutes=1), attempts=1)


def entry(number: int, **said: object) -> Entry:
    """Entries of a feed carry falling dates from its top, as their numbers do."""
    hour, minute = divmod(number, 60)
    stamp = f"2026-03-01T{hour:02}:{minute:02}:00+00:00"
    values = {"url": f"https://paper.example/{number}", "title": f"Story {number}", "published": stamp, **said}
    return Entry(**{"id": str(number), **values})


def brought(*entries: Entry, **said: object) -> Brought:
    parsed = ParsedFeed(format="rss 2.0", title="Paper", link="https://paper.example/", entries=entries)
    return Brought(parsed=parsed, etag="new", modified="now", digest="new", **said)


def looked(look: Look, feed: Feed = POLLED, known: Known | None = None, job: Poll = JOB, **hub: object):
    on = Occasion(feed=feed, job=job, now=START, settings=SETTINGS, known=known or Known(), **hub)
    return decide(look, on, TimeIds(lambda: START))


def after(decision) -> tuple[Feed, Poll]:
    feed, job = (change.new for change in decision.changes if isinstance(change, Swap))
    return feed, job


def added(decision, kind: type) -> list:
    return [
        change.document for change in decision.changes if isinstance(change, Add) and isinstance(change.document, kind)
    ]


def pause(decision) -> float:
    return (after(decision)[1].due - START).total_seconds()


def test_nothing_new_is_a_success():
    feed, job = after(looked(Unchanged(), replace(POLLED, failures=4, problem="error.unreachable")))
    assert (feed.failures, feed.problem, feed.polled) == (0, "", START)
    assert (job.lease, job.attempts) == (None, 0)


def test_the_next_look_is_due_at_the_feeds_own_moment_and_never_later_than_set():
    pauses = {round(pause(looked(Unchanged(), replace(POLLED, id=f"{URL}/{n}"))), 6) for n in range(20)}
    assert len(pauses) == 20
    assert all(270 <= seconds <= 300 for seconds in pauses)
    assert pause(looked(Unchanged())) == pause(looked(Unchanged())), "no chance in it"


def test_failures_count_up_and_the_pause_doubles_to_the_longest():
    pauses = []
    feed = POLLED
    for _ in range(40):
        decision = looked(Failed(problem="error.unreachable"), feed)
        feed, _ = after(decision)
        pauses.append(pause(decision))
    assert feed.failures == 40
    assert feed.problem == "error.unreachable"
    assert pauses[1] == pytest.approx(2 * pauses[0])
    assert pauses[0] <= 300
    assert max(pauses) <= 3600
    assert pauses[-1] == pauses[-2]


def test_a_failure_forgets_nothing():
    feed, _ = after(looked(Failed(problem="error.feed_is_page")))
    assert (feed.etag, feed.digest, feed.polled, feed.title) == (POLLED.etag, POLLED.digest, POLLED.polled, "Paper")


def test_a_server_that_says_when_to_come_back_is_obeyed_up_to_the_longest_pause():
    assert 810 <= pause(looked(Failed(problem="x", retry_after=900))) <= 900 * 1.0
    assert pause(looked(Failed(problem="x", retry_after=1e9))) <= 3600


def test_gone_ends_the_feed():
    feed, job = after(looked(Gone()))
    assert feed.ended
    assert feed.problem == "error.feed_gone"
    assert job.due is None


def test_new_entries_become_articles_oldest_first_with_a_reading_each():
    decision = looked(brought(entry(5), entry(4), entry(3)), known=Known(seen=frozenset({"3"})))
    articles, readings = added(decision, Article), added(decision, Reading)
    assert [article.page.title for article in articles] == ["Story 4", "Story 5"]
    assert [article.id for article in articles] == sorted(article.id for article in articles)
    assert [reading.id for reading in readings] == [article.id for article in articles]
    assert {(job.lane, job.priority, job.due) for job in readings} == {(INTAKE, Priority.ROUTINE, START)}
    assert {sighting.id for sighting in added(decision, Sighting)} == {f"{URL}#4", f"{URL}#5"}
    feed, _ = after(decision)
    assert (feed.etag, feed.modified, feed.digest, feed.fresh) == ("new", "now", "new", START)


def test_an_article_says_what_the_feed_said():
    told = entry(
        1,
        url="https://Paper.example/1?utm_source=rss&a=1",
        authors=("Iris Vale", "J. Roe"),
        categories=("Climate Policy", "climate policy", "Überseehafen", "!!!", "Uncategorized", "Non classé"),
        summary="Short.",
        content="<p>One.</p><p>Two.</p>",
        enclosures=("https://paper.example/a.mp3", "https://paper.example/a.JPG?w=1"),
    )
    (article,) = added(looked(brought(told, entry(0)), known=Known(seen=frozenset({"0"}))), Article)
    assert (article.url, article.feed, article.source) == ("https://paper.example/1?a=1", URL, "Paper")
    assert article.topics == ("climate-policy", "überseehafen")
    assert article.read is None
    assert (article.page.byline, article.page.paragraphs) == ("Iris Vale, J. Roe", ("One.", "Two."))
    assert article.page.image == "https://paper.example/a.JPG?w=1"
    assert article.page.published == "2026-03-01T00:01:00+00:00"


def test_an_entry_without_title_is_headed_by_its_first_words():
    words = "The bridge over the old harbour is closed until further notice, the port authority said. " * 3
    (article,) = added(looked(brought(entry(1, title="", summary=words))), Article)
    assert article.page.title.startswith("The bridge over the old harbour")
    assert len(article.page.title) <= 121


@pytest.mark.parametrize(
    ("feed", "why"),
    [
        (Feed(id=URL), "first sight"),
        (replace(POLLED, polled=START - PAUSE - timedelta(seconds=1)), "a pause, or a restored backup"),
        (POLLED, "all ids changed"),
    ],
)
def test_a_flood_is_cut_to_the_newest_few(feed, why):
    decision = looked(brought(*(entry(number) for number in range(9, -1, -1))), feed)
    assert [article.page.title for article in added(decision, Article)] == ["Story 7", "Story 8", "Story 9"], why
    assert len(added(decision, Sighting)) == 10
    assert (decision.announced, decision.held_back) == (3, 7)


def test_on_first_sight_nothing_need_be_announced():
    on = Occasion(feed=Feed(id=URL), job=JOB, now=START, settings=SETTINGS.model_copy(update={"poll_first_entries": 0}))
    decision = decide(brought(entry(1), entry(2)), on, TimeIds(lambda: START))
    assert added(decision, Article) == []
    assert len(added(decision, Sighting)) == 2


def test_a_few_new_ids_at_once_are_news_even_where_all_are_new():
    assert looked(brought(entry(3), entry(2), entry(1))).announced == 3


def test_more_than_a_look_can_bring_waits_for_the_next_and_is_not_lost():
    document = [entry(number) for number in range(120, 0, -1)]
    known, told, feed = Known(seen=frozenset({"1"})), [], POLLED
    looks = 0
    while feed.digest != "new":
        looks += 1
        decision = looked(brought(*document), feed, known)
        told += [article.page.title for article in added(decision, Article)]
        known = Known(seen=known.seen | {sighting.id.partition("#")[2] for sighting in added(decision, Sighting)})
        feed, job = after(decision)
        assert (job.due == START) is not bool(feed.digest), "the rest is fetched at once"
        assert feed.etag == feed.digest, "and not answered by 304 until it is told"
    assert looks == 3
    assert told == [f"Story {number}" for number in range(2, 121)]
    assert MOST * 2 < len(told) < MOST * 3


def test_a_feed_that_always_has_more_is_not_asked_without_a_pause():
    feed, pauses = POLLED, []
    for look in range(8):
        document = [entry(number, id=f"{look}-{number}", url=f"{URL}/{look}/{number}") for number in range(60)]
        decision = looked(brought(*document, entry(99)), feed, Known(seen=frozenset({"99"})))
        feed, _ = after(decision)
        pauses.append(pause(decision))
    assert pauses[:5] == [0] * 5
    assert min(pauses[5:]) >= 270
    feed, _ = after(looked(brought(entry(99)), feed, Known(seen=frozenset({"99"}))))
    assert feed.hurried == 0


def test_a_feed_that_makes_up_its_ids_is_a_failure_until_they_stay():
    feed, told = POLLED, []
    for look in range(6):
        decision = looked(brought(*(entry(number, id=f"{look}-{number}") for number in range(10))), feed)
        feed, _ = after(decision)
        told.append(decision.announced)
        assert len(added(decision, Sighting)) == 10
    assert told == [3, 3, 3, 0, 0, 0]
    assert (feed.problem, feed.failures) == ("error.feed_strange", 3)
    assert pause(decision) > 1000
    feed, _ = after(looked(brought(*map(entry, range(10))), feed, Known(seen=frozenset(map(str, range(9))))))
    assert (feed.problem, feed.failures, feed.strange) == ("", 0, 0)


def test_what_still_stands_in_the_document_keeps_being_remembered():
    known = Known(seen=frozenset({"1", "2"}), ageing=frozenset({"2"}))
    decision = looked(brought(entry(2), entry(1)), known=known)
    renewed = [change.document for change in decision.changes if isinstance(change, Put)]
    assert renewed == [Sighting(id=f"{URL}#2", at=START)]


@pytest.mark.parametrize("dated", [True, False])
def test_only_the_newest_thousand_entries_of_a_document_count(dated):
    stamps = {} if dated else {"published": ""}
    document = tuple(entry(number, **stamps) for number in range(1200, 0, -1))
    told = considered(ParsedFeed(format="rss", entries=document)).entries
    assert told == document[:1000]
    if dated:
        assert considered(ParsedFeed(format="rss", entries=document[::-1])).entries == told


class TestSifting:
    def sift(self, *entries: Entry, known: Known | None = None, link: str = "https://paper.example/"):
        news, seen = sifted(ParsedFeed(format="rss", link=link, entries=entries), known or Known())
        return [entry.id for entry in news], [entry.id for entry in seen]

    def test_without_dates_the_documents_order_counts_from_its_end(self):
        assert self.sift(entry(1), entry(2, published=""), entry(3))[0] == ["3", "2", "1"]

    def test_dates_go_before_the_documents_order(self):
        assert self.sift(entry(2), entry(3), entry(1))[0] == ["1", "2", "3"]

    def test_dates_of_different_zones_are_compared_as_times(self):
        early, late = "2026-03-01T10:00:00+02:00", "2026-03-01T09:00:00+00:00"
        assert self.sift(entry(1, published=late), entry(2, published=early))[0] == ["2", "1"]

    @pytest.mark.parametrize("was", ["https://paper.example/1", "http://paper.example/1"])
    def test_an_entry_whose_link_the_feed_brought_before_is_no_news(self, was):
        known = Known(linked=frozenset({was}))
        assert self.sift(entry(2), entry(1), known=known) == (["2"], ["1"])

    def test_a_link_that_several_entries_share_says_nothing(self):
        same = "https://paper.example/log"
        known = Known(linked=frozenset({same}))
        assert self.sift(entry(2, url=same), entry(1, url=same), known=known)[0] == ["1", "2"]

    def test_neither_does_the_sites_own_address_or_a_place_on_a_page(self):
        home, place = "https://paper.example/", "https://paper.example/log#march"
        known = Known(linked=frozenset({home, "https://paper.example/log"}))
        assert self.sift(entry(1, url=home), entry(2, url=place), known=known)[0] == ["1", "2"]

    def test_what_stands_twice_is_told_once(self):
        twin = dataclasses.replace(entry(1), id="other")
        news, seen = self.sift(entry(1), twin)
        assert (len(news), len(seen)) == (1, 1)

    def test_an_entry_that_says_nothing_is_no_news(self):
        assert self.sift(Entry(id="x", url="https://paper.example/x")) == ([], ["x"])

    def test_an_entry_that_links_nowhere_is_news_all_the_same(self):
        assert self.sift(entry(1, url=""), entry(2, url=""))[0] == ["1", "2"]

    def test_long_ids_are_kept_as_hashes(self):
        one, other = (sighting_id(URL, "x" * 5000 + end) for end in "ab")
        assert one != other
        assert len(one) < 200


class TestMoving:
    def moved(self, *targets: str, feed: Feed = POLLED) -> Feed:
        for target in targets:
            feed, _ = after(looked(Unchanged(permanent=target), feed))
        return feed

    def test_a_permanent_redirect_is_believed_after_three_that_agree(self):
        new = "https://new.example/feed"
        assert self.moved(new, new).address == ""
        assert self.moved(new, new, new).address == new

    def test_redirects_that_disagree_are_not(self):
        new, other = "https://new.example/feed", "https://other.example/feed"
        assert self.moved(new, new, other, new, new).address == ""
        assert self.moved(new, new, "", new, new).address == ""

    def test_a_new_address_that_keeps_failing_is_given_up(self):
        feed = self.moved(*["https://new.example/feed"] * 3)
        for failures in range(1, 4):
            feed, _ = after(looked(Failed(problem="error.unreachable"), feed))
            assert bool(feed.address) is (failures < 3)

    def test_a_move_back_is_one_too(self):
        feed = self.moved(*["https://new.example/feed"] * 3)
        assert self.moved(*[URL] * 3, feed=feed).address == ""
