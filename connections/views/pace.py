"""How often a person may enter credentials: each time somebody else's service is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.lib import limits

if TYPE_CHECKING:
    from workspaces.access import WorkspaceRequest

MOST_A_MINUTE = 30


def take(request: WorkspaceRequest) -> None:
    """Count one more connection or version that this person saves. Raises: TooMany."""
    limits.take(f"credentials:{request.user.pk}", limit=MOST_A_MINUTE, seconds=60)
