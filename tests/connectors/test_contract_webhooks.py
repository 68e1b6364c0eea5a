"""Every webhook keeps the contract: it takes what is signed as its file says, and calls nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from connectors import execution, fields, registry, signatures
from tests.connectors import samples

if TYPE_CHECKING:
    from connectors.manifest import Connector, Scheme

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def inbound_cases() -> list[tuple[str, str]]:
    return [
        (connector.key, scheme.key)
        for connector in registry.all()
        for scheme in connector.schemes
        if scheme.is_inbound
    ]


@pytest.mark.parametrize(("key", "scheme_key"), inbound_cases())
def test_a_webhook_takes_what_is_signed_as_it_says(key: str, scheme_key: str) -> None:
    connector = registry.get(key)
    scheme = connector.scheme(scheme_key)
    assert scheme.webhook is not None
    kind = scheme.webhook.signature
    values = samples.values(connector, scheme, service_url="", port=443)
    values = fields.clean(connector, scheme, values).values
    body = signatures.sample(kind, delivery_id="d1")
    headers = signatures.sign(kind, values, body=body, now=NOW, delivery_id="d1")
    taken = signatures.check(kind, [values], headers=headers, body=body, now=NOW)
    assert (taken.accepted, taken.reason) == (True, "ok")
    assert (taken.delivery_id, taken.key_seconds) == ("d1", 604_800)
    assert taken.signed_at in {None, NOW}
    refused = signatures.check(kind, [values], headers=headers, body=body + b" ", now=NOW)
    assert refused.accepted is (values.get("method") == "token")


@pytest.mark.parametrize(("key", "scheme_key"), inbound_cases())
def test_a_webhook_is_made_without_a_secret_and_calls_nothing(key: str, scheme_key: str) -> None:
    connector = registry.get(key)
    scheme = connector.scheme(scheme_key)
    values = {key: text for key, text in _typed(connector, scheme).items() if text}
    assert "signing_secret" not in fields.clean(connector, scheme, values).values
    assert scheme.field("service_url") is None
    assert [url.key for url in connector.service_urls if url.serves(scheme.key)] == []
    for tool in connector.tools:
        outcome = execution.call(connector, scheme, tool, values, tool.example.arguments)
        assert outcome.name == "request_refused"


def _typed(connector: Connector, scheme: Scheme) -> dict[str, str]:
    found = samples.values(connector, scheme, service_url="", port=443)
    return found | {"signing_secret": ""}
