"""Running a whole draft, whether or not its workflow is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.definition import read
from workflows.runs import starting
from workflows.trying import drafted, privacy, sources
from workflows.trying.drafted import Drafted, DraftUnsound
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
        _refuse_edited(found, actor)
        if data is None:
            data = sources.trigger(found, actor=actor, default={})
        starting.refuse_unfit(found.graph, data)
        return drafted.begin(found, actor=actor, data=data)


def _refuse_edited(found: Drafted, actor: Actor) -> None:
    """Stop a step from doing something new through a connection that is not theirs to use."""
    latest = found.workflow.latest
    saved = read(latest.definition)[0].by_id if latest else {}
    edited = {
        connection_id: found.graph.by_id[node_id].name
        for node_id, connection_id in privacy.bound(found.graph).items()
        if node_id not in saved or saved[node_id].given != found.graph.by_id[node_id].given
    }
    privacy.refuse_hidden(actor, found.workflow.workspace_id, edited, what="run what was changed")
