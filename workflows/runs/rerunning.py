"""Running again: from the start with the same data, or from the failed step with what was done.

What was done is copied, sealed anew for the new run, and not done again. With the live version only
that is kept which is the same there. A disabled workflow's runs may be repeated, too: whoever asks
for it is there to see what comes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.db.models import Sum
from django.db.models.functions import Length

from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows.models import Run, Step, TriggerKind
from workflows.runs import claiming, graphs, keeping, starting, values
from workflows.runs.starting import NothingLive, WorkflowDisabled
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    import uuid

    from workflows.runs.keeping import Kept
    from workspaces.models import User

Which = Literal["same", "live"]

AT_ONCE = 200
MOST_BYTES = 64 * 1024 * 1024
"""Of what is copied, sealed: it is opened and sealed again while a person waits."""


class StillRunning(Refused):
    """It has not ended."""

    code = "still_running"
    message = "This run has not ended yet."
    hint = "Wait for its end, or cancel it; then run it again."


class NothingFailed(Refused):
    """There is no failed step to go on from."""

    code = "nothing_failed"
    message = "No step of this run failed, so there is none to go on from."
    hint = "Run it again from the start."


class OneStepOnly(Refused):
    """It tried one step, with what others had given."""

    code = "one_step_only"
    message = "This run tried one step only."
    hint = "Try the step again in the designer."


class TooMuchToCopy(Refused):
    """What was done is more than is copied while somebody waits."""

    code = "too_much_to_copy"
    message = "What this run did is too much to be copied into a new one."
    hint = "Run it again from the start."


class Plan(NamedTuple):
    """What running from the failed step keeps; `differs` names the first step that it cannot."""

    kept: Kept
    differs: str


def rerun(
    run: Run,
    *,
    actor: Actor | User,
    from_failed: bool = False,
    version: Which = "same",
    priority: int = claiming.INTERACTIVE,
) -> Run:
    """Write a run that repeats another one; whoever calls announces it.

    Args:
        run: what is repeated.
        actor: who asks for it.
        from_failed: whether what was done is kept, and only the rest is run.
        version: the one that it ran with, or the live one.
        priority: of the new run.

    Raises:
        StillRunning, NothingFailed, OneStepOnly, TooMuchToCopy: nothing is run.
        NothingLive, WorkflowDisabled: no version is live, or the workflow was deleted.
        CannotOpen: what it was started with does not open any more.
    """
    who = Actor.of(actor)
    with isolation.workspace(run.workspace_id):
        old = _locked(run)
        kept = plan(old, version=version).kept if from_failed else None
        fields = _fields(old, who, priority=priority, is_begun=kept is not None)
        made = starting.write(
            old.workflow,
            _version_id(old, version),
            trigger=TriggerKind.RERUN,
            data=_opened(old),
            **fields,
        )
        if kept is not None:
            _copy(old, made, kept)
        details = {"run": str(old.pk), "from_failed": from_failed}
        audit.record(old.workspace, actor=who, act="run.repeated", subject=made, details=details)
    return made


def plan(run: Run, *, version: Which = "same") -> Plan:
    """Say what would be kept of a failed run, in its workspace's scope.

    Raises:
        NothingFailed: it did not end at a step.
        NothingLive: no version is live.
    """
    if not run.error_node_id:
        raise NothingFailed
    before = graphs.of(run.workspace_id, run.version_id)
    found = keeping.kept(before, graphs.of(run.workspace_id, _version_id(run, version)))
    came_to = set(Step.objects.filter(run_id=run.pk).values_list("node_id", flat=True).distinct())
    differs = keeping.first_other(before, found, came_to=came_to, error_node_id=run.error_node_id)
    return Plan(found, differs)


def _locked(run: Run) -> Run:
    rows = Run.objects.select_related("workflow", "workspace")
    old: Run = rows.select_for_update(of=("self",)).get(pk=run.pk)
    if not old.is_finished:
        raise StillRunning
    if old.only_node_id:
        raise OneStepOnly
    if old.workflow.removed_at is not None:
        raise WorkflowDisabled("This workflow was deleted, so it is not run again.")
    return old


def _version_id(run: Run, version: Which) -> uuid.UUID:
    if version == "same":
        return run.version_id
    if run.workflow.live_id is None:
        raise NothingLive
    return run.workflow.live_id


def _opened(run: Run) -> Any:
    return values.open_(
        run.data_sealed,
        workspace_id=run.workspace_id,
        table=values.RUN_TABLE,
        row=run.pk,
        purpose=values.DATA,
    )


def _fields(run: Run, actor: Actor, *, priority: int, is_begun: bool) -> dict[str, Any]:
    """Give what the new row has besides; begun already, its steps are read when it is claimed."""
    return {
        "rerun_of_id": run.pk,
        "delivery_id": run.delivery_id,
        "depth": run.depth,
        "is_trial": run.is_trial,
        "priority": priority,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "started_at": clock.now() if is_begun else None,
    }


def _copy(old: Run, made: Run, kept: Kept) -> None:
    """Copy what is kept, in pieces. Raises: TooMuchToCopy."""
    rows = Step.objects.filter(run_id=old.pk)
    told = rows.values_list("pk", "node_id", "kind", "status")
    keys = [
        pk
        for pk, node_id, kind, status in told
        if kept.takes(node_id=node_id, kind=kind, status=status)
    ]
    size = rows.aggregate(size=Sum(Length("state_sealed")))["size"] or 0
    if size > MOST_BYTES:
        raise TooMuchToCopy
    for begin in range(0, len(keys), AT_ONCE):
        piece = rows.filter(pk__in=keys[begin : begin + AT_ONCE])
        Step.objects.bulk_create(_copied(step, made) for step in piece)


def _copied(step: Step, made: Run) -> Step:
    state = _state(step)
    step.pk, step.run, step.is_copied = new_id(), made, True
    step._state.adding = True  # noqa: SLF001 - how Django tells a new row
    if state is not None:
        step.state_sealed = values.seal(
            state, row=step.pk, **_OF_STEP, workspace_id=made.workspace_id
        )
    return step


_OF_STEP: dict[str, Any] = {"table": values.STEP_TABLE, "purpose": values.STATE}


def _state(step: Step) -> Any:
    return values.open_(step.state_sealed, workspace_id=step.workspace_id, row=step.pk, **_OF_STEP)
