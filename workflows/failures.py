"""Tells people once that a workflow fails, until it completes again; and of starts that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from connections.models import Connection
from spojit.lib import clock
from workflows import hints
from workflows.models import Run, RunStatus, Step, Workflow
from workspaces import isolation, notices
from workspaces.models import Membership, User
from workspaces.roles import Role

if TYPE_CHECKING:
    import uuid

    from workspaces.models import Workspace

FAILING = "failing:"
NOT_STARTED = "not-started:"


def tell(run: Run) -> int:
    """Tell of a run that failed, in its workspace's scope; return how many people that were.

    Of many that fail one after another, or at once, only the first is told. A trial run is told on
    the page of whoever tries; a run that another one waits for is told as that one's failure.
    """
    if run.is_trial or run.parent_id is not None:
        return 0
    now = clock.now()
    working = Workflow.objects.filter(pk=run.workflow_id, failing_since=None)
    if not working.update(failing_since=now):
        return 0
    return notices.tell(
        run.workspace,
        users=caretakers(run.workflow),
        key=f"{FAILING}{run.workflow_id}:{now.isoformat()}",
        subject_id=run.workflow_id,
        title=f"{run.workflow.name} {_verb(run)}",
        text=f"{describe(run)} You are told again only after it has completed once.",
        path=run.get_absolute_url(),
    )


def recovered(workspace_id: uuid.UUID, workflow_id: uuid.UUID) -> bool:
    """Note that a workflow completed, and close what was told of its failure."""
    with isolation.workspace(workspace_id):
        failing = Workflow.objects.filter(pk=workflow_id, failing_since__isnull=False)
        if not failing.update(failing_since=None):
            return False
        workflow = Workflow.objects.select_related("workspace").get(pk=workflow_id)
        notices.close(workflow.workspace, subject_id=workflow_id, key_prefix=FAILING)
        return True


def not_started(workflow: Workflow, *, code: str, sentence: str, by: str) -> int:
    """Tell that something started no run, once a day for each reason, in the workspace's scope.

    Args:
        workflow: which one did not start.
        code: the refusal's, which tells reasons apart.
        sentence: why not, for people.
        by: what was to start it, such as "A delivery to Shop".
    """
    on = clock.now().date()
    return notices.tell(
        workflow.workspace,
        users=caretakers(workflow),
        key=f"{NOT_STARTED}{workflow.pk}:{code}:{on.isoformat()}",
        subject_id=workflow.pk,
        title=f"{workflow.name} did not start",
        text=f"{by} was to start it. {sentence} You are told of this once a day.",
        path=f"{workflow.workspace.get_absolute_url()}workflows/{workflow.pk}/",
    )


def caretakers(workflow: Workflow) -> list[User]:
    """List who looks after a workflow: whoever made it, while they are a member, and the admins."""
    rows = Membership.objects.filter(workspace_id=workflow.workspace_id, user__is_active=True)
    made_or_admin = Q(role__in=[Role.ADMIN, Role.OWNER]) | Q(user_id=workflow.created_by_id)
    return [row.user for row in rows.filter(made_or_admin).select_related("user")]


def describe(run: Run) -> str:
    """Say at which step a run failed, through which connection, why, and what to do."""
    step = failed_step(run)
    place = f"At the step {step.node_name}{_through(step)}: " if step else ""
    return f"{place}{run.error_sentence} {hints.of(run.error_outcome)}".strip()


def failed_step(run: Run) -> Step | None:
    """Find the step that a run failed at, if it was one of its steps."""
    rows = Step.objects.filter(run_id=run.pk, node_id=run.error_node_id, status="failed")
    found: Step | None = rows.order_by("-finished_at", "-pk").first() if run.error_node_id else None
    return found


def _through(step: Step) -> str:
    name = connection_name(step.workspace, step.connection_id)
    return f", through {name}" if name else ""


def connection_name(workspace: Workspace, connection_id: uuid.UUID | None) -> str:
    """Name a connection for people who may not all see it: a private one by its owner only."""
    if connection_id is None:
        return ""
    rows = Connection.objects.filter(workspace=workspace, pk=connection_id)
    found: Connection | None = rows.select_related("owner").first()
    if found is None:
        return ""
    if found.is_private:
        return f"a private connection of {found.owner or 'a former member'}"
    return str(found.name)


def _verb(run: Run) -> str:
    return "took too long" if run.status == RunStatus.TIMED_OUT else "failed"
