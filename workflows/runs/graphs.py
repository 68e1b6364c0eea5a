"""The graphs of versions, read once: a version never changes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from workflows.definition import Graph, read
from workflows.models import Version
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

MOST_KEPT = 256


@lru_cache(maxsize=MOST_KEPT)
def of(workspace_id: uuid.UUID, version_id: uuid.UUID) -> Graph:
    """Give the graph of a version. Raises: Version.DoesNotExist."""
    with isolation.workspace(workspace_id):
        version = Version.objects.get(pk=version_id)
    return read(version.definition)[0]
