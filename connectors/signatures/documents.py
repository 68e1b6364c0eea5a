"""The object in a JSON body that is signed: the sender's ID, and Slack's challenge stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(body: bytes) -> Mapping[str, Any]:
    """Give the members at the top of a JSON body; none when it is no object."""
    data = bodies.parse(body, "application/json").data
    return data if isinstance(data, dict) else {}


def text(document: Mapping[str, Any], name: str) -> str:
    """Give a member that is a text, without space around it; empty when there is none."""
    found = document.get(name)
    return found.strip() if isinstance(found, str) else ""
