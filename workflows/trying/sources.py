"""What earlier steps gave: pinned, or in the last runs; opened, and sealed anew into copied steps.

A sealed value is bound to its row, so that it is opened here and sealed for the row of the copy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spojit.lib import clock, redaction
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows import templating
from workflows.definition.graph import TRIGGER
from workflows.engine import alone
from workflows.models import Run, Step, StepStatus
from workflows.runs import values
from workflows.trying import pinning, privacy

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from workflows.definition import Graph, Node
    from workflows.models import Workflow
    from workflows.trying.drafted import Drafted
    from workspaces.audit import Actor

RECENT_RUNS = 50
"""So many of the last runs are looked at."""

_MISSING: Any = object()


class NothingYet(Refused):
    """An earlier step that is named has no data yet; the message says which."""

    code = "nothing_yet"

    @classmethod
    def of(cls, nodes: Collection[Node]) -> NothingYet:
        """Name them."""
        names = ", ".join(sorted(node.name for node in nodes))
        hint = f"Run the workflow once, or pin data to {names}."
        return cls(f"There is no data of {names} yet.", hint=hint)


@dataclass(frozen=True, slots=True)
class Source:
    """What one earlier step is taken to have given; `step` is where it was found, unless pinned."""

    node: Node
    value: Any
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """All that a step names."""

    sources: list[Source]
    needs_trigger: bool


def gather(found: Drafted, node: Node, *, actor: Actor) -> Given:
    """Find what a node names, in the workspace's scope. Raises: NothingYet, PrivateConnection."""
    graph = found.graph
    named = _named(graph, node)
    wanted = [one for one in _earlier(graph, node) if one.output in named]
    loops = alone.loops_around(graph, node.id)
    pins = pinning.opened(found.workflow, {one.id for one in (*wanted, *loops)})
    pinned = [Source(one, pins[one.id]) for one in (*wanted, *loops) if one.id in pins]
    steps = _steps(found.workflow, graph, [one for one in wanted if one.id not in pins])
    lacking = [one for one in wanted if one.id not in pins and one.id not in steps]
    if lacking:
        raise NothingYet.of(lacking)
    _refuse_private(found, [one.node for one in pinned], steps, actor)
    stored = [Source(graph.by_id[key], _opened(step), step) for key, step in steps.items()]
    return Given([*pinned, *stored], needs_trigger=TRIGGER in named)


def trigger(found: Drafted, *, actor: Actor, default: Any = _MISSING) -> Any:
    """Give what the trigger is taken to bring: pinned, or what the last run was given.

    Raises:
        NothingYet: neither is there, and no default was given.
        PrivateConnection: it takes deliveries through a connection that they may not use.
    """
    node = found.graph.triggers[0]
    pins = pinning.opened(found.workflow, {node.id})
    _refuse_private(found, [node], {}, actor)
    if node.id in pins:
        return pins[node.id]
    if default is not _MISSING and node.id not in privacy.bound(found.graph):
        return default
    rows = Run.objects.filter(workflow=found.workflow, only_node_id="")
    last = rows.only("pk", "workspace_id", "data_sealed").order_by("-created_at", "-pk").first()
    if last is not None:
        return _data(last)
    if default is _MISSING:
        raise NothingYet.of([node])
    return default


def recent(workflow: Workflow) -> list[uuid.UUID]:
    """Give the IDs of the last runs, in the workspace's scope."""
    rows = Run.objects.filter(workflow=workflow).order_by("-created_at", "-pk")
    return list(rows.values_list("pk", flat=True)[:RECENT_RUNS])


def copy(source: Source, run: Run, graph: Graph) -> Step:
    """Make the row of a step that is not done again; the value is sealed for it."""
    now, row_id, step = clock.now(), new_id(), source.step
    shown, is_cut = values.shown(redaction.redact_value(source.value))
    return Step(
        id=row_id,
        workspace_id=run.workspace_id,
        run=run,
        place=alone.first_place(graph, source.node.id),
        node_id=source.node.id,
        node_name=source.node.name,
        kind=source.node.kind,
        status=StepStatus.COMPLETED,
        started_at=now,
        finished_at=now,
        outcome="ok",
        output=step.output if step else "",
        shown=step.shown if step else shown and json.loads(shown),
        is_cut=step.is_cut if step else is_cut,
        state_sealed=_sealed(source.value, run.workspace_id, row_id),
        connection_id=step.connection_id if step else None,
        connection_name=step.connection_name if step else "",
        tool=step.tool if step else "",
        is_copied=True,
    )


def _named(graph: Graph, node: Node) -> set[str]:
    """Give the names that its expressions begin with, and those of the lists that it loops over."""
    given = [node.given, *(loop.given.get("items") for loop in alone.loops_around(graph, node.id))]
    texts = (text for _, text in templating.texts(given))
    return set().union(*(templating.parse(text).names for text in texts))


def _earlier(graph: Graph, node: Node) -> list[Node]:
    found = (graph.by_id[one] for one in sorted(graph.earlier.get(node.id, ())))
    return [one for one in found if one.kind != TRIGGER]


def _steps(workflow: Workflow, graph: Graph, nodes: Collection[Node]) -> dict[str, Step]:
    """Find the newest completed step of each node, in the first round of its loops."""
    places = {alone.first_place(graph, node.id): node.id for node in nodes}
    rows = Step.objects.filter(
        run_id__in=recent(workflow) if places else [],
        place__in=places,
        status=StepStatus.COMPLETED,
        is_copied=False,
    )
    newest = rows.order_by("place", "-run_id").distinct("place")
    return {places[step.place]: step for step in newest}


def _refuse_private(
    found: Drafted, nodes: Collection[Node], steps: dict[str, Step], actor: Actor
) -> None:
    bound = privacy.bound(found.graph)
    names = {bound[node.id]: node.name for node in nodes if node.id in bound}
    names |= {step.connection_id: step.node_name for step in steps.values() if step.connection_id}
    workspace_id = found.workflow.workspace_id
    privacy.refuse_hidden(actor, workspace_id, names, what="use what it gave")


def _opened(step: Step) -> Any:
    return values.open_(
        step.state_sealed,
        workspace_id=step.workspace_id,
        table=values.STEP_TABLE,
        row=step.pk,
        purpose=values.STATE,
    )


def _data(run: Run) -> Any:
    return values.open_(
        run.data_sealed,
        workspace_id=run.workspace_id,
        table=values.RUN_TABLE,
        row=run.pk,
        purpose=values.DATA,
    )


def _sealed(value: Any, workspace_id: uuid.UUID, row_id: uuid.UUID) -> bytes | None:
    if value is None:
        return None
    return values.seal(
        value,
        workspace_id=workspace_id,
        table=values.STEP_TABLE,
        row=row_id,
        purpose=values.STATE,
    )
