"""What calls may do: networks, ports, schemes, time and size. Defaults are set once a process."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from certifi import where

from spojit.lib.outbound.addresses import Network, networks
from spojit.lib.outbound.services import ServiceResolver, system_services

Resolver = Callable[[str, int], list[str]]

DEFAULT_PORTS = frozenset({443, 80, 8443, 8080})


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name, in its order of preference.

    Raises:
        OSError: it knows none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, eq=False)
class Policy:
    """What one call may do.

    Attributes:
        allowed_networks: opened by the operator besides the public Internet. An address in them
            may also be called by plain http, and that is the only way to http by default.
        allowed_ports: the only ports.
        connect_seconds: for finding the name, and again for connecting and the TLS handshake.
        total_seconds: for everything, redirects and reading included.
        max_body_bytes: after decompression.
        max_header_bytes: status line and all header fields of one answer.
        check_seconds: how long a checked name needs no new look-up; connections stay pinned.
        ca_bundle: file of certificates trusted besides the public ones; "" for none.
    """

    allowed_networks: tuple[Network, ...] = ()
    allowed_ports: frozenset[int] = DEFAULT_PORTS
    schemes: frozenset[str] = frozenset({"https"})
    connect_seconds: float = 5.0
    total_seconds: float = 30.0
    max_body_bytes: int = 10 * 2**20
    max_header_bytes: int = 64 * 2**10
    check_seconds: float = 30.0
    resolver: Resolver = system_resolver
    service_resolver: ServiceResolver = system_services
    ca_bundle: str = ""
    user_agent: str = "Spojit"
    _checked: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    _variants: dict[Any, Policy] = field(default_factory=dict, init=False, repr=False)

    @staticmethod
    def default() -> Policy:
        """Give the policy that `configure` set for this process."""
        return _defaults[0]

    def with_ports(self, *ports: int) -> Policy:
        """Give the same policy with these ports open besides."""
        if self.allowed_ports.issuperset(ports):
            return self
        return self._variant(allowed_ports=self.allowed_ports | frozenset(ports))

    def with_total(self, seconds: float) -> Policy:
        """Give the same policy with another limit for the whole call."""
        return self._variant(total_seconds=seconds)

    def _variant(self, **changes: Any) -> Policy:
        key = tuple(changes.items())
        known = self._variants.get(key)
        if known is None:
            known = self._variants[key] = replace(self, **changes)
        return known


_defaults = [Policy()]


def configure(
    *,
    allowed_networks: Iterable[str | Network] = (),
    allowed_ports: Iterable[int] = (),
    resolver: Resolver | None = None,
    ca_bundle: str = "",
    **limits: Any,
) -> Policy:
    """Set this process's default policy, and return it. Settings call it once; tests as often.

    Args:
        allowed_networks: such as "127.0.0.0/8".
        allowed_ports: open besides 443, 80, 8443 and 8080.
        resolver: host and port to IP addresses; None means the system's.
        ca_bundle: file of certificates to trust besides the public ones.
        limits: other fields of `Policy`.

    Raises:
        ValueError: a network is none.
    """
    _defaults[0] = Policy(
        allowed_networks=networks(allowed_networks),
        allowed_ports=DEFAULT_PORTS | frozenset(allowed_ports),
        resolver=resolver or system_resolver,
        ca_bundle=ca_bundle,
        **limits,
    )
    return _defaults[0]


@lru_cache(maxsize=8)
def tls_context(ca_bundle: str) -> ssl.SSLContext:
    """Make the one TLS context for a set of trusted certificates: TLS 1.2 or later, names checked.

    Raises:
        OSError: the file cannot be read.
    """
    context = ssl.create_default_context(cafile=where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    return context
