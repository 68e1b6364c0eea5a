"""How runs of a workflow are conducted, and the key by which files find it again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from spojit.lib.errors import Refused
from workflows.models import Workflow
from workspaces import audit, isolation

if TYPE_CHECKING:
    import uuid

    from workspaces.audit import Actor
    from workspaces.models import User

LONGEST_HOLD_HOURS = 720
MOST_AT_ONCE = 1_000
STABLE_KEY = r"^[a-z0-9][a-z0-9_]{0,119}$"


class BadErrorWorkflow(Refused):
    """What was chosen cannot look after failures."""

    code = "bad_error_workflow"
    message = "This workflow cannot be started when another one fails."
    hint = "Choose one that is enabled, and not this workflow itself."


class BadLimit(Refused):
    """A limit is out of bounds."""

    code = "bad_limit"
    message = (
        f"At most {MOST_AT_ONCE:,} runs at once (0 sets no limit), "
        f"and a hold of 1 to {LONGEST_HOLD_HOURS} hours."
    )


class BadStableKey(Refused):
    """It is no key."""

    code = "bad_stable_key"
    message = "A stable key has small letters, digits and underscores, 120 at most."


class StableKeyTaken(Refused):
    """Another workflow of the workspace has this key."""

    code = "stable_key_taken"
    message = "Another workflow already has this stable key."


def tune(
    workflow: Workflow,
    *,
    error_workflow_id: uuid.UUID | None,
    most_at_once: int,
    hold_hours: int,
    actor: Actor | User,
) -> Workflow:
    """Set what is started when a run fails, how many run at once, and how long they wait.

    Args:
        workflow: whose runs they are.
        error_workflow_id: an enabled workflow of the same workspace, or what is set already.
        most_at_once: 0 for no limit.
        hold_hours: for how long a step waits for a connection that does not work.
        actor: who sets it.

    Raises:
        BadErrorWorkflow, BadLimit: nothing was changed.
    """
    if not (0 <= most_at_once <= MOST_AT_ONCE and 1 <= hold_hours <= LONGEST_HOLD_HOURS):
        raise BadLimit
    with isolation.workspace(workflow.workspace_id):
        chosen = _error_workflow(workflow, error_workflow_id)
        workflow.error_workflow = chosen
        workflow.most_at_once, workflow.hold_hours = most_at_once, hold_hours
        workflow.save(update_fields=["error_workflow", "most_at_once", "hold_hours"])
        details = {
            "error_workflow": chosen.name if chosen else "none",
            "most_at_once": most_at_once,
            "hold_hours": hold_hours,
        }
        audit.record(
            workflow.workspace,
            actor=actor,
            act="workflow.tuned",
            subject=workflow,
            details=details,
        )
    return workflow


def rekey(workflow: Workflow, *, stable_key: str, actor: Actor | User) -> Workflow:
    """Give a workflow another stable key. Raises: BadStableKey, StableKeyTaken."""
    if not re.fullmatch(STABLE_KEY, stable_key):
        raise BadStableKey
    with isolation.workspace(workflow.workspace_id):
        before, workflow.stable_key = workflow.stable_key, stable_key
        try:
            with transaction.atomic():
                workflow.save(update_fields=["stable_key"])
        except IntegrityError as error:
            workflow.stable_key = before
            if "workflow_stable_key_unique" not in str(error):
                raise
            raise StableKeyTaken from None
        audit.record(
            workflow.workspace,
            actor=actor,
            act="workflow.rekeyed",
            subject=workflow,
            details={"from": before, "to": stable_key},
        )
    return workflow


def candidates(workflow: Workflow, *, most: int = 500) -> list[Workflow]:
    """List the workflows that may be started when this one fails: enabled ones, by name."""
    with isolation.workspace(workflow.workspace_id):
        rows = Workflow.objects.present().filter(workspace_id=workflow.workspace_id)
        enabled = rows.filter(is_enabled=True).exclude(pk=workflow.pk)
        return list(enabled.order_by("name", "pk")[:most])


def _error_workflow(workflow: Workflow, chosen: uuid.UUID | None) -> Workflow | None:
    if chosen is None:
        return None
    rows = Workflow.objects.present().filter(workspace_id=workflow.workspace_id, pk=chosen)
    found: Workflow | None = rows.exclude(pk=workflow.pk).first()
    if found is None or not (found.is_enabled or found.pk == workflow.error_workflow_id):
        raise BadErrorWorkflow
    return found
