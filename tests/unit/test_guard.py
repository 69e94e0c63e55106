"""What the guard lets through, address by address and URL by URL."""

from __future__ import annotations

import json
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.errors import Forbidden
from bot.intake.guard import Guard, Refused, guarded_socket, is_public
from tests.shared import shared

SPECIAL = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
    *("::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/32", "2001:2::/48"),
    *("2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16"),
    *("2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    *("::ffff:0:0:0/96", "::ffff:127.0.0.0/104", "64:ff9b::a00:0/104", "4000::/2", "8000::/1"),
]
NETWORKS = [ip_network(network) for network in SPECIAL]
PUBLIC = ["1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "223.255.255.255", "168.63.129.17"]
PUBLIC += ["2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "2003::", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_both_ends_and_the_middle_of_every_special_range_are_refused(network):
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert not is_public(str(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address):
    assert is_public(address)


@pytest.mark.parametrize("network", [network for network in NETWORKS if network.version == 4], ids=str)
def test_the_neighbours_of_a_range_are_public_where_no_other_range_holds_them(network):
    for number in (int(network[0]) - 1, int(network[-1]) + 1):
        if 0 <= number < 2**32:
            neighbour = IPv4Address(number)
            elsewhere = any(neighbour in other for other in NETWORKS if isinstance(other, IPv4Network))
            assert is_public(str(neighbour)) is not elsewhere


@given(st.ip_addresses(v=4))
def test_a_carried_address_is_as_public_as_the_one_it_carries(address):
    public = is_public(str(address))
    assert is_public(f"::ffff:{address}") is public
    assert is_public(str(IPv6Address(int(IPv6Address("64:ff9b::")) + int(address)))) is public
    assert not is_public(f"::{address}")
    assert not is_public(str(IPv6Address(int(IPv6Address("2002::")) + (int(address) << 80))))


@given(st.ip_addresses())
def test_nothing_that_the_standard_library_calls_special_is_let_through(address):
    carried = isinstance(address, IPv6Address) and any(
        address in IPv6Network(network) for network in ("::ffff:0:0/96", "64:ff9b::/96")
    )
    if is_public(str(address)) and not carried:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f.1", "2130706433", "fe80::1%eth0", "::1%1", "é"])
def test_what_is_no_address_is_refused(address):
    assert not is_public(address)


def test_no_socket_is_made_for_an_internal_address():
    with pytest.raises(Refused):
        guarded_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("10.0.0.1", 80)))
    with guarded_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("1.1.1.1", 80))) as made:
        assert made.family is socket.AF_INET


# ------------------------------------------------------------------------------------------------ URLs


@pytest.fixture(name="guard")
def make_guard():
    return Guard((80, 443), ("Intranet.example:8080", "[FD00:0::1]:8080", "10.0.0.7:80"))


@pytest.mark.parametrize(
    ("url", "admitted"),
    [
        ("HTTP://Example.ORG:80/A?b#c", "http://example.org/A?b"),
        ("https://example.org", "https://example.org"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://_dmarc.a-b.example./", "http://_dmarc.a-b.example./"),
        ("http://intranet.example:8080/", "http://intranet.example:8080/"),
        ("http://INTRANET.example:8080/", "http://intranet.example:8080/"),
        ("http://[FD00::0:1]:8080/", "http://[fd00::1]:8080/"),
    ],
)
def test_a_url_is_admitted_in_one_spelling(guard, url, admitted):
    assert str(guard.admit(url)) == admitted


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("ftp://example.org/", "error.forbidden_scheme"),
        ("file:///etc/passwd", "error.forbidden_scheme"),
        ("gopher://example.org:80/", "error.forbidden_scheme"),
        ("example.org", "error.forbidden_scheme"),
        ("", "error.forbidden_scheme"),
        ("http://user@example.org/", "error.forbidden_credentials"),
        ("http://:secret@example.org/", "error.forbidden_credentials"),
        ("http://example.org:8080/", "error.forbidden_port"),
        ("http://sub.intranet.example:8080/", "error.forbidden_port"),
        ("http://intranet.example:8081/", "error.forbidden_port"),
        ("http://example.org:0/", "error.forbidden_port"),
        ("http:///path", "error.bad_url"),
        ("http:example.org", "error.bad_url"),
        ("http://example.org:99999/", "error.bad_url"),
        ("http://exa mple.org/", "error.bad_url"),
        ("http://%6c%6f%63alhost/", "error.bad_url"),
        ("http://[::1/", "error.bad_url"),
        ("http://[fe80::1%25eth0]/", "error.bad_url"),
        ("http://-a.example/", "error.bad_url"),
        ("http://example.org\\@127.0.0.1/", "error.bad_url"),
        ("http://a\x00b.example/", "error.bad_url"),
    ],
)
def test_a_url_is_refused_with_the_reason(guard, url, key):
    with pytest.raises(Forbidden) as caught:
        guard.admit(url)
    assert caught.value.message_key == key


def test_trust_is_in_a_host_with_its_port(guard):
    trusted = [guard.trusts(guard.admit(url)) for url in ("http://10.0.0.7/", "https://10.0.0.7/", "http://10.0.0.8/")]
    assert trusted == [True, False, False]


@given(st.one_of(st.text(), st.text().map("http://{}".format), st.text().map("https://example.org{}".format)))
@example("http://\ud800/")
@example("http://a.b.c.xn--pokxncvks/")
def test_the_guard_admits_or_refuses_and_never_breaks(url):
    try:
        admitted = Guard((80, 443)).admit(url)
    except Forbidden:
        return
    assert admitted.scheme in {"http", "https"}
    assert admitted.port in {80, 443}
    assert admitted.raw_user is None
    assert str(Guard((80, 443)).admit(str(admitted))) == str(admitted)


def test_the_url_corpus_and_the_naughty_strings_do_not_break_the_guard():
    cases = [case for case in json.loads(shared("corpora/urls/urltestdata.json").read_text()) if isinstance(case, dict)]
    strings = json.loads(shared("corpora/strings/blns.json").read_text())
    admitted = 0
    for url in [*(case["input"] for case in cases), *strings, *(f"http://{string}/" for string in strings)]:
        try:
            admitted += bool(Guard((80, 443)).admit(url))
        except Forbidden as refusal:
            assert refusal.message_key.startswith("error.")
    assert admitted > 50


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "localhost",
        "a.localhost.",
    ],
)
def test_what_plainly_leads_inside_is_refused_without_a_look_up(guard, host):
    with pytest.raises(Forbidden) as caught:
        guard.foresee(f"http://{host}/")
    assert caught.value.message_key == "error.forbidden_address"


@pytest.mark.parametrize(
    "url", ["https://example.org/feed", "http://8.8.8.8/", "http://10.0.0.7/", "http://localhost.de/"]
)
def test_names_public_addresses_and_trusted_hosts_pass_without_a_look_up(guard, url):
    assert guard.foresee(url) is None
