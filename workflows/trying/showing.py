"""What a node gave in the last run, for the designer: masked values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflows import drafts
from workflows.definition import read
from workflows.engine import alone
from workflows.models import Step
from workflows.trying import privacy, sources
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

    from workflows.definition import Graph
    from workflows.models import Workflow
    from workspaces.models import Membership


@dataclass(frozen=True, slots=True)
class LastStep:
    """A step of one of the last runs, as people may see it.

    Attributes:
        at: when it ended, or began, while it is under way.
        input: what was sent, masked.
        output: what it gave, masked; cut to a text when `is_cut`.
        is_hidden: it went through a private connection that the viewer may not see, so that
            neither input nor output is here.
    """

    node_id: str
    run_id: uuid.UUID
    status: str
    at: datetime
    duration_ms: int
    attempts: int
    outcome: str
    detail: str
    input: Any = None
    output: Any = None
    is_cut: bool = False
    is_hidden: bool = False


def last_shown(
    workflow: Workflow, node_id: str, *, membership: Membership | None = None
) -> LastStep | None:
    """Give what became of a node in the newest of the last runs that came to it.

    Args:
        workflow: whose runs; of its draft is the place of the node.
        node_id: which node; in a loop, its first round counts.
        membership: who looks; to nobody, no private connection's data is shown.
    """
    with isolation.workspace(workflow.workspace_id):
        graph = read(drafts.current(workflow).definition)[0]
        found = last_shown_of(workflow, graph, [node_id], membership=membership)
    return found.get(node_id)


def last_shown_of(
    workflow: Workflow,
    graph: Graph,
    node_ids: Collection[str],
    *,
    membership: Membership | None = None,
) -> dict[str, LastStep]:
    """Give the same of several nodes of a graph, in three questions however many they are."""
    places = {alone.first_place(graph, one): one for one in node_ids if one in graph.by_id}
    with isolation.workspace(workflow.workspace_id):
        rows = Step.objects.filter(
            run_id__in=sources.recent(workflow), place__in=places, is_copied=False
        ).defer("state_sealed")
        newest = list(rows.order_by("place", "-run_id").distinct("place"))
        hidden = privacy.hidden_from(membership, [step.connection_id for step in newest])
    return {places[step.place]: _shown(step, hidden) for step in newest}


def _shown(step: Step, hidden: frozenset[uuid.UUID]) -> LastStep:
    is_hidden = step.connection_id in hidden
    return LastStep(
        node_id=step.node_id,
        run_id=step.run_id,
        status=step.status,
        at=step.finished_at or step.started_at,
        duration_ms=step.duration_ms,
        attempts=step.attempts,
        outcome=step.outcome,
        detail=step.detail,
        input=None if is_hidden else step.shown_input,
        output=None if is_hidden else step.shown,
        is_cut=step.is_cut,
        is_hidden=is_hidden,
    )
