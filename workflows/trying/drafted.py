"""A draft as trials see it: read, checked, and stored as a version without a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows import drafts, surroundings
from workflows.definition.validation import validate
from workflows.models import TriggerKind, Version, Workflow
from workflows.runs import starting
from workflows.versions import WorkflowGone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflows.definition import Graph, Problem
    from workflows.models import Run
    from workspaces.audit import Actor


class DraftUnsound(Refused):
    """The draft has problems; the message counts them and tells the first."""

    code = "draft_unsound"
    hint = "Solve what is listed beside its steps, and run it again."

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> DraftUnsound:
        """Count them."""
        many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        return cls(f"The draft has {many}. {problems[0].message}")


@dataclass(frozen=True, slots=True)
class Drafted:
    """What is edited now."""

    workflow: Workflow
    definition: dict[str, Any]
    graph: Graph
    problems: list[Problem]


def look(workflow: Workflow, *, actor: Actor) -> Drafted:
    """Read and check the draft, in the workspace's scope. Raises: WorkflowGone."""
    rows = Workflow.objects.present().select_related("workspace", "live", "latest", "draft")
    found: Workflow | None = rows.filter(pk=workflow.pk).first()
    if found is None:
        raise WorkflowGone("This workflow was deleted, so nothing of it can be tried.")
    definition = drafts.current(found).definition
    around = surroundings.around(
        found.workspace_id, workflow=found, actor=actor, definitions=[definition]
    )
    return Drafted(found, definition, *validate(definition, around))


def begin(drafted: Drafted, *, actor: Actor, data: Any = None, only_node_id: str = "") -> Run:
    """Write a trial run of it. Raises: TooLarge."""
    return starting.write(
        drafted.workflow,
        _version(drafted, actor=actor).pk,
        trigger=TriggerKind.MANUAL,
        data=data,
        is_trial=True,
        only_node_id=only_node_id,
        actor_id=actor.id,
        actor_name=actor.name,
    )


def _version(drafted: Drafted, *, actor: Actor) -> Version:
    """Store it, unless the last trial was of exactly this."""
    rows = Version.objects.filter(workflow=drafted.workflow, number=None)
    last: Version | None = rows.order_by("-created_at", "-pk").first()
    if last is not None and last.definition == drafted.definition:
        return last
    made: Version = Version.objects.create(
        id=new_id(),
        workspace_id=drafted.workflow.workspace_id,
        workflow=drafted.workflow,
        number=None,
        definition=drafted.definition,
        created_by_id=actor.id,
        created_by_name=actor.name,
    )
    return made
