"""What the door lets through: schemes, ports and hosts by their URL, addresses at the moment of connecting."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohappyeyeballs import AddrInfoType
from yarl import URL

from bot.core.errors import Forbidden

_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT, and the metadata of some clouds
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # the host of a virtual machine in Azure
            "169.254.0.0/16",  # link-local, and the metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
"""The IANA special-purpose registry of IPv4, with multicast."""

_V6_UNICAST = IPv6Network("2000::/3")
"""What IANA gives out as global unicast. Loopback, compatible, local, link-local and multicast lie outside."""

_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which carries any IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
"""The special-purpose ranges inside global unicast."""

_CARRIERS = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""Mapped addresses and NAT64: in daily use, and as public as the IPv4 address in their last 32 bits."""

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|[0-9a-f.]*:[0-9a-f:.]*")


class Refused(OSError):
    """Connecting to an address that is not public. An OSError, so that the next address of the host gets its turn."""


def is_public(address: str) -> bool:
    """Tell whether an address, as the resolver wrote it, belongs to the public internet."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_public_v4(parsed) if isinstance(parsed, IPv4Address) else _is_public_v6(parsed)


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in _V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if any(address in network for network in _CARRIERS):
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _V6_UNICAST and not any(address in network for network in _V6)


def guarded_socket(info: AddrInfoType) -> socket.socket:
    """Make the socket for one resolved address; it is this address, and no name, that is connected next."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise Refused("not a public address")
    return socket.socket(family, kind, protocol)


class Guard:
    """Judges a URL by what it says. The address behind it is judged by `guarded_socket`."""

    def __init__(self, ports: Iterable[int], trusted: Iterable[str] = ()) -> None:
        self._ports = frozenset(ports)
        self._trusted = frozenset(_pair(URL(f"http://{pair}")) for pair in trusted)

    def admit(self, url: str | URL) -> URL:
        """Return the URL that may be asked, without its fragment; raise `Forbidden` with the reason."""
        parsed = _parsed(url)
        if parsed.scheme not in {"http", "https"}:
            raise Forbidden("error.forbidden_scheme", scheme=parsed.scheme)
        if not _HOST.fullmatch(parsed.raw_host or ""):
            raise Forbidden("error.bad_url")
        if parsed.raw_user is not None or parsed.raw_password is not None:
            raise Forbidden("error.forbidden_credentials")
        if parsed.port not in self._ports and not self.trusts(parsed):
            raise Forbidden("error.forbidden_port", port=parsed.port)
        return parsed.with_fragment(None)

    def foresee(self, url: str | URL) -> None:
        """Raise `Forbidden` where it is plain without a look-up that the URL will not be let through."""
        parsed = self.admit(url)
        host = (parsed.raw_host or "").rstrip(".")
        if not self.trusts(parsed) and (host.rpartition(".")[2] == "localhost" or not is_public(_literal(host))):
            raise Forbidden("error.forbidden_address", host=host)

    def trusts(self, url: URL) -> bool:
        """Tell whether the operator vouches for exactly this host and port."""
        return _pair(url) in self._trusted


def _literal(host: str) -> str:
    """Return the address that a host is, in whatever spelling; a public one where it is a name."""
    try:
        return host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return "1.1.1.1"


def _pair(url: URL) -> str:
    """Return `host:port` in one spelling."""
    return f"{url.host_subcomponent}:{url.port}"


def _parsed(url: str | URL) -> URL:
    try:
        return URL(url)
    except (ValueError, TypeError) as error:
        raise Forbidden("error.bad_url") from error
