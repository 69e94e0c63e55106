"""What is decided about hubs without one: which is asked, when, by what it has to sign, and how far it is relied on."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from bot.core.errors import Unreachable
from bot.core.logs import redacted
from bot.core.model import Feed
from bot.core.ports import Fetched, ParsedFeed
from bot.core.settings import Settings
from bot.intake.entries import Known
from bot.intake.hubs import offered
from bot.intake.links import linked
from bot.intake.look import Unchanged
from bot.intake.pushes import is_signed
from bot.intake.subscription import Subscription, callback, fits, subscription
from bot.intake.websub import _sent_on, tell
from tests.fakes import START
from tests.unit.test_poll import POLLED, brought, entry, looked, pause

BASE = "https://paper.example/feeds/all"
HUB = "https://hub.example/"
SETTINGS = Settings(_env_file=None, public_url="https://desk.example/")
FEED = Feed(id=BASE, hub=HUB, topic=BASE)
DAY = timedelta(days=1)


def asked(**changed: object) -> Subscription:
    return replace(subscription(FEED, "1", START, SETTINGS), **changed)


# ------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://hub.example/>; rel="hub"', [HUB]),
        ("<https://hub.example/>;rel=hub", [HUB]),
        ('<https://hub.example/> ; REL = "self  HUB"', [HUB]),
        (
            '<a>; rel="self", <https://hub.example/>; rel="hub", <//two.example/>; rel=hub',
            [HUB, "https://two.example/"],
        ),
        ('<../hub>; rel="hub"', ["https://paper.example/hub"]),
        ("<https://hub.example/>; rel=hub, <https://hub.example/>; rel=hub", [HUB]),
        ('<https://hub.example/?a,b;c>; title="a, <https://evil.example/>; rel=\\"hub\\""; rel=hub', [f"{HUB}?a,b;c"]),
        ('<https://hub.example/>; title="<https://evil.example/>; rel=hub"; rel=next', []),
        ('<https://hub.example/>; rel="next"; rel="hub"', []),
        ('<https://hub.example/>; rel="hub"; anchor="#part"', []),
        ("<https://hub.example/>; rel=hubs", []),
        ("<javascript:alert(1)>; rel=hub", []),
        ("<file:///etc/passwd>; rel=hub", []),
        ("<https://hub.example/>", []),
        ("https://hub.example/; rel=hub", []),
        ("<https://hub.example/; rel=hub", []),
        ("", []),
        (">" * 9000 + "<" * 9000 + '"' * 9000, []),
    ],
)
def test_links_are_read_as_they_are_written(header, found):
    assert list(linked(header, "hub", BASE)) == found


def test_a_header_that_is_made_to_be_slow_is_not():
    assert linked("<a>" + " ;a" * 10_000 + "; " * 2_000 + '<b>;a="' + "\\" * 9_999, "hub", BASE) == ()


# ------------------------------------------------------------------------------------------------ which hub


def told(link: str = "", url: str = BASE, **said: object) -> tuple[str, str]:
    headers = {"link": link} if link else {}
    return offered(Fetched(url, 200, headers=headers), ParsedFeed(format="atom 1.0", **said))


def test_the_headers_come_before_the_document():
    said = {"hubs": ("https://other.example/",), "topic": "https://paper.example/other"}
    assert told(f"<{HUB}>; rel=hub, <{BASE}?x>; rel=self", **said) == (HUB, f"{BASE}?x")
    assert told(f"<{HUB}>; rel=hub", **said) == (HUB, "https://paper.example/other")
    assert told(**said) == ("https://other.example/", "https://paper.example/other")


def test_a_feed_that_does_not_say_its_address_has_the_one_it_came_from():
    assert told(hubs=(HUB,)) == (HUB, BASE)


def test_no_hub_no_subscription():
    assert told(f"<{BASE}>; rel=self", topic=BASE) == ("", "")


def test_a_feed_that_comes_safely_is_not_subscribed_to_where_the_secret_can_be_read():
    assert told(hubs=("http://hub.example/",)) == ("", "")
    assert told(hubs=("http://hub.example/", HUB)) == (HUB, BASE)
    assert told(hubs=("http://hub.example/",), url="http://paper.example/") == (
        "http://hub.example/",
        "http://paper.example/",
    )


def test_addresses_without_end_are_none():
    assert told(hubs=(HUB + "x" * 2000, HUB)) == (HUB, BASE)
    assert told(hubs=(HUB,), topic=BASE + "x" * 2000) == ("", "")


# ------------------------------------------------------------------------------------------------ when it is asked


def test_a_secret_and_a_token_are_long_and_nobody_elses():
    one, two = asked(), asked()
    assert len(bytes.fromhex(one.secret)) == 32
    assert len(one.token) >= 43
    assert len({one.secret, two.secret, one.token, two.token}) == 4


def test_who_leaves_tells_no_secret():
    known = asked()
    assert known.form["hub.secret"] == known.secret
    assert "hub.secret" not in known.left(START).form


def test_a_silent_hub_is_asked_after_minutes_first_and_every_day_in_the_end():
    pauses, known = [], asked()
    for _ in range(40):
        known = known.asking(START)
        pauses.append(known.due - START)
    assert pauses[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert pauses[-1] == DAY


def test_a_promise_holds_for_the_lease_and_not_for_who_leaves():
    known = asked().verified(START, DAY)
    assert known.stands(START + DAY - timedelta(seconds=1))
    assert not known.stands(START + DAY)
    assert not known.left(START).stands(START)
    assert not asked().stands(START)


def test_renewals_are_spread_and_always_the_same():
    dues = {replace(asked(), id=str(number)).verified(START, 10 * DAY).due for number in range(50)}
    assert len(dues) == 50
    assert all(8 * DAY <= due - START <= 9 * DAY for due in dues)
    assert asked(id="x").verified(START, DAY).due == asked(id="x").verified(START, DAY).due


@pytest.mark.parametrize(
    "changed", [{"hub": "https://other.example/"}, {"topic": "https://paper.example/other"}, {"ended": True}]
)
def test_a_subscription_fits_no_other_feed(changed):
    assert fits(asked(), FEED, SETTINGS)
    assert not fits(asked(), replace(FEED, **changed), SETTINGS)
    assert not fits(asked(), None, SETTINGS)


def test_a_subscription_that_leads_elsewhere_does_not_fit():
    moved = Settings(_env_file=None, public_url="https://news.example/")
    assert not fits(asked(), FEED, moved)
    assert callback(moved) == "https://news.example/websub/"


def test_a_redirect_never_leads_to_where_more_can_be_read_and_takes_no_secret_along():
    def onward(location: str) -> Subscription:
        return _sent_on(before, HUB, Fetched(HUB, 307, headers={"location": location}))

    before = asked()
    assert onward("/new").secret == before.secret
    assert onward("https://other.example/").secret != before.secret
    for refused in ("http://hub.example/", "", "javascript:alert(1)"):
        with pytest.raises(Unreachable):
            onward(refused)


def test_nothing_of_it_can_be_read_in_a_log():
    known = asked()
    assert known.secret not in repr(known)
    assert known.token not in repr(known)
    assert known.token not in redacted(f"refused path={known.callback}{known.token}")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({}, "PUBLIC_URL is not set"), ({"websub": False, "public_url": "https://desk.example"}, "WEBSUB is off")],
)
def test_why_no_hub_is_asked_is_said_once(settings, reason):
    with capture_logs() as logged:
        tell(Settings(_env_file=None, **settings))
        tell(SETTINGS)
    assert [line["reason"] for line in logged] == [reason]


# ------------------------------------------------------------------------------------------------ signatures


def test_a_signature_is_known_by_a_published_example():
    """The second test case of RFC 4231, whose key is ours as text."""
    told = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    body = b"what do ya want for nothing?"
    assert is_signed(body, f"sha256={told}", "Jefe")
    assert is_signed(body, f" SHA256={told.upper()} ", "Jefe")
    assert not is_signed(body + b"!", f"sha256={told}", "Jefe")
    assert not is_signed(body, f"sha256={told}", "jefe")
    assert not is_signed(body, f"sha512={told}", "Jefe")
    assert not is_signed(body, f"sha256={told[:-1]}", "Jefe")


@pytest.mark.parametrize("name", ["md5", "sha224", "sha3_256", "shake_128", "blake2b", "", "sha-256"])
def test_no_other_algorithm_is_taken(name):
    digest = hmac.new(b"key", b"body", name).hexdigest() if name in {"md5", "sha224", "blake2b"} else "0" * 64
    assert not is_signed(b"body", f"{name}={digest}", "key")
    assert is_signed(b"body", f"sha1={hmac.new(b'key', b'body', hashlib.sha1).hexdigest()}", "key")


# ------------------------------------------------------------------------------------------------ how far it counts

SOMETIME = Known(seen=frozenset({"0"}))


def stamped(**ago: float) -> str:
    return (START - timedelta(**ago)).isoformat()


def test_a_feed_that_is_pushed_is_looked_at_seldom():
    assert 3200 <= pause(looked(Unchanged(), pushed=True)) <= 3600
    assert pause(looked(Unchanged())) <= 300


@pytest.mark.parametrize("said", [stamped(minutes=2), "2026-03-02", ""])
def test_news_that_no_push_brought_makes_a_hub_doubtful_at_once(said):
    decision = looked(brought(entry(1, published=said), entry(0)), known=SOMETIME, pushed=True)
    assert decision.missed
    assert pause(decision) < 3200


def test_a_hub_has_a_minute_to_tell():
    decision = looked(brought(entry(1, published=stamped(seconds=59)), entry(0)), known=SOMETIME, pushed=True)
    assert not decision.missed
    assert pause(decision) > 3200


def test_what_a_push_has_asked_for_is_not_missed():
    now = brought(entry(1, published=stamped(minutes=9)), entry(0))
    assert not looked(now, known=SOMETIME, pushed=True, called=START).missed
    assert looked(now, known=SOMETIME, pushed=True, called=POLLED.polled).missed, "that was for the look before"


def test_who_is_not_relied_on_has_missed_nothing():
    assert not looked(brought(entry(1), entry(0)), known=SOMETIME).missed
