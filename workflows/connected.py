"""What the runs of workflows tell the pages of a connection: `connections.runs` asks it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from connections.runs import Started, Stopped, Use
from workflows.models import Run, RunStatus, Step, StepStatus, TriggerKind
from workflows.runs import blamed, holding

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from connections.models import Connection
    from spojit.lib.cursors import Cursor

_WORDS = dict(RunStatus.choices)


def stopped(connection: Connection) -> Stopped:
    """Count the runs that wait for a connection, and those that failed because of it."""
    slug, found = connection.workspace.slug, blamed.count(connection)
    runs = f"{reverse('runs:list', kwargs={'slug': slug})}?connection={connection.pk}"
    where = {"slug": slug, "connection_id": connection.pk}
    return Stopped(
        held=holding.count(connection),
        held_path=f"{runs}&status={RunStatus.WAITING}",
        failed=found.runs if found else 0,
        failed_path=f"{runs}&status={RunStatus.FAILED}",
        failed_since=found.since if found else None,
        rerun_path=reverse("runs:rerun_failed", kwargs=where),
        most=blamed.MOST,
    )


def uses(connection: Connection, before: Cursor | None, most: int) -> list[Use]:
    """List the newest calls by steps; what was copied, or waits for the connection, made none."""
    rows = Step.objects.filter(
        workspace_id=connection.workspace_id, connection_id=connection.pk, is_copied=False
    ).exclude(status=StepStatus.WAITING, attempts=0)
    if before is not None:
        is_before = Q(started_at__lt=before.at) | Q(id__lt=before.id)
        rows = rows.filter(is_before, started_at__lte=before.at)
    slim = rows.select_related("run__workflow").only(*_COLUMNS)
    return [_use(connection, row) for row in slim.order_by("-started_at", "-id")[:most]]


def started(delivery_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Started]]:
    """List the runs that deliveries started, in one question."""
    rows = Run.objects.filter(delivery_id__in=delivery_ids, trigger=TriggerKind.WEBHOOK)
    found: dict[uuid.UUID, list[Started]] = defaultdict(list)
    slim = rows.select_related("workflow", "workspace").defer("data_sealed", "response_sealed")
    for run in slim.order_by("created_at", "id"):
        path = run.get_absolute_url()
        found[run.delivery_id].append(
            Started(run.workflow.name, run.status, _WORDS[run.status], path)
        )
    return found


_COLUMNS = (
    "id",
    "place",
    "node_name",
    "status",
    "attempts",
    "started_at",
    "duration_ms",
    "outcome",
    "credential_version",
    "tool",
    "run__id",
    "run__workflow__name",
)


def _use(connection: Connection, step: Step) -> Use:
    where = {"slug": connection.workspace.slug, "run_id": step.run_id}
    attempts = f", {step.attempts} attempts" if step.attempts > 1 else ""
    return Use(
        at=step.started_at,
        id=step.pk,
        tool=step.tool,
        by=step.run.workflow.name,
        path=f"{reverse('runs:detail', kwargs=where)}?step={step.place}#step",
        detail=f"{step.node_name}{attempts}",
        outcome=step.outcome,
        is_over=step.status in {StepStatus.COMPLETED, StepStatus.FAILED},
        is_ok=step.status == StepStatus.COMPLETED,
        version=step.credential_version,
        duration_ms=step.duration_ms,
    )
