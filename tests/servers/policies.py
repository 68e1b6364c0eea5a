"""Policies that let a test call its own servers, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from spojit.lib.outbound.addresses import networks
from spojit.lib.outbound.policy import DEFAULT_PORTS, Policy, Resolver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.certificates import Authority
    from tests.servers.http import Server

LOOPBACK = networks(["127.0.0.0/8", "::1/128"])


def policy(
    *servers: Server,
    names: Mapping[str, str | list[str]] | None = None,
    authority: Authority | None = None,
    **changes: Any,
) -> Policy:
    """Make a policy with loopback, these servers' ports, names and certificates open."""
    return replace(
        Policy(
            allowed_networks=LOOPBACK,
            allowed_ports=DEFAULT_PORTS | {server.port for server in servers},
            resolver=resolver(names or {}),
            ca_bundle=str(authority.bundle) if authority else "",
        ),
        **changes,
    )


def resolver(names: Mapping[str, str | list[str]]) -> Resolver:
    """Make a resolver that knows these names only."""

    def resolve(host: str, port: int) -> list[str]:
        found = names.get(host, [])
        return [found] if isinstance(found, str) else list(found)

    return resolve
