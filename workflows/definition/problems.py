"""A problem of a definition: where it is, what it is, what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a definition from going live.

    Attributes:
        path: where in the JSON, such as `nodes[3].settings.arguments.text`.
        node_id: whose it is; empty when it is the whole graph's.
        field: which of the node's settings, such as `arguments.text`; empty for the node itself.
        message: what is wrong, a sentence for people.
        hint: what to do about it.
    """

    path: str
    node_id: str
    field: str
    message: str
    hint: str = ""
