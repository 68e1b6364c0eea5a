"""The contributor's guide tells the truth: its examples are right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from connectors import checks, execution, registry, signatures
from connectors.manifest import (
    KINDS,
    Assertion,
    Captured,
    Connector,
    Discovery,
    OAuth1,
    OAuth2,
    Revocation,
    TokenAnswer,
    Webhook,
    parsed,
    reading,
)

GUIDE = Path(__file__).parents[2] / "docs" / "writing-a-connector.md"


def example(language: str, number: int = 0) -> str:
    text = GUIDE.read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return found[number]


def test_the_example_in_yaml_is_a_right_connector(tmp_path: Path) -> None:
    path = tmp_path / "helpdesk.yaml"
    path.write_text(example("yaml"), encoding="utf-8")
    connector = reading.from_yaml(path)
    assert checks.problems(connector) == []
    called = execution.describe_call(connector, connector.scheme("api_key"))
    assert called == "GET https://[Site].helpdesk.example/api/me"


def test_the_example_of_signing_in_is_right() -> None:
    data = parsed.parse(example("yaml")) | parsed.parse(example("yaml", 1))
    data["service_urls"] = data["service_urls"][:1]
    for tool in data["tools"]:
        tool["scopes"] = ["tickets"]
    connector = Connector.model_validate(data)
    assert checks.problems(connector) == []


def test_the_example_of_a_webhook_is_right() -> None:
    data = parsed.parse(example("yaml"))
    data["schemes"] += parsed.parse(example("yaml", 2))["schemes"]
    connector = Connector.model_validate(data)
    assert checks.problems(connector) == []
    assert connector.scheme("webhook").is_inbound


def test_the_guide_explains_every_key_of_webhooks_and_every_kind_of_signature() -> None:
    text = GUIDE.read_text(encoding="utf-8").partition("## Receiving webhooks")[2]
    custom = [field.key for field in registry.get("custom_webhook").schemes[0].fields]
    keys = [*Webhook.model_fields, *signatures.KINDS, *custom]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_the_guide_explains_every_key_of_oauth() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    parts = (OAuth1, OAuth2, Assertion, Captured, Discovery, Revocation, TokenAnswer)
    keys = {key for part in parts for key in part.model_fields} - {"source", "unconfirmed"}
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_the_example_in_python_is_a_right_connector() -> None:
    names: dict[str, Any] = {}
    exec(compile(example("python"), "greeting.py", "exec"), names)
    connector = names["connector"]
    assert checks.problems(connector) == []
    greet = connector.tool("greet")
    outcome = execution.call(connector, None, greet, {}, greet.example.arguments)
    assert outcome.data == greet.example.answer


def test_the_guide_names_every_kind_of_scheme() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
