"""Uses utilities the way a workflow does, and wants refusals to be quick."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from connectors import execution, registry
from connectors.encoding import InvalidArguments

QUICK_SECONDS = 10.0
"""What is refused takes milliseconds; a machine that is busy takes longer."""


def use(connector: str, tool: str, **arguments: Any) -> Any:
    found = registry.get(connector)
    outcome = execution.call(found, None, found.tool(tool), {}, arguments)
    assert outcome.name == "ok", outcome.detail
    return outcome.data


def refuse(connector: str, tool: str, why: str, **arguments: Any) -> None:
    started = monotonic()
    with pytest.raises(InvalidArguments, match=why):
        use(connector, tool, **arguments)
    assert monotonic() - started < QUICK_SECONDS


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value
