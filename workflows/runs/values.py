"""What runs carry: sealed whole for later steps, and cut for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from spojit.lib import storable
from spojit.lib.errors import Refused
from workspaces.vault import keyring

if TYPE_CHECKING:
    import uuid

RUN_TABLE = "workflows_run"
STEP_TABLE = "workflows_step"
PIN_TABLE = "workflows_pin"
DATA = "data"
RESPONSE = "response"
STATE = "state"
PINNED = "pinned"

MOST_BYTES = 10 * 1024 * 1024
"""Of one value, as JSON (design decision 12)."""

MOST_SHOWN_BYTES = 256 * 1024


class TooLarge(Refused):
    """A value is more than a run may carry."""

    code = "output_too_large"
    message = "This is more than the 10 MiB that a step may give."
    hint = "Ask for less at a time."


def seal(value: Any, *, workspace_id: uuid.UUID, table: str, row: uuid.UUID, purpose: str) -> bytes:
    """Seal a JSON-like value for one place. Raises: TooLarge."""
    content = json.dumps(storable.value(value)).encode()
    if len(content) > MOST_BYTES:
        raise TooLarge
    return keyring.seal(
        content,
        workspace_id=workspace_id,
        table=table,
        row=str(row),
        purpose=purpose,
        version=1,
    )


def open_(
    sealed: bytes | memoryview | None,
    *,
    workspace_id: uuid.UUID,
    table: str,
    row: uuid.UUID,
    purpose: str,
) -> Any:
    """Open a value that was sealed for exactly this place; None when there is none.

    Raises:
        CannotOpen: it was altered, copied from elsewhere, or its key is gone.
    """
    if sealed is None:
        return None
    content = keyring.open_(
        bytes(sealed),
        workspace_id=workspace_id,
        table=table,
        row=str(row),
        purpose=purpose,
        version=1,
    )
    return json.loads(content)


def shown(value: Any) -> tuple[str | None, bool]:
    """Write a value as JSON for a page, and say whether it was cut to a text."""
    if value is None:
        return None, False
    text = json.dumps(storable.value(value))
    if len(text) <= MOST_SHOWN_BYTES:
        return text, False
    return json.dumps(text[:MOST_SHOWN_BYTES]), True
