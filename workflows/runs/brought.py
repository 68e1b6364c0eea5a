"""What a run's trigger brought, as people may read it: masked and cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from spojit.lib import redaction
from workflows.runs import values
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from workflows.models import Run


class Brought(NamedTuple):
    """JSON-like data; of too much, a text that holds its beginning. Or why it cannot be opened."""

    data: Any = None
    is_cut: bool = False
    problem: str = ""


def shown(run: Run) -> Brought:
    """Open what started a run, mask it and cut it."""
    try:
        data = values.open_(
            run.data_sealed,
            workspace_id=run.workspace_id,
            table=values.RUN_TABLE,
            row=run.pk,
            purpose=values.DATA,
        )
    except CannotOpen as closed:
        return Brought(problem=closed.message)
    text, is_cut = values.shown(redaction.redact_value(data))
    return Brought(json.loads(text) if text else None, is_cut)
