"""What else stops when a workflow does: those that run it as a step, or when they fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.db.models.functions import Lower

from workflows.models import Run, Version, Workflow
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Dependents:
    """Workflows by name.

    Attributes:
        callers: those in whose live or latest version it is a step.
        failing: those that start it when a run of theirs fails.
        unfinished: how many of its own runs are not finished, 100 at most.
    """

    callers: list[Workflow]
    failing: list[Workflow]
    unfinished: int


MOST_COUNTED = 100


def of(workflow: Workflow) -> Dependents:
    """Look who needs this workflow."""
    with isolation.workspace(workflow.workspace_id):
        others = Workflow.objects.present().filter(workspace_id=workflow.workspace_id)
        others = others.exclude(pk=workflow.pk).order_by(Lower("name"), "pk")
        unfinished = Run.objects.filter(workflow=workflow, finished_at=None)
        return Dependents(
            callers=list(others.filter(pk__in=_calling(workflow.pk, workflow.workspace_id))),
            failing=list(others.filter(error_workflow=workflow)),
            unfinished=unfinished[:MOST_COUNTED].count(),
        )


def _calling(pk: uuid.UUID, workspace_id: uuid.UUID) -> QuerySet[Version, Any]:
    step = {"kind": "sub_workflow", "settings": {"workflow_id": str(pk)}}
    in_use = Q(pk=F("workflow__live_id")) | Q(pk=F("workflow__latest_id"))
    rows: QuerySet[Version] = Version.objects.filter(in_use, workspace_id=workspace_id)
    return rows.filter(definition__nodes__contains=[step]).values("workflow_id")
