"""What runs a node of each kind: one module a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.nodes import (
    approval,
    condition,
    connector,
    delay,
    email,
    loop,
    parallel,
    response,
    sub_workflow,
    transform,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workflows.engine.results import Done
    from workflows.engine.visit import Visit

KINDS: Mapping[str, Callable[[Visit], Done]] = {
    "connector": connector.run,
    "condition": condition.run,
    "loop": loop.run,
    "parallel": parallel.run,
    "transform": transform.run,
    "response": response.run,
    "delay": delay.run,
    "approval": approval.run,
    "sub_workflow": sub_workflow.run,
    "email": email.run,
}
