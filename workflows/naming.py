"""Suggests a name that no other workflow of a workspace has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Lower

from workflows.models import Workflow
from workspaces import isolation

if TYPE_CHECKING:
    from workspaces.models import Workspace

LONGEST = 120


def free(workspace: Workspace, *, base: str) -> str:
    """Return `base`, with a number behind it when a workflow is called that already."""
    base = " ".join(base.split())[: LONGEST - 6].strip()
    with isolation.workspace(workspace):
        rows = Workflow.objects.present().filter(workspace=workspace)
        alike = rows.alias(lowered=Lower("name")).filter(lowered__startswith=base.lower())
        taken = {name.lower() for name in alike.values_list("name", flat=True)}
    candidates = (base, *(f"{base} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in candidates if name.lower() not in taken)
