"""Trying one step of a draft alone, with what earlier steps gave in the last run or was pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spojit.lib.errors import Refused
from workflows.definition.graph import TRIGGER
from workflows.engine.advance import COMPOSITES
from workflows.models import Step
from workflows.trying import drafted, privacy, sources
from workflows.trying.drafted import DraftUnsound
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from workflows.definition import Node
    from workflows.models import Run, Workflow
    from workflows.trying.drafted import Drafted
    from workspaces.models import User


class CannotTry(Refused):
    """There is no such step, or nothing of it can be tried alone."""

    code = "cannot_try"


def try_step(workflow: Workflow, *, node_id: str, actor: Actor | User) -> Run:
    """Write a trial run of one step of the draft; of what is wrong, only this step's counts.

    What the step names is taken from pins, else from the newest of the last runs in which the
    earlier step completed. A step in a loop is tried as in its first round. A step that writes
    does write.

    Raises:
        CannotTry: a trigger, a loop or a parallel node, which do nothing of their own.
        DraftUnsound: the step has problems.
        NothingYet: an earlier step that it names has no data; the message says which.
        PrivateConnection: it, or what it names, uses a connection that is not theirs to use.
        WorkflowGone: nothing was started.
    """
    actor = Actor.of(actor)
    with isolation.workspace(workflow.workspace_id):
        found = drafted.look(workflow, actor=actor)
        node = _tried(found, node_id)
        _refuse_private(found, node, actor)
        given = sources.gather(found, node, actor=actor)
        data = sources.trigger(found, actor=actor) if given.needs_trigger else None
        run = drafted.begin(found, actor=actor, data=data, only_node_id=node.id)
        Step.objects.bulk_create(sources.copy(one, run, found.graph) for one in given.sources)
    return run


def _tried(found: Drafted, node_id: str) -> Node:
    node = found.graph.by_id.get(node_id)
    if node is None:
        raise CannotTry("This step is not in the draft any more.")
    if node.kind == TRIGGER:
        raise CannotTry(f"{node.name} starts the workflow. Run all of it instead.")
    if node.kind in COMPOSITES:
        hint = "Try the steps in it one by one, or run all of the workflow."
        raise CannotTry(f"{node.name} does nothing of its own.", hint=hint)
    own = [one for one in found.problems if one.node_id == node.id and one.field]
    if own:
        raise DraftUnsound(f"{node.name} cannot be tried yet. {own[0].message}")
    return node


def _refuse_private(found: Drafted, node: Node, actor: Actor) -> None:
    connection_id: Any = privacy.bound(found.graph).get(node.id)
    if connection_id is not None:
        names = {connection_id: node.name}
        privacy.refuse_hidden(actor, found.workflow.workspace_id, names, what="try it")
