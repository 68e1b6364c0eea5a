"""Running a whole draft, whether or not its workflow is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.runs import starting
from workflows.trying import drafted, sources
from workflows.trying.drafted import DraftUnsound
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from workflows.models import Run, Workflow
    from workspaces.models import User


def run_draft(workflow: Workflow, *, data: Any, actor: Actor | User) -> Run:
    """Write a trial run of the draft as it is now.

    Args:
        workflow: whose draft.
        data: what its trigger is taken to bring; None for what is pinned to the trigger, or what
            a delivery brought last.
        actor: who tries it.

    Raises:
        DraftUnsound: the draft has problems.
        BadInput, TooLarge, PrivateConnection, WorkflowGone: nothing was started.
    """
    actor = Actor.of(actor)
    with isolation.workspace(workflow.workspace_id):
        found = drafted.look(workflow, actor=actor)
        if found.problems:
            raise DraftUnsound.of(found.problems)
        if data is None:
            data = sources.trigger(found, actor=actor, default={})
        starting.refuse_unfit(found.graph, data)
        return drafted.begin(found, actor=actor, data=data)
