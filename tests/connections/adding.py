"""What tests of adding a connection share: its page, its form filled in, how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections.models import Connection
from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from tests.factories import Cast

GITHUB = {"name": "GitHub", "value-service_url": "github_com", "value-api_key": steps.TOKEN}


def add_url(cast: Cast, key: str = "github", query: str = "") -> str:
    """Return the address of the form."""
    return steps.workspace_url(cast.workspace, "connections:add", key=key) + query


def filled(server: Any, token: str = steps.TOKEN, **more: str) -> dict[str, str]:
    """Fill the form in for a GitHub of one's own."""
    values = {f"value-{key}": text for key, text in steps.github_values(server, token).items()}
    return {"name": "GitHub"} | values | more


def count(cast: Cast) -> int:
    """Count the workspace's connections."""
    with factories.scope(cast.workspace):
        return int(Connection.objects.count())
