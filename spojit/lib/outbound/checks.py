"""The check before any connection: name, port, scheme, and every address behind the name."""

from __future__ import annotations

import socket
from time import monotonic

from spojit.lib.outbound import sockets
from spojit.lib.outbound.addresses import Address, is_allowed, is_open
from spojit.lib.outbound.deadlines import Deadline
from spojit.lib.outbound.errors import AddressRefused
from spojit.lib.outbound.names import addresses_of
from spojit.lib.outbound.policy import Policy
from spojit.lib.outbound.targets import Target, read, read_host
from spojit.lib.outbound.types import PinnedAddress

_MOST_REMEMBERED = 2048


def check_url(url: str, *, policy: Policy | None = None) -> PinnedAddress:
    """Check a URL with a fresh look-up of its host.

    Raises:
        AddressRefused: scheme, port or one of the addresses is closed, or there is userinfo.
        MalformedAddress: it is no absolute http(s) URL.
        NameNotFound: the host has no address.
        TimedOut: the look-up took too long.
    """
    policy = policy or Policy.default()
    return _check_target(read(url), policy, Deadline(policy.connect_seconds))


def check_host(host: str, port: int, *, policy: Policy | None = None) -> PinnedAddress:
    """Check a host for a driver that connects by itself, and let the audit hook know.

    Give the driver `address` (libpq: `hostaddr`), or the audit hook stops it when the name's
    address changes meanwhile. Scheme rules do not apply.

    Raises:
        AddressRefused: the port or one of the addresses is closed.
        MalformedAddress: the host is neither a name nor an address.
        NameNotFound: the host has no address.
        TimedOut: the look-up took too long.
    """
    policy = policy or Policy.default()
    return _check(read_host(host), port, "", policy, Deadline(policy.connect_seconds))


def check_for_call(target: Target, policy: Policy, deadline: Deadline) -> PinnedAddress:
    """Check a target, or take the check of the last seconds; connections stay pinned to it.

    Raises:
        OutboundError: as `check_url`.
    """
    remembered = policy._checked  # noqa: SLF001 - the policy only carries it
    known = remembered.get(target.origin)
    if known and known[1] > monotonic():
        pinned: PinnedAddress = known[0]
        return pinned
    pinned = _check_target(target, policy, deadline.within(policy.connect_seconds))
    if len(remembered) >= _MOST_REMEMBERED:
        remembered.clear()
    remembered[target.origin] = pinned, monotonic() + policy.check_seconds
    return pinned


def _check_target(target: Target, policy: Policy, deadline: Deadline) -> PinnedAddress:
    if target.scheme not in policy.schemes and not policy.allowed_networks:
        raise _refused_scheme(target.host)
    return _check(target.host, target.port, target.scheme, policy, deadline)


def _check(host: str, port: int, scheme: str, policy: Policy, deadline: Deadline) -> PinnedAddress:
    if port not in policy.allowed_ports:
        raise AddressRefused(f"Port {port} is not allowed.", hint="Use one of the usual ports.")
    found = addresses_of(host, port, resolver=policy.resolver, deadline=deadline)
    if not all(is_open(address, policy.allowed_networks) for address in found):
        raise AddressRefused(f"The address of {host} is private or reserved.")
    _check_scheme(scheme, host, found, policy)
    return _pin(host, port, scheme, found)


def _check_scheme(scheme: str, host: str, found: list[Address], policy: Policy) -> None:
    """Plain http is for networks that the operator opened, unless the policy has it anyway."""
    if not scheme or scheme in policy.schemes:
        return
    if not all(is_allowed(address, policy.allowed_networks) for address in found):
        raise _refused_scheme(host)


def _pin(host: str, port: int, scheme: str, found: list[Address]) -> PinnedAddress:
    texts = tuple(map(str, found))
    for text in texts:
        sockets.remember(text, port)
    family = socket.AF_INET if found[0].version == 4 else socket.AF_INET6
    return PinnedAddress(scheme, host, port, texts[0], family, texts)


def _refused_scheme(host: str) -> AddressRefused:
    return AddressRefused(f"{host} may only be called by https.", hint="Use https.")
