"""Starting: writes the row of a run; whoever calls announces it to workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from connectors import execution, registry
from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows.definition import settings as kinds
from workflows.models import Run, TriggerKind, Workflow
from workflows.runs import claiming, graphs, values
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    import uuid

    from workflows.definition import Graph
    from workspaces.models import User

_PRIORITIES = {
    TriggerKind.MANUAL: claiming.INTERACTIVE,
    TriggerKind.RERUN: claiming.INTERACTIVE,
    TriggerKind.SCHEDULE: claiming.SCHEDULED,
}

_FIELDS = Run._meta.concrete_fields
_INSERT = f"""
INSERT INTO workflows_run ({", ".join(str(field.column) for field in _FIELDS)})
VALUES ({", ".join(f"%({field.attname})s" for field in _FIELDS)})
"""  # noqa: S608 - names of columns


class CannotStart(Refused):
    """The workflow starts nothing now."""

    code = "cannot_start"


class WorkflowDisabled(CannotStart):
    """Nobody enabled it, or it was deleted."""

    code = "workflow_disabled"
    message = "This workflow is not enabled, so it starts no runs."
    hint = "Enable it, and start it again."


class NothingLive(CannotStart):
    """No version of it is without problems."""

    code = "nothing_live"
    message = "No version of this workflow can run yet."
    hint = "Solve what is listed beside its steps, and save."


class BadInput(CannotStart):
    """The input does not fit what the trigger asks for; the message names the place."""

    code = "bad_input"
    message = "The input does not fit what the trigger asks for."


def start(
    workflow: Workflow,
    *,
    trigger: TriggerKind | str,
    data: Any,
    actor: Actor | User | None = None,
    **fields: Any,
) -> Run:
    """Write a run of a workflow's live version; a worker finds it, sooner when it is announced.

    Args:
        workflow: whose live version runs.
        trigger: what starts it.
        data: what its expressions find under `trigger`, JSON-like.
        actor: who starts it, when a person does.
        fields: further ones of `Run`, such as the delivery or the moment that starts it.

    Raises:
        WorkflowDisabled, NothingLive, BadInput, TooLarge: nothing was started.
    """
    kind = TriggerKind(trigger)
    who = Actor.of(actor) if actor else None
    with isolation.workspace(workflow.workspace_id):
        found, version_id = _startable(workflow)
        if kind == TriggerKind.MANUAL:
            refuse_unfit(graphs.of(found.workspace_id, version_id), data)
        return write(
            found,
            version_id,
            trigger=kind,
            data=data,
            actor_id=who.id if who else None,
            actor_name=who.name if who else "",
            **fields,
        )


def write(
    workflow: Workflow, version_id: uuid.UUID, *, trigger: TriggerKind, data: Any, **fields: Any
) -> Run:
    """Write the row of a run of this version, due now, in the workspace's scope.

    `fields` are further ones of `Run`. Raises: TooLarge.
    """
    ordinary = {"id": new_id(), "priority": _PRIORITIES.get(trigger, claiming.ORDINARY)}
    run = Run(
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        version_id=version_id,
        trigger=trigger,
        due_at=clock.now(),
        **{**ordinary, **fields},
    )
    run.data_sealed = _sealed(run, data)
    _insert(run)
    return run


def _insert(run: Run) -> None:
    """Write a row by a statement that was made once; Django makes one anew for each `save`."""
    given = {
        field.attname: field.get_db_prep_save(getattr(run, field.attname), connection)
        for field in _FIELDS
    }
    isolation.ask(run.workspace_id, _INSERT, given)
    run._state.adding = False  # noqa: SLF001 - how Django tells a stored row


def _startable(workflow: Workflow) -> tuple[Workflow, uuid.UUID]:
    """Read it and its live version's ID again, for it may have been switched off meanwhile."""
    found: Workflow = Workflow.objects.get(pk=workflow.pk)
    if found.removed_at is not None or (found.live_id is not None and not found.is_enabled):
        raise WorkflowDisabled
    if found.live_id is None:
        raise NothingLive
    return found, found.live_id


def refuse_unfit(graph: Graph, data: Any) -> None:
    """Check what a person filled in, by the tool that checks strangers' schemas within limits.

    Raises:
        BadInput: it does not fit the schema of a manual trigger.
    """
    settings = graph.triggers[0].settings
    assert isinstance(settings, kinds.Trigger)
    if not isinstance(settings.start, kinds.Manual) or not settings.start.input:
        return
    manifest = registry.get("validation")
    arguments = {"value": data, "schema": settings.start.input}
    try:
        outcome = execution.call(manifest, None, manifest.tool("json_schema"), {}, arguments)
    except execution.InvalidArguments as refusal:
        raise BadInput(refusal.message) from None
    if not outcome.is_ok:
        raise BadInput(outcome.detail)
    if outcome.data["errors"]:
        raise BadInput(_sentence(outcome.data["errors"][0]))


def _sentence(error: dict[str, str]) -> str:
    place = error["path"] or "the input"
    return f"The input does not fit: {place[:60]} breaks the rule {error['rule']}."


def _sealed(run: Run, data: Any) -> bytes:
    return values.seal(
        data,
        workspace_id=run.workspace_id,
        table=values.RUN_TABLE,
        row=run.pk,
        purpose=values.DATA,
    )
