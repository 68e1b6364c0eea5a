"""Starts runs of the workflows that deliveries to a webhook connection start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from connections.inbound import deliveries
from connections.inbound.listeners import Listener
from workflows import failures
from workflows.definition import settings as kinds
from workflows.models import Run, TriggerKind, Workflow
from workflows.runs import claiming, graphs, starting
from workflows.runs.starting import CannotStart, WorkflowDisabled
from workflows.runs.values import TooLarge
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Delivery
    from spojit.lib.errors import Refused

log = structlog.get_logger(__name__)

# One question for each delivery there is, for this is asked of all of them.
_TO_START = """
SELECT d.headers, d.sealed, (
    SELECT json_agg(json_build_array(w.id, w.name, w.live_id) ORDER BY w.created_at, w.id)
    FROM workflows_workflow AS w
    WHERE w.is_enabled AND w.removed_at IS NULL AND w.id IN (
        SELECT workflow_id FROM workflows_reference
        WHERE workspace_id = d.workspace_id AND connection_id = d.connection_id AND tool = ''
          AND is_live))
FROM connections_delivery AS d WHERE d.id = %(delivery)s
"""
_KNOWN = ["id", "workspace_id", "name", "live_id"]
"""In the model's order, as `from_db` wants."""


def hear(delivery: Delivery) -> list[Run]:
    """Start each enabled workflow whose live version's trigger names the delivery's connection.

    Called once for each accepted delivery, in the transaction that marks it as handed over.
    """
    workflows = _to_start(delivery)
    data = _data(delivery) if workflows else {}
    runs = []
    for workflow in workflows:
        try:
            run = _started(workflow, delivery, data)
        except (CannotStart, TooLarge) as refusal:
            log.warning("A delivery started nothing", code=refusal.code)
            _tell(workflow, delivery, refusal)
        else:
            runs.append(run)
    return runs


def _started(workflow: Workflow, delivery: Delivery, data: dict[str, Any]) -> Run:
    """Start the run whose ID the sender was told; one that is waited for goes before others."""
    assert workflow.live_id is not None  # a constraint of what is enabled
    return starting.write(
        workflow,
        workflow.live_id,
        trigger=TriggerKind.WEBHOOK,
        data=data,
        id=Listener(workflow.pk).started_by(delivery.pk),
        delivery_id=delivery.pk,
        priority=claiming.INTERACTIVE if _is_waited_for(workflow) else claiming.ORDINARY,
    )


def _is_waited_for(workflow: Workflow) -> bool:
    assert workflow.live_id is not None  # a constraint of what is enabled
    settings = graphs.of(workflow.workspace_id, workflow.live_id).triggers[0].settings
    begin = settings.start if isinstance(settings, kinds.Trigger) else None
    return isinstance(begin, kinds.FromWebhook) and begin.waits_seconds > 0


def _tell(workflow: Workflow, delivery: Delivery, refusal: Refused) -> None:
    """Tell the workflow's people, unless one of them disabled it."""
    if isinstance(refusal, WorkflowDisabled):
        return
    name = failures.connection_name(workflow.workspace, delivery.connection_id)
    sentence = f"{refusal.message} {refusal.hint}".strip()
    failures.not_started(workflow, code=refusal.code, sentence=sentence, by=f"A delivery to {name}")


def _to_start(delivery: Delivery) -> list[Workflow]:
    """Find which workflows a delivery starts, and read what it carried."""
    rows = isolation.ask(delivery.workspace_id, _TO_START, {"delivery": delivery.pk})
    headers, delivery.sealed, started = rows[0]
    delivery.headers = json.loads(headers)
    return [
        Workflow.from_db("default", _KNOWN, [UUID(pk), delivery.workspace_id, name, UUID(live_id)])
        for pk, name, live_id in started or []
    ]


def _data(delivery: Delivery) -> dict[str, Any]:
    """Give what expressions find under `trigger`; a body that is no text is not given."""
    opened = deliveries.opened(delivery)
    return {
        "headers": dict(delivery.headers),
        "body": opened.parsed.data if opened else None,
        "delivery": {
            "id": str(delivery.pk),
            "sender_id": delivery.sender_id,
            "origin": delivery.origin,
            "received_at": delivery.received_at.isoformat(),
        },
    }
