"""Where the catalogue's pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.connections import steps

if TYPE_CHECKING:
    from tests.factories import Cast


def page(cast: Cast, name: str, key: str = "http", **more: str) -> str:
    """Return the address of one of a connector's pages."""
    return steps.workspace_url(cast.workspace, f"connectors:{name}", key=key, **more)


def tool_url(cast: Cast, tool: str, key: str = "http") -> str:
    """Return the address of a tool's page."""
    return page(cast, "tool", key, tool_key=tool)
