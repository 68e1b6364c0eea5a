"""What this app tells the registries of the apps below: who uses a connection."""

from __future__ import annotations

from connections import usage
from workflows import references


def register() -> None:
    """Fill the registries."""
    usage.register(find=references.find, count=references.count)
