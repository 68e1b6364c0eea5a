"""Hosts from fields, a client from fields, and what the callback and the token answer tell."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from connections.credentials import tokens
from spojit.lib import outbound
from tests import factories, servers
from tests.connections import steps
from tests.connections.connecting import journey
from tests.servers import catalogue, plain_client
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Authority, Received, Reply, Server

NAMES = ("acme.shop.test", "eu.shop.test")
CONNECTOR = """
key: shoppy
name: Shoppy
category: Commerce
summary: Shops, each at a host of its own.
version: 1
icon: {monogram: {text: "S", color: "#334155"}}
ports: any
service_urls: [{key: own, label: The shop, url: "https://{api}/api", unconfirmed: true}]
schemes:
  - key: oauth2
    label: Install in a shop
    unconfirmed: true
    fields:
      - {key: shop, label: Shop, endpoint: true}
      - {key: client_id, label: Client ID}
      - {key: client_secret, label: Client secret, secret: true}
    oauth2:
      unconfirmed: true
      client: fields
      client_authentication: post
      authorize_url: "https://{shop}.shop.test:PORT/authorize"
      token_url: "https://{shop}.shop.test:PORT/token"
      pkce: none
      pkce_reason: The service knows none.
      refresh: none
      captured:
        - {key: region, source: callback, path: region, pattern: "[a-z]{2}"}
        - {key: api, path: api_domain, kind: host, hosts: [".shop.test:PORT"]}
    verification:
      unconfirmed: true
      request: {method: GET, path: /me}
      identity: {id: id, name: [name]}
      on_401: refused
      on_403: refused
      example: {id: a, name: b}
tools:
  - key: list_orders
    title: List orders
    description: Lists orders.
    effect: read
    unconfirmed: true
    input: {properties: {}}
    output: {type: object, properties: {}}
    request: {method: GET, path: /orders}
    example: {answer: {}}
"""


@pytest.fixture
def shop(authority: Authority, reach: Callable[..., None], tmp_path: Path) -> Iterator[Server]:
    """A shop whose API lives at another host than its sign-in."""

    def answer(received: Received) -> Reply:
        if received.path == "/token":
            found = {"access_token": "shop-token-0123456789", "api_domain": f"{NAMES[1]}:{port()}"}
            return servers.json_reply(found)
        return servers.json_reply({"id": "7", "name": "Acme"})

    def port() -> int:
        return server.port

    with servers.recording(answer, tls=authority.issue(*NAMES)) as server:
        reach(server.port)
        outbound.configure(
            allowed_networks=LOOPBACK,
            allowed_ports=[server.port],
            resolver=servers.resolver(dict.fromkeys(NAMES, "127.0.0.1")),
            ca_bundle=str(authority.bundle),
        )
        file = tmp_path / "shoppy.yaml"
        file.write_text(CONNECTOR.replace("PORT", str(server.port)))
        with catalogue.with_connectors(file):
            yield server


@pytest.fixture
def connection(cast: Cast, shop: Server) -> Connection:
    values = {"shop": "acme", "client_id": "own", "client_secret": "own-secret-0123456789"}
    return factories.make_connection(
        cast.workspace, connector_key="shoppy", scheme="oauth2", values=values, actor=cast.bob
    )


def test_all_of_it_together_ends_well(cast: Cast, connection: Connection, shop: Server) -> None:
    url = journey.begin(connection, cast.bob)
    assert urlsplit(url).netloc == f"acme.shop.test:{shop.port}"
    asked = plain_client.returned(url)
    assert asked["client_id"] == "own"
    assert "code_challenge" not in asked
    attempt = journey.come_back({"state": asked["state"], "code": "a-code", "region": "eu"})
    journey.work(attempt)
    found = steps.fresh(connection)
    assert (found.status, found.account_name) == ("active", "Acme")
    sent = parse_qs(shop.requests[0].body.decode())
    assert (sent["client_id"], sent["client_secret"]) == (["own"], ["own-secret-0123456789"])
    assert shop.requests[1].headers["host"] == f"eu.shop.test:{shop.port}"
    row = journey.version(connection)
    with factories.scope(cast.workspace):
        stored = tokens.read(row)
    assert stored is not None
    assert stored.captured == {"region": "eu", "api": f"eu.shop.test:{shop.port}"}
    assert (row.app_client_id, row.app_id) == ("", None)


@pytest.mark.parametrize("region", ["", "somewhere", "E1"])
def test_what_the_callback_may_not_tell_ends_the_attempt(
    cast: Cast, connection: Connection, shop: Server, region: str
) -> None:
    state = plain_client.returned(journey.begin(connection, cast.bob))["state"]
    attempt = journey.come_back({"state": state, "code": "a-code", "region": region})
    assert (attempt.is_finished, attempt.outcome) == (True, "bad_answer")
    assert shop.requests == []
