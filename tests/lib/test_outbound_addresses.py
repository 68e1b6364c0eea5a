"""Which addresses are open: the table of what is closed, and every way to hide an IPv4 address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, strategies as st

from spojit.lib.outbound.addresses import CLOSED_IPV4, METADATA, is_open, networks

CLOSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
    "ff0e::1",
    "2606:4700:4700::1111%eth0",
]
OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "168.63.129.15",
    "169.253.255.255",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:830::200e",
    "64:ff9b::8.8.8.8",
]


def embeddings(value: int) -> dict[str, IPv6Address]:
    """All forms in which IPv6 carries this IPv4 address."""
    inverted = value ^ 0xFFFF_FFFF
    return {
        "mapped": IPv6Address(0xFFFF << 32 | value),
        "compatible": IPv6Address(value),
        "translated": IPv6Address(0xFFFF << 48 | value),
        "nat64": IPv6Address(0x0064_FF9B << 96 | value),
        "nat64 of a network": IPv6Address(0x0064_FF9B_0001 << 80 | value),
        "6to4": IPv6Address(0x2002 << 112 | value << 80 | 1),
        "teredo server": IPv6Address(0x2001_0000 << 96 | value << 64 | 0x1234_0000_0000),
        "teredo client": IPv6Address(0x2001_0000 << 96 | 0x0808_0808 << 64 | inverted),
        "isatap": IPv6Address(0x2606_4700 << 96 | 0x0000_5EFE << 32 | value),
        "isatap, unique": IPv6Address(0x2606_4700 << 96 | 0x0200_5EFE << 32 | value),
        "isatap, link-local": IPv6Address(0xFE80 << 112 | 0x0000_5EFE << 32 | value),
    }


EMBEDDINGS = list(embeddings(0))


@pytest.mark.parametrize("text", CLOSED)
def test_an_address_that_is_not_public_is_closed(text: str) -> None:
    assert not is_open(ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_a_public_address_is_open(text: str) -> None:
    assert is_open(ip_address(text))


@pytest.mark.parametrize("form", EMBEDDINGS)
@pytest.mark.parametrize("text", [text for text in CLOSED if ":" not in text])
def test_a_closed_address_stays_closed_inside_ipv6(text: str, form: str) -> None:
    assert not is_open(embeddings(int(IPv4Address(text)))[form])


@given(st.sampled_from(CLOSED_IPV4), st.integers(0, 2**32 - 1), st.sampled_from(EMBEDDINGS))
def test_no_embedding_of_any_closed_address_is_open(network: str, bits: int, form: str) -> None:
    closed = networks([network])[0]
    value = int(closed.network_address) | bits & int(closed.hostmask)
    assert not is_open(IPv4Address(value))
    assert not is_open(embeddings(value)[form])


@given(st.integers(0, 2**32 - 1), st.sampled_from([form for form in EMBEDDINGS if form != "nat64"]))
def test_only_nat64_may_stand_for_an_ipv4_address(value: int, form: str) -> None:
    assert not is_open(embeddings(value)[form])


@given(st.integers(0, 2**32 - 1))
def test_nat64_is_as_open_as_what_it_stands_for(value: int) -> None:
    assert is_open(embeddings(value)["nat64"]) == is_open(IPv4Address(value))


@given(st.integers(0, 2**128 - 1))
def test_nothing_that_python_knows_to_be_special_is_open(value: int) -> None:
    for address in (IPv6Address(value), IPv4Address(value & 0xFFFF_FFFF)):
        special = address.is_private or address.is_reserved or address.is_multicast
        assert not (is_open(address) and special)


def test_the_operator_opens_a_network() -> None:
    allowed = networks(["10.0.0.0/8", "fd00::/8"])
    assert is_open(ip_address("10.1.2.3"), allowed)
    assert is_open(ip_address("fd12::1"), allowed)
    assert not is_open(ip_address("192.168.0.1"), allowed)
    assert not is_open(ip_address("::ffff:10.1.2.3"), allowed)
    assert is_open(ip_address("64:ff9b::10.1.2.3"), allowed)


@pytest.mark.parametrize("address", sorted(METADATA, key=str))
def test_a_wide_network_does_not_open_metadata(address: IPv4Address | IPv6Address) -> None:
    assert not is_open(address, networks(["0.0.0.0/0", "::/0"]))
    assert is_open(address, networks([str(address)]))


@pytest.mark.parametrize(
    "text", ["224.0.0.1", "0.0.0.0", "255.255.255.255", "::", "ff02::1", "fe80::1%eth0"]
)
def test_what_no_call_can_go_to_cannot_be_opened(text: str) -> None:
    assert not is_open(ip_address(text), networks(["0.0.0.0/0", "::/0"]))
