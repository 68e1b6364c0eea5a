"""Definitions for tests: small ones by hand, as people write them."""

from __future__ import annotations

import itertools
from typing import Any

MANUAL: dict[str, Any] = {"start": {"type": "manual"}}


def node(node_id: str, kind: str = "transform", **settings: Any) -> dict[str, Any]:
    """Make a node; a trigger is manual unless told otherwise."""
    given = settings or (MANUAL if kind == "trigger" else {})
    return {"id": node_id, "kind": kind, "name": node_id.title(), "settings": given}


def wire(path: str) -> list[dict[str, str]]:
    """Make the wires of `a > b` or `a.yes > b > c`."""
    steps = [step.strip() for step in path.split(">")]
    return [_one(begin, end) for begin, end in itertools.pairwise(steps)]


def _one(begin: str, end: str) -> dict[str, str]:
    node_id, _, output = begin.partition(".")
    return {"from": node_id, "output": output or "next", "to": end.partition(".")[0]}


def definition(nodes: list[dict[str, Any]], *paths: str) -> dict[str, Any]:
    """Make a whole definition."""
    return {"nodes": nodes, "wires": [one for path in paths for one in wire(path)]}
