"""Which ports a connector's services may use: what the policy allows, and the connector's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.manifest import Connector
    from spojit.lib.outbound import Policy

LEAST_FREE_PORT = 1024
"""Below it ports belong to well-known services that no server of people's own is."""


def opened(connector: Connector, policy: Policy, *, port: int = 0) -> Policy:
    """Give the policy with the connector's own ports open besides; `port` where it takes any."""
    if connector.ports != "any":
        return policy.with_ports(*connector.ports)
    return policy.with_ports(port) if port >= LEAST_FREE_PORT else policy
