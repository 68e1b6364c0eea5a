"""What a connector file may say of a webhook, and what a new version of it may not change."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors import checks, compatibility, execution, fields, registry
from connectors.manifest import Connector, Scheme

FIELD = {"key": "signing_secret", "label": "Secret", "secret": True, "required": False}
WEBHOOK = {"signature": "github", "secret": "either", "guide": ["Paste the address."]}


def scheme(**changed: Any) -> dict[str, Any]:
    given = {
        "key": "webhook",
        "label": "Webhook",
        "source": "https://docs.example.com/webhooks",
        "fields": [FIELD],
        "webhook": WEBHOOK,
    }
    return {key: value for key, value in (given | changed).items() if value is not None}


def connector(inbound: dict[str, Any] | None = None, **changed: Any) -> Connector:
    """Make a connector with a key, two addresses and a webhook."""
    data = {
        "key": "helpdesk",
        "name": "Helpdesk",
        "category": "Support",
        "summary": "Tickets.",
        "icon": {"monogram": {"text": "H", "color": "#2f5d8a"}},
        "before_you_start": ["A helpdesk."],
        "service_urls": [_url("one"), _url("two")],
        "schemes": [_key(), inbound or scheme()],
    }
    return Connector.model_validate(data | changed)


def _url(name: str) -> dict[str, str]:
    url = f"https://{name}.{{site}}.example.com"
    return {"key": name, "label": name, "url": url, "source": "https://docs.example.com"}


def _key() -> dict[str, Any]:
    return {
        "key": "api_key",
        "label": "Key",
        "source": "https://docs.example.com",
        "fields": [
            {"key": "site", "label": "Site", "endpoint": True},
            {"key": "api_key", "label": "Key", "secret": True},
        ],
        "send": [{"header": "X-Key"}],
        "verification": {
            "source": "https://docs.example.com",
            "request": {"method": "GET", "path": "/me"},
        },
    }


def test_a_webhook_is_inbound_and_nothing_else_is() -> None:
    found = connector()
    assert found.scheme("webhook").is_inbound
    assert not found.scheme("api_key").is_inbound
    assert checks.problems(found) == []
    assert Scheme.model_validate(scheme(key="webhook_orders")).is_inbound


def test_a_webhook_has_no_address_of_the_service() -> None:
    found = connector()
    assert [field.key for field in found.scheme("webhook").fields] == ["signing_secret"]
    assert found.scheme("api_key").field("service_url") is not None
    assert [url.key for url in found.service_urls if url.serves("webhook")] == []
    assert fields.clean(found, found.scheme("webhook"), {}).values == {}


def test_a_webhook_makes_no_calls_and_has_nothing_to_verify() -> None:
    found = connector()
    inbound = found.scheme("webhook")
    tool = found.tool("request")
    outcome = execution.call(found, inbound, tool, {}, {"method": "GET", "path": "/"})
    assert (outcome.name, outcome.detail) == (
        "request_refused",
        "A webhook receives, and cannot make calls.",
    )
    assert execution.verify(found, inbound, {}).outcome.name == "unverified"
    assert execution.describe_call(found, inbound) == ""


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"webhook": None}, "only for them"),
        ({"key": "api_key", "send": [{"header": "X"}]}, "only for them"),
        ({"send": [{"header": "X"}]}, "neither send nor verification"),
        ({"verification": {"request": {"method": "GET"}}}, "neither send nor verification"),
        ({"fields": []}, "has the field signing_secret"),
        ({"fields": [FIELD | {"secret": False}]}, "has the field signing_secret"),
        ({"fields": [FIELD | {"required": True}]}, "has the field signing_secret"),
        ({"fields": [FIELD | {"endpoint": True}]}, "take endpoint out"),
        ({"webhook": WEBHOOK | {"signature": "md5"}}, "signature"),
        ({"webhook": WEBHOOK | {"secret": "none"}}, "secret"),
        ({"webhook": WEBHOOK | {"guide": []}}, "guide"),
        ({"webhook": WEBHOOK | {"where": "http://example.com"}}, "where"),
        ({"webhook": WEBHOOK | {"verify": False}}, "verify"),
    ],
)
def test_what_would_not_be_safe_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Scheme.model_validate(scheme(**changed))


def test_custom_names_the_header_that_is_read() -> None:
    custom = scheme(webhook=WEBHOOK | {"signature": "custom"})
    assert checks.problems(connector(custom)) == [
        ("schemes[webhook].fields", "a custom signature is read from the field header; add it")
    ]


def test_a_new_version_signs_as_the_old_one() -> None:
    other = connector(scheme(webhook=WEBHOOK | {"signature": "stripe", "secret": "theirs"}))
    assert compatibility.breaks(connector(), connector()) == []
    assert compatibility.breaks(connector(), other) == [
        ("schemes[webhook].webhook.signature", "it was changed; services sign as they did")
    ]


def test_a_webhook_may_be_added_to_a_connector_and_not_removed() -> None:
    without = connector(schemes=[_key()])
    assert compatibility.breaks(without, connector()) == []
    assert [place for place, _ in compatibility.breaks(connector(), without)] == [
        "schemes[webhook]"
    ]


def test_the_catalogue_has_a_webhook_of_every_kind() -> None:
    found = {
        scheme.webhook.signature: connector.key
        for connector in registry.all()
        for scheme in connector.schemes
        if scheme.webhook
    }
    assert found == {
        "spojit": "spojit_webhook",
        "standard_webhooks": "standard_webhook",
        "custom": "custom_webhook",
        "github": "github",
        "shopify": "shopify",
        "slack": "slack",
        "stripe": "stripe",
    }


@pytest.mark.parametrize("key", ["spojit_webhook", "standard_webhook", "custom_webhook"])
def test_a_webhook_of_no_service_is_only_a_webhook(key: str) -> None:
    found = registry.get(key)
    assert (found.category, found.needs_connection) == ("Webhooks", "required")
    assert (found.tools, found.service_urls) == ([], [])
    assert [scheme.key for scheme in found.schemes] == ["webhook"]
