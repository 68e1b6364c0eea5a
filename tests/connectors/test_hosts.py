"""Where requests and secrets go: addresses of IPv6, and hosts in the form that is compared."""

from __future__ import annotations

import pytest

from connectors import execution, hosts, registry
from tests import servers


@pytest.mark.parametrize(
    ("base_url", "allowed"),
    [
        ("http://[::1]:8080/v1", "[::1]:8080"),
        ("https://[2001:db8::1]", "[2001:db8::1]:443"),
        ("https://api.example.com", "api.example.com:443"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_hosts_that_may_get_secrets_are_written_as_they_are_compared(
    base_url: str, allowed: str
) -> None:
    assert hosts.allowed(registry.get("http"), {"base_url": base_url}) == {allowed}


@pytest.mark.parametrize("host", ["2001:db8::1", "[2001:db8::1]"])
def test_a_host_of_ones_own_may_be_an_address_of_ipv6(host: str) -> None:
    values = {"service_url": "enterprise_server", "host": host}
    assert hosts.base(registry.get("github"), values) == "https://[2001:db8::1]/api/v3"


def test_a_secret_goes_to_an_address_of_ipv6() -> None:
    http = registry.get("http")
    with servers.recording(servers.json_reply({"id": 7}), host="::1") as server:
        values = {"base_url": f"http://[::1]:{server.port}", "api_key": "a-key-1111111111"}
        policy = servers.policy(server)
        arguments = {"path": "/me"}
        outcome = execution.call(
            http, http.scheme("api_key"), http.tool("get"), values, arguments, policy=policy
        )
    assert (outcome.name, outcome.data["body"]) == ("ok", {"id": 7})
    assert server.requests[0].headers["authorization"] == "Bearer a-key-1111111111"
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"
