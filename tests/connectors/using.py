"""Verifies and calls connectors of databases under a policy that opens loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors import execution, registry
from spojit.lib.outbound import Policy
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from connectors.identity import Verified
    from connectors.outcomes import Outcome

POLICY = Policy(allowed_networks=LOOPBACK)


def verify(key: str, values: dict[str, str], *, policy: Policy = POLICY) -> Verified:
    connector = registry.get(key)
    scheme = connector.scheme("database_url" if "connection_string" in values else "database")
    return execution.verify(connector, scheme, values, policy=policy)


def call(service: str, values: dict[str, str], tool: str, **arguments: Any) -> Outcome:
    connector = registry.get(service)
    return execution.call(
        connector,
        connector.scheme("database"),
        connector.tool(tool),
        values,
        arguments,
        policy=POLICY,
    )
