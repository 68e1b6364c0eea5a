"""Arguments that do not fit are named in a sentence, whatever the rule is made of."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import arguments, registry
from connectors.encoding import InvalidArguments


@pytest.mark.parametrize(
    ("tool", "given", "why"),
    [
        (
            "math.allocate",
            {"amount": "x", "shares": [1]},
            "it must be integer or it must be number.",
        ),
        ("math.allocate", {"amount": 1, "shares": [-1]}, "it must be at least 0."),
        (
            "freshdesk.update_ticket",
            {"ticket_id": 1, "priority": 9},
            "it must be one of [1, 2, 3, 4].",
        ),
    ],
)
def test_what_an_argument_must_be_is_said(tool: str, given: dict[str, Any], why: str) -> None:
    connector, _, key = tool.partition(".")
    with pytest.raises(InvalidArguments) as refused:
        arguments.check(registry.get(connector).tool(key), given)
    assert str(refused.value).endswith(f"does not fit: {why}")
