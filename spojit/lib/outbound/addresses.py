"""Which IP addresses are open to calls. Pure: no look-ups, no sockets.

Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890), and the
metadata addresses that the cloud vendors document.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

CLOSED_IPV4 = (
    "0.0.0.0/8",  # this network, unspecified (RFC 791)
    "10.0.0.0/8",  # private (RFC 1918)
    "100.64.0.0/10",  # carrier-grade NAT (RFC 6598); Alibaba's metadata
    "127.0.0.0/8",  # loopback (RFC 1122)
    "168.63.129.16/32",  # Azure's wire server: metadata, DNS, health
    "169.254.0.0/16",  # link-local (RFC 3927); metadata of most clouds
    "172.16.0.0/12",  # private (RFC 1918)
    "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's metadata
    "192.0.2.0/24",  # documentation (RFC 5737)
    "192.31.196.0/24",  # AS112 (RFC 7535)
    "192.52.193.0/24",  # AMT (RFC 7450)
    "192.88.99.0/24",  # 6to4 relays (RFC 7526)
    "192.168.0.0/16",  # private (RFC 1918)
    "192.175.48.0/24",  # AS112 (RFC 7534)
    "198.18.0.0/15",  # benchmarks (RFC 2544)
    "198.51.100.0/24",  # documentation (RFC 5737)
    "203.0.113.0/24",  # documentation (RFC 5737)
    "224.0.0.0/4",  # multicast (RFC 5771)
    "240.0.0.0/4",  # reserved, broadcast (RFC 1112)
)
CLOSED_IPV6 = (
    "2001::/23",  # protocol assignments (RFC 2928): Teredo, ORCHID, benchmarks
    "2001:db8::/32",  # documentation (RFC 3849)
    "2002::/16",  # 6to4 (RFC 3056): embeds IPv4
    "2620:4f:8000::/48",  # AS112 (RFC 7534)
    "3ffe::/16",  # 6bone, given back (RFC 3701)
    "3fff::/20",  # documentation (RFC 9637)
)
# Only this block is given out for global unicast (RFC 4291, RFC 3587). All of ::/8 (mapped,
# compatible, translated), 64:ff9b:1::/48, fc00::/7, fe80::/10, fec0::/10 and ff00::/8 lie outside.
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})  # RFC 5214, section 6.1: bits 64 to 95

# Opened only by an allowed network that names exactly this address, never by a wider one.
METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "192.0.0.192",
            "fd00:ec2::23",
            "fd00:ec2::254",
            "fd20:ce::254",
        ),
    )
)

_CLOSED: dict[int, tuple[Network, ...]] = {
    4: tuple(map(ip_network, CLOSED_IPV4)),
    6: tuple(map(ip_network, CLOSED_IPV6)),
}


def networks(values: Iterable[str | Network]) -> tuple[Network, ...]:
    """Read networks such as `10.0.0.0/8`.

    Raises:
        ValueError: one of them is no network, or has host bits set.
    """
    return tuple(ip_network(value) for value in values)


@lru_cache(maxsize=4096)
def is_open(address: Address, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether calls may go to this address: it is public, or the operator allowed it."""
    return is_public(address) or is_allowed(address, allowed)


def is_public(address: Address) -> bool:
    """Whether the address is globally reachable unicast, and no other address in disguise."""
    if isinstance(address, IPv4Address):
        return not _lies_in(address, _CLOSED[4])
    if address.scope_id is not None:
        return False
    if address in NAT64:
        return is_public(embedded_by_nat64(address))
    return (
        address in GLOBAL_UNICAST and not _lies_in(address, _CLOSED[6]) and not is_isatap(address)
    )


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether the operator opened this address; what no call can go to stays closed."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address in NAT64:
            return is_allowed(embedded_by_nat64(address), allowed)
    if address.is_multicast or address.is_unspecified or address == IPv4Address(2**32 - 1):
        return False
    if address in METADATA:
        return ip_network(address) in allowed
    return _lies_in(address, allowed)


def is_isatap(address: IPv6Address) -> bool:
    """Whether the interface identifier is `[02]00:5efe` and an IPv4 address (RFC 5214)."""
    return int(address) >> 32 & 0xFFFF_FFFF in ISATAP


def embedded_by_nat64(address: IPv6Address) -> IPv4Address:
    """Give the IPv4 address that a NAT64 gateway would really connect to."""
    return IPv4Address(int(address) & 0xFFFF_FFFF)


def _lies_in(address: Address, candidates: Iterable[Network]) -> bool:
    return any(address in network for network in candidates if network.version == address.version)
