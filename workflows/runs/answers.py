"""How the runs of deliveries stand, for whoever sent them: the state, and what was given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from connections.inbound.answering import State
from workflows.runs import values
from workspaces import isolation
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid

log = structlog.get_logger(__name__)

_LOOK = """
SELECT r.status, r.finished_at, r.response_sealed
FROM workflows_run AS r JOIN connections_delivery AS d ON d.id = r.delivery_id
WHERE r.id = %(run)s AND r.trigger = 'webhook' AND d.connection_id = %(connection)s
"""


def look(workspace_id: uuid.UUID, connection_id: uuid.UUID, run_id: uuid.UUID) -> State | None:
    """Look a run up that a delivery to this connection started; None when there is no such run."""
    asked = {"run": run_id, "connection": connection_id}
    for status, finished_at, sealed in isolation.ask(workspace_id, _LOOK, asked):
        return State(status, finished_at, _opened(sealed, workspace_id, run_id))
    return None


def _opened(sealed: bytes | None, workspace_id: uuid.UUID, run_id: uuid.UUID) -> Any:
    try:
        return values.open_(
            sealed,
            workspace_id=workspace_id,
            table=values.RUN_TABLE,
            row=run_id,
            purpose=values.RESPONSE,
        )
    except CannotOpen:
        log.warning("What a run gave back does not open", run_id=str(run_id))
        return None
